"""Who reports, and why: by what the directory says of their unit, over every kind of unit there is (R29, R30, R37)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

import orjson
import pytest

from services.concern.domain.errors import (
    NotAnAuthority,
    NotAnonymous,
    NotAReason,
    SameMunicipality,
    SummaryMissing,
    SummaryNotAsked,
)
from services.concern.domain.kinds import (
    GROUND_DANISH,
    KIND_DANISH,
    KINDS,
    SUBJECT_DANISH,
    Ground,
    ReporterKind,
    Stated,
    Subject,
    must_be_stated,
    provision,
    reasons,
    reporter_kind,
)
from services.directory.actions import units as actions
from services.directory.actions.routing import read_table
from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.load import DATA, read_folder
from shared.contracts import UnitOut
from shared.vocabulary import Sector

K, G, S = ReporterKind, Ground, Subject
HERE, THERE = "0217", "0370"


@dataclass(frozen=True)
class Unit:
    """What the directory says of a unit, as far as it matters here."""

    kind: str
    sector: Sector
    organisation_kind: str = ""
    party_11e: str = "out"
    authority: bool = False


EVERY = [
    Unit(kind.value, sector, owner, party, authority)
    for kind, sector, owner, party, authority in product(
        UnitKind, Sector, [*(each.value for each in OrganisationKind), ""], ("in", "conditional", "out"), (False, True)
    )
]
NAMED: list[tuple[str, Unit, ReporterKind]] = [
    ("a region's midwives", Unit("midwifery", Sector.REGIONAL_HEALTH, "region"), K.PROFESSIONAL),
    ("a hospital", Unit("hospital", Sector.REGIONAL_HEALTH, "region"), K.PROFESSIONAL),
    ("health visitors", Unit("health_visiting", Sector.MUNICIPAL_HEALTH, "municipality", "in"), K.PROFESSIONAL),
    ("the town's daycare", Unit("daycare", Sector.MUNICIPAL_DAYCARE, "municipality", "in"), K.PROFESSIONAL),
    ("a jobcenter", Unit("jobcenter", Sector.MUNICIPAL_EMPLOYMENT, "municipality"), K.PROFESSIONAL),
    ("a family house", Unit("family_house", Sector.MUNICIPAL_SOCIAL, "municipality", "in"), K.PROFESSIONAL),
    ("Familieretshuset", Unit("family_court_house", Sector.STATE, "state", "in"), K.PROFESSIONAL),
    ("the authority itself", Unit("social_authority", Sector.MUNICIPAL_SOCIAL, "municipality", "in", authority=True),
     K.PROFESSIONAL),
    ("an older directory says no owner", Unit("daycare", Sector.MUNICIPAL_DAYCARE, "", "in"), K.PROFESSIONAL),
    ("a general practice", Unit("general_practice", Sector.PRIVATE_HEALTH, "private"), K.PROFESSIONAL_B1602),
    ("a private daycare", Unit("daycare", Sector.PRIVATE, "private", "in"), K.PROFESSIONAL_B1602),
    ("a private daycare in the town's sector", Unit("daycare", Sector.MUNICIPAL_DAYCARE, "private", "in"),
     K.PROFESSIONAL_B1602),
    ("a free school", Unit("school", Sector.PRIVATE, "private", "in"), K.PROFESSIONAL_B1602),
    ("a private clinic with an agreement", Unit("substance_treatment", Sector.PRIVATE_HEALTH, "private", "in"),
     K.PROFESSIONAL_B1602),
    ("a voluntary house with an agreement", Unit("counselling", Sector.CIVIL_SOCIETY, "voluntary", "in"),
     K.PROFESSIONAL_B1602),
    ("a private clinic that perhaps has one", Unit("counselling", Sector.PRIVATE, "private", "conditional"),
     K.CITIZEN_135),
    ("volunteers", Unit("voluntary", Sector.CIVIL_SOCIETY, "voluntary"), K.CITIZEN_135),
    ("a housing association", Unit("housing_association", Sector.CIVIL_SOCIETY, "housing"), K.CITIZEN_135),
]  # fmt: skip


def written_anew(unit: Unit) -> ReporterKind:
    """Say the same as plainly as possible: is it a doctor's, the public's, daycare or school, by agreement, or else."""
    public = unit.sector.value.startswith(("municipal_", "regional_")) or unit.sector is Sector.STATE
    if unit.organisation_kind not in {"", "municipality", "region", "state"}:
        public = False
    if unit.kind == "general_practice":
        return K.PROFESSIONAL_B1602
    if public:
        return K.PROFESSIONAL
    if unit.kind in {"daycare", "school", "after_school_care"} or unit.party_11e == "in":
        return K.PROFESSIONAL_B1602
    return K.CITIZEN_135


@pytest.mark.rule("R29", enforced_by="services.concern.domain.kinds:reporter_kind")
@pytest.mark.parametrize(("unit", "kind"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_r29_who_must_report_is_told_by_the_unit_the_directory_knows(unit: Unit, kind: ReporterKind) -> None:
    assert reporter_kind(unit) is kind


def test_r29_every_unit_there_can_be_is_of_one_kind() -> None:
    assert [unit for unit in EVERY if reporter_kind(unit) is not written_anew(unit)] == []
    assert {reporter_kind(unit) for unit in EVERY} == set(K) - {K.AUTHORITY_132}


def test_r29_the_directorys_own_units_are_read_as_they_are_told() -> None:
    """Who is municipal, regional or the state's is public, and nobody else; the rest are volunteers and the like."""
    told = orjson.loads(actions.units(read_folder(DATA), date(2026, 11, 22), read_table(), UnitOut.model_fields))
    units = [UnitOut.model_validate(each) for each in told["units"]]
    public = {unit.id for unit in units if reporter_kind(unit) is K.PROFESSIONAL}
    assert public == {
        unit.id for unit in units
        if unit.organisation_kind in {"municipality", "region", "state"} and unit.sector is not Sector.CIVIL_SOCIETY
    }  # fmt: skip
    assert public
    assert public != {unit.id for unit in units}


