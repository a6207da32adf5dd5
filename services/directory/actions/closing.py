"""Close a unit: whoever takes over owns its offers from that day, so that none is left without an owner."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.directory.actions.editing import Word, told
from services.directory.domain import errors
from services.directory.domain.errors import BadData
from services.directory.domain.model import Catalogue, Offer, OfferId, Unit, UnitId
from services.directory.domain.rights import may_edit, organisation_of
from services.directory.domain.succession import successors, there
from services.directory.domain.versions import Kind, from_day, handed_on
from services.directory.store import closing as store
from services.directory.store import versions
from services.directory.store.versions import NewVersion
from shared import ledger
from shared.db import Transaction
from shared.problems import NotThere

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a unit did: the offers its successor has from then on, and those the organisation's editors have."""

    handed_over: tuple[OfferId, ...]
    left: tuple[OfferId, ...]


async def close(
    transaction: Transaction, number: UnitId, on: date, successor: UnitId | None, reason: str, catalogue: Catalogue,
    word: Word,
) -> Closed:  # fmt: skip
    """Close a unit from the day `on`, by the catalogue that `editing.fresh(changing=True)` returned.

    Its running offers are its successor's from then on, what is planned with them.
    Without a successor its organisation's editors own them, and are reminded of it.

    Raises:
        NotThere: there is no such unit.
        NotOwner: it is of another organisation than the editor's.
        ClosedInThePast: the day is over.
        UnitClosed: it has closed, is to close already, or is not open on the day before.
        BadSuccessor: who should take over is not there on the day, is of another organisation, or is itself to be
            followed by this unit.
        HeirNeeded: nobody is named, and no unit is left whose editors could own the offers.
    """
    if number not in catalogue.units:
        raise NotThere
    if not may_edit(word.editor, number, catalogue, word.today):
        raise errors.NotOwner
    unit = catalogue.units[number]
    if on < word.today:
        raise errors.ClosedInThePast
    if unit.valid_to is not None or not there(unit, on - _DAY):
        raise errors.UnitClosed
    closed = replace(unit, valid_to=on, successor=successor)
    units = {**catalogue.units, number: closed}
    _followed(closed, units, catalogue, on)
    entry = ledger.entry(
        "unit_closed", at=word.at, actor=word.actor, request_id=word.request_id, unit=number, on=on.isoformat(),
        successor=successor,
    )  # fmt: skip
    await store.close(transaction, closed, reason, entry)
    offers = await store.offers_of(transaction, number, on)
    if offers and successor is None and not _editors_left(number, catalogue, units, on):
        raise errors.HeirNeeded
    if successor is not None:
        new = await _handed_over(transaction, offers, units, on, word)
        await versions.add_all(transaction, new, replace(catalogue, units=units))
    await store.units_changed(transaction)
    return Closed(tuple(offers), ()) if successor is not None else Closed((), tuple(offers))


def _followed(closed: Unit, units: Mapping[UnitId, Unit], catalogue: Catalogue, on: date) -> None:
    """Refuse a successor that cannot be one."""
    heir = closed.successor
    if heir is None:
        return
    if heir == closed.id or heir not in units or not there(units[heir], on):
        raise errors.BadSuccessor
    if organisation_of(heir, catalogue, on) != organisation_of(closed.id, catalogue, on):
        raise errors.BadSuccessor
    try:
        successors(closed.id, units)
    except BadData as error:
        raise errors.BadSuccessor from error


def _editors_left(number: UnitId, catalogue: Catalogue, units: Mapping[UnitId, Unit], on: date) -> bool:
    """Say whether the organisation has an open unit left, whose editors own what the closed one leaves."""
    whose = organisation_of(number, catalogue, on)
    return any(there(one, on) and organisation_of(each, catalogue, on) == whose for each, one in units.items())


async def _handed_over(
    transaction: Transaction, offers: list[OfferId], units: Mapping[UnitId, Unit], on: date, word: Word
) -> list[list[NewVersion]]:
    heads = await versions.heads(transaction, offers, for_change=True)
    standing = await versions.standing(transaction, offers)
    new = []
    for number, head in heads.items():
        running = [each for each in from_day(standing[number], on) if not _over(each.offer, each.holds_from)]
        stretches = handed_on(running, units)
        new.append(told(Kind.HANDED_OVER, head.version + 1, stretches, head.confirmed, word, since=head.at))
    return new


def _over(offer: Offer, on: date) -> bool:
    return offer.valid_to is not None and offer.valid_to <= on
