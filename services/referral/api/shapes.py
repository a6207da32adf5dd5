"""The wire models of a referral, and how a view becomes one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.referral.domain.lifecycle import DANISH, TURN, TaskState, Turn
from services.referral.domain.model import Ask, DeclineReason, MessageKind, Missing, Piece, Referral, Task
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


class PieceOut(WireOut):
    """One piece of information the reader may have now."""

    id: UUID
    subject: UUID
    category: Category
    category_name: str
    author: str = Field(description="the unit that wrote it")
    text: str
    offer: str | None = Field(description="an offer's id, where the piece is a wish for it")


class TaskOut(WireOut):
    """A recipient's task; `state` and `version` are null and `withheld` says why where its course may not be told."""

    id: UUID
    recipient: str
    version: int | None = Field(description="send it in quotes as `If-Match` when you answer")
    state: TaskState | None
    state_name: str | None
    turn: Turn | None
    decline_reason: DeclineReason | None
    withheld: Reason | None
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
    information: list[PieceOut]
    withheld: list[WithheldOut]


class ReferralOut(WireOut):
    """A referral as the reader may see it now."""

    id: UUID
    need: UUID
    purpose: Purpose
    sender: str
    you_are: str = Field(description="`sender` or `recipient`")
    at: datetime
    seen_by_family_at: datetime
    information: list[PieceOut]
    withheld: list[WithheldOut] = Field(description="kinds that are there and may not be told you now (ADR 9)")
    tasks: list[TaskOut] = Field(description="the sender sees every recipient's, a recipient its own")
    dialogue: list[MessageOut]
    notices: list[str] = Field(
        description="in Danish, what has become of the units named: closed, or moved by law to another region (R47)"
    )


class PostedOut(WireOut):
    """A referral as its sender has just posted it; `need` is what consents are recorded under."""

    id: UUID
    need: UUID
    tasks: list[TaskOut]


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


def piece(shown: Piece) -> dict[str, Any]:
    """Return a piece as its reader sees it."""
    return {
        "id": str(shown.id),
        "subject": str(shown.subject),
        "category": shown.category,
        "category_name": CATEGORY_DANISH[shown.category],
        "author": shown.author,
        "text": shown.text,
        "offer": shown.offer,
    }


def task(shown: Task, hidden: Reason | None = None, *, to_sender: bool) -> dict[str, Any]:
    """Return a task; what is missing for the recipient is the sender's to see and mend.

    Of a hidden task nothing is told that differs with what became of it: neither version nor what is missing.
    """
    state = None if hidden else shown.state
    return {
        "id": str(shown.id),
        "recipient": shown.recipient,
        "version": None if hidden else shown.version,
        "state": state,
        "state_name": state and DANISH[state],
        "turn": state and TURN[state],
        "decline_reason": None if hidden else shown.decline_reason,
        "withheld": hidden,
        "missing": [missing(each) for each in shown.missing] if to_sender and not hidden else [],
    }


def posted(whole: Referral, tasks: Sequence[SeenTask]) -> dict[str, Any]:
    """Return a referral as its sender hears of it after writing: its ids, and its tasks as it may see them."""
    return {
        "id": str(whole.id),
        "need": str(whole.need),
        "tasks": [task(each.task, each.hidden, to_sender=True) for each in tasks],
    }


def referral(seen: View, notices: Sequence[str] = ()) -> dict[str, Any]:
    """Return a referral as its reader sees it."""
    whole = seen.referral
    return {
        "id": str(whole.id),
        "need": str(whole.need),
        "purpose": whole.purpose,
        "sender": whole.sender,
        "you_are": "sender" if seen.as_sender else "recipient",
        "at": whole.at,
        "seen_by_family_at": whole.seen_by_family_at,
        "information": [piece(each) for each in seen.pieces],
        "withheld": [withheld(each) for each in seen.withheld],
        "tasks": [_seen_task(each, seen) for each in seen.tasks],
        "dialogue": [_message(each) for each in seen.messages],
        "notices": notices,
    }


def _ask(whom: Ask) -> dict[str, str]:
    return {"person": str(whom.person), "capacity": whom.capacity}


def _seen_task(each: SeenTask, seen: View) -> dict[str, Any]:
    return task(each.task, each.hidden, to_sender=seen.as_sender)


def _message(each: SeenMessage) -> dict[str, Any]:
    return {
        "id": str(each.message.id),
        "task": str(each.message.task),
        "kind": each.message.kind,
        "author": each.message.author,
        "at": each.message.at,
        "information": [piece(shown) for shown in each.pieces],
        "withheld": [withheld(told) for told in each.withheld],
    }
