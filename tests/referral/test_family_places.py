"""Whom a family member is told of: never where another goes who only mentions them, nor what another has said."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.referral.deciding import World
from tests.referral.families import Parent, parent, texts
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, entries_of, rows
from tests.support.wire import NOW

HEALTH, WISH, NETWORK = "health", "own_wish", "network"


async def fled(world: World, *more: tuple[str, str]) -> tuple[Sent, str, Parent]:
    """Return a mother's request that mentions the father, read by the house she goes to; only hers may be told."""
    mother, father = str(uuid4()), parent(world)
    told = [
        {"subject": mother, "category": HEALTH, "text": "om-hende"},
        {"subject": father.person, "category": NETWORK, "text": "om-ham"},
    ]
    yes = [(mother, HEALTH), (mother, WISH), *more]
    sent = await world.posted(*yes, subject=mother, information=told)
    await world.play.read(sent.referral, world.play.recipient())
    return sent, mother, father


async def nothing_of_the_place(father: Parent, sent: Sent) -> None:
    """Check every answer the father can get: his own piece, and not a word of where, when and how it goes."""
    whole, listed = await father.get(f"/my/referrals/{sent.referral}"), await father.get("/my/referrals")
    assert texts(whole.json()) == ["om-ham"]
    assert [each["tasks"] for each in (whole.json(), *listed.json()["referrals"])] == [[], []]
    assert whole.json()["dialogue_next"] == []
    events = await father.get("/my/events")
    assert events.json() == {"events": []}
    for each in (whole, listed, events):
        assert not [word for word in (FAMILY_HOUSE, sent.task, "answer_by") if word in each.text]


async def test_who_is_only_mentioned_is_not_told_where_the_other_goes(world: World) -> None:
    """R57: his own data, and nothing of hers; she may have fled from him (R45)."""
    sent, _, father = await fled(world)
    await nothing_of_the_place(father, sent)
    assert (await world.play.accept(sent.task, 2)).status_code == 200
    await nothing_of_the_place(father, sent)


async def test_a_question_about_who_is_only_mentioned_does_not_reach_him(world: World) -> None:
    sent, _, father = await fled(world)
    body = {"kind": "question", "to": "family",
            "information": [{"subject": father.person, "category": NETWORK, "text": "Har-han-truet"}]}  # fmt: skip
    asked = await world.play.referral.post(f"/tasks/{sent.task}/messages", json=body, headers=world.play.recipient())
    assert asked.status_code == 201, asked.text
    await nothing_of_the_place(father, sent)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "messages", None),
        ("GET", "meetings", None),
        ("GET", "steps", None),
        ("POST", "messages", {"kind": "clarification"}),
        ("POST", "decline", {}),
        ("POST", "drop-out", {}),
        ("POST", "proposal/refusal", {}),
        ("POST", "proposal/agreement", {}),
        ("POST", "attachments", {"category": NETWORK, "name": "brev.pdf", "media_type": "application/pdf", "size": 9}),
    ],
)
async def test_a_task_one_is_not_told_of_is_not_there_whatever_one_tries(
    world: World, method: str, path: str, body: dict[str, Any] | None
) -> None:
    sent, _, father = await fled(world)
    if path == "messages" and body is not None:
        body |= {"information": [{"subject": father.person, "category": NETWORK, "text": "Hvor-er-du"}]}
    request = str(uuid4())
    headers = father.headers | {"If-Match": '"2"', "X-Request-Id": request}
    answer = await world.play.referral.request(method, f"/my/tasks/{sent.task}/{path}", json=body, headers=headers)
    assert_problem(answer, 404, "not_there")
    assert FAMILY_HOUSE not in answer.text
    kinds = [each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), request)]
    assert "access_refused" in kinds
    assert "message_kept" not in kinds


async def test_who_has_said_yes_for_himself_sees_the_place_that_may_be_told_of_him_alone(world: World) -> None:
    mother, father = str(uuid4()), parent(world)
    told = [
        {"subject": mother, "category": HEALTH, "text": "om-hende"},
        {"subject": father.person, "category": HEALTH, "text": "om-ham"},
    ]
    hers = [(mother, HEALTH), (mother, WISH)]
    world.consent.permit(hers, MIDWIFERY, VISITING)
    sent = await world.posted(
        *hers, (father.person, HEALTH), subject=mother, information=told, recipients=[FAMILY_HOUSE, VISITING]
    )
    assert [each["place"] for each in (await father.sees(sent.referral))["tasks"]] == [FAMILY_HOUSE]
    world.consent.permit(hers)
    assert (await father.sees(sent.referral))["tasks"] == []


