"""A municipality names who takes its reports in, and who hears of what is late (R32)."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.ids import new_id
from tests.concern.office import Office
from tests.support.town import DAYCARE, NORTH, NORTH_AUTHORITY, SOUTH_AUTHORITY, assert_problem, rows

RECEPTION = "/concern-reports/reception"
NAMED = {"unit": NORTH_AUTHORITY, "responsible": "adviser-1", "escalates_to": "leader-1"}


async def _put(office: Office, body: Mapping[str, Any], headers: dict[str, str] | None = None) -> Any:
    return await office.client.put(RECEPTION, headers=headers or office.leader(), json=dict(body))


@pytest.mark.rule("R32", enforced_by="services.concern.actions.reception:name")
async def test_r32_a_leader_names_who_takes_reports_in_and_who_else_hears_what_is_late(office: Office) -> None:
    before = (await office.client.get(RECEPTION, headers=office.southern())).json()
    assert (before["receives"], before["unit"], before["escalates_to"]) == (SOUTH_AUTHORITY, None, None)
    assert before["says"].startswith("Ingen er udpeget")
    answer = await _put(office, NAMED)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {name: told[name] for name in NAMED} == NAMED
    assert (told["municipality"], told["receives"]) == (NORTH, NORTH_AUTHORITY)
    (entry,) = await office.entries(answer)
    assert (entry["kind"], entry["to"], entry["escalates_to"]) == (
        "concern_reception_named", NORTH_AUTHORITY, "leader-1",
    )  # fmt: skip
    again = await _put(office, NAMED | {"responsible": "adviser-7"})
    assert again.status_code == 200
    assert (await office.client.get(RECEPTION, headers=office.leader())).json() == again.json()
    kept = await rows(office.dbs.admin("concern"), "SELECT responsible FROM reception ORDER BY id DESC LIMIT 2")
    assert [each[0] for each in kept] == ["adviser-7", "adviser-1"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"unit": SOUTH_AUTHORITY}, 422, "not_a_reception"),
        ({"unit": DAYCARE}, 422, "not_a_reception"),
        ({"unit": "nowhere"}, 422, "not_a_reception"),
        ({"escalates_to": "adviser-1"}, 422, "one_person_twice"),
        ({"responsible": None}, 422, "malformed"),
        ({"responsible": "Pia Prøve"}, 422, "malformed"),
        ({"unit": "x" * 101}, 422, "malformed"),
        ({"escalates_to": "6101901234"}, 422, "cpr_refused"),
        ({"also": "somebody"}, 422, "malformed"),
    ],
)
async def test_what_is_no_reception_is_not_named(
    office: Office, changes: dict[str, Any], status: int, code: str
) -> None:
    before = await rows(office.dbs.admin("concern"), "SELECT count(*) FROM reception")
    answer = await _put(office, NAMED | changes)
    assert_problem(answer, status, code)
    assert "6101901234" not in answer.text
    assert await rows(office.dbs.admin("concern"), "SELECT count(*) FROM reception") == before


async def test_only_the_authoritys_own_leader_names_it(office: Office) -> None:
    for headers in (office.leader(DAYCARE), office.leader("nowhere"), office.headers):
        assert_problem(await _put(office, NAMED, headers), 403)
    answer = await _put(office, NAMED, office.leader(DAYCARE))
    (entry,) = await office.entries(answer)
    assert (entry["kind"], entry["actor"]["user"]) == ("access_refused", "leader-1")
    assert_problem(await office.client.get(RECEPTION, headers=office.leader(DAYCARE)), 403, "not_the_authority")


async def test_a_named_unit_that_is_closed_takes_nothing_in_any_more_and_the_leader_is_told(office: Office) -> None:
    """As though it had been closed since: the rows say what was named, the directory what there is."""
    await rows(
        office.dbs.admin("concern"),
        "INSERT INTO reception (id, municipality, unit, responsible, escalates_to, at, ledger_id) "
        "VALUES ($2, $1, 'closed-authority', 'adviser-1', 'leader-1', now(), $2)",
        NORTH, new_id(),
    )  # fmt: skip
    told = (await office.client.get(RECEPTION, headers=office.headers)).json()
    assert (told["unit"], told["receives"]) == ("closed-authority", NORTH_AUTHORITY)
    assert "kan ikke længere" in told["says"]
    assert (await office.row(await office.reported()))["unit"] == NORTH_AUTHORITY
    assert (await _put(office, NAMED)).json()["says"] == f"Underretninger går til {NORTH_AUTHORITY}."
