"""May X tell Y this about Z, now? One pure function, deny by default.

`Held` keeps the records of one decision in an order that makes each question a lookup: of a road it knows the
moments at which an answer can change, and between two of them it is worked out once. It is made from what was read
for this decision, and goes with it: no permit outlives its question.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from operator import contains
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.consent.domain.model import (
    Answer,
    Capacity,
    ConsentId,
    Disclosure,
    Effect,
    NeedId,
    Override,
    PersonId,
    Record,
    UnitId,
    Voice,
)
from services.consent.domain.people import Facts, turns_capable, voices
from shared.vocabulary import Category, Reason

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_ABOUT_ADDRESS = frozenset({Category.CONTACT})
_NOES = frozenset({Reason.REFUSED, Reason.WITHDRAWN})
# What stands nearest to a yes is told first, so that a caseworker knows what to ask for.
_NEAREST = (
    Reason.PROTECTED, Reason.NOT_YET, Reason.NEEDS_NEW, Reason.EXPIRED, Reason.CATEGORY_NOT_NAMED,
    Reason.RECIPIENT_NOT_NAMED, Reason.NO_CONSENT,
)  # fmt: skip
# Which rule says so (docs/rules.md).
RULE_OF: Mapping[Reason, str] = {
    Reason.COVERED: "R19", Reason.LEGAL_GROUND: "R74", Reason.NO_CONSENT: "R15", Reason.NOBODY_TO_ASK: "R28",
    Reason.RECIPIENT_NOT_NAMED: "R19", Reason.CATEGORY_NOT_NAMED: "R19", Reason.PROTECTED: "R45",
    Reason.NEEDS_NEW: "R28", Reason.NOT_YET: "R16", Reason.EXPIRED: "R16", Reason.HOLDER_MISSING: "R27",
    Reason.REFUSED: "R24", Reason.WITHDRAWN: "R23",
}  # fmt: skip
_Timeline = tuple[Sequence[datetime], list[tuple[Answer, ...] | None]]


class _Said(NamedTuple):
    """What one person's words come to about one category."""

    reason: Reason
    records: frozenset[ConsentId] = frozenset()
    basis: tuple[str, ...] = ()


class Held:
    """Everything held about some people: their words, other legal grounds, and what is known of them."""

    __slots__ = ("_facts", "_moments", "_overrides", "_records", "_timelines")

    def __init__(
        self, records: Iterable[Record], facts: Mapping[PersonId, Facts], overrides: Iterable[Override] = ()
    ) -> None:
        self._facts = facts
        self._records: dict[tuple[PersonId, NeedId], list[Record]] = {}
        self._overrides: dict[tuple[PersonId, NeedId], list[Override]] = {}
        self._moments: dict[tuple[PersonId, NeedId], Sequence[datetime]] = {}
        self._timelines: dict[str, dict[frozenset[Category], _Timeline]] = {}
        for record in records:
            self._records.setdefault((record.subject, record.need), []).append(record)
        for override in overrides:
            self._overrides.setdefault((override.subject, override.need), []).append(override)

    def answers(self, asked: Disclosure, at: datetime) -> tuple[Answer, ...]:
        """Answer each category asked for, in a fixed order; between two changes the answer is one."""
        try:
            moments, known = self._timelines[asked.key][asked.categories]
        except KeyError:
            moments, known = self._timeline(asked)
        place = bisect_right(moments, at)
        found = known[place]
        if found is None:
            found = known[place] = self._judged(asked, at)
        return found

    def _timeline(self, asked: Disclosure) -> _Timeline:
        moments = self._changes(asked.subject, asked.need)
        made: _Timeline = (moments, [None, *(None for _ in moments)])
        self._timelines.setdefault(asked.key, {})[asked.categories] = made
        return made

    def _changes(self, subject: PersonId, need: NeedId) -> Sequence[datetime]:
        """Return every moment at which an answer about the subject under the need may change."""
        where = (subject, need)
        known = self._moments.get(where)
        if known is not None:
            return known
        moments = {moment for record in self._records.get(where, ()) for moment in _changes(record)}
        for override in self._overrides.get(where, ()):
            moments |= {override.valid_from, override.valid_until, override.revoked_at or override.valid_until}
        capable = turns_capable(self._facts.get(subject, Facts()))
        if capable is not None:
            moments.add(_midnight(capable))
        return self._moments.setdefault(where, sorted(moments))

    def _judged(self, asked: Disclosure, at: datetime) -> tuple[Answer, ...]:
        where = (asked.subject, asked.need)
        facts = self._facts.get(asked.subject, Facts())
        records, overrides = self._records.get(where, ()), self._overrides.get(where, ())
        if len(asked.categories) == 1:
            (only,) = asked.categories
            return (judge(only, asked, records, overrides, facts, at),)
        apart = _telling_apart(asked, records, overrides, facts)
        known: dict[tuple[bool, ...], Answer] = {}
        found = []
        for category in sorted(asked.categories):
            alike = tuple([contains(each, category) for each in apart])
            answer = known.get(alike)
            if answer is None:
                answer = known[alike] = judge(category, asked, records, overrides, facts, at)
            found.append(Answer(category, answer.reason, answer.records, answer.basis, answer.ask))
        return tuple(found)


