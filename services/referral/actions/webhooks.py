"""A unit's own webhooks: where its system is told that something happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any
from uuid import UUID

from services.referral.actions.context import Context, refuse
from services.referral.actions.hearing import Asking, told_now
from services.referral.delivering import Reach
from services.referral.domain.errors import UnknownWebhook
from services.referral.domain.webhooks import BOTH_SIGN_FOR, SECRET_BYTES, Standing, Status, Tempo, written
from services.referral.sealing import Seal, SealBroken
from services.referral.store import webhooks as store
from shared import ledger
from shared.cursor import Cursor
from shared.db import Transaction
from shared.ids import new_id
from shared.vocabulary import Occasion

MOST_REPLAYED = 10_000


@dataclass(frozen=True, slots=True)
class Keeping:
    """What webhooks are kept with: which addresses are let in, what seals them, and how patiently they are sent to."""

    reach: Reach
    seal: Seal
    tempo: Tempo


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as its unit sees it; `url` is None where its key is gone."""

    id: UUID
    url: str | None
    kinds: Sequence[str] | None
    at: datetime
    standing: Standing
    off_why: str | None
    failing_since: datetime | None
    waiting: int
    both_sign_until: datetime | None
    test_asked_at: datetime | None
    tested_at: datetime | None
    test_status: int | None
    test_failure: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was or is to be sent of one event, without what it tells."""

    cursor: str
    event: UUID
    referral: UUID
    task: UUID
    status: Status
    attempts: int
    happened_at: datetime
    next_at: datetime | None
    tried_at: datetime | None
    last_status: int | None
    failure: str | None


async def make(context: Context, keeping: Keeping, url: str, kinds: Sequence[str] | None) -> tuple[Webhook, str]:
    """Make a webhook; return it with its secret, which is told this once.

    Raises:
        WebhookRefused: nothing is sent to that address.
        TooManyWebhooks: the unit has as many as it may have.
        OwnUnitClosed: the caller's unit is closed.
    """
    await context.may_read()
    await keeping.reach.check(url)
    number, secret = new_id(), token_bytes(SECRET_BYTES)
    made = store.Fresh(
        number, context.me, keeping.seal.seal(number, "url", url.encode()), kinds,
        keeping.seal.seal(number, "secret", secret), context.caller.user, context.at,
    )  # fmt: skip
    async with context.database.transaction() as transaction:
        await store.add(transaction, made)
        await _note(transaction, context, "webhook_made", number)
        row = await store.find(transaction, number)
    return _seen(context, keeping, row), written(secret)


async def every(context: Context, keeping: Keeping) -> list[Webhook]:
    """Return the unit's webhooks, oldest first."""
    async with context.database.connection() as connection:
        rows = await store.of_unit(connection, context.me)
    return [_seen(context, keeping, row) for row in rows]


async def read(context: Context, keeping: Keeping, number: UUID) -> Webhook:
    """Return one of the unit's webhooks.

    Raises:
        UnknownWebhook: it is not there, or another unit's; the attempt is on the ledger.
    """
    return _seen(context, keeping, await _own(context, number))


async def remove(context: Context, number: UUID) -> None:
    """Delete a webhook; what waited for it is not sent, and stays in the feed.

    Raises:
        UnknownWebhook: see `read`.
    """
    await _own(context, number)
    async with context.database.transaction() as transaction:
        await store.remove(transaction, number)
        await _note(transaction, context, "webhook_removed", number)


async def turn_secret(context: Context, keeping: Keeping, number: UUID) -> tuple[Webhook, str]:
    """Give a webhook a new secret; for a day both sign, so that the receiver can change over without a gap.

    Raises:
        UnknownWebhook: see `read`.
    """
    await _own(context, number)
    secret = token_bytes(SECRET_BYTES)
    async with context.database.transaction() as transaction:
        await store.turn(transaction, number, keeping.seal.seal(number, "secret", secret), context.at + BOTH_SIGN_FOR)
        await _note(transaction, context, "webhook_secret_turned", number)
        row = await store.find(transaction, number)
    return _seen(context, keeping, row), written(secret)


