"""What `decide` should say, in another shape than the code: each record says its piece to each voice about each point.

A point is a category told from one unit to another about a person. What a record says about it never depends on
another record, so that a world of pairs is as many pieces as records. At each point the strongest piece of each voice
wins, once every no that was lifted has spent what was said before it; then the voices are counted.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.consent.domain.model import (
    Answer,
    Capacity,
    ConsentId,
    Disclosure,
    Effect,
    Override,
    PersonId,
    Record,
    UnitId,
    Voice,
)
from services.consent.domain.people import Facts
from shared.vocabulary import Category, Reason

STRENGTH = (
    Reason.NO_CONSENT,
    Reason.RECIPIENT_NOT_NAMED,
    Reason.CATEGORY_NOT_NAMED,
    Reason.EXPIRED,
    Reason.NEEDS_NEW,
    Reason.NOT_YET,
    Reason.PROTECTED,
    Reason.COVERED,
    Reason.WITHDRAWN,
    Reason.REFUSED,
)
NOES = {Reason.REFUSED, Reason.WITHDRAWN}
DENMARK = ZoneInfo("Europe/Copenhagen")
Told = tuple[Reason, frozenset[ConsentId], tuple[Voice, ...]]


class Piece(NamedTuple):
    """What one record says to one voice, and up to when it spends what was said before, if it was a no and is lifted.

    `closes`: it is a no that stands, whoever said it.
    """

    record: Record
    says: Reason
    spends: datetime | None
    closes: bool


def told(answers: Iterable[Answer]) -> list[Told]:
    """Return answers in the reference's shape."""
    return [(each.reason, each.records, each.ask) for each in answers]


def day(at: datetime) -> date:
    """Return the calendar date in Denmark."""
    return at.astimezone(DENMARK).date()


def fifteenth(born: date) -> date:
    """Return the first day on which somebody has lived fifteen years, by counting days."""
    after = born + timedelta(days=15 * 365)
    while (after.year - born.year, after.month, after.day) < (15, born.month, born.day):
        after += timedelta(days=1)
    return after


def speakers(known: Facts, subject: PersonId, on: date) -> list[Voice]:
    """Return whose word is needed: the first line of R26 that fits."""
    grown = known.born is not None and on >= fifteenth(known.born)
    if known.representative and not (grown and known.born and known.representative.since < fifteenth(known.born)):
        return [Voice(known.representative.person, Capacity.REPRESENTATIVE, known.representative.since)]
    if known.born and on >= fifteenth(known.born):
        return [Voice(subject, Capacity.SELF, fifteenth(known.born))]
    if known.born:
        held = sorted((each.person, max(known.born, each.since)) for each in known.holders)
        return [Voice(person, Capacity.CUSTODY, since) for person, since in held]
    if known.mother and known.told_since:
        return [Voice(known.mother, Capacity.PREGNANT, known.told_since)]
    return []


def taken_back(record: Record, other: UnitId, category: Category, at: datetime) -> list[datetime]:
    """Return every time that it was taken back by now, towards that unit and of that kind."""
    return [
        each.at
        for each in record.withdrawals
        if each.at <= at
        and other in (each.recipients if each.recipients is not None else {other})
        and category in (each.categories if each.categories is not None else {category})
    ]


def piece(  # noqa: PLR0911 - one line a rule
    record: Record, voice: Voice | None, category: Category, asked: Disclosure, known: Facts, at: datetime
) -> Piece:
    """Return what one record has to say about one point to one voice; to None, only whether it closes."""
    one, other = asked.sender, asked.recipient
    forbids = record.effect is Effect.FORBID
    about = record.subject == asked.subject and record.need == asked.need
    if not about or (not forbids and record.purpose != asked.purpose):
        return Piece(record, Reason.NO_CONSENT, None, closes=False)
    partner = other if one == record.sender else one
    taken = taken_back(record, partner, category, at)
    roads = {(record.sender, each) for each in record.recipients}
    if forbids or (record.mutual and (asked.back or taken)):
        roads |= {(each, record.sender) for each in record.recipients}
    on_road, of_kind = (one, other) in roads, category in record.categories
    superseded = record.superseded_at is not None and at >= record.superseded_at
    if superseded and not forbids and taken:
        superseded = record.superseded_at is not None and max(taken) <= record.superseded_at
    says = _refuses(record, at, taken, superseded=superseded) if forbids else None
    closes = on_road and of_kind and (says is Reason.REFUSED or (not forbids and bool(taken) and not superseded))
    own = voice is not None and record.given_by == voice.person
    if not own and (voice is None or record.capacity == voice.capacity or forbids):
        return Piece(record, Reason.NO_CONSENT, None, closes)
    spends = _spends(record, at, taken, superseded=superseded) if own and on_road and of_kind else None
    if forbids:
        return Piece(record, Reason.REFUSED if closes else Reason.NO_CONSENT, spends, closes)
    if superseded:
        return Piece(record, Reason.NO_CONSENT, spends, closes)
    if not own:
        return Piece(record, Reason.NEEDS_NEW if on_road and of_kind else Reason.NO_CONSENT, None, closes)
    if not on_road:
        near = one in record.recipients | {record.sender}
        return Piece(record, Reason.RECIPIENT_NOT_NAMED if near else Reason.NO_CONSENT, None, closes)
    if not of_kind:
        return Piece(record, Reason.CATEGORY_NOT_NAMED, None, closes)
    return Piece(record, Reason.WITHDRAWN if taken else _permits(record, voice, category, known, at), spends, closes)


