"""An owner says what is so: new offers, changes, confirmations, ends, new owners; each a version with who and why."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.directory.domain import errors, offers
from services.directory.domain.danish import fold
from services.directory.domain.errors import BadData, BadOffer, Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.hsds.names import day as in_words
from services.directory.domain.model import Catalogue, Offer, OfferId, UnitId
from services.directory.domain.rights import Editor, may_edit
from services.directory.domain.succession import there
from services.directory.domain.versions import (
    ALWAYS,
    Confirmation,
    Head,
    Kind,
    Stretch,
    ended,
    from_day,
    handed_on,
    holding,
)
from services.directory.finder import Finder
from services.directory.store import reference, showings, versions
from services.directory.store.versions import NewVersion
from shared.clock import danish_date
from shared.db import Connection, Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.ledger import Actor
from shared.problems import MissingScope, NotThere, StaleVersion

_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 90


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something about an offer, when, why, and in which request."""

    editor: Editor
    actor: Actor
    at: datetime
    request_id: str
    reason: str | None = None

    def because(self, reason: str | None) -> "Word":
        """Return the same with its reason."""
        return replace(self, reason=reason)

    @property
    def today(self) -> date:
        """The Danish day it is said."""
        return danish_date(self.at)


async def fresh(connection: Connection, finder: Finder, *, changing: bool = False) -> Catalogue:
    """Return what offers are checked against, as the database has it now.

    Until the transaction ends no unit closes, and with `changing` nobody else writes what units own.
    """
    await versions.hold_units(connection, changing=changing)
    newest = await showings.pulse(connection)
    return finder.catalogue if newest.base == finder.seen.base else await reference.catalogue(connection)


def read(said: Mapping[str, object], catalogue: Catalogue, today: date) -> tuple[Offer, list[Flaw]]:
    """Read what was sent as an offer; without `as_of` it is about today. Return it with what looked odd.

    Raises:
        BadOffer: it is none; every flaw is named. Nothing is said on a day that has not come.
    """
    fields = Fields("offer", "offer", {"as_of": today.isoformat(), **said})
    try:
        _, made = offers.offer(fields, catalogue)
        offers.refuse_the_future(fields, made, today)
        fields.done()
    except BadData as error:
        raise BadOffer(error.flaws) from error
    return made, fields.warnings


async def create(
    transaction: Transaction, said: Mapping[str, object], catalogue: Catalogue, word: Word, post: Once
) -> tuple[OfferId, int, list[Flaw], bool]:
    """Keep a new offer; its id is made from unit and name where none is given.

    Returns its id and version, what looked odd, and whether the same post had made it before.

    Raises:
        BadOffer: it is none.
        NotOwner: its unit is not one the editor may speak for; UnitClosed: that has closed.
        OfferExists: its id is taken.
    """
    number = new_id()
    made_before = await claim(transaction, post, number)
    if made_before is not None:
        kept, last = await versions.written_as(transaction, made_before)
        return kept, last, [], True
    if "id" not in said:
        said = {**said, "id": await _free_id(transaction, said)}
    made, odd = read(said, catalogue, word.today)
    _entitled(word, made.unit, catalogue)
    if not there(catalogue.units[made.unit], word.today):
        raise errors.UnitClosed
    if await versions.head(transaction, made.id) is not None:
        raise errors.OfferExists
    stretches = handed_on([Stretch(made, ALWAYS)], catalogue.units)
    confirmed = Confirmation(word.today, word.editor.unit)
    new = told(Kind.CREATED, 1, stretches, confirmed, word, first_entry=number)
    await versions.add_all(transaction, [new], catalogue)
    return made.id, len(new), odd, False


