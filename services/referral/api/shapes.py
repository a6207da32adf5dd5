"""The wire models of a referral, and how a view becomes one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.referral.domain.deadlines import overdue
from services.referral.domain.duty import ANSWERED_DANISH, DutyAnswer, Stated
from services.referral.domain.kinds import KINDS, Kind, Priority, Relation, Topic
from services.referral.domain.kinds import REASON_DANISH as WHY_DANISH
from services.referral.domain.lifecycle import DANISH, TURN, Party, TaskState, Turn, allowed
from services.referral.domain.model import Ask, Label, Level, MessageKind, Missing, Piece, Referral, Scale, Task
from services.referral.domain.view import SeenMessage, SeenTask, View
from shared.contracts import AskOut
from shared.text import WireOut
from shared.vocabulary import CATEGORY_DANISH, REASON_DANISH, Category, Purpose, Reason


class WithheldOut(WireOut):
    """A kind of information that may not be told now, why, and what one can do about it."""

    subject: UUID
    category: Category
    category_name: str
    reason: Reason
    why: str = Field(description="the reason in Danish, and what to do about it")


class MissingOut(WithheldOut):
    """What a recipient may not read, as the sender is told: with whose word is missing."""

    ask: list[AskOut] = Field(
        description="whose word is missing: the person, and as what (`self`, `pregnant`, `custody`, `representative`)"
    )


class LevelOut(WireOut):
    """An assessment on a scale."""

    scale: Scale
    level: str
    on: date
    assessor: str


class PieceOut(WireOut):
    """One piece of information the reader may have now."""

    id: UUID
    subject: UUID
    category: Category
    category_name: str
    author: str = Field(description="the unit that wrote it")
    text: str
    offer: str | None = Field(description="an offer's id, where the piece is a wish for it")
    label: Label | None = Field(description="what the piece is in its message, where that matters")
    level: LevelOut | None = Field(description="an assessment, where the piece is one")
    attachment: UUID | None = Field(description="an attachment's id, where the piece is one; the text is its name")
    corrects: UUID | None = Field(description="the piece it takes the place of")
    corrected_by: UUID | None = Field(description="the piece that takes its place; this one is kept as it was")


class DecidingUnitOut(WireOut):
    """A unit that takes a request to the authority, and for whom, in Danish."""

    unit: str
    name: str
    says: str


class HopedOut(WireOut):
    """Why an offer is a request to the authority and no booking (R35, R69), and whom to ask; gaps said aloud."""

    offer: str
    provisions: list[str]
    says: str
    ask: list[DecidingUnitOut]
    gaps: list[str]


class AheadOut(WireOut):
    """What is proposed instead: codes of the directory."""

    offer: str | None
    unit: str | None
    authority: HopedOut | None = Field(
        default=None,
        description="in the answer to who proposes it: the offer is a request to the authority (R69), and to whom",
    )


class OriginOut(WireOut):
    """The task this one comes from."""

    task: UUID
    relation: Relation
    reason: str | None


class TaskOut(WireOut):
    """A recipient's task; `state` and `version` are null and `withheld` says why where its course may not be told."""

    id: UUID
    recipient: str
    version: int | None = Field(description="send it in quotes as `If-Match` when you answer")
    state: TaskState | None
    state_name: str | None
    turn: Turn | None
    reason: str | None = Field(description="why it stands so, from the closed list of its state")
    reason_name: str | None
    ended_by: Party | None = Field(description="which party ended it, as far as its course may be told")
    withheld: Reason | None
    alternative: AheadOut | None = Field(description="what is proposed instead, or was when it was declined")
    alternative_withheld: Reason | None = Field(description="why what is proposed may not be told the sender now")
    origin: OriginOut | None
    answer_by: datetime | None = Field(description="by when the recipient answers")
    offer_by: datetime | None = Field(description="by when an offer begins")
    stands_since: datetime | None = Field(description="since when the clock stands: the recipient waits for somebody")
    overdue: str | None = Field(description="a flag: `answer` or `offer`, where that is late")
    follow_up_owner: str | None = Field(description="who of the sender's follows up")
    run: UUID | None = Field(description="the run it has a place in, or waits for")
    allowed: list[str] = Field(description="what you can do with it from here")
    missing: list[MissingOut] = Field(
        description="to the sender: what this recipient may not read, why, and whom to ask; of an open task as it is "
        "now, else as it was when the task last changed"
    )


class MessageOut(WireOut):
    """One turn in the dialogue."""

    id: UUID
    task: UUID
    kind: MessageKind
    author: str
    at: datetime
    to: Party | None = Field(description="who must answer, of a question")
    answers: UUID | None
    words: str | None = Field(description="in an anonymous consultation: about nobody")
    information: list[PieceOut]
    withheld: list[WithheldOut]


class EarlierOut(WireOut):
    """A thread in which more was said earlier."""

    task: UUID
    before: UUID = Field(description="what was said before this message is left out here")


