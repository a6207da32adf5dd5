"""A unit hears what has happened: a feed of ids and codes, with a cursor, each answer told only if permitted now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral import upstream
from services.referral.actions.context import Context
from services.referral.domain.lifecycle import COURSE
from services.referral.domain.model import Referral, ReferralId, Task, UnitId, by_family
from services.referral.domain.permit import Permits, questions_for
from services.referral.domain.view import course_questions, course_reason, hidden_from_sender, tells_of_an_answer
from services.referral.domain.work import Work
from services.referral.store import events, referrals, tasks
from shared.cursor import Cursor
from shared.db import Database
from shared.http import Upstream
from shared.ledger import Actor
from shared.vocabulary import Occasion, Reason

_ANSWERS = frozenset(state.value for state in COURSE)
# What is silent is passed over in large steps, and consent is asked once of each referral.
_STEP = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """One event; `withheld` says why its kind is not told.

    `silent`: not even that something has happened may be told now.
    """

    cursor: str
    id: UUID
    kind: str | None
    withheld: Reason | None
    referral: UUID
    task: UUID
    at: datetime
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks consent, and on what occasion."""

    database: Database
    consent: Upstream
    occasion: Occasion
    actor: Actor
    request_id: str


async def hear(context: Context, after: Cursor, most: int) -> list[Heard]:
    """Return the unit's next events, oldest first.

    Of a task whose course may not be told, the sender hears that there is an answer, and nothing more: how much came
    after it would tell what the answer was. Once the course may be told, all of it is in the feed.

    Raises:
        OwnUnitClosed: the unit is closed.
        Unavailable: consent does not answer, and an event needs its permit.
    """
    await context.may_read()
    asking = Asking(context.database, context.consent, Occasion.HEAR, context.actor, context.request_id)
    told: dict[UUID, Mapping[UUID, _Course]] = {}
    heard: list[Heard] = []
    step = most
    while True:
        async with context.database.connection() as connection:
            rows = await events.feed(connection, context.me, after, step)
        for row in rows:
            number = row["referral_id"]
            if _tells_of_course(row, context.me) and number not in told:
                told[number] = await _may_hear(asking, ReferralId(number), context.me)
            each = _heard(row, told, context.me)
            heard += [] if each.silent else [each]
            if len(heard) == most:
                return heard
        if len(rows) < step:
            return heard
        after, step = Cursor(int(rows[-1]["xid_text"]), rows[-1]["id"]), _STEP


async def told_now(asking: Asking, rows: Sequence[Any], unit: UnitId) -> list[Heard]:
    """Return events as their unit may hear of them now; rows as `events.feed` returns them.

    Raises:
        Unavailable: consent does not answer, and an event needs its permit.
    """
    numbers = {row["referral_id"] for row in rows if _tells_of_course(row, unit)}
    told = {number: await _may_hear(asking, ReferralId(number), unit) for number in sorted(numbers)}
    return [_heard(row, told, unit) for row in rows]


async def work_list(context: Context, work: Work, after: UUID, most: int) -> list[Any]:
    """Return the tasks that went out to the caller's unit: ids and states, nothing about a person.

    Raises:
        OwnUnitClosed: the unit is closed.
    """
    await context.may_read()
    async with context.database.connection() as connection:
        return await tasks.for_recipient(connection, context.me, work, after, most)


@dataclass(frozen=True, slots=True)
class _Course:
    """Whether a task's course may be told, and when something was said in it that may be read all the same."""

    reason: Reason
    readable: frozenset[datetime]


async def _may_hear(asking: Asking, number: ReferralId, unit: UnitId) -> Mapping[UUID, _Course]:
    """Return, per task of a referral, whether its course may be told now, and what else of it may be heard."""
    async with asking.database.connection() as connection:
        referral = await referrals.find(connection, number)
    if referral is None:
        return {}
    asked = [question for task in referral.tasks for question in course_questions(referral, task)]
    said = [piece for piece in referral.pieces if piece.message is not None]
    asked += questions_for(said, unit) if any(task.answered for task in referral.tasks) else []
    if not asked and not by_family(referral.sender) and not referral.rule.anonymous:
        return {}
    permits = await upstream.ask(asking.consent, referral, asked, asking.occasion, asking.actor, asking.request_id)
    open_to_read = {piece.message for piece in said if permits.allow(piece, unit)}
    return {
        task.id: _Course(
            _reason(referral, task, permits),
            frozenset(each.at for each in referral.thread(task.id) if each.id in open_to_read),
        )
        for task in referral.tasks
    }


def _reason(referral: Referral, task: Task, permits: Permits) -> Reason:
    if not tells_of_an_answer(referral, task):
        return course_reason(referral, task, permits)
    return hidden_from_sender(referral, task, permits) or Reason.COVERED


def _tells_of_course(row: Any, unit: UnitId) -> bool:  # noqa: ANN401 - a database row
    """Say whether the event tells the sender what the recipient answered, or that something followed its answer."""
    if row["recipient"] == unit:
        return False
    return row["kind"] in _ANSWERS or (row["answered_at"] is not None and row["at"] >= row["answered_at"])


def _heard(row: Any, told: Mapping[UUID, Mapping[UUID, _Course]], unit: UnitId) -> Heard:  # noqa: ANN401 - a row
    cursor = str(Cursor(int(row["xid_text"]), row["id"]))
    course = _Course(Reason.COVERED, frozenset())
    if _tells_of_course(row, unit):
        course = told.get(row["referral_id"], {}).get(row["task_id"], _Course(Reason.NO_CONSENT, frozenset()))
    shown = course.reason.permits or (row["at"] in course.readable and row["kind"] not in _ANSWERS)
    since = row["answered_at"]
    # Where the first who accepts has it, the others' tasks end with the yes, at the same moment.
    after_the_answer = since is not None and (row["at"] > since or (row["at"] == since != row["own_answer_at"]))
    return Heard(
        cursor, row["id"], row["kind"] if shown else None, None if shown else course.reason,
        row["referral_id"], row["task_id"], row["at"], silent=after_the_answer and not shown,
    )  # fmt: skip
