"""The sender adds and corrects, sends a draft, and finds its requests again; nothing written is ever lost."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.referral.deciding import World
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, JOBCENTER, MIDWIFERY, VISITING, assert_problem, rows
from tests.support.wire import referral_in

LEVEL = {"scale": "topi", "level": "yellow", "on": "2026-01-15", "assessor": "health-visitor"}


async def posted(world: World, *kinds: str, **changes: Any) -> Sent:
    """Post a request of which these kinds may be told."""
    subject = str(uuid4())
    return await world.posted(*[(subject, each) for each in kinds], subject=subject, **changes)


async def add(world: World, sent: Sent, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    """Add a piece about the network."""
    told = {"subject": sent.subject, "category": "network", "text": "Moren bor tæt på."} | changes
    path = f"/referrals/{sent.referral}/information"
    body = {"information": [told]}
    return await world.play.referral.post(path, json=body, headers=world.play.sender() | (headers or {}))


async def seen(world: World, sent: Sent, unit: str | None = FAMILY_HOUSE) -> dict[str, Any]:
    """Return the request as a recipient reads it, or the sender."""
    headers = world.play.sender() if unit is None else world.play.recipient(unit)
    told: dict[str, Any] = (await world.play.read(sent.referral, headers)).json()
    return told


async def test_what_is_added_waits_for_its_own_permit(world: World) -> None:
    sent = await posted(world, "health", "own_wish")
    assert (await add(world, sent)).status_code == 201
    told = await seen(world, sent)
    assert "network" not in {each["category"] for each in told["information"]}
    assert [each["category"] for each in told["withheld"]] == ["network"]
    assert [each["category"] for each in (await world.task(sent))["missing"]] == ["network"]
    world.consent.permit([(sent.subject, "network")])
    assert [each["category"] for each in (await seen(world, sent))["information"]] == ["network"]


async def test_what_is_added_may_be_what_lets_it_out_and_the_recipient_hears_of_it(world: World) -> None:
    sent = await posted(world, "network")
    assert (await world.task(sent))["state"] == "awaiting_consent"
    assert (await add(world, sent)).json()["tasks"][0]["state"] == "sent"
    assert [each["text"] for each in (await seen(world, sent))["information"]] == ["Moren bor tæt på."]
    await add(world, sent, text="Og søsteren.")
    assert (await world.heard(sent))[0] == ["referral_arrived", "information_added"]


async def test_an_addition_that_is_sent_twice_is_there_once(world: World) -> None:
    sent, once = await posted(world, "network"), {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        assert (await add(world, sent, once)).status_code == 201
    assert len((await seen(world, sent, None))["information"]) == 4
    assert_problem(await add(world, sent, once, text="Noget andet."), 409, "idempotency_conflict")


async def test_an_addition_is_kept_though_consent_is_down(world: World) -> None:
    sent = await posted(world, "health")
    world.consent.down_for = frozenset({"send"})
    told = assert_problem(await add(world, sent), 503)
    assert told["kept"].endswith(sent.referral)
    world.consent.down_for = frozenset()
    assert "network" in {each["category"] for each in (await seen(world, sent, None))["information"]}


async def correct(world: World, sent: Sent, piece: str, unit: str = MIDWIFERY) -> httpx.Response:
    """Put other words in a piece's place."""
    headers = world.play.sender() if unit == MIDWIFERY else world.play.recipient(unit)
    body = {"piece": piece, "text": "Sover godt nu."}
    return await world.play.referral.post(f"/referrals/{sent.referral}/corrections", json=body, headers=headers)


async def test_a_correction_keeps_the_original_and_says_which_is_which(world: World) -> None:
    """R57."""
    sent = await posted(world, "health")
    (old,) = (await seen(world, sent))["information"]
    assert (await correct(world, sent, old["id"])).status_code == 204
    before, after = (await seen(world, sent))["information"]
    assert (before["text"], before["corrected_by"]) == (old["text"], after["id"])
    assert (after["text"], after["corrects"], after["category"]) == ("Sover godt nu.", old["id"], old["category"])
    assert_problem(await correct(world, sent, old["id"]), 409, "already_corrected")
    assert (await correct(world, sent, after["id"])).status_code == 204, "a correction may be wrong, too"
    assert (await world.heard(sent))[0] == ["referral_arrived", "corrected", "corrected"]