def _refuses(record: Record, at: datetime, taken: list[datetime], *, superseded: bool) -> Reason:
    stands = at >= record.valid_from and not taken and not superseded
    return Reason.REFUSED if stands else Reason.NO_CONSENT


def _spends(record: Record, at: datetime, taken: list[datetime], *, superseded: bool) -> datetime | None:
    if record.effect is Effect.PERMIT:
        return max(taken) if taken and superseded else None
    return record.valid_from if at >= record.valid_from and (taken or superseded) else None


def _permits(record: Record, voice: Voice | None, category: Category, known: Facts, at: datetime) -> Reason:
    """Return what a yes says that names the point and was never taken back: its period, its right, its address."""
    if at < record.valid_from:
        return Reason.NOT_YET
    right = voice is not None and record.capacity == voice.capacity and day(record.valid_from) >= voice.since
    if not right or (record.invalidated_at is not None and at >= record.invalidated_at):
        return Reason.NEEDS_NEW
    if record.valid_until is None or at >= record.valid_until:
        return Reason.EXPIRED
    hidden = known.protected and category is Category.CONTACT and not record.address
    return Reason.PROTECTED if hidden else Reason.COVERED


def heard(pieces: Sequence[Piece]) -> tuple[Reason, frozenset[ConsentId]]:
    """Return the strongest piece said to one voice, and every record that says it; both kinds of no count as one."""
    until = [each.spends for each in pieces if each.spends is not None]
    said = []
    for each in pieces:
        opens = each.says in {Reason.COVERED, Reason.PROTECTED}
        spent = opens and any(each.record.valid_from < moment for moment in until)
        said.append((Reason.EXPIRED if spent else each.says, each.record.id))
    best = max((reason for reason, _ in said), key=STRENGTH.index, default=Reason.NO_CONSENT)
    if best in NOES:
        return best, frozenset(number for reason, number in said if reason in NOES)
    return best, frozenset(number for reason, number in said if reason is best and best is Reason.COVERED)


def counted(voices: Sequence[Voice], pieces: Sequence[Sequence[Piece]], grounds: Iterable[Override], known: Facts,
            *, own: Sequence[tuple[Reason, frozenset[ConsentId]]], closed: bool) -> Told:  # fmt: skip
    """Return what it comes to: `pieces` are each voice's, `grounds` those that run over the point now."""
    said = [heard(each) for each in pieces]
    reasons = [reason for reason, _ in said]
    noes = [(reason, numbers) for reason, numbers in (*said, *own) if reason in NOES]
    refused = [numbers for _, numbers in noes]
    if not refused:
        alone = {each.record.id for told in pieces for each in told if each.record.alone}
        yeses = [numbers for reason, numbers in said if reason is Reason.COVERED]
        everyone = frozenset[ConsentId]().union(*yeses)
        if voices and len(yeses) == len(voices):
            return Reason.COVERED, everyone, ()
        if everyone & alone:
            return Reason.COVERED, everyone & alone, ()
    carrying = frozenset(each.id for each in grounds if each.despite_refusal or not closed)
    if carrying:
        return Reason.LEGAL_GROUND, carrying, ()
    if refused:
        worst = Reason.REFUSED if Reason.REFUSED in {reason for reason, _ in noes} else Reason.WITHDRAWN
        return worst, frozenset[ConsentId]().union(*refused), ()
    if not voices:
        return Reason.NOBODY_TO_ASK if known.born else Reason.NO_CONSENT, frozenset(), ()
    ask = tuple(voice for voice, reason in zip(voices, reasons, strict=True) if reason is not Reason.COVERED)
    missing = Reason.COVERED in reasons
    return Reason.HOLDER_MISSING if missing else max(reasons, key=STRENGTH.index), frozenset(), ask


def runs(override: Override, category: Category, asked: Disclosure, at: datetime) -> bool:
    """Say whether another legal ground is about the point and stands."""
    ends = min(filter(None, (override.valid_until, override.revoked_at)))
    named = {(override.subject, override.need, override.sender, to, kind)
             for to in override.recipients for kind in override.categories}  # fmt: skip
    point = (asked.subject, asked.need, asked.sender, asked.recipient, category)
    return point in named and override.valid_from <= at < ends


def reference(
    asked: Disclosure, records: Iterable[Record], at: datetime, known: Facts, overrides: Iterable[Override] = ()
) -> list[Told]:
    """Answer as `decide` should, by listening to each record at each point."""
    held, others = list(records), list(overrides)
    voices = speakers(known, asked.subject, day(at))
    spoken_for = bool(voices) and voices[0].capacity is Capacity.REPRESENTATIVE and known.born is not None
    # Whoever else speaks for a grown person, their own no is heard, and their own yes is not.
    themselves = [Voice(asked.subject, Capacity.SELF, date.min)] if spoken_for else []
    return [
        counted(
            voices,
            [[piece(each, voice, category, asked, known, at) for each in held] for voice in voices],
            [each for each in others if runs(each, category, asked, at)],
            known,
            own=[heard([piece(each, voice, category, asked, known, at) for each in held]) for voice in themselves],
            closed=any(piece(each, None, category, asked, known, at).closes for each in held),
        )
        for category in sorted(asked.categories)
    ]
