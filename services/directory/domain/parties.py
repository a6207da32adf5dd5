"""Who may take part in an exchange without consent under RSL § 11 e: a whitelist, and everybody else is out (R2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.domain.model import MunicipalityCode
from shared.vocabulary import Sector


class Verdict(StrEnum):
    """Whether a unit is a party (part efter § 11 e). Only `in` lets anybody in.

    `conditional`: it is one if it solves the authority's task by agreement, and nobody has said whether it does.
    """

    IN = "in"
    CONDITIONAL = "conditional"
    OUT = "out"


class PartyReason(StrEnum):
    """The row of R2's table that decides."""

    MUNICIPAL_HEALTH = "municipal_health"
    DAYCARE = "daycare"
    SCHOOL = "school"
    AUTHORITY = "authority"
    PPR_COUNTED_IN = "ppr_counted_in"
    FAMILY_COURT_HOUSE = "family_court_house"
    FAMILY_HOUSE = "family_house"
    TASK_AGREEMENT = "task_agreement"
    AGREEMENT_UNKNOWN = "agreement_unknown"
    AGREEMENT_MISSING = "agreement_missing"
    CIVIL_SOCIETY = "civil_society"
    REGIONAL_HEALTH = "regional_health"
    GENERAL_PRACTICE = "general_practice"
    EMPLOYMENT_AND_BENEFITS = "employment_and_benefits"
    PPR_COUNTED_OUT = "ppr_counted_out"
    NOT_NAMED = "not_named"


@dataclass(frozen=True, slots=True)
class Party:
    """The directory's answer about one unit: the verdict, the row that decides, and both in Danish."""

    verdict: Verdict
    reason: PartyReason
    says: str


_LAW = "retssikkerhedslovens § 11 e"
_BY_AGREEMENT = f"{_LAW}, stk. 1, 2. pkt."
_ANSWERS: Mapping[PartyReason, tuple[Verdict, str]] = {
    PartyReason.MUNICIPAL_HEALTH: (Verdict.IN, f"Den kommunale sundhedstjeneste er nævnt i {_LAW}, stk. 1."),
    PartyReason.DAYCARE: (Verdict.IN, f"Dagtilbud er nævnt i {_LAW}, stk. 1; private og selvejende i 2. pkt."),
    PartyReason.SCHOOL: (Verdict.IN, f"Skoler, SFO'er og fritidshjem er nævnt i {_LAW}, stk. 1; friskoler i 2. pkt."),
    PartyReason.AUTHORITY: (Verdict.IN, f"Myndigheder for udsatte børn og unge er nævnt i {_LAW}, stk. 1."),
    PartyReason.PPR_COUNTED_IN: (
        Verdict.IN, f"PPR er ikke nævnt i {_LAW}, men regnes med efter praksis. Kommunen kan vælge anderledes."),
    PartyReason.FAMILY_COURT_HOUSE: (Verdict.IN, f"Familieretshuset er nævnt i {_LAW}, stk. 1."),
    PartyReason.FAMILY_HOUSE: (
        Verdict.IN, f"Et kommunalt familiehus regnes med ({_LAW}, stk. 1); det afhænger af den enkeltes ansættelse."),
    PartyReason.TASK_AGREEMENT: (
        Verdict.IN, f"Enheden løser en opgave for myndigheden efter aftale ({_BY_AGREEMENT})."),
    PartyReason.AGREEMENT_UNKNOWN: (
        Verdict.CONDITIONAL, f"Kun part, hvis den løser en opgave efter aftale ({_BY_AGREEMENT}). Det er ikke oplyst."),
    PartyReason.AGREEMENT_MISSING: (
        Verdict.OUT, f"Enheden mangler en aftale om at løse en opgave for myndigheden ({_BY_AGREEMENT})."),
    PartyReason.CIVIL_SOCIETY: (
        Verdict.OUT, f"Frivillige og foreninger er kun parter med en aftale om en myndighedsopgave ({_BY_AGREEMENT})."),
    PartyReason.REGIONAL_HEALTH: (
        Verdict.OUT, f"Regionens jordemødre, hospitaler og ambulatorier er ikke nævnt i {_LAW}."),
    PartyReason.GENERAL_PRACTICE: (
        Verdict.OUT, f"Praktiserende læger er ikke ansat i den kommunale sundhedstjeneste, og det kræver {_LAW}."),
    PartyReason.EMPLOYMENT_AND_BENEFITS: (Verdict.OUT, f"Jobcentre og ydelseskontorer er ikke nævnt i {_LAW}."),
    PartyReason.PPR_COUNTED_OUT: (
        Verdict.OUT, f"PPR er ikke nævnt i {_LAW}, og kommunen har valgt ikke at regne PPR med."),
    PartyReason.NOT_NAMED: (Verdict.OUT, f"Den slags enhed er ikke nævnt i {_LAW}."),
}  # fmt: skip
_INSTEAD = " Brug samtykke. Er der bekymring for et barn, gælder underretningspligten."