async def test_anothers_words_are_not_ones_own_to_correct_and_the_attempt_is_on_the_ledger(world: World) -> None:
    sent = await posted(world, "health")
    (old,) = (await seen(world, sent))["information"]
    assert_problem(await correct(world, sent, old["id"], FAMILY_HOUSE), 404, "unknown_piece")
    assert_problem(await correct(world, sent, old["id"], JOBCENTER), 404, "not_there")
    sql = (
        "SELECT entry->'actor'->>'unit' AS unit FROM ledger_entry "
        "WHERE entry->>'kind' = 'access_refused' AND entry->>'referral' = $1 ORDER BY n"
    )
    found = await rows(world.play.dbs.admin("referral"), sql, sent.referral)
    assert [row["unit"] for row in found] == [FAMILY_HOUSE, JOBCENTER]


async def test_a_draft_is_nobodys_but_its_senders_until_it_is_sent(world: World) -> None:
    sent = await posted(world, "health", "own_wish", draft=True)
    assert (await world.task(sent))["state"] == "draft"
    assert world.consent.asked == [] or {each.occasion for each in world.consent.asked} == {"check"}
    await world.hear(sent)
    assert (await world.task(sent))["state"] == "draft", "consent alone sends nothing"
    assert_problem(await world.play.read(sent.referral, world.play.recipient()), 404, "not_there")
    path = f"/referrals/{sent.referral}/sending"
    answer = await world.play.referral.post(path, json={}, headers=world.play.sender())
    assert (answer.status_code, answer.json()["tasks"][0]["state"]) == (201, "sent")
    assert_problem(await world.play.referral.post(path, json={}, headers=world.play.sender()), 409, "wrong_state")
    assert (await world.heard(sent)) == (["referral_arrived"], ["sent"])


async def test_a_draft_that_is_thrown_away_was_never_there(world: World) -> None:
    sent = await posted(world, "health", draft=True)
    path = f"/referrals/{sent.referral}"
    taken = await world.play.referral.post(f"{path}/withdrawal", json={}, headers=world.play.sender())
    assert taken.json()["tasks"][0]["state"] == "never_sent"
    assert (await world.heard(sent))[0] == []
    assert_problem(await world.play.referral.post(f"{path}/sending", json={}, headers=world.play.sender()), 409)


async def test_a_level_is_told_with_its_scale_its_day_and_who_assessed(world: World) -> None:
    """Requirement 27: a level waits for its permit as every other piece."""
    sent = await posted(world, "health")
    assert (await add(world, sent, category="health", level=LEVEL)).status_code == 201
    assert [each["level"] for each in (await seen(world, sent))["information"]] == [None, LEVEL]
    world.consent.permit([])
    assert "yellow" not in str(await seen(world, sent))


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "purple"}, {"scale": "pregnancy_care", "level": "yellow"}, {"scale": "apgar"}, {"on": "i går"},
        {"assessor": "6101901234"}, {"assessor": "Grethe Hansen"}, {"more": 1}, {"on": None},
    ],
)  # fmt: skip
async def test_a_level_off_its_scale_is_malformed(world: World, changes: dict[str, Any]) -> None:
    sent = await posted(world, "health")
    answer = await add(world, sent, level=LEVEL | changes)
    assert assert_problem(answer, 422)["code"] in {"malformed", "cpr_refused"}
    assert not [word for word in ("6101901234", "Grethe", "purple") if word in answer.text]


