"""A family asks for help itself: sent at once, read without anybody's yes, and heard of all the way."""

from typing import Any
from uuid import uuid4

import pytest

from tests.referral.deciding import World
from tests.referral.families import Parent, help_in, parent, texts
from tests.support.town import FAMILY_HOUSE, VISITING, assert_problem, entries_of, rows
from tests.support.wire import message_in

WORDS = "Vi vil gerne tale med nogen."


@pytest.fixture
def mother(world: World) -> Parent:
    """Somebody with a child she speaks for."""
    return parent(world, str(uuid4()))


def child_of(who: Parent) -> str:
    """Return the child somebody speaks for."""
    return str(who.world.consent.speakers[who.login]["speaks_for"][1]["person"])


async def house(world: World, path: str, body: Any = None, version: int | None = None, unit: str = FAMILY_HOUSE) -> Any:
    """Have a recipient post something that is taken."""
    headers = world.play.recipient(unit) | ({} if version is None else {"If-Match": f'"{version}"'})
    answer = await world.play.referral.post(path, json=body or {}, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def read_by(world: World, referral: str, unit: str = FAMILY_HOUSE) -> dict[str, Any]:
    """Return what a recipient reads."""
    answer = await world.play.read(referral, world.play.recipient(unit))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def heard(who: Parent) -> list[str]:
    """Return the kinds of everything somebody has heard."""
    answer = await who.get("/my/events")
    assert answer.status_code == 200, answer.text
    return [each["kind"] for each in answer.json()["events"]]


async def test_it_is_sent_at_once_and_read_without_a_decision(world: World, mother: Parent) -> None:
    """R25, R36: no civil registration number and nobody's consent; what one tells oneself breaks no silence."""
    child = child_of(mother)
    told = await mother.asks_for_help(
        WORDS,
        information=[{"subject": child, "category": "health", "text": "Barnet-sover-ikke"}],
        offers=[{"category": "own_wish", "offer": "network-group"}],
    )
    assert (told["kind"], told["sender"], told["tasks"][0]["state"]) == ("self_referral", "you", "sent")
    assert {each["author"] for each in told["information"]} == {"you"}
    read = await read_by(world, told["id"])
    assert (read["kind"], read["sender"]) == ("self_referral", f"family:{mother.person}")
    assert sorted(texts(read)) == sorted([WORDS, "Barnet-sover-ikke", ""])
    assert read["withheld"] == []
    assert world.consent.asked == []
    assert (await mother.task(told["id"]))["state"] == "being_read"
    assert await heard(mother) == ["sent", "received"]
    assert [each["kind"] for each in await world.play.events(world.play.recipient(), told["id"])] == [
        "referral_arrived"
    ]


async def test_that_the_recipient_read_it_is_on_the_ledger(world: World, mother: Parent) -> None:
    told, number = await mother.asks_for_help(), {"X-Request-Id": str(uuid4())}
    await world.play.referral.get(f"/referrals/{told['id']}", headers=world.play.recipient() | number)
    kinds = [each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), number["X-Request-Id"])]
    assert sorted(kinds) == ["record_read", "task_received"]