# What is out wherever it is placed and whatever has been agreed.
_NEVER: Mapping[UnitKind, PartyReason] = {
    UnitKind.MIDWIFERY: PartyReason.REGIONAL_HEALTH,
    UnitKind.HOSPITAL: PartyReason.REGIONAL_HEALTH,
    UnitKind.FAMILY_OUTPATIENT_CLINIC: PartyReason.REGIONAL_HEALTH,
    UnitKind.GENERAL_PRACTICE: PartyReason.GENERAL_PRACTICE,
    UnitKind.JOBCENTER: PartyReason.EMPLOYMENT_AND_BENEFITS,
    UnitKind.BENEFITS_OFFICE: PartyReason.EMPLOYMENT_AND_BENEFITS,
}
# The municipality's own units: in which of its sectors a kind is named, and by which row.
_MUNICIPAL: Mapping[UnitKind, tuple[frozenset[Sector], PartyReason]] = {
    UnitKind.HEALTH_VISITING: (frozenset({Sector.MUNICIPAL_HEALTH}), PartyReason.MUNICIPAL_HEALTH),
    UnitKind.MUNICIPAL_NURSING: (frozenset({Sector.MUNICIPAL_HEALTH}), PartyReason.MUNICIPAL_HEALTH),
    UnitKind.MUNICIPAL_DOCTOR: (frozenset({Sector.MUNICIPAL_HEALTH}), PartyReason.MUNICIPAL_HEALTH),
    UnitKind.DENTAL_CARE: (frozenset({Sector.MUNICIPAL_HEALTH}), PartyReason.MUNICIPAL_HEALTH),
    UnitKind.DAYCARE: (frozenset({Sector.MUNICIPAL_DAYCARE}), PartyReason.DAYCARE),
    UnitKind.SCHOOL: (frozenset({Sector.MUNICIPAL_EDUCATION}), PartyReason.SCHOOL),
    UnitKind.AFTER_SCHOOL_CARE: (
        frozenset({Sector.MUNICIPAL_EDUCATION, Sector.MUNICIPAL_DAYCARE}), PartyReason.SCHOOL),
    UnitKind.SOCIAL_AUTHORITY: (frozenset({Sector.MUNICIPAL_SOCIAL}), PartyReason.AUTHORITY),
    UnitKind.PPR: (frozenset({Sector.MUNICIPAL_EDUCATION, Sector.MUNICIPAL_SOCIAL}), PartyReason.PPR_COUNTED_IN),
    UnitKind.FAMILY_HOUSE: (
        frozenset({Sector.MUNICIPAL_SOCIAL, Sector.MUNICIPAL_HEALTH}), PartyReason.FAMILY_HOUSE),
}  # fmt: skip
# Private and self-owning places that are named for what they are, without any agreement.
_PRIVATE: Mapping[UnitKind, PartyReason] = {
    UnitKind.DAYCARE: PartyReason.DAYCARE,
    UnitKind.SCHOOL: PartyReason.SCHOOL,
    UnitKind.AFTER_SCHOOL_CARE: PartyReason.SCHOOL,
}
_ONLY_PUBLIC = frozenset({UnitKind.SOCIAL_AUTHORITY, UnitKind.FAMILY_COURT_HOUSE})
_PRIVATE_SECTORS = frozenset({Sector.PRIVATE, Sector.PRIVATE_HEALTH, Sector.CIVIL_SOCIETY})
_VOLUNTARY_OWNERS = frozenset({OrganisationKind.VOLUNTARY, OrganisationKind.CHURCH, OrganisationKind.HOUSING})
_PRIVATE_OWNERS = _VOLUNTARY_OWNERS | {OrganisationKind.PRIVATE}
_VOLUNTARY_KINDS = frozenset({UnitKind.VOLUNTARY, UnitKind.CHURCH, UnitKind.HOUSING_ASSOCIATION})


