"""Is there a duty to report? Who is asked, what an answer holds, and what the question says (R29, R31).

A request never takes the place of a concern report (underretning), and a report is never made of one: what is asked
here makes, sends and stops nothing but the request that came without an answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.referral.domain.errors import ConcernStands, DutyUnanswered, KindRefused, WrongDay
from services.referral.domain.kinds import KINDS, Kind
from services.referral.domain.model import ReferralId, UnitId, by_family

PROVISION = "Barnets lov § 133"
REPORT_AT = "/api/v1/concern-reports"


class DutyAnswer(StrEnum):
    """What the sender answers, when asked whether there is a duty to report (underretningspligt)."""

    REPORTED = "reported"
    WILL_REPORT = "will_report"
    NO_DUTY = "no_duty"


# As choices in a question, and as what was chosen.
CHOICES_DANISH: Mapping[DutyAnswer, str] = {
    DutyAnswer.REPORTED: "Ja, og der er underrettet",
    DutyAnswer.WILL_REPORT: "Ja, og der bliver underrettet med det samme",
    DutyAnswer.NO_DUTY: "Nej, med en begrundelse",
}
ANSWERED_DANISH: Mapping[DutyAnswer, str] = {
    DutyAnswer.REPORTED: "Du har svaret, at du har underrettet",
    DutyAnswer.WILL_REPORT: "Du har svaret, at du vil underrette",
    DutyAnswer.NO_DUTY: "Du har svaret, at der ikke er pligt til at underrette",
}
STILL_TO_REPORT = (
    f"{ANSWERED_DANISH[DutyAnswer.WILL_REPORT]}. Henvisningen er ingen underretning. Svar igen, når du har underrettet."
)
QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "serious_concern": {
        "da": "Er der alvorlig bekymring for et barn, født eller ventet?",
        "en": "Is there serious concern for a child, born or expected?",
    },
    "duty_to_report": {"da": "Er der underretningspligt?", "en": "Is there a duty to report?"},
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What the sender states: whether there is serious concern and, where there is, its answer.

    `reported_at`: when it was reported, and only then. `reason`: why there is no duty, and only then: the sender's own
    words, for nobody else.
    """

    serious_concern: bool
    answer: DutyAnswer | None = None
    reported_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was stated, as it is kept: by which unit and user, and when; `id` is its entry's on the ledger."""

    id: UUID
    referral: ReferralId
    stated: Stated
    unit: UnitId
    user: str
    at: datetime


def can_be_stated(kind: Kind, sender: UnitId) -> bool:
    """Say whether the question has a meaning: a unit sends it, and it is about somebody."""
    return not KINDS[kind].anonymous and not by_family(sender)


def is_asked(kind: Kind, sender: UnitId, *, to_authority: bool) -> bool:
    """Say whether a unit must answer: it turns to an authority about somebody, by whatever kind of request (R31)."""
    return to_authority and can_be_stated(kind, sender)


def lacks(stated: Stated | None) -> list[str]:
    """Return which questions have no answer, in codes; silence is none."""
    if stated is None:
        return ["serious_concern"]
    return ["duty_to_report"] if stated.serious_concern and stated.answer is None else []


def must_be_answered(stated: Stated | None) -> None:
    """Let pass what leaves no question open.

    Raises:
        DutyUnanswered: something has no answer; the error holds the question.
    """
    open_ones = lacks(stated)
    if open_ones:
        raise unanswered(open_ones)


def check(kind: Kind, sender: UnitId, stated: Stated, at: datetime) -> None:
    """Let pass what can be stated of such a request at that moment.

    Raises:
        KindRefused: it is about nobody, or the family's own.
        DutyUnanswered: serious concern is stated, and nothing answered.
        WrongDay: it is said to have been reported in the future.
    """
    if not can_be_stated(kind, sender):
        raise KindRefused(kind, ["no_serious_concern"])
    must_be_answered(stated)
    if stated.reported_at is not None and stated.reported_at > at:
        raise WrongDay("reported_at")


def check_follows(stated: Stated, before: Collection[Kept]) -> None:
    """Let pass what may follow on what was stated before: concern that was stated is answered for, not unsaid.

    Raises:
        ConcernStands: it says there is no serious concern, where there was.
    """
    if not stated.serious_concern and any(each.stated.serious_concern for each in before):
        raise ConcernStands


def notices(stands: Stated | None) -> list[str]:
    """Return, in Danish, what the sender is told of what stands: that it is still to report, and nothing else."""
    return [STILL_TO_REPORT] if stands is not None and stands.answer is DutyAnswer.WILL_REPORT else []


def unanswered(open_ones: Sequence[str]) -> DutyUnanswered:
    """Return the error that puts the question: in Danish and English, with the provision and where to report."""
    return DutyUnanswered(
        open_ones,
        {
            "questions": {code: dict(QUESTIONS[code]) for code in open_ones},
            "answers": {str(answer): said for answer, said in CHOICES_DANISH.items()},
            "provision": PROVISION,
            "rule": "R29",
            "report_at": REPORT_AT,
        },
    )
