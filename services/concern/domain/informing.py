"""Whether the parents know, and what the caseworker must see: told when and by whom, or why not (R73, R34)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.concern.domain.errors import NotInformed, ToldInTheFuture

INFORM_WITHIN = timedelta(days=14)  # policy, as for a meeting under § 11 e (R14); GDPR art. 14, stk. 3: a month


class Informer(StrEnum):
    """Who told the parents."""

    REPORTER = "reporter"
    AUTHORITY = "authority"


class WhyNot(StrEnum):
    """Why the parents were not told of the report: a closed list."""

    SUSPECTED_ABUSE = "suspected_abuse"
    CHILDS_SAFETY = "childs_safety"
    DBL_22 = "dbl_22"
    NOT_REACHED = "not_reached"
    LEFT_TO_AUTHORITY = "left_to_authority"


WHY_NOT_DANISH: Mapping[WhyNot, str] = {
    WhyNot.SUSPECTED_ABUSE: "Der er mistanke om overgreb. Forældrene skal ikke have det at vide, før myndigheden har "
    "talt med politiet",
    WhyNot.CHILDS_SAFETY: "Hensynet til barnets sikkerhed taler imod",
    WhyNot.DBL_22: "Andre afgørende hensyn vejer tungere (databeskyttelseslovens § 22)",
    WhyNot.NOT_REACHED: "Det er ikke lykkedes at få fat i forældrene",
    WhyNot.LEFT_TO_AUTHORITY: "Underretteren lader myndigheden fortælle det",
}
_AHEAD = timedelta(minutes=5)
# What answers for now only: somebody still has to tell them.
_STILL = frozenset({WhyNot.NOT_REACHED, WhyNot.LEFT_TO_AUTHORITY})


@dataclass(frozen=True, slots=True)
class Informing:
    """One answer: told at a moment by somebody, or why not; answers are added, never changed."""

    by: Informer
    informed_at: datetime | None = None
    why_not: WhyNot | None = None


def by_our_clock(answer: Informing, at: datetime) -> Informing:
    """Return the answer with a moment that is a little ahead as now: a clock of theirs stops no report (R29)."""
    told = answer.informed_at
    if told is None or not at < told <= at + _AHEAD:
        return answer
    return replace(answer, informed_at=at)


def must_answer(answer: Informing, at: datetime) -> None:
    """Let pass one answer and only one.

    Raises:
        NotInformed: neither a moment nor a reason, both, or a reason that is not the authority's to give.
        ToldInTheFuture: the moment is still to come.
    """
    if (answer.informed_at is None) == (answer.why_not is None):
        raise NotInformed(["informed_at", "why_not"])
    if answer.by is Informer.AUTHORITY and answer.why_not is WhyNot.LEFT_TO_AUTHORITY:
        raise NotInformed([each.value for each in WhyNot if each is not WhyNot.LEFT_TO_AUTHORITY])
    if answer.informed_at is not None and answer.informed_at > at:
        raise ToldInTheFuture


def informed(answers: Collection[Informing]) -> bool:
    """Say whether somebody has told them."""
    return any(each.informed_at is not None for each in answers)


def answered(answers: Sequence[Informing]) -> bool:
    """Say whether the authority may close: they were told, or its own last word, oldest first, says why not.

    "Left to the authority" is no answer of the authority's, and a reason the reporter had binds nobody else.
    """
    if informed(answers):
        return True
    return any(each.by is Informer.AUTHORITY for each in answers)


def still_to_tell(answers: Sequence[Informing]) -> bool:
    """Say whether somebody still has to tell the parents: nobody has, and the last word holds for now only."""
    return not informed(answers) and (not answers or answers[-1].why_not in _STILL)


def inform_by(received_at: datetime) -> datetime:
    """Return by when the parents are told, where nothing speaks against it: the first moment that is too late."""
    return received_at + INFORM_WITHIN


def untold(answers: Sequence[Informing], received_at: datetime, at: datetime) -> bool:
    """Say whether that moment has passed and somebody still has to tell them: what the leader and the auditor see."""
    return still_to_tell(answers) and at >= inform_by(received_at)


REASSESS_DANISH = (
    "Barnet får allerede hjælp efter barnets lov §§ 32, 46, 47 eller 67. Hjælpen skal vurderes igen, og en, der ikke "
    "har været med før, skal deltage (barnets lov § 137)."
)


def reassessment(*, running_measures: bool) -> str | None:
    """Return, in Danish, what the caseworker sees when measures run already (BL § 137; R34): display only."""
    return REASSESS_DANISH if running_measures else None


def involved_before(assessor: str, earlier: Collection[str]) -> bool:
    """Say whether the one who assesses again has had part in it: shown, as the authority decides who does (R34)."""
    return assessor in earlier
