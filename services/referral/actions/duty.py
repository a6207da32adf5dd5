"""The sender is asked whether there is a duty to report, and the answer is kept (R31). Nothing else comes of it.

No report is made, sent or stopped here, and the service for concern reports is never called.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.referral.actions.context import Context
from services.referral.actions.offers import decides
from services.referral.domain import duty, errors
from services.referral.domain.duty import Kept, Stated
from services.referral.domain.kinds import Kind
from services.referral.domain.model import Referral, ReferralId, UnitId
from services.referral.store import duty as store
from shared import ledger
from shared.db import Transaction
from shared.ids import new_id


async def standing(context: Context, own: Collection[Referral]) -> Mapping[ReferralId, Stated]:
    """Return what stands of the caller's own requests, in codes; of anybody else's, nothing."""
    numbers = [each.id for each in own if each.sender == context.me]
    if not numbers:
        return {}
    async with context.database.connection() as connection:
        return await store.newest(connection, numbers)


async def must_be_answered(context: Context, referral: Referral, recipients: Sequence[UnitId]) -> None:
    """Let pass a request that is about to go to these, if nothing it is asked stands without an answer.

    Raises:
        DutyUnanswered: it goes to an authority, and the sender has not answered; that it was asked is on the ledger.
        Unavailable: the directory has never answered.
    """
    async with context.database.connection() as connection:
        held = await store.newest(connection, [referral.id])
    if referral.id not in held:
        await check(context, referral.kind, recipients, None, referral)


async def check(
    context: Context, kind: Kind, recipients: Sequence[UnitId], stated: Stated | None, about: Referral | UUID | None
) -> None:
    """Let pass what is stated, or that nothing is, of a request to these; `about`: the request, or its need.

    Raises:
        DutyUnanswered: an answer is missing; that it was asked for is on the ledger.
        KindRefused, WrongDay: what is stated does not fit.
        Unavailable: the directory has never answered.
    """
    try:
        if stated is not None:
            duty.check(kind, context.me, stated, context.at)
        elif duty.is_asked(kind, context.me, to_authority=await _reaches_authority(context, recipients)):
            duty.must_be_answered(None)
    except errors.DutyUnanswered as error:
        need = about.need if isinstance(about, Referral) else about
        asked = ledger.entry(
            "duty_to_report_asked", at=context.at, actor=context.actor, request_id=context.request_id,
            referral=str(about.id) if isinstance(about, Referral) else None, need=need and str(need),
            request_kind=kind, recipients=sorted(recipients), lacks=list(error.lacks),
        )  # fmt: skip
        async with context.database.connection() as connection:
            await ledger.append(connection, asked)
        raise


async def keep(
    transaction: Transaction, context: Context, number: ReferralId, stated: Stated, as_id: UUID | None = None
) -> Kept:
    """Write what is stated, and its entry on the ledger: codes and times, never the words (R54)."""
    kept = Kept(as_id or new_id(), number, stated, context.me, context.caller.user, context.at)
    written = ledger.entry(
        "duty_to_report_answered", at=context.at, actor=context.actor, request_id=context.request_id, as_id=kept.id,
        referral=str(number), serious_concern=stated.serious_concern, answer=stated.answer,
        reported_at=stated.reported_at and stated.reported_at.isoformat(),
    )  # fmt: skip
    await store.keep(transaction, kept)
    await ledger.append(transaction, written)
    return kept


async def _reaches_authority(context: Context, recipients: Sequence[UnitId]) -> bool:
    units = await context.units()
    return any(each in units and decides(units[each]) for each in recipients)
