"""Whole lives of matters under § 11 e beside a plain model: calls, approvals, presence, words, time, crashes (R6–R13).

The model knows no states but what happened: who is in the room, what lies on the table, whether two ever met.
`FAMILIEBRO_LIVES=500` plays so many lives instead of the few of an ordinary run.
"""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import Databases
from tests.consent.section11e_living import Life, Met
from tests.consent.section11e_steps import called, clocked
from tests.consent.section11e_world import AUTHORITY, DAYCARE, SCHOOL, SECRET, UNITS, VISITORS, the_world
from tests.support.keys import Keys
from tests.support.serving import Teller, serving

PEOPLE = (VISITORS, DAYCARE, SCHOOL, AUTHORITY)


class Matters(Life):
    """What may happen to a child's matters and their meetings, and what must always be true of them."""

    @initialize()
    def begin(self) -> None:
        """A child is known to the health visitors, and there is a matter about it."""
        self.crash()
        self.child = self.runner.run(self.world.child())
        self.opens_matter(reason=False)

    @rule()
    def crash(self) -> None:
        """The service ends in the middle of everything, and another begins over the same database."""
        self.begins()

    @rule(reason=st.booleans())
    def open_matter(self, *, reason: bool) -> None:
        """The first is open at once; another takes a reason, and waits for a leader (R6)."""
        self.opens_matter(reason=reason)

    def opens_matter(self, *, reason: bool) -> None:
        """Open one."""
        body = {"child": self.child, "about": "Trivsel"} | ({"reason": "Nye forhold."} if reason else {})
        answer = self.ask("POST", "/matters", self.who(VISITORS), body)
        if self.matters and not reason:
            assert answer.json()["code"] == "section_11e_new_matter_needs_reason"
            return
        state = "awaiting_approval" if self.matters else "open"
        assert (answer.status_code, answer.json()["state"]) == (201, state), answer.text
        self.matters.append((answer.json()["id"], state))

    @precondition(lambda self: self.matters)
    @rule(data=st.data(), approves=st.booleans())
    def decide_matter(self, data: st.DataObject, *, approves: bool) -> None:
        """A leader decides once."""
        self.decides_matter(data.draw(st.integers(0, len(self.matters) - 1)), approves=approves)

    def decides_matter(self, place: int, *, approves: bool) -> None:
        """Decide one."""
        number, state = self.matters[place]
        leader = self.world.leader(user=f"leader-{self.suffix}")
        answer = self.ask("POST", f"/matters/{number}/approval", leader, {"approves": approves})
        if state != "awaiting_approval":
            assert (answer.status_code, answer.json()["state"]) == (409, state)
            return
        self.matters[place] = (number, "open" if approves else "declined")
        assert answer.json()["state"] == self.matters[place][1]

    @precondition(lambda self: self.matters)
    @rule(data=st.data(), follow=st.booleans(), special=st.booleans(), after=st.sampled_from([0, 0, 0, 5, 90]),
          lasts=st.sampled_from([20, 60, 240]), school=st.booleans())  # fmt: skip
    def call(self, data: st.DataObject, after: int, lasts: int, *, follow: bool, special: bool, school: bool) -> None:
        """There is one of a kind for each matter, the second only after a first that was held (R6, R7)."""
        place = data.draw(st.integers(0, len(self.matters) - 1))
        self.calls(place, after, lasts, follow=follow, special=special, school=school)

    def calls(self, place: int, after: int, lasts: int, *, follow: bool, special: bool, school: bool) -> None:
        """Call one."""
        number, state = self.matters[place]
        starts = self.clock.at + timedelta(minutes=after)
        ends = starts + timedelta(minutes=lasts)
        invited = [VISITORS, DAYCARE] + ([SCHOOL] if school else [])
        body = self.world.wanted(
            kind="follow_up" if follow else "primary", starts_at=starts.isoformat(), ends_at=ends.isoformat(),
            special_circumstances="Nyt." if special else None, leader=f"leader-{self.suffix}",
            attendees=[self.world.guest(unit, f"{unit}-{self.suffix}") for unit in invited[1:]],
        )  # fmt: skip
        answer = self.ask("POST", f"/matters/{number}/meetings", self.who(VISITORS), body)
        hindrance = self.hindrance(place, state, starts, ends, follow=follow, special=special)
        if hindrance:
            assert answer.json()["code"].lower().removeprefix("section_11e_") == hindrance, answer.text
            return
        assert answer.status_code == 201, answer.text
        made = Met(answer.json()["id"], place, body["kind"], starts, ends, set(invited), waits=follow)
        self.meetings.append(made)
        assert answer.json()["state"] == made.stands

    @precondition(lambda self: self.meetings)
    @rule(data=st.data(), approves=st.sampled_from([True, True, False]))
    def decide(self, data: st.DataObject, *, approves: bool) -> None:
        """A leader approves a follow-up that waits, or says no."""
        self.decides(self.draw(data), approves=approves)

    def decides(self, meeting: Met, *, approves: bool) -> None:
        """Do it."""
        can = meeting.stands == "awaiting_approval"
        code, _ = self.step(meeting, "approval", AUTHORITY, {"approves": approves})
        assert code == ("yes" if can else "wrong_state")
        if can:
            meeting.waits, meeting.over = False, "" if approves else "declined"

    @precondition(lambda self: self.meetings)
    @rule(data=st.data())
    def call_off(self, data: st.DataObject) -> None:
        """Before it begins, and then it spends nothing."""
        meeting = self.draw(data)
        can = meeting.stands in {"awaiting_approval", "scheduled"}
        assert self.step(meeting, "cancellation", VISITORS)[0] == ("yes" if can else "wrong_state")
        if can:
            meeting.over = "cancelled"

    @precondition(lambda self: self.meetings)
    @rule(data=st.data())
    def open_the_room(self, data: st.DataObject) -> None:
        """In its time, by who called it, who is then there."""
        self.opens(self.draw(data))

    def opens(self, meeting: Met) -> None:
        """Do it."""
        at = self.clock.at
        expected = (
            "room_closed" if not meeting.starts <= at < meeting.ends
            else "wrong_state" if meeting.stands != "scheduled"
            else "elsewhere_present" if self.elsewhere(VISITORS, meeting) else "yes"
        )  # fmt: skip
        assert self.step(meeting, "opening", VISITORS)[0] == expected
        if expected == "yes":
            meeting.opened, meeting.room = at, {VISITORS}

    @precondition(lambda self: self.meetings)
    @rule(data=st.data(), unit=st.sampled_from(PEOPLE), name=st.sampled_from(["presence", "presence", "departure"]))
    def come_or_go(self, data: st.DataObject, unit: str, name: str) -> None:
        """Who is invited comes and goes while it is open; once two were there, it counts."""
        self.comes(self.draw(data), unit, name)

    def comes(self, meeting: Met, unit: str, name: str) -> None:
        """Do it."""
        expected = "yes"
        if unit not in meeting.invited:
            expected = "not_there"
        elif not meeting.open_at(self.clock.at) or (name == "departure" and unit not in meeting.room):
            expected = "room_closed"
        elif name == "presence" and self.elsewhere(unit, meeting):
            expected = "elsewhere_present"
        assert self.step(meeting, name, unit)[0] == expected
        if expected == "yes":
            meeting.room = meeting.room | {unit} if name == "presence" else meeting.room - {unit}
            meeting.met = meeting.met or len(meeting.room) > 1

    @precondition(lambda self: self.meetings)
    @rule(data=st.data(), unit=st.sampled_from(PEOPLE[:3]), shares=st.sampled_from([True, True, False]))
    def choose_and_bring(self, data: st.DataObject, unit: str, *, shares: bool) -> None:
        """Who chose to share puts something forward, in the room (R10)."""
        self.brings(self.draw(data), unit, shares=shares)

    def brings(self, meeting: Met, unit: str, *, shares: bool) -> None:
        """Do it."""
        invited, text = unit in meeting.invited, f"{SECRET} {uuid4()}"
        code, _ = self.step(meeting, "choice", unit, {"shares": shares})
        can = meeting.stands in {"scheduled", "open"}
        assert code == ("not_there" if not invited else "yes" if can else "wrong_state")
        if code == "yes":
            meeting.shares[unit] = shares
        code, _ = self.step(meeting, "brought", unit, {"category": "health", "text": text})
        there = meeting.open_at(self.clock.at) and unit in meeting.room
        assert code == ("not_there" if not invited else "room_closed" if not there
                        else "yes" if meeting.shares.get(unit) else "sharing_not_chosen")  # fmt: skip
        if code == "yes":
            meeting.table.append(text)

    @precondition(lambda self: self.meetings)
    @rule(data=st.data())
    def everybody_looks(self, data: st.DataObject) -> None:
        """In the room all see all of it, in order; nobody else sees anything (R12)."""
        self.looks(self.draw(data))

    def looks(self, meeting: Met) -> None:
        """Do it."""
        for unit in PEOPLE:
            code, told = self.step(meeting, "room", unit)
            if unit not in meeting.invited:
                assert code == "not_there"
            elif unit in meeting.room and meeting.open_at(self.clock.at):
                assert (code, [each["text"] for each in told["brought"]]) == ("yes", meeting.table)
                assert {each["unit"] for each in told["present"]} == meeting.room
                continue
            else:
                assert code == "room_closed"
            assert SECRET not in str(told)

    @precondition(lambda self: self.meetings)
    @rule(data=st.data())
    def end_it(self, data: st.DataObject) -> None:
        """Who called it ends it; it is spent if two met."""
        self.ends(self.draw(data))

    def ends(self, meeting: Met) -> None:
        """Do it."""
        can = meeting.stands == "open"
        code, told = self.step(meeting, "end", VISITORS)
        assert code == ("yes" if can else "wrong_state")
        if can:
            assert told["state"] == meeting.end()

    @rule(turns=st.integers(1, 3))
    def it_goes_on(self, turns: int) -> None:
        """What the people would do next, so that lives come far: call, agree, open, come, tell, look, end."""
        for _ in range(turns):
            self.next_step()

    @rule(turns=st.integers(1, 5))
    def and_on(self, turns: int) -> None:
        """The same, so that it happens as often as all the rest."""
        self.it_goes_on(turns)

    def next_step(self) -> None:
        """Do what comes next with the meeting that goes on, or the newest matter."""
        going = [each for each in self.meetings if not each.over]
        place = len(self.matters) - 1
        if going:
            meeting, steps = going[0], len(going[0].room) + len(going[0].table)
            if meeting.stands == "awaiting_approval":
                self.decides(meeting, approves=True)
            elif meeting.stands == "scheduled":
                self.opens(meeting)
            elif steps == 1:
                self.comes(meeting, DAYCARE, "presence")
            elif steps < 4:
                self.brings(meeting, VISITORS if steps == 3 else DAYCARE, shares=True)
                self.looks(meeting)
            else:
                self.ends(meeting)
        elif self.matters[place][1] == "awaiting_approval":
            self.decides_matter(place, approves=True)
        elif len([each for each in self.meetings if each.matter == place and each.over == "held"]) > 1:
            self.calls(place, 0, 60, follow=True, special=True, school=False)
            self.opens_matter(reason=True)
        else:
            first = any(each.matter == place and each.over == "held" for each in self.meetings)
            self.calls(place, 0, 60, follow=first, special=True, school=True)

    @rule(minutes=st.sampled_from([1, 5, 5, 30, 61, 300, -1, -5, -45, -400]))
    def time_passes(self, minutes: int) -> None:
        """Or the clock is set back; what was seen to be over stays over."""
        self.clock.goes(minutes=minutes)

    @invariant()
    def nothing_is_left_and_nothing_is_more_than_once(self) -> None:
        """Each meeting stands where the model has it; content lies in open rooms only; one of a kind is held."""
        for each in self.meetings:
            if not each.over:
                answer = self.ask("GET", f"/meetings/{each.id}", self.who(VISITORS))
                if self.clock.at >= each.ends:
                    each.end()
                assert (answer.json()["state"], SECRET in answer.text) == (each.stands, False)
        ids = [each.id for each in self.meetings]
        table = "(SELECT count(*) FROM section11e_brought b WHERE b.meeting = m.id)"
        sql = f"SELECT id::text, state, {table} AS n FROM section11e_meeting m WHERE id = ANY($1::uuid[])"
        found = self.look(sql, ids)
        assert {row["id"]: (row["state"], row["n"]) for row in found} == {
            each.id: (each.stands, len(each.table)) for each in self.meetings
        }
        held = [(each.matter, each.kind) for each in self.meetings if each.over == "held"]
        assert len(held) == len(set(held))

    def teardown(self) -> None:
        """See what is left in each matter, and leave no room open."""
        for place, (number, _) in enumerate(self.matters):
            told = self.ask("GET", f"/matters/{number}", self.who(VISITORS)).json()
            taken = {each.kind for each in self.meetings if each.matter == place and each.over in {"", "held"}}
            assert told["remaining"] == {kind: int(kind not in taken) for kind in ("primary", "follow_up")}
        self.runner.run(self.stack.aclose())


