"""Both parents in one request, without mixing: what each sees, is asked, and may do; the units hear of it."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.referral.deciding import World
from tests.referral.families import Parent, parent, texts
from tests.support.families import days
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, rows
from tests.support.wire import message_in

KINDS = ("own_wish", "health", "wellbeing", "child_development", "course")


@dataclass(frozen=True, slots=True)
class Case:
    """A mother, a father and a child, in one referral that the family house has read."""

    world: World
    mother: Parent
    father: Parent
    child: str
    referral: str
    task: str

    async def house_asks(self, about: str, text: str, **more: Any) -> str:
        """Have the family house ask the family; return the question."""
        body = {"kind": "question", "to": "family", "information": [{"subject": about, "category": "wellbeing",
                "text": text}]} | more  # fmt: skip
        answer = await self.world.play.referral.post(
            f"/tasks/{self.task}/messages", json=body, headers=self.world.play.recipient()
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def house_reads(self) -> dict[str, Any]:
        """Return what the family house reads."""
        told: dict[str, Any] = (await self.world.play.read(self.referral, self.world.play.recipient())).json()
        return told

    async def house_does(self, step: str, body: dict[str, Any] | None = None) -> None:
        """Have the family house take a step."""
        version = (await self.house_reads())["tasks"][0]["version"]
        headers = self.world.play.recipient() | {"If-Match": f'"{version}"'}
        answer = await self.world.play.referral.post(f"/tasks/{self.task}/{step}", json=body or {}, headers=headers)
        assert answer.status_code in {200, 201}, answer.text

    async def house_heard(self) -> list[str | None]:
        """Return the kinds of events the family house has heard of it."""
        return [each["kind"] for each in await self.world.play.events(self.world.play.recipient(), self.referral)]


@pytest.fixture
async def case(world: World) -> Case:
    """Two parents with joint custody who do not live together, and their child."""
    child = str(uuid4())
    mother, father = parent(world, child), parent(world, child)
    told = [
        {"subject": mother.person, "category": "wellbeing", "text": "om-moderen"},
        {"subject": father.person, "category": "health", "text": "om-faderen"},
        {"subject": child, "category": "child_development", "text": "om-barnet"},
        {"subject": child, "category": "care_level", "text": "niveau-tre"},
        {"subject": child, "category": "child_development", "text": "topi-gul",
         "level": {"scale": "topi", "level": "yellow", "on": days(-3), "assessor": "health_visitor"}},
    ]  # fmt: skip
    everything = [(person, kind) for person in (mother.person, father.person, child) for kind in KINDS]
    sent = await world.posted(*everything, subject=mother.person, information=told)
    world.consent.permit(everything, FAMILY_HOUSE, MIDWIFERY)
    made = Case(world, mother, father, child, sent.referral, sent.task)
    await made.house_reads()
    return made


OWN_WORDS = ["Jeg vil gerne møde andre.", ""]


async def test_each_parent_sees_what_is_about_them_and_the_child_and_no_level(case: Case) -> None:
    """R57, R67 and requirement 27."""
    assert sorted(texts(await case.mother.sees(case.referral))) == sorted([*OWN_WORDS, "om-moderen", "om-barnet"])
    assert sorted(texts(await case.father.sees(case.referral))) == sorted(["om-faderen", "om-barnet"])
    for who, other in ((case.mother, case.father), (case.father, case.mother)):
        answers = await who.get(f"/my/referrals/{case.referral}"), await who.get("/my/referrals")
        for each in answers:
            assert not [word for word in ("niveau-tre", "topi", "yellow", "gul", "care_level") if word in each.text]
            assert other.person not in each.text
            assert "withheld" not in each.text


async def test_with_sole_custody_the_other_parent_sees_only_what_is_about_them(case: Case) -> None:
    case.father.speaks_for()
    assert texts(await case.father.sees(case.referral)) == ["om-faderen"]
    assert case.child not in (await case.father.get(f"/my/referrals/{case.referral}")).text


async def test_a_child_whose_address_is_protected_is_not_shown_here(case: Case) -> None:
    case.father.speaks_for(case.child, protected=(case.child,))
    assert texts(await case.father.sees(case.referral)) == ["om-faderen"]


async def test_a_parent_who_is_not_told_of_and_has_no_custody_finds_nothing(case: Case) -> None:
    stranger = parent(case.world)
    assert await stranger.lists() == []
    stranger.speaks_for(case.child)
    assert await stranger.lists() == [case.referral]
    assert texts(await stranger.sees(case.referral)) == ["om-barnet"]


async def test_a_child_of_fifteen_sees_its_own_and_its_parents_no_longer_do(case: Case) -> None:
    """R27: from fifteen years on a person speaks alone."""
    grown = Parent(case.world, case.child, f"login-{uuid4().hex}")
    grown.speaks_for()
    case.mother.speaks_for()
    case.father.speaks_for()
    assert texts(await grown.sees(case.referral)) == ["om-barnet"]
    assert "om-barnet" not in texts(await case.mother.sees(case.referral))
    assert texts(await case.father.sees(case.referral)) == ["om-faderen"]


async def test_a_question_to_the_mother_reaches_her_alone(case: Case) -> None:
    before = await case.father.task(case.referral)
    question = await case.house_asks(case.mother.person, "Hvordan-sover-du")
    hers = await case.mother.sees(case.referral)
    assert "Hvordan-sover-du" in texts(hers)
    assert (hers["tasks"][0]["state"], hers["tasks"][0]["turn"]) == ("you_are_asked", "you")
    heard = (await case.mother.get("/my/events")).json()["events"]
    assert [(each["kind"], each["task"]) for each in heard] == [("question", case.task)]
    his = await case.father.sees(case.referral)
    assert "Hvordan-sover-du" not in texts(his)
    assert his["dialogue"] == []
    assert his["tasks"][0] | {"version": 0} == before | {"version": 0}
    assert (await case.father.get("/my/events")).json()["events"] == []
    for answers in ({"answers": question}, {}):
        refused = await case.father.says(case.task, "answer", case.father.person, "Jeg svarer", **answers)
        assert_problem(refused, 409, "not_your_turn")


async def test_an_answer_closes_no_question_to_the_other_parent(case: Case) -> None:
    await case.house_asks(case.mother.person, "Til-hende")
    await case.house_asks(case.father.person, "Til-ham")
    said = await case.father.says(case.task, "answer", case.father.person, "Hans-svar")
    assert said.status_code == 201
    assert said.json()["task"]["state"] == "being_read"
    assert (await case.house_reads())["tasks"][0]["state"] == "awaiting_family"
    assert (await case.mother.task(case.referral))["state"] == "you_are_asked"
    assert "Hans-svar" not in texts(await case.mother.sees(case.referral))
    said = await case.mother.says(case.task, "answer", case.mother.person, "Hendes-svar")
    assert said.status_code == 201
    assert (await case.house_reads())["tasks"][0]["state"] == "received"


async def test_of_several_questions_it_is_named_which_is_answered(case: Case) -> None:
    first = await case.house_asks(case.mother.person, "Et")
    await case.house_asks(case.mother.person, "To")
    assert_problem(await case.mother.says(case.task, "answer", case.mother.person, "Ja"), 422, "unknown_message")
    unknown = await case.mother.says(case.task, "answer", case.mother.person, "Ja", answers=str(uuid4()))
    assert_problem(unknown, 422, "unknown_message")
    said = await case.mother.says(case.task, "answer", case.mother.person, "Ja", answers=first)
    assert said.status_code == 201
    assert (await case.mother.task(case.referral))["state"] == "you_are_asked"


@pytest.mark.parametrize(("to", "state"), [("sender", "in_dialogue"), ("recipient", "received"), (None, "received")])
async def test_the_family_asks_either_unit_and_both_hear_of_it(case: Case, to: str | None, state: str) -> None:
    said = await case.mother.says(
        case.task, "question", case.mother.person, "Må-min-mor-komme-med", **({} if to is None else {"to": to})
    )
    assert said.status_code == 201
    read = await case.house_reads()
    assert read["tasks"][0]["state"] == state
    assert read["dialogue"][-1]["author"] == f"family:{case.mother.person}"
    assert read["dialogue"][-1]["to"] == (to or "recipient")
    assert "Må-min-mor-komme-med" in texts(read)
    sender = (await case.world.play.read(case.referral, case.world.play.sender())).json()
    assert "Må-min-mor-komme-med" in texts(sender)
    assert (await case.house_heard())[-1] == "question"
    assert texts(await case.father.sees(case.referral)) == ["om-faderen", "om-barnet"]


async def test_what_the_family_tells_itself_waits_for_no_consent(case: Case) -> None:
    await case.mother.says(case.task, "clarification", case.mother.person, "Mine-egne-ord")
    case.world.consent.permit([])
    await case.mother.says(case.task, "clarification", case.mother.person, "Og-flere")
    read = await case.house_reads()
    assert texts(read) == ["Mine-egne-ord", "Og-flere"]


async def test_the_same_message_twice_is_one(case: Case) -> None:
    key = {"Idempotency-Key": f"key-{uuid4()}"}
    path, body = f"/my/tasks/{case.task}/messages", message_in(case.mother.person)
    first = await case.mother.post(path, body, **key)
    again = await case.mother.post(path, body, **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json()["id"] == again.json()["id"]
    assert len((await case.mother.sees(case.referral))["dialogue"]) == 1
    other = await case.mother.post(path, message_in(case.mother.person, "clarification"), **key)
    assert_problem(other, 409, "idempotency_conflict")


async def test_an_answer_is_repeated_safely_though_the_question_is_closed_by_then(case: Case) -> None:
    await case.house_asks(case.mother.person, "Hvordan")
    key = {"Idempotency-Key": f"key-{uuid4()}"}
    path, body = f"/my/tasks/{case.task}/messages", message_in(case.mother.person, "answer")
    first = await case.mother.post(path, body, **key)
    again = await case.mother.post(path, body, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize("about", ["father", "stranger", "child without custody"])
async def test_nobody_is_written_about_but_oneself_and_ones_children(case: Case, about: str) -> None:
    if about == "child without custody":
        case.mother.speaks_for()
    whom = {"father": case.father.person, "stranger": str(uuid4()), "child without custody": case.child}[about]
    answer = await case.mother.says(case.task, "question", whom, "Hvad siger han?")
    assert_problem(answer, 422, "unknown_subject")


async def test_one_parents_no_is_for_her_own_part_and_leaves_no_trace_for_the_other(case: Case) -> None:
    before = await case.father.sees(case.referral)
    declined = await case.mother.step(case.referral, "decline", {"reason": "apprehension"})
    assert declined.status_code == 200, declined.text
    told = declined.json()
    assert (told["state"], told["turn"], told["allowed"]) == ("no_thank_you", "nobody", [])
    assert await case.father.sees(case.referral) == before
    read = await case.house_reads()
    assert read["tasks"][0]["state"] == "received"
    assert read["dialogue"][-1]["kind"] == "no_thank_you"
    assert texts(read)[-1] == "Nej tak for min del. Det føles utrygt."
    assert (await case.house_heard())[-1] == "no_thank_you"
    again = await case.mother.step(case.referral, "decline", {"reason": "apprehension"})
    assert_problem(again, 409, "wrong_state")
    assert again.json()["allowed"] == []


async def test_who_speaks_for_everybody_ends_it_with_a_no(world: World) -> None:
    mother = parent(world)
    sent = await world.posted((mother.person, "own_wish"), subject=mother.person)
    await world.play.read(sent.referral, world.play.recipient())
    answer = await mother.step(sent.referral, "decline", {"reason": "transport"})
    assert (answer.status_code, answer.json()["state"]) == (200, "no_thank_you")
    assert answer.json()["reason_name"] == "Der er for langt"
    kinds = [each["kind"] for each in await world.play.events(world.play.recipient(), sent.referral)]
    assert kinds[-1] == "family_declined"
    read = (await world.play.read(sent.referral, world.play.recipient())).json()
    assert (read["tasks"][0]["state"], read["information"]) == ("family_declined", [])
    assert_problem(await mother.step(sent.referral, "decline", {}), 409, "wrong_state")


async def test_a_no_before_it_was_sent_means_that_it_never_is(world: World) -> None:
    mother = parent(world)
    sent = await world.posted(subject=mother.person)
    assert (await mother.task(sent.referral))["state"] == "waits_for_yes"
    answer = await mother.step(sent.referral, "decline", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "taken_back")
    await world.permit(sent, (mother.person, "own_wish"))
    assert_problem(await world.play.read(sent.referral, world.play.recipient()), 404)
    assert (await world.play.events(world.play.recipient(), sent.referral)) == []


async def test_waiting_is_not_dropping_out_and_under_way_one_may_stop(world: World) -> None:
    mother = parent(world)
    sent = await world.posted((mother.person, "own_wish"), subject=mother.person)
    await world.play.read(sent.referral, world.play.recipient())
    assert (await world.play.accept(sent.task, 2)).status_code == 200
    waiting = await mother.step(sent.referral, "drop-out", {"reason": "moved"})
    told = assert_problem(waiting, 409, "wrong_state")
    assert (told["state"], "decline" in told["allowed"], "drop_out" in told["allowed"]) == ("said_yes", True, False)
    headers = world.play.recipient() | {"If-Match": '"3"'}
    begun = await world.play.referral.post(f"/tasks/{sent.task}/start", json={}, headers=headers)
    assert begun.status_code == 200, begun.text
    stopped = await mother.step(sent.referral, "drop-out", {"reason": "moved"})
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert (await world.heard(sent))[0][-1] == "dropped_out"


async def test_one_of_several_stops_for_their_own_part(case: Case) -> None:
    await case.house_does("acceptance")
    await case.house_does("start")
    stopped = await case.father.step(case.referral, "drop-out", {"reason": "illness"})
    assert stopped.json()["state"] == "no_thank_you"
    assert (await case.mother.task(case.referral))["state"] == "under_way"


async def test_nothing_is_said_before_it_was_read_and_the_answer_is_in_the_familys_words(world: World) -> None:
    mother = parent(world)
    sent = await world.posted((mother.person, "own_wish"), subject=mother.person)
    answer = await mother.says(sent.task, "question", mother.person, "Hvornår?")
    told = assert_problem(answer, 409, "wrong_state")
    assert (told["state"], told["allowed"]) == ("sent", ["decline"])


async def test_a_parent_refuses_a_proposal_that_concerns_nobody_else(world: World) -> None:
    mother = parent(world)
    sent = await world.posted((mother.person, "own_wish"), subject=mother.person)
    await world.play.read(sent.referral, world.play.recipient())
    headers = world.play.recipient() | {"If-Match": '"2"'}
    body = {"proposed": {"offer": "another-group"}}
    assert (
        await world.play.referral.post(f"/tasks/{sent.task}/proposal", json=body, headers=headers)
    ).status_code == 200
    assert (await mother.task(sent.referral))["proposed"] == {"offer": "another-group", "unit": FAMILY_HOUSE}
    assert_problem(await mother.step(sent.referral, "proposal/agreement"), 409, "wrong_state")
    refused = await mother.step(sent.referral, "proposal/refusal")
    assert (refused.status_code, refused.json()["state"]) == (200, "being_read")
    assert (await world.play.read(sent.referral, world.play.recipient())).json()["tasks"][0]["state"] == "received"


async def test_a_proposal_in_a_case_of_several_is_refused_by_none_of_them_alone(case: Case) -> None:
    await case.house_does("proposal", {"proposed": {"offer": "group-for-fathers"}})
    told = await case.mother.get(f"/my/referrals/{case.referral}")
    assert "group-for-fathers" not in told.text
    assert told.json()["tasks"][0]["state"] == "another_way"
    assert_problem(await case.mother.step(case.referral, "proposal/refusal"), 409, "wrong_state")


async def test_a_page_is_a_page_of_ones_own(world: World) -> None:
    """What is not theirs is not counted: neither a short page nor a `next` tells of it."""
    mother, other = parent(world), parent(world)
    mine = []
    for _ in range(2):
        await world.posted((other.person, "own_wish"), subject=other.person)
        mine.append((await world.posted((mother.person, "own_wish"), subject=mother.person)).referral)
    await world.posted((mother.person, "own_wish"), subject=mother.person, draft=True)
    await world.posted((other.person, "own_wish"), subject=other.person)
    first = (await mother.get("/my/referrals", limit=1)).json()
    second = (await mother.get("/my/referrals", limit=1, after=first["next"])).json()
    last = (await mother.get("/my/referrals", limit=1, after=second["next"])).json()
    assert [each["id"] for page in (first, second) for each in page["referrals"]] == mine
    assert last == {"referrals": [], "next": None}


async def test_what_was_written_under_an_earlier_id_is_still_ones_own(world: World) -> None:
    mother, earlier = parent(world), str(uuid4())
    sent = await world.posted((earlier, "own_wish"), subject=earlier)
    assert await mother.lists() == []
    known = {"person": mother.person, "also": [earlier], "protected": False}
    world.consent.speakers[mother.login] = {"me": known, "speaks_for": [known]}
    assert sorted(texts(await mother.sees(sent.referral))) == sorted([*OWN_WORDS, "Sover dårligt."])


async def test_a_correction_is_shown_beside_what_it_corrects(case: Case) -> None:
    (wrong,) = [each for each in (await case.mother.sees(case.referral))["information"] if each["text"] == "om-barnet"]
    body = {"piece": wrong["id"], "text": "rettet"}
    path = f"/referrals/{case.referral}/corrections"
    assert (await case.world.play.referral.post(path, json=body, headers=case.world.play.sender())).status_code == 204
    told = {each["text"]: each for each in (await case.father.sees(case.referral))["information"]}
    assert told["om-barnet"]["corrected_by"] == told["rettet"]["id"]


async def test_a_task_that_was_narrowed_or_ended_tells_one_parent_nothing_of_the_other(case: Case) -> None:
    await case.world.play.referral.post(
        f"/referrals/{case.referral}/withdrawal", json={}, headers=case.world.play.sender()
    )
    assert (await case.father.task(case.referral))["state"] == "taken_back"
    assert (await rows(case.world.play.dbs.admin("referral"), "SELECT state FROM task WHERE id = $1::uuid",
                       case.task))[0]["state"] == "withdrawn"  # fmt: skip


async def test_only_ones_own_words_are_ones_own_to_correct(case: Case) -> None:
    """R57: what a unit wrote, it corrects; what the other parent said is not even there."""
    await case.mother.says(case.task, "clarification", case.mother.person, "Forkert")
    seen = await case.mother.sees(case.referral)
    own, units = seen["dialogue"][0]["information"][0]["id"], seen["information"][0]["id"]
    path = f"/my/referrals/{case.referral}/corrections"
    assert (await case.mother.post(path, {"piece": own, "text": "Rigtigt"})).status_code == 204
    assert texts(await case.house_reads())[-2:] == ["Forkert", "Rigtigt"]
    again = await case.mother.post(path, {"piece": own, "text": "Igen"})
    assert_problem(again, 409, "already_corrected")
    for who, piece in ((case.mother, units), (case.father, own), (case.mother, str(uuid4()))):
        assert_problem(await who.post(path, {"piece": piece, "text": "Igen"}), 404, "unknown_piece")
