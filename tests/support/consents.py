"""Builders for the rules of consent: a moment, a few people and units, and a record, a question, a word to vary."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.consent.domain.model import (
    ConsentId,
    Disclosure,
    Effect,
    Method,
    NeedId,
    Person,
    PersonId,
    Record,
    UnitFacts,
    UnitId,
    Word,
)
from shared.vocabulary import Category, Purpose, Sector

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
THILDE, JONATHAN = PersonId(UUID(int=1)), PersonId(UUID(int=2))
NEED, OTHER_NEED = NeedId(UUID(int=11)), NeedId(UUID(int=12))
MIDWIFE, THERAPIST, VISITOR = UnitId("midwife"), UnitId("therapist"), UnitId("visitor")
UNITS = (MIDWIFE, THERAPIST, VISITOR)
HEALTH, NETWORK = Category.HEALTH, Category.NETWORK
ADULT = Person(THILDE, date(2004, 11, 3))
SECTORS = {
    MIDWIFE: Sector.REGIONAL_HEALTH,
    THERAPIST: Sector.MUNICIPAL_SOCIAL,
    VISITOR: Sector.MUNICIPAL_HEALTH,
    UnitId("volunteers"): Sector.CIVIL_SOCIETY,
}
FACTS = {unit: UnitFacts(unit, unit.title(), sector) for unit, sector in SECTORS.items()}

_YES = Record(
    id=ConsentId(UUID(int=100)),
    effect=Effect.PERMIT,
    subject=THILDE,
    sender=MIDWIFE,
    recipients=frozenset({THERAPIST}),
    categories=frozenset({HEALTH}),
    purpose=Purpose.EARLY_SUPPORT,
    need=NEED,
    valid_from=AT - DAY,
    valid_until=AT + DAY,
)
_QUESTION = Disclosure(THILDE, MIDWIFE, THERAPIST, Purpose.EARLY_SUPPORT, NEED, frozenset({HEALTH}))
_WORD = Word(
    effect=Effect.PERMIT,
    subject=THILDE,
    given_by=THILDE,
    sender=MIDWIFE,
    recipients=frozenset({THERAPIST}),
    categories=frozenset({HEALTH}),
    purpose=Purpose.EARLY_SUPPORT,
    need=NEED,
    mutual=False,
    method=Method.WRITTEN,
    given_at=AT - timedelta(hours=1),
    valid_until=AT + 90 * DAY,
    told_of_withdrawal=True,
    notice="notice-1",
)


def consent_id(number: int) -> ConsentId:
    """Return the id of the record with a small number."""
    return ConsentId(UUID(int=number))


def yes(number: int = 100, **changes: Any) -> Record:
    """Return a consent in force at AT, from the midwife to the therapist about Thilde's health, with `changes`."""
    return replace(_YES, id=consent_id(number), **changes)


def no(number: int = 200, **changes: Any) -> Record:
    """Return a refusal in force at AT, of just what `yes` permits, with `changes`."""
    told: dict[str, Any] = {"id": consent_id(number), "effect": Effect.FORBID, "valid_until": None}
    return replace(_YES, **(told | changes))


def question(**changes: Any) -> Disclosure:
    """Return the question that `yes` answers, with `changes`."""
    return replace(_QUESTION, **changes)


def word(**changes: Any) -> Word:
    """Return a word of Thilde's that may be recorded at AT, with `changes`."""
    return replace(_WORD, **changes)


def refusal(**changes: Any) -> Word:
    """Return a refusal of Thilde's that may be recorded at AT, with `changes`."""
    told: dict[str, Any] = {"effect": Effect.FORBID, "valid_until": None, "told_of_withdrawal": False}
    return replace(_WORD, **(told | changes))