async def test_the_same_request_twice_is_one(world: World, mother: Parent) -> None:
    key = {"Idempotency-Key": f"key-{uuid4()}"}
    first, again = [await mother.post("/my/referrals", help_in(), **key) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Location"] == f"/my/referrals/{first.json()['id']}"
    assert_problem(await mother.post("/my/referrals", help_in("Noget andet"), **key), 409, "idempotency_conflict")
    other = parent(world)
    theirs = await other.post("/my/referrals", help_in(), **key)
    assert theirs.json()["id"] != first.json()["id"]


async def test_the_family_hears_the_whole_course_without_a_permit(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    task = told["tasks"][0]["id"]
    for version, (step, body) in enumerate(
        [("acceptance", {}), ("start", {}), ("completion", {"outcome": "goal_reached"})], start=2
    ):
        await house(world, f"/tasks/{task}/{step}", body, version)
    assert await heard(mother) == ["sent", "received", "accepted", "in_progress", "completed"]
    seen = await mother.task(told["id"])
    assert (seen["state"], seen["reason_name"], seen["allowed"]) == ("done", "Målet er nået", [])
    assert world.consent.asked == []


async def test_a_no_comes_with_its_reason(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    await house(world, f"/tasks/{told['tasks'][0]['id']}/decline", {"reason": "no_capacity", "no_alternative": True}, 2)
    seen = await mother.task(told["id"])
    assert (seen["state"], seen["state_name"]) == ("not_here", "De kan ikke hjælpe med det her")
    assert seen["reason_name"] == "Der er ikke plads"
    assert texts(await mother.sees(told["id"])) == [WORDS]


@pytest.mark.parametrize("to", [None, "sender", "family"])
async def test_a_question_to_the_family_is_answered_by_it(world: World, mother: Parent, to: str | None) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    task = told["tasks"][0]["id"]
    body = message_in(mother.person) | ({} if to is None else {"to": to})
    said = await house(world, f"/tasks/{task}/messages", body)
    assert said["withheld"] == []
    seen = await mother.sees(told["id"])
    assert (seen["tasks"][0]["state"], seen["tasks"][0]["turn"]) == ("you_are_asked", "you")
    assert "Hvor længe har det stået på?" in texts(seen)
    assert (await heard(mother))[-1] == "question"
    answered = await mother.says(task, "answer", mother.person, "Et-halvt-år")
    assert answered.json()["task"]["state"] == "being_read"
    read = await read_by(world, told["id"])
    assert read["tasks"][0]["state"] == "received"
    assert "Et-halvt-år" in texts(read)
    assert world.consent.asked == []


async def test_nothing_is_said_once_it_has_ended(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    task = told["tasks"][0]["id"]
    await house(world, f"/tasks/{task}/decline", {"reason": "no_capacity", "no_alternative": True}, 2)
    refused = assert_problem(await mother.says(task, "question", mother.person, "Hvorfor?"), 409, "wrong_state")
    assert (refused["state"], refused["allowed"]) == ("not_here", [])


async def _proposed(world: World, mother: Parent) -> dict[str, Any]:
    """Have the house write something of its own, and propose the health visitors instead."""
    told = await mother.asks_for_help(
        WORDS, information=[{"subject": child_of(mother), "category": "health", "text": "Barnet-sover-ikke"}]
    )
    await read_by(world, told["id"])
    task = told["tasks"][0]["id"]
    await house(world, f"/tasks/{task}/messages", message_in(mother.person, "clarification", information=[
        {"subject": mother.person, "category": "wellbeing", "text": "Husets-indtryk"}]))  # fmt: skip
    await house(world, f"/tasks/{task}/proposal", {"proposed": {"unit": VISITING}}, 2)
    return told


async def test_another_place_gets_ones_own_words_with_ones_own_agreement_and_nothing_others_wrote(
    world: World, mother: Parent
) -> None:
    told = await _proposed(world, mother)
    seen = await mother.task(told["id"])
    assert (seen["state"], seen["turn"]) == ("another_way", "you")
    assert seen["proposed"] == {"offer": None, "unit": VISITING}
    assert seen["allowed"] == ["write", "decline", "refuse_proposal", "agree"]
    assert_problem(await world.play.read(told["id"], world.play.recipient(VISITING)), 404)
    agreed = await mother.step(told["id"], "proposal/agreement")
    assert agreed.status_code == 201, agreed.text
    assert [(each["place"], each["state"]) for each in agreed.json()["tasks"]] == [
        (FAMILY_HOUSE, "passed_on"),
        (VISITING, "sent"),
    ]
    read = await read_by(world, told["id"], VISITING)
    assert texts(read) == [WORDS, "Barnet-sover-ikke"]
    assert "Husets-indtryk" not in str(read)
    assert texts(await read_by(world, told["id"])) == ["Husets-indtryk"]
    assert world.consent.asked == []


async def test_a_proposal_may_be_refused(world: World, mother: Parent) -> None:
    told = await _proposed(world, mother)
    refused = await mother.step(told["id"], "proposal/refusal")
    assert (refused.status_code, refused.json()["state"]) == (200, "being_read")
    assert_problem(await world.play.read(told["id"], world.play.recipient(VISITING)), 404)
    assert_problem(await mother.step(told["id"], "proposal/agreement"), 409, "wrong_state")


async def test_another_offer_at_the_same_place_is_the_familys_to_agree_to(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    await house(world, f"/tasks/{told['tasks'][0]['id']}/proposal", {"proposed": {"offer": "another-group"}}, 2)
    agreed = await mother.step(told["id"], "proposal/agreement")
    assert (agreed.status_code, len(agreed.json()["tasks"])) == (201, 2)


async def test_what_the_place_would_tell_others_needs_consent_as_ever(world: World, mother: Parent) -> None:
    """The family's words are the family's to tell: in a referral of the house's own, they wait for a yes."""
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    headers = world.play.keys.party("referral", "refer", unit=FAMILY_HOUSE)  # type: ignore[arg-type]
    passed = await world.play.post(mother.person, headers, recipients=[VISITING])
    assert passed["tasks"][0]["state"] == "awaiting_consent"
    assert_problem(await world.play.read(passed["id"], world.play.recipient(VISITING)), 404)


async def test_ones_own_request_is_taken_back(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    answer = await mother.post(f"/my/referrals/{told['id']}/withdrawal")
    assert (answer.status_code, answer.json()["tasks"][0]["state"]) == (201, "taken_back")
    assert (await read_by(world, told["id"]))["information"] == []
    assert [each["kind"] for each in await world.play.events(world.play.recipient(), told["id"])][-1] == "withdrawn"
    assert_problem(await mother.post(f"/my/referrals/{told['id']}/withdrawal"), 409, "wrong_state")


async def test_a_professionals_request_is_not_the_familys_to_take_back(world: World, mother: Parent) -> None:
    sent = await world.posted((mother.person, "own_wish"), subject=mother.person)
    assert_problem(await mother.post(f"/my/referrals/{sent.referral}/withdrawal"), 404)


@pytest.mark.parametrize(("step", "ends"), [("decline", "family_declined"), ("drop-out", "dropped_out")])
async def test_who_asked_for_help_may_say_no_thank_you(world: World, mother: Parent, step: str, ends: str) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    task = told["tasks"][0]["id"]
    if step == "drop-out":
        await house(world, f"/tasks/{task}/acceptance", {}, 2)
        await house(world, f"/tasks/{task}/start", {}, 3)
    answer = await mother.step(told["id"], step, {"reason": "timing"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["reason_name"] == "Tidspunktet passer ikke"
    assert [each["kind"] for each in await world.play.events(world.play.recipient(), told["id"])][-1] == ends


async def test_the_other_parent_does_not_see_what_she_asked_for_herself(world: World, mother: Parent) -> None:
    """She may ask for help without his knowing; what is about the child in a unit's referral is his, too."""
    father = parent(world, child_of(mother))
    told = await mother.asks_for_help(
        WORDS, information=[{"subject": child_of(mother), "category": "health", "text": "Barnet-sover-ikke"}]
    )
    assert await father.lists() == []
    assert_problem(await father.get(f"/my/referrals/{told['id']}"), 404)
    task = told["tasks"][0]["id"]
    assert_problem(await father.says(task, "question", child_of(mother), "Hvad sker der?"), 404)
    assert_problem(await father.post(f"/my/tasks/{task}/decline", **{"If-Match": '"1"'}), 404)
    assert await heard(father) == []


async def test_a_child_of_fifteen_asks_for_help_on_its_own(world: World, mother: Parent) -> None:
    grown = Parent(world, child_of(mother), f"login-{uuid4().hex}")
    grown.speaks_for()
    mother.speaks_for()
    told = await grown.asks_for_help("Jeg-har-det-svært")
    assert texts(await read_by(world, told["id"])) == ["Jeg-har-det-svært"]
    assert await mother.lists() == []
    about_the_child = help_in(information=[{"subject": grown.person, "category": "health", "text": "Mit barn"}])
    assert_problem(await mother.post("/my/referrals", about_the_child), 422, "unknown_subject")


async def test_a_child_under_fifteen_does_not_send_on_its_own(world: World, mother: Parent) -> None:
    young = Parent(world, child_of(mother), f"login-{uuid4().hex}")
    young.speaks_for(grown=False)
    assert_problem(await young.post("/my/referrals", help_in()), 422, "unknown_subject")


async def test_once_the_child_is_fifteen_the_mother_reads_her_own_words_and_no_more_about_it(
    world: World, mother: Parent
) -> None:
    child = child_of(mother)
    told = await mother.asks_for_help(
        WORDS, information=[{"subject": child, "category": "health", "text": "Barnet-sover-ikke"}]
    )
    grown = Parent(world, child, f"login-{uuid4().hex}")
    grown.speaks_for()
    mother.speaks_for()
    assert texts(await mother.sees(told["id"])) == [WORDS]
    seen = await grown.sees(told["id"])
    assert texts(seen) == ["Barnet-sover-ikke"]
    assert (seen["sender"], seen["information"][0]["author"]) == ("family", "family")
    assert mother.person not in str(seen)


async def test_what_was_sent_under_an_earlier_id_is_still_ones_own_to_answer_and_take_back(
    world: World, mother: Parent
) -> None:
    """Somebody registered twice, and found to be one, loses none of what they sent."""
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    task, now = told["tasks"][0]["id"], str(uuid4())
    known = {"person": now, "also": [mother.person], "protected": False}
    world.consent.speakers[mother.login] = {"me": known, "speaks_for": [known]}
    await house(world, f"/tasks/{task}/messages", message_in(mother.person))
    assert (await heard(mother))[-1] == "question"
    assert (await mother.says(task, "answer", mother.person, "Ja")).status_code == 201
    assert (await mother.sees(told["id"]))["sender"] == "you"
    assert (await mother.post(f"/my/referrals/{told['id']}/withdrawal")).status_code == 201


async def test_withdrawing_a_consent_ends_nothing_one_asked_for_oneself(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    sql = "SELECT need::text AS need FROM referral WHERE id = $1::uuid"
    (row,) = await rows(world.play.dbs.admin("referral"), sql, told["id"])
    word = {"id": str(uuid4()), "kind": "consent_withdrawn", "need": row["need"], "subject": mother.person}
    assert (await world.play.tell_of_consent(word)).status_code == 201
    await world.carry()
    assert (await mother.task(told["id"]))["state"] == "being_read"
    assert texts(await read_by(world, told["id"])) == [WORDS]


async def test_events_are_read_on_from_a_cursor(world: World, mother: Parent) -> None:
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    first = (await mother.get("/my/events", limit=1)).json()["events"]
    then = (await mother.get("/my/events", after=first[-1]["cursor"])).json()["events"]
    assert [each["kind"] for each in first + then] == ["sent", "received"]
    assert {each["referral"] for each in first + then} == {told["id"]}
    assert_problem(await mother.get("/my/events", after="rubbish"), 422)


async def test_ones_own_words_are_corrected_and_the_recipient_hears_of_it(world: World, mother: Parent) -> None:
    """R57."""
    told = await mother.asks_for_help()
    await read_by(world, told["id"])
    body = {"piece": told["information"][0]["id"], "text": "Jeg mente noget andet."}
    assert (await mother.post(f"/my/referrals/{told['id']}/corrections", body)).status_code == 204
    assert texts(await read_by(world, told["id"])) == [WORDS, "Jeg mente noget andet."]
    assert [each["kind"] for each in await world.play.events(world.play.recipient(), told["id"])][-1] == "corrected"
    assert world.consent.asked == []