async def change(
    transaction: Transaction, number: str, expected: int, said: Mapping[str, object], holds_from: date | None,
    catalogue: Catalogue, word: Word,
) -> tuple[int, list[Flaw]]:  # fmt: skip
    """Keep what an offer says of every day from `holds_from` (today) on; return the newest version's number.

    A change planned for later falls away, and a warning says so. Without `holds_from`, an offer that is said to have
    ended already ends with the stretch of days its end lies in.

    Raises:
        NotThere, NotOwner, StaleVersion: as it says; NothingToChange: it says this already.
        BadOffer: what was sent is no offer, another's, or over before `holds_from`.
        UnitClosed: it is to be another unit's, which has closed.
    """
    held = await _held(transaction, number, expected, catalogue, word)
    if said.get("id", number) != number:
        raise BadOffer([Flaw("offer", "offer", "id", "er et andet tilbuds")])
    made, odd = read({**said, "id": number}, catalogue, word.today)
    begins = holds_from or _since(made, held.standing, word.today)
    _entitled(word, made.unit, catalogue)
    if made.unit != held.unit and not there(catalogue.units[made.unit], max(begins, word.today)):
        raise errors.UnitClosed
    if holds_from is not None and made.valid_to is not None and made.valid_to <= holds_from:
        raise BadOffer([Flaw("offer", "offer", "valid_to", "skal ligge efter holds_from")])
    planned = [each.holds_from for each in held.standing if each.holds_from > max(begins, word.today)]
    now = holding(held.standing, begins)
    if now is not None and made == now.offer and not planned:
        raise errors.NothingToChange
    odd += [_lost(day) for day in planned]
    if made.valid_from is not None and made.valid_from > max(begins, word.today):
        odd.append(Flaw("offer", "offer", "valid_from", "er ikke kommet; indtil da vises tilbuddet ikke", warning=True))
    confirmed = Confirmation(word.today, word.editor.unit)
    return await _say(transaction, Kind.CHANGED, held, [Stretch(made, begins)], confirmed, catalogue, word), odd


async def confirm(transaction: Transaction, number: str, expected: int, catalogue: Catalogue, word: Word) -> int:
    """Keep that an offer is still as it says, today and from each day a change is planned for.

    Returns the newest version's number.

    Raises:
        NotThere, NotOwner, StaleVersion, OfferEnded: as they say.
    """
    held = await _held(transaction, number, expected, catalogue, word)
    if held.ends is not None and held.ends <= word.today:
        raise errors.OfferEnded
    confirmed = Confirmation(word.today, word.editor.unit)
    stretches = from_day(held.standing, word.today)
    return await _say(transaction, Kind.CONFIRMED, held, stretches, confirmed, catalogue, word)


async def end(
    transaction: Transaction, number: str, expected: int, last: date, catalogue: Catalogue, word: Word
) -> int:
    """Keep that an offer is no more from the day `last` on; it leaves the search and stays on record.

    Returns the newest version's number. An end that has not come can be moved; one that has, only to an earlier day.

    Raises:
        NotThere, NotOwner, StaleVersion, OfferEnded: as they say; NothingToChange: it ends that day already.
    """
    held = await _held(transaction, number, expected, catalogue, word)
    if held.ends == last:
        raise errors.NothingToChange
    if held.ends is not None and held.ends <= min(last, word.today):
        raise errors.OfferEnded
    stretches = ended(held.standing, last, word.today)
    return await _say(transaction, Kind.ENDED, held, stretches, held.head.confirmed, catalogue, word)


async def hand_over(
    transaction: Transaction, number: str, expected: int, to: UnitId, catalogue: Catalogue, word: Word
) -> int:
    """Give an offer to another unit of the same organisation, whose people own it from now on.

    Returns the newest version's number; planned changes go along.

    Raises:
        NotThere, NotOwner, StaleVersion, OfferEnded: as they say; BadSuccessor: `to` is no such unit.
    """
    held = await _held(transaction, number, expected, catalogue, word)
    across = Editor(word.editor.unit, whole_organisation=True)
    if to == held.unit or not may_edit(across, to, catalogue, word.today):
        raise errors.BadSuccessor
    if not there(catalogue.units[to], word.today):
        raise errors.BadSuccessor
    if held.ends is not None and held.ends <= word.today:
        raise errors.OfferEnded
    given = [Stretch(replace(offer, unit=to), day) for offer, day in from_day(held.standing, word.today)]
    return await _say(transaction, Kind.HANDED_OVER, held, given, held.head.confirmed, catalogue, word)