@pytest.mark.rule("R30", enforced_by="services.concern.domain.kinds:reporter_kind")
def test_r30_an_agreement_makes_a_private_place_a_professional_and_nothing_makes_a_citizen_one() -> None:
    assert reporter_kind(None) is K.CITIZEN_135
    private = [unit for unit in EVERY if unit.organisation_kind == "private" and unit.party_11e == "in"]
    assert {reporter_kind(unit) for unit in private} == {K.PROFESSIONAL_B1602}


STATED: Mapping[tuple[ReporterKind, Subject], set[Ground]] = {
    (K.PROFESSIONAL, S.BORN): {G.MAY_NEED_SUPPORT, G.ABSENCE, G.ABUSE},
    (K.PROFESSIONAL, S.UNBORN): {G.UNBORN_MAY_NEED_SUPPORT},
    (K.PROFESSIONAL_B1602, S.BORN): {
        G.NEEDS_HELP, G.NEGLECT, G.DEGRADING_TREATMENT, G.DANGER, G.OTHER_CONCERN},
    (K.PROFESSIONAL_B1602, S.UNBORN): {G.NEEDS_HELP, G.OTHER_CONCERN},
    (K.AUTHORITY_132, S.BORN): {G.MOVED},
    (K.AUTHORITY_132, S.UNBORN): {G.MOVED},
    (K.CITIZEN_135, S.BORN): {G.NEGLECT, G.DEGRADING_TREATMENT, G.DANGER, G.OTHER_CONCERN},
    (K.CITIZEN_135, S.UNBORN): {G.OTHER_CONCERN},
}  # fmt: skip


def stated(kind: ReporterKind, ground: Ground, subject: Subject = S.BORN, **changes: object) -> Stated:
    """Return what somebody states, whole for its kind unless changed."""
    moved = kind is K.AUTHORITY_132
    whole: dict[str, object] = {"to": HERE, "reporter_in": THERE if moved else None, "summary": moved}
    return Stated(kind, ground, subject, **(whole | changes))  # type: ignore[arg-type]


@pytest.mark.rule("R29", enforced_by=("services.concern.domain.kinds:KINDS",
                                      "services.concern.domain.kinds:must_be_stated"))  # fmt: skip
