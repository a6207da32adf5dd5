"""A meeting: who may come, its room while it is open, its end, and what is kept of it (R10–R14)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.consent.actions.section11e import after, calling, room
from services.consent.api.context import TheVault
from services.consent.api.identifiers import once_with
from services.consent.api.section11e.context import ByConvener, ByConvenerOrLeader, Refused, TheParties
from services.consent.api.section11e.matters import InvitedIn
from services.consent.domain.section11e.meetings import (
    Impossible,
    Kind,
    NotInformed,
    Outcome,
    State,
    allowed,
    is_open,
)
from services.consent.domain.section11e.parties import Profession
from services.consent.domain.section11e.texts import (
    IN_THE_ROOM,
    NOT_INFORMED_DANISH,
    OUTCOME_DANISH,
    STATUTE,
    STATUTE_ADDRESS,
    VOLUNTARY,
)
from shared.auth import Role
from shared.db import InTransaction
from shared.idempotency import IdempotencyKey, replayed
from shared.text import Moment, Truth, WireIn, WireOut, Words
from shared.vocabulary import CATEGORY_DANISH, Category, glossed

router = APIRouter(tags=["§ 11 e meetings"], route_class=Refused)
MOST = 200


class AttendeeOut(WireOut):
    """Somebody who may come, or came."""

    user: str
    profession: Profession
    unit: str
    employer: str = Field(description="the organisation, as the directory has it")
    shares: bool | None = Field(description="what you chose, in your own row; of others it is not told (R10)")
    came: bool
    agreement: str | None
    elsewhere_because: str | None


class CategoryOut(WireOut):
    """That a kind of information was put forward, and by whom; not what it was (R13)."""

    category: Category
    user: str
    unit: str


class MeetingLineOut(WireOut):
    """A meeting in a list: no person is named.

    What it led to, and why the parents are not told, is for the unit that called it, and a leader.
    """

    id: UUID
    matter: UUID
    kind: Kind
    state: State
    unit: str = Field(description="who called it")
    starts_at: datetime
    ends_at: datetime
    outcome: Outcome | None
    inform_by: datetime | None
    informed_at: datetime | None
    not_informed_because: NotInformed | None


class MeetingOut(MeetingLineOut):
    """A meeting as the caller may know of it; what was said at it is nowhere but in its room.

    `child` is told to those whose unit has to do with the child, and to who is in the room. The reasons, and what it
    led to, are for who called it, and a leader.
    """

    child: UUID | None
    leader: str
    opened_at: datetime | None
    ended_at: datetime | None
    attendees: list[AttendeeOut]
    necessity: str | None
    refusal: UUID | None
    consent_impossible: Impossible | None
    consent_impossible_why: str | None
    special_circumstances: str | None
    approved_by: str | None
    categories: list[CategoryOut]
    allowed: list[str] = Field(description="what can be done with it from here")
    voluntary: str = VOLUNTARY
    statute: str = STATUTE
    statute_at: str = STATUTE_ADDRESS


class MeetingList(WireOut):
    """Meetings, oldest first; `next` is where to go on, if there is more."""

    meetings: list[MeetingLineOut]
    next: UUID | None


class StateOut(WireOut):
    """Where a meeting stands now."""

    id: UUID
    state: State
    allowed: list[str]


class InvitesIn(WireIn):
    """More who are to come."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "attendees": [{"user": "raa-03", "profession": "social_worker", "unit": "helsingoer-familieraadgivningen"}],
    }]})  # fmt: skip

    attendees: tuple[InvitedIn, ...] = Field(min_length=1, max_length=2_000, description="who else")


