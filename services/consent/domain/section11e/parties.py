"""Who is admitted: what the directory says of the unit decides, never what anybody says of themselves (R2, R3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.consent.domain.model import UnitId
from services.consent.domain.section11e.errors import (
    AgreementMissing,
    NotAParty,
    OtherMunicipality,
    WrongAttendees,
)

MOST_ATTENDEES = 20
FEWEST_UNITS = 2
_PPR = "ppr"
_IN = "in"
_MUNICIPAL = "municipal_"
_AGREED = "task_agreement"


class Profession(StrEnum):
    """What somebody at the meeting is (faggruppe), as R2's table counts them (R10)."""

    HEALTH_VISITOR = "health_visitor"
    NURSE = "nurse"
    DOCTOR = "doctor"
    DENTIST = "dentist"
    DENTAL_HYGIENIST = "dental_hygienist"
    PEDAGOGUE = "pedagogue"
    CHILDMINDER = "childminder"
    TEACHER = "teacher"
    SOCIAL_WORKER = "social_worker"
    FAMILY_THERAPIST = "family_therapist"
    PSYCHOLOGIST = "psychologist"
    SPEECH_THERAPIST = "speech_therapist"
    FAMILY_COURT_OFFICER = "family_court_officer"
    LEADER = "leader"


PROFESSION_DANISH: Mapping[Profession, str] = {
    Profession.HEALTH_VISITOR: "sundhedsplejerske",
    Profession.NURSE: "sygeplejerske",
    Profession.DOCTOR: "læge i den kommunale sundhedstjeneste",
    Profession.DENTIST: "tandlæge i den kommunale tandpleje",
    Profession.DENTAL_HYGIENIST: "tandplejer i den kommunale tandpleje",
    Profession.PEDAGOGUE: "pædagog",
    Profession.CHILDMINDER: "dagplejer",
    Profession.TEACHER: "lærer",
    Profession.SOCIAL_WORKER: "socialrådgiver",
    Profession.FAMILY_THERAPIST: "familiebehandler",
    Profession.PSYCHOLOGIST: "psykolog",
    Profession.SPEECH_THERAPIST: "talepædagog",
    Profession.FAMILY_COURT_OFFICER: "medarbejder i Familieretshuset",
    Profession.LEADER: "leder",
}


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """What the directory says of a unit today: whether it is a party, by which row of R2's table, and in Danish."""

    id: UnitId
    organisation: str
    kind: str
    municipality: str | None
    party: str
    row: str
    says: str
    closed: bool
    sector: str = ""
    authority: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a municipality has decided where the law leaves it open: PPR counted in (R2), unborn children (R8)."""

    ppr: bool = True
    unborn: bool = False
    unborn_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who is to be in the room: who, as what, and for which unit (R10).

    `agreement` names a private unit's agreement with an authority; `elsewhere_because` why a unit of another
    municipality takes part (R2).
    """

    user: str
    profession: Profession
    unit: UnitId
    agreement: str | None = None
    elsewhere_because: str | None = None


_UNKNOWN = "Enheden findes ikke i kataloget."
_CLOSED = "Enheden er lukket."
_NOT_COUNTED = "PPR er ikke nævnt i retssikkerhedslovens § 11 e, og kommunen har valgt ikke at regne PPR med."


def why_not(unit: PartyFacts | None, terms: Terms) -> str | None:
    """Return in Danish why a unit is no party today; None, if it is one (R2).

    `conditional` is out: nobody has told the directory that it solves an authority's task.
    """
    if unit is None:
        return _UNKNOWN
    if unit.closed:
        return _CLOSED
    if unit.party != _IN:
        return unit.says
    if unit.kind == _PPR and not terms.ppr:
        return _NOT_COUNTED
    return None


def leads(unit: PartyFacts) -> bool:
    """Say whether a unit's leader decides for a municipality: its own, open, and a party or its authority."""
    named = unit.party == _IN or unit.authority
    return named and unit.sector.startswith(_MUNICIPAL) and not unit.closed


def admit(
    invited: Sequence[Invited], units: Mapping[UnitId, PartyFacts], municipality: str, terms: Mapping[str, Terms]
) -> None:
    """Let the invited be attendees of a meeting that a unit of `municipality` calls.

    `terms` by municipality; what is not there is as the law's text has it.

    Raises:
        WrongAttendees: too many, of too few units, or somebody twice.
        NotAParty: at least one unit is out; all of them are named (R3).
        AgreementMissing: a private unit's agreement is not named.
        OtherMunicipality: a unit of another municipality, and nobody wrote why.
    """
    if len(invited) > MOST_ATTENDEES or len({each.user for each in invited}) < len(invited):
        raise WrongAttendees
    refused = {}
    for each in invited:
        unit = units.get(each.unit)
        why = why_not(unit, terms.get((unit and unit.municipality) or "", Terms()))
        if why is not None:
            refused[str(each.unit)] = why
    if refused:
        raise NotAParty(refused)
    if len({each.unit for each in invited}) < FEWEST_UNITS:
        raise WrongAttendees
    unnamed = [each.unit for each in invited if units[each.unit].row == _AGREED and not each.agreement]
    if unnamed:
        raise AgreementMissing(unnamed)
    guests = [each for each in invited if units[each.unit].municipality not in {None, municipality}]
    elsewhere = [each.unit for each in guests if not each.elsewhere_because]
    if elsewhere:
        raise OtherMunicipality(elsewhere)