async def test(context: Context, keeping: Keeping, number: UUID) -> Webhook:
    """Ask for a test to be sent; what came of it is told with the webhook. A good one puts it back in use.

    Raises:
        UnknownWebhook: see `read`.
        OwnUnitClosed: the caller's unit is closed.
    """
    await context.may_read()
    await _own(context, number)
    async with context.database.transaction() as transaction:
        await store.ask_for_test(transaction, number, context.at)
        await _note(transaction, context, "webhook_tested", number)
        row = await store.find(transaction, number)
    return _seen(context, keeping, row)


async def deliveries(
    context: Context, number: UUID, status: Status | None, after: Cursor, most: int
) -> list[Delivery]:  # fmt: skip
    """Return what was or is to be sent to a webhook, in the feed's order: ids, never what is told.

    What the feed does not tell of at this moment is not here either (`hearing.hear`).

    Raises:
        UnknownWebhook: see `read`.
        OwnUnitClosed: the caller's unit is closed.
        Unavailable: consent does not answer, and one of them needs its permit.
    """
    await _own(context, number)
    await context.may_read()
    asking = Asking(context.database, context.consent, Occasion.HEAR, context.actor, context.request_id)
    found: list[Delivery] = []
    while True:
        async with context.database.connection() as connection:
            rows = await store.deliveries(connection, number, status, (after.xid, after.id), most)
        heard = await told_now(asking, rows, context.me)
        found += [_delivery(row) for row, each in zip(rows, heard, strict=True) if not each.silent]
        if len(found) >= most or len(rows) < most:
            return found[:most]
        after = Cursor(int(rows[-1]["xid_text"]), rows[-1]["id"])


async def replay(
    context: Context, number: UUID, since: datetime | None, events: Sequence[UUID] | None
) -> None:  # fmt: skip
    """Have events sent again, also those of before the webhook was made, at most `MOST_REPLAYED`, the oldest first.

    Each is told as it may be told when it is sent, under the number it had the first time. How many they are is not
    said: that may tell of what may not be told.

    Raises:
        UnknownWebhook: see `read`.
    """
    await _own(context, number)
    async with context.database.transaction() as transaction:
        many = await store.replay(transaction, number, context.at, since, events, MOST_REPLAYED)
        await _note(transaction, context, "webhook_replayed", number, many=many)


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a database row
    return Delivery(
        str(Cursor(int(row["xid_text"]), row["event_id"])), row["event_id"], row["referral_id"], row["task_id"],
        Status(row["status"]), row["attempts"], row["at"],
        row["due_at"] if row["status"] == Status.PENDING else None, row["tried_at"], row["last_status"],
        row["failure"],
    )  # fmt: skip


async def _own(context: Context, number: UUID) -> Any:  # noqa: ANN401 - a database row
    async with context.database.connection() as connection:
        row = await store.find(connection, number)
    if row is None or row["unit"] != context.me:
        await refuse(context, number)
        raise UnknownWebhook
    return row


async def _note(transaction: Transaction, context: Context, kind: str, number: UUID, many: int | None = None) -> None:
    await ledger.append(transaction, ledger.entry(
        kind, at=context.at, actor=context.actor, request_id=context.request_id, webhook=str(number), many=many
    ))  # fmt: skip


def _seen(context: Context, keeping: Keeping, row: Any) -> Webhook:  # noqa: ANN401 - a database row
    try:
        url = keeping.seal.open(row["id"], "url", row["url"]).decode()
    except SealBroken:
        url = None
    failing = row["failures"] >= keeping.tempo.silent_after
    standing = Standing.OFF if row["off_since"] else Standing.FAILING if failing else Standing.WORKING
    until = row["before_until"]
    return Webhook(
        row["id"], url, row["kinds"], row["at"], standing, row["off_why"], row["failing_since"], row["waiting"],
        until if until is not None and until > context.at else None, row["test_asked_at"],
        row["tested_at"], row["test_status"], row["test_failure"],
    )  # fmt: skip
