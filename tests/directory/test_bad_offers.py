"""What is no offer: a clear answer that names each field, never what stood there, and nothing is stored."""

import json
from typing import Any

import pytest

from tests.directory.edited_world import World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.bad_input import BODIES, MARKER
from tests.support.town import assert_problem, counted

SECRET = "Zebra er hemmelig"
CPR = "6101901234"
RUN = {"label": "Forår", "said_on": "2026-11-01"}
# What is changed in an offer that is right, and the fields the answer must name.
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "HTML in the name": ({"name": f"<b>{SECRET}</b>"}, ["name"]),
    "a script in the summary": ({"summary": f"{SECRET} <script src=x>"}, ["summary"]),
    "a script's address": ({"summary": f"javascript:{SECRET}"}, ["summary"]),
    "HTML in a list": ({"aliases": [f"<img {SECRET}"]}, ["aliases"]),
    "HTML in a part": ({"dose": {"schedule": f"<a {SECRET}"}}, ["dose.schedule"]),
    "a script for a link": ({"contact": {"url": f"javascript:alert('{SECRET}')"}}, ["contact.url"]),
    "a personal number in a value": ({"summary": f"{SECRET} 610190-1234"}, ["summary"]),
    "a personal number in a part": ({"target": {"criteria": [f"{SECRET} {CPR}"]}}, ["target.criteria"]),
    "a personal number for a code": ({"themes": [CPR]}, ["themes"]),
    "a personal number for a number": ({"price_kr": int(CPR)}, ["price_kr"]),
    "a personal number for an id": ({"id": f"tilbud-{CPR}"}, ["id"]),
    "a personal number as a key": ({CPR: SECRET}, ["(ukendt felt)"]),
    "a personal number as a part's key": ({"target": {f"{CPR}": SECRET}}, ["target.(ukendt felt)"]),
    "an unknown key": ({"farve": SECRET}, ["farve"]),
    "an unknown key in words": ({f"{SECRET} nøgle": 1}, ["(ukendt felt)"]),
    "an unknown key in a part": ({"dose": {"farve": SECRET}}, ["dose.farve"]),
    "an unknown unit": ({"unit": "findes-ikke"}, ["unit"]),
    "an unknown municipality": ({"municipalities": ["9999"]}, ["municipalities"]),
    "an unknown code": ({"themes": [SECRET]}, ["themes"]),
    "no theme": ({"themes": []}, ["themes"]),
    "weeks the wrong way round": (
        {"target": {"pregnancy_week_from": 30, "pregnancy_week_to": 20}}, ["target.pregnancy_week_to"]),
    "ages the wrong way round": (
        {"target": {"child_age_months_from": 12, "child_age_months_to": 3}}, ["target.child_age_months_to"]),
    "due dates the wrong way round": (
        {"target": {"due_from": "2027-02-01", "due_to": "2027-01-01"}}, ["target.due_to"]),
    "a day that ends before it begins": (
        {"valid_from": "2027-02-01", "valid_to": "2027-01-01"}, ["valid_to"]),
    "an hour that ends before it begins": ({"dose": {"starts_at": "12:00", "ends_at": "10:00"}}, ["dose.ends_at"]),
    "a run that ends before it starts": (
        {"runs": [RUN | {"starts_on": "2027-02-01", "ends_on": "2027-01-01"}]}, ["runs[0].ends_on"]),
    "more free places than there are": ({"runs": [RUN | {"places": 5, "free": 6}]}, ["runs[0].free"]),
    "a run said tomorrow": ({"runs": [RUN, RUN | {"label": "Efterår", "said_on": "2199-12-31"}]}, ["runs[1].said_on"]),
    "a text about the future": ({"as_of": "2199-12-31"}, ["as_of"]),
    "no day for when a run was said": ({"runs": [{"label": "Forår"}]}, ["runs[0].said_on"]),
    "an address outside Denmark": (
        {"venues": [{"latitude": 48.85, "longitude": 2.35}]}, ["venues[0].latitude", "venues[0].longitude"]),
    "a number for a text": ({"name": 7}, ["name"]),
    "a list for a text": ({"summary": [SECRET]}, ["summary"]),
    "an object for a text": ({"summary": {SECRET: SECRET}}, ["summary"]),
    "a text for a number": ({"price_kr": SECRET}, ["price_kr"]),
    "a text for a list": ({"themes": SECRET}, ["themes"]),
    "a text for a part": ({"target": SECRET}, ["target"]),
    "a text for a flag": ({"nationwide": SECRET}, ["nationwide"]),
    "a number for a flag": ({"interpreter": 1}, ["interpreter"]),
    "true for a number": ({"price_kr": True}, ["price_kr"]),
    "a negative price": ({"price_kr": -1}, ["price_kr"]),
    "a list in a list": ({"themes": [["network"]]}, ["themes"]),
    "a list too long": ({"aliases": [f"navn {n}" for n in range(300)]}, ["aliases"]),
    "a text too long": ({"summary": SECRET * 500}, ["summary"]),
    "a blank text": ({"name": "  "}, ["name"]),
    "what cannot be seen": ({"name": f"{SECRET}\u202e"}, ["name"]),
    "a NUL": ({"name": f"{SECRET}\x00"}, ["name"]),
    "everything at once": ({"name": 7, "themes": [], "price_kr": -1}, ["name", "themes", "price_kr"]),
}  # fmt: skip
# What no document holds at all: refused before it is read, for the form of the body.
MALFORMED: dict[str, Any] = {
    "a list": [SECRET],
    "a text": SECRET,
    "null": None,
    "a number": 7,
    "a lone surrogate": {"name": f"{SECRET}\ud800"},
    "a lone surrogate as a key": {f"{SECRET}\ud800": 1},
    "a number without end": {"price_kr": 10**40},
    "not a number": {"price_kr": float("nan")},
    "infinity": {"price_kr": float("inf")},
    "too much inside one another": {"target": [[[[[[[[[SECRET]]]]]]]]]},
}


