"""Who is a party under RSL § 11 e: R2's table, row by row, over every kind, sector, owner and agreement there is."""

from itertools import product

import pytest

from services.directory.domain.codes import OrganisationKind as Owner
from services.directory.domain.codes import UnitKind as Kind
from services.directory.domain.model import MunicipalityCode
from services.directory.domain.parties import Party, PartyReason, Verdict, party_11e
from shared.vocabulary import Sector

HELSINGOER, KOEBENHAVN = MunicipalityCode("0217"), MunicipalityCode("0101")
MUNICIPALITY = Owner.MUNICIPALITY
NOT_PUBLIC = (Owner.PRIVATE, Owner.VOLUNTARY, Owner.CHURCH, Owner.HOUSING)
# R2's rows that let in without any agreement, each place written out.
NAMED = {
    *product([Kind.HEALTH_VISITING, Kind.MUNICIPAL_NURSING, Kind.MUNICIPAL_DOCTOR, Kind.DENTAL_CARE],
             [Sector.MUNICIPAL_HEALTH], [MUNICIPALITY]),
    *product([Kind.DAYCARE], [Sector.MUNICIPAL_DAYCARE, Sector.PRIVATE], [MUNICIPALITY, *NOT_PUBLIC]),
    *product([Kind.SCHOOL], [Sector.MUNICIPAL_EDUCATION, Sector.PRIVATE], [MUNICIPALITY, *NOT_PUBLIC]),
    *product([Kind.AFTER_SCHOOL_CARE], [Sector.MUNICIPAL_EDUCATION, Sector.MUNICIPAL_DAYCARE, Sector.PRIVATE],
             [MUNICIPALITY, *NOT_PUBLIC]),
    (Kind.SOCIAL_AUTHORITY, Sector.MUNICIPAL_SOCIAL, MUNICIPALITY),
    (Kind.PPR, Sector.MUNICIPAL_EDUCATION, MUNICIPALITY),
    (Kind.PPR, Sector.MUNICIPAL_SOCIAL, MUNICIPALITY),
    (Kind.FAMILY_HOUSE, Sector.MUNICIPAL_SOCIAL, MUNICIPALITY),
    (Kind.FAMILY_HOUSE, Sector.MUNICIPAL_HEALTH, MUNICIPALITY),
    (Kind.FAMILY_COURT_HOUSE, Sector.STATE, Owner.STATE),
}  # fmt: skip
# R2's rows that are out whatever has been agreed.
NEVER = {
    Kind.MIDWIFERY, Kind.HOSPITAL, Kind.FAMILY_OUTPATIENT_CLINIC, Kind.GENERAL_PRACTICE, Kind.JOBCENTER,
    Kind.BENEFITS_OFFICE, Kind.SOCIAL_AUTHORITY, Kind.FAMILY_COURT_HOUSE,
}  # fmt: skip
PUBLIC_SECTORS = {Sector.REGIONAL_HEALTH, Sector.MUNICIPAL_EMPLOYMENT, Sector.STATE}
PRIVATE_SECTORS = {Sector.PRIVATE, Sector.PRIVATE_HEALTH, Sector.CIVIL_SOCIETY}
CIVIL_KINDS = {Kind.VOLUNTARY, Kind.CHURCH, Kind.HOUSING_ASSOCIATION}
EVERY = list(product(Kind, Sector, Owner, (None, False, True)))


def by_agreement(kind: Kind, sector: Sector, owner: Owner) -> bool:
    """Say whether it is a private place that an agreement could let in (R2, the row on contracts)."""
    if kind in NEVER or sector in PUBLIC_SECTORS or owner in {Owner.REGION, Owner.STATE}:
        return False
    return owner in NOT_PUBLIC or sector in PRIVATE_SECTORS


def civil(kind: Kind, sector: Sector, owner: Owner) -> bool:
    """Say whether it is civil society, which is out until an agreement is said."""
    return (
        kind in CIVIL_KINDS or sector is Sector.CIVIL_SOCIETY or owner in {Owner.VOLUNTARY, Owner.CHURCH, Owner.HOUSING}
    )


def expected(kind: Kind, sector: Sector, owner: Owner, agreement: bool | None) -> Verdict:  # noqa: FBT001
    """Return R2's answer, as plainly as it can be written."""
    if (kind, sector, owner) in NAMED:
        return Verdict.IN
    if not by_agreement(kind, sector, owner):
        return Verdict.OUT
    if agreement:
        return Verdict.IN
    return Verdict.CONDITIONAL if agreement is None and not civil(kind, sector, owner) else Verdict.OUT


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
def test_every_kind_in_every_sector_under_every_owner_has_the_tables_answer() -> None:
    """R2."""
    wrong = {
        place: got.verdict
        for place in EVERY
        if (got := party_11e(*place[:3], task_agreement=place[3])).verdict is not expected(*place)
    }
    assert wrong == {}
    assert len(EVERY) == len(Kind) * len(Sector) * len(Owner) * 3