class ChoiceIn(WireIn):
    """Whether you share: nobody has to, and nothing follows from a no (R10)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"shares": True}]})

    shares: Truth = Field(description="`true`: you may put something forward; `false`: you listen")


class BroughtIn(WireIn):
    """Something put on the table: seen by those in the room, till the meeting ends."""

    model_config = ConfigDict(hide_input_in_errors=True, json_schema_extra={"examples": [{
        "category": "child_development", "text": "Hun leger mest alene og spiser ikke sammen med de andre.",
    }]})  # fmt: skip

    category: Category = Field(description=glossed(CATEGORY_DANISH.items()))
    text: Words = Field(description="what the others need to know, and no more (R5)")


class BroughtMadeOut(WireOut):
    """The id under which it lies on the table."""

    id: UUID


class BroughtOut(WireOut):
    """Something on the table."""

    id: UUID
    by: str
    unit: str
    profession: Profession
    category: Category
    text: str
    at: datetime


class PresentOut(WireOut):
    """Somebody in the room."""

    user: str
    unit: str
    profession: Profession


class RoomOut(WireOut):
    """The room, while it is open."""

    id: UUID
    ends_at: datetime
    present: list[PresentOut]
    brought: list[BroughtOut]
    says: str = IN_THE_ROOM
    voluntary: str = VOLUNTARY
    statute: str = STATUTE


class OutcomeIn(WireIn):
    """What the meeting led to: nothing, that consent is sought, or a concern report (R13)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "seek_consent"}]})

    outcome: Outcome = Field(description="the one that comes next: " + glossed(OUTCOME_DANISH.items()))


