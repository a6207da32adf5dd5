"""Who reads a report: the authority whole, whoever sent it their own words, and nobody else anything at all (R29)."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.concern.actions.reading import receives_for
from shared.auth import Role
from shared.contracts import UnitOut
from shared.personal import MASK
from shared.vocabulary import Sector
from tests.concern.world import (
    NUMBER,
    REPORTER,
    REPORTS,
    SECRET,
    WORDS,
    Headers,
    login,
    movers,
    sent,
    sent_by_citizen,
)
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import (
    DAYCARE,
    DIRECTORY,
    NORTH,
    NORTH_AUTHORITY,
    NORTH_HOUSE,
    NORTH_VISITING,
    SOUTH,
    SOUTH_AUTHORITY,
    assert_problem,
    entries_of,
    rows,
)

SAME = {"X-Request-Id": str(uuid4())}
CALM = {"danger": False, "acute_measures": False, "running_measures": False}
UNITS = {str(each["id"]): UnitOut.model_validate(each) for each in DIRECTORY["units"]}


async def assess(client: httpx.AsyncClient, reception: Headers, report: str, **changes: Any) -> str:
    """Answer the question of the 24 hours; return the version after it."""
    read = await client.get(f"{REPORTS}/{report}", headers=reception)
    headers = reception | {"If-Match": read.headers["etag"]}
    answer = await client.post(f"{REPORTS}/{report}/assessment", headers=headers, json=CALM | changes)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


async def test_the_authority_reads_all_of_it_but_the_numbers(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, dbs: Databases
) -> None:
    told = await sent(concern, daycare)
    answer = await concern.get(f"{REPORTS}/{told['id']}", headers=reception)
    read = answer.json()
    assert (answer.status_code, read["seen_as"], answer.headers["etag"]) == (200, "authority", '"1"')
    assert read["said"][0]["words"] == WORDS
    assert (read["said"][0]["said_as"], read["said"][0]["user"]) == ("original", "pedagogue-1")
    assert read["reporter"] == REPORTER
    assert read["child"]["name"] == f"Ask {SECRET}"
    assert read["child"]["identifiers"] == read["child"]["adults"][0]["identifiers"] == [{"kind": "cpr", "shown": MASK}]
    assert NUMBER not in answer.text
    assert NUMBER.replace("-", "") not in answer.text
    assert [each["informed_at"] is not None for each in read["parents"]] == [True]
    assert read["allowed"] == ["acknowledge", "assess", "cancel_dialogue", "decline_dialogue", "hold_dialogue",
                               "inform_parents", "plan_dialogue"]  # fmt: skip
    assert any("§ 137" in each for each in read["notices"])
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["report"], entry["by"]) == ("concern_read", told["id"], "authority")


async def test_whoever_sent_it_reads_their_own_words_and_nothing_of_the_case(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers
) -> None:
    told = await sent(concern, daycare)
    address = f"{REPORTS}/{told['id']}"
    before = await concern.get(address, headers=daycare | SAME)
    assert (before.status_code, before.json()["seen_as"], "etag" in before.headers) == (200, "reporter", False)
    assert before.json()["said"][0]["words"] == WORDS
    assert not before.json().keys() & {
        "state", "danger", "acute_measures", "outcomes", "steps", "version", "allowed", "late", "clocks",
    }  # fmt: skip
    assert NUMBER not in before.text
    version = await assess(concern, reception, told["id"], danger=True, acute_measures=True)
    assert (await concern.get(address, headers=daycare | SAME)).content == before.content
    closing = await concern.post(
        f"{address}/closing", headers=reception | {"If-Match": version}, json={"outcomes": ["mapping"]}
    )
    assert closing.status_code == 200, closing.text
    assert (await concern.get(address, headers=daycare | SAME)).content == before.content


@pytest.mark.parametrize(
    ("role", "unit"),
    [
        (Role.RECEIVE_REPORTS, SOUTH_AUTHORITY),
        (Role.RECEIVE_REPORTS, NORTH_HOUSE),
        (Role.RECEIVE_REPORTS, NORTH_VISITING),
        (Role.RECEIVE_REPORTS, DAYCARE),
        (Role.RECEIVE_REPORTS, "gone"),
        (Role.REPORT, NORTH_VISITING),
        (Role.REPORT, NORTH_AUTHORITY),
        (Role.CITIZEN, DAYCARE),
    ],
)
async def test_to_everybody_else_it_is_not_there_byte_for_byte(
    concern: httpx.AsyncClient, daycare: Headers, keys: Keys, dbs: Databases, role: Role, unit: str
) -> None:
    told = await sent(concern, daycare)
    headers = keys.party("concern", role, unit=unit, user="pedagogue-1", citizen="pedagogue-1") | SAME
    theirs = await concern.get(f"{REPORTS}/{told['id']}", headers=headers)
    nothing = await concern.get(f"{REPORTS}/{uuid4()}", headers=headers)
    assert_problem(theirs, 404, "not_there")
    assert (theirs.content, theirs.headers) == (nothing.content, nothing.headers)
    entries = await entries_of(dbs.admin("concern"), SAME["X-Request-Id"])
    assert [each["kind"] for each in entries[-2:]] == ["access_refused", "access_refused"]
    assert (entries[-2]["report"], entries[-2]["actor"]["unit"]) == (told["id"], unit)


async def test_a_citizen_reads_only_what_was_sent_with_their_login(concern: httpx.AsyncClient, keys: Keys) -> None:
    mine, other = login(keys, "reader-1"), login(keys, "reader-2")
    told = await sent_by_citizen(concern, mine)
    read = await concern.get(f"{REPORTS}/{told['id']}", headers=mine)
    assert (read.status_code, read.json()["said"][0]["user"]) == (200, None)
    assert_problem(await concern.get(f"{REPORTS}/{told['id']}", headers=other), 404)
    unnamed = await sent_by_citizen(concern, {})
    assert_problem(await concern.get(f"{REPORTS}/{unnamed['id']}", headers=mine), 404)


@pytest.mark.parametrize(
    ("unit", "municipality", "may"),
    [
        (NORTH_AUTHORITY, NORTH, True),
        (NORTH_AUTHORITY, SOUTH, False),
        (SOUTH_AUTHORITY, NORTH, False),
        (NORTH_HOUSE, NORTH, False),
        ("gone", NORTH, False),
    ],
)
def test_an_authority_is_one_for_its_own_municipality_alone(unit: str, municipality: str, *, may: bool) -> None:
    assert receives_for(unit, municipality, UNITS) is may


def test_another_authority_unit_of_the_same_municipality_reads_it_too() -> None:
    second = UnitOut(
        id="second", name="S", organisation="o", organisation_name="O", kind="family_house",
        sector=Sector.MUNICIPAL_SOCIAL, municipality=NORTH, authority=True,
    )  # fmt: skip
    assert receives_for("second", NORTH, UNITS | {"second": second})


async def test_the_register_tells_ids_codes_and_clocks_and_no_words(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, elsewhere: Headers, dbs: Databases
) -> None:
    mine = [(await sent(concern, daycare))["id"] for _ in range(3)]
    answer = await concern.get(REPORTS, headers=reception, params={"limit": 200})
    listed = {each["id"]: each for each in answer.json()["reports"]}
    assert set(mine) <= listed.keys()
    assert SECRET not in answer.text
    assert "pedagogue-1" not in answer.text
    one = listed[mine[0]]
    assert (one["state"], one["late"], one["municipality"]) == ("received", [], NORTH)
    assert [each["clock"] for each in one["clocks"]] == ["assess", "acknowledge"]
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], set(mine) <= set(entry["reports"])) == ("concern_register_read", True)
    south = (await concern.get(REPORTS, headers=elsewhere, params={"limit": 200})).json()["reports"]
    assert {each["municipality"] for each in south} <= {SOUTH}


async def test_the_register_is_read_page_by_page_and_by_what_is_asked_for(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, dbs: Databases
) -> None:
    first, second = [await sent(concern, daycare, ground="absence") for _ in range(2)]
    await assess(concern, reception, second["id"])
    url = dbs.admin("concern")
    await rows(url, "UPDATE report SET assess_by = received_at - interval '1 hour' WHERE id = $1::text::uuid",
               first["id"])  # fmt: skip

    wanted: dict[str, Any] = {"ground": "absence", "limit": 200}

    async def found(**asked: Any) -> list[str]:
        answer = await concern.get(REPORTS, headers=reception, params={**wanted, **asked})
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["reports"]]

    both = [first["id"], second["id"]]
    assert await found() == both
    assert await found(state="assessed") == [second["id"]]
    assert await found(state=["assessed", "received"]) == both
    assert await found(late="true") == [first["id"]]
    assert await found(since=second["received_at"]) == [second["id"]]
    assert await found(before=second["received_at"]) == [first["id"]]
    assert await found(ground="moved") == []
    page = (await concern.get(REPORTS, headers=reception, params={"ground": "absence", "limit": 1})).json()
    assert ([each["id"] for each in page["reports"]], page["next"]) == ([first["id"]], first["id"])
    assert await found(after=page["next"]) == [second["id"]]
    await rows(url, "UPDATE report SET assess_by = acknowledge_by WHERE id = $1::text::uuid", first["id"])


@pytest.mark.parametrize(
    "asked",
    [{"state": "lost"}, {"ground": "x"}, {"since": "yesterday"}, {"since": "2026-01-01"}, {"after": "x"},
     {"limit": "0"}, {"limit": "201"}, {"late": "maybe"}],
)  # fmt: skip
async def test_what_is_asked_amiss_of_the_register_is_refused(
    concern: httpx.AsyncClient, reception: Headers, asked: dict[str, str]
) -> None:
    assert_problem(await concern.get(REPORTS, headers=reception, params=asked), 422, "malformed")


async def test_a_unit_that_is_no_authority_has_no_register(concern: httpx.AsyncClient, keys: Keys) -> None:
    other = keys.party("concern", Role.RECEIVE_REPORTS, unit=NORTH_HOUSE)
    assert (await concern.get(REPORTS, headers=other)).json() == {"reports": [], "next": None}


async def test_a_unit_sees_what_it_has_reported_itself(
    concern: httpx.AsyncClient, daycare: Headers, keys: Keys
) -> None:
    told = await sent(concern, daycare)
    seen: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await concern.get(f"{REPORTS}/filed", headers=daycare, params={"after": after} if after else {})).json()
        seen += page["reports"]
        after = page["next"]
        if after is None:
            break
    (one,) = [each for each in seen if each["id"] == told["id"]]
    assert (one["told_back"], one["acknowledged_at"], one["municipality"]) == (False, None, NORTH)
    assert SECRET not in json.dumps(seen)
    visiting = keys.party("concern", Role.REPORT, unit=NORTH_VISITING)
    assert (await concern.get(f"{REPORTS}/filed", headers=visiting)).json()["reports"] == []


async def test_what_is_added_and_corrected_stands_beside_what_was_said_first(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, dbs: Databases
) -> None:
    address = f"{REPORTS}/{(await sent(concern, daycare))['id']}"
    original = (await concern.get(address, headers=daycare)).json()["said"][0]["id"]
    more = f"Tilføjelse fra {SECRET}."
    added = await concern.post(f"{address}/additions", headers=daycare, json={"text": more})
    body = {"text": f"Rettelse fra {SECRET}.", "corrects": original}
    corrected = await concern.post(f"{address}/corrections", headers=daycare, json=body)
    assert (added.status_code, corrected.status_code) == (201, 201)
    for reader in (daycare, reception):
        said = (await concern.get(address, headers=reader)).json()["said"]
        assert [each["said_as"] for each in said] == ["original", "addition", "correction"]
        assert (said[0]["words"], said[0]["corrected_by"]) == (WORDS, corrected.json()["id"])
        assert (said[1]["words"], said[2]["corrects"]) == ({"text": more}, original)
    again = await concern.post(f"{address}/corrections", headers=daycare, json=body)
    assert_problem(again, 422, "nothing_to_correct")
    (entry,) = await entries_of(dbs.admin("concern"), added.headers["x-request-id"])
    assert (entry["kind"], entry["said_as"]) == ("concern_said", "addition")
    assert SECRET not in json.dumps(entry)


async def test_what_is_added_makes_a_new_version_so_that_nobody_assesses_past_it(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers
) -> None:
    address = f"{REPORTS}/{(await sent(concern, daycare))['id']}"
    await concern.post(f"{address}/additions", headers=daycare, json={"text": "Mere."})
    stale = await concern.post(f"{address}/assessment", headers=reception | {"If-Match": '"1"'}, json=CALM)
    assert_problem(stale, 412, "stale_version")


async def test_the_same_addition_twice_is_one(concern: httpx.AsyncClient, daycare: Headers) -> None:
    address = f"{REPORTS}/{(await sent(concern, daycare))['id']}"
    headers = daycare | {"Idempotency-Key": "add-once-1"}
    answers = [await concern.post(f"{address}/additions", headers=headers, json={"text": "Mere."}) for _ in range(2)]
    assert len({each.json()["id"] for each in answers}) == 1
    assert len((await concern.get(address, headers=daycare)).json()["said"]) == len(("original", "addition"))
    other = await concern.post(f"{address}/additions", headers=headers, json={"text": "Noget andet."})
    assert_problem(other, 409, "idempotency_conflict")


@pytest.mark.parametrize("what", ["additions", "corrections"])
async def test_only_whoever_sent_it_says_more(
    concern: httpx.AsyncClient, daycare: Headers, keys: Keys, what: str
) -> None:
    told = await sent(concern, daycare)
    body = {"text": SECRET} | ({"corrects": str(uuid4())} if what == "corrections" else {})
    for headers in (keys.party("concern", Role.REPORT, unit=NORTH_VISITING), login(keys)):
        theirs = await concern.post(f"{REPORTS}/{told['id']}/{what}", headers=headers | SAME, json=body)
        nothing = await concern.post(f"{REPORTS}/{uuid4()}/{what}", headers=headers | SAME, json=body)
        assert_problem(theirs, 404, "not_there")
        assert theirs.content == nothing.content


async def test_a_correction_of_another_reports_piece_is_none(concern: httpx.AsyncClient, daycare: Headers) -> None:
    one, other = [f"{REPORTS}/{(await sent(concern, daycare))['id']}" for _ in range(2)]
    foreign = (await concern.get(other, headers=daycare)).json()["said"][0]["id"]
    for corrects in (foreign, str(uuid4())):
        answer = await concern.post(f"{one}/corrections", headers=daycare, json={"text": "x", "corrects": corrects})
        assert_problem(answer, 422, "nothing_to_correct")


async def test_once_it_is_closed_a_new_concern_is_a_new_report(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers
) -> None:
    told = await sent(concern, daycare)
    version = await assess(concern, reception, told["id"])
    await concern.post(f"{REPORTS}/{told['id']}/closing", headers=reception | {"If-Match": version},
                       json={"outcomes": ["nothing_more"]})  # fmt: skip
    answer = await concern.post(f"{REPORTS}/{told['id']}/additions", headers=daycare, json={"text": "Igen."})
    assert_problem(answer, 409, "report_ended")
    await sent(concern, daycare)


async def test_passed_on_it_is_still_the_reporters_one_report_and_where_to_is_not_told(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, elsewhere: Headers
) -> None:
    told = await sent(concern, daycare)
    address = f"{REPORTS}/{told['id']}"
    version = await assess(concern, reception, told["id"])
    before = await concern.get(address, headers=daycare | SAME)
    body = {"municipality": SOUTH, "facts": {"stays_in": SOUTH, "custody": "one", "holder_in": SOUTH}}
    passed = await concern.post(f"{address}/passing-on", headers=reception | {"If-Match": version}, json=body)
    assert passed.status_code in {200, 201}, passed.text
    assert (await concern.get(address, headers=daycare | SAME)).content == before.content
    text = f"Set efter flytningen: {SECRET}."
    assert (await concern.post(f"{address}/additions", headers=daycare, json={"text": text})).status_code == 201
    listed = (await concern.get(REPORTS, headers=elsewhere, params={"limit": 200})).json()["reports"]
    (there,) = [each["id"] for each in listed if each["came_from"] == told["id"]]
    read = (await concern.get(f"{REPORTS}/{there}", headers=elsewhere)).json()
    assert [each["words"] for each in read["said"]] == [WORDS, {"text": text}]
    assert_problem(await concern.get(f"{REPORTS}/{there}", headers=daycare), 404)
    assert_problem(await concern.get(f"{REPORTS}/{there}", headers=reception), 404)
    filed = (await concern.get(f"{REPORTS}/filed", headers=daycare, params={"limit": 200})).json()["reports"]
    assert there not in [each["id"] for each in filed]


async def test_a_summary_of_a_move_is_read_by_the_new_municipality_alone(
    concern: httpx.AsyncClient, keys: Keys, reception: Headers, elsewhere: Headers
) -> None:
    old = keys.party("concern", Role.REPORT, unit=NORTH_AUTHORITY, user="adviser-9")
    told = (await concern.post(REPORTS, headers=old, json=movers())).json()
    read = (await concern.get(f"{REPORTS}/{told['id']}", headers=elsewhere)).json()
    assert read["summary"] == f"Resumé: {SECRET}"
    assert_problem(await concern.get(f"{REPORTS}/{told['id']}", headers=reception), 404)
