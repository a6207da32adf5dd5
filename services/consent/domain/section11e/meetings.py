"""A meeting under § 11 e: what it takes to call one, how many there are, and when its room is open (R4–R9, R12)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.consent.domain.people import Facts, age_in_years
from services.consent.domain.section11e import errors
from services.consent.domain.section11e.parties import Terms

PURPOSE = "tidligt_forebyggende_samarbejde"
LONGEST = timedelta(hours=4)
FURTHEST_AHEAD = timedelta(days=90)
MOST_BROUGHT = 200
INFORM_WITHIN = timedelta(days=14)
OUTCOME_WITHIN = timedelta(days=1)
ADULT = 18


class Kind(StrEnum):
    """The one meeting of a matter, and the one follow-up in special circumstances (R6, R7)."""

    PRIMARY = "primary"
    FOLLOW_UP = "follow_up"


class State(StrEnum):
    """Where a meeting stands. Only `held` is spent for good; what came to nothing spends nothing."""

    AWAITING_APPROVAL = "awaiting_approval"
    DECLINED = "declined"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    OPEN = "open"
    HELD = "held"
    NOT_HELD = "not_held"
    LAPSED = "lapsed"


class MatterState(StrEnum):
    """Where a matter stands: the first about a child is open at once, another when a leader has approved it (R6)."""

    AWAITING_APPROVAL = "awaiting_approval"
    DECLINED = "declined"
    OPEN = "open"


# These take the place of the matter's one meeting of a kind; the database holds them to one (`section11e_once`).
TAKES_PLACE = frozenset({State.AWAITING_APPROVAL, State.SCHEDULED, State.OPEN, State.HELD})
_STEPS: Mapping[State, Collection[str]] = {
    State.AWAITING_APPROVAL: ("approval", "cancellation"),
    State.SCHEDULED: ("opening", "cancellation", "attendees", "choice"),
    State.OPEN: ("presence", "departure", "brought", "room", "choice", "end"),
    State.HELD: ("outcome", "informing"),
}


class Outcome(StrEnum):
    """What a meeting led to; nothing else of it is kept (R13)."""

    NOTHING = "nothing"
    SEEK_CONSENT = "seek_consent"
    CONCERN_REPORT = "concern_report"


class Impossible(StrEnum):
    """Why consent could not be asked for (R9)."""

    NOT_REACHED = "not_reached"
    CHILDS_SAFETY = "childs_safety"
    SUSPECTED_ABUSE = "suspected_abuse"
    NOBODY_TO_ASK = "nobody_to_ask"


class NotInformed(StrEnum):
    """Why parents are not told of a meeting (R14; databeskyttelsesloven § 22)."""

    CHILDS_INTERESTS = "dbl_22_hensyn_til_barnet"
    SUSPECTED_ABUSE = "mistanke_overgreb"
    OTHERS_INTERESTS = "dbl_22_hensyn_til_andre"
    NOT_REACHED = "kunne_ikke_naas"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How consent was sought first: `refusal` is the recorded no; or why it was not possible, and in words (R9)."""

    refusal: UUID | None = None
    impossible: Impossible | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody asks for who calls a meeting."""

    kind: Kind
    purpose: str
    starts_at: datetime
    ends_at: datetime
    necessity: str
    attempt: Attempt
    special_circumstances: str | None
    leader: str


def check_child(facts: Facts, on: date, terms: Terms) -> None:
    """Let pass a concrete child, born and under eighteen (R8).

    Raises:
        UnbornChild: not born, and the municipality has recorded no basis for counting it in.
        NotAChild: eighteen or more.
    """
    if facts.born is None or facts.born > on:
        if not (terms.unborn and terms.unborn_basis):
            raise errors.UnbornChild
    elif age_in_years(facts.born, on) >= ADULT:
        raise errors.NotAChild


def check_call(call: Call, at: datetime) -> None:
    """Let pass a call that says all the law and R4–R9 ask for; whether there is one left is the database's to say.

    Raises:
        WrongPurpose, NecessityMissing, ConsentNotTried, SpecialReasonMissing, WrongTime: see there.
    """
    if call.purpose != PURPOSE:
        raise errors.WrongPurpose
    if not call.necessity.strip():
        raise errors.NecessityMissing
    attempt = call.attempt
    impossible = attempt.impossible is not None and bool((attempt.why or "").strip())
    if (attempt.refusal is not None) == impossible or (attempt.refusal is not None and attempt.impossible is not None):
        raise errors.ConsentNotTried
    if call.kind is Kind.FOLLOW_UP and not (call.special_circumstances or "").strip():
        raise errors.SpecialReasonMissing
    if not at <= call.starts_at <= at + FURTHEST_AHEAD:
        raise errors.WrongTime
    if not call.starts_at < call.ends_at <= call.starts_at + LONGEST:
        raise errors.WrongTime


def check_quota(kind: Kind, states: Mapping[Kind, Collection[State]]) -> None:
    """Say why there is no place for another meeting of a kind in a matter, from what is there (R6, R7).

    Raises:
        Exhausted: the meeting and its follow-up were held; that is all there ever is.
        AlreadyCalled: one of the kind is called, or was held.
        FollowUpTooSoon: no first meeting was held.
    """
    primary, follow_up = (frozenset(states.get(each, ())) for each in Kind)
    if State.HELD in primary & follow_up:
        raise errors.Exhausted
    if TAKES_PLACE & (primary if kind is Kind.PRIMARY else follow_up):
        raise errors.AlreadyCalled
    if kind is Kind.FOLLOW_UP and State.HELD not in primary:
        raise errors.FollowUpTooSoon


def remaining(states: Mapping[Kind, Collection[State]]) -> Mapping[Kind, int]:
    """Return how many meetings of each kind may still be called: one or none."""
    left = {}
    for kind in Kind:
        try:
            check_quota(kind, states)
        except errors.FollowUpTooSoon:
            left[kind] = 1  # comes once the first was held
        except errors.Section11eError:
            left[kind] = 0
        else:
            left[kind] = 1
    return left


def is_open(state: State, opened_at: datetime | None, ends_at: datetime, at: datetime) -> bool:
    """Say whether a room is open at a moment: from when it was opened to before it ends, whoever closes it (R12)."""
    return state is State.OPEN and opened_at is not None and opened_at <= at < ends_at


def after_end(state: State, *, met: bool) -> State:
    """Return where a meeting stands once its end has passed; `met`: two were in the room at the same time."""
    if state is State.OPEN:
        return State.HELD if met else State.NOT_HELD
    return State.LAPSED if state in {State.AWAITING_APPROVAL, State.SCHEDULED} else state


def allowed(state: State) -> list[str]:
    """Return what can be done with a meeting from here."""
    return sorted(_STEPS.get(state, ()))


def must(state: State, step: str) -> None:
    """Let pass what can be done from here.

    Raises:
        WrongState: it cannot; the error says what can.
    """
    if step not in _STEPS.get(state, ()):
        raise errors.WrongState(state, allowed(state))


def check_informing(
    informed_at: datetime | None, because: NotInformed | None, ended_at: datetime, at: datetime
) -> None:
    """Let pass when the parents were told of a meeting that was held, or why they are not: one of the two (R14).

    Raises:
        NotInformed: neither, both, or a moment before the meeting was over or still to come.
    """
    if (informed_at is None) == (because is None):
        raise errors.NotInformed
    if informed_at is not None and not ended_at <= informed_at <= at:
        raise errors.NotInformed


def inform_by(ended_at: datetime) -> datetime:
    """Return when the parents should know at the latest: fourteen days on (R14, policy)."""
    return ended_at + INFORM_WITHIN


def outcome_by(ended_at: datetime) -> datetime:
    """Return when the outcome should be written of a meeting that closed by itself: a day on (R13, policy)."""
    return ended_at + OUTCOME_WITHIN
