"""What is known of a person, and who speaks for them on a given day (R26–R28, R39)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.consent.domain import errors
from services.consent.domain.model import Capacity, PersonId, Voice
from services.consent.domain.municipalities import MUNICIPALITIES

CAPABLE_FROM_YEARS = 15
MOST_HOLDERS = 2
EARLIEST_BIRTH = date(1900, 1, 1)
LONGEST_PREGNANCY_DAYS = 310
_LEAP_MONTH = 2


class Basis(StrEnum):
    """Why a municipality acts for a family (RSL §§ 9, 9 a)."""

    CUSTODY_HOLDER = "custody_holder"
    LIVES_WITH = "lives_with"
    CPR_ADDRESS = "cpr_address"
    CRISIS_CENTRE = "crisis_centre"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Residence:
    """Where somebody lives and which municipality acts (handlekommune): four-digit codes, from a day on (R39)."""

    municipality: str
    acting: str
    basis: Basis
    since: date


@dataclass(frozen=True, slots=True)
class Holder:
    """One who holds custody (forældremyndighedsindehaver), and since when."""

    person: PersonId
    since: date


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds about a person now: each is the last of what was recorded, and what was before is kept (R24).

    Either `born`, or, for a child not born yet, `mother` and `due` (R43). `told_since` is when the mother was
    first named for it.
    """

    born: date | None = None
    mother: PersonId | None = None
    due: date | None = None
    told_since: date | None = None
    holders: tuple[Holder, ...] = ()
    representative: Holder | None = None
    residence: Residence | None = None
    protected: bool = False


def age_in_years(born: date, on: date) -> int:
    """Return whole years lived on the day `on`; a child of 29 February has its birthday on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def birthday(born: date, years: int) -> date:
    """Return the day somebody turns `years`; who was born on 29 February does on 1 March of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, _LEAP_MONTH + 1, 1)


def voices(facts: Facts, subject: PersonId, on: date) -> tuple[Voice, ...]:
    """Return everyone whose word is needed about `subject` on the day; nobody, where nobody can be named.

    A representative speaks alone; before birth the pregnant woman alone, from fifteen the person alone, and
    between the two every holder of custody (R26, R27). Who spoke for a child speaks from the fifteenth birthday
    on only if that was recorded anew.
    """
    if facts.representative is not None and not _outgrown(facts, facts.representative, on):
        return (Voice(facts.representative.person, Capacity.REPRESENTATIVE, facts.representative.since),)
    if facts.born is None:
        if facts.mother is None or facts.told_since is None:
            return ()
        return (Voice(facts.mother, Capacity.PREGNANT, facts.told_since),)
    capable = birthday(facts.born, CAPABLE_FROM_YEARS)
    if on >= capable:
        return (Voice(subject, Capacity.SELF, capable),)
    return tuple(
        Voice(holder.person, Capacity.CUSTODY, max(holder.since, facts.born))
        for holder in sorted(facts.holders, key=lambda each: each.person)
    )


def _outgrown(facts: Facts, representative: Holder, on: date) -> bool:
    """Say whether it was a child's representative, and the person speaks alone by now."""
    capable = turns_capable(facts)
    return capable is not None and representative.since < capable <= on


def turns_capable(facts: Facts) -> date | None:
    """Return the day the person begins to speak alone; None, while it is not born."""
    return None if facts.born is None else birthday(facts.born, CAPABLE_FROM_YEARS)


def with_birth(facts: Facts, on: date, today: date) -> Facts:
    """Return what holds once a child is born: nobody holds custody until it is recorded (R28).

    Raises:
        AlreadyBorn: it is.
        ImpossibleBirth: the day is still to come, or too far from when it was expected.
    """
    if facts.born is not None:
        raise errors.AlreadyBorn
    if on > today or (facts.due is not None and abs((on - facts.due).days) > LONGEST_PREGNANCY_DAYS):
        raise errors.ImpossibleBirth
    return replace(facts, born=on)


def with_holders(facts: Facts, people: Iterable[tuple[PersonId, Facts]], since: date, today: date) -> Facts:
    """Return what holds once custody is as said: one or two holders, each from a day on; who stays keeps the first.

    Raises:
        NotAChild: the person is not born, or speaks alone already.
        WrongHolders: there are none or more than two, or one of them cannot hold custody.
        ImpossibleDay: it is still to come, or lies before the birth.
    """
    told = list(people)
    if facts.born is None or today >= birthday(facts.born, 18):
        raise errors.NotAChild
    if not facts.born <= since <= today:
        raise errors.ImpossibleDay
    if not 1 <= len(told) <= MOST_HOLDERS or len({person for person, _ in told}) != len(told):
        raise errors.WrongHolders
    if any(each.born is None or age_in_years(each.born, today) < CAPABLE_FROM_YEARS for _, each in told):
        raise errors.WrongHolders
    before = {holder.person: holder.since for holder in facts.holders}
    holders = tuple(Holder(person, before.get(person, since)) for person, _ in told)
    return replace(facts, holders=tuple(sorted(holders, key=lambda each: each.person)))


def with_residence(facts: Facts, residence: Residence, today: date) -> Facts:
    """Return what holds once somebody lives there.

    Raises:
        UnknownMunicipality: there is none of that code.
        ImpossibleDay: it is still to come, or too long ago.
    """
    if not {residence.municipality, residence.acting}.issubset(MUNICIPALITIES):
        raise errors.UnknownMunicipality
    if not EARLIEST_BIRTH <= residence.since <= today:
        raise errors.ImpossibleDay
    return replace(facts, residence=residence)


def with_representative(facts: Facts, person: PersonId | None, since: date, today: date) -> Facts:
    """Return what holds once somebody else speaks for the person, or nobody any more (SUL §§ 14, 17, stk. 2).

    Raises:
        NoRepresentative: the child is not born: the pregnant woman speaks for it, alone.
        ImpossibleDay: it is still to come, or lies before the birth.
    """
    if facts.born is None:
        raise errors.NoRepresentative
    if not facts.born <= since <= today:
        raise errors.ImpossibleDay
    return replace(facts, representative=None if person is None else Holder(person, since))


def has_moved(before: Facts, after: Facts) -> bool:
    """Say whether another municipality acts than before: then the old one's exchanges are asked about anew (R38)."""
    return before.residence is not None and before.residence.acting != (after.residence and after.residence.acting)
