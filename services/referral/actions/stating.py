"""The sender answers anew whether there is a duty to report, and reads what it has answered (R31)."""

from collections.abc import Sequence

from services.referral.actions import duty
from services.referral.actions.chaining import own
from services.referral.actions.context import Context, note_reading
from services.referral.domain import errors
from services.referral.domain.duty import Kept, Stated, check_follows
from services.referral.domain.model import Referral, ReferralId
from services.referral.store import duty as store
from services.referral.store import referrals
from shared import ledger
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id


async def answer(context: Context, number: ReferralId, stated: Stated, post: Once) -> tuple[Kept, bool]:
    """Keep what the sender states now of its own request, asked for or not; closed or ended, it can be answered still.

    Return it, and whether the same post had kept it before. Consent is not asked: nothing is told to anybody.

    Raises:
        NotAParty: it is not this sender's; the attempt is on the ledger.
        DutyUnanswered, KindRefused, WrongDay: it is no answer.
        ConcernStands: it unsays the serious concern of an earlier one; the attempt is on the ledger.
        OwnUnitClosed: the caller's unit is closed.
        IdempotencyConflict: the key was used with other content.
    """
    referral = await own(context, number)
    await context.may_read()
    async with context.database.connection() as connection:
        again = await made_before(connection, post)
        before = await store.of(connection, number)
    if again is not None:
        return next(each for each in before if each.id == again), True
    await duty.check(context, referral.kind, (), stated, referral)
    try:
        return await _keep(context, referral, stated, post)
    except errors.ConcernStands:
        refused = context.entry("duty_to_report_refused", referral, need=str(referral.need))
        async with context.database.connection() as connection:
            await ledger.append(connection, refused)
        raise


async def history(context: Context, number: ReferralId) -> Sequence[Kept]:
    """Return all that the sender stated, oldest first, in its own words; the reading is on the ledger.

    Raises:
        NotAParty: it is not this sender's; the attempt is on the ledger.
        OwnUnitClosed: the caller's unit is closed.
    """
    referral = await own(context, number)
    await context.may_read()
    await note_reading(context, {referral.id: True})
    async with context.database.connection() as connection:
        return await store.of(connection, number)


async def _keep(context: Context, referral: Referral, stated: Stated, post: Once) -> tuple[Kept, bool]:
    """Write it, one at a time of each request: what is stated first is what the next must follow on."""
    number = new_id()
    async with context.database.transaction() as transaction:
        await referrals.lock(transaction, referral.id)
        before = await store.of(transaction, referral.id)
        made = await claim(transaction, post, number)
        if made is not None:
            return next(each for each in before if each.id == made), True
        check_follows(stated, before)
        return await duty.keep(transaction, context, referral.id, stated, number), False
