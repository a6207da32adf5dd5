"""A word with what has happened to it: the state it is in, and the Danish for each (R23, R24)."""

from typing import Any
from uuid import UUID

import pytest

from services.consent.domain import told
from services.consent.domain.model import CAPACITY_DANISH, Capacity, Effect, Method, Record
from services.consent.domain.told import Cause, Event, Notice, State, Told
from tests.support.consents import AT, DAY, HEALTH, MIDWIFE, THERAPIST, no, yes

NOTICE = Notice("notice-da-1", 1, "da", "Samtykke", "Du kan altid trække det tilbage.", "0" * 64)
PART: dict[str, Any] = {"recipients": frozenset({THERAPIST})}
OTHER_PART: dict[str, Any] = {"categories": frozenset({HEALTH})}


def word(record: Record, *events: Event) -> Told:
    """Return the record with what has happened to it."""
    return Told(record, Method.WRITTEN, NOTICE, MIDWIFE, AT, {}, events)


@pytest.mark.parametrize(
    ("record", "events", "state"),
    [
        (yes(), [], State.GIVEN),
        (no(), [], State.REFUSED),
        (yes(), [Event(State.WITHDRAWN, AT)], State.WITHDRAWN),
        (no(), [Event(State.WITHDRAWN, AT)], State.WITHDRAWN),
        (yes(), [Event(State.EXPIRED, AT)], State.EXPIRED),
        (yes(), [Event(State.WITHDRAWN, AT), Event(State.SUPERSEDED, AT + DAY)], State.SUPERSEDED),
        (yes(), [Event(State.SUPERSEDED, AT), Event(State.WITHDRAWN, AT + DAY)], State.WITHDRAWN),
        (yes(), [Event(State.INVALIDATED, AT, cause=Cause.MOVED)], State.INVALIDATED),
        (yes(), [Event(State.WITHDRAWN, AT, **PART)], State.GIVEN),
        (yes(), [Event(State.WITHDRAWN, AT, **OTHER_PART)], State.GIVEN),
        (no(), [Event(State.WITHDRAWN, AT, **PART, **OTHER_PART)], State.REFUSED),
        (yes(), [Event(State.WITHDRAWN, AT, **PART), Event(State.EXPIRED, AT + DAY)], State.EXPIRED),
        (yes(), [Event(State.EXPIRED, AT), Event(State.WITHDRAWN, AT + DAY, **PART)], State.EXPIRED),
    ],
)
def test_a_word_is_in_the_last_state_all_of_it_went_into(record: Record, events: list[Event], state: State) -> None:
    assert word(record, *events).state is state


def test_every_state_cause_and_capacity_has_its_danish() -> None:
    assert {state.value: told.STATE_DANISH[state] for state in State} == {
        "given": "Givet",
        "refused": "Sagt nej",
        "withdrawn": "Trukket tilbage",
        "expired": "Udløbet",
        "superseded": "Afløst af et nyere",
        "invalidated": "Gælder ikke mere",
    }
    assert {cause.value: told.CAUSE_DANISH[cause] for cause in Cause} == {
        "birth": "Barnet er født",
        "turned_15": "Den unge er fyldt 15 og svarer selv",
        "moved": "Familien er flyttet til en anden kommune",
        "custody_changed": "Forældremyndigheden er ændret",
        "speaker_changed": "En anden svarer nu for personen",
        "merged": "To registreringer er lagt sammen eller skilt ad",
        "recorded_in_error": "Det blev registreret ved en fejl",
        "not_freely_given": "Det var ikke givet frivilligt",
    }
    assert {capacity.value: CAPACITY_DANISH[capacity] for capacity in Capacity} == {
        "self": "personen selv",
        "pregnant": "den gravide",
        "custody": "forældremyndighedens indehaver",
        "representative": "personens repræsentant",
    }


def test_the_codes_that_stand_in_records_are_never_others() -> None:
    assert [effect.value for effect in Effect] == ["permit", "forbid"]
    assert [method.value for method in Method] == ["written", "oral", "digital"]


def test_what_is_told_of_a_word_begins_with_nothing() -> None:
    plain = word(yes())
    assert (plain.events, plain.supersedes) == ((), frozenset())
    assert (plain.oral_note, plain.not_written_because, plain.alone_because) == (None, None, None)
    assert Told(yes(), Method.ORAL, NOTICE, MIDWIFE, AT, {}, supersedes=frozenset({UUID(int=1)})).supersedes
