"""Owners change their offers over HTTP: what is kept, when it holds, and that nobody overwrites another."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from services.directory.domain.hsds.names import day as in_words
from tests.directory.edited_world import CLOSED, DAY, A, B, World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.town import assert_problem, counted, rows


async def test_a_new_offer_is_found_at_once_and_says_who_said_it(world: World) -> None:
    number = await world.make(name="Babycafé på biblioteket")
    assert number.startswith("proeve-a-babycafe")
    assert number in {each["id"] for each in await world.found()}
    shown = await world.shown(number)
    assert (shown["version"], shown["flagged"], shown["as_of"]) == (1, False, str(world.today))
    assert shown["confirmed"] == {"on": str(world.today), "by": {"id": A, "name": "Proeve-A"}}


async def test_the_answer_says_where_it_is_and_which_version(world: World) -> None:
    answer = await world.client.post("/offers", json={"offer": world.said(), "reason": "Nyt"}, headers=world.by())
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"].endswith("/offers/" + answer.json()["id"])
    assert [(each["kind"], each["reason"], each["holds_from"]) for each in await world.versions(answer.json()["id"])] \
        == [("created", "Nyt", None)]  # fmt: skip


async def test_two_offers_of_one_name_get_two_ids(world: World) -> None:
    same = world.said()
    posts = (world.client.post("/offers", json={"offer": same}, headers=world.by()) for _ in range(6))
    answers = await asyncio.gather(*posts)
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.json()["id"] for answer in answers}) == 6


async def test_an_id_that_is_taken_is_refused_when_asked_for_at_once_too(world: World) -> None:
    said = world.said(id=f"proeve-{uuid4().hex[:6].translate(str.maketrans('0123456789', 'ghijklmnop'))}")
    posts = (world.client.post("/offers", json={"offer": said}, headers=world.by()) for _ in range(5))
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"offer_exists"}


async def test_the_same_post_twice_is_one_offer(world: World) -> None:
    body, once = {"offer": world.said()}, {**world.by(), "Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(world.client.post("/offers", json=body, headers=once) for _ in range(4)))
    assert {(answer.status_code, answer.headers["ETag"], answer.json()["id"]) for answer in answers} \
        == {(201, '"1"', answers[0].json()["id"])}  # fmt: skip
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [""] + ["true"] * 3
    assert len(await world.versions(answers[0].json()["id"])) == 1
    other = await world.client.post("/offers", json={"offer": world.said()}, headers=once)
    assert_problem(other, 409, "idempotency_conflict")
    whose = await world.client.post("/offers", json={"offer": world.said(unit=B)}, headers={**once, **world.by(B)})
    assert whose.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"offer": {}}),
        ("POST", "/confirmation", {}),
        ("POST", "/end", {"on": "2030-01-01", "reason": "Slut"}),
        ("POST", "/owner", {"unit": B, "reason": "Flyttet"}),
    ],
)
async def test_nobody_changes_what_they_have_not_read(
    world: World, method: str, path: str, body: dict[str, Any]
) -> None:
    number = await world.make()
    if method == "PUT":
        body = {"offer": (await world.document(number))[0] | {"name": "Andet"}}
    url = f"/offers/{number}{path}"
    assert_problem(await world.client.request(method, url, json=body, headers=world.by()), 428, "version_required")
    for tag in ('"2"', '"0"', "1", "*", '"x"', '"1", "2"'):
        answer = await world.client.request(method, url, json=body, headers={**world.by(), "If-Match": tag})
        assert_problem(answer, 412, "stale_version")
    assert len(await world.versions(number)) == 1
    answer = await world.client.request(method, url, json=body, headers={**world.by(), "If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"], answer.json()["version"]) == (200, '"2"', 2)


async def test_of_many_who_change_the_same_version_just_one_wins(world: World) -> None:
    number = await world.make()
    said, tag = await world.document(number)
    changes = [
        world.send("PUT", number, {"offer": said | {"summary": f"Ord {each}"}}, world.by(), **{"If-Match": tag})
        for each in range(7)
    ]
    answers = await asyncio.gather(
        *changes, world.send("POST", f"{number}/confirmation", {}, world.by(), **{"If-Match": tag})
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert [each["number"] for each in await world.versions(number)] == [1, 2]


async def test_the_tag_of_an_offer_that_is_shown_is_the_one_a_change_goes_with(world: World) -> None:
    number = await world.make()
    await world.change(number, summary="Sådan bliver det.", holds_from=world.after(10))
    await world.change(number, summary="Sådan bliver det til sidst.", holds_from=world.after(20))
    tag = (await world.client.get(f"/offers/{number}")).headers["ETag"]
    assert tag.strip('"').partition(".")[0] == "3"
    assert (await world.send("POST", f"{number}/confirmation", {}, world.by(), **{"If-Match": tag})).status_code == 200


async def test_nothing_to_change_is_said(world: World) -> None:
    number = await world.make()
    assert_problem(await world.change(number), 422, "nothing_to_change")


async def test_a_document_of_another_offer_is_not_taken_for_this_one(world: World) -> None:
    one, other = await world.make(), await world.make()
    told = assert_problem(await world.change(one, **(await world.document(other))[0]), 422, "bad_offer")
    assert [each["where"] for each in told["errors"]] == [["offer", "id"]]
    assert len(await world.versions(one)) == 1


async def test_a_planned_change_shows_on_its_day_and_not_before(world: World) -> None:
    number = await world.make(price_kr=0)
    day = world.after(10)
    assert (await world.change(number, price_kr=50, holds_from=day)).status_code == 200
    for on, price in ((world.today, 0), (day - DAY, 0), (day, 50), (day + DAY, 50)):
        assert {each["id"]: each["price_kr"] for each in await world.found(on=str(on))}[number] == price
        free = {each["id"] for each in await world.found(on=str(on), max_price_kr=10)}
        assert (number in free) == (price == 0)
        assert (await world.shown(number, on=on))["price_kr"] == price
    assert (await world.shown(number))["price_kr"] == 0
    assert (await world.document(number))[0]["price_kr"] == 0
    assert (await world.document(number, on=str(day)))[0]["price_kr"] == 50


async def test_confirming_today_leaves_a_planned_change_planned(world: World) -> None:
    number = await world.make(price_kr=0)
    day = world.after(10)
    await world.change(number, price_kr=50, holds_from=day)
    answer = await world.send("POST", f"{number}/confirmation", {}, world.by())
    assert answer.json()["version"] == 4
    told = [(each["kind"], each["changed"]) for each in await world.versions(number)]
    assert told == [("created", []), ("changed", ["price_kr"]), ("confirmed", []), ("confirmed", ["price_kr"])]
    prices = [(await world.shown(number, on=on))["price_kr"] for on in (world.today, day - DAY, day)]
    assert prices == [0, 0, 50]


async def test_a_change_today_takes_the_place_of_a_planned_one_and_says_so(world: World) -> None:
    number = await world.make(price_kr=0)
    day = world.after(10)
    await world.change(number, price_kr=50, holds_from=day)
    answer = await world.change(number, summary="Ny tekst.")
    [warning] = answer.json()["warnings"]
    assert warning["where"] == "holds_from"
    assert in_words(day) in warning["said"]
    shown = await world.shown(number, on=day)
    assert (shown["price_kr"], shown["summary"]) == (0, "Ny tekst.")


async def test_what_is_learned_late_holds_from_when_it_was_so(world: World) -> None:
    number = await world.make(price_kr=0)
    await world.change(number, price_kr=50, holds_from=world.after(-5))
    assert [(await world.shown(number, on=world.after(day)))["price_kr"] for day in (-6, -5, 0)] == [0, 50, 50]


@pytest.mark.parametrize("days", [-30, 0, 1, 30])
async def test_an_end_leaves_the_search_on_its_day_and_stays_on_record(world: World, days: int) -> None:
    number = await world.make()
    last = world.after(days)
    answer = await world.send(
        "POST", f"{number}/end", {"on": str(last), "reason": "Der er ikke flere penge"}, world.by()
    )
    assert answer.status_code == 200
    assert (await world.shown(number))["valid_to"] == str(last)
    found = {on: number in {each["id"] for each in await world.found(on=str(on))}
             for on in (world.today, *([last - DAY] if days > 0 else []), max(last, world.today))}  # fmt: skip
    assert found == {on: on < last for on in found}
    assert (await world.versions(number))[-1]["reason"] == "Der er ikke flere penge"


async def test_an_end_with_a_change_planned_before_it_ends_both(world: World) -> None:
    number = await world.make(price_kr=0)
    await world.change(number, price_kr=50, holds_from=world.after(10))
    await world.send("POST", f"{number}/end", {"on": str(world.after(20)), "reason": "Slut"}, world.by())
    assert [(await world.shown(number, on=world.after(day)))["valid_to"] for day in (0, 10)] == [
        str(world.after(20))
    ] * 2
    assert [(await world.shown(number, on=world.after(day)))["price_kr"] for day in (0, 9, 10)] == [0, 0, 50]
    assert number not in {each["id"] for each in await world.found(on=str(world.after(20)))}


async def test_an_offer_that_ends_before_it_begins_is_never_shown(world: World) -> None:
    number = await world.make(valid_from=str(world.after(30)))
    await world.send("POST", f"{number}/end", {"on": str(world.after(10)), "reason": "Aflyst"}, world.by())
    for day in (0, 9, 10, 30, 31):
        assert number not in {each["id"] for each in await world.found(on=str(world.after(day)))}
    assert [each["kind"] for each in await world.versions(number)] == ["created", "ended"]


async def test_what_has_ended_is_neither_confirmed_nor_ended_later_nor_given_away(world: World) -> None:
    number = await world.make()
    await world.send("POST", f"{number}/end", {"on": str(world.today), "reason": "Slut"}, world.by())
    for path, body in (
        ("confirmation", {}),
        ("end", {"on": str(world.after(5)), "reason": "Slut"}),
        ("owner", {"unit": B, "reason": "Flyttet"}),
    ):
        assert_problem(await world.send("POST", f"{number}/{path}", body, world.by()), 409, "offer_ended")
    again = await world.send("POST", f"{number}/end", {"on": str(world.today), "reason": "Slut"}, world.by())
    assert_problem(again, 422, "nothing_to_change")
    assert len(await world.versions(number)) == 2


async def test_an_end_that_has_not_come_can_be_moved(world: World) -> None:
    number = await world.make()
    for days in (5, 15, 3):
        answer = await world.send("POST", f"{number}/end", {"on": str(world.after(days)), "reason": "Slut"}, world.by())
        assert answer.status_code == 200
    assert (await world.shown(number))["valid_to"] == str(world.after(3))


async def test_a_document_that_says_an_end_in_the_past_ends_the_offer_there(world: World) -> None:
    number = await world.make()
    last = world.after(-3)
    assert (await world.change(number, valid_to=str(last))).status_code == 200
    assert (await world.shown(number))["valid_to"] == str(last)
    assert number not in {each["id"] for each in await world.found()}
    answer = await world.change(number, valid_to=str(last), holds_from=world.today)
    told = assert_problem(answer, 422, "bad_offer")
    assert [each["where"] for each in told["errors"]] == [["offer", "valid_to"]]


async def test_a_new_owner_owns_it_and_the_old_one_no_more(world: World) -> None:
    number = await world.make()
    answer = await world.send("POST", f"{number}/owner", {"unit": B, "reason": "Flyttet"}, world.by())
    assert answer.status_code == 200
    assert (await world.shown(number))["unit"]["id"] == B
    assert_problem(await world.change(number, summary="Gammel ejer"), 403, "not_owner")
    assert (await world.change(number, world.by(B), summary="Ny ejer")).status_code == 200


async def test_a_planned_change_goes_along_to_a_new_owner(world: World) -> None:
    number = await world.make(price_kr=0)
    await world.change(number, price_kr=50, holds_from=world.after(10))
    await world.send("POST", f"{number}/owner", {"unit": B, "reason": "Flyttet"}, world.by())
    shown = [await world.shown(number, on=world.after(day)) for day in (0, 10)]
    assert [(each["unit"]["id"], each["price_kr"]) for each in shown] == [(B, 0), (B, 50)]


@pytest.mark.parametrize("to", [A, CLOSED, "proeve-nabo", "findes-ikke"])
async def test_an_offer_is_given_only_to_another_open_unit_of_the_same_organisation(world: World, to: str) -> None:
    number = await world.make()
    answer = await world.send("POST", f"{number}/owner", {"unit": to, "reason": "Flyttet"}, world.by())
    assert_problem(answer, 422, "bad_successor")
    assert (await world.shown(number))["unit"]["id"] == A


async def test_nothing_new_is_said_of_a_closed_unit(world: World) -> None:
    answer = await world.client.post("/offers", json={"offer": world.said(unit=CLOSED)}, headers=world.editor())
    assert_problem(answer, 409, "unit_closed")
    number = await world.make()
    assert_problem(await world.change(number, world.editor(), unit=CLOSED), 409, "unit_closed")


async def test_an_offer_that_begins_later_warns_that_it_is_not_shown_till_then(world: World) -> None:
    number = await world.make()
    answer = await world.change(number, valid_from=str(world.after(30)))
    assert [each["where"] for each in answer.json()["warnings"]] == ["valid_from"]


async def test_what_is_refused_stores_nothing(world: World) -> None:
    number = await world.make()
    before = await counted(world.admin_url)
    await world.change(number, summary="<script>alert(1)</script>")
    await world.change(number, world.by("proeve-nabo"), summary="Fremmed")
    await world.client.post("/offers", json={"offer": world.said(themes=[])}, headers=world.by())
    assert await counted(world.admin_url) == before
    assert len(await rows(world.admin_url, "SELECT FROM offer_version WHERE offer = $1", number)) == 1