@pytest.fixture
def lived(dbs: Databases, keys: Keys) -> Iterator[None]:
    """The consent service on a loop of its own, before a directory that says who is a party."""
    teller = Teller()
    teller.say(UNITS)
    with serving(lambda: teller) as server, asyncio.Runner() as runner:
        Matters.dbs, Matters.keys, Matters.url, Matters.runner = dbs, keys, server.url, runner
        Matters.looking = runner.run(asyncpg.connect(dbs.admin("consent")))
        yield
        runner.run(Matters.looking.close())


@pytest.mark.usefixtures("lived")
def test_every_life_of_a_matter_goes_as_the_model_says() -> None:
    lives = int(os.environ.get("FAMILIEBRO_LIVES", "0"))
    run_state_machine_as_test(
        Matters,
        settings=settings(
            max_examples=lives or 14, stateful_step_count=40 if lives else 24, deadline=None, database=None,
            derandomize=not lives, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if lives else (Phase.generate,),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("met", [True, False])
async def test_whether_two_met_rests_on_their_order_and_not_on_a_clock_that_is_set_back(
    dbs: Databases, keys: Keys, *, met: bool
) -> None:
    """Who left before the other came did not meet them, whatever the clock said; who was there did (R6, R12)."""
    async with the_world(dbs, keys) as world:
        clock = clocked(world)
        _, meeting = await called(world)
        clock.goes(minutes=45)
        path, visitor, daycare = f"/meetings/{meeting}", world.by(VISITORS), world.by(DAYCARE)
        turns = [(visitor, "opening"), (daycare, "presence"), (visitor, "departure")]
        if not met:
            turns = [(visitor, "opening"), (visitor, "departure"), (daycare, "presence")]
        for place, (who, step) in enumerate(turns):
            assert (await world.ask("POST", f"{path}/{step}", who)).status_code == 200, step
            clock.goes(minutes=(5, -4, -1)[place] if met else (5, -4, 0)[place])
        ended = await world.ask("POST", f"{path}/end", visitor)
        assert ended.json()["state"] == ("held" if met else "not_held")
