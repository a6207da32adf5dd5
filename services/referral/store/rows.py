"""What a referral is in the database's JSON, read into domain values and written back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.referral.domain.kinds import Kind, Priority, Relation, Topic
from services.referral.domain.lifecycle import Party, TaskState
from services.referral.domain.model import (
    Ahead,
    Ask,
    Clock,
    Label,
    Level,
    Message,
    MessageId,
    MessageKind,
    Missing,
    Origin,
    PersonId,
    Piece,
    Referral,
    ReferralId,
    Scale,
    Task,
    TaskId,
    UnitId,
)
from shared.vocabulary import Category, Purpose, Reason

PIECE = """json_build_array(p.id, p.subject, p.category, p.text, p.author, p.message_id, p.offer, p.label, p.level,
    p.attachment, p.corrects, p.at)"""
TASK = """json_build_array(t.id, t.recipient, t.state, t.version, t.reason, t.missing, t.answered, t.ahead_offer,
    t.ahead_unit, t.origin_task, t.origin_relation, t.origin_reason, t.answer_by, t.offer_by, t.stands_since, t.owner,
    t.run, t.decision_ref, t.answered_at, t.ended_by, t.draft_only)"""
MESSAGE = "json_build_array(m.id, m.task_id, m.kind, m.author, m.at, m.to_party, m.answers, m.words)"


def missing_json(missing: Sequence[Missing]) -> str:
    """Return what a recipient may not get, as it is kept."""
    told = [
        [str(each.subject), each.category, each.reason, [[str(whom.person), whom.capacity] for whom in each.ask]]
        for each in missing
    ]
    return orjson.dumps(told).decode()


def level_json(level: Level | None) -> str | None:
    """Return an assessment as it is kept."""
    if level is None:
        return None
    return orjson.dumps([level.scale, level.level, level.on.isoformat(), level.assessor]).decode()


def referral(row: Any) -> Referral:  # noqa: ANN401 - a database row
    """Return the referral a row holds, with its pieces, tasks and messages."""
    messages = tuple(_message(each) for each in row["messages"] or ())
    return Referral(
        id=ReferralId(row["id"]),
        need=row["need"],
        purpose=Purpose(row["purpose"]),
        sender=UnitId(row["sender"]),
        seen_by_family_at=row["seen_by_family_at"],
        at=row["at"],
        pieces=tuple(_piece(each) for each in row["pieces"] or ()),
        tasks=tuple(replace(_task(each), request=Kind(row["kind"])) for each in row["tasks"] or ()),
        messages=messages,
        earlier=_earlier(messages, row["cuts"] or {}),
        kind=Kind(row["kind"]),
        priority=Priority(row["priority"]),
        topic=None if row["topic"] is None else Topic(row["topic"]),
        continues=row["continues"],
        first_accepts=row["first_accepts"],
        discussed_with_parents_at=row["discussed_with_parents_at"],
        closed_at=row["closed_at"],
    )


def said_anew(whole: Referral, row: Any) -> Referral:  # noqa: ANN401 - a database row
    """Return the referral with the messages a row holds, and their pieces, in place of those it had."""
    told = tuple(_piece(each) for each in row["pieces"] or ())
    messages = tuple(_message(each) for each in row["messages"] or ())
    return replace(whole, pieces=whole.own + told, messages=messages, earlier={})


def _earlier(messages: Sequence[Message], cuts: Mapping[str, str]) -> Mapping[TaskId, MessageId]:
    """Return, of each thread that is longer than what was read, the first message after the cut."""
    newest = {TaskId(UUID(task)): UUID(cut) for task, cut in cuts.items()}
    return {task: next(each.id for each in messages if each.task == task and each.id > cut)
            for task, cut in newest.items()}  # fmt: skip


def _piece(each: list[Any]) -> Piece:
    number, subject, category, text, author, message, offer, label, level, attachment, corrects, at = each
    return Piece(
        UUID(number), PersonId(UUID(subject)), Category(category), text, UnitId(author),
        None if message is None else MessageId(UUID(message)), offer, None if label is None else Label(label),
        None if level is None else _level(level), _id(attachment), _id(corrects), _moment(at),
    )  # fmt: skip


def _level(told: list[str]) -> Level:
    scale, level, on, assessor = told
    return Level(Scale(scale), level, date.fromisoformat(on), assessor)


def _task(each: list[Any]) -> Task:
    (number, recipient, state, version, reason, missing, answered, offer, unit, origin, relation, why, answer_by,
     offer_by, stands_since, owner, run, decision_ref, answered_at, ended_by, draft_only) = each  # fmt: skip
    return Task(
        TaskId(UUID(number)), UnitId(recipient), TaskState(state), version, reason, tuple(map(_missed, missing)),
        answered, None if offer is None and unit is None else Ahead(offer, unit),
        None if origin is None else Origin(TaskId(UUID(origin)), Relation(relation), why),
        Clock(_moment(answer_by), _moment(offer_by), _moment(stands_since)), owner, _id(run), decision_ref,
        _moment(answered_at), ended_by=ended_by, draft_only=draft_only,
    )  # fmt: skip


def _missed(each: list[Any]) -> Missing:
    who, what, why, *more = each  # what was written before whom to ask was told has three
    ask = tuple(Ask(PersonId(UUID(person)), capacity) for person, capacity in (more[0] if more else ()))
    return Missing(PersonId(UUID(who)), Category(what), Reason(why), ask)


def _message(each: list[Any]) -> Message:
    number, task, kind, author, at, to, answers, words = each
    return Message(
        MessageId(UUID(number)), TaskId(UUID(task)), MessageKind(kind), UnitId(author), datetime.fromisoformat(at),
        None if to is None else Party(to), None if answers is None else MessageId(UUID(answers)), words,
    )  # fmt: skip


def _id(told: str | None) -> UUID | None:
    return None if told is None else UUID(told)


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)
