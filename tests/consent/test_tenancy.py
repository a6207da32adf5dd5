"""Another unit's people are answered as people who are not there, byte for byte, at every address (R59)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.test_overrides import ground_in
from tests.support.families import Desk, days, new_need, replacement_number, somebody
from tests.support.keys import Keys
from tests.support.town import (
    FAMILY_HOUSE,
    MIDWIFERY,
    NORTH_VISITING,
    VISITING,
    addresses_of,
    consent_app,
    counted,
    entries_of,
)
from tests.support.wire import person_in, refusal_in, representative_in

Made = Mapping[str, str]
Asking = Callable[[Desk, str, Made], tuple[str, str, Any]]
HOME = {"municipality": "0217", "acting_municipality": "0217", "basis": "cpr_address", "since": days(-9)}
DAY = {"since": days(-1)}


def _check(_desk: Desk, person: str, own: Made) -> tuple[str, str, Any]:
    road = {"recipient": VISITING, "purpose": "early_support", "need": own["need"], "categories": ["health"]}
    questions = [{"subject": each, **road} for each in (own["person"], person)]
    return "POST /disclosures/check", "/disclosures/check", {"questions": questions}


def _on(what: str, make: Callable[[str, Made], Any]) -> Asking:
    return lambda _desk, person, own: (
        f"POST /persons/{{person}}/{what}",
        f"/persons/{person}/{what}",
        make(person, own),
    )


# Each way to name a person of another unit's: the address, and the request; `own` are persons of the caller's own.
PERSONS: Mapping[str, Asking] = {
    "reading": lambda _desk, person, _own: ("GET /persons/{person}", f"/persons/{person}", None),
    "history": lambda _desk, person, _own: ("GET /persons/{person}/history", f"/persons/{person}/history", None),
    "a mother": lambda _desk, person, _own: (
        "POST /persons", "/persons", {"expected": {"mother": person, "due_date": days(9)}}),
    "an identifier": _on("identifiers", lambda _person, _own: replacement_number(somebody())),
    "a birth": _on("birth", lambda _person, _own: {"born_on": days(0)}),
    "a birth's holder": lambda _desk, person, own: (
        "POST /persons/{person}/birth", f"/persons/{own['unborn']}/birth",
        {"born_on": days(0), "custody_holders": [own["person"], person]}),
    "custody": _on("custody", lambda _person, own: {"holders": [own["person"]], **DAY}),
    "custody's holder": lambda _desk, person, own: (
        "POST /persons/{person}/custody", f"/persons/{own['child']}/custody", {"holders": [person], **DAY}),
    "residence": _on("residence", lambda _person, _own: HOME),
    "protection": _on("protection", lambda _person, _own: {"protected": True, **DAY}),
    "representative": _on("representative", lambda _person, own: representative_in(own["person"], days(-1))),
    "a representative": lambda _desk, person, own: (
        "POST /persons/{person}/representative", f"/persons/{own['person']}/representative",
        representative_in(person, days(-1))),
    "merger": _on("merger", lambda _person, own: {"other": own["person"], "reason": "Den samme."}),
    "merger's other": lambda _desk, person, own: (
        "POST /persons/{person}/merger", f"/persons/{own['person']}/merger", {"other": person, "reason": "Den samme."}),
    "undoing": _on("merger/undoing", lambda _person, own: {"other": own["person"], "reason": "Ikke den samme."}),
    "undoing's other": lambda _desk, person, own: (
        "POST /persons/{person}/merger/undoing", f"/persons/{own['person']}/merger/undoing",
        {"other": person, "reason": "Ikke den samme."}),
    "a consent": lambda desk, person, own: ("POST /consents", "/consents", desk.word(person, need=own["need"])),
    "a consent's giver": lambda desk, person, own: (
        "POST /consents", "/consents", desk.word(own["child"], need=own["need"], given_by=person)),
    "a refusal": lambda desk, person, own: (
        "POST /refusals", "/refusals", desk.word(person, refusal_in, need=own["need"])),
    "a refusal's giver": lambda desk, person, own: (
        "POST /refusals", "/refusals", desk.word(own["child"], refusal_in, need=own["need"], given_by=person)),
    "an override": lambda _desk, person, own: (
        "POST /overrides", "/overrides", ground_in(person, own["need"], sender=VISITING, recipients=[MIDWIFERY])),
    "a check": _check,
}  # fmt: skip
# Each way to name something else of another unit's: the address with what it names, the body, and the callers.
THINGS: Mapping[str, tuple[str, Any]] = {
    "POST /overrides/{override}/revocation": ("override", {}),
    "POST /overrides/{override}/informed": ("override", {"informed_at": f"{days(0)}T00:00:01+01:00"}),
    "POST /follow-ups/{follow_up}/done": ("follow_up", {}),
    "POST /consents/{consent}/withdrawal": ("consent", {}),
    "POST /consents/{consent}/renewal": ("consent", "renewal"),
    "POST /consents/{consent}/invalidation": ("consent", {"cause": "recorded_in_error"}),
    "POST /refusals/{refusal}/withdrawal": ("refusal", {}),
    "GET /consents/{consent}/sheet": ("consent", None),
    "GET /consents/{consent}/record": ("consent", None),
    "GET /consents/{consent}/fhir": ("consent", None),
    "GET /consents/{consent}/effects": ("consent", None),
}
# Addresses that name no person or thing of a unit's by an id.
WITHOUT = {
    "POST /persons/lookup", "GET /consents", "GET /my/consents", "GET /my/disclosures", "GET /my/overrides",
    "GET /my/overview", "GET /overrides", "GET /follow-ups", "GET /notices", "GET /notices/{notice}",
    "POST /internal/decisions", "POST /internal/speakers",
    "POST /internal/task-endings", "GET /audit/disclosures", "GET /audit/overrides", "GET /audit/ledger/checkpoint",
    "GET /audit/ledger/export",
}  # fmt: skip


@pytest.fixture(scope="module")
def met() -> dict[str, dict[str, str]]:
    """Each unit's family, made once: what is refused changes nothing of it."""
    return {}


