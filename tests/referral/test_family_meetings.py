"""The family at meetings: invited, answering for itself, reading its own of the record, doing its part."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.clock import danish_date, now
from tests.referral.deciding import World
from tests.referral.families import Parent, parent
from tests.referral.test_family import KINDS, Case
from tests.support.families import days
from tests.support.filed import document
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VOLUNTEERS, assert_problem, entries_of, rows

TODAY = danish_date(now()).isoformat()
SOON = (now() + timedelta(days=5)).replace(microsecond=0).isoformat()
HERS, HIS, OURS = "hendes-syn", "hans-syn", "om-barnets-dag"
SHE_DOES, HE_DOES, HOUSE_DOES = "hun-ringer", "han-pakker", "huset-skriver"


@pytest.fixture
async def case(world: World) -> Case:
    """Two parents and their child, in one referral that the family house has read."""
    child = str(uuid4())
    mother, father = parent(world, child), parent(world, child)
    told = [
        {"subject": father.person, "category": "health", "text": "om-faderen"},
        {"subject": child, "category": "child_development", "text": "om-barnet"},
    ]
    everything = [(person, kind) for person in (mother.person, father.person, child) for kind in KINDS]
    sent = await world.posted(*everything, subject=mother.person, information=told)
    world.consent.permit(everything, FAMILY_HOUSE, MIDWIFERY)
    made = Case(world, mother, father, child, sent.referral, sent.task)
    await made.house_reads()
    return made


async def proposed(world: World, task: str, **changes: Any) -> str:
    """Have the family house propose a meeting with the family."""
    body = {"times": [SOON], "family_invited": True} | changes
    answer = await world.play.referral.post(f"/tasks/{task}/meetings", json=body, headers=world.play.recipient())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def said(about: str, text: str, category: str = "wellbeing") -> dict[str, Any]:
    """Return a piece."""
    return {"subject": about, "category": category, "text": text}


def does(about: str, text: str, owner: str = "family") -> dict[str, Any]:
    """Return a step due today, by the family or by a unit."""
    by = {"owner": "family"} if owner == "family" else {"owner": "unit", "unit": owner}
    return {"information": said(about, text), "due": TODAY} | by


async def held(case: Case, **changes: Any) -> str:
    """Hold a meeting with both parents, where each says how they see it, and does something."""
    number = await proposed(case.world, case.task)
    mother, father = case.mother.person, case.father.person
    told = {
        "on": TODAY, "family": {"present": False, "absence": "wished_not_to"},
        "attended": [{"unit": FAMILY_HOUSE, "profession": "psychologist"}],
        "familys_view": [said(mother, HERS), said(father, HIS)],
        "professionals_view": [said(case.child, OURS), said(case.child, "niveau-tre", "care_level")],
        "next_steps": [does(mother, SHE_DOES), does(father, HE_DOES), does(case.child, HOUSE_DOES, FAMILY_HOUSE)],
    } | changes  # fmt: skip
    headers = case.world.play.recipient() | {"If-Match": '"1"'}
    answer = await case.world.play.referral.post(f"/meetings/{number}/record", json=told, headers=headers)
    assert answer.status_code == 200, answer.text
    return number


async def meetings(who: Parent, task: str) -> list[dict[str, Any]]:
    """Return the meetings somebody of the family sees."""
    answer = await who.get(f"/my/tasks/{task}/meetings")
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["meetings"]
    return told


async def steps(who: Parent, task: str) -> dict[str, dict[str, Any]]:
    """Return the steps somebody of the family sees, by their words."""
    answer = await who.get(f"/my/tasks/{task}/steps")
    assert answer.status_code == 200, answer.text
    return {each["information"]["text"]: each for each in answer.json()["steps"]}


async def heard(who: Parent) -> list[str]:
    """Return what somebody of the family has heard."""
    return [each["kind"] for each in (await who.get("/my/events")).json()["events"]]


async def test_each_parent_is_invited_answers_for_themselves_and_does_not_see_the_others_answer(case: Case) -> None:
    number = await proposed(case.world, case.task)
    for who in (case.mother, case.father):
        (seen,) = await meetings(who, case.task)
        assert (seen["id"], seen["state_name"], seen["may_answer"], seen["you"]) == (number, "Foreslået", True, None)
        assert seen["units"] == sorted([FAMILY_HOUSE, MIDWIFERY])
        assert "invitation" in await heard(who)
    yes = await case.mother.post(f"/my/meetings/{number}/answers", {"comes": True, "time": SOON})
    assert yes.json()["you"]["comes"] is True
    no = await case.father.post(f"/my/meetings/{number}/answers", {"comes": False})
    assert (no.json()["you"], case.mother.person in no.text) == ({"unit": "you", "comes": False, "time": None}, False)
    house = await case.world.play.referral.get(f"/meetings/{number}", headers=case.world.play.recipient())
    comes = {each["unit"]: each["comes"] for each in house.json()["answers"]}
    assert comes == {f"family:{case.mother.person}": True, f"family:{case.father.person}": False}
    assert (await case.house_heard()).count("meeting_answered") == 2


async def test_of_the_record_each_parent_reads_their_own_and_the_childs_and_no_level(case: Case) -> None:
    """R57, R67 and requirement 27: nor is it told which of the family was not there."""
    await held(case)
    for who, mine, others in ((case.mother, HERS, HIS), (case.father, HIS, HERS)):
        answer = await who.get(f"/my/tasks/{case.task}/meetings")
        record = answer.json()["meetings"][0]["record"]
        texts = {each["text"] for each in record["information"]}
        assert {mine, OURS, HOUSE_DOES} <= texts
        assert (record["family_present"], record["absence_name"]) == (None, None)
        for hidden in (others, "niveau-tre", "care_level"):
            assert hidden not in answer.text


async def test_who_is_alone_in_a_case_reads_whether_they_were_noted_as_present(world: World) -> None:
    thilde = parent(world)
    made = await thilde.asks_for_help()
    task = made["tasks"][0]["id"]
    await world.play.read(made["id"], world.play.recipient())
    number = await proposed(world, task, family_invited=False)
    told = {
        "on": TODAY, "family": {"present": True}, "familys_view": [said(thilde.person, HERS)],
        "professionals_view": [said(thilde.person, OURS)], "next_steps": [does(thilde.person, SHE_DOES)],
        "attended": [{"unit": FAMILY_HOUSE, "profession": "psychologist"}],
    }  # fmt: skip
    coming = await thilde.post(f"/my/meetings/{number}/answers", {"comes": True})
    assert set(coming.json()["units"]) == {"you", FAMILY_HOUSE}
    headers = world.play.recipient() | {"If-Match": '"1"'}
    answer = await world.play.referral.post(f"/meetings/{number}/record", json=told, headers=headers)
    assert answer.status_code == 200, answer.text
    (seen,) = await meetings(thilde, task)
    assert seen["record"]["family_present"] is True
    assert {each["text"] for each in seen["record"]["information"]} == {HERS, OURS, SHE_DOES}
    own = (await steps(thilde, task))[SHE_DOES]
    assert (await thilde.post(f"/my/steps/{own['id']}/done")).status_code == 200
    assert await heard(thilde) == ["sent", "received", "invitation", "meeting", "step_agreed"]
    house = [each["kind"] for each in await world.play.events(world.play.recipient(), made["id"])]
    assert house[-1] == "step_done"
    named = {
        unit for asked in world.consent.asked for each in asked.questions for unit in (each.sender, each.recipient)
    }
    assert not [unit for unit in named if unit.startswith("family:")]


async def test_each_parent_sees_and_does_their_own_steps_and_not_the_others(case: Case) -> None:
    await held(case)
    hers, his = await steps(case.mother, case.task), await steps(case.father, case.task)
    assert set(hers) == {SHE_DOES, HOUSE_DOES}
    assert set(his) == {HE_DOES, HOUSE_DOES}
    assert {text: each["may_do"] for text, each in hers.items()} == {SHE_DOES: True, HOUSE_DOES: False}
    number = {"X-Request-Id": str(uuid4())}
    others = await case.father.post(f"/my/steps/{hers[SHE_DOES]['id']}/done", **number)
    assert_problem(others, 404, "not_there")
    (entry,) = await entries_of(case.world.play.dbs.admin("referral"), number["X-Request-Id"])
    assert entry["kind"] == "access_refused"
    assert_problem(await case.father.post(f"/my/steps/{his[HOUSE_DOES]['id']}/done"), 409, "not_your_turn")
    first = await case.mother.post(f"/my/steps/{hers[SHE_DOES]['id']}/done")
    again = await case.mother.post(f"/my/steps/{hers[SHE_DOES]['id']}/done")
    assert first.json()["done_at"] == again.json()["done_at"]
    assert (await steps(case.mother, case.task))[SHE_DOES]["done_at"] is not None
    assert (await case.house_heard())[-1] == "step_done"
    assert [kind for kind in await heard(case.mother) if kind == "step_agreed"] == ["step_agreed"]


async def test_what_the_family_is_not_invited_to_is_not_there(case: Case) -> None:
    number = await proposed(case.world, case.task, family_invited=False)
    assert await meetings(case.mother, case.task) == []
    assert_problem(await case.mother.get(f"/my/meetings/{number}"), 404, "not_there")
    assert_problem(await case.mother.post(f"/my/meetings/{number}/answers", {"comes": True}), 404, "not_there")
    assert "invitation" not in await heard(case.mother)
    invited = await proposed(case.world, case.task)
    stranger = parent(case.world)
    assert_problem(await stranger.get(f"/my/meetings/{invited}"), 404, "not_there")


async def test_a_meeting_that_is_over_or_whose_part_one_has_left_is_not_answered(case: Case) -> None:
    number = await held(case)
    assert_problem(await case.mother.post(f"/my/meetings/{number}/answers", {"comes": True}), 409, "wrong_state")
    other = await proposed(case.world, case.task)
    assert (await case.mother.step(case.referral, "decline", {"reason": "timing"})).status_code == 200
    assert_problem(await case.mother.post(f"/my/meetings/{other}/answers", {"comes": True}), 409, "wrong_state")
    assert (await case.father.post(f"/my/meetings/{other}/answers", {"comes": True})).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"comes": "yes"}, {"comes": True, "time": "soon"}, {"comes": True, "who": "x"}, {"comes": None}]
)
async def test_a_bad_answer_is_refused_in_each_field(case: Case, body: dict[str, Any]) -> None:
    number = await proposed(case.world, case.task)
    assert_problem(await case.mother.post(f"/my/meetings/{number}/answers", body), 422)


async def test_a_time_that_was_not_proposed_is_refused(case: Case) -> None:
    number = await proposed(case.world, case.task)
    late = {"comes": True, "time": days(30) + "T10:00:00Z"}
    assert_problem(await case.mother.post(f"/my/meetings/{number}/answers", late), 422, "wrong_day")


async def test_the_plan_for_afterwards_is_each_parents_to_read_as_far_as_it_is_theirs(case: Case) -> None:
    await case.house_does("acceptance")
    await case.house_does("start")
    plan = {"plan": [said(case.mother.person, "plan-hende"), said(case.child, "plan-barnet")],
            "next_steps": [does(case.mother.person, SHE_DOES)]}  # fmt: skip
    headers = case.world.play.recipient()
    made = await case.world.play.referral.post(f"/tasks/{case.task}/aftercare", json=plan, headers=headers)
    assert made.status_code == 201, made.text

    async def read(who: Parent) -> set[str]:
        told = (await who.get(f"/my/tasks/{case.task}/messages")).json()["messages"]
        return {piece["text"] for each in told if each["kind"] == "aftercare" for piece in each["information"]}

    assert await read(case.mother) == {"plan-hende", "plan-barnet", SHE_DOES}
    assert await read(case.father) == {"plan-barnet"}
    assert "aftercare" in await heard(case.father)
    assert "step_agreed" not in await heard(case.father)
    assert {"aftercare", "step_agreed"} <= set(await heard(case.mother))


async def test_a_thread_is_read_part_by_part_and_what_is_anothers_is_not_counted(case: Case) -> None:
    """R57: an empty part, or a number of parts, would tell how much the other parent has said."""
    for number in range(3):
        await case.mother.says(case.task, "question", case.mother.person, f"hendes-{number}")
        await case.father.says(case.task, "question", case.father.person, f"hans-{number}")
    first = (await case.mother.get(f"/my/tasks/{case.task}/messages", limit=2)).json()
    assert [each["information"][0]["text"] for each in first["messages"]] == ["hendes-1", "hendes-2"]
    answer = await case.mother.get(f"/my/tasks/{case.task}/messages", limit=2, before=first["next"])
    assert [each["information"][0]["text"] for each in answer.json()["messages"]] == ["hendes-0"]
    assert answer.json()["next"] is None
    other = parent(case.world, case.child)
    whole = (await other.get(f"/my/tasks/{case.task}/messages")).json()
    assert whole == {"messages": [], "next": None}


async def test_a_long_thread_says_where_to_go_on_only_to_those_it_has_something_for(case: Case) -> None:
    for number in range(205):
        answer = await case.mother.says(case.task, "clarification", case.mother.person, f"hendes-{number}")
        assert answer.status_code == 201, answer.text
    hers, his = await case.mother.sees(case.referral), await case.father.sees(case.referral)
    (more,) = hers["dialogue_next"]
    earlier = (await case.mother.get(f"/my/tasks/{case.task}/messages", before=more["before"])).json()["messages"]
    shown = {each["id"] for each in hers["dialogue"]}
    assert shown | {each["id"] for each in earlier} == {
        str(row["id"]) for row in await rows(
            case.world.play.dbs.admin("referral"), "SELECT id FROM message WHERE task_id::text = $1", case.task
        )
    }  # fmt: skip
    assert his["dialogue_next"] == []


async def attached(who: Parent, task: str, content: bytes, **changes: Any) -> Any:
    """Attach a file to one's own task: say what it is, then bring it."""
    body = {
        "category": "health", "name": "Brev fra min læge.pdf", "media_type": "application/pdf", "size": len(content),
    } | changes  # fmt: skip
    answer = await who.post(f"/my/tasks/{task}/attachments", body)
    if answer.status_code != 201:
        return answer
    return await who.world.play.referral.put(answer.json()["upload"], content=content, headers=who.headers)


