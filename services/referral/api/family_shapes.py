"""What a family is told, on the wire: no level, nothing about anybody else, and words that blame nobody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.referral.api.shapes import EarlierOut
from services.referral.domain.family import STAGE_DANISH, FamilyMessage, FamilyTask, FamilyView, May, Stage, Whose
from services.referral.domain.kinds import KINDS, REASON_DANISH, Kind
from services.referral.domain.lifecycle import ended
from services.referral.domain.model import (
    Label,
    MessageId,
    MessageKind,
    PersonId,
    Piece,
    TaskId,
    UnitId,
    by_family,
    family_member,
)
from shared.text import WireOut
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose

YOU, FAMILY = "you", "family"


class FamilyPieceOut(WireOut):
    """One piece of information about you, or about somebody you speak for."""

    id: UUID
    subject: UUID
    category: Category
    category_name: str
    author: str = Field(description="the unit that wrote it, `you`, or `family`: somebody else of the family")
    at: datetime | None
    text: str
    offer: str | None = Field(description="an offer's id, where the piece is a wish for it")
    label: Label | None
    attachment: UUID | None
    corrects: UUID | None = Field(description="the piece it takes the place of")
    corrected_by: UUID | None


class ProposedOut(WireOut):
    """What is proposed instead: codes of the directory."""

    offer: str | None
    unit: str | None


class FamilyTaskOut(WireOut):
    """Where it stands at one place."""

    id: UUID
    place: str = Field(description="the unit that has it")
    version: int = Field(description="send it in quotes as `If-Match`")
    state: Stage
    state_name: str = Field(description="in Danish")
    turn: Whose = Field(description="who does the next thing")
    answer_by: datetime | None = Field(description="by when the place answers")
    offer_by: datetime | None = Field(description="by when an offer begins")
    proposed: ProposedOut | None
    reason: str | None
    reason_name: str | None
    allowed: list[May] = Field(description="what you can do")


class FamilyMessageOut(WireOut):
    """One turn in the dialogue."""

    id: UUID
    task: UUID
    kind: MessageKind
    author: str = Field(description="a unit, `you`, or `family`")
    at: datetime
    to: str | None = Field(description="of a question, who must answer: `sender`, `recipient`, `family`")
    answers: UUID | None
    information: list[FamilyPieceOut]


class FamilyLine(WireOut):
    """A request in your list: ids, codes and days."""

    id: UUID
    kind: Kind
    kind_name: str
    purpose: Purpose
    purpose_name: str
    sender: str = Field(description="the unit that wrote, `you`, or `family`")
    at: datetime
    tasks: list[FamilyTaskOut] = Field(
        description="the places you are told of: those that may be told of you, or of whom you speak for"
    )


class FamilyList(WireOut):
    """Requests, oldest first; `next` is where to go on."""

    referrals: list[FamilyLine]
    next: UUID | None


class FamilyCoordinatorOut(WireOut):
    """Who holds the threads for you (tovholder)."""

    unit: str
    since: date


class FamilyReferralOut(FamilyLine):
    """A request as you see it: what is about you and those you speak for, whichever unit wrote it."""

    coordinator: FamilyCoordinatorOut | None = Field(
        description="the unit that holds the threads of it all, if it is one you are told of here"
    )
    need: UUID = Field(description="what your yes or no is recorded under, see `GET /my/consents`")
    information: list[FamilyPieceOut]
    dialogue: list[FamilyMessageOut]
    dialogue_next: list[EarlierOut] = Field(
        description="long threads: go on with `GET /my/tasks/{task}/messages` and this `before`"
    )
    notices: list[str] = Field(description="in Danish, what has become of the places named (R47)")


class FamilyMessagePage(WireOut):
    """A part of a task's dialogue, oldest first; `next` is the `before` of the part that was said earlier."""

    messages: list[FamilyMessageOut]
    next: UUID | None


class FamilySaidOut(WireOut):
    """The message as kept, and where it stands."""

    id: UUID
    task: FamilyTaskOut


def task(seen: FamilyTask) -> dict[str, Any]:
    """Return where it stands at one place."""
    told = seen.task
    open_days = None if ended(told.state) or seen.stage is Stage.NO_THANK_YOU else told.clock
    return {
        "id": str(told.id),
        "place": told.recipient,
        "version": told.version,
        "state": seen.stage,
        "state_name": STAGE_DANISH[seen.stage],
        "turn": seen.turn,
        "answer_by": open_days and open_days.answer_by,
        "offer_by": open_days and open_days.offer_by,
        "proposed": seen.proposed and {"offer": seen.proposed.offer, "unit": seen.proposed.unit},
        "reason": seen.reason,
        "reason_name": seen.reason and REASON_DANISH.get(seen.reason, "Andet"),
        "allowed": seen.allowed,
    }


def line(seen: FamilyView) -> dict[str, Any]:
    """Return a request as it stands in the list."""
    whole = seen.referral
    return {
        "id": str(whole.id),
        "kind": whole.kind,
        "kind_name": KINDS[whole.kind].danish,
        "purpose": whole.purpose,
        "purpose_name": PURPOSE_DANISH[whole.purpose],
        "sender": YOU if seen.mine else FAMILY if by_family(whole.sender) else whole.sender,
        "at": whole.at,
        "tasks": [task(each) for each in seen.tasks],
    }


def referral(
    seen: FamilyView, myself: Collection[PersonId], notices: Sequence[str] = (),
    earlier: Mapping[TaskId, MessageId] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a request as somebody of the family sees it; `myself`: every id they are known by."""
    corrected = {each.corrects: each.id for each in seen.referral.pieces if each.corrects is not None}
    named = seen.coordinator
    return line(seen) | {
        "coordinator": named and {"unit": named.unit, "since": named.since},
        "need": str(seen.referral.need),
        "information": [piece(each, myself, corrected.get(each.id)) for each in seen.pieces],
        "dialogue": [message(each, myself, corrected) for each in seen.messages],
        "dialogue_next": [{"task": str(task), "before": str(first)} for task, first in (earlier or {}).items()],
        "notices": list(notices),
    }


def message(shown: FamilyMessage, myself: Collection[PersonId], corrected: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Return one turn in the dialogue; `corrected`: which piece took the place of which."""
    return {
        "id": str(shown.message.id),
        "task": str(shown.message.task),
        "kind": shown.message.kind,
        "author": author_of(shown.message.author, myself),
        "at": shown.message.at,
        "to": shown.message.to,
        "answers": _id(shown.answers),
        "information": [piece(each, myself, corrected.get(each.id)) for each in shown.pieces],
    }


def piece(shown: Piece, myself: Collection[PersonId], corrected_by: UUID | None = None) -> dict[str, Any]:
    """Return one piece of information."""
    return {
        "id": str(shown.id),
        "subject": str(shown.subject),
        "category": shown.category,
        "category_name": CATEGORY_DANISH[shown.category],
        "author": author_of(shown.author, myself),
        "at": shown.at,
        "text": shown.text,
        "offer": shown.offer,
        "label": shown.label,
        "attachment": _id(shown.attachment),
        "corrects": _id(shown.corrects),
        "corrected_by": _id(corrected_by),
    }


def author_of(author: UnitId, myself: Collection[PersonId]) -> str:
    """Return who it is: a unit, the reader, or somebody else of the family."""
    if not by_family(author):
        return author
    return YOU if family_member(author) in myself else FAMILY


def _id(told: UUID | None) -> str | None:
    return None if told is None else str(told)
