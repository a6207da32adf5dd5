"""Which consents still stand, and which a family that moves has left behind (R38)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.consent.domain.following import DANISH, REMIND_BEFORE, Kind, left_behind, live
from services.consent.domain.model import Record, UnitFacts, UnitId, Withdrawal
from shared.vocabulary import Sector
from tests.support.consents import AT, DAY, HEALTH, MIDWIFE, MOMENT, THERAPIST, VISITOR, consent_id, no, yes

HERE, THERE = "0461", "0101"
UNITS = {
    MIDWIFE: UnitFacts(MIDWIFE, "A", Sector.REGIONAL_HEALTH, municipality=None),
    THERAPIST: UnitFacts(THERAPIST, "B", Sector.MUNICIPAL_SOCIAL, municipality=HERE),
    VISITOR: UnitFacts(VISITOR, "C", Sector.MUNICIPAL_HEALTH, municipality=THERE),
}


@pytest.mark.parametrize(
    ("record", "at", "stands"),
    [
        (yes(), AT, True),
        (yes(valid_from=AT + DAY / 2), AT, True),
        (yes(valid_until=AT + MOMENT), AT, True),
        (yes(valid_until=AT), AT, False),
        (yes(valid_until=None), AT, False),
        (no(), AT, False),
        (no(valid_until=AT + DAY), AT, False),
        (yes(superseded_at=AT), AT, False),
        (yes(invalidated_at=AT), AT, False),
        (yes(withdrawn_at=AT), AT, False),
        (yes(withdrawals=(Withdrawal(AT, frozenset({THERAPIST})),)), AT, True),
        (yes(withdrawals=(Withdrawal(AT, None, frozenset({HEALTH})),)), AT, True),
    ],
)
def test_a_consent_stands_while_something_of_it_is_left(record: Record, at: datetime, *, stands: bool) -> None:
    assert live(record, at) is stands


@pytest.mark.rule("R38", enforced_by="services.consent.domain.following:left_behind")
@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, False),
        ({"recipients": {VISITOR}}, True),
        ({"recipients": {THERAPIST, VISITOR}}, True),
        ({"sender": VISITOR, "recipients": {MIDWIFE}}, True),
        ({"sender": THERAPIST, "recipients": {MIDWIFE}}, False),
        ({"recipients": {UnitId("unknown")}}, True),
        ({"recipients": {VISITOR}, "withdrawn_at": AT}, False),
        ({"recipients": {VISITOR}, "valid_until": AT}, False),
    ],
)
def test_what_names_another_municipalitys_unit_is_left_behind(changes: dict[str, Any], *, left: bool) -> None:
    """R38."""
    records = [yes(1, **changes)]
    assert [each.id for each in left_behind(records, HERE, UNITS, AT)] == ([consent_id(1)] if left else [])


@pytest.mark.rule("R38", enforced_by="services.consent.domain.following:left_behind")
@pytest.mark.parametrize("sector", Sector)
def test_only_a_municipalitys_units_are_left_behind(sector: Sector) -> None:
    """R38."""
    units = UNITS | {VISITOR: replace(UNITS[VISITOR], sector=sector)}
    found = left_behind([yes(recipients={VISITOR})], HERE, units, AT)
    assert bool(found) is sector.value.startswith("municipal_")


def test_a_month_before_the_end_is_when_one_is_reminded() -> None:
    assert timedelta(days=30) == REMIND_BEFORE


def test_the_codes_of_reminders_are_never_others() -> None:
    assert [kind.value for kind in Kind] == [
        "expiring", "birth", "turned_15", "moved", "custody_changed", "speaker_changed", "region_moved",
        "inform_person",
    ]  # fmt: skip


def test_every_kind_of_reminder_says_what_to_do_in_danish() -> None:
    assert set(DANISH) == set(Kind)
    assert all(told.endswith(".") and told[0].isupper() for told in DANISH.values())
