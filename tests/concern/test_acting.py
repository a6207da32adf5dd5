"""Which municipality acts, against the rule written anew, over every set of facts; a report is never refused (R39)."""

from dataclasses import fields, replace
from itertools import product

import pytest

from services.concern.domain.acting import (
    BASIS_DANISH,
    MISSING_DANISH,
    Acting,
    Basis,
    Custody,
    Facts,
    Living,
    Missing,
    acting_municipality,
)

STAYS, HOLDER, MOSTLY, CPR, MOTHER, BEFORE = "0101", "0147", "0217", "0370", "0461", "0851"
KNOWN = Facts(STAYS, holder_in=HOLDER, mostly_in=MOSTLY, cpr_in=CPR, mother_in=MOTHER, before_shelter=BEFORE)
APART = replace(KNOWN, custody=Custody.JOINT_APART)
EVERY = [
    Facts(STAYS, *rest)
    for rest in product(
        (False, True), (None, *Custody), (None, HOLDER), (None, *Living), (None, MOSTLY), (None, CPR), (None, MOTHER),
        (False, True), (None, BEFORE),
    )
]  # fmt: skip
ANSWERS: dict[Missing, dict[str, object]] = {
    Missing.CUSTODY: {"custody": Custody.JOINT_APART},
    Missing.HOLDER_MUNICIPALITY: {"holder_in": HOLDER},
    Missing.LIVING: {"living": Living.DISPUTED},
    Missing.MOSTLY_IN: {"mostly_in": MOSTLY},
    Missing.CPR_MUNICIPALITY: {"cpr_in": CPR},
    Missing.MOTHER_MUNICIPALITY: {"mother_in": MOTHER},
    Missing.BEFORE_SHELTER: {"before_shelter": BEFORE},
}


def written_anew(facts: Facts) -> tuple[str, Basis]:
    """Say where it goes, row by row, as RSL §§ 9 and 9 a are told in the rules."""
    rows = [
        (facts.in_shelter, facts.before_shelter, Basis.KEEPS_OLD),
        (facts.unborn, facts.mother_in, Basis.MOTHER),
        (facts.custody in {Custody.ONE, Custody.JOINT_TOGETHER}, facts.holder_in, Basis.CUSTODY_HOLDER),
        (facts.custody is None, None, Basis.STAYS_THERE),
        (facts.living is Living.MOSTLY_ONE, facts.mostly_in, Basis.LIVES_MOST),
        (facts.living is Living.EQUALLY, facts.cpr_in, Basis.CPR_ADDRESS),
        (facts.living is Living.DISPUTED, facts.cpr_in, Basis.CPR_ADDRESS_FOR_NOW),
    ]
    for fits, municipality, basis in rows:
        if fits:
            return (facts.stays_in, Basis.STAYS_THERE) if municipality is None else (municipality, basis)
    return facts.stays_in, Basis.STAYS_THERE


@pytest.mark.rule("R39", enforced_by="services.concern.domain.acting:acting_municipality")
@pytest.mark.parametrize(
    ("facts", "municipality", "basis"),
    [
        (replace(KNOWN, custody=Custody.ONE), HOLDER, Basis.CUSTODY_HOLDER),
        (replace(KNOWN, custody=Custody.JOINT_TOGETHER), HOLDER, Basis.CUSTODY_HOLDER),
        (replace(APART, living=Living.MOSTLY_ONE), MOSTLY, Basis.LIVES_MOST),
        (replace(APART, living=Living.EQUALLY), CPR, Basis.CPR_ADDRESS),
        (replace(APART, living=Living.DISPUTED), CPR, Basis.CPR_ADDRESS_FOR_NOW),
        (replace(KNOWN, unborn=True), MOTHER, Basis.MOTHER),
        (replace(KNOWN, unborn=True, in_shelter=True), BEFORE, Basis.KEEPS_OLD),
        (replace(APART, living=Living.MOSTLY_ONE, in_shelter=True), BEFORE, Basis.KEEPS_OLD),
        (Facts(STAYS), STAYS, Basis.STAYS_THERE),
    ],
)
def test_r39_a_child_born_or_not_follows_whom_the_law_says(facts: Facts, municipality: str, basis: Basis) -> None:
    acting = acting_municipality(facts)
    assert (acting.municipality, acting.basis, acting.says) == (municipality, basis, BASIS_DANISH[basis])


def test_r39_every_set_of_facts_gives_what_the_rule_written_anew_gives() -> None:
    told = {facts: acting_municipality(facts) for facts in EVERY}
    assert [facts for facts, got in told.items() if (got.municipality, got.basis) != written_anew(facts)] == []
    assert {got.basis for got in told.values()} == set(Basis)


@pytest.mark.rule("R39", enforced_by="services.concern.domain.acting:acting_municipality")
def test_r39_a_report_is_never_refused_for_lack_of_facts_and_only_what_would_settle_it_is_asked() -> None:
    for facts in EVERY:
        acting = acting_municipality(facts)
        assert (acting.basis is Basis.STAYS_THERE) == bool(acting.missing) == (acting.municipality == STAYS)
        assert acting.for_now == (acting.basis in {Basis.STAYS_THERE, Basis.CPR_ADDRESS_FOR_NOW})
        assert _settled(facts, acting).missing == ()


def _settled(facts: Facts, acting: Acting) -> Acting:
    """Answer what is asked, one thing after the other, and return where it goes then; each is asked once."""
    asked: list[Missing] = []
    while acting.missing:
        (missing,) = acting.missing
        assert missing not in asked
        asked.append(missing)
        facts = replace(facts, **ANSWERS[missing])  # type: ignore[arg-type]
        acting = acting_municipality(facts)
    return acting


def test_r39_what_the_rule_does_not_look_at_changes_nothing() -> None:
    """An unborn child has no custody holder yet, and a child no mother's rule."""
    for custody, living in product((None, *Custody), (None, *Living)):
        assert acting_municipality(replace(KNOWN, unborn=True, custody=custody, living=living)).municipality == MOTHER
    for facts in EVERY:
        if not facts.unborn:
            assert acting_municipality(facts) == acting_municipality(replace(facts, mother_in=None))


def test_every_basis_and_every_question_has_its_danish_words() -> None:
    assert (set(BASIS_DANISH), set(MISSING_DANISH), set(ANSWERS)) == (set(Basis), set(Missing), set(Missing))
    assert all(question.endswith("?") for question in MISSING_DANISH.values())
    assert len({field.name for field in fields(Facts)}) == 10
