"""Registering people and finding them again: one id that tells nothing, and numbers that nobody is shown (R40–R45)."""

import asyncio
from datetime import date
from hashlib import md5, sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.conftest import Databases
from tests.support.bad_input import NUMBERS
from tests.support.families import Desk, days, made_up_number, replacement_number, somebody
from tests.support.keys import Keys
from tests.support.logs import everything_logged
from tests.support.town import (
    FAMILY_HOUSE,
    MIDWIFERY,
    VISITING,
    VOLUNTEERS,
    assert_problem,
    counted,
    entries_of,
    refused_once,
    rows,
)
from tests.support.wire import consent_in, person_in


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


def sent() -> dict[str, str]:
    return {"X-Request-Id": str(uuid4())}


async def test_somebody_born_is_asked_themselves_under_an_id_that_tells_nothing(midwives: Desk) -> None:
    answer = await midwives.done("/persons", person_in())
    assert answer["warnings"] == []
    assert UUID(answer["id"]).version == 4
    told = await midwives.told(f"/persons/{answer['id']}")
    assert told["birth_date"] == person_in()["birth_date"]
    assert [(each["person"], each["capacity"]) for each in told["ask"]] == [(answer["id"], "self")]
    assert (told["due_date"], told["identifiers"], told["residence"], told["protected"]) == (None, [], None, False)


async def test_a_child_that_is_expected_has_its_mother_asked(midwives: Desk) -> None:
    mother = await midwives.person()
    told = await midwives.told(f"/persons/{await midwives.expected(mother)}")
    assert (told["birth_date"], told["due_date"]) == (None, days(60))
    assert [(each["person"], each["capacity"]) for each in told["ask"]] == [(mother, "pregnant")]


@pytest.mark.parametrize(
    "of",
    [
        {"birth_date": None},
        {},
        {"birth_date": days(-1), "expected": {"mother": "mother", "due_date": days(60)}},
        {"expected": {"mother": "mother", "due_date": days(60)}, "login": "login-of-an-unborn"},
        {
            "expected": {"mother": "mother", "due_date": days(60)},
            "identifiers": [{"kind": "cpr", "value": "6101901234"}],
        },
    ],
)
async def test_a_person_is_either_born_or_expected_and_who_is_not_born_has_no_number(
    midwives: Desk, dbs: Databases, of: dict[str, Any]
) -> None:
    mother = await midwives.person()
    body = {name: value | {"mother": mother} if name == "expected" else value for name, value in of.items()}
    before = await counted(dbs.admin("consent"))
    assert assert_problem(await midwives.post("/persons", body), 422, "born_or_expected")["rule"] == "R43"
    assert await counted(dbs.admin("consent")) == before


@pytest.mark.parametrize("due", [-400, 311])
async def test_a_due_date_that_cannot_be_is_refused(midwives: Desk, due: int) -> None:
    body = {"expected": {"mother": await midwives.person(), "due_date": days(due)}}
    assert_problem(await midwives.post("/persons", body), 422, "impossible_birth")


async def test_who_is_not_born_expects_no_child(midwives: Desk) -> None:
    unborn = await midwives.expected(await midwives.person())
    body = {"expected": {"mother": unborn, "due_date": days(60)}}
    assert_problem(await midwives.post("/persons", body), 422, "impossible_birth")


async def test_a_number_finds_the_same_person_for_another_unit_that_is_not_told_so(
    midwives: Desk, dbs: Databases
) -> None:
    """R59: whether anybody else has to do with them is nobody's to hear; a stranger still sees nobody there."""
    born = somebody()
    body = person_in(birth_date=born.isoformat(), identifiers=[replacement_number(born)])
    new = person_in(birth_date=born.isoformat(), identifiers=[replacement_number(born)])
    visitors, one, two, three = midwives.at(VISITING), sent(), sent(), sent()
    first = await midwives.post("/persons", body, **one)
    found = await visitors.post("/persons", body, **two)
    newcomer = await visitors.post("/persons", new, **three)
    assert first.json()["id"] == found.json()["id"] != newcomer.json()["id"]
    assert found.status_code == newcomer.status_code
    assert found.headers.keys() == newcomer.headers.keys()
    assert found.json() | {"id": ""} == newcomer.json() | {"id": ""}
    url = dbs.admin("consent")
    traces = [[each["kind"] for each in await entries_of(url, each["X-Request-Id"])] for each in (one, two, three)]
    assert traces == [["person_registered"]] * 3
    number = found.json()["id"]
    assert (await visitors.get(f"/persons/{number}")).status_code == 200
    assert_problem(await midwives.at(FAMILY_HOUSE).get(f"/persons/{number}"), 404, "not_there")


