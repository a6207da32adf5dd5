"""What a request must hold before it is kept: by its kind, its sender and its recipients, as data and one function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.referral.domain.anonymity import points_to_somebody
from services.referral.domain.duty import Stated
from services.referral.domain.errors import IdentityRefused, KindRefused, SeenInTheFuture
from services.referral.domain.kinds import KINDS, Kind, Priority, Topic
from services.referral.domain.model import Level, PersonId, ReferralId, UnitId, by_family
from shared.vocabulary import Category, Purpose, Sector

AUTHORITY = "social_authority"
# How much one request holds beside its dialogue, whoever comes back to it how often; corrections get as much again.
MOST_IN_ALL, MOST_WITH_CORRECTIONS = 600, 1200


@dataclass(frozen=True, slots=True)
class Told:
    """One thing the sender tells: about whom, of what kind, in which words, which offer is hoped for, which level."""

    subject: PersonId
    category: Category
    text: str
    offer: str | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the sender wrote. `words`: the question of an anonymous consultation, about nobody.

    `stated`: whether there is serious concern, and a duty to report; None, where nothing was said of it (R31).
    """

    need: UUID | None
    purpose: Purpose
    recipients: tuple[UnitId, ...]
    seen_by_family_at: datetime | None
    told: tuple[Told, ...]
    kind: Kind = Kind.REFERRAL
    priority: Priority = Priority.ROUTINE
    topic: Topic | None = None
    words: str | None = None
    continues: ReferralId | None = None
    first_accepts: bool = False
    discussed_with_parents_at: datetime | None = None
    owner: str | None = None
    unsent: bool = False
    stated: Stated | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says of a unit that matters here."""

    kind: str
    sector: Sector
    authority: bool = False

    @property
    def decides(self) -> bool:
        """True where it is the authority for somebody, whatever its kind: Småbørnshuset is (seed 000, 157-160)."""
        return self.authority or self.kind == AUTHORITY


def check(draft: Draft, sender: UnitId, units: Mapping[UnitId, Known], at: datetime) -> None:
    """Let pass what its kind allows.

    Raises:
        SeenInTheFuture: the family saw it, or parents talked about it, later than now.
        KindRefused: something is missing or too much for the kind.
        IdentityRefused: an anonymous consultation points to somebody.
    """
    for moment in (draft.seen_by_family_at, draft.discussed_with_parents_at):
        if moment is not None and moment > at:
            raise SeenInTheFuture
    lacks = [*_of_kind(draft, sender), *_of_units(draft, sender, units)]
    if lacks:
        raise KindRefused(draft.kind, lacks)
    if draft.words is not None and points_to_somebody(draft.words):
        raise IdentityRefused


def _of_kind(draft: Draft, sender: UnitId) -> list[str]:
    rule = KINDS[draft.kind]
    found = []
    if rule.by_family is not by_family(sender):
        found.append("sent_by_family" if rule.by_family else "sent_by_unit")
    if rule.anonymous:
        persons = draft.told or draft.need or draft.continues or draft.seen_by_family_at or draft.unsent
        found += ["no_person"] if persons else []
        found += ["topic"] if draft.topic is None else []
        found += ["question"] if draft.words is None else []
    else:
        found += ["no_topic"] if draft.topic is not None else []
        found += ["no_question"] if draft.words is not None else []
        found += [] if draft.told else ["own_words"]
        found += ["seen_by_family_at"] if draft.seen_by_family_at is None else []
    if rule.handed_over and draft.first_accepts:
        found.append("no_first_accepts")
    return found


def _of_units(draft: Draft, sender: UnitId, units: Mapping[UnitId, Known]) -> list[str]:
    own = units.get(sender)
    found = []
    if own is not None and own.sector is Sector.MUNICIPAL_DAYCARE and not KINDS[draft.kind].anonymous:
        found += ["discussed_with_parents_at"] if draft.discussed_with_parents_at is None else []  # R71
    if not KINDS[draft.kind].books and any(not units[to].decides for to in draft.recipients):
        found.append("authority")
    return found
