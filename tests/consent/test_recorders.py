"""Who may record what decides who speaks for somebody: an authority that itself has to do with them (R18, R26, R59)."""

from functools import partial
from typing import Any

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.support.families import Desk, days, new_need
from tests.support.keys import Keys
from tests.support.town import (
    MIDWIFERY,
    NORTH,
    VISITING,
    VOLUNTEERS,
    acquainted,
    assert_problem,
    counted,
    entries_of,
    refused_once,
)
from tests.support.wire import person_in, representative_in

FACTS = ("birth", "custody", "residence", "protection", "representative")


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


def fact_in(kind: str, other: str) -> dict[str, Any]:
    """Return a fact that is right of whom it can be right of; `other` holds custody, or speaks."""
    home = {"municipality": NORTH, "acting_municipality": NORTH, "basis": "cpr_address", "since": days(-1)}
    facts: dict[str, dict[str, Any]] = {
        "birth": {"born_on": days(0)},
        "custody": {"holders": [other], "since": days(-1)},
        "residence": home,
        "protection": {"protected": True, "since": days(-1)},
        "representative": representative_in(other, days(-1)),
    }
    return facts[kind]


async def about(desk: Desk, kind: str) -> tuple[str, str]:
    """Return whom the fact can be recorded about, and the other person it names."""
    other = await desk.person()
    make = {"birth": partial(desk.expected, other), "custody": partial(desk.child, other)}.get(kind, desk.person)
    return await make(), other


@pytest.mark.parametrize("kind", FACTS)
async def test_a_unit_outside_the_authorities_records_no_such_fact(midwives: Desk, dbs: Databases, kind: str) -> None:
    """Nor does one that the directory does not know."""
    person, other = await about(midwives, kind)
    path, body = f"/persons/{person}/{kind}", fact_in(kind, other)
    for unit in (VOLUNTEERS, "nowhere"):
        await acquainted(dbs, person, unit)
        await acquainted(dbs, other, unit)
        before = await counted(dbs.admin("consent"))
        answer = await midwives.at(unit).post(path, body)
        assert_problem(answer, 403, "not_for_this_unit")
        (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["person"], entry["actor"]["unit"]) == ("access_refused", person, unit)
        assert await counted(dbs.admin("consent")) == refused_once(before)
    await midwives.done(path, body)


@pytest.mark.parametrize("kind", FACTS)
async def test_having_to_do_with_the_child_alone_is_no_reason_to_record_about_its_parent(
    midwives: Desk, dbs: Databases, kind: str
) -> None:
    """The unit may ask the parent, and is told nothing more; after having met them it may."""
    person, other = await about(midwives, kind)
    child = await midwives.child()
    if kind in {"residence", "protection", "representative"}:
        await midwives.done(f"/persons/{child}/custody", {"holders": [person], "since": days(-2)})
        await acquainted(dbs, child, VISITING)
    await acquainted(dbs, other, VISITING)
    path, body, visitors = f"/persons/{person}/{kind}", fact_in(kind, other), midwives.at(VISITING)
    assert (await visitors.get(f"/persons/{person}")).status_code == (404 if kind in {"birth", "custody"} else 200)
    before = await counted(dbs.admin("consent"))
    answer = await visitors.post(path, body)
    assert_problem(answer, 404, "not_there")
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["person"]) == ("access_refused", person)
    assert await counted(dbs.admin("consent")) == refused_once(before)
    await acquainted(dbs, person, VISITING)
    await visitors.done(path, body)


async def test_who_speaks_for_somebody_takes_the_role_that_decides_without_consent(midwives: Desk, keys: Keys) -> None:
    person, guardian = await midwives.person(), await midwives.person()
    path, body = f"/persons/{person}/representative", representative_in(guardian, days(-1))
    recorder = keys.party("consent", Role.RECORD_CONSENT, Role.REFER, unit=MIDWIFERY)
    answer = await midwives.client.post(path, json=body, headers=recorder)
    assert_problem(answer, 403, "missing_scope")
    unfounded = {name: value for name, value in body.items() if name != "basis"}
    told = assert_problem(await midwives.post(path, unfounded), 422, "malformed")
    assert [each["where"][-1] for each in told["errors"]] == ["basis"]
    decider = keys.party("consent", Role.LEGAL_OVERRIDE, unit=MIDWIFERY)
    assert (await midwives.client.post(path, json=body, headers=decider)).status_code == 201


async def test_reaching_for_a_login_or_number_that_is_another_s_is_on_the_ledger(
    midwives: Desk, dbs: Databases
) -> None:
    """R50: whoever tries out which are taken leaves a trace each time."""
    login = f"login-{new_need()}"
    await midwives.at(VISITING).person(login=login)
    before = await counted(dbs.admin("consent"))
    answer = await midwives.post("/persons", person_in(login=login))
    assert_problem(answer, 409, "login_taken")
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["address"]) == ("access_refused", "POST /persons")
    assert login not in str(entry)
    assert await counted(dbs.admin("consent")) == refused_once(before)
