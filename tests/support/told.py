"""Random words with everything recorded about them, in every state, and one of each to vary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.consent.domain.model import (
    Capacity,
    ConsentId,
    Effect,
    Method,
    NeedId,
    PersonId,
    Record,
    Regime,
    UnitId,
)
from services.consent.domain.told import Cause, Event, Notice, State, Told, UnitTold
from shared.vocabulary import Category, Purpose

SAID = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
HEARD = SAID + timedelta(minutes=3)
DAY = timedelta(days=1)
JASMIN, THILDE, JONATHAN = PersonId(UUID(int=1)), PersonId(UUID(int=2)), PersonId(UUID(int=3))
MIDWIFE, THERAPIST, VOLUNTEERS = UnitId("midwife"), UnitId("family house/1"), UnitId("frivillige æøå")
UNITS = {
    MIDWIFE: UnitTold(MIDWIFE, "Jordemoderkonsultationen", "region", "Region Hovedstaden", "29190623"),
    THERAPIST: UnitTold(THERAPIST, "Familiehuset", "kommune", "Helsingør Kommune", "64502018", "0217"),
    VOLUNTEERS: UnitTold(VOLUNTEERS, "Mødregruppen", "forening", "Foreningen"),
}
_TEXT = "Vi beder om lov til at fortælle det videre."
NOTICE = Notice("samtykke", 3, "da", "Samtykke til at fortælle videre", _TEXT, sha256(_TEXT.encode()).hexdigest())
# A unit that the reader is not told of: no export may name it.
UNTOLD = UnitId("sekretariat-17")
# What a family said or a caseworker wrote: no export may hold a word of it, nor the number in it.
SECRET = "Mormors køkken"
FREE_TEXT = f"{SECRET}, Thilde 610190-1234 og 6101901234: ja til det"
ENDS = {
    Effect.PERMIT: (State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED, State.INVALIDATED),
    Effect.FORBID: (State.WITHDRAWN, State.SUPERSEDED, State.INVALIDATED),
}
_PLAIN = Told(
    record=Record(
        id=ConsentId(UUID(int=100)),
        effect=Effect.PERMIT,
        subject=JASMIN,
        given_by=THILDE,
        capacity=Capacity.CUSTODY,
        sender=MIDWIFE,
        recipients=frozenset({THERAPIST}),
        categories=frozenset({Category.HEALTH}),
        purpose=Purpose.EARLY_SUPPORT,
        need=NeedId(UUID(int=11)),
        valid_from=SAID,
        valid_until=SAID + 90 * DAY,
        basis={(MIDWIFE, THERAPIST): Regime.HEALTH_TO_OTHER.value},
    ),
    method=Method.WRITTEN,
    notice=NOTICE,
    recorded_by_unit=MIDWIFE,
    recorded_at=HEARD,
    units=UNITS,
)


def told(*, events: tuple[Event, ...] = (), method: Method = Method.WRITTEN, **changes: Any) -> Told:
    """Return a mother's written consent about Jasmin, from the midwife to the family house, with `changes` to it."""
    return replace(_PLAIN, record=replace(_PLAIN.record, **changes), method=method, events=events)


@st.composite
def tolds(draw: st.DrawFn, effects: tuple[Effect, ...] = tuple(Effect)) -> Told:
    """Return a word of any kind, taken back in part or not, and in any state it can come to."""
    effect = draw(st.sampled_from(effects))
    units = {unit.id: unit for unit in draw(st.lists(_units, min_size=2, max_size=5, unique_by=lambda unit: unit.id))}
    sender, *others = units
    recipients = draw(st.frozensets(st.sampled_from(others), min_size=1))
    categories = draw(st.frozensets(st.sampled_from(Category), min_size=1))
    record = draw(_records(effect, sender, recipients, categories))
    method = draw(st.sampled_from(Method))
    free = draw(st.sampled_from([None, FREE_TEXT]))
    recorded_at = record.valid_from + draw(st.timedeltas(timedelta(0), DAY))
    return Told(
        record=record,
        method=method,
        notice=draw(_notices),
        recorded_by_unit=draw(st.sampled_from([*units, UNTOLD])),
        recorded_at=recorded_at,
        units=units,
        events=draw(_events(record, sorted(units), recorded_at)),
        oral_note=FREE_TEXT if method is Method.ORAL else None,
        not_written_because=free,
        alone_because=FREE_TEXT if record.alone else None,
        supersedes=draw(st.frozensets(st.uuids(), max_size=2)),
    )


_moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_words = st.text(st.characters(categories=("L", "P", "Zs")), min_size=1, max_size=20).map(str.strip).filter(bool)
_units = st.builds(
    UnitTold,
    id=_words.map(UnitId),
    name=_words,
    organisation=st.just("") | _words,
    organisation_name=_words,
    cvr=st.none() | st.just("29190623"),
    municipality=st.none() | st.just("0217"),
)
_notices = st.builds(
    Notice,
    id=_words,
    version=st.integers(1, 9),
    language=st.sampled_from(["da", "en", "ar", "uk", "pl-PL"]),
    title=_words,
    text=st.just(FREE_TEXT),
    digest=st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@st.composite
def _records(
    draw: st.DrawFn,
    effect: Effect,
    sender: UnitId,
    recipients: frozenset[UnitId],
    categories: frozenset[Category],
) -> Record:
    capacity = draw(st.sampled_from(Capacity))
    subject, giver = draw(st.lists(st.uuids(), min_size=2, max_size=2, unique=True))
    begins = draw(_moments)
    roads = [(sender, each) for each in recipients] + [(each, sender) for each in recipients]
    laws = st.sampled_from([each.value for each in Regime])
    return Record(
        id=ConsentId(draw(st.uuids())),
        effect=effect,
        subject=PersonId(subject),
        given_by=PersonId(subject if capacity is Capacity.SELF else giver),
        capacity=capacity,
        sender=sender,
        recipients=recipients,
        categories=categories,
        purpose=draw(st.sampled_from(Purpose)),
        need=NeedId(draw(st.uuids())),
        valid_from=begins,
        valid_until=begins + draw(st.timedeltas(DAY, 365 * DAY)) if effect is Effect.PERMIT else None,
        mutual=draw(st.booleans()),
        alone=draw(st.booleans()),
        address=draw(st.booleans()),
        basis={road: draw(laws) for road in roads if draw(st.booleans())},
    )


@st.composite
def _events(draw: st.DrawFn, record: Record, units: list[UnitId], after: datetime) -> tuple[Event, ...]:
    """Return none to two takings back in part and an end, or none; sometimes with the beginning told, too."""
    by = st.none() | st.sampled_from([*units, UNTOLD])
    said = State.GIVEN if record.effect is Effect.PERMIT else State.REFUSED
    events = [Event(said, record.valid_from, record.sender)] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        after += draw(st.timedeltas(timedelta(seconds=1), DAY))
        to = draw(st.none() | st.frozensets(st.sampled_from([*sorted(record.recipients), UNTOLD]), min_size=1))
        about = draw(st.frozensets(st.sampled_from(sorted(record.categories)), min_size=1))
        kinds = about if to is None else draw(st.none() | st.just(about))
        events.append(Event(State.WITHDRAWN, after, draw(by), to, kinds))
    state = draw(st.none() | st.sampled_from(ENDS[record.effect]))
    if state is not None:
        cause = draw(st.sampled_from(Cause)) if state is State.INVALIDATED else None
        events.append(Event(state, after + draw(st.timedeltas(timedelta(seconds=1), DAY)), draw(by), cause=cause))
    return tuple(events)
