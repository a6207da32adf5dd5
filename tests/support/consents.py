"""Builders for the rules of consent: a moment, a few people and units, and a record, a question, a word to vary."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import (
    Answer,
    Capacity,
    ConsentId,
    Disclosure,
    Effect,
    Method,
    NeedId,
    Override,
    PersonId,
    Record,
    UnitFacts,
    UnitId,
    Withdrawal,
    Word,
)
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Category, Purpose, Sector

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
TODAY = date(2026, 5, 4)
MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
THILDE, JONATHAN = PersonId(UUID(int=1)), PersonId(UUID(int=2))
SOFIE, ADAM, JASMIN = PersonId(UUID(int=3)), PersonId(UUID(int=4)), PersonId(UUID(int=5))
UNBORN, GUARDIAN = PersonId(UUID(int=6)), PersonId(UUID(int=7))
NEED, OTHER_NEED = NeedId(UUID(int=11)), NeedId(UUID(int=12))
MIDWIFE, THERAPIST, VISITOR = UnitId("midwife"), UnitId("therapist"), UnitId("visitor")
UNITS = (MIDWIFE, THERAPIST, VISITOR)
HEALTH, NETWORK, CONTACT = Category.HEALTH, Category.NETWORK, Category.CONTACT

ADULT = Facts(born=date(2004, 11, 3))
TWO = (Holder(SOFIE, date(2024, 3, 1)), Holder(ADAM, date(2024, 3, 1)))
CHILD = Facts(born=date(2024, 3, 1), holders=TWO)
EXPECTED = Facts(mother=SOFIE, due=date(2026, 8, 1), told_since=date(2026, 1, 5))
PEOPLE: Mapping[PersonId, Facts] = {
    THILDE: ADULT,
    JONATHAN: ADULT,
    SOFIE: ADULT,
    ADAM: ADULT,
    GUARDIAN: ADULT,
    JASMIN: CHILD,
    UNBORN: EXPECTED,
}
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
    given_by=THILDE,
    capacity=Capacity.SELF,
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
    given_at=AT - HOUR,
    valid_until=AT + 90 * DAY,
    told_of_withdrawal=True,
    notice="notice-1",
    active=True,
)
_GROUND = Override(
    id=ConsentId(UUID(int=300)),
    subject=THILDE,
    sender=MIDWIFE,
    recipients=frozenset({THERAPIST}),
    categories=frozenset({HEALTH}),
    need=NEED,
    valid_from=AT - DAY,
    valid_until=AT + DAY,
    law="SUL § 43, stk. 2, nr. 2",
    despite_refusal=True,
)
_SETS = ("recipients", "categories")


def consent_id(number: int) -> ConsentId:
    """Return the id of the record with a small number."""
    return ConsentId(UUID(int=number))


def _frozen(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: frozenset(value) if name in _SETS else value for name, value in changes.items()}


def _told(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes with what goes along: sets frozen, who speaks for whom, and a withdrawal of all of it."""
    told = _frozen(changes)
    subject = told.get("subject", THILDE)
    told.setdefault("given_by", SOFIE if subject in {JASMIN, UNBORN} else subject)
    told.setdefault("capacity", {JASMIN: Capacity.CUSTODY, UNBORN: Capacity.PREGNANT}.get(subject, Capacity.SELF))
    withdrawn = told.pop("withdrawn_at", None)
    if withdrawn is not None:
        told["withdrawals"] = (Withdrawal(withdrawn),)
    return told


def yes(number: int = 100, **changes: Any) -> Record:
    """Return a consent in force at AT, from the midwife to the therapist about Thilde's health, with `changes`.

    About Jasmin it is said by Sofie, who holds custody, unless told otherwise; about the child to come by Sofie, who
    is pregnant. `withdrawn_at` stands for a withdrawal of all of it.
    """
    return replace(_YES, id=consent_id(number), **_told(changes))


def no(number: int = 200, **changes: Any) -> Record:
    """Return a refusal in force at AT, of just what `yes` permits, with `changes`."""
    told: dict[str, Any] = {"id": consent_id(number), "effect": Effect.FORBID, "valid_until": None}
    return replace(_YES, **(told | _told(changes)))


def ground(number: int = 300, **changes: Any) -> Override:
    """Return another legal ground in force at AT, for just what `yes` permits, with `changes`."""
    return replace(_GROUND, id=consent_id(number), **changes)


def question(**changes: Any) -> Disclosure:
    """Return the question that `yes` answers, with `changes`."""
    return replace(_QUESTION, **_frozen(changes))


def answers(
    asked: Disclosure,
    records: Iterable[Record],
    at: datetime = AT,
    facts: Mapping[PersonId, Facts] = PEOPLE,
    overrides: Iterable[Override] = (),
) -> tuple[Answer, ...]:
    """Return what is decided where just this is held; of people not named otherwise, what `PEOPLE` says."""
    return decide(asked, Held(records, {**PEOPLE, **facts}, overrides), at)


def answer(
    asked: Disclosure,
    records: Iterable[Record],
    at: datetime = AT,
    facts: Mapping[PersonId, Facts] = PEOPLE,
    overrides: Iterable[Override] = (),
) -> Answer:
    """Return the answer to a question about one category."""
    (only,) = answers(asked, records, at, facts, overrides)
    return only


def word(**changes: Any) -> Word:
    """Return a word of Thilde's that may be recorded at AT, with `changes`."""
    return replace(_WORD, **_frozen(changes))


def refusal(**changes: Any) -> Word:
    """Return a refusal of Thilde's that may be recorded at AT, with `changes`."""
    told: dict[str, Any] = {
        "effect": Effect.FORBID,
        "valid_until": None,
        "told_of_withdrawal": False,
        "active": False,
    }
    return word(**(told | changes))
