"""Matters about a child, and calling the meetings of each (R2–R10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from services.consent.actions.section11e import after, calling
from services.consent.api.section11e.context import ByConvener, ByConvenerOrLeader, Refused, TheParties
from services.consent.domain.model import PersonId, UnitId
from services.consent.domain.section11e.meetings import (
    PURPOSE,
    Attempt,
    Call,
    Impossible,
    Kind,
    MatterState,
    State,
    remaining,
)
from services.consent.domain.section11e.parties import MOST_ATTENDEES, PROFESSION_DANISH, Invited, Profession
from services.consent.domain.section11e.texts import (
    CALLED_DANISH,
    IMPOSSIBLE_DANISH,
    STATUTE,
    STATUTE_ADDRESS,
    VOLUNTARY,
)
from shared.auth import Role
from shared.db import InTransaction
from shared.idempotency import IdempotencyKey, once, replayed
from shared.text import Code, Line, Moment, WireIn, WireOut, shown
from shared.vocabulary import glossed

router = APIRouter(tags=["§ 11 e meetings"], route_class=Refused)
# More than may come is refused with its rule, not with a length; this only bounds the body.
_MOST_SENT = 2_000
# What is blank is refused with its rule, too.
_OneOf = Annotated[str, Field(max_length=100)]
Shown = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(shown)]


class MatterIn(WireIn):
    """A matter about a concrete child; any but the first takes a reason and a leader's approval (R6)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "child": "01a20262-ff72-74e6-9f69-e7e0788311b4", "about": "Trivsel i dagtilbuddet"}]})  # fmt: skip

    child: UUID = Field(description="whom it is about, born and under eighteen (R8)")
    about: Line = Field(description="what tells the matter from others; nothing of the family")
    reason: Line | None = Field(default=None, description="why another matter, where there was one before (R6)")


class EarlierMeetingOut(WireOut):
    """A meeting of an earlier matter."""

    kind: Kind
    state: State


class EarlierOut(WireOut):
    """A matter about the same child: when, where, and which meetings there were; not why."""

    opened_at: datetime
    municipality: str
    state: MatterState
    meetings: list[EarlierMeetingOut]


class MatterMadeOut(WireOut):
    """The matter: open, or waiting for a leader."""

    id: UUID
    state: MatterState
    earlier: list[EarlierOut]


class MatterOut(WireOut):
    """A matter, and how many meetings are left in it: one of each kind at most (R6, R7)."""

    id: UUID
    child: UUID
    about: str
    reason: str | None
    state: MatterState
    opened_at: datetime
    approved_at: datetime | None
    meetings: list[EarlierMeetingOut]
    remaining: dict[Kind, int]
    earlier: list[EarlierOut] = Field(description="the other matters about the same child")


class InvitedIn(WireIn):
    """Somebody who is to be in the room: person, profession and unit; the employer is the directory's to say (R10)."""

    user: Code = Field(description="who, by the id of their own login")
    profession: Profession = Field(description=glossed(PROFESSION_DANISH.items()))
    unit: Code = Field(description="the unit they come for, from the directory")
    agreement: Line | None = Field(
        default=None, description="of a private unit: which agreement with an authority it solves the task by (R2)"
    )
    elsewhere_because: Line | None = Field(
        default=None, description="of a unit of another municipality: why it must take part (R2)"
    )

    def told(self) -> Invited:
        """Return it as the rules know it."""
        return Invited(self.user, self.profession, UnitId(self.unit), self.agreement, self.elsewhere_because)


class AttemptIn(WireIn):
    """How consent was sought first: the no that is on record, or why it could not be asked for (R9)."""

    refusal: UUID | None = Field(default=None, description="the recorded refusal, or the consent that was taken back")
    impossible: Impossible | None = Field(
        default=None, description="why it could not be asked for: " + glossed(IMPOSSIBLE_DANISH.items())
    )
    why: Line | None = Field(default=None, description="that, in words an auditor can follow")