async def test_a_file_of_the_familys_is_its_own_telling_and_the_other_parents_not_to_read(case: Case) -> None:
    content = document()
    brought = await attached(case.mother, case.task, content)
    assert (brought.status_code, brought.json()["state"]) == (200, "clean")
    number = brought.json()["id"]
    case.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    for headers in (case.world.play.recipient(), case.world.play.sender()):
        got = await case.world.play.referral.get(f"/attachments/{number}/content", headers=headers)
        assert (got.status_code, got.content) == (200, content)
    assert (await case.mother.get(f"/my/attachments/{number}/content")).content == content
    assert_problem(await case.father.get(f"/my/attachments/{number}/content"), 404, "not_there")
    assert "attachment" in await case.house_heard()


async def test_a_file_is_refused_where_it_is_not_what_it_says_about_another_or_a_level(case: Case) -> None:
    content = b"MZ" + bytes(200)
    assert_problem(await attached(case.mother, case.task, content), 422)
    fine = document()
    about_him = await attached(case.mother, case.task, fine, subject=case.father.person)
    assert_problem(about_him, 422, "unknown_subject")
    assert_problem(await attached(case.mother, case.task, fine, category="care_level"), 422)
    stranger = parent(case.world)
    assert_problem(await attached(stranger, case.task, fine), 404, "not_there")
    declared = await case.mother.post(f"/my/tasks/{case.task}/attachments", {
        "category": "health", "name": "brev.pdf", "media_type": "application/pdf", "size": len(fine)})  # fmt: skip
    theirs = await case.world.play.referral.put(declared.json()["upload"], content=fine, headers=case.father.headers)
    assert_problem(theirs, 404, "not_there")