@pytest.mark.rule("R30", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.parametrize(("kind", "subject", "ground"), list(product(K, S, G)))
def test_r29_r30_each_kind_states_its_own_reasons_and_no_others(
    kind: ReporterKind, subject: Subject, ground: Ground
) -> None:
    """Every kind of reporter, born and unborn, with every reason."""
    if ground in STATED[kind, subject]:
        must_be_stated(stated(kind, ground, subject))
        return
    with pytest.raises(NotAReason) as refused:
        must_be_stated(stated(kind, ground, subject))
    assert refused.value.extra == {
        "rule": KINDS[kind].rule,
        "wants": sorted(each.value for each in STATED[kind, subject]),
    }


@pytest.mark.rule("R29", enforced_by="services.concern.domain.kinds:provision")
@pytest.mark.parametrize(
    ("ground", "number"),
    [(G.MAY_NEED_SUPPORT, 1), (G.UNBORN_MAY_NEED_SUPPORT, 2), (G.ABSENCE, 3), (G.ABUSE, 4)],
)
def test_r29_the_four_reasons_of_133_are_each_their_number(ground: Ground, number: int) -> None:
    assert provision(K.PROFESSIONAL, ground) == f"BL § 133, stk. 1, nr. {number}"


@pytest.mark.rule("R30", enforced_by="services.concern.domain.kinds:provision")
def test_r30_each_threshold_is_told_with_its_provision() -> None:
    assert provision(K.PROFESSIONAL_B1602, G.NEEDS_HELP) == "BEK 1602/2023, § 1"
    assert provision(K.CITIZEN_135, G.NEGLECT) == provision(K.PROFESSIONAL_B1602, G.DANGER) == "BL § 135"
    with pytest.raises(NotAReason):
        provision(K.CITIZEN_135, G.ABSENCE)


def test_r30_a_citizen_may_always_report_and_what_is_no_duty_is_not_called_one() -> None:
    for subject in S:
        free = reasons(K.CITIZEN_135, subject)[G.OTHER_CONCERN]
        assert (free.duty, free.provision) == (False, "BL § 135 (ret, ikke pligt)")
    duties = [each.duty for kind in K for ground, each in KINDS[kind].grounds.items() if ground is not G.OTHER_CONCERN]
    assert all(duties)
    must_be_stated(Stated(K.CITIZEN_135, G.OTHER_CONCERN, S.UNBORN, HERE))


@pytest.mark.rule("R36", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.rule("R29", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.parametrize("kind", K)
def test_r29_r36_citizens_may_be_anonymous_and_professionals_never(kind: ReporterKind) -> None:
    ground = min(STATED[kind, S.BORN])
    must_be_stated(stated(kind, ground))
    if kind is K.CITIZEN_135:
        must_be_stated(stated(kind, ground, anonymous=True))
        return
    with pytest.raises(NotAnonymous) as refused:
        must_be_stated(stated(kind, ground, anonymous=True))
    assert refused.value.extra == {"rule": "R36"}


@pytest.mark.rule("R37", enforced_by="services.concern.domain.kinds:reporter_kind")
def test_r37_only_the_authority_tells_that_a_family_has_moved() -> None:
    with pytest.raises(NotAnAuthority):
        reporter_kind(None, moving=True)
    for unit in EVERY:
        if unit.authority:
            assert reporter_kind(unit, moving=True) is K.AUTHORITY_132
        else:
            with pytest.raises(NotAnAuthority):
                reporter_kind(unit, moving=True)


@pytest.mark.rule("R37", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.parametrize("subject", S)
def test_r37_it_goes_to_another_municipality_with_a_summary_for_born_and_unborn(subject: Subject) -> None:
    must_be_stated(stated(K.AUTHORITY_132, G.MOVED, subject))
    for nowhere in (HERE, None):
        with pytest.raises(SameMunicipality):
            must_be_stated(stated(K.AUTHORITY_132, G.MOVED, subject, reporter_in=nowhere))
    with pytest.raises(SummaryMissing):
        must_be_stated(stated(K.AUTHORITY_132, G.MOVED, subject, summary=False))


@pytest.mark.rule("R37", enforced_by="services.concern.domain.kinds:must_be_stated")
def test_r37_nobody_else_sends_an_authoritys_summary() -> None:
    for kind in set(K) - {K.AUTHORITY_132}:
        with pytest.raises(SummaryNotAsked):
            must_be_stated(stated(kind, min(STATED[kind, S.BORN]), summary=True))


def test_every_code_has_its_danish_words() -> None:
    assert (set(KIND_DANISH), set(GROUND_DANISH), set(SUBJECT_DANISH)) == (set(K), set(G), set(S))
    assert set(KINDS) == set(K)