class CallIn(WireIn):
    """A call to the matter's one meeting, or to its one follow-up (R6, R7)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "kind": "primary", "purpose": PURPOSE, "starts_at": "2026-11-25T13:00:00+01:00",
        "ends_at": "2026-11-25T14:00:00+01:00", "profession": "health_visitor",
        "necessity": "Vi skal vide, om barnet får den samme støtte to steder.",
        "consent_attempt": {"refusal": "01a20262-ff8b-727b-a478-fb447123fee9"}, "leader": "led-02",
        "attendees": [{"user": "pd-08", "profession": "pedagogue", "unit": "helsingoer-dagtilbud"}],
    }]})  # fmt: skip

    kind: Kind = Field(
        default=Kind.PRIMARY, description="one of each at most (R6, R7): " + glossed(CALLED_DANISH.items())
    )
    purpose: _OneOf = Field(description=f"there is one: `{PURPOSE}` (R4)")
    starts_at: Moment = Field(description="not in the past, and at most ninety days ahead")
    ends_at: Moment = Field(description="at most four hours after it starts")
    profession: Profession = Field(description="what you are yourself: you convene it, and are in the room")
    necessity: Shown = Field(description="why it is necessary that it is told without consent (R5)")
    consent_attempt: AttemptIn = Field(description="how consent was sought first (R9)")
    special_circumstances: Shown | None = Field(default=None, description="of a follow-up: which (R7)")
    leader: Code = Field(description="who hears of it when something is overdue; not you")
    attendees: tuple[InvitedIn, ...] = Field(
        min_length=1, max_length=_MOST_SENT, description=f"the others, at most {MOST_ATTENDEES} in all"
    )

    def told(self) -> Call:
        """Return it as the rules know it."""
        tried = self.consent_attempt
        attempt = Attempt(tried.refusal, tried.impossible, tried.why)
        return Call(
            self.kind, self.purpose, self.starts_at, self.ends_at, self.necessity, attempt,
            self.special_circumstances, self.leader,
        )  # fmt: skip


class CalledOut(WireOut):
    """The meeting, where it stands, and what everybody who comes is told first."""

    id: UUID
    state: State
    voluntary: str = VOLUNTARY
    statute: str = STATUTE
    statute_at: str = STATUTE_ADDRESS


@router.post("/section-11e/matters", status_code=201, summary="Open a matter about a child")
async def open_matter(
    body: MatterIn, response: Response, transaction: InTransaction, asked: ByConvener, parties: TheParties,
    key: IdempotencyKey = None,
) -> MatterMadeOut:  # fmt: skip
    """Open it; where there was one before, it waits for a leader, and the earlier ones are shown (R6)."""
    post = once(asked.unit, key, body, "section-11e")
    made = await calling.open_matter(transaction, PersonId(body.child), body.about, body.reason, parties, post, asked)
    replayed(response.headers, again=made.again)
    return MatterMadeOut(id=made.id, state=made.state, earlier=_earlier(made.earlier))


@router.get("/section-11e/matters/{matter}", summary="A matter, and which meetings are left in it")
async def matter_of(
    matter: UUID, transaction: InTransaction, asked: ByConvenerOrLeader, parties: TheParties
) -> MatterOut:
    """Return it to the unit that opened it, and to a leader of its municipality."""
    leader = Role.LEAD in asked.caller.roles
    row, states, others = await after.matter(transaction, matter, parties, asked, leader=leader)
    return MatterOut(
        id=row["id"], child=row["child_now"], about=row["about"], reason=row["reason"],
        state=MatterState(row["state"]), opened_at=row["recorded_at"], approved_at=row["approved_at"],
        meetings=[EarlierMeetingOut(kind=kind, state=each) for kind, them in states.items() for each in them],
        remaining=dict(remaining(states)), earlier=_earlier([calling.told_earlier(each) for each in others]),
    )  # fmt: skip


@router.post("/section-11e/matters/{matter}/meetings", status_code=201, summary="Call the meeting, or its follow-up")
async def call(
    matter: UUID, body: CallIn, response: Response, transaction: InTransaction, asked: ByConvener,
    parties: TheParties, key: IdempotencyKey = None,
) -> CalledOut:  # fmt: skip
    """Call it: who is to come is admitted by what the directory says (R2); a follow-up waits for a leader (R7)."""
    post = once(asked.unit, key, body, "section-11e", matter)
    others = [each.told() for each in body.attendees]
    made = await calling.call(transaction, matter, body.told(), body.profession, others, parties, post, asked)
    replayed(response.headers, again=made.again)
    return CalledOut(id=made.id, state=made.state)


def _earlier(told: Sequence[object]) -> list[EarlierOut]:
    return [EarlierOut.model_validate(each) for each in told]
