"""Forums: five units meet, and each sees what consent lets it see of each item, and of the others nothing."""

from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.referral.deciding import World
from tests.referral.test_meetings import TODAY, assert_tells_nothing, call, piece, step
from tests.support.story import Headers, Sent
from tests.support.town import (
    FAMILY_HOUSE,
    JOBCENTER,
    MIDWIFERY,
    NORTH_HOUSE,
    VISITING,
    VOLUNTEERS,
    assert_problem,
    entries_of,
)

FIVE = [MIDWIFERY, FAMILY_HOUSE, VISITING, JOBCENTER, VOLUNTEERS]
NAMED = [FAMILY_HOUSE, VISITING]


def forum_in(**changes: Any) -> dict[str, Any]:
    """Return a forum of five units, today."""
    return {"kind": "tpf", "municipality": "0217", "on": TODAY.isoformat(), "units": FIVE} | changes


def decision(subject: str, **changes: Any) -> dict[str, Any]:
    """Return a decision, with words and a step."""
    return {
        "decision": "early_effort",
        "family": {"present": False, "absence": "could_not"},
        "family_hears": "phone",
        "information": [piece(subject)],
        "next_steps": [step(subject, VISITING)],
    } | changes


def as_party(world: World, unit: str) -> Headers:
    """Return the header of a unit that both sends and receives."""
    return world.play.sender() if unit == MIDWIFERY else world.play.recipient(unit)


async def forum(world: World, **changes: Any) -> str:
    """Call a forum, hosted by the family house."""
    answer = await call(world, "POST", "/forums", world.play.recipient(), forum_in(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def item(world: World, number: str, **changes: Any) -> tuple[Sent, str]:
    """Post a family for the forum, put it on the agenda, and have it read by those whom consent names."""
    subject = str(uuid4())
    for unit in FIVE:
        world.consent.permit([(subject, "health")] if unit in NAMED else [], MIDWIFERY, unit)
    body = {"kind": "agenda_item", "recipients": [unit for unit in FIVE if unit != MIDWIFERY]} | changes
    told = await world.play.post(subject, **body)
    sent = Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"])
    made = await call(world, "POST", f"/forums/{number}/items", world.play.sender(), {"referral": sent.referral})
    assert made.status_code == 201, made.text
    for unit in NAMED:
        if unit in body["recipients"]:
            assert (await world.play.read(sent.referral, world.play.recipient(unit))).status_code == 200
    return sent, str(made.json()["id"])


async def agenda(world: World, number: str, unit: str) -> list[str]:
    """Return the items a unit sees."""
    answer = await call(world, "GET", f"/forums/{number}", as_party(world, unit))
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_of_five_units_the_three_whom_consent_names_see_the_item_and_the_others_an_empty_agenda(
    world: World,
) -> None:
    number = await forum(world)
    sent, about = await item(world, number)
    seen = {unit: await agenda(world, number, unit) for unit in FIVE}
    assert seen == {unit: [about] if unit in {MIDWIFERY, *NAMED} else [] for unit in FIVE}
    for unit in (JOBCENTER, VOLUNTEERS):
        answer = await call(world, "GET", f"/forums/{number}/items/{about}", as_party(world, unit))
        assert_problem(answer, 404, "not_there")
        (entry,) = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["need"]) == ("access_refused", sent.need)
    text = (await call(world, "GET", f"/forums/{number}", world.play.sender())).text
    assert sent.subject not in text


async def test_a_unit_that_is_not_on_the_forum_finds_nothing(world: World) -> None:
    number = await forum(world)
    assert_problem(await call(world, "GET", f"/forums/{number}", as_party(world, NORTH_HOUSE)), 404, "not_there")
    listed = (await call(world, "GET", "/forums", as_party(world, NORTH_HOUSE))).json()["forums"]
    assert number not in [each["id"] for each in listed]
    found, after = [], ""
    while True:
        path = "/forums?limit=100" + (f"&after={after}" if after else "")
        page = (await call(world, "GET", path, as_party(world, VOLUNTEERS))).json()
        found += [each["id"] for each in page["forums"]]
        after = page["next"]
        if after is None:
            break
    assert number in found


async def test_a_decision_is_told_each_unit_as_far_as_consent_lets_the_one_who_wrote_it_tell(world: World) -> None:
    number = await forum(world)
    sent, about = await item(world, number)
    path, house = f"/forums/{number}/items/{about}", world.play.recipient()
    written = await call(world, "POST", f"{path}/decision", house, decision(sent.subject), 1)
    assert written.status_code == 200, written.text
    assert (written.json()["decision"], written.json()["family_hears"]) == ("early_effort", "phone")
    entries = await entries_of(world.play.dbs.admin("referral"), written.headers["x-request-id"])
    assert "early_effort" in [each.get("decision") for each in entries if each["kind"] == "forum_item_decided"]
    visitor = world.play.recipient(VISITING)
    seen = await call(world, "GET", path, visitor)
    assert (seen.json()["decision"], seen.json()["withheld_decision"], seen.json()["information"]) == (
        None, "no_consent", [],
    )  # fmt: skip
    assert_tells_nothing(seen)
    world.consent.permit([(sent.subject, "health"), (sent.subject, "course")], FAMILY_HOUSE, VISITING)
    seen = await call(world, "GET", path, visitor)
    assert (seen.json()["decision"], len(seen.json()["information"])) == ("early_effort", 1)
    tasks = (await world.play.read(sent.referral, visitor)).json()["tasks"]
    listed = (await call(world, "GET", f"/tasks/{tasks[0]['id']}/steps", visitor)).json()["steps"]
    assert [each["owner"] for each in listed] == [VISITING]
    assert (await call(world, "POST", f"/steps/{listed[0]['id']}/done", visitor)).status_code == 200
    heard = [each["kind"] for each in await world.play.events(visitor, sent.referral)]
    assert set(heard[-2:]) == {"step_agreed", "meeting"}


async def test_only_the_host_and_who_put_it_decide_and_only_once(world: World) -> None:
    number = await forum(world)
    sent, about = await item(world, number)
    path = f"/forums/{number}/items/{about}/decision"
    body = decision(sent.subject)
    assert_problem(await call(world, "POST", path, as_party(world, VISITING), body, 1), 409, "not_your_turn")
    assert (await call(world, "POST", path, world.play.sender(), body, 1)).status_code == 200
    assert_problem(await call(world, "POST", path, world.play.recipient(), body, 1), 412)
    assert_problem(await call(world, "POST", path, world.play.recipient(), body, 2), 409, "wrong_state")


async def test_a_consultation_about_nobody_is_an_item_without_consent_and_points_to_nobody(world: World) -> None:
    """R36."""
    number = await forum(world)
    told = await call(
        world, "POST", "/referrals", world.play.sender(),
        {"kind": "sparring", "purpose": "early_support", "recipients": NAMED, "topic": "other",
         "question": "Hvad gør I, når et barn på to ikke vil sove?"},
    )  # fmt: skip
    assert told.status_code == 201, told.text
    made = await call(world, "POST", f"/forums/{number}/items", world.play.sender(), {"referral": told.json()["id"]})
    assert made.json()["basis"] == "anonymous"
    for unit in NAMED:
        await world.play.read(told.json()["id"], world.play.recipient(unit))
    path = f"/forums/{number}/items/{made.json()['id']}/decision"
    body = {"decision": "nothing_more", "family": {"present": False, "absence": "not_invited"}}
    house = world.play.recipient()
    pointing = await call(world, "POST", path, house, body | {"words": "Ring på 12 34 56 78."}, 1)
    assert_problem(pointing, 422, "identity_refused")
    somebody = await call(world, "POST", path, house, decision(str(uuid4())), 1)
    assert_problem(somebody, 422)
    done = await call(world, "POST", path, house, body | {"words": "Ro om aftenen hjælper ofte."}, 1)
    assert done.status_code == 200, done.text
    seen = await call(world, "GET", path.removesuffix("/decision"), as_party(world, VISITING))
    assert (seen.json()["decision"], seen.json()["words"]) == ("nothing_more", "Ro om aftenen hjælper ofte.")


async def test_only_ones_own_request_of_the_right_kind_to_units_of_the_forum_goes_on_the_agenda_and_once(
    world: World,
) -> None:
    number = await forum(world)
    sent, _ = await item(world, number)
    path = f"/forums/{number}/items"
    again = await call(world, "POST", path, world.play.sender(), {"referral": sent.referral})
    assert_problem(again, 409, "already_there")
    other = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=VISITING)
    assert_problem(await call(world, "POST", path, other, {"referral": sent.referral}), 404, "not_there")
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["kind"]),
        ({"kind": "agenda_item", "recipients": [NORTH_HOUSE]}, ["recipients"]),
    ]
    for changes, lacks in wrong:
        told = await world.play.post(sent.subject, **changes)
        answer = await call(world, "POST", path, world.play.sender(), {"referral": told["id"]})
        assert assert_problem(answer, 422, "kind_refused")["lacks"] == lacks