class InformingIn(WireIn):
    """When the parents were told of the meeting, or why they are not (R14)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"informed_at": "2026-11-26T10:00:00+01:00"}]})

    informed_at: Moment | None = Field(default=None, description="after the meeting, and not later than now")
    not_informed_because: NotInformed | None = Field(
        default=None, description="why they are not told, or not yet: " + glossed(NOT_INFORMED_DANISH.items())
    )


@router.get("/section-11e/meetings", summary="The meetings your unit called, and those you are invited to")
async def mine(
    transaction: InTransaction,
    asked: ByConvener,
    after_id: Annotated[UUID | None, Query(alias="after", description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> MeetingList:
    """Return them, oldest first."""
    rows = await after.mine(transaction, asked, after_id or UUID(int=0), limit)
    told = [MeetingLineOut.model_validate(dict(row)) for row in rows]
    return MeetingList(meetings=told, next=told[-1].id if len(told) == limit else None)


@router.get("/section-11e/meetings/{meeting}", summary="A meeting: who, when and why; never what was said")
async def one(meeting: UUID, transaction: InTransaction, asked: ByConvenerOrLeader, parties: TheParties) -> MeetingOut:
    """Return it to who called it, who is invited, and a leader of its municipality."""
    seen = await after.one(transaction, meeting, parties, asked, leader=Role.LEAD in asked.caller.roles)
    return _shown(seen, asked.at)


@router.post("/section-11e/meetings/{meeting}/attendees", summary="Let more people come, before it begins")
async def invite(
    meeting: UUID, body: InvitesIn, transaction: InTransaction, asked: ByConvener, parties: TheParties
) -> StateOut:
    """Admit them by the same rules as the first (R2)."""
    await calling.invite(transaction, meeting, [each.told() for each in body.attendees], parties, asked)
    return _stands(meeting, State.SCHEDULED)


@router.post("/section-11e/meetings/{meeting}/cancellation", summary="Call it off before it begins")
async def cancel(meeting: UUID, transaction: InTransaction, asked: ByConvener) -> StateOut:
    """Call it off: it spends nothing."""
    await calling.cancel(transaction, meeting, asked)
    return _stands(meeting, State.CANCELLED)


@router.post("/section-11e/meetings/{meeting}/choice", summary="Choose whether you share")
async def choose(meeting: UUID, body: ChoiceIn, transaction: InTransaction, asked: ByConvener) -> ChoiceIn:
    """Keep your own choice; it can be changed till the meeting ends."""
    await room.choose(transaction, meeting, asked, shares=body.shares)
    return body


@router.post("/section-11e/meetings/{meeting}/opening", summary="Begin it")
async def open_room(meeting: UUID, transaction: InTransaction, asked: ByConvener, parties: TheParties) -> StateOut:
    """Open the room: by who called it, in the time it was called for."""
    await room.open_room(transaction, meeting, parties, asked)
    return _stands(meeting, State.OPEN)


@router.post("/section-11e/meetings/{meeting}/presence", summary="Enter the room")
async def come(meeting: UUID, transaction: InTransaction, asked: ByConvener, parties: TheParties) -> StateOut:
    """Be in the room: invited, for a unit that is a party still, and in no other room."""
    await room.come(transaction, meeting, parties, asked)
    return _stands(meeting, State.OPEN)


@router.post("/section-11e/meetings/{meeting}/departure", summary="Leave the room")
async def leave(meeting: UUID, transaction: InTransaction, asked: ByConvener) -> StateOut:
    """Leave it; you may come back till it ends."""
    await room.leave(transaction, meeting, asked)
    return _stands(meeting, State.OPEN)


@router.post("/section-11e/meetings/{meeting}/brought", status_code=201, summary="Put something on the table")
async def bring(
    meeting: UUID, body: BroughtIn, response: Response, transaction: InTransaction, asked: ByConvener,
    vault: TheVault, key: IdempotencyKey = None,
) -> BroughtMadeOut:  # fmt: skip
    """Put it there for those in the room, till the meeting ends."""
    post = once_with(
        vault, asked.unit, key, body, "section-11e", meeting
    )  # a plain digest would outlive the words (R13)
    number, again = await room.bring(transaction, meeting, body.category, body.text, vault, post, asked)
    replayed(response.headers, again=again)
    return BroughtMadeOut(id=number)


@router.get("/section-11e/meetings/{meeting}/room", summary="See what is on the table, while you are in the room")
async def look(meeting: UUID, transaction: InTransaction, asked: ByConvener, vault: TheVault) -> RoomOut:
    """Return it; before, after, and to whoever is not there, there is nothing to see."""
    seen = await room.look(transaction, meeting, vault, asked)
    return RoomOut(
        id=meeting, ends_at=seen.meeting["ends_at"],
        present=[PresentOut(user=each["user_id"], unit=each["unit"], profession=each["profession"])
                 for each in seen.present],
        brought=[BroughtOut(id=row["id"], by=row["user_id"], unit=row["unit"], profession=row["profession"],
                            category=row["category"], text=text, at=row["at"]) for row, text in seen.brought],
    )  # fmt: skip


@router.post("/section-11e/meetings/{meeting}/end", summary="End it")
async def end(meeting: UUID, transaction: InTransaction, asked: ByConvener) -> StateOut:
    """Close the room and empty it; the meeting is spent if people of two units met."""
    return _stands(meeting, await room.end(transaction, meeting, asked))


@router.post("/section-11e/meetings/{meeting}/outcome", summary="Say what it led to")
async def conclude(meeting: UUID, body: OutcomeIn, transaction: InTransaction, asked: ByConvener) -> StateOut:
    """Keep nothing but that (R13)."""
    await after.conclude(transaction, meeting, body.outcome, asked)
    return _stands(meeting, State.HELD)


@router.post("/section-11e/meetings/{meeting}/informing", summary="Say when the parents were told, or why not")
async def inform(meeting: UUID, body: InformingIn, transaction: InTransaction, asked: ByConvener) -> StateOut:
    """Keep it; within fourteen days of the meeting (R14)."""
    await after.inform(transaction, meeting, body.informed_at, body.not_informed_because, asked)
    return _stands(meeting, State.HELD)


def _stands(meeting: UUID, state: State) -> StateOut:
    return StateOut(id=meeting, state=state, allowed=allowed(state))


def _shown(seen: after.Meeting, at: datetime) -> MeetingOut:
    row: dict[str, Any] = dict(seen.row)
    own = None if seen.mine is None else seen.mine["id"]
    here = any(each["id"] == own and each["present"] for each in seen.attendees)
    in_room = here and is_open(State(row["state"]), row["opened_at"], row["ends_at"], at)
    row["child"] = row["child_now"] if seen.knows_child or in_room else None
    if not seen.whole:
        row |= dict.fromkeys(_REASONS)
    attendees = [
        AttendeeOut(
            user=each["user_id"], profession=each["profession"], unit=each["unit"], employer=each["organisation"],
            shares=each["shares"] if each["id"] == own else None, came=each["came"],
            agreement=each["agreement"] if seen.whole else None,
            elsewhere_because=each["elsewhere_because"] if seen.whole else None,
        )
        for each in seen.attendees
    ]  # fmt: skip
    told = [CategoryOut(category=each["category"], user=each["user_id"], unit=each["unit"]) for each in seen.categories]
    return MeetingOut.model_validate(
        row | {"attendees": attendees, "categories": told, "allowed": allowed(State(row["state"]))}
    )


_REASONS = (
    "necessity", "refusal", "consent_impossible", "consent_impossible_why", "special_circumstances", "approved_by",
    "outcome", "not_informed_because",
)  # fmt: skip