async def test_another_legal_ground_than_his_yes_does_not_tell_him_the_place(world: World) -> None:
    """R45: what may be told without asking him is not told him either."""
    sent, mother, father = await fled(world)
    world.consent.permit([(mother, HEALTH), (mother, WISH), (father.person, NETWORK)])
    world.consent.ground = "legal_ground"
    await nothing_of_the_place(father, sent)


async def test_while_consent_does_not_answer_nothing_is_shown(world: World) -> None:
    sent, _, father = await fled(world)
    world.consent.down_for = frozenset({"check"})
    for path in (f"/my/referrals/{sent.referral}", "/my/referrals", f"/my/tasks/{sent.task}/messages"):
        answer = await father.get(path)
        assert answer.status_code == 503
        assert FAMILY_HOUSE not in answer.text


async def test_a_childs_protected_address_hides_the_place_from_the_other_parent(world: World) -> None:
    child = str(uuid4())
    father = parent(world, child)
    told = [
        {"subject": child, "category": HEALTH, "text": "om-barnet"},
        {"subject": father.person, "category": HEALTH, "text": "om-ham"},
    ]
    yes = [(child, HEALTH), (child, WISH), (father.person, HEALTH)]
    sent = await world.posted(*yes, subject=child, information=told)
    assert (await father.task(sent.referral))["place"] == FAMILY_HOUSE
    father.speaks_for(child, protected=(child,))
    await nothing_of_the_place(father, sent)


async def test_a_reason_is_told_only_to_who_gave_it(world: World) -> None:
    """R57: both speak for the child, and what she said of why is hers."""
    child = str(uuid4())
    mother, father = parent(world, child), parent(world, child)
    yes = [(child, HEALTH), (child, WISH)]
    sent = await world.posted(*yes, subject=child)
    world.consent.permit([(child, "course")], FAMILY_HOUSE, MIDWIFERY)
    await world.play.read(sent.referral, world.play.recipient())
    declined = await mother.step(sent.referral, "decline", {"reason": "apprehension"})
    assert (declined.status_code, declined.json()["reason"]) == (200, "apprehension")
    his = await father.task(sent.referral)
    assert (his["reason"], his["reason_name"]) == (None, None)
    assert "apprehension" not in (await father.get("/my/referrals")).text
    assert (await mother.task(sent.referral))["reason"] == "apprehension"
    for who in (world.play.sender(), world.play.recipient()):
        told = (await world.play.read(sent.referral, who)).json()["tasks"][0]
        assert (told["state"], told["ended_by"]) == ("family_declined", "family")
    world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    assert (await world.task(sent))["ended_by"] is None


async def test_a_reason_a_unit_wrote_down_is_told_to_neither_parent_of_a_child(world: World) -> None:
    child = str(uuid4())
    mother, father = parent(world, child), parent(world, child)
    sent = await world.posted((child, HEALTH), (child, WISH), subject=child)
    await world.play.read(sent.referral, world.play.recipient())
    headers = world.play.recipient() | {"If-Match": '"2"'}
    path = f"/tasks/{sent.task}/family-decline"
    answer = await world.play.referral.post(path, json={"reason": "apprehension"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ended_by"] == "recipient"
    assert [(await who.task(sent.referral))["reason"] for who in (mother, father)] == [None, None]


async def test_what_a_unit_takes_back_says_that_the_sender_did(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, WISH), subject=subject)
    path = f"/referrals/{sent.referral}/withdrawal"
    assert (await world.play.referral.post(path, json={}, headers=world.play.sender())).status_code == 201
    assert (await world.task(sent))["ended_by"] == "sender"


async def test_words_about_a_child_are_no_longer_theirs_to_mend_who_no_longer_speak_for_it(world: World) -> None:
    """R27, R57: custody is asked at that moment."""
    child = str(uuid4())
    mother = parent(world, child)
    told = await mother.asks_for_help(information=[{"subject": child, "category": HEALTH, "text": "om-barnet"}])
    pieces = {each["text"]: each["id"] for each in told["information"]}
    mother.speaks_for()
    path, request = f"/my/referrals/{told['id']}/corrections", str(uuid4())
    body = {"piece": pieces["om-barnet"], "text": "efter-at-hun-mistede-det"}
    answer = await mother.post(path, body, **{"X-Request-Id": request})
    assert_problem(answer, 404, "unknown_piece")
    assert "access_refused" in [each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), request)]
    assert "efter-at-hun-mistede-det" not in (await world.play.read(told["id"], world.play.recipient())).text
    own = next(number for text, number in pieces.items() if text != "om-barnet")
    assert (await mother.post(path, {"piece": own, "text": "stadig-mit"})).status_code == 204


