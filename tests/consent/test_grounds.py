"""Other legal grounds than consent: who may use which towards whom, and what must be written down (R17, R37, R74)."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from services.consent.domain import grounds
from services.consent.domain.errors import WrongGround
from services.consent.domain.grounds import TERMS, Ground
from services.consent.domain.model import UnitFacts, UnitId
from shared.vocabulary import Sector
from tests.support.consents import AT, MOMENT

HEALTH = {Sector.MUNICIPAL_HEALTH, Sector.REGIONAL_HEALTH, Sector.PRIVATE_HEALTH}
OUTSIDE = {Sector.CIVIL_SOCIETY, Sector.PRIVATE}
AUTHORITIES = set(Sector) - OUTSIDE
SOCIAL = {Sector.MUNICIPAL_SOCIAL}
MONTH = timedelta(days=30)
# law, senders, recipients, against a no, person informed, consent tried, another municipality: as the acts have it.
LAW: dict[Ground, tuple[str, set[Sector], set[Sector], bool, bool, bool, bool]] = {
    Ground.CURRENT_TREATMENT: ("SUL § 41, stk. 2, nr. 1", HEALTH, HEALTH, False, False, False, False),
    Ground.REQUIRED_BY_LAW: ("SUL § 43, stk. 2, nr. 1", HEALTH, AUTHORITIES, True, True, False, False),
    Ground.VITAL_INTEREST: ("SUL § 43, stk. 2, nr. 2", HEALTH, AUTHORITIES, True, True, False, False),
    Ground.FAMILY_MOVES: ("BL § 132", SOCIAL, SOCIAL, True, False, False, True),
    Ground.CHILDS_CASE: ("RSL § 11 c, stk. 1", AUTHORITIES - HEALTH, SOCIAL, True, False, True, False),
}


def unit(sector: Sector, municipality: str | None, **changes: Any) -> UnitFacts:
    """Return a unit of that sector."""
    return replace(UnitFacts(UnitId(f"{sector}-{municipality}"), "A", sector, municipality=municipality), **changes)


def check(ground: Ground, sender: Sector, recipients: list[UnitFacts] | None = None, **changes: Any) -> grounds.Terms:
    """Check a ground that has everything it asks for, with `changes`."""
    told: dict[str, Any] = {"informed": True, "tried": True, "begins": AT, "ends": AT + MONTH} | changes
    _, _, to, *_ = LAW[ground]
    others = recipients if recipients is not None else [unit(min(to), "0461")]
    return grounds.check(ground, told.pop("from_", unit(sender, "0101")), others, **told)


def wants(ground: Ground, sender: Sector, recipients: list[UnitFacts] | None = None, **changes: Any) -> list[str]:
    """Return what the ground lacks, by name."""
    try:
        check(ground, sender, recipients, **changes)
    except WrongGround as refused:
        return list(refused.wants)
    return []


@pytest.mark.rule("R17", enforced_by="services.consent.domain.grounds:TERMS")
@pytest.mark.parametrize("ground", Ground)
def test_each_ground_stands_as_in_the_act(ground: Ground) -> None:
    """R17."""
    law, senders, recipients, despite, informs, tries, elsewhere = LAW[ground]
    terms = TERMS[ground]
    assert (terms.law, terms.despite_refusal) == (law, despite)
    assert terms.senders == senders
    assert terms.recipients == recipients
    assert (terms.informs, terms.tries_consent, terms.elsewhere) == (informs, tries, elsewhere)


def test_each_ground_has_its_code_and_its_danish() -> None:
    """The codes stand in records that are never changed (R24)."""
    assert {ground.value: TERMS[ground].danish for ground in Ground} == {
        "sul_41_2_1": "nødvendigt for et aktuelt behandlingsforløb",
        "sul_43_2_1": "en lov kræver, at det fortælles",
        "sul_43_2_2": "åbenbar almen interesse eller væsentlige hensyn til personen eller andre",
        "bl_132": "familien flytter, og myndigheden finder behov for særlig støtte",
        "rsl_11_c": "myndigheden indhenter oplysninger i en sag om et barn",
    }


@pytest.mark.rule("R1", enforced_by="services.consent.domain.grounds:TERMS")
def test_no_other_ground_carries_anything() -> None:
    """R1, R29: a meeting under § 11 e and a report of concern are no grounds here."""
    assert set(TERMS) == set(Ground) == set(LAW)
    assert not any("11 e" in terms.law or "133" in terms.law for terms in TERMS.values())


@pytest.mark.rule("R17", enforced_by="services.consent.domain.grounds:check")
@pytest.mark.parametrize(("ground", "sender", "recipient"), list(product(Ground, Sector, Sector)))
def test_between_each_two_sectors_it_carries_just_what_the_act_says(
    ground: Ground, sender: Sector, recipient: Sector
) -> None:
    """R17."""
    _, senders, recipients, *_ = LAW[ground]
    lacks = [*(["another_sender"] if sender not in senders else []),
             *(["other_recipients"] if recipient not in recipients else [])]  # fmt: skip
    assert wants(ground, sender, [unit(recipient, "0461")]) == lacks


@pytest.mark.rule("R17", enforced_by="services.consent.domain.grounds:check")
@pytest.mark.parametrize("ground", Ground)
def test_each_asks_for_what_it_wants_written_down(ground: Ground) -> None:
    """R17: SUL § 43, stk. 4: the person is told. RSL § 11 c, stk. 5: consent was tried."""
    sender = min(LAW[ground][1])
    assert check(ground, sender) is TERMS[ground]
    assert wants(ground, sender, informed=False) == (["person_informed"] if LAW[ground][4] else [])
    assert wants(ground, sender, tried=False) == (["consent_tried"] if LAW[ground][5] else [])


@pytest.mark.parametrize("ground", Ground)
def test_one_recipient_outside_it_is_one_too_many(ground: Ground) -> None:
    fitting = unit(min(LAW[ground][2]), "0461")
    assert wants(ground, min(LAW[ground][1]), [fitting, unit(Sector.CIVIL_SOCIETY, "0461")]) == ["other_recipients"]


@pytest.mark.rule("R37", enforced_by="services.consent.domain.grounds:check")
@pytest.mark.parametrize(
    ("here", "there", "lacks"),
    [
        ("0101", ["0461"], []),
        ("0101", ["0461", "0751"], []),
        ("0101", ["0101"], ["another_municipality"]),
        ("0101", ["0461", "0101"], ["another_municipality"]),
        ("0101", [None], ["another_municipality"]),
        (None, ["0461"], ["another_municipality"]),
        (None, [None], ["another_municipality"]),
    ],
)
def test_a_family_moves_to_another_municipality_that_is_known(
    here: str | None, there: list[str | None], lacks: list[str]
) -> None:
    """R37: BL § 132; where either municipality is not known, nobody can say that it is another."""
    social = Sector.MUNICIPAL_SOCIAL
    others = [unit(social, each) for each in there]
    assert wants(Ground.FAMILY_MOVES, social, others, from_=unit(social, here)) == lacks


def test_within_one_municipality_the_others_carry() -> None:
    midwives = unit(Sector.REGIONAL_HEALTH, "0101")
    assert wants(Ground.VITAL_INTEREST, Sector.REGIONAL_HEALTH, [unit(Sector.MUNICIPAL_SOCIAL, "0101")],
                 from_=midwives) == []  # fmt: skip


@pytest.mark.parametrize(
    ("length", "lacks"),
    [(MOMENT, []), (MONTH, []), (MONTH + MOMENT, ["an_end_within_thirty_days"]),
     (0 * MOMENT, ["an_end_within_thirty_days"]), (-MOMENT, ["an_end_within_thirty_days"])],
)  # fmt: skip
def test_it_is_short(length: timedelta, lacks: list[str]) -> None:
    assert wants(Ground.VITAL_INTEREST, Sector.REGIONAL_HEALTH, ends=AT + length) == lacks


def test_a_closed_unit_is_nobodys_sender_or_recipient() -> None:
    gone = {"unit": "a", "successor": None}
    health = Sector.REGIONAL_HEALTH
    closed, open_ = unit(health, "0461", closed=gone), unit(health, "0461")
    assert wants(Ground.CURRENT_TREATMENT, health, [open_, closed]) == ["open_units"]
    assert wants(Ground.CURRENT_TREATMENT, health, [open_], from_=closed) == ["open_units"]


def test_the_refusal_names_rule_law_and_what_it_wants() -> None:
    with pytest.raises(WrongGround) as refused:
        check(Ground.VITAL_INTEREST, Sector.REGIONAL_HEALTH, informed=False)
    law = LAW[Ground.VITAL_INTEREST][0]
    assert refused.value.extra == {"rule": "R74", "law": law, "wants": ["person_informed"]}
    assert str(refused.value) == law


def test_all_that_is_wrong_is_said_at_once() -> None:
    closed = unit(Sector.PRIVATE, None, closed={"unit": "a"})
    told: dict[str, Any] = {"informed": False, "tried": False, "ends": AT}
    assert wants(Ground.FAMILY_MOVES, Sector.PRIVATE, [closed], **told) == [
        "another_sender", "other_recipients", "another_municipality", "an_end_within_thirty_days", "open_units",
    ]  # fmt: skip
    assert wants(Ground.VITAL_INTEREST, Sector.PRIVATE, [closed], **told) == [
        "another_sender", "other_recipients", "person_informed", "an_end_within_thirty_days", "open_units",
    ]  # fmt: skip
    assert wants(Ground.CHILDS_CASE, Sector.PRIVATE, [closed], **told)[2] == "consent_tried"