async def test_of_units_that_register_a_number_at_once_none_is_told_of_the_others(midwives: Desk) -> None:
    """R59."""
    for _ in range(3):
        born = somebody()
        body = person_in(birth_date=born.isoformat(), identifiers=[replacement_number(born)])
        desks = [midwives.at(unit) for unit in (MIDWIFERY, VISITING, FAMILY_HOUSE)]
        answers = await asyncio.gather(*[desk.post("/persons", body) for desk in desks])
        assert [each.status_code for each in answers] == [201] * 3
        assert len({each.text for each in answers}) == 1


async def test_a_number_that_somebody_of_another_birth_date_has_registers_nobody(
    midwives: Desk, dbs: Databases
) -> None:
    number = replacement_number(somebody())
    await midwives.person(birth_date="2001-01-01", identifiers=[number])
    before = await counted(dbs.admin("consent"))
    other = person_in(birth_date="2001-01-02", identifiers=[number])
    assert_problem(await midwives.at(VISITING).post("/persons", other), 409, "identifier_taken")
    assert await counted(dbs.admin("consent")) == refused_once(before)


async def test_two_numbers_of_two_people_are_not_one_persons(midwives: Desk) -> None:
    one, two = replacement_number(somebody()), replacement_number(somebody())
    for number in (one, two):
        await midwives.person(birth_date="2001-01-01", identifiers=[number])
    both = person_in(birth_date="2001-01-01", identifiers=[one, two])
    assert_problem(await midwives.post("/persons", both), 409, "identifier_taken")


async def test_modulus_eleven_warns_and_never_refuses(midwives: Desk) -> None:
    """R41: a person of the public test data, whose number has no control digit."""
    body = person_in(birth_date="1960-01-02", identifiers=[{"kind": "cpr", "value": NUMBERS[0]}])
    answer = await midwives.done("/persons", body)
    assert len(answer["warnings"]) == 1
    assert "Kontrolcifferet" in answer["warnings"][0]
    found = await midwives.post("/persons/lookup", {"identifier": {"kind": "cpr", "value": NUMBERS[1]}})
    assert found.json() == answer


async def test_a_replacement_number_of_another_day_warns_and_never_refuses(midwives: Desk) -> None:
    born = somebody()
    body = person_in(birth_date=born.isoformat(), identifiers=[replacement_number(date(2000, 2, 29))])
    answer = await midwives.done("/persons", body)
    assert len(answer["warnings"]) == 1
    assert "Erstatningsnummeret" in answer["warnings"][0]
    again = await midwives.done(f"/persons/{answer['id']}/identifiers", replacement_number(date(2000, 2, 28)))
    assert again["warnings"] == answer["warnings"]


async def test_a_number_that_tells_another_birthday_is_refused(midwives: Desk, dbs: Databases) -> None:
    before = await counted(dbs.admin("consent"))
    body = person_in(birth_date="1990-01-02", identifiers=[{"kind": "cpr", "value": "6101901234"}])
    assert_problem(await midwives.post("/persons", body), 422, "identifier_refused")
    assert await counted(dbs.admin("consent")) == before


async def test_volunteers_register_without_a_civil_registration_number(midwives: Desk, dbs: Databases) -> None:
    """R45: and whoever the directory does not know, too."""
    born, number = made_up_number()
    for unit in (VOLUNTEERS, "nowhere"):
        desk = midwives.at(unit)
        person = await desk.person(birth_date=born)
        before = await counted(dbs.admin("consent"))
        body = person_in(birth_date=born, identifiers=[number])
        assert_problem(await desk.post("/persons", body), 403, "no_cpr_for_this_unit")
        assert_problem(await desk.post(f"/persons/{person}/identifiers", number), 403, "no_cpr_for_this_unit")
        assert await counted(dbs.admin("consent")) == before


async def test_a_person_s_numbers_are_kept_as_history_each_unit_seeing_its_own_masked(midwives: Desk) -> None:
    """R42: a number may change, and the one before stays."""
    born = somebody()
    one, two = replacement_number(born), replacement_number(born)
    person = await midwives.person(birth_date=born.isoformat(), identifiers=[one])
    visitors = midwives.at(VISITING)
    assert await visitors.person(birth_date=born.isoformat(), identifiers=[one]) == person
    await midwives.done(f"/persons/{person}/identifiers", two)
    await midwives.done(f"/persons/{person}/identifiers", two)
    kept = (await midwives.told(f"/persons/{person}"))["identifiers"]
    assert [(each["kind"], each["shown"]) for each in kept] == [("x-ecpr", "******-****")] * 2
    assert (await visitors.told(f"/persons/{person}"))["identifiers"] == []
    for number in (one, two):
        found = await midwives.post("/persons/lookup", {"identifier": number})
        assert (found.status_code, found.json()["id"]) == (200, person)


async def test_a_number_of_somebody_else_is_not_added(midwives: Desk, dbs: Databases) -> None:
    number = replacement_number(somebody())
    await midwives.person(identifiers=[number])
    other = await midwives.person()
    before = await counted(dbs.admin("consent"))
    assert_problem(await midwives.post(f"/persons/{other}/identifiers", number), 409, "identifier_taken")
    assert await counted(dbs.admin("consent")) == refused_once(before)