async def test_a_father_who_shares_the_child_hears_nothing_of_what_the_mother_asked_for_herself(world: World) -> None:
    """R57: what one of the family has sent in their own name is theirs."""
    child = str(uuid4())
    mother, father = parent(world, child), parent(world, child)
    made = await mother.asks_for_help(information=[said(child, "om-barnet", "child_development")])
    task = made["tasks"][0]["id"]
    await world.play.read(made["id"], world.play.recipient())
    number = await proposed(world, task)
    assert_problem(await father.get(f"/my/meetings/{number}"), 404, "not_there")
    assert_problem(await father.get(f"/my/tasks/{task}/steps"), 404, "not_there")
    assert await heard(father) == []
    assert "invitation" in await heard(mother)


async def test_a_network_meeting_needs_a_place_that_the_inviter_knows_of(world: World) -> None:
    thilde = parent(world)
    made = await thilde.asks_for_help()
    await world.play.read(made["id"], world.play.recipient())
    body = {"kind": "network", "times": [SOON], "family_invited": True, "units": [VOLUNTEERS]}
    path = f"/tasks/{made['tasks'][0]['id']}/meetings"
    answer = await world.play.referral.post(path, json=body, headers=world.play.recipient())
    assert_problem(answer, 422, "not_invited")


async def test_a_meeting_nobody_has_held_is_called_off_with_its_task(case: Case) -> None:
    number = await proposed(case.world, case.task)
    over = await held(case)
    await case.house_does("decline", {"reason": "other", "no_alternative": True})
    seen = {each["id"]: each["state"] for each in await meetings(case.mother, case.task)}
    assert seen == {number: "cancelled", over: "held"}
