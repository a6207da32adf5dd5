"""What the family is told of a meeting under § 11 e it was informed of: never what was said (R13, R14, R52)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.consent.domain.model import PersonId
from services.consent.domain.section11e.meetings import Kind, Outcome
from services.consent.domain.section11e.parties import Profession
from services.consent.domain.told import UnitTold
from shared.vocabulary import Category

LAW = "RSL § 11 e, stk. 2"
PURPOSE_DANISH = "At hjælpe barnet tidligt og forebygge, i et samarbejde mellem dem, der er om barnet"
KIND_DANISH: Mapping[Kind, str] = {Kind.PRIMARY: "Møde", Kind.FOLLOW_UP: "Opfølgende møde"}
KEPT = (
    "Det, der blev sagt på mødet, er slettet. Gemt er kun, hvem der deltog, hvornår, hvorfor, hvilke slags oplysninger "
    "det var, og hvad mødet førte til. Du kan spørge det sted, der indkaldte, hvorfor mødet var nødvendigt, og du kan "
    "klage til Datatilsynet (datatilsynet.dk)."
)
_ASK = "Spørg det sted, der indkaldte, hvad mødet førte til."
_OUTCOME_DANISH: Mapping[Outcome, str] = {
    Outcome.NOTHING: "Mødet førte ikke til mere.",
    Outcome.SEEK_CONSENT: "Mødet førte til, at familien bliver spurgt om samtykke.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A unit that was in the room: with which professions, and which kinds it put forward; no person (R52)."""

    unit: UnitTold
    professions: tuple[Profession, ...]
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting about `subject` as those are told of it who speak for them; `hidden`: places are not told (R45)."""

    id: UUID
    subject: PersonId
    kind: Kind
    began_at: datetime
    ended_at: datetime
    called_by: UnitTold
    parts: tuple[Part, ...]
    outcome: Outcome | None
    informed_at: datetime
    hidden: bool


def outcome_told(outcome: Outcome | None) -> Outcome | None:
    """Return the outcome that is told here.

    Of a concern report the authority tells the parents, or not, for reasons of its own (DBL § 22): the word that there
    was a meeting is not the word that there is a report. It looks as though nothing were written yet.
    """
    return outcome if outcome in _OUTCOME_DANISH else None


def outcome_danish(outcome: Outcome | None) -> str:
    """Return in Danish what a meeting led to, as far as it is told here."""
    return _ASK if outcome is None else _OUTCOME_DANISH.get(outcome, _ASK)