async def test_to_the_sender_deciding_is_alike_whatever_a_hidden_recipient_has_answered(world: World) -> None:
    told = []
    for answers in ("acceptance", "decline"):
        number = await forum(world)
        sent, about = await item(world, number, recipients=[FAMILY_HOUSE])
        body = {"reason": "other", "no_alternative": True} if answers == "decline" else {}
        done = await call(world, "POST", f"/tasks/{sent.task}/{answers}", world.play.recipient(), body, 2)
        assert done.status_code == 200, done.text
        path = f"/forums/{number}/items/{about}/decision"
        answer = await call(world, "POST", path, world.play.sender(), decision(sent.subject, next_steps=[
            step(sent.subject, FAMILY_HOUSE)]), 1)  # fmt: skip
        told.append((answer.status_code, answer.json().get("decision")))
    assert told == [(200, "early_effort")] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on": "2020-01-01"}, "wrong_day"),
        ({"units": ["nowhere"]}, "unknown_recipient"),
        ({"units": []}, None),
        ({"municipality": "Helsingør"}, None),
        ({"kind": "11e"}, None),
        ({"names": ["Hanne"]}, None),
    ],
)
async def test_a_forum_with_something_wrong_is_refused(world: World, changes: Any, code: str | None) -> None:
    answer = await call(world, "POST", "/forums", world.play.recipient(), forum_in(**changes))
    assert_problem(answer, 422, code)
    assert "Hanne" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "book"},
        {"family_hears": None},
        {"family": {"present": True}},
        {"next_steps": [{"owner": "family"}]},
    ],
)
async def test_a_decision_with_something_wrong_is_refused(world: World, changes: Any) -> None:
    number = await forum(world)
    sent, about = await item(world, number)
    body = decision(sent.subject, **changes)
    answer = await call(world, "POST", f"/forums/{number}/items/{about}/decision", world.play.recipient(), body, 1)
    assert_problem(answer, 422)
    assert_tells_nothing(answer)
