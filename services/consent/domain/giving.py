"""When a person's word may be recorded: everything R15–R26 asks for, or a named refusal."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.consent.domain import errors
from services.consent.domain.model import Effect, Method, Person, Record, Regime, Road, UnitFacts, UnitId, Word
from shared.vocabulary import Sector

CAPABLE_FROM_YEARS = 15
_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_HEALTH = frozenset({Sector.MUNICIPAL_HEALTH, Sector.REGIONAL_HEALTH, Sector.PRIVATE_HEALTH})
_OUTSIDE = frozenset({Sector.CIVIL_SOCIETY, Sector.PRIVATE})
_IN_WRITING = frozenset({Regime.HEALTH_TO_OTHER, Regime.TO_CIVIL_SOCIETY})
_LEAP_MONTH = 2


def regime(sender: Sector, recipient: Sector) -> Regime:
    """Return which law governs what `sender` tells `recipient` (R15, rows A–C, E, F)."""
    if recipient in _OUTSIDE:
        return Regime.TO_CIVIL_SOCIETY
    if sender in _OUTSIDE:
        return Regime.FROM_CIVIL_SOCIETY
    if sender not in _HEALTH:
        return Regime.AUTHORITY_TO_AUTHORITY
    return Regime.HEALTH_TO_HEALTH if recipient in _HEALTH else Regime.HEALTH_TO_OTHER


def check(
    word: Word, giver: Person, units: Mapping[UnitId, UnitFacts], earlier: Iterable[Record], at: datetime
) -> Mapping[Road, Regime]:
    """Return the law per road (from, to) if the word may be recorded.

    `units` is what the directory says of sender and recipients on the day of `at`; `earlier` the giver's
    records under the same need, which the word may name as superseded.

    Raises:
        ConsentError: what is missing or not allowed, by rule.
    """
    _check_parties(word, units)
    _check_giver(word, giver)
    _check_period(word, at)
    _check_superseded(word, earlier)
    regimes = _regimes(word, units)
    if word.effect is Effect.PERMIT:
        _check_form(word, frozenset(regimes.values()))
    return regimes


def _regimes(word: Word, units: Mapping[UnitId, UnitFacts]) -> Mapping[Road, Regime]:
    there = [(word.sender, to) for to in word.recipients]
    back = [(to, word.sender) for to in word.recipients if word.mutual]
    return {(one, other): regime(units[one].sector, units[other].sector) for one, other in there + back}


def age_in_years(born: date, on: date) -> int:
    """Return whole years lived on the day `on`; a child of 29 February has its birthday on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def a_year_after(day: date) -> date:
    """Return the same date a year later; 29 February becomes 28 February."""
    if (day.month, day.day) == (_LEAP_MONTH, 29):
        return date(day.year + 1, _LEAP_MONTH, 28)
    return day.replace(year=day.year + 1)


def _check_parties(word: Word, units: Mapping[UnitId, UnitFacts]) -> None:
    if not word.recipients <= units.keys() or word.sender not in units:
        raise errors.UnknownUnit
    if word.sender in word.recipients:
        raise errors.SenderAmongRecipients
    gone = [units[each].closed for each in sorted({word.sender, *word.recipients})]
    closed = [each for each in gone if each is not None]
    if closed and word.effect is Effect.PERMIT:  # a no is a fact to keep, whoever it is said about (R24)
        raise errors.ClosedUnit(closed)


def _check_giver(word: Word, giver: Person) -> None:
    if word.given_by != word.subject or giver.id != word.subject:
        raise errors.NotTheirOwnWord
    if age_in_years(giver.birth_date, word.given_at.astimezone(_COPENHAGEN).date()) < CAPABLE_FROM_YEARS:
        raise errors.TooYoung


def _check_period(word: Word, at: datetime) -> None:
    if word.given_at > at:
        raise errors.GivenInTheFuture
    if word.effect is Effect.FORBID:
        return
    if word.valid_until is None:
        raise errors.TooLong
    if word.valid_until <= word.given_at:
        raise errors.EndsBeforeItBegins
    given, ends = (moment.astimezone(_COPENHAGEN).date() for moment in (word.given_at, word.valid_until))
    if ends > a_year_after(given):
        raise errors.TooLong


def _check_superseded(word: Word, earlier: Iterable[Record]) -> None:
    """Let a word take the place only of what was told to the same unit (R18), and of no withdrawal said after it."""
    own = {
        record.id
        for record in earlier
        if (record.subject, record.need, record.sender) == (word.subject, word.need, word.sender)
        and max(record.valid_from, record.withdrawn_at or record.valid_from) <= word.given_at
    }
    if not word.supersedes <= own:
        raise errors.SupersedesAnother


def _check_form(word: Word, regimes: frozenset[Regime]) -> None:
    if not word.told_of_withdrawal:
        raise errors.NotToldOfWithdrawal
    if word.method is not Method.ORAL:
        return
    if word.oral_note is None:
        raise errors.OralNoteMissing
    if _IN_WRITING & regimes and word.not_written_because is None:
        raise errors.MustBeWritten
