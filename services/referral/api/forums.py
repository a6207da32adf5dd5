"""Forums: meetings of several units, where a family is an item with its own lawful basis."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import forums
from services.referral.actions.dialogue import Words as Said
from services.referral.api import shapes
from services.referral.api.agreed import MOST_STEPS, PresenceIn, StepIn, answer
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party, Sender
from services.referral.api.words import MOST_PIECES, InformationIn
from services.referral.domain.forums import (
    DECISION_DANISH,
    FORUM_DANISH,
    Basis,
    Decision,
    Forum,
    ForumKind,
    Hears,
    Item,
)
from services.referral.domain.meetings import Absence
from services.referral.domain.model import ReferralId, UnitId
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, Day, WireIn, WireOut, Words
from shared.version import ExpectedVersion, tag
from shared.vocabulary import REASON_DANISH, Reason, glossed

router = APIRouter(tags=["forums"])
MOST, MOST_UNITS = 100, 40
MunicipalityCode = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]


class ForumIn(WireIn):
    """A forum is called, hosted by your unit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "tf", "municipality": "0217", "on": "2026-12-01", "units": ["noh-jordemodercenter"]}]
        }
    )

    kind: ForumKind = Field(description="which meeting it is: " + glossed(FORUM_DANISH.items()))
    municipality: MunicipalityCode = Field(description="the municipality's code, four digits")
    on: Day = Field(description="the day it meets")
    units: list[Code] = Field(min_length=1, max_length=MOST_UNITS, description="the units that meet")


class ItemIn(WireIn):
    """A request of your own is put on the agenda."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"referral": "01a20262-ff72-74e6-9f69-e7e0788311b4"}]})

    referral: UUID = Field(description="an `agenda_item`, or an anonymous `sparring`, to units of the forum alone")


class DecisionIn(WireIn):
    """What was decided about an item. It opens nothing and books nothing, and is no report of concern (R31, R69)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "more_knowledge", "family": {"present": True}, "information": []}]}
    )

    decision: Decision = Field(description="one of: " + glossed(DECISION_DANISH.items()))
    family: PresenceIn = Field(description="whether the family was there")
    family_hears: Hears | None = Field(default=None, description="if it was not: how it hears what was decided")
    information: list[InformationIn] = Field(default=[], max_length=MOST_PIECES, description="the words, in pieces")
    words: Words | None = Field(default=None, description="in an anonymous matter: about nobody")
    next_steps: list[StepIn] = Field(default=[], max_length=MOST_STEPS, description="who does what by when")

    @model_validator(mode="after")
    def _steps_have_words(self) -> "DecisionIn":
        if any((each.information is None) is not (self.words is not None) for each in self.next_steps):
            raise PydanticCustomError("step_words", "a step says what is to be done, but in an anonymous matter")
        return self

    @model_validator(mode="after")
    def _the_family_hears(self) -> "DecisionIn":
        if self.words is None and self.family.present is (self.family_hears is not None):
            raise PydanticCustomError("family_hears", "it is said how a family that was not there hears of it")
        return self

    def told(self) -> forums.Outcome:
        """Return it as the rules know it."""
        words = tuple(Said(each.told()) for each in self.information)
        steps = tuple(each.told() for each in self.next_steps)
        return forums.Outcome(self.decision, self.family.told(), self.family_hears, words, self.words, steps)


class ForumLine(WireOut):
    """A forum you are on; nothing of what is on its agenda."""

    id: UUID
    kind: ForumKind
    kind_name: str
    municipality: str
    host: str
    on: date
    units: list[str]


class AgendaLine(WireOut):
    """An item that is there for you: ids and its basis."""

    id: UUID
    referral: UUID
    basis: Basis
    yours: bool = Field(description="your unit put it there")


class ForumOut(ForumLine):
    """A forum with the items that are there for you."""

    items: list[AgendaLine]


class ForumList(WireOut):
    """The forums your unit is on, oldest first; `next` is where to go on."""

    forums: list[ForumLine]
    next: UUID | None