async def sent(world: World, body: bytes, *, once: bool = True) -> Any:
    headers = {**world.by(), "Content-Type": "application/json"}
    if once:
        headers["Idempotency-Key"] = "proeve-daarlig-1"
    return await world.client.post("/offers", content=body, headers=headers)


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_new_offer_that_is_wrong_is_told_field_by_field(world: World, wrong: str) -> None:
    changes, fields = WRONG[wrong]
    before = await counted(world.admin_url)
    answer = await sent(world, json.dumps({"offer": world.said(**changes)}).encode())
    told = assert_problem(answer, 422, "bad_offer")
    assert {tuple(each["where"]) for each in told["errors"]} == {("offer", *field.split(".")) for field in fields}
    assert all(each["said"] for each in told["errors"])
    assert "Zebra" not in answer.text
    assert "610190" not in answer.text
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_change_that_is_wrong_is_told_the_same(world: World, wrong: str) -> None:
    changes, fields = WRONG[wrong]
    number = await world.make()
    before = await counted(world.admin_url)
    answer = await world.change(number, **changes)
    told = assert_problem(answer, 422, "bad_offer")
    assert {tuple(each["where"]) for each in told["errors"]} == {("offer", *field.split(".")) for field in fields}
    assert "Zebra" not in answer.text
    assert "610190" not in answer.text
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize("wrong", MALFORMED)
@pytest.mark.parametrize("once", [False, True])
async def test_what_no_document_holds_is_malformed(world: World, wrong: str, once: bool) -> None:  # noqa: FBT001
    given = MALFORMED[wrong]
    offer = world.said(**given) if isinstance(given, dict) else given
    before = await counted(world.admin_url)
    answer = await sent(world, json.dumps({"offer": offer}).encode(), once=once)
    assert_problem(answer, 422)
    assert "Zebra" not in answer.text
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/offers", "/offers/{offer}/end", "/offers/{offer}/owner"])
async def test_a_body_no_address_takes_is_malformed(world: World, path: str, name: str) -> None:
    number = await world.make()
    before = await counted(world.admin_url)
    headers = {**world.by(), **await world.tag(number), "Content-Type": "application/json"}
    answer = await world.client.post(path.replace("{offer}", number), content=BODIES[name], headers=headers)
    assert_problem(answer, 422)
    assert MARKER not in answer.text
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize("size", [300_000, 10_000_000])
async def test_a_huge_body_is_too_large(world: World, size: int) -> None:
    before = await counted(world.admin_url)
    answer = await sent(world, json.dumps({"offer": world.said(summary="x" * size)}).encode())
    assert_problem(answer, 413, "too_large")
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("end", {"on": "2027-02-30", "reason": "Slut"}),
        ("end", {"on": "0001-01-01", "reason": "Slut"}),
        ("end", {"on": "1899-12-31", "reason": "Slut"}),
        ("end", {"on": "9999-12-31", "reason": "Slut"}),
        ("end", {"on": "2200-01-01", "reason": "Slut"}),
        ("end", {"on": 20270101, "reason": "Slut"}),
        ("end", {"on": "2027-01-01"}),
        ("end", {"on": "2027-01-01", "reason": f"Om {CPR}"}),
        ("end", {"on": CPR, "reason": "Slut"}),
        ("owner", {"unit": f"x-{CPR}", "reason": "Flyttet"}),
        ("owner", {"unit": ["proeve-b"], "reason": "Flyttet"}),
        ("owner", {"unit": "proeve-b", "reason": "x" * 400}),
        ("confirmation", {"reason": f"{CPR}"}),
        ("confirmation", {"on": "2027-01-01"}),
    ],
    ids=str,
)
async def test_a_word_that_is_wrong_is_not_kept(world: World, path: str, body: dict[str, Any]) -> None:
    number = await world.make()
    before = await counted(world.admin_url)
    answer = await world.send("POST", f"{number}/{path}", body, world.by())
    assert_problem(answer, 422)
    assert CPR not in answer.text
    assert await counted(world.admin_url) == before


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2027-02-30", CPR, 20270101, ["2027-01-01"]], ids=str)
async def test_a_change_from_no_day_is_not_kept(world: World, day: Any) -> None:
    number = await world.make()
    said = (await world.document(number))[0] | {"summary": "Andet."}
    answer = await world.send("PUT", number, {"offer": said, "holds_from": day}, world.by())
    assert_problem(answer, 422)
    assert len(await world.versions(number)) == 1


@pytest.mark.parametrize("key", ["kort", "x" * 200, "med mellemrum", "æøåæøåæøå".encode()])
async def test_a_key_that_is_none_is_refused(world: World, key: Any) -> None:
    headers = {**world.by(), "Idempotency-Key": key}
    assert_problem(await world.client.post("/offers", json={"offer": world.said()}, headers=headers), 422)


@pytest.mark.parametrize("number", ["findes-ikke", "proeve%00", "..", CPR, "x" * 200, "%ED%A0%80"])
async def test_an_address_of_no_offer_changes_nothing(world: World, number: str) -> None:
    before = await counted(world.admin_url)
    answer = await world.send("POST", f"{number}/confirmation", {}, world.by(), **{"If-Match": '"1"'})
    assert answer.status_code in {404, 422}
    assert_problem(answer, answer.status_code)
    assert await counted(world.admin_url) == before
