"""What the family sees of meetings under § 11 e that it has been told of (R14, R52)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.consent.actions.section11e import telling
from services.consent.api.context import ByCitizen, KnownUnits, Noted
from services.consent.domain.section11e.meetings import PURPOSE, Kind, Outcome
from services.consent.domain.section11e.parties import PROFESSION_DANISH, Profession
from services.consent.domain.section11e.texts import STATUTE, STATUTE_ADDRESS
from services.consent.domain.section11e.told import (
    KEPT,
    KIND_DANISH,
    LAW,
    PURPOSE_DANISH,
    Held,
    Part,
    outcome_danish,
)
from services.consent.domain.told import UnitTold
from shared.db import InTransaction
from shared.text import WireOut
from shared.vocabulary import CATEGORY_DANISH, Category

router = APIRouter(tags=["family"], route_class=Noted)


class PartOut(WireOut):
    """A unit that took part: never by which employee (R52)."""

    unit: str | None = Field(description="null where an address is protected")
    unit_name: str
    organisation_name: str
    professions: list[Profession]
    professions_danish: list[str]
    categories: list[Category] = Field(description="the kinds of information it put forward; what it was is nowhere")
    categories_danish: list[str]


class OwnMeetingOut(WireOut):
    """A meeting that was held about somebody, without consent: when, between whom, why, and what came of it.

    `outcome` is null, too, where somebody else tells of it.
    """

    id: UUID
    subject: UUID
    kind: Kind
    kind_danish: str
    began_at: datetime
    ended_at: datetime
    called_by: str | None = Field(description="the unit to ask; null where an address is protected")
    called_by_name: str
    took_part: list[PartOut]
    purpose: str = PURPOSE
    purpose_danish: str = PURPOSE_DANISH
    outcome: Outcome | None
    outcome_danish: str
    informed_at: datetime
    law: str = LAW
    law_danish: str = STATUTE
    law_at: str = STATUTE_ADDRESS
    says: str = Field(default=KEPT, description="in Danish: what is kept, and whom to ask")


class OwnMeetingList(WireOut):
    """All of them, newest first."""

    meetings: list[OwnMeetingOut]


@router.get("/my/section-11e-meetings", summary="Meetings held about us without consent, that we have been told of")
async def own(asked: ByCitizen, units: KnownUnits, transaction: InTransaction) -> OwnMeetingList:
    """Return them: about the children you speak for, and about yourself from fifteen."""
    return _listed(await telling.own(transaction, units, asked))


def _listed(found: Sequence[Held]) -> OwnMeetingList:
    return OwnMeetingList(meetings=[
        OwnMeetingOut(
            id=each.id, subject=each.subject, kind=each.kind, kind_danish=KIND_DANISH[each.kind],
            began_at=each.began_at, ended_at=each.ended_at, called_by=_number(each.called_by),
            called_by_name=each.called_by.name, took_part=[_part(part) for part in each.parts], outcome=each.outcome,
            outcome_danish=outcome_danish(each.outcome), informed_at=each.informed_at,
        )
        for each in found
    ])  # fmt: skip


def _part(part: Part) -> PartOut:
    return PartOut(
        unit=_number(part.unit), unit_name=part.unit.name, organisation_name=part.unit.organisation_name,
        professions=list(part.professions), professions_danish=[PROFESSION_DANISH[each] for each in part.professions],
        categories=list(part.categories), categories_danish=[CATEGORY_DANISH[each] for each in part.categories],
    )  # fmt: skip


def _number(unit: UnitTold) -> str | None:
    return unit.id or None
