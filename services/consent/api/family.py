"""What the family can see: their own words, who has seen what about them, and what a withdrawal came to."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from services.consent.actions import reading
from services.consent.actions.reading import Effects, Seen
from services.consent.actions.section11e import telling
from services.consent.api.consents import ConsentList, as_told
from services.consent.api.context import ByAnybody, ByCitizen, KnownUnits, Noted
from services.consent.domain.model import ConsentId
from services.consent.domain.standards import fhir, iso27560
from services.consent.paper.overview import overview
from services.consent.paper.page import Page
from services.consent.paper.pdf import pdf
from services.consent.paper.sheet import sheet
from services.consent.paper.web import POLICY, html
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import InTransaction, TheDatabase
from shared.text import WireOut
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose

router = APIRouter(tags=["family"], route_class=Noted)
MOST = 500
_PRESS = asyncio.Semaphore(1)
Form = Annotated[Literal["html", "pdf"], Query(description="a page for screen and print, or a PDF")]


class FhirResponse(Response):
    """A FHIR resource as JSON."""

    media_type = "application/fhir+json"

    def __init__(self, resource: Mapping[str, object]) -> None:
        super().__init__(orjson.dumps(resource))


class SeenOut(WireOut):
    """One time one kind of information about somebody could be read by somebody else: never by which employee (R52)."""

    at: datetime
    subject: UUID
    told_by: str | None = Field(description="the unit; null where an address is protected")
    told_to: str | None
    told_to_name: str
    purpose: Purpose
    purpose_danish: str
    category: Category
    category_danish: str
    allowed_by: str = Field(description="in Danish: consent, or the law")


class SeenList(WireOut):
    """Who has seen what, newest first; `next` is where to go on, if there is more."""

    disclosures: list[SeenOut]
    next: UUID | None


class OwnGroundOut(WireOut):
    """What a unit may tell others without a yes."""

    on: date
    until: date
    subject: UUID
    unit_name: str
    recipients: tuple[str, ...]
    categories: frozenset[Category]
    law: str
    danish: str = Field(description="what the law says, in Danish")


class GroundsOut(WireOut):
    """Everything of the kind, ended ones too."""

    overrides: list[OwnGroundOut]


class StoppedOut(WireOut):
    """What ended in the dialogue between the sender and a recipient, or goes on with less."""

    referral: UUID
    task: UUID | None = Field(
        description="null: the recipient reads no more, and no task of it is known to have changed"
    )
    recipient: str
    recipient_name: str
    ended: bool = Field(description="false: it goes on with what is left of the consent")
    at: datetime


class EffectsOut(WireOut):
    """What came of taking a consent back, or of its end: what stopped, and what had been told by then."""

    consent: UUID
    withdrawn_at: datetime | None
    stopped: list[StoppedOut]
    had_been_told: list[SeenOut]
    says: str = Field(description="in Danish: what it means")


@router.get("/my/consents", summary="A citizen's own consents and refusals, and those about their children")
async def own(asked: ByCitizen, units: KnownUnits, transaction: InTransaction) -> ConsentList:
    """Return everything that was said yes and no to, ended ones too."""
    found = await reading.own(transaction, asked)
    return ConsentList(consents=[as_told(record, units, asked.at) for record in found])


@router.get("/my/disclosures", summary="Who has seen what about us")
async def own_disclosures(
    asked: ByCitizen,
    units: KnownUnits,
    transaction: InTransaction,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="how many decisions; each may hold many lines")] = 200,
) -> SeenList:
    """Return date, unit, purpose and kind; about the citizen and the children they speak for alone (R52, R57)."""
    found, following = await reading.seen(transaction, asked, before, limit)
    lines = [_seen(each, units, hidden=hidden) for each, hidden in found]
    return SeenList(disclosures=lines, next=following)


@router.get("/my/overrides", summary="What may be told about us on another legal ground than consent")
async def own_grounds(asked: ByCitizen, units: KnownUnits, transaction: InTransaction) -> GroundsOut:
    """Return who may tell whom what without a yes, from when to when and by which law; the unit tells the reason."""
    found = await reading.grounds(transaction, units, asked)
    return GroundsOut(overrides=[OwnGroundOut.model_validate(each) for each in found])


@router.get("/my/overview", summary="Everything on one page, to print", response_class=Response)
async def own_overview(asked: ByCitizen, units: KnownUnits, database: TheDatabase, form: Form = "html") -> Response:
    """Return all consents and refusals, who has seen what, and meetings without consent, as a page or a PDF."""
    async with database.transaction() as transaction:
        sheets, seen, person = await reading.overview(transaction, units, asked)
        grounds = await reading.grounds(transaction, units, asked)
        held = await telling.told_of(transaction, person, units, asked)
    made = partial(overview, sheets, seen, danish_date(asked.at), person, grounds, held)
    return await _paper(made, form, "samtykker")


@router.get("/consents/{consent}/sheet", summary="A consent or refusal in plain words, to print",
            response_class=Response)  # fmt: skip
async def read_sheet(
    consent: UUID, asked: ByAnybody, units: KnownUnits, database: TheDatabase, form: Form = "html"
) -> Response:
    """Return the sheet for the giver, a parent who speaks for the child, or the unit that recorded it."""
    async with database.transaction() as transaction:
        told, person = await reading.told(transaction, ConsentId(consent), units, asked)
    return await _paper(partial(sheet, told, danish_date(asked.at), person), form, "samtykke")


@router.get("/consents/{consent}/record", summary="A consent as an ISO/IEC TS 27560 record")
async def read_record(
    consent: UUID, asked: ByAnybody, units: KnownUnits, transaction: InTransaction
) -> dict[str, object]:
    """Return the record for other systems: docs/consent-standards.md tells how each field is made."""
    told, _ = await reading.told(transaction, ConsentId(consent), units, asked)
    return iso27560.record(told)


@router.get("/consents/{consent}/fhir", summary="A consent as a FHIR 4.0.1 Consent", response_class=Response)
async def read_fhir(consent: UUID, asked: ByAnybody, units: KnownUnits, transaction: InTransaction) -> FhirResponse:
    """Return the resource for other systems: docs/consent-standards.md tells how each field is made."""
    told, _ = await reading.told(transaction, ConsentId(consent), units, asked)
    return FhirResponse(fhir.consent(told))


@router.get("/consents/{consent}/effects", summary="What came of taking a consent back")
async def read_effects(consent: UUID, asked: ByAnybody, units: KnownUnits, transaction: InTransaction) -> EffectsOut:
    """Return what stopped, and who had been told what by then, when."""
    return _effects(await reading.effects(transaction, ConsentId(consent), asked), units)


def _effects(found: Effects, units: Mapping[str, UnitOut]) -> EffectsOut:
    return EffectsOut(
        consent=found.record.id,
        withdrawn_at=min((each.at for each in found.record.withdrawals), default=None),
        stopped=[
            StoppedOut(
                referral=row["referral"], task=row["task"], recipient=row["recipient"],
                recipient_name=_name(row["recipient"], units), ended=row["kind"] == "ended", at=row["at"],
            )
            for row in found.stopped
        ],
        had_been_told=[_seen(each, units, hidden=False) for each in found.had_been_told],
        says=_says(found),
    )  # fmt: skip


def _says(found: Effects) -> str:
    if found.ended:
        return (
            "Ingen kan læse eller få mere efter det, der er holdt op. Det, der er læst, kan ikke gøres ulæst. Her "
            "står, hvad der stoppede, og hvem der nåede at få noget at vide."
        )
    return "Svaret gælder. Her står, hvem der har fået noget at vide efter det."


def _seen(each: Seen, units: Mapping[str, UnitOut], *, hidden: bool) -> SeenOut:
    return SeenOut(
        at=each.at,
        subject=each.subject,
        told_by=None if hidden else each.told_by,
        told_to=None if hidden else each.told_to,
        told_to_name="Vises ikke, fordi adressen er beskyttet" if hidden else _name(each.told_to, units),
        purpose=each.purpose,
        purpose_danish=PURPOSE_DANISH[each.purpose],
        category=each.category,
        category_danish=CATEGORY_DANISH[each.category],
        allowed_by=f"Loven: {', '.join(each.basis)}" if each.by_law else "Samtykke",
    )


def _name(unit: str, units: Mapping[str, UnitOut]) -> str:
    return units[unit].name if unit in units else unit


async def _paper(made: Callable[[], Page], form: str, name: str) -> Response:
    """Make the paper aside, one at a time and with no transaction open: decisions do not wait for it."""
    async with _PRESS:
        if form == "pdf":
            told = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}.pdf"'}
            return Response(await run_in_threadpool(lambda: pdf(made())), media_type="application/pdf", headers=told)
        told = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Content-Language": "da"}
        page = await run_in_threadpool(lambda: html(made()))
    return Response(page, media_type="text/html; charset=utf-8", headers=told)