class ReferralOut(WireOut):
    """A referral as the reader may see it now."""

    id: UUID
    kind: Kind
    kind_name: str
    need: UUID
    purpose: Purpose
    priority: Priority
    topic: Topic | None
    sender: str
    you_are: str = Field(description="`sender` or `recipient`")
    at: datetime
    seen_by_family_at: datetime | None
    discussed_with_parents_at: datetime | None
    continues: UUID | None = Field(description="to the sender: the earlier request that led to this one")
    first_accepts: bool
    closed_at: datetime | None = Field(description="to the sender: when it was closed")
    serious_concern: bool | None = Field(description="to the sender alone: what you stated (R31); null: nothing")
    duty_to_report: DutyAnswer | None = Field(
        description="to the sender alone: what you answered last, if you were asked (R31)"
    )
    duty_to_report_name: str | None = Field(description="to the sender alone: the answer in Danish")
    information: list[PieceOut]
    withheld: list[WithheldOut] = Field(description="kinds that are there and may not be told you now (ADR 9)")
    tasks: list[TaskOut] = Field(description="the sender sees every recipient's, a recipient its own")
    dialogue: list[MessageOut] = Field(
        description="of each task's thread the newest 200 messages, and of those before the questions still open"
    )
    dialogue_next: list[EarlierOut] = Field(
        description="threads that are longer: go on with `GET /tasks/{task}/messages`"
    )
    notices: list[str] = Field(
        description="in Danish, what has become of the units named: closed, or moved by law to another region (R47)"
    )


class PostedOut(WireOut):
    """A referral as its sender has just posted it; `need` is what consents are recorded under."""

    id: UUID
    need: UUID
    tasks: list[TaskOut]
    notices: list[str] = Field(description="in Danish, what the sender should know at once")


class ReferralLine(WireOut):
    """A request in the sender's own list: ids, kinds and states, nothing of what was said."""

    id: UUID
    kind: Kind
    need: UUID
    purpose: Purpose
    priority: Priority
    at: datetime
    closed_at: datetime | None
    serious_concern: bool | None = Field(description="what you stated (R31); null: nothing")
    duty_to_report: DutyAnswer | None = Field(description="what you answered last, if you were asked (R31)")
    duty_to_report_name: str | None = Field(description="the answer in Danish")
    tasks: list[TaskOut]


class PostedList(WireOut):
    """The unit's own requests, oldest first; `next` is where to go on."""

    referrals: list[ReferralLine]
    next: UUID | None


def withheld(told: Missing) -> dict[str, Any]:
    """Return what may not be told, by kind and reason."""
    return {
        "subject": str(told.subject),
        "category": told.category,
        "category_name": CATEGORY_DANISH[told.category],
        "reason": told.reason,
        "why": REASON_DANISH[told.reason],
    }


def missing(told: Missing) -> dict[str, Any]:
    """Return what a recipient may not read, as the sender is told."""
    return withheld(told) | {"ask": [_ask(each) for each in told.ask]}


def piece(shown: Piece, corrected: Mapping[UUID, UUID] | None = None) -> dict[str, Any]:
    """Return a piece as its reader sees it; `corrected` says which piece took the place of which."""
    return {
        "id": str(shown.id),
        "subject": str(shown.subject),
        "category": shown.category,
        "category_name": CATEGORY_DANISH[shown.category],
        "author": shown.author,
        "text": shown.text,
        "offer": shown.offer,
        "label": shown.label,
        "level": None if shown.level is None else _level(shown.level),
        "attachment": _id(shown.attachment),
        "corrects": _id(shown.corrects),
        "corrected_by": _id((corrected or {}).get(shown.id)),
    }


def task(shown: SeenTask, at: datetime, *, to_sender: bool) -> dict[str, Any]:
    """Return a task; what is missing for the recipient is the sender's to see and mend.

    Of a hidden task nothing is told that differs with what became of it: neither version nor what is missing.
    """
    told, hidden = shown.task, shown.hidden
    by = Party.SENDER if to_sender else Party.RECIPIENT
    base = {
        "id": str(told.id),
        "recipient": told.recipient,
        "withheld": hidden,
        "origin": _origin(told, to_sender=to_sender),
        "follow_up_owner": told.owner if to_sender else None,
    }
    if hidden is not None:
        return base | dict.fromkeys(_OF_THE_COURSE) | {"allowed": [], "missing": []}
    ahead = None if shown.hides_ahead else told.ahead
    return base | {
        "version": told.version,
        "state": told.state,
        "state_name": DANISH[told.state],
        "turn": TURN[told.state],
        "reason": told.reason,
        "reason_name": told.reason and WHY_DANISH.get(told.reason, "Andet"),
        "ended_by": told.party_that_ended,
        "alternative": ahead and {"offer": ahead.offer, "unit": ahead.unit},
        "alternative_withheld": shown.hides_ahead,
        "answer_by": told.clock.answer_by,
        "offer_by": told.clock.offer_by,
        "stands_since": told.clock.stands_since,
        "overdue": overdue(told.state, told.clock, at),
        "run": _id(told.run),
        "allowed": allowed(told.state, by, KINDS[told.request].without),
        "missing": [missing(each) for each in told.missing] if to_sender else [],
    }