def editor(unit: str | None, *, own: bool, whole: bool) -> Editor:
    """Return the editor a caller is.

    Raises:
        MissingScope: it is none.
    """
    if unit is None or not (own or whole):
        raise MissingScope
    return Editor(UnitId(unit), whole)


def told(
    kind: Kind, number: int, stretches: Sequence[Stretch], confirmed: Confirmation | None, word: Word,
    *, since: datetime | None = None, first_entry: UUID | None = None,
) -> list[NewVersion]:  # fmt: skip
    """Return the versions that say the stretches, numbered from `number` on; none is older than the one before it."""
    at = word.at if since is None else max(word.at, since)
    return [
        NewVersion(
            number + place, kind if each.offer.unit == stretches[0].offer.unit else Kind.HANDED_OVER, each.offer,
            each.holds_from, at, word.actor, word.reason, word.request_id, confirmed,
            ledger_id=None if place else first_entry,
        )
        for place, each in enumerate(stretches)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Held:
    """An offer held until the transaction ends: its newest version, what holds when, and whose it is today."""

    head: Head
    standing: list[Stretch]
    unit: UnitId

    @property
    def ends(self) -> date | None:
        """The day from which it is no more."""
        return self.standing[-1].offer.valid_to


async def _held(transaction: Transaction, number: str, expected: int, catalogue: Catalogue, word: Word) -> _Held:
    """Return the offer, held; who may not change it is told so before the version."""
    head = await versions.head(transaction, number, for_change=True)
    if head is None:
        raise NotThere
    standing = (await versions.standing(transaction, [number]))[head.offer.id]
    now = holding(standing, word.today)
    unit = head.unit if now is None else now.offer.unit
    _entitled(word, unit, catalogue)
    if head.version != expected:
        raise StaleVersion
    return _Held(head, standing, unit)


def _entitled(word: Word, unit: UnitId, catalogue: Catalogue) -> None:
    if not may_edit(word.editor, unit, catalogue, word.today):
        raise errors.NotOwner


def _since(made: Offer, standing: Sequence[Stretch], today: date) -> date:
    """Return from which day a word counts that names none: today, or where it tells of an end that has been."""
    if made.valid_to is None or made.valid_to > today:
        return today
    over = holding(standing, made.valid_to - timedelta(days=1))
    return made.valid_to if over is None else min(over.holds_from, made.valid_to)


def _lost(day: date) -> Flaw:
    return Flaw(
        "offer", "offer", "holds_from", f"En ændring, der skulle gælde fra {in_words(day)}, bortfalder", warning=True
    )


async def _say(
    transaction: Transaction, kind: Kind, held: _Held, stretches: Sequence[Stretch], confirmed: Confirmation | None,
    catalogue: Catalogue, word: Word,
) -> int:  # fmt: skip
    owned = handed_on(stretches, catalogue.units)
    new = told(kind, held.head.version + 1, owned, confirmed, word, since=held.head.at)
    await versions.add_all(transaction, [new], catalogue)
    return new[-1].number


async def _free_id(connection: Connection, said: Mapping[str, object]) -> str:
    """Return an id nobody has, made from the unit and the name."""
    stem = slug(str(said.get("unit", "")), str(said.get("name", "")))
    return first_free(stem, await versions.taken(connection, stem))


def slug(unit: str, name: str) -> str:
    """Return the id an offer gets that was sent without one."""
    return _NOT_OF_AN_ID.sub("-", fold(f"{unit} {name}"))[:_LONGEST_ID].strip("-") or "tilbud"


def first_free(stem: str, taken: Iterable[str]) -> str:
    """Return `stem`, or with the first number behind it that makes it nobody's."""
    held = set(taken)
    return next(each for each in (stem, *(f"{stem}-{count}" for count in range(2, len(held) + 3))) if each not in held)