class ItemOut(AgendaLine):
    """An item as you may see it now; where its decision may not be told you, `withheld_decision` says why."""

    version: int
    decision: Decision | None
    decision_name: str | None
    decided_by: str | None
    decided_at: datetime | None
    family_present: bool | None
    absence: Absence | None
    family_hears: Hears | None
    withheld_decision: Reason | None
    why: str | None
    words: str | None
    information: list[shapes.PieceOut]
    withheld: list[shapes.WithheldOut]


@router.post("/forums", status_code=201, response_model=ForumLine, summary="Call a forum")
async def make(body: ForumIn, around: Surroundings, _caller: Party, key: IdempotencyKey = None) -> Response:
    """Call a meeting of several units, hosted by your own."""
    forum, again = await forums.make(
        around, body.kind, body.municipality, body.on, tuple(map(UnitId, body.units)),
        once(around.me, key, body, "forums"),
    )  # fmt: skip
    return answer(_line(forum), 201, {"Idempotency-Replayed": "true"} if again else None)


@router.get("/forums", response_model=ForumList, summary="The forums your unit is on")
async def mine(
    around: Surroundings,
    _caller: Party,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Return them; nothing of their agendas."""
    found = await forums.mine(around, after or UUID(int=0), limit)
    following = str(found[-1].id) if len(found) == limit else None
    return answer({"forums": [_line(each) for each in found], "next": following})


@router.get("/forums/{forum}", response_model=ForumOut, summary="A forum, with what is there for you")
async def read(forum: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return it with those items that went out to your unit, or that it put there."""
    told, items = await forums.read(around, forum)
    return answer(_line(told) | {"items": [_agenda(each) for each in items]})


@router.post("/forums/{forum}/items", status_code=201, response_model=AgendaLine, summary="Put it on the agenda")
async def put(forum: UUID, body: ItemIn, around: Surroundings, _caller: Sender) -> Response:
    """Put your own request on the agenda; each unit reads of it what consent permits."""
    item, basis = await forums.put(around, forum, ReferralId(body.referral))
    return answer(_agenda(forums.SeenItem(item, basis, mine=True)), 201, {"ETag": tag(item.version)})


@router.get("/forums/{forum}/items/{item}", response_model=ItemOut, summary="One item, with what was decided")
async def item(forum: UUID, item: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return it as you may see it at this moment."""
    return _answer(await forums.item(around, forum, item))


@router.post("/forums/{forum}/items/{item}/decision", response_model=ItemOut, summary="Write what was decided")
async def decide(
    forum: UUID, item: UUID, body: DecisionIn, around: Surroundings, _caller: Party, version: ExpectedVersion
) -> Response:
    """Write it, by the host or by who put the item there."""
    return _answer(await forums.decide(around, forum, item, version, body.told()))


def _line(forum: Forum) -> dict[str, Any]:
    return {
        "id": str(forum.id),
        "kind": forum.kind,
        "kind_name": FORUM_DANISH[forum.kind],
        "municipality": forum.municipality,
        "host": forum.host,
        "on": forum.on,
        "units": list(forum.units),
    }


def _agenda(seen: forums.SeenItem) -> dict[str, Any]:
    told: Item = seen.item
    return {"id": str(told.id), "referral": str(told.referral), "basis": seen.basis, "yours": seen.mine}


def _answer(seen: forums.SeenItem) -> Response:
    decided = seen.item.decided
    told = None if seen.hidden else decided
    body = _agenda(seen) | {
        "version": seen.item.version,
        "decision": told and told.decision,
        "decision_name": told and DECISION_DANISH[told.decision],
        "decided_by": told and told.by,
        "decided_at": told and told.at,
        "family_present": told and told.family.present,
        "absence": told and told.family.absence,
        "family_hears": told and told.hears,
        "withheld_decision": seen.hidden,
        "why": seen.hidden and REASON_DANISH[seen.hidden],
        "words": seen.words,
        "information": [shapes.piece(each) for each in seen.pieces],
        "withheld": [shapes.withheld(each) for each in seen.withheld],
    }
    return answer(body, 200, {"ETag": tag(seen.item.version)})
