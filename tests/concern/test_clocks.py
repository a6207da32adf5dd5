"""The authority's clocks: 24 hours and six working days, over nights the clocks change, holidays and years (R32)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.concern.domain.clocks import CLOCK_DANISH, Clock, Done, Due, due, late, missed, passed_on, running
from services.concern.domain.errors import AssessFirst

DENMARK = ZoneInfo("Europe/Copenhagen")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
A, K = Clock.ASSESS, Clock.ACKNOWLEDGE
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given one


def here(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return the moment on the wall in Denmark, as UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=DENMARK).astimezone(UTC)


@pytest.mark.rule("R32", enforced_by="services.concern.domain.clocks:due")
@pytest.mark.parametrize(
    ("received", "assess", "acknowledge"),
    [
        (here(2026, 11, 23, 9), here(2026, 11, 24, 9), here(2026, 12, 1)),
        (here(2026, 11, 28, 23, 30), here(2026, 11, 29, 23, 30), here(2026, 12, 6)),
        (here(2026, 11, 29, 12), here(2026, 11, 30, 12), here(2026, 12, 6)),
        (here(2026, 12, 23, 16), here(2026, 12, 24, 16), here(2027, 1, 3)),
        (here(2027, 3, 24, 10), here(2027, 3, 25, 10), here(2027, 4, 4)),
        (here(2027, 3, 27, 12), here(2027, 3, 28, 13), here(2027, 4, 6)),
        (here(2026, 10, 24, 12), here(2026, 10, 25, 11), here(2026, 11, 1)),
        (here(2027, 4, 22, 8), here(2027, 4, 23, 8), here(2027, 4, 30)),
    ],
    ids=["a Monday", "a Saturday night", "a Sunday", "the day before Christmas Eve", "the Wednesday before Easter",
         "the night summer time begins", "the night it ends", "what was Store Bededag is a working day"],
)  # fmt: skip
def test_r32_a_report_is_assessed_in_24_hours_and_acknowledged_in_six_working_days(
    received: datetime, assess: datetime, acknowledge: datetime
) -> None:
    assert due(received) == Due(assess, acknowledge)


@given(MOMENTS)
def test_r32_24_hours_are_24_hours_and_the_acknowledgement_has_a_week_or_more(received: datetime) -> None:
    by = due(received)
    assert by.assess_by - received == DAY
    assert 6 * DAY < by.acknowledge_by - received < 15 * DAY
    assert by.acknowledge_by.astimezone(DENMARK).strftime("%H:%M:%S.%f") == "00:00:00.000000"
    assert due(received.astimezone(DENMARK)) == by


@given(MOMENTS, st.integers(0, 10**6))
def test_r32_what_is_received_later_is_never_due_earlier(received: datetime, minutes: int) -> None:
    first, second = due(received), due(received + timedelta(minutes=minutes))
    assert (first.assess_by <= second.assess_by, first.acknowledge_by <= second.acknowledge_by) == (True, True)


AT = here(2026, 11, 23, 9)
BY = due(AT)
MOST = timedelta(microseconds=1)
AROUND = [
    AT - DAY,
    AT,
    *(edge + step for edge in (BY.assess_by, BY.acknowledge_by) for step in (-MOST, 0 * HOUR, HOUR)),
]


@pytest.mark.rule("R32", enforced_by=("services.concern.domain.clocks:late", "services.concern.domain.clocks:missed"))
def test_r32_what_is_late_and_what_was_missed_at_every_edge() -> None:
    """The moment itself is too late; a clock set back makes nothing late; done too late stays missed for ever."""
    for at, assessed, acknowledged in product(AROUND, [None, *AROUND], [None, *AROUND]):
        done = Done(assessed, acknowledged)
        told = {A: (assessed, BY.assess_by), K: (acknowledged, BY.acknowledge_by)}
        assert set(late(BY, done, at)) == {c for c, (when, by) in told.items() if when is None and not at < by}
        assert set(missed(BY, done, at)) == {c for c, (when, by) in told.items() if not (when or at) < by}
        assert running(BY, done) == {c: by for c, (when, by) in told.items() if when is None}
    assert late(BY, Done(), AT - 999 * DAY) == missed(BY, Done(), AT - 999 * DAY) == ()


@pytest.mark.rule("R32", enforced_by="services.concern.domain.clocks:passed_on")
@pytest.mark.rule("R39", enforced_by="services.concern.domain.clocks:passed_on")
def test_r32_r39_passing_on_answers_the_first_24_hours_and_begins_the_second() -> None:
    later = AT + 20 * HOUR
    with pytest.raises(AssessFirst) as refused:
        passed_on(Done(acknowledged_at=AT), later)
    assert refused.value.extra == {"rule": "R32"}
    assert passed_on(Done(assessed_at=later), later) == due(later)
    assert due(later).assess_by > BY.assess_by


@pytest.mark.rule("R32", enforced_by="services.concern.domain.clocks:late")
def test_r32_the_first_municipality_owes_its_reporter_the_acknowledgement_still() -> None:
    assert late(BY, Done(assessed_at=AT), BY.acknowledge_by) == (K,)


def test_every_clock_has_its_danish_words() -> None:
    assert set(CLOCK_DANISH) == set(Clock)