async def test_an_unborn_child_is_given_no_number(midwives: Desk, dbs: Databases) -> None:
    """R43: it has none before it is born."""
    unborn = await midwives.expected(await midwives.person())
    before = await counted(dbs.admin("consent"))
    for number in (made_up_number()[1], replacement_number(somebody())):
        assert_problem(await midwives.post(f"/persons/{unborn}/identifiers", number), 422, "identifier_refused")
    assert await counted(dbs.admin("consent")) == before


async def test_a_unit_looks_up_its_own_people_and_every_question_is_on_the_ledger(
    midwives: Desk, dbs: Databases
) -> None:
    """R59: another's are not there, just as nobody's are not."""
    number, nobodys = replacement_number(somebody()), replacement_number(somebody())
    person, seen = await midwives.person(identifiers=[number]), []
    for desk, asked, subject in (
        (midwives, number, person), (midwives.at(VISITING), number, None), (midwives, nobodys, None),
    ):  # fmt: skip
        trace = sent()
        answer = await desk.post("/persons/lookup", {"identifier": asked}, **trace)
        entry, *refused = await entries_of(dbs.admin("consent"), trace["X-Request-Id"])
        assert (entry["kind"], entry["subject"]) == ("person_looked_up", subject)
        assert [each["kind"] for each in refused] == ([] if subject else ["access_refused"])
        seen.append((answer.status_code, answer.text.replace(trace["X-Request-Id"], "")))
    assert seen[0] == (200, f'{{"id":"{person}","warnings":[]}}')
    assert seen[1] == seen[2]
    assert seen[1][0] == 404


async def test_the_same_post_with_a_number_is_once_and_its_digest_cannot_be_tried_out(
    midwives: Desk, dbs: Databases
) -> None:
    born, number = made_up_number()
    key = str(uuid4())
    body = person_in(birth_date=born, identifiers=[number])
    answers = [await midwives.post("/persons", body, **{"Idempotency-Key": key}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    other = body | {"identifiers": [number | {"value": number["value"][:9] + str(9 - int(number["value"][9]))}]}
    assert_problem(await midwives.post("/persons", other, **{"Idempotency-Key": key}), 409, "idempotency_conflict")
    (row,) = await rows(dbs.admin("consent"), "SELECT digest FROM idempotency WHERE key = $1", key)
    assert len(row["digest"]) == 32


async def test_nothing_of_a_number_is_in_the_database_an_answer_a_log_or_an_entry(
    midwives: Desk, dbs: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R45: every column of every table is looked at, as text and as bytes, and in the digests one would try."""
    logs = everything_logged(monkeypatch)
    born, number = made_up_number()
    value = number["value"]
    person = await midwives.person(birth_date=born)
    wrong = number | {"value": f"{value[:6]}-{value[6:]}0"}
    answers = [
        await midwives.post(f"/persons/{person}/identifiers", number),
        await midwives.at(VISITING).post("/persons", person_in(birth_date=born, identifiers=[number])),
        await midwives.post("/persons/lookup", {"identifier": number}),
        await midwives.post("/persons", person_in(birth_date="1999-09-09", identifiers=[number])),
        await midwives.post("/persons", person_in(birth_date=born, identifiers=[wrong])),
        await midwives.post(f"/persons/{await midwives.person()}/identifiers", number),
        await midwives.post("/consents", consent_in(person, oral_note=f"Nummeret er {value}.")),
        await midwives.get(f"/persons/{value}"),
        await midwives.get(f"/persons/{person}"),
        await midwives.get(f"/persons/{person}/history"),
    ]  # fmt: skip
    assert [each.status_code for each in answers] == [201, 201, 200, 422, 422, 422, 422, 422, 200, 200]
    said = "".join(f"{each.text}{each.headers}" for each in answers) + logs.getvalue()
    assert "request" in logs.getvalue()
    forms = [value, f"{value[:6]}-{value[6:]}"]
    assert [each for each in forms if each in said] == []
    digests = [make(each.encode()).hexdigest() for make in (sha256, md5) for each in forms]
    assert await found_in_database(dbs, [*forms, *(each.encode().hex() for each in forms), *digests]) == []


async def found_in_database(dbs: Databases, texts: list[str]) -> list[str]:
    """Return the tables of which a row, written out with bytes as hexadecimal digits, holds one of the texts."""
    url = dbs.admin("consent")
    tables = [
        row["tablename"] for row in await rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    assert {"person", "identifier", "ledger_entry", "outbox", "idempotency"} <= set(tables)
    sql = "SELECT count(*) AS n FROM {} AS r WHERE r::text ~ $1"
    found = [(await rows(url, sql.format(table), "|".join(texts)))[0]["n"] for table in tables]
    return [table for table, n in zip(tables, found, strict=True) if n]