@pytest.fixture
def visitors(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The health visitors, who reach for what is not theirs."""
    return Desk(consent, keys, VISITING)


async def people(desk: Desk) -> dict[str, str]:
    """Return somebody, their child, the child they expect, and a need."""
    person = await desk.person()
    child, unborn = await desk.child(person), await desk.expected(person)
    return {"person": person, "child": child, "unborn": unborn, "need": new_need()}


async def family(desk: Desk) -> dict[str, str]:
    """Return a unit's own: people, what they said, and what follows."""
    made = await people(desk)
    person, need, other = made["person"], made["need"], FAMILY_HOUSE
    born = await desk.expected(person)
    made["consent"] = await desk.yes(person, need, recipients=[other])
    made["refusal"] = await desk.no(person, need, recipients=[other], categories=["network"])
    await desk.yes(born, need, given_by=person, recipients=[other])
    await desk.done(f"/persons/{born}/birth", {"born_on": days(0)})
    made["follow_up"] = (await desk.follow_ups(born))[0]["id"]
    return made


async def once(met: dict[str, dict[str, str]], desk: Desk) -> dict[str, str]:
    """Return the unit's family, with an override and how its consent would be renewed."""
    if desk.unit not in met:
        made = await family(desk)
        body = ground_in(made["person"], made["need"], sender=desk.unit, recipients=[NORTH_VISITING])
        made["override"] = (await desk.done("/overrides", body))["id"]
        met[desk.unit] = made
    return met[desk.unit]


def bare(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """Return an answer without what no two answers share."""
    headers = dict(answer.headers)
    text = answer.text.replace(headers.pop("x-request-id"), "")
    return answer.status_code, text, headers


async def ask(desk: Desk, method: str, path: str, body: Any) -> httpx.Response:
    return await (desk.get(path) if method == "GET" else desk.post(path, body))


@pytest.mark.parametrize("name", PERSONS)
async def test_another_unit_s_person_is_answered_as_nobody(
    visitors: Desk, dbs: Databases, met: dict[str, dict[str, str]], name: str
) -> None:
    own, theirs = await once(met, visitors), await once(met, visitors.at(MIDWIFERY))
    before = await counted(dbs.admin("consent"))
    seen = []
    for person in (theirs["person"], theirs["child"], theirs["unborn"], str(uuid4())):
        address, path, body = PERSONS[name](visitors, person, own)
        answer = await ask(visitors, address.split(" ")[0], path, body)
        assert (answer.status_code, person in answer.text) == (404, False), answer.text
        entries = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
        assert [each["kind"] for each in entries] == ["access_refused"]
        seen.append(bare(answer))
    assert seen == seen[:1] * 4
    # That somebody reached for it is all that is kept, and is kept each time (R50).
    assert await counted(dbs.admin("consent")) == before | {"ledger_entry": before["ledger_entry"] + 4}


@pytest.mark.parametrize("name", PERSONS)
async def test_and_one_s_own_is_answered(visitors: Desk, name: str) -> None:
    """Without this the test above would pass whatever it was refused for."""
    own, more = [await people(visitors) for _ in range(2)]
    named = {
        "a birth": more["unborn"], "custody": more["child"], "a consent's giver": own["person"],
        "a refusal's giver": own["person"],
    }  # fmt: skip
    if "undoing" in name:
        pair = (more["person"], own["person"]) if name == "undoing" else (own["person"], more["person"])
        await visitors.done(f"/persons/{pair[0]}/merger", {"other": pair[1], "reason": "Den samme."})
    address, path, body = PERSONS[name](visitors, named.get(name, more["person"]), own)
    answer = await ask(visitors, address.split(" ")[0], path, body)
    assert answer.status_code in {200, 201}, answer.text


@pytest.mark.parametrize("address", THINGS)
@pytest.mark.parametrize("kind", ["unit", "citizen"])
async def test_another_unit_s_or_family_s_things_are_answered_as_nothing(
    visitors: Desk, dbs: Databases, keys: Keys, met: dict[str, dict[str, str]], address: str, kind: str
) -> None:
    what, body = THINGS[address]
    made = await once(met, visitors.at(MIDWIFERY))
    if body == "renewal":
        word = visitors.word(made["person"])
        asks = ("method", "given_at", "valid_until", "notice", "told_of_withdrawal", "active_choice")
        body = {name: word[name] for name in asks}
    headers = visitors.headers
    if kind == "citizen":
        login = f"login-{uuid4().hex}"
        await visitors.person(login=login)
        headers = keys.party("consent", Role.CITIZEN, citizen=login)
    method, _, path = address.partition(" ")
    before = await counted(dbs.admin("consent"))
    seen = []
    for number in (made[what], made["person"], str(uuid4())):
        told = {} if body is None else {"json": body}
        answer = await visitors.client.request(method, re.sub(r"\{.*\}", number, path), headers=headers, **told)
        assert number not in answer.text
        seen.append(bare(answer))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 404 or (kind == "citizen" and seen[0][0] == 403)
    after = await counted(dbs.admin("consent"))
    # That somebody reached for it is all that is kept (R50).
    assert after | {"ledger_entry": 0} == before | {"ledger_entry": 0}


async def test_of_a_need_a_unit_hears_only_what_names_it(visitors: Desk, met: dict[str, dict[str, str]]) -> None:
    theirs = await once(met, visitors.at(MIDWIFERY))
    seen = [bare(await visitors.get("/consents", need=each)) for each in (theirs["need"], new_need())]
    assert seen[0] == seen[1]
    assert seen[0][0] == 200


async def test_of_follow_ups_a_unit_sees_its_own_alone(visitors: Desk, met: dict[str, dict[str, str]]) -> None:
    theirs = await once(met, visitors.at(MIDWIFERY))
    assert theirs["follow_up"] not in str(await visitors.told("/follow-ups"))


async def test_registering_somebody_s_login_again_tells_no_more_than_that_it_is_taken(visitors: Desk) -> None:
    login = f"login-{uuid4().hex}"
    person = await visitors.at(MIDWIFERY).person(login=login)
    answer = await visitors.post("/persons", person_in(login=login))
    assert (answer.status_code, answer.json()["code"]) == (409, "login_taken")
    assert person not in answer.text


def test_no_address_is_left_out(dbs: Databases, keys: Keys) -> None:
    desk = Desk(httpx.AsyncClient(), keys)
    own = dict.fromkeys(("person", "child", "unborn", "need"), "x")
    named = {make(desk, "y", own)[0] for make in PERSONS.values()}
    addresses = addresses_of(consent_app(dbs, keys, "http://127.0.0.1:1"))
    # Of § 11 e, another unit's meeting is answered as none byte for byte in test_section11e_bad_input.py.
    meetings = {each for each in addresses if "/section-11e" in each}
    assert addresses - meetings == named | set(THINGS) | WITHOUT
