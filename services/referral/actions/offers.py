"""Offers somebody hopes for, or is pointed to: they are there, and nobody books what the authority decides (R69)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from services.referral.actions.context import Context
from services.referral.domain import authority
from services.referral.domain.asking import AUTHORITY
from services.referral.domain.authority import Hoped
from services.referral.domain.errors import KindRefused
from services.referral.domain.kinds import Rule
from services.referral.domain.model import Ahead, Referral, UnitId
from shared.contracts import UnitOut


async def may_hope(context: Context, rule: Rule, offers: Iterable[str | None], recipients: Sequence[UnitId]) -> None:
    """Let pass offers that are there, and that may be referred to by this sender.

    Raises:
        UnknownOffer: one is not in the directory, or has ended.
        NeedsAuthority: one is the authority's to open.
        Unavailable: the directory does not answer, and never told of one of them.
    """
    asked = {each for each in offers if each is not None}
    if asked:
        known = await _known(context, asked)
        authority.must_be_there(asked, known)
        await _must_not_book(context, rule, asked, known, recipients)


async def may_go_to(
    context: Context, referral: Referral, recipients: Sequence[UnitId], ahead: Ahead | None = None
) -> None:
    """Let pass new recipients of what is hoped for already; what has ended since stays a wish.

    Raises:
        KindRefused: a request to the authority would reach somebody who decides nothing.
        NeedsAuthority: one of the offers is the authority's to open.
        Unavailable: the directory does not answer, and never told of one of them.
    """
    units = await context.units()
    if not referral.rule.books and any(each in units and not decides(units[each]) for each in recipients):
        raise KindRefused(referral.kind, ["authority"])
    told = {each.offer for each in referral.own} | {None if ahead is None else ahead.offer}
    asked = {each for each in told if each is not None}
    if asked:
        await _must_not_book(context, referral.rule, asked, await _known(context, asked), recipients)


async def pointed_to(context: Context, ahead: Ahead | None) -> Hoped | None:
    """Return what the directory says of the offer that is named instead, if one is.

    Raises:
        UnknownOffer: it is not in the directory, or has ended.
        Unavailable: the directory does not answer, and never told of it.
    """
    if ahead is None or ahead.offer is None:
        return None
    known = await _known(context, {ahead.offer})
    authority.must_be_there({ahead.offer}, known)
    return known[ahead.offer]


def decides(unit: UnitOut) -> bool:
    """Say whether the unit is the authority for somebody."""
    return unit.authority or unit.kind == AUTHORITY


async def _must_not_book(
    context: Context, rule: Rule, asked: Collection[str], known: Mapping[str, Hoped], recipients: Sequence[UnitId]
) -> None:
    units = await context.units()
    own = units.get(context.me)
    authority.must_not_book(
        asked, known, rule,
        from_authority=own is not None and decides(own),
        to_authority=all(each in units and decides(units[each]) for each in recipients),
    )  # fmt: skip


async def _known(context: Context, asked: Collection[str]) -> Mapping[str, Hoped]:
    return await context.offers.some(context.directory, asked, context.request_id)