def decide(asked: Disclosure, held: Held, at: datetime) -> tuple[Answer, ...]:
    """Answer each category asked for on its own, in a fixed order.

    Everyone whose word is needed must have said yes, for this subject, sender, recipient, purpose, need and category
    (R19, R20, R26, R27). A refusal or a withdrawal by one of them that touches the category beats every yes, whichever
    came first; only a later word of the same person that stands for it, or taking the refusal back, lifts it, and only
    for what is said from then on: what was said before that no does not come back with it. Where somebody speaks for
    a person, the person's own no closes all the same. Where consent does not
    cover it, another legal ground that was recorded may (R17, R37, R74). The passing of time never opens anything
    but what was promised from a later moment.
    """
    return held.answers(asked, at)


def judge(
    category: Category, asked: Disclosure, records: Sequence[Record], overrides: Sequence[Override], facts: Facts,
    at: datetime,
) -> Answer:  # fmt: skip
    """Answer for one category by the plain rule; `records` and `overrides` are the subject's, under the need."""
    needed = voices(facts, asked.subject, at.astimezone(_COPENHAGEN).date())
    concerning = [each for each in records if each.purpose is asked.purpose or each.effect is Effect.FORBID]
    said = {voice: _said(voice, category, asked, concerning, facts, at) for voice in needed}
    noes = [each for each in (*said.values(), *_own_no(category, asked, concerning, needed, facts, at))
            if each.reason in _NOES]  # fmt: skip
    yeses = [each for each in said.values() if each.reason is Reason.COVERED]
    enough = _enough(yeses, needed, concerning)
    if not noes and enough:
        return _together(category, Reason.COVERED, enough)
    other = _carrying(overrides, category, asked, concerning, at)
    if other:
        law = tuple(sorted({each.law for each in other}))
        return Answer(category, Reason.LEGAL_GROUND, frozenset(each.id for each in other), law)
    if noes:
        refused = any(each.reason is Reason.REFUSED for each in noes)
        return _together(category, Reason.REFUSED if refused else Reason.WITHDRAWN, noes)
    missing = tuple(voice for voice, told in said.items() if told.reason is not Reason.COVERED)
    if not needed:
        return Answer(category, Reason.NO_CONSENT if facts.born is None else Reason.NOBODY_TO_ASK)
    if yeses:
        return Answer(category, Reason.HOLDER_MISSING, ask=missing)
    return Answer(category, min((said[voice].reason for voice in missing), key=_NEAREST.index), ask=missing)


def _telling_apart(
    asked: Disclosure, records: Sequence[Record], overrides: Sequence[Override], facts: Facts
) -> list[frozenset[Category]]:
    """Return what tells one category from another on this road: those that stand in the same of them have one answer.

    What a word names counts only on its own road; what was taken back of one is asked about on any.
    """
    apart = [each.categories for each in records if _names(each, asked)]
    apart += [taken.categories for each in records for taken in each.withdrawals if taken.categories is not None]
    apart += [each.categories for each in overrides]
    return [*apart, _ABOUT_ADDRESS] if facts.protected else apart


def _names(record: Record, asked: Disclosure) -> bool:
    """Say whether the record names this road, there or back."""
    return (record.sender == asked.sender and asked.recipient in record.recipients) or (
        record.sender == asked.recipient and asked.sender in record.recipients
    )


@lru_cache(maxsize=4096)
def _midnight(day: date) -> datetime:
    """Return the moment at which a day begins in Denmark, in UTC: a moment of that zone is slow to compare."""
    return datetime.combine(day, time(), _COPENHAGEN).astimezone(UTC)


