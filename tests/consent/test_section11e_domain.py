"""The rules of § 11 e by themselves: small worlds gone through whole, beside tables that are written anew (R2–R14)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from typing import Any
from uuid import UUID

import pytest

from services.consent.domain.model import UnitId
from services.consent.domain.people import Facts
from services.consent.domain.section11e import errors, meetings, parties
from services.consent.domain.section11e.meetings import Attempt, Call, Impossible, Kind, NotInformed, State
from services.consent.domain.section11e.parties import Invited, PartyFacts, Profession, Terms

HERE, THERE = "0217", "0230"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
OWN = PartyFacts(UnitId("own"), "org", "health_visiting", HERE, "in", "municipal_health", "Med.", closed=False)
REFUSAL = UUID(int=7)
RIGHT = Call(
    Kind.PRIMARY, "tidligt_forebyggende_samarbejde", AT, AT + timedelta(hours=1), "Nødvendigt.",
    Attempt(refusal=REFUSAL), None, "leder-1",
)  # fmt: skip


def raised(what: Any, *given: Any, **named: Any) -> type[Exception] | None:
    """Return the error that comes of it, if one does."""
    try:
        what(*given, **named)
    except errors.Section11eError as error:
        return type(error)
    return None


def guest(unit: str = "other", user: str = "user-2", **told: Any) -> Invited:
    """Return somebody who is invited."""
    return Invited(user, Profession.PEDAGOGUE, UnitId(unit), **told)


def invited_with(unit: PartyFacts | None, decided: Mapping[str, Terms], **told: Any) -> type[Exception] | None:
    """Return the error that comes of inviting one more unit to a meeting here."""
    units = {OWN.id: OWN} | ({} if unit is None else {unit.id: unit})
    return raised(parties.admit, [guest("own", "user-1"), guest(**told)], units, HERE, decided)


@pytest.mark.rule("R2", enforced_by="services.consent.domain.section11e.parties:admit")
def test_every_combination_of_what_the_directory_says_and_a_municipality_decides_is_admitted_or_refused_rightly() -> (
    None
):
    """2,592 combinations; what is expected is a list of hindrances, the first of which is told (R2)."""
    count = 0
    for verdict, kind, row, place, shut, ppr, agreement, because in product(
        ("in", "conditional", "out", "a verdict of tomorrow"), ("ppr", "daycare", "hospital"),
        ("task_agreement", "ppr_counted_in", "daycare"), (HERE, THERE, None), (False, True), (None, True, False),
        (None, "Aftale 7"), (None, "Søskende."),
    ):  # fmt: skip
        unit = PartyFacts(UnitId("other"), "org", kind, place, verdict, row, "Ikke med.", closed=shut)
        decided = {} if ppr is None or place is None else {place: Terms(ppr=ppr)}
        left_out = kind == "ppr" and decided.get(place or "", Terms()).ppr is False
        hindrances = [
            (errors.NotAParty, shut or verdict != "in" or left_out),
            (errors.AgreementMissing, row == "task_agreement" and agreement is None),
            (errors.OtherMunicipality, place == THERE and because is None),
        ]
        expected = next((error for error, there in hindrances if there), None)
        found = invited_with(unit, decided, agreement=agreement, elsewhere_because=because)
        assert found is expected, (verdict, kind, row, place, shut, ppr, agreement, because)
        count += expected is None
    assert count
    assert invited_with(None, {}) is errors.NotAParty


def test_a_municipality_decides_for_its_own_ppr_and_no_other() -> None:
    ppr = PartyFacts(UnitId("other"), "org", "ppr", THERE, "in", "ppr_counted_in", "Med.", closed=False)
    assert invited_with(ppr, {HERE: Terms(ppr=False)}, elsewhere_because="Barnet er flyttet.") is None
    assert invited_with(ppr, {THERE: Terms(ppr=False)}, elsewhere_because="Nyt.") is errors.NotAParty


@pytest.mark.rule("R3", enforced_by="services.consent.domain.section11e.parties:why_not")
def test_every_refused_unit_is_named_with_what_the_directory_says_of_it() -> None:
    """R3: and the lawful ways are the three."""
    out = [replace(OWN, id=UnitId(name), party="out", says=f"Nej til {name}.") for name in ("gp", "jobcenter")]
    units = {each.id: each for each in (OWN, *out)}
    named = [guest("own", "u-0"), guest("gp", "u-1"), guest("jobcenter", "u-2"), guest("nowhere", "u-3")]
    with pytest.raises(errors.NotAParty) as refused:
        parties.admit(named, units, HERE, {})
    assert refused.value.refused == {"gp": "Nej til gp.", "jobcenter": "Nej til jobcenter.",
                                     "nowhere": "Enheden findes ikke i kataloget."}  # fmt: skip
    assert [each["rule"] for each in errors.INSTEAD] == ["R15", "R29", "R17"]


@pytest.mark.rule("R10", enforced_by="services.consent.domain.section11e.parties:admit")
def test_a_meeting_is_of_two_units_at_least_and_twenty_people_at_most_each_once() -> None:
    """R10 counts people: every size from one to twenty-four."""
    units = {OWN.id: OWN, UnitId("other"): replace(OWN, id=UnitId("other"))}
    for size, spread, double in product(range(1, 24), (False, True), (False, True)):
        people = [guest("other" if spread and n else "own", f"user-{n}") for n in range(size)]
        people += people[:1] if double else []
        fits = len(people) <= 20 and not double and spread and size > 1
        assert raised(parties.admit, people, units, HERE, {}) is (None if fits else errors.WrongAttendees)


# What comes of calling a first meeting and a follow-up, by how far the matter's own of each are.
LEFT: Mapping[tuple[str, str], tuple[type[Exception] | None, type[Exception] | None]] = {
    ("none", "none"): (None, errors.FollowUpTooSoon),
    ("none", "called"): (None, errors.AlreadyCalled),
    ("none", "held"): (None, errors.AlreadyCalled),
    ("called", "none"): (errors.AlreadyCalled, errors.FollowUpTooSoon),
    ("called", "called"): (errors.AlreadyCalled, errors.AlreadyCalled),
    ("called", "held"): (errors.AlreadyCalled, errors.AlreadyCalled),
    ("held", "none"): (errors.AlreadyCalled, None),
    ("held", "called"): (errors.AlreadyCalled, errors.AlreadyCalled),
    ("held", "held"): (errors.Exhausted, errors.Exhausted),
}
FAR: Mapping[str, str] = {
    "awaiting_approval": "called", "scheduled": "called", "open": "called", "held": "held",
    "declined": "none", "cancelled": "none", "not_held": "none", "lapsed": "none",
}  # fmt: skip


def how_far(states: Sequence[State]) -> str:
    """Return how far the meetings of a kind are: the furthest of them."""
    return max((FAR[each] for each in states), key=["none", "called", "held"].index, default="none")


@pytest.mark.rule("R6", enforced_by="services.consent.domain.section11e.meetings:check_quota")
@pytest.mark.rule("R7", enforced_by="services.consent.domain.section11e.meetings:check_quota")
def test_whatever_became_of_a_matters_meetings_there_is_one_of_each_kind_and_never_a_third() -> None:
    """All 256 x 256 sets of states of both kinds (R6, R7)."""
    assert set(FAR) == set(State)
    sets = [each for size in range(len(State) + 1) for each in combinations(State, size)]
    far = {each: how_far(each) for each in sets}
    for primary, follow in product(sets, sets):
        states = {Kind.PRIMARY: primary, Kind.FOLLOW_UP: follow}
        expected = LEFT[far[primary], far[follow]]
        assert tuple(raised(meetings.check_quota, kind, states) for kind in Kind) == expected, states
    for pair, expected in LEFT.items():
        states = {kind: (State(next(name for name, how in FAR.items() if how == its)),)
                  for kind, its in zip(Kind, pair, strict=True)}  # fmt: skip
        left = {kind: int(each in {None, errors.FollowUpTooSoon}) for kind, each in zip(Kind, expected, strict=True)}
        assert meetings.remaining(states) == left


@pytest.mark.rule("R12", enforced_by="services.consent.domain.section11e.meetings:is_open")
def test_a_room_is_open_from_the_moment_it_was_opened_to_the_moment_before_its_end_and_in_no_other_state() -> None:
    """To the microsecond (R12)."""
    opened, ends = AT, AT + timedelta(hours=1)
    inside = {opened, opened + TICK, ends - TICK}
    outside = {opened - TICK, ends, ends + TICK, opened - timedelta(days=400), ends + timedelta(days=400)}
    for state, at in product(State, inside | outside):
        assert meetings.is_open(state, opened, ends, at) is (state is State.OPEN and at in inside)
        assert not meetings.is_open(state, None, ends, at)


def spoil(**told: Any) -> Call:
    """Return a right call with something changed."""
    return replace(RIGHT, **told)


WRONG: Sequence[tuple[type[Exception], Sequence[Mapping[str, Any]]]] = (
    (errors.WrongPurpose, [{"purpose": each} for each in ("", "kontrol", "beskaeftigelse", "TIDLIGT",
                                                           "tidligt_forebyggende_samarbejde ")]),
    (errors.NecessityMissing, [{"necessity": each} for each in ("", " ", "\n\t")]),
    (errors.ConsentNotTried, [{"attempt": Attempt()}, {"attempt": Attempt(why="Derfor.")}]),
    (errors.SpecialReasonMissing, [{"kind": Kind.FOLLOW_UP, "special_circumstances": each} for each in (None, " ")]),
    (errors.WrongTime, [{"starts_at": AT - TICK}, {"starts_at": AT + timedelta(days=90) + TICK,
                                                  "ends_at": AT + timedelta(days=90, hours=1)},
                        {"ends_at": AT}, {"ends_at": AT - TICK}, {"ends_at": AT + timedelta(hours=4) + TICK}]),
)  # fmt: skip


def test_each_field_of_a_call_that_is_wrong_is_refused_by_its_rule_the_first_of_two_first() -> None:
    assert raised(meetings.check_call, RIGHT, AT) is None
    for place, (error, wrongs) in enumerate(WRONG):
        for wrong in wrongs:
            assert raised(meetings.check_call, spoil(**wrong), AT) is error, wrong
            for _, others in WRONG[place + 1 :]:
                assert raised(meetings.check_call, spoil(**{**others[0], **wrong}), AT) is error, (wrong, others[0])


def test_a_call_is_let_pass_at_the_very_edges_of_its_time() -> None:
    for told in (
        {"ends_at": AT + TICK}, {"ends_at": AT + timedelta(hours=4)},
        {"starts_at": AT + timedelta(days=90), "ends_at": AT + timedelta(days=90, hours=4)},
        {"kind": Kind.FOLLOW_UP, "special_circumstances": "Nyt."},
    ):  # fmt: skip
        assert raised(meetings.check_call, spoil(**told), AT) is None, told


@pytest.mark.rule("R9", enforced_by="services.consent.domain.section11e.meetings:check_call")
def test_consent_was_tried_by_one_of_two_ways_and_never_by_both_or_neither() -> None:
    """Every way to fill in the attempt (R9)."""
    for refusal, impossible, why in product(
        (None, REFUSAL), (None, *Impossible), (None, "", "  ", "Ringet tre gange.")
    ):
        asked = refusal is not None and impossible is None
        could_not = refusal is None and impossible is not None and why == "Ringet tre gange."
        found = raised(meetings.check_call, spoil(attempt=Attempt(refusal, impossible, why)), AT)
        assert found is (None if asked or could_not else errors.ConsentNotTried), (refusal, impossible, why)


@pytest.mark.rule("R8", enforced_by="services.consent.domain.section11e.meetings:check_child")
def test_the_child_is_born_and_under_eighteen_or_the_municipality_has_said_on_what_basis_it_counts_the_unborn() -> None:
    """Every birthday around the edges, under every choice a municipality has (R8)."""
    day = date(2026, 11, 23)
    for terms in (Terms(), Terms(unborn=True), Terms(unborn=True, unborn_basis=""), Terms(unborn_basis="Notat 4"),
                  Terms(unborn=True, unborn_basis="Notat 4")):  # fmt: skip
        unborn = None if terms.unborn and terms.unborn_basis else errors.UnbornChild
        for born, expected in (
            (None, unborn), (date(2026, 11, 24), unborn), (day, None), (date(2008, 11, 24), None),
            (date(2008, 11, 23), errors.NotAChild), (date(1990, 1, 1), errors.NotAChild),
        ):  # fmt: skip
            facts = Facts(born)
            assert raised(meetings.check_child, facts, day, terms) is expected, (born, terms)


@pytest.mark.rule("R14", enforced_by="services.consent.domain.section11e.meetings:check_informing")
def test_the_parents_were_told_after_the_meeting_and_not_later_than_now_or_there_is_one_reason_why_not() -> None:
    """Every moment around the edges with every reason (R14)."""
    ended, now = AT, AT + timedelta(days=3)
    for told, because in product((None, ended - TICK, ended, ended + TICK, now, now + TICK), (None, *NotInformed)):
        right = (because is None and told in {ended, ended + TICK, now}) or (because is not None and told is None)
        found = raised(meetings.check_informing, told, because, ended, now)
        assert found is (None if right else errors.NotInformed), (told, because)
    assert meetings.inform_by(AT) == datetime(2026, 12, 7, 9, 30, tzinfo=UTC)
    assert meetings.outcome_by(AT) == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert {str(each) for each in NotInformed} >= {"dbl_22_hensyn_til_barnet", "mistanke_overgreb"}


ENDS: Mapping[State, tuple[State, State]] = {
    State.OPEN: (State.HELD, State.NOT_HELD),
    State.SCHEDULED: (State.LAPSED, State.LAPSED),
    State.AWAITING_APPROVAL: (State.LAPSED, State.LAPSED),
}


def test_only_an_open_meeting_where_two_met_is_spent_by_its_end() -> None:
    for state in State:
        expected = ENDS.get(state, (state, state))
        assert (meetings.after_end(state, met=True), meetings.after_end(state, met=False)) == expected


CAN: Mapping[str, set[State]] = {
    "approval": {State.AWAITING_APPROVAL},
    "cancellation": {State.AWAITING_APPROVAL, State.SCHEDULED},
    "opening": {State.SCHEDULED},
    "attendees": {State.SCHEDULED},
    "choice": {State.SCHEDULED, State.OPEN},
    "presence": {State.OPEN},
    "departure": {State.OPEN},
    "brought": {State.OPEN},
    "room": {State.OPEN},
    "end": {State.OPEN},
    "outcome": {State.HELD},
    "informing": {State.HELD},
}


def test_each_step_is_taken_from_its_states_only_and_the_refusal_says_what_can_be_done() -> None:
    for state in State:
        can = sorted(step for step, states in CAN.items() if state in states)
        assert meetings.allowed(state) == can
        for step in [*CAN, "reopening", ""]:
            assert raised(meetings.must, state, step) is (None if step in can else errors.WrongState)
    with pytest.raises(errors.WrongState) as refused:
        meetings.must(State.HELD, "opening")
    assert refused.value.extra == {"rule": "R6", "state": "held", "allowed": ["informing", "outcome"]}
