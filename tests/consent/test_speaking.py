"""Who a login is, and for whom that person speaks today: told to the referral service alone, and on the ledger."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts import SpeakerOut
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.families import Clock, Desk, days, today
from tests.support.keys import Keys
from tests.support.town import assert_problem, client_of, consent_app, entries_of
from tests.support.wire import representative_in


async def asked(consent: httpx.AsyncClient, service: Headers, login: str, **headers: str) -> dict[str, Any]:
    """Ask who a login is; return the answer, which is readable by the contract."""
    body = {"citizen": login, "user": "user-1"}
    answer = await consent.post("/internal/speakers", json=body, headers=service | headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    SpeakerOut.model_validate(told)
    return told


def names(told: dict[str, Any]) -> set[str]:
    """Return for whom the login speaks."""
    return {each["person"] for each in told["speaks_for"]}


@pytest.fixture
def desk(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives."""
    return Desk(consent, keys)


async def with_login(desk: Desk, **changes: Any) -> tuple[str, str]:
    """Register somebody with a login; return both."""
    login = f"login-{uuid4().hex}"
    return await desk.person(login=login, **changes), login


async def test_parents_with_joint_custody_each_speak_for_the_child(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    """R26, R27."""
    (mother, hers), (father, his) = await with_login(desk), await with_login(desk)
    child = await desk.child(mother, father)
    assert names(await asked(consent, service, hers)) == {mother, child}
    assert names(await asked(consent, service, his)) == {father, child}


async def test_without_custody_a_parent_speaks_for_themselves_alone(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    (mother, hers), (father, his) = await with_login(desk), await with_login(desk)
    child = await desk.child(mother, father)
    assert names(await asked(consent, service, his)) == {father, child}
    await desk.done(f"/persons/{child}/custody", {"holders": [mother], "since": days(-1)})
    assert names(await asked(consent, service, his)) == {father}
    assert names(await asked(consent, service, hers)) == {mother, child}


async def test_a_pregnant_woman_speaks_for_the_child_she_expects(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    mother, login = await with_login(desk)
    unborn = await desk.expected(mother)
    assert names(await asked(consent, service, login)) == {mother, unborn}


async def test_that_a_childs_address_is_protected_is_told_with_it(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    mother, login = await with_login(desk)
    child = await desk.child(mother)
    await desk.done(f"/persons/{child}/protection", {"protected": True, "since": days(-1)})
    told = {each["person"]: each["protected"] for each in (await asked(consent, service, login))["speaks_for"]}
    assert told == {mother: False, child: True}


async def test_from_the_fifteenth_birthday_a_child_speaks_alone(
    dbs: Databases, keys: Keys, directory_url: str, service: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with client_of(clock.rules(consent_app(dbs, keys, directory_url), monkeypatch)) as consent:
        desk = Desk(consent, keys)
        mother, hers = await with_login(desk)
        birthday = today().replace(year=today().year - 15, day=min(today().day, 28))
        born = birthday.replace(month=birthday.month % 12 + 1, year=birthday.year + birthday.month // 12)
        child, its = await with_login(desk, birth_date=born.isoformat())
        await desk.done(f"/persons/{child}/custody", {"holders": [mother], "since": born.isoformat()})
        assert names(await asked(consent, service, hers)) == {mother, child}
        young = await asked(consent, service, its)
        assert (young["me"]["person"], names(young)) == (child, set())
        clock.move(days=40)
        assert names(await asked(consent, service, hers)) == {mother}
        assert names(await asked(consent, service, its)) == {child}


async def test_who_represents_somebody_speaks_for_them_and_they_see_their_own_still(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    (guardian, theirs), (adult, own) = await with_login(desk), await with_login(desk)
    await desk.done(f"/persons/{adult}/representative", representative_in(guardian, days(-1)))
    assert names(await asked(consent, service, theirs)) == {guardian, adult}
    assert names(await asked(consent, service, own)) == {adult}


async def test_whoever_was_registered_twice_is_told_by_both_ids(
    consent: httpx.AsyncClient, service: Headers, desk: Desk
) -> None:
    (mother, login), again = await with_login(desk), await desk.person()
    child, twice = await desk.child(mother), await desk.child(mother)
    for kept, other in ((mother, again), (child, twice)):
        await desk.done(f"/persons/{kept}/merger", {"other": other, "reason": "Den samme."})
    told = await asked(consent, service, login)
    known = {frozenset({each["person"], *each["also"]}) for each in told["speaks_for"]}
    assert known == {frozenset({mother, again}), frozenset({child, twice})}
    assert {told["me"]["person"], *told["me"]["also"]} == {mother, again}


async def test_each_answer_is_on_the_ledger_by_ids(consent: httpx.AsyncClient, dbs: Databases, service: Headers,
                                                   desk: Desk) -> None:  # fmt: skip
    mother, login = await with_login(desk)
    child, number = await desk.child(mother), {"X-Request-Id": str(uuid4())}
    await asked(consent, service, login, **number)
    (entry,) = await entries_of(dbs.admin("consent"), number["X-Request-Id"])
    assert (entry["kind"], entry["subject"]) == ("speaker_told", mother)
    assert set(entry["speaks_for"]) == {mother, child}
    assert entry["actor"] == {"unit": None, "user": "user-1"}
    assert login not in str(entry)


async def test_an_unknown_login_is_nobody_and_that_it_was_asked_is_written(
    consent: httpx.AsyncClient, dbs: Databases, service: Headers
) -> None:
    number = {"X-Request-Id": str(uuid4())}
    assert await asked(consent, service, "nobodys-login", **number) == {"me": None, "speaks_for": []}
    (entry,) = await entries_of(dbs.admin("consent"), number["X-Request-Id"])
    assert (entry["kind"], entry["subject"]) == ("speaker_told", None)


@pytest.mark.parametrize(
    "wrong", [{"citizen": ""}, {"citizen": "x" * 101}, {"citizen": None}, {"user": "no name"}, {"unit": "u"}]
)
async def test_each_field_is_checked(consent: httpx.AsyncClient, service: Headers, wrong: dict[str, Any]) -> None:
    body = {"citizen": "some-login", "user": "user-1"} | wrong
    assert_problem(await consent.post("/internal/speakers", json=body, headers=service), 422)


async def test_a_unit_does_not_ask_who_somebodys_login_is(
    consent: httpx.AsyncClient, midwife: Headers, desk: Desk
) -> None:
    person, login = await with_login(desk)
    answer = await consent.post("/internal/speakers", json={"citizen": login, "user": "u"}, headers=midwife)
    assert_problem(answer, 403, "missing_scope")
    assert person not in answer.text
