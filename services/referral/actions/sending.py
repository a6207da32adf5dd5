"""Send to webhooks what has happened: follow the events, put jobs, and carry out the round of one address at a time.

A round asks consent anew for what it sends, sends of each referral only what comes first, and ends when nothing is
due. Only one round of an address is under way at a time, in whatever process; if that process dies, the queue gives
the round to another, and what was not written down as sent is sent again under the same number.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from services.referral.actions import hearing
from services.referral.actions.following import WORKER
from services.referral.delivering import Answer, Sender
from services.referral.domain import webhooks as rules
from services.referral.domain.model import UnitId
from services.referral.domain.webhooks import Status, Tempo, Verdict
from services.referral.sealing import Seal, SealBroken
from services.referral.store import jobs
from services.referral.store import webhooks as store
from shared import ledger
from shared.clock import danish_date
from shared.db import Database
from shared.http import Upstream
from shared.ids import new_id
from shared.ledger import Actor
from shared.problems import Unavailable
from shared.units import UnitMirror, closed
from shared.vocabulary import Occasion

log = structlog.get_logger()
_MOST_FOLLOWED = 500
_OF_EACH = 16  # how many a round takes on for each call it makes at once
_FRESH_FOR_S = 2.0  # a permit is used at once: what has not begun by then is asked about anew
_ROUND_S = 8.0  # after which another address gets its turn
_REST = timedelta(seconds=2)

Clock = Callable[[], datetime]
Chance = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Post:
    """What sending works with. `chance` gives a number from 0 to 1, for the spread of what is tried again."""

    database: Database
    consent: Upstream
    directory: Upstream
    mirror: UnitMirror
    sender: Sender
    seal: Seal
    tempo: Tempo
    clock: Clock
    chance: Chance


@dataclass(frozen=True, slots=True)
class _Round:
    """One address, opened for a round: where it goes, and what signs."""

    row: Any
    url: str
    keys: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class _Try:
    """Which attempt it is; one before its time only asks whether the address answers again."""

    attempts: int
    due: bool


@dataclass(frozen=True, slots=True)
class _Tried:
    """One event, as it was told, and what came of it; no answer: it was not sent, because it was not asked for."""

    heard: hearing.Heard
    attempt: _Try
    answer: Answer | None


async def follow(post: Post) -> int:
    """Write down what has happened for each webhook, and put a job for each that has something due, together.

    Raises:
        Unavailable: the database does not answer; nothing has moved.
    """
    at = post.clock()
    async with post.database.transaction() as transaction:
        found = await store.dispatch(transaction, at, _MOST_FOLLOWED)
        await jobs.serve(transaction, await store.with_work(transaction, at, post.tempo.silent_after))
    return found


async def tidy(post: Post, keep: timedelta) -> None:
    """Forget what was delivered long ago, and what the queue did.

    Raises:
        Unavailable: the database does not answer.
    """
    async with post.database.connection() as connection:
        await store.tidy(connection, post.clock() - keep)
        await jobs.tidy(connection)


async def serve(post: Post, number: UUID) -> None:
    """Carry out one address's job: rounds, until nothing is due or its time is up; what is down loses nothing."""
    until = post.clock() + timedelta(seconds=_ROUND_S)
    try:
        while await _round(post, number) and post.clock() < until:
            pass
    except Unavailable as error:
        log.info("webhook_waits", webhook=str(number), service=error.what)
        try:
            async with post.database.connection() as connection:
                await store.rest(connection, number, post.clock() + _REST)
        except Unavailable:
            await asyncio.sleep(_REST.total_seconds())


async def _round(post: Post, number: UUID) -> bool:
    """Send what is due now; say whether there may be more."""
    at = post.clock()
    async with post.database.connection() as connection:
        row = await store.one(connection, number)
    if row is None:
        return False
    opened = _open(post, row, at)
    if opened is None:
        async with post.database.connection() as connection:
            await store.tested(connection, number, at, None, "secret_unreadable", well=False)
        await _turn_off(post, row, "secret_unreadable", at)
        return False
    if row["test_asked_at"] is not None and (row["tested_at"] is None or row["tested_at"] < row["test_asked_at"]):
        await _test(post, opened, at)
        return True
    if row["off_since"] is not None or (row["rests_until"] is not None and row["rests_until"] > at):
        return False
    if await _closed(post, UnitId(row["unit"]), at):
        await _turn_off(post, row, "own_unit_closed", at)
        return False
    return await _send_due(post, opened, at)


