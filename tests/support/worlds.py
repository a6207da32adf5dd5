"""Random worlds of words, other legal grounds and people: small enough that what is drawn meets."""

from datetime import date

from hypothesis import settings
from hypothesis import strategies as st

from services.consent.domain.model import Capacity, Effect, Override, Record, Withdrawal
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Purpose
from tests.support.consents import (
    ADAM,
    ADULT,
    AT,
    CHILD,
    CONTACT,
    DAY,
    GUARDIAN,
    HEALTH,
    JASMIN,
    NEED,
    NETWORK,
    OTHER_NEED,
    SOFIE,
    THILDE,
    UNITS,
    consent_id,
    question,
)

often = settings(max_examples=200, deadline=None, derandomize=True)
moments = st.integers(-3, 3).map(lambda days: AT + days * DAY)
perhaps = st.none() | moments
category_sets = st.frozensets(st.sampled_from([HEALTH, NETWORK, CONTACT]), min_size=1)
unit_sets = st.frozensets(st.sampled_from(UNITS), min_size=1, max_size=2)
withdrawals = st.lists(
    st.builds(Withdrawal, moments, st.none() | st.none() | unit_sets, st.none() | st.none() | category_sets), max_size=2
).map(tuple)
# Who is asked about is always Jasmin: what is known of her says whose word is needed.
known = st.sampled_from([
    CHILD,
    CHILD,
    ADULT,
    Facts(born=date(2024, 3, 1), holders=(Holder(ADAM, date(2026, 5, 3)),)),
    Facts(born=date(2024, 3, 1), holders=(Holder(SOFIE, date(2024, 3, 1)), Holder(ADAM, date(2026, 5, 4)))),
    Facts(born=date(2024, 3, 1), holders=CHILD.holders, protected=True),
    Facts(born=date(2011, 5, 4), holders=CHILD.holders),
    Facts(born=date(2024, 3, 1)),
    Facts(mother=SOFIE, told_since=date(2026, 5, 3)),
    Facts(born=date(2024, 3, 1), holders=CHILD.holders, representative=Holder(GUARDIAN, date(2026, 5, 2))),
    Facts(),
])  # fmt: skip
records = st.builds(
    lambda said, **told: Record(given_by=said[0], capacity=said[1], **told),
    st.sampled_from([
        (SOFIE, Capacity.CUSTODY), (SOFIE, Capacity.CUSTODY), (ADAM, Capacity.CUSTODY), (ADAM, Capacity.CUSTODY),
        (JASMIN, Capacity.SELF), (SOFIE, Capacity.PREGNANT), (GUARDIAN, Capacity.REPRESENTATIVE),
    ]),
    id=st.integers(1, 10**6).map(consent_id),
    effect=st.sampled_from([Effect.PERMIT, Effect.PERMIT, Effect.FORBID]),
    subject=st.sampled_from([JASMIN, JASMIN, JASMIN, THILDE]),
    sender=st.sampled_from([UNITS[0], *UNITS]),
    recipients=unit_sets,
    categories=category_sets,
    purpose=st.sampled_from([Purpose.EARLY_SUPPORT, Purpose.EARLY_SUPPORT, Purpose.PRACTICAL_HELP]),
    need=st.sampled_from([NEED, NEED, NEED, OTHER_NEED]),
    valid_from=moments,
    valid_until=perhaps,
    mutual=st.booleans(),
    alone=st.booleans(),
    address=st.booleans(),
    withdrawals=withdrawals,
    superseded_at=perhaps,
    invalidated_at=st.none() | perhaps,
)  # fmt: skip
worlds = st.lists(records, max_size=5)
grounds = st.lists(
    st.builds(
        Override,
        id=st.integers(1, 10**6).map(consent_id),
        subject=st.just(JASMIN),
        sender=st.sampled_from(UNITS),
        recipients=unit_sets,
        categories=category_sets,
        need=st.sampled_from([NEED, NEED, OTHER_NEED]),
        valid_from=moments,
        valid_until=moments,
        law=st.sampled_from(["A", "B"]),
        despite_refusal=st.booleans(),
        revoked_at=perhaps,
    ),
    max_size=1,
)
questions = st.builds(
    lambda road, categories, back: question(
        subject=JASMIN, sender=road[0], recipient=road[1], categories=categories, back=back
    ),
    st.sampled_from([(one, other) for one in UNITS for other in UNITS if one != other]),
    category_sets,
    st.booleans(),
)