def _origin(told: Task, *, to_sender: bool) -> dict[str, Any] | None:
    """Return the task it comes from; a recipient hears only of its own: that there was another tells of the family."""
    origin = told.origin
    if origin is None or not (to_sender or origin.relation is Relation.REOPENED):
        return None
    return {"task": str(origin.task), "relation": origin.relation, "reason": origin.reason}


_OF_THE_COURSE = (
    "version", "state", "state_name", "turn", "reason", "reason_name", "ended_by", "alternative",
    "alternative_withheld",
    "answer_by", "offer_by", "stands_since", "overdue", "run",
)  # fmt: skip


def posted(whole: Referral, tasks: Sequence[SeenTask], at: datetime) -> dict[str, Any]:
    """Return a request as its sender hears of it after writing: its ids, and its tasks as it may see them."""
    return _ids_and_tasks(whole, tasks, at) | {"notices": nobody_to_ask(tasks)}


def _ids_and_tasks(whole: Referral, tasks: Sequence[SeenTask], at: datetime) -> dict[str, Any]:
    return {
        "id": str(whole.id),
        "need": str(whole.need),
        "tasks": [task(each, at, to_sender=True) for each in tasks],
    }


_NOBODY = (
    "Der er ikke registreret nogen, som kan spørges om samtykke for en af de personer, det handler om. "
    "Se efter, om personens id er rigtigt. Det er gemt, men ikke sendt."
)


def nobody_to_ask(tasks: Sequence[SeenTask]) -> list[str]:
    """Return, in Danish, that a task waits for the word of somebody nobody knows; nothing, where all are known."""
    waiting = [each.task for each in tasks if each.hidden is None and each.task.state is TaskState.AWAITING_CONSENT]
    unknown = any(not told.ask and told.reason is Reason.NO_CONSENT for each in waiting for told in each.missing)
    return [_NOBODY] if unknown else []


def line(whole: Referral, tasks: Sequence[SeenTask], at: datetime, stated: Stated | None = None) -> dict[str, Any]:
    """Return a request as it stands in its sender's list."""
    return _ids_and_tasks(whole, tasks, at) | {
        "kind": whole.kind,
        "purpose": whole.purpose,
        "priority": whole.priority,
        "at": whole.at,
        "closed_at": whole.closed_at,
        **_duty(stated),
    }


def _duty(stated: Stated | None) -> dict[str, Any]:
    answer = None if stated is None else stated.answer
    return {
        "serious_concern": None if stated is None else stated.serious_concern,
        "duty_to_report": answer,
        "duty_to_report_name": answer and ANSWERED_DANISH[answer],
    }


def referral(seen: View, at: datetime, notices: Sequence[str] = (), stated: Stated | None = None) -> dict[str, Any]:
    """Return a request as its reader sees it; `stated` is the sender's alone (R31)."""
    whole = seen.referral
    corrected = {each.corrects: each.id for each in whole.pieces if each.corrects is not None}
    return {
        "id": str(whole.id),
        "kind": whole.kind,
        "kind_name": KINDS[whole.kind].danish,
        "need": str(whole.need),
        "purpose": whole.purpose,
        "priority": whole.priority,
        "topic": whole.topic,
        "sender": whole.sender,
        "you_are": "sender" if seen.as_sender else "recipient",
        "at": whole.at,
        "seen_by_family_at": whole.seen_by_family_at,
        "discussed_with_parents_at": whole.discussed_with_parents_at,
        "continues": _id(whole.continues) if seen.as_sender else None,
        "first_accepts": whole.first_accepts,
        "closed_at": whole.closed_at if seen.as_sender else None,
        "information": [piece(each, corrected) for each in seen.pieces],
        "withheld": [withheld(each) for each in seen.withheld],
        "tasks": [task(each, at, to_sender=seen.as_sender) for each in seen.tasks],
        "dialogue": [message(each, corrected) for each in seen.messages],
        "dialogue_next": [{"task": str(task), "before": str(first)} for task, first in seen.earlier.items()],
        "notices": notices,
        **_duty(stated if seen.as_sender else None),
    }


def _ask(whom: Ask) -> dict[str, str]:
    return {"person": str(whom.person), "capacity": whom.capacity}


def _level(told: Level) -> dict[str, object]:
    return {"scale": told.scale, "level": told.level, "on": told.on, "assessor": told.assessor}


def _id(told: UUID | None) -> str | None:
    return None if told is None else str(told)


def message(each: SeenMessage, corrected: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Return a message as its reader sees it."""
    return {
        "id": str(each.message.id),
        "task": str(each.message.task),
        "kind": each.message.kind,
        "author": each.message.author,
        "at": each.message.at,
        "to": each.message.to,
        "answers": _id(each.message.answers),
        "words": each.message.words,
        "information": [piece(shown, corrected) for shown in each.pieces],
        "withheld": [withheld(told) for told in each.withheld],
    }
