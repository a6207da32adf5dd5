"""When a person's word may be recorded: everything R15–R27 asks for, or a named refusal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.consent.domain import errors
from services.consent.domain.model import (
    Capacity,
    Effect,
    Method,
    PersonId,
    Record,
    Regime,
    Road,
    UnitFacts,
    UnitId,
    Voice,
    Word,
)
from services.consent.domain.people import CAPABLE_FROM_YEARS, Facts, age_in_years, turns_capable, voices
from services.consent.domain.regimes import must_be_written, regime
from shared.vocabulary import Category

# Who names nearly every kind names none: a blanket consent by other means (R20).
MOST_CATEGORIES = 10
# Words about one person under one need: more is a flood, not a conversation.
MOST_WORDS = 400
_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_LEAP_MONTH = 2


def check(
    word: Word, people: Mapping[PersonId, Facts], units: Mapping[UnitId, UnitFacts], earlier: Sequence[Record],
    at: datetime,
) -> tuple[Capacity, Mapping[Road, Regime]]:  # fmt: skip
    """Return in what right it is said, and the law per road (from, to), if the word may be recorded.

    `people` holds subject and giver; `units` is what the directory says of sender and recipients on the day of `at`;
    `earlier` the words about the subject under the same need, which the word may name as superseded.

    Raises:
        ConsentError: what is missing or not allowed, by rule.
    """
    _check_parties(word, units)
    if _is_own_no(word, people, at):
        capacity = Capacity.SELF
    else:
        capacity = speaker(word.subject, word.given_by, people, word.given_at, at).capacity
    _check_period(word, at)
    _check_width(word, earlier)
    _check_superseded(word, earlier)
    regimes = _regimes(word, units)
    if word.effect is Effect.PERMIT:
        _check_choice(word)
        _check_form(word, frozenset(regimes.values()))
        _check_custody(word, capacity, people[word.subject])
        _check_address(word, people[word.subject])
    return capacity, regimes


def _is_own_no(word: Word, people: Mapping[PersonId, Facts], at: datetime) -> bool:
    """Say whether somebody from fifteen on says no for themselves, whoever else speaks for them (R26)."""
    if word.effect is not Effect.FORBID or word.given_by != word.subject:
        return False
    capable = turns_capable(people[word.subject])
    return capable is not None and danish_day(min(word.given_at, at)) >= capable


def speaker(
    subject: PersonId, giver: PersonId, people: Mapping[PersonId, Facts], given_at: datetime, at: datetime
) -> Voice:
    """Return in what right `giver` speaks about `subject`, now and when the word was said.

    Raises:
        NobodyToAsk: nobody is known to hold custody of the child.
        NotTheirOwnWord: only the person may.
        WithoutCustody: the giver does not hold custody, or did not when it was said.
        TooYoung: the giver is under fifteen.
        SpokenFor: a representative speaks for the person.
    """
    needed = voices(people[subject], subject, danish_day(at))
    if not needed:
        raise errors.NobodyToAsk
    voice = next((each for each in needed if each.person == giver), None)
    born = people[giver].born
    if voice is None:
        if giver == subject:
            raise errors.SpokenFor if needed[0].capacity is Capacity.REPRESENTATIVE else errors.TooYoung
        raise errors.WithoutCustody if needed[0].capacity is Capacity.CUSTODY else errors.NotTheirOwnWord
    if born is None or age_in_years(born, danish_day(given_at)) < CAPABLE_FROM_YEARS:
        raise errors.TooYoung
    if danish_day(given_at) < voice.since:
        raise errors.WithoutCustody
    return voice


def danish_day(at: datetime) -> date:
    """Return the calendar date in Denmark."""
    return at.astimezone(_COPENHAGEN).date()


def a_year_after(day: date) -> date:
    """Return the same date a year later; 29 February becomes 28 February."""
    if (day.month, day.day) == (_LEAP_MONTH, 29):
        return date(day.year + 1, _LEAP_MONTH, 28)
    return day.replace(year=day.year + 1)


def _regimes(word: Word, units: Mapping[UnitId, UnitFacts]) -> Mapping[Road, Regime]:
    there = [(word.sender, to) for to in word.recipients]
    back = [(to, word.sender) for to in word.recipients if word.mutual]
    laws = {(one, other): regime(units[one].sector, units[other].sector, word.purpose, collected=word.collected)
            for one, other in there}  # fmt: skip
    return laws | {(one, other): regime(units[one].sector, units[other].sector, word.purpose) for one, other in back}


def _check_parties(word: Word, units: Mapping[UnitId, UnitFacts]) -> None:
    if not word.recipients <= units.keys() or word.sender not in units:
        raise errors.UnknownUnit
    if word.sender in word.recipients:
        raise errors.SenderAmongRecipients
    gone = [units[each].closed for each in sorted({word.sender, *word.recipients})]
    closed = [each for each in gone if each is not None]
    if closed and word.effect is Effect.PERMIT:  # a no is a fact to keep, whoever it is said about (R24)
        raise errors.ClosedUnit(closed)


def _check_period(word: Word, at: datetime) -> None:
    if word.given_at > at:
        raise errors.GivenInTheFuture
    if word.effect is Effect.FORBID:
        return
    if word.valid_until is None:
        raise errors.TooLong
    if word.valid_until <= word.given_at:
        raise errors.EndsBeforeItBegins
    if danish_day(word.valid_until) > a_year_after(danish_day(word.given_at)):
        raise errors.TooLong


def _check_width(word: Word, earlier: Sequence[Record]) -> None:
    if len(earlier) >= MOST_WORDS:
        raise errors.TooManyWords
    if word.effect is Effect.PERMIT and len(word.categories) > MOST_CATEGORIES:
        raise errors.TooWide


def _check_superseded(word: Word, earlier: Sequence[Record]) -> None:
    """Let a word take the place only of the giver's own, told to the same unit (R18), and of no withdrawal after it.

    Of a no it must cover all: what it left out would be lifted though nothing was said about it.
    """
    own = {
        record.id
        for record in earlier
        if (record.given_by, record.need, record.sender) == (word.given_by, word.need, word.sender)
        and max(record.valid_from, *(each.at for each in record.withdrawals), record.valid_from) <= word.given_at
    }
    if not word.supersedes <= own:
        raise errors.SupersedesAnother
    for record in earlier:
        if record.id in word.supersedes and _is_a_no(record) and not _covers(word, record):
            raise errors.LiftsTooMuch


def _is_a_no(record: Record) -> bool:
    return record.effect is Effect.FORBID or bool(record.withdrawals)


def _covers(word: Word, record: Record) -> bool:
    return (
        word.purpose is record.purpose and word.recipients >= record.recipients and word.categories >= record.categories
    )


def _check_choice(word: Word) -> None:
    if not word.active:
        raise errors.NotAChoice
    if not word.told_of_withdrawal:
        raise errors.NotToldOfWithdrawal


def _check_form(word: Word, regimes: frozenset[Regime]) -> None:
    if word.method is not Method.ORAL:
        return
    if word.oral_note is None:
        raise errors.OralNoteMissing
    if word.not_written_because is None and any(must_be_written(each) for each in regimes):
        raise errors.MustBeWritten


def _check_custody(word: Word, capacity: Capacity, subject: Facts) -> None:
    asked_alone = capacity is not Capacity.CUSTODY or len(subject.holders) == 1
    if word.alone_because is not None and asked_alone:
        raise errors.NothingToDoAlone


def _check_address(word: Word, subject: Facts) -> None:
    if Category.CONTACT in word.categories and subject.protected and not word.address:
        raise errors.AddressIsProtected