async def test_the_senders_list_has_codes_and_states_and_not_a_word(world: World) -> None:
    sent = await posted(world, "health")
    after, lines = "", list[dict[str, Any]]()
    while True:
        query = {"limit": "7"} | ({"after": after} if after else {})
        answer = await world.play.referral.get("/referrals", params=query, headers=world.play.sender())
        assert not [word for word in ("Sover", "møde", sent.subject) if word in str([
            {key: value for key, value in each.items() if key != "tasks"} for each in answer.json()["referrals"]
        ])]  # fmt: skip
        lines += answer.json()["referrals"]
        if answer.json()["next"] is None:
            break
        after = answer.json()["next"]
    numbers = [each["id"] for each in lines]
    assert numbers == sorted(set(numbers)), "oldest first, each once"
    (mine,) = [each for each in lines if each["id"] == sent.referral]
    assert (mine["kind"], mine["need"], mine["tasks"][0]["state"]) == ("referral", sent.need, "sent")
    other = world.play.keys.party("referral", Role.REFER, unit=VISITING)
    page = await world.play.referral.get("/referrals", params={"limit": "100"}, headers=other)
    assert sent.referral not in page.text


@pytest.mark.parametrize("turn", ["recipient", "sender", "family", "nobody"])
async def test_the_work_list_shows_only_whose_turn_it_is(world: World, turn: str) -> None:
    sent = await posted(world, "health", priority="urgent")
    found, after = list[dict[str, Any]](), ""
    while True:
        query = {"limit": "200", "turn": turn} | ({"after": after} if after else {})
        page = (await world.play.referral.get("/tasks", params=query, headers=world.play.recipient())).json()
        found += page["tasks"]
        if page["next"] is None:
            break
        after = page["next"]
    assert {each["turn"] for each in found} <= {turn}
    mine = [each for each in found if each["referral"] == sent.referral]
    assert [each["priority"] for each in mine] == (["urgent"] if turn == "recipient" else [])


async def test_a_turn_there_is_not_is_malformed(world: World) -> None:
    answer = await world.play.referral.get("/tasks", params={"turn": "mine"}, headers=world.play.recipient())
    assert_problem(answer, 422, "malformed")