@pytest.mark.parametrize("act", ["messages", "attachments"])
async def test_nothing_more_is_said_of_a_child_one_no_longer_speaks_for(world: World, act: str) -> None:
    child = str(uuid4())
    mother = parent(world, child)
    told = await mother.asks_for_help(information=[{"subject": child, "category": HEALTH, "text": "om-barnet"}])
    task = told["tasks"][0]["id"]
    await world.play.read(told["id"], world.play.recipient())
    mother.speaks_for()
    if act == "messages":
        answer = await mother.says(task, "clarification", child, "mere-om-barnet")
    else:
        body = {"subject": child, "category": HEALTH, "name": "brev.pdf", "media_type": "application/pdf", "size": 9}
        answer = await mother.post(f"/my/tasks/{task}/attachments", body)
    assert_problem(answer, 422, "unknown_subject")


@pytest.mark.parametrize("whole", [True, False])
async def test_a_draft_that_was_taken_back_was_never_there_for_the_family(
    world: World,
    whole: bool,  # noqa: FBT001 - one of two ways
) -> None:
    mother = parent(world)
    sent = await world.posted((mother.person, WISH), subject=mother.person, draft=True)
    path = f"/referrals/{sent.referral}/withdrawal" if whole else f"/tasks/{sent.task}/withdrawal"
    headers = world.play.sender() | {"If-Match": '"1"'}
    taken = await world.play.referral.post(path, json={}, headers=headers)
    assert taken.status_code in {200, 201}, taken.text
    (kept,) = await rows(
        world.play.dbs.admin("referral"), "SELECT state, draft_only FROM task WHERE id = $1::uuid", sent.task
    )
    assert (kept["state"], kept["draft_only"]) == ("never_sent", True)
    assert sent.referral not in await mother.lists()
    assert_problem(await mother.get(f"/my/referrals/{sent.referral}"), 404, "not_there")
    assert_problem(await mother.get(f"/my/tasks/{sent.task}/messages"), 404, "not_there")


async def test_what_left_the_desk_and_was_taken_back_before_it_went_out_is_shown(world: World) -> None:
    mother = parent(world)
    sent = await world.posted(subject=mother.person)
    path = f"/referrals/{sent.referral}/withdrawal"
    assert (await world.play.referral.post(path, json={}, headers=world.play.sender())).status_code == 201
    assert (await mother.task(sent.referral))["state"] == "taken_back"


async def test_who_coordinates_is_told_to_those_who_are_told_of_the_unit(world: World) -> None:
    """SUL § 123: the family knows who holds the threads; who is only mentioned does not learn of the place by it."""
    sent, mother, father = await fled(world)
    hers = Parent(world, mother, f"login-{uuid4().hex}")
    hers.speaks_for()
    assert (await hers.sees(sent.referral))["coordinator"] is None
    since = (NOW - timedelta(days=1)).date().isoformat()
    named = await world.play.referral.put(
        f"/courses/{sent.need}/coordinator", json={"unit": FAMILY_HOUSE, "user": "u-7", "since": since},
        headers=world.play.recipient(),
    )  # fmt: skip
    assert named.status_code == 200, named.text
    assert (await hers.sees(sent.referral))["coordinator"] == {"unit": FAMILY_HOUSE, "since": since}
    assert (await father.sees(sent.referral))["coordinator"] is None
    await nothing_of_the_place(father, sent)
