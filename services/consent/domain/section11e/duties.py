"""What is owed after a meeting that was held: its outcome written, and the parents told; and until when (R13, R14)."""

from datetime import datetime
from enum import StrEnum

from services.consent.domain.section11e.meetings import State, inform_by, outcome_by


class Duty(StrEnum):
    """What the unit that called a meeting owes when it is over."""

    OUTCOME = "outcome"
    INFORMING = "informing"


# What is missing, as it is said to the leader; the day of the meeting goes in.
_MISSING = {
    Duty.OUTCOME: "Der er ikke skrevet, hvad mødet den {ended} førte til.",
    Duty.INFORMING: "Forældrene har ikke fået besked om mødet den {ended}, og der er ikke skrevet, hvorfor.",
}
# What to do, as it is said to the unit.
_ASKED = {
    Duty.OUTCOME: "Skriv, hvad mødet den {ended} førte til: intet, at der spørges om samtykke, eller en underretning.",
    Duty.INFORMING: "Fortæl forældrene, at mødet den {ended} er holdt, eller skriv, hvorfor de ikke får det at vide.",
}


def due(duty: Duty, ended_at: datetime) -> datetime:
    """Return when a duty is overdue that began as a meeting ended; the moment itself is too late (R14, policy)."""
    return outcome_by(ended_at) if duty is Duty.OUTCOME else inform_by(ended_at)


def owed(duty: Duty, state: State, *, concluded: bool, informed: bool) -> bool:
    """Say whether a duty is open: of a meeting that was held, and neither done nor, of informing, said why not.

    `informed`: the parents were told, or it was recorded why they are not.
    """
    return state is State.HELD and not (concluded if duty is Duty.OUTCOME else informed)


def prompt(duty: Duty, ended: str, by: str, *, late: bool) -> str:
    """Return what a unit is asked to do. `ended`, `by`: the day of the meeting, and the last moment, in Danish."""
    asked = _ASKED[duty].format(ended=ended)
    return f"{asked} Fristen var den {by}." if late else f"{asked} Fristen er den {by}."


def missing(duty: Duty, ended: str, by: str) -> str:
    """Return what a leader is told of a duty that is overdue; see `prompt`."""
    return f"{_MISSING[duty].format(ended=ended)} Fristen var den {by}."