def party_11e(
    kind: UnitKind,
    sector: Sector,
    organisation: OrganisationKind,
    *,
    task_agreement: bool | None = None,
    municipality: MunicipalityCode | None = None,
    without_ppr: Collection[MunicipalityCode] = frozenset(),
) -> Party:
    """Say whether a unit is a party under § 11 e, from what it is and who runs it (RSL § 11 e, stk. 1; R2).

    `task_agreement`: it solves an authority's task by agreement; None where nobody has said. `without_ppr` are
    the municipalities that have chosen not to count PPR in. What the table does not name is out. It says nothing
    of a single meeting: whether a unit of another municipality may come takes a reason of its own.
    """
    reason = _reason(kind, sector, organisation, task_agreement=task_agreement)
    if reason is PartyReason.PPR_COUNTED_IN and municipality in without_ppr:
        reason = PartyReason.PPR_COUNTED_OUT
    verdict, says = _ANSWERS[reason]
    return Party(verdict, reason, says if verdict is Verdict.IN else says + _INSTEAD)


def _reason(
    kind: UnitKind, sector: Sector, organisation: OrganisationKind, *, task_agreement: bool | None
) -> PartyReason:
    if kind in _NEVER:
        return _NEVER[kind]
    if sector is Sector.REGIONAL_HEALTH or organisation is OrganisationKind.REGION:
        return PartyReason.REGIONAL_HEALTH
    if sector is Sector.MUNICIPAL_EMPLOYMENT:
        return PartyReason.EMPLOYMENT_AND_BENEFITS
    if organisation is OrganisationKind.STATE or sector is Sector.STATE:
        named = (kind, sector, organisation) == (UnitKind.FAMILY_COURT_HOUSE, Sector.STATE, OrganisationKind.STATE)
        return PartyReason.FAMILY_COURT_HOUSE if named else PartyReason.NOT_NAMED
    if organisation in _PRIVATE_OWNERS or sector in _PRIVATE_SECTORS:
        return _private(kind, sector, organisation, task_agreement=task_agreement)
    sectors, reason = _MUNICIPAL.get(kind, (frozenset[Sector](), PartyReason.NOT_NAMED))
    return reason if sector in sectors else PartyReason.NOT_NAMED


def _private(
    kind: UnitKind, sector: Sector, organisation: OrganisationKind, *, task_agreement: bool | None
) -> PartyReason:
    """Return the row for what no authority runs itself: by what it is, or by what it has agreed to do."""
    if kind in _ONLY_PUBLIC:
        return PartyReason.NOT_NAMED
    if kind in _PRIVATE and sector in _MUNICIPAL[kind][0] | {Sector.PRIVATE}:
        return _PRIVATE[kind]
    if task_agreement:
        return PartyReason.TASK_AGREEMENT
    if sector is Sector.CIVIL_SOCIETY or organisation in _VOLUNTARY_OWNERS or kind in _VOLUNTARY_KINDS:
        return PartyReason.CIVIL_SOCIETY
    return PartyReason.AGREEMENT_UNKNOWN if task_agreement is None else PartyReason.AGREEMENT_MISSING
