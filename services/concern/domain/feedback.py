"""What the reporter is told of what came of it: yes or no per kind, and by whom it is owed (R33)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.concern.domain.errors import FeedbackContradicts, FeedbackIncomplete, NoFeedbackHere
from services.concern.domain.kinds import ReporterKind
from services.concern.domain.lifecycle import Outcome

MOST_WEEKS = 260


class Owed(StrEnum):
    """Whether something is told to the reporter."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    NOT_TOLD = "not_told"


class Withheld(StrEnum):
    """Why a reporter who shall be told is not: the special circumstances (særlige forhold), a closed list."""

    CHILDS_SAFETY = "childs_safety"
    FAMILY_IN_HIDING = "family_in_hiding"
    POLICE_CASE = "police_case"
    REPORTER_INVOLVED = "reporter_involved"
    REPORTER_HAS_LEFT = "reporter_has_left"


class MeasureType(StrEnum):
    """What kind of help was begun (BL §§ 30–32, 46, 47): a type from a closed list, never its content."""

    ADVICE = "advice"
    SUPPORT_AT_HOME = "support_at_home"
    FAMILY_TREATMENT = "family_treatment"
    CONTACT_PERSON = "contact_person"
    RESPITE = "respite"
    GROUP = "group"
    FAMILY_STAY = "family_stay"
    PLACEMENT = "placement"


@dataclass(frozen=True, slots=True)
class Owing:
    """What one kind of reporter is owed: every kind is acknowledged; the rest differs.

    `begun`: whether anything was begun. `more`: its type and length. `open_question`: what a jurist has yet to settle.
    """

    begun: Owed
    more: Owed
    says: str
    open_question: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Yes or no for each of the three the law names, and nothing else about the case."""

    examination: bool
    mapping: bool
    measures: bool


@dataclass(frozen=True, slots=True)
class More:
    """The type and planned length, where it matters much for the support the reporter gives; `why` is written down."""

    types: frozenset[MeasureType]
    weeks: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is told, or why nothing is; never both."""

    begun: Begun | None = None
    withheld: Withheld | None = None
    more: More | None = None


_ONLY_RECEIPT = "Du får en bekræftelse på, at underretningen er modtaget. Kommunen må ikke fortælle mere om sagen."
OWING: Mapping[ReporterKind, Owing] = {
    ReporterKind.PROFESSIONAL: Owing(
        Owed.MANDATORY,
        Owed.OPTIONAL,
        "Du får at vide, om der er begyndt en børnefaglig undersøgelse, en afdækning eller en indsats, hvis ikke "
        "særlige forhold taler imod (barnets lov § 138, stk. 2).",
    ),
    ReporterKind.PROFESSIONAL_B1602: Owing(
        Owed.NOT_TOLD,
        Owed.NOT_TOLD,
        _ONLY_RECEIPT,
        "BL § 138, stk. 2, names § 133: does it reach those whose duty is set by BEK 1602/2023?",
    ),
    ReporterKind.AUTHORITY_132: Owing(
        Owed.NOT_TOLD,
        Owed.NOT_TOLD,
        _ONLY_RECEIPT,
        "BL § 138, stk. 2, names § 133, not § 132: what may the old municipality be told, and on what ground?",
    ),
    ReporterKind.CITIZEN_135: Owing(Owed.NOT_TOLD, Owed.NOT_TOLD, _ONLY_RECEIPT),
}
ANONYMOUS_SAYS = (
    "Du har underrettet uden navn. Brug din kvittering til at se, om underretningen er modtaget. Kommunen kan ikke "
    "kontakte dig."
)
WITHHELD_DANISH: Mapping[Withheld, str] = {
    Withheld.CHILDS_SAFETY: "Hensynet til barnets sikkerhed taler imod",
    Withheld.FAMILY_IN_HIDING: "Familien er beskyttet, og det kan røbe, hvor den er",
    Withheld.POLICE_CASE: "Politiet er ved at efterforske",
    Withheld.REPORTER_INVOLVED: "Underretteren er selv en del af det, underretningen handler om",
    Withheld.REPORTER_HAS_LEFT: "Underretteren arbejder ikke længere i den tjeneste eller det hverv",
}
MEASURE_DANISH: Mapping[MeasureType, str] = {
    MeasureType.ADVICE: "Konsulentbistand eller rådgivning",
    MeasureType.SUPPORT_AT_HOME: "Støtte i hjemmet",
    MeasureType.FAMILY_TREATMENT: "Familiebehandling eller anden behandling",
    MeasureType.CONTACT_PERSON: "Fast kontaktperson",
    MeasureType.RESPITE: "Aflastning eller støtteophold",
    MeasureType.GROUP: "Netværks- eller samtalegruppe",
    MeasureType.FAMILY_STAY: "Ophold for forældre og barn sammen",
    MeasureType.PLACEMENT: "Anbringelse uden for hjemmet",
}


def owing(kind: ReporterKind) -> Owing:
    """Return what that kind of reporter is owed (BL § 138)."""
    return OWING[kind]


def begun_by(outcomes: Collection[Outcome]) -> Begun:
    """Return what the outcomes come to, as the reporter is told it."""
    return Begun(Outcome.EXAMINATION in outcomes, Outcome.MAPPING in outcomes, Outcome.MEASURES in outcomes)


def must_be_told(kind: ReporterKind, feedback: Feedback, outcomes: Collection[Outcome] | None = None) -> None:
    """Let pass what that kind of reporter may be told; `outcomes`: what the authority closed with, where it has.

    Raises:
        NoFeedbackHere: the law gives that kind an acknowledgement only.
        FeedbackIncomplete: neither the three answers nor a reason; or more without a type or a written reason.
        FeedbackContradicts: told and withheld at once; help told of that has not begun; or another answer than what
            the report was closed with.
    """
    owed = OWING[kind]
    if owed.begun is Owed.NOT_TOLD:
        raise NoFeedbackHere
    if feedback.begun is None and feedback.withheld is None:
        raise FeedbackIncomplete(["begun", "withheld"])
    if feedback.withheld is not None and (feedback.begun is not None or feedback.more is not None):
        raise FeedbackContradicts
    if outcomes is not None and feedback.begun not in {None, begun_by(outcomes)}:
        raise FeedbackContradicts
    if feedback.more is not None:
        _must_be_more(feedback.more, feedback.begun)


def outstanding(kind: ReporterKind, told: Feedback | None, *, closed: bool) -> bool:
    """Say whether the authority still owes this reporter an answer: it is closed, and nobody told what was begun.

    Where a report was passed on, the municipality that has it now owes the answer.
    """
    return closed and told is None and OWING[kind].begun is Owed.MANDATORY


def _must_be_more(more: More, begun: Begun | None) -> None:
    if begun is None or not begun.measures:
        raise FeedbackContradicts
    lacking = [name for name, there in (("types", bool(more.types)), ("why", bool(more.why.strip()))) if not there]
    if more.weeks is not None and not 1 <= more.weeks <= MOST_WEEKS:
        lacking.append("weeks")
    if lacking:
        raise FeedbackIncomplete(lacking)
