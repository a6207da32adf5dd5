"""Forums (TF, TpF, TTI, assessment meeting): a family is an item on the agenda, each with its own lawful basis.

Nothing here opens anything: each unit reads what consent lets it read, and a meeting under RSL § 11 e is another thing
(R1). A referral to a forum never takes the place of a report of concern (R31).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.referral.domain.kinds import Kind
from services.referral.domain.meetings import Presence, live_task
from services.referral.domain.model import MessageId, Referral, ReferralId, UnitId


class ForumKind(StrEnum):
    """Which meeting it is."""

    TF = "tf"
    TPF = "tpf"
    TTI = "tti"
    ASSESSMENT = "assessment"


FORUM_DANISH: Mapping[ForumKind, str] = {
    ForumKind.TF: "Tværfagligt forum",
    ForumKind.TPF: "Tværprofessionelt forum",
    ForumKind.TTI: "Tidlig tværfaglig indsats",
    ForumKind.ASSESSMENT: "Visitationsmøde",
}


class Basis(StrEnum):
    """What lets the forum talk about an item: consent for each unit, or that it is about nobody (R36)."""

    CONSENT = "consent"
    ANONYMOUS = "anonymous"


class Decision(StrEnum):
    """What a forum decides about an item: a closed list."""

    OFFER = "offer"
    EARLY_EFFORT = "early_effort"
    MORE_KNOWLEDGE = "more_knowledge"
    AUTHORITY_REQUEST = "authority_request"
    NOTHING_MORE = "nothing_more"
    CONCERN_TO_CONSIDER = "concern_to_consider"


DECISION_DANISH: Mapping[Decision, str] = {
    Decision.OFFER: "Familien tilbydes et af de åbne tilbud",
    Decision.EARLY_EFFORT: "Der spørges om en tidlig indsats (barnets lov §§ 29-30)",
    Decision.MORE_KNOWLEDGE: "Der er brug for at vide mere først",
    Decision.AUTHORITY_REQUEST: "Myndigheden bedes om en screening (barnets lov §§ 18 og 24)",
    Decision.NOTHING_MORE: "Der er ikke brug for mere nu",
    Decision.CONCERN_TO_CONSIDER: "Hver især overvejer, om der er pligt til at underrette; mødet erstatter det ikke",
}


class Hears(StrEnum):
    """How a family that was not there hears what was decided."""

    TOLD_IN_PERSON = "told_in_person"
    PHONE = "phone"
    LETTER = "letter"
    NEXT_VISIT = "next_visit"


@dataclass(frozen=True, slots=True)
class Forum:
    """A meeting of several units on a day (tværfagligt møde)."""

    id: UUID
    kind: ForumKind
    municipality: str
    host: UnitId
    on: date
    units: tuple[UnitId, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, by whom it was recorded, and how the family hears."""

    decision: Decision
    family: Presence
    hears: Hears | None
    message: MessageId
    by: UnitId
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A referral on a forum's agenda."""

    id: UUID
    forum: UUID
    referral: ReferralId
    version: int
    decided: Decided | None = None


def basis_of(referral: Referral) -> Basis:
    """Return what lets the forum talk about it."""
    return Basis.ANONYMOUS if referral.rule.anonymous else Basis.CONSENT


def lacks(forum: Forum, referral: Referral) -> list[str]:
    """Return what keeps a referral from the agenda, in codes."""
    found = [] if referral.kind in {Kind.AGENDA_ITEM, Kind.SPARRING} else ["kind"]
    outside = {task.recipient for task in referral.tasks} - set(forum.units)
    return found + (["recipients"] if outside else [])


def sees(referral: Referral, unit: UnitId) -> bool:
    """Say whether an item is there for a unit: its own, or one that went out to it and has not ended for it."""
    return unit == referral.sender or live_task(referral, unit) is not None