async def _send_due(post: Post, opened: _Round, at: datetime) -> bool:
    row = opened.row
    failing, silent = row["failures"] > 0, row["failures"] >= post.tempo.silent_after
    at_once = 1 if failing else row["at_once"]
    async with post.database.connection() as connection:
        # A silent address is asked with one message, due or not; only one that is due has that count as an attempt.
        rows = await store.take(connection, row["id"], None if silent else at, 1 if failing else at_once * _OF_EACH)
    if not rows:
        return False
    unit = UnitId(row["unit"])
    asking = hearing.Asking(
        post.database, post.consent, Occasion.DELIVER, Actor(unit, WORKER.user), str(new_id())
    )  # fmt: skip
    heard = await hearing.told_now(asking, rows, unit)
    tries = {each["id"]: _Try(each["attempts"] + 1, due=each["due_at"] <= at) for each in rows}
    tried = await _send_all(post, opened, heard, tries, at_once)
    await _write_down(post, opened, tried)
    return True


async def _send_all(
    post: Post, opened: _Round, heard: Sequence[hearing.Heard], tries: Mapping[UUID, _Try], at_once: int
) -> list[_Tried]:
    """Send, so many at once, while the permits are fresh; what has not begun by then or after a failure waits.

    One that breaks takes nothing from the others, and counts as an attempt: or it would be tried for ever.
    """
    stale = post.clock() + timedelta(seconds=_FRESH_FOR_S)
    waiting, begun, tried = list(reversed(heard)), list[hearing.Heard](), list[_Tried]()
    stop = asyncio.Event()

    async def work() -> None:
        while waiting and not stop.is_set() and post.clock() < stale:
            each = waiting.pop()
            kind = each.kind or rules.WITHHELD
            asked_for = not each.silent and (opened.row["kinds"] is None or kind in opened.row["kinds"])
            begun.append(each)
            answer = await _send(post, opened, each, kind) if asked_for else None
            tried.append(_Tried(each, tries[each.id], answer))
            if answer is not None and answer.verdict is not Verdict.DELIVERED:
                stop.set()

    ends = await asyncio.gather(*(work() for _ in range(min(at_once, len(heard)))), return_exceptions=True)
    for error in ends:
        if error is not None:  # by its type alone: its words may hold the address
            log.error("webhook_broke", webhook=str(opened.row["id"]), error=type(error).__qualname__)
    done = {each.heard.id for each in tried}
    lost = Answer(Verdict.FAILED, failure="no_answer")
    return tried + [_Tried(each, tries[each.id], lost) for each in begun if each.id not in done]


async def _send(post: Post, opened: _Round, each: hearing.Heard, kind: str) -> Answer:
    told = rules.Told(each.id, kind, each.referral, each.task, each.at)
    return await post.sender.send(opened.url, str(each.id), post.clock(), rules.content(told), opened.keys)


async def _write_down(post: Post, opened: _Round, tried: Sequence[_Tried]) -> None:
    """Write what came of a round, and how the address fares after it."""
    at, row = post.clock(), opened.row
    answers = [each.answer for each in tried if each.answer is not None]
    gone = any(each.verdict is Verdict.GONE for each in answers)
    well = any(each.verdict is Verdict.DELIVERED for each in answers)
    faring = _faring(post, row, answers, at)
    async with post.database.transaction() as transaction:
        await store.settle(
            transaction, row["id"], at, [_settled(post, each, each.answer, at) for each in tried if each.answer]
        )
        unasked = [each.heard.id for each in tried if each.answer is None]
        if unasked:
            await store.forget(transaction, row["id"], unasked)
        if answers and faring is not None:
            await store.fare(transaction, row["id"], faring)
        if well and row["failures"] >= post.tempo.silent_after:
            await store.come_forward(transaction, row["id"], at)
        if gone:
            await ledger.append(transaction, _entry("webhook_turned_off", row, at, why="gone"))
    for each in tried:
        if each.answer is not None and each.answer.verdict is not Verdict.DELIVERED:
            log.info(
                "webhook_failed", webhook=str(row["id"]), message=str(each.heard.id), attempts=each.attempt.attempts,
                status=each.answer.status, failure=each.answer.failure,
            )  # fmt: skip


