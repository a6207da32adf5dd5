"""Handovers: what a good one needs, who was there, and when the receiver has taken over (requirement 22)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.referral.domain.kinds import Kind
from services.referral.domain.lifecycle import Party
from services.referral.domain.meetings import Presence
from services.referral.domain.model import UnitId
from shared.vocabulary import Sector


class Template(StrEnum):
    """From whom to whom."""

    MIDWIFE_TO_HOUSE = "midwife_to_house"
    HEALTH_VISITING_TO_DAYCARE = "health_visiting_to_daycare"
    BRIDGING = "bridging"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to have seen to; `required`: the receiver does not take over without it."""

    code: str
    danish: str
    required: bool = True


_AGREES = Check("family_knows_and_agrees", "Familien ved, hvem der tager over, og er enig")
_CONTACT = Check("contact_known", "Modtageren ved, hvordan familien helst vil kontaktes")
_FIRST_MEETING = Check("first_meeting_together", "Familie, afsender og modtager har mødtes sammen første gang")
_HELPS = Check("what_helps", "Det, der hjælper familien og barnet, er fortalt videre")
_CALL = Check("who_to_call", "Familien ved, hvem den kan ringe til, og hvornår")
_PRACTICAL = Check("practical", "Det praktiske er på plads: transport, tidspunkt, søskende", required=False)
_WISHES = Check("wishes_heard", "Familiens egne ønsker til forløbet er hørt")

CHECKLISTS: Mapping[Template, tuple[Check, ...]] = {
    Template.MIDWIFE_TO_HOUSE: (
        _AGREES, _CONTACT, _FIRST_MEETING, _HELPS, _CALL,
        Check("birth_plan", "Ønsker til fødsel og den første tid er talt igennem", required=False),
        Check("partner_involved", "Partner eller anden støtteperson er med efter ønske", required=False),
        Check("health_visitor_known", "Familien har hilst på sundhedsplejersken eller ved, hvornår den gør det",
              required=False),
        _PRACTICAL,
    ),
    Template.HEALTH_VISITING_TO_DAYCARE: (
        _AGREES, _CONTACT, _FIRST_MEETING,
        Check("what_helps", "Det, der hjælper barnet med at være trygt, spise og sove, er fortalt videre"),
        Check("settling_in", "Indkøringen er aftalt med forældrene"),
        _CALL,
        Check("health_needs", "Det, dagtilbuddet skal vide om helbred og allergi, er fortalt videre", required=False),
        Check("language", "Sprog og eventuel tolk er aftalt", required=False),
        _PRACTICAL,
    ),
    Template.BRIDGING: (_AGREES, _WISHES, _CONTACT, _FIRST_MEETING, _CALL, _PRACTICAL),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who was at the handover meeting."""

    sender: bool
    recipient: bool
    family: Presence


@dataclass(frozen=True, slots=True)
class Handover:
    """Where a handover stands; version 0: nothing has been written. Each side ticks for itself."""

    template: Template
    by_sender: frozenset[str] = frozenset()
    by_recipient: frozenset[str] = frozenset()
    meeting_on: date | None = None
    attendance: Attendance | None = None
    version: int = 0
    written_by: UnitId | None = None
    taken_over_at: datetime | None = None

    @property
    def ticked(self) -> frozenset[str]:
        """What either side has seen to."""
        return self.by_sender | self.by_recipient


def first(kind: Kind, sender: Sector | None, recipient: Sector | None) -> Handover:
    """Return a handover of which nothing has been written, with the checklist that fits its two sides."""
    if kind is Kind.HANDOVER and sender is Sector.REGIONAL_HEALTH:
        return Handover(Template.MIDWIFE_TO_HOUSE)
    if kind is Kind.HANDOVER and recipient is Sector.MUNICIPAL_DAYCARE:
        return Handover(Template.HEALTH_VISITING_TO_DAYCARE)
    return Handover(Template.BRIDGING)


def unknown(template: Template, ticked: frozenset[str]) -> frozenset[str]:
    """Return what was ticked that is not on the list."""
    return ticked - {check.code for check in CHECKLISTS[template]}


def lacks(handover: Handover) -> list[str]:
    """Return what is missing before the receiver can take over, in codes: a warm handover is met, not mailed."""
    missing = [check.code for check in CHECKLISTS[handover.template] if check.required]
    found = [code for code in missing if code not in handover.ticked]
    if handover.meeting_on is None:
        found.append("meeting_on")
    if handover.attendance is None:
        found.append("attendance")
    elif not (handover.attendance.sender and handover.attendance.recipient):
        found.append("both_sides_present")
    return found


def responsible(handover: Handover) -> Party:
    """Return who is responsible for the family: the sender, until the receiver has taken over."""
    return Party.SENDER if handover.taken_over_at is None else Party.RECIPIENT


class Paragraph(StrEnum):
    """What the authority screens under: barnets lov § 18, a child; § 24, expectant parents (R35)."""

    SECTION_18 = "section_18"
    SECTION_24 = "section_24"


# Told, never decided here: what may be given is for the authority to decide (R35, R69).
SCREENING_DANISH: Mapping[Paragraph, str] = {
    Paragraph.SECTION_18: "Screening efter barnets lov § 18. Hjælp efter §§ 30-32 begynder først, når myndigheden har "
    "screenet; efter § 32 også med afdækning eller undersøgelse og samtykke.",
    Paragraph.SECTION_24: "Screening efter barnets lov § 24. Til kommende forældre kan efter § 32, stk. 5, kun gives "
    "hjælp efter § 32, stk. 1, nr. 2, 3, 5, 6 og 8. Myndigheden afgør det.",
}


@dataclass(frozen=True, slots=True)
class Screening:
    """The authority's screening, by its case system's id."""

    ref: str
    paragraph: Paragraph
    on: date