async def test_a_person_nobody_spoke_of_is_part_of_it_once_told_of(world: World) -> None:
    """The course is then everybody's it tells about: the new one's word is needed, too (R26)."""
    sent = await posted(world, "health", "own_wish")
    world.consent.permit([(sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    await seen(world, sent)
    assert (await world.play.accept(sent.task, 2)).status_code == 200
    assert (await world.task(sent))["state"] == "accepted"
    await add(world, sent, subject=str(uuid4()))
    assert (await world.task(sent))["state"] is None


async def test_bad_additions_are_refused_whole(world: World) -> None:
    sent = await posted(world, "health")
    before = len((await seen(world, sent, None))["information"])
    for changes in ({"text": ""}, {"category": "x"}, {"subject": "x"}, {"text": "6101901234"}, {"more": 1}):
        assert (await add(world, sent, **changes)).status_code == 422
    path = f"/referrals/{sent.referral}/information"
    bodies: list[dict[str, Any]] = [{}, {"information": []}]
    for body in [*bodies, {"information": referral_in(sent.subject)["information"] * 61}]:
        assert (await world.play.referral.post(path, json=body, headers=world.play.sender())).status_code == 422
    assert len((await seen(world, sent, None))["information"]) == before


async def test_a_request_holds_only_so_much_and_says_so(world: World) -> None:
    sent = await posted(world, "own_wish", "health")
    piece = {"subject": sent.subject, "category": "health", "text": "Sover dårligt."}
    body = {"information": [piece] * 60}
    path, who = f"/referrals/{sent.referral}/information", world.play.sender()
    told = [await world.play.referral.post(path, json=body, headers=who) for _ in range(10)]
    assert [each.status_code for each in told] == [201] * 9 + [409]
    assert_problem(told[-1], 409, "too_much")
    assert told[-1].json()["most"] == 600
    assert (await add(world, sent)).status_code == 201, "a little there is room for"
    whole = (await world.play.read(sent.referral, who)).json()["information"]
    assert 540 < len(whole) <= 600
    put_right = await correct(world, sent, whole[0]["id"])
    assert put_right.status_code == 204, "and to put right what stands there (R57)"


@pytest.mark.parametrize("left", [["own_wish"], []])
async def test_an_addition_does_not_swallow_what_was_withdrawn_meanwhile(world: World, left: list[str]) -> None:
    """R23: recipient and family hear of the withdrawal, though something was added before the worker looked."""
    sent = await posted(world, "health", "own_wish")
    await seen(world, sent)
    await world.carry()
    world.consent.permit([(sent.subject, each) for each in left])
    assert (await add(world, sent, category="own_wish")).status_code == 201
    await world.hear(sent)
    kind, told = ("consent_changed", "narrowed") if left else ("consent_ended", "ended")
    assert [heard[-1] for heard in await world.heard(sent)] == [kind, kind]
    assert [each.kind for each in world.consent.endings_of(sent.referral)] == [told]


@pytest.mark.parametrize("way", ["information", "sending"])
async def test_what_is_withdrawn_while_it_goes_out_ends_it(world: World, way: str) -> None:
    sent = await posted(world, draft=way == "sending")
    world.consent.permit([(sent.subject, each) for each in ("network", "health", "own_wish")])
    world.consent.afterwards = lambda: world.consent.permit([])
    if way == "sending":
        path = f"/referrals/{sent.referral}/sending"
        assert (await world.play.referral.post(path, json={}, headers=world.play.sender())).status_code == 201
    else:
        assert (await add(world, sent)).status_code == 201
    await world.carry()
    assert (await world.task(sent))["state"] == "consent_ended"


async def test_what_is_kept_while_consent_is_down_goes_out_by_itself(world: World) -> None:
    sent = await posted(world)
    world.consent.permit([(sent.subject, "network")])
    world.consent.down_for = frozenset({"send"})
    assert_problem(await add(world, sent), 503, "unavailable")
    world.consent.down_for = frozenset()
    await world.carry()
    assert (await world.task(sent))["state"] == "sent"


async def test_a_corrected_assessment_is_an_assessment_still_and_a_wish_a_wish(world: World) -> None:
    """R67: a level must not slip out as plain words because they were put right."""
    sent = await posted(world, "health")
    await add(world, sent, category="health", level=LEVEL)
    told = await seen(world, sent, None)
    level = next(each for each in told["information"] if each["level"] is not None)
    wish = next(each for each in told["information"] if each["offer"] is not None)
    for each in (level, wish):
        assert (await correct(world, sent, each["id"])).status_code == 204
    now = {each["corrects"]: each for each in (await seen(world, sent, None))["information"]}
    assert (now[level["id"]]["level"], now[wish["id"]]["offer"]) == (level["level"], wish["offer"])


async def test_a_correction_sent_twice_is_made_once(world: World) -> None:
    sent, once = await posted(world, "health"), {"Idempotency-Key": str(uuid4())}
    (old,) = (await seen(world, sent))["information"]
    path, body = f"/referrals/{sent.referral}/corrections", {"piece": old["id"], "text": "Sover godt nu."}
    for _ in range(2):
        answer = await world.play.referral.post(path, json=body, headers=world.play.sender() | once)
        assert answer.status_code == 204
    assert len((await seen(world, sent))["information"]) == 2
    refused = "SELECT 1 FROM ledger_entry WHERE entry->>'kind' = 'access_refused' AND entry->>'referral' = $1"
    assert await rows(world.play.dbs.admin("referral"), refused, sent.referral) == []


async def test_a_draft_that_is_sent_to_more_is_a_draft_still(world: World) -> None:
    sent = await posted(world, "health", draft=True)
    path = f"/referrals/{sent.referral}/recipients"
    made = await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    assert [each["state"] for each in made.json()["tasks"]] == ["draft", "draft"]


async def test_a_consultation_put_to_one_more_asks_them_the_same(world: World) -> None:
    body = {"kind": "sparring", "purpose": "early_support", "recipients": [FAMILY_HOUSE], "topic": "wellbeing",
            "question": "Hvordan hjælper vi en far, der trækker sig?"}  # fmt: skip
    made = (await world.play.referral.post("/referrals", json=body, headers=world.play.sender())).json()
    path = f"/referrals/{made['id']}/recipients"
    assert (
        await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    ).is_success
    told = (await world.play.read(made["id"], world.play.recipient(VISITING))).json()
    assert [each["words"] for each in told["dialogue"]] == [body["question"]]