def _settled(post: Post, each: _Tried, answer: Answer, at: datetime) -> store.Settled:
    attempts, status, due_at = each.attempt.attempts, Status.PENDING, None
    if answer.verdict is Verdict.DELIVERED:
        status = Status.DELIVERED
    elif not each.attempt.due:
        attempts -= 1
    else:
        wait = post.tempo.again(attempts, post.chance(), answer.asked_for)
        status, due_at = (Status.DEAD, None) if wait is None else (Status.PENDING, at + wait)
    return store.Settled(
        each.heard.id, each.heard.referral, status, attempts, due_at, answer.status, answer.failure
    )  # fmt: skip


def _faring(post: Post, row: Any, answers: Sequence[Answer], at: datetime) -> store.Faring | None:  # noqa: ANN401 - a row
    """Return how the address fares: wider after a round that went well, narrow and resting after failures."""
    failed = [each for each in answers if each.verdict is not Verdict.DELIVERED]
    if not failed:
        grown = post.tempo.wider(row["at_once"])
        if (grown, row["failures"]) == (row["at_once"], 0):
            return None
        return store.Faring(grown if row["failures"] == 0 else 1, 0, None, None)
    failures = len(failed) + (0 if len(failed) < len(answers) else row["failures"])
    asked = max((each.asked_for for each in failed if each.asked_for is not None), default=None)
    pause = post.tempo.pause(failures, post.chance(), asked)
    gone = any(each.verdict is Verdict.GONE for each in failed)
    return store.Faring(
        1, failures, row["failing_since"] or at, at + pause if pause else None, at if gone else None,
        "gone" if gone else None,
    )  # fmt: skip


async def _test(post: Post, opened: _Round, at: datetime) -> None:
    """Send a test, and note what came of it; one that went well puts the address back in use."""
    content = rules.body(rules.TEST, at, {"webhook": str(opened.row["id"])})
    answer = await post.sender.send(opened.url, str(new_id()), at, content, opened.keys)
    well = answer.verdict is Verdict.DELIVERED
    async with post.database.connection() as connection:
        await store.tested(connection, opened.row["id"], post.clock(), answer.status, answer.failure, well=well)


async def _closed(post: Post, unit: UnitId, at: datetime) -> bool:
    """Say whether the unit is closed; while the directory has never answered, nobody knows, and nothing is sent.

    Raises:
        Unavailable: the directory does not answer and never has.
    """
    units = await post.mirror.all(post.directory, str(new_id()))
    return unit in units and closed(units[unit], units, danish_date(at)) is not None


async def _turn_off(post: Post, row: Any, why: str, at: datetime) -> None:  # noqa: ANN401 - a database row
    """Send nothing more to an address; what has happened since waits for it."""
    faring = store.Faring(1, row["failures"], row["failing_since"], None, at, why)
    async with post.database.transaction() as transaction:
        await store.fare(transaction, row["id"], faring)
        if row["off_since"] is None:
            await ledger.append(transaction, _entry("webhook_turned_off", row, at, why=why))


def _open(post: Post, row: Any, at: datetime) -> _Round | None:  # noqa: ANN401 - a database row
    number = row["id"]
    try:
        keys = [post.seal.open(number, "secret", row["secret"])]
        if row["secret_before"] is not None and row["before_until"] > at:
            keys.append(post.seal.open(number, "secret", row["secret_before"]))
        return _Round(row, post.seal.open(number, "url", row["url"]).decode(), keys)
    except SealBroken:
        log.exception("webhook_unreadable", webhook=str(number))
        return None


def _entry(kind: str, row: Any, at: datetime, *, why: str) -> ledger.Entry:  # noqa: ANN401 - a database row
    return ledger.entry(
        kind, at=at, actor=WORKER, request_id=str(new_id()), webhook=str(row["id"]), unit=row["unit"], why=why
    )