def _own_no(
    category: Category,
    asked: Disclosure,
    records: Sequence[Record],
    needed: Sequence[Voice],
    facts: Facts,
    at: datetime,
) -> list[_Said]:
    """Return what a grown person says of themselves where somebody else speaks for them: their own no still closes."""
    if not needed or needed[0].capacity is not Capacity.REPRESENTATIVE or facts.born is None:
        return []
    no = _no(_named(asked.subject, category, asked, records, at), category, asked, at)
    return [] if no is None else [no]


def _enough(yeses: list[_Said], needed: Sequence[Voice], records: Sequence[Record]) -> list[_Said]:
    """Return the yeses that carry a permit: everyone's, or those of one holder that is enough by itself (R27)."""
    if yeses and len(yeses) == len(needed):
        return yeses
    alone = frozenset(record.id for record in records if record.alone)
    return [each._replace(records=each.records & alone) for each in yeses if each.records & alone]


def _said(
    voice: Voice, category: Category, asked: Disclosure, records: Sequence[Record], facts: Facts, at: datetime
) -> _Said:
    """Return what one person's words come to; what was said in another right, or before it began, opens nothing."""
    named = _named(voice.person, category, asked, records, at)
    no = _no(named, category, asked, at)
    if no is not None:
        return no
    spent_until = [moment for record in named for moment in _lifted(record, category, asked, at)]
    standing = [
        record
        for record in named
        if _permits(record, at)
        and _in_their_right(record, voice)
        and all(record.valid_from >= moment for moment in spent_until)
    ]
    covering = [record for record in standing if _open_about_address(record, category, facts)]
    if covering:
        return _Said(Reason.COVERED, _ids(covering), _basis(covering, asked))
    if standing:
        return _Said(Reason.PROTECTED)
    return _Said(_nearest(voice, category, asked, records, at))


def _named(
    person: PersonId, category: Category, asked: Disclosure, records: Sequence[Record], at: datetime
) -> list[Record]:
    """Return a person's words that name the category on the road asked about."""
    words = [record for record in records if record.given_by == person]
    return [record for record in words if category in record.categories and _runs_between(record, category, asked, at)]


def _no(named: Sequence[Record], category: Category, asked: Disclosure, at: datetime) -> _Said | None:
    """Return the no in some words, if there is one that stands."""
    forbids = [record for record in named if _forbids(record, category, asked, at)]
    if not forbids:
        return None
    refused = any(record.effect is Effect.FORBID for record in forbids)
    return _Said(Reason.REFUSED if refused else Reason.WITHDRAWN, _ids(forbids))


def _nearest(
    voice: Voice, category: Category, asked: Disclosure, records: Sequence[Record], at: datetime
) -> Reason:  # fmt: skip
    """Say what stands nearest to a yes.

    What was said to others is no sender's to hear of: to whom no consent names, it is as if there were none.
    """
    # What a parent said for a child that is born or fifteen by now tells that it must be asked about anew.
    about = [
        record for record in records if record.effect is Effect.PERMIT and _may_speak_of(record, voice)
        and not _replaced(record, category, asked, at)
    ]  # fmt: skip
    named = [record for record in about if _runs_between(record, category, asked, at)]
    touching = [record for record in named if category in record.categories]
    own = [record for record in touching if record.given_by == voice.person]
    if any(record.valid_from > at for record in own):
        return Reason.NOT_YET
    if any(not _in_their_right(record, voice) or _invalid(record, at) for record in touching):
        return Reason.NEEDS_NEW
    if own:
        return Reason.EXPIRED
    if any(record.given_by == voice.person for record in named):
        return Reason.CATEGORY_NOT_NAMED
    mine = [record for record in about if record.given_by == voice.person]
    if any(asked.sender in {record.sender, *record.recipients} for record in mine):
        return Reason.RECIPIENT_NOT_NAMED
    return Reason.NO_CONSENT


def _may_speak_of(record: Record, voice: Voice) -> bool:
    return record.given_by == voice.person or record.capacity is not voice.capacity


def _carrying(
    overrides: Sequence[Override], category: Category, asked: Disclosure, records: Sequence[Record], at: datetime
) -> list[Override]:
    """Return the other legal grounds that carry it (R17).

    One that does not hold against a no gives way to whoever's stands: that a child is born or turns fifteen, and its
    parents' words are needed no more, opens nothing they had closed.
    """
    closed = any(
        category in each.categories and _runs_between(each, category, asked, at) and _forbids(each, category, asked, at)
        for each in records
    )
    return [each for each in overrides if _grounds(each, category, asked, at) and (each.despite_refusal or not closed)]