ROWS = {
    Kind.HEALTH_VISITING: PartyReason.MUNICIPAL_HEALTH,
    Kind.MUNICIPAL_NURSING: PartyReason.MUNICIPAL_HEALTH,
    Kind.MUNICIPAL_DOCTOR: PartyReason.MUNICIPAL_HEALTH,
    Kind.DENTAL_CARE: PartyReason.MUNICIPAL_HEALTH,
    Kind.DAYCARE: PartyReason.DAYCARE,
    Kind.SCHOOL: PartyReason.SCHOOL,
    Kind.AFTER_SCHOOL_CARE: PartyReason.SCHOOL,
    Kind.SOCIAL_AUTHORITY: PartyReason.AUTHORITY,
    Kind.PPR: PartyReason.PPR_COUNTED_IN,
    Kind.FAMILY_HOUSE: PartyReason.FAMILY_HOUSE,
    Kind.FAMILY_COURT_HOUSE: PartyReason.FAMILY_COURT_HOUSE,
}


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
def test_whoever_is_let_in_by_name_is_let_in_by_the_row_that_names_it() -> None:
    """R2."""
    assert {kind for kind, _, _ in NAMED} == set(ROWS)
    assert {place: party_11e(*place).reason for place in NAMED} == {place: ROWS[place[0]] for place in NAMED}


def test_every_row_is_somebodys() -> None:
    told = {party_11e(*place[:3], task_agreement=place[3]).reason for place in EVERY}
    assert told == set(PartyReason) - {PartyReason.PPR_COUNTED_OUT}


@pytest.mark.rule("R3", enforced_by="services.directory.domain.parties:party_11e")
def test_each_row_has_one_verdict_and_says_it_in_danish_with_the_law() -> None:
    """R3."""
    told = {party_11e(*place[:3], task_agreement=place[3]) for place in EVERY}
    assert len(told) == len({each.reason for each in told})
    for each in told:
        assert "retssikkerhedslovens § 11 e" in each.says, each.reason
        assert each.says.endswith(".")
        for instead in ("Brug samtykke", "underretningspligten"):
            assert (instead in each.says) == (each.verdict is not Verdict.IN), each.reason


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
def test_an_agreement_never_closes_and_its_lack_never_opens() -> None:
    """R2."""
    order = [Verdict.OUT, Verdict.CONDITIONAL, Verdict.IN]
    for kind, sector, owner in product(Kind, Sector, Owner):
        said = [party_11e(kind, sector, owner, task_agreement=each).verdict for each in (False, None, True)]
        assert said == sorted(said, key=order.index), (kind, sector, owner)


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
@pytest.mark.parametrize("kind", sorted({*NEVER} - {Kind.SOCIAL_AUTHORITY, Kind.FAMILY_COURT_HOUSE}))
def test_midwives_doctors_of_ones_own_and_jobcentres_are_out_everywhere(kind: Kind) -> None:
    """R2."""
    answers = {party_11e(*place, task_agreement=True).verdict for place in product([kind], Sector, Owner)}
    assert answers == {Verdict.OUT}


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
def test_ppr_is_the_municipalitys_own_choice() -> None:
    """R2."""

    def ppr(where: MunicipalityCode | None) -> Party:
        return party_11e(
            Kind.PPR, Sector.MUNICIPAL_EDUCATION, MUNICIPALITY, municipality=where, without_ppr={HELSINGOER}
        )

    assert (ppr(HELSINGOER).verdict, ppr(HELSINGOER).reason) == (Verdict.OUT, PartyReason.PPR_COUNTED_OUT)
    assert (ppr(KOEBENHAVN).verdict, ppr(None).verdict) == (Verdict.IN, Verdict.IN)
    assert "kommunen har valgt" in ppr(HELSINGOER).says


def test_the_choice_about_ppr_is_about_nobody_else() -> None:
    for kind, sector, owner, agreement in EVERY:
        free = party_11e(kind, sector, owner, task_agreement=agreement)
        bound = party_11e(
            kind, sector, owner, task_agreement=agreement, municipality=HELSINGOER, without_ppr={HELSINGOER}
        )
        assert (free == bound) == (free.reason is not PartyReason.PPR_COUNTED_IN)


@pytest.mark.rule("R2", enforced_by="services.directory.domain.parties:party_11e")
@pytest.mark.parametrize(
    ("agreement", "verdict", "says"),
    [(True, Verdict.IN, "efter aftale"), (False, Verdict.OUT, "mangler en aftale"),
     (None, Verdict.CONDITIONAL, "ikke oplyst")],
)  # fmt: skip
def test_a_private_clinic_hangs_on_its_agreement(agreement: bool | None, verdict: Verdict, says: str) -> None:  # noqa: FBT001
    """R2."""
    got = party_11e(Kind.SUBSTANCE_TREATMENT, Sector.PRIVATE_HEALTH, Owner.PRIVATE, task_agreement=agreement)
    assert got.verdict is verdict
    assert says in got.says