def _grounds(override: Override, category: Category, asked: Disclosure, at: datetime) -> bool:
    return (
        override.sender == asked.sender
        and asked.recipient in override.recipients
        and category in override.categories
        and override.valid_from <= at < override.valid_until
        and (override.revoked_at is None or at < override.revoked_at)
    )


def _in_their_right(record: Record, voice: Voice) -> bool:
    """Say whether it was said by that person, in the right they speak in now, since they have had it (R28)."""
    return (
        record.given_by == voice.person
        and record.capacity is voice.capacity
        and record.valid_from >= _midnight(voice.since)
    )


def _runs_between(record: Record, category: Category, asked: Disclosure, at: datetime) -> bool:
    """Say whether the record names this road: as told, and the way back where both ways were agreed.

    The way back is for telling whoever sent the referral: a recipient that records a word of its own can never
    open by it what was told to it by another (R18). A no closes both ways of the road it names, and a withdrawal
    both ways that were agreed: nobody who refused to be told about expects the answer to flow.
    """
    there = record.sender == asked.sender and asked.recipient in record.recipients
    back = record.sender == asked.recipient and asked.sender in record.recipients
    if record.effect is Effect.FORBID:
        return there or back
    mutual = record.mutual and (asked.back or _taken_back(record, category, asked, at) is not None)
    return there or (back and mutual)


def _other(record: Record, asked: Disclosure) -> UnitId:
    """Return which of the record's recipients the question is about, whichever way it goes."""
    return asked.recipient if record.sender == asked.sender else asked.sender


def _taken_back(record: Record, category: Category, asked: Disclosure, at: datetime) -> datetime | None:
    """Return when it was last taken back, as far as the question goes; None, if it was not."""
    if not record.withdrawals:
        return None
    other = _other(record, asked)
    moments = (each.at for each in record.withdrawals if each.at <= at and each.touches(other, category))
    return max(moments, default=None)


def _replaced(record: Record, category: Category, asked: Disclosure, at: datetime) -> bool:
    """Say whether a later word stands for it; a withdrawal said after that word is lifted by nothing yet."""
    if record.superseded_at is None or record.superseded_at > at:
        return False
    taken = _taken_back(record, category, asked, at)
    return record.effect is Effect.FORBID or taken is None or taken <= record.superseded_at


def _forbids(record: Record, category: Category, asked: Disclosure, at: datetime) -> bool:
    if _replaced(record, category, asked, at):
        return False
    taken = _taken_back(record, category, asked, at)
    if record.effect is Effect.FORBID:
        return record.valid_from <= at and taken is None
    return taken is not None


def _lifted(record: Record, category: Category, asked: Disclosure, at: datetime) -> list[datetime]:
    """Return from when a no closed, where none stands any more: what was said before it is spent."""
    closed = record.valid_from if record.effect is Effect.FORBID else _taken_back(record, category, asked, at)
    return [closed] if closed is not None and closed <= at else []


def _permits(record: Record, at: datetime) -> bool:
    return (
        record.effect is Effect.PERMIT
        and record.valid_until is not None
        and record.valid_from <= at < record.valid_until
        and (record.superseded_at is None or record.superseded_at > at)
        and not _invalid(record, at)
    )


def _invalid(record: Record, at: datetime) -> bool:
    return record.invalidated_at is not None and record.invalidated_at <= at


def _open_about_address(record: Record, category: Category, facts: Facts) -> bool:
    """Say whether who is reached where may be told: of a protected person only if it was agreed to in so many words."""
    return category is not Category.CONTACT or record.address or not facts.protected


def _changes(record: Record) -> list[datetime]:
    """Return every moment at which what the record says may change."""
    ends = (record.valid_until, record.superseded_at, record.invalidated_at)
    return [record.valid_from, *(each for each in ends if each is not None), *(each.at for each in record.withdrawals)]


def _together(category: Category, reason: Reason, told: Sequence[_Said]) -> Answer:
    records = frozenset[ConsentId]().union(*(each.records for each in told))
    return Answer(category, reason, records, tuple(sorted({law for each in told for law in each.basis})))


def _ids(records: Iterable[Record]) -> frozenset[ConsentId]:
    return frozenset(record.id for record in records)


def _basis(records: Iterable[Record], asked: Disclosure) -> tuple[str, ...]:
    road = (asked.sender, asked.recipient)
    return tuple(sorted({record.basis[road] for record in records if road in record.basis}))
