"""Whatever is wrong in whatever field of a report, the answer says which, repeats nothing, and nothing is kept."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from services.concern.api.shapes import CitizenReportIn, ReportIn
from tests.concern.world import CITIZEN, RECEIPTS, REPORTS, Headers, ago, ahead, movers, professionals, unborn
from tests.conftest import Databases
from tests.support.bad_input import (
    BODIES,
    CHOICES,
    DATES,
    IDS,
    MARKER,
    MOMENTS,
    NUMBERS,
    TEXTS,
    TRUTHS,
    spoilt,
)
from tests.support.logs import everything_logged
from tests.support.town import assert_problem, counted

SOMEBODY = "01a20262-ff72-74e6-9f69-e7e0788311b4"
ADDITIONS, CORRECTIONS = f"{REPORTS}/{SOMEBODY}/additions", f"{REPORTS}/{SOMEBODY}/corrections"


def but_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wrong where nothing at all is right."""
    return {name: value for name, value in values.items() if value is not None}


def full(**changes: Any) -> dict[str, Any]:
    """Return a report with something in every field."""
    identifier = {"kind": "d-ecpr", "value": "010123-6AB1", "issuer": "urn:oid:1.2.208.176.1.6.1.3.187"}
    where = {
        "stays_in": "0217", "custody": "joint_apart", "holder_in": "0217", "living": "equally", "mostly_in": "0217",
        "cpr_in": "0217", "mother_in": "0217", "in_shelter": False, "before_shelter": "0217",
    }  # fmt: skip
    body = professionals(where=where, summary="Et resumé.", anonymous=False, moving=False, form="ordinary")
    body["child"] |= {"unborn": False, "due_date": ahead(1), "identifiers": [identifier]}
    body["adults"][0]["identifiers"] = [identifier]
    body["parents"] = {"informed_at": ago(1), "why_not": "not_reached"}
    return body | changes


TEXT, LINE = but_none(TEXTS), but_none(TEXTS)
PLACE: dict[str, Any] = {
    "a name": MARKER, "three digits": "217", "five digits": "02170", "a region": "1084", "a number": 217,
    "digits of another script": "0\u0662\u0661\u0667", "a line's end": "0217\n",
}  # fmt: skip
LIST: dict[str, Any] = {"a text for a list": MARKER, "null for a list": None, "an object for a list": {"a": 1}}
SECRETS: dict[str, Any] = {
    "a number for a number": 6101901234, "null for a number": None, "a list for a number": [MARKER],
    "an empty number": "", "a number too long": MARKER * 4,
}  # fmt: skip
OBJECT: dict[str, Any] = {"a text for an object": MARKER, "a list for an object": [MARKER], "a number": 7}
NUMBER_PLACES = {"kind": CHOICES, "value": SECRETS, "issuer": but_none(CHOICES)}
FIELDS: dict[str, Mapping[str, Any]] = {
    "ground": CHOICES, "form": CHOICES, "child": OBJECT, "where": OBJECT | {"null": None, "nothing in it": {}},
    "words": OBJECT | {"null": None, "nothing in it": {}}, "parents": OBJECT, "reporter": OBJECT,
    "running_measures": but_none(TRUTHS), "anonymous": TRUTHS,
    "adults": LIST | {"five": [{"relation": "mor"}] * 5, "no relation": [{}]},
    "child.unborn": TRUTHS, "child.name": LINE, "child.birth_date": but_none(DATES),
    "child.due_date": but_none(DATES), "child.address": LINE, "child.reached_at": LINE,
    "child.identifiers": LIST | {"four": [{"kind": "cpr", "value": "610123-1234"}] * 4},
    "adults.0.identifiers": LIST | {"four": [{"kind": "cpr", "value": "610123-1234"}] * 4},
    "adults.0.relation": TEXTS, "adults.0.name": LINE, "adults.0.contact": LINE,
    "where.stays_in": PLACE | {"null": None}, "where.custody": but_none(CHOICES), "where.holder_in": PLACE,
    "where.living": but_none(CHOICES), "where.mostly_in": PLACE, "where.cpr_in": PLACE, "where.mother_in": PLACE,
    "where.in_shelter": TRUTHS, "where.before_shelter": PLACE,
    "words.concern": TEXTS, "words.observed": TEXT, "words.child_view": TEXT, "words.family_view": TEXT,
    "words.strengths": TEXT, "words.tried": TEXT,
    "parents.informed_at": but_none(MOMENTS), "parents.why_not": but_none(CHOICES),
    "reporter.name": TEXTS, "reporter.contact": LINE, "reporter.relation": LINE,
    **{f"child.identifiers.0.{name}": values for name, values in NUMBER_PLACES.items()},
    **{f"adults.0.identifiers.0.{name}": values for name, values in NUMBER_PLACES.items()},
}  # fmt: skip
PLACES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    REPORTS: FIELDS | {"moving": TRUTHS, "summary": TEXT},
    CITIZEN: FIELDS,
    RECEIPTS: {"receipt": SECRETS | {"a number too long": MARKER * 8}},
    ADDITIONS: {"text": TEXTS},
    CORRECTIONS: {"text": TEXTS, "corrects": IDS},
}
RIGHT: Mapping[str, dict[str, Any]] = {
    REPORTS: full(),
    CITIZEN: {name: value for name, value in full().items() if name not in {"moving", "summary"}},
    RECEIPTS: {"receipt": "ABCD-EFGH"},
    ADDITIONS: {"text": "Mere."},
    CORRECTIONS: {"text": "Rettet.", "corrects": SOMEBODY},
}


@pytest.fixture(autouse=True)
async def nothing_kept(dbs: Databases) -> AsyncIterator[None]:
    """Whatever a test of this file sends, nothing of it is kept but that something was refused."""
    before = await counted(dbs.admin("concern"))
    yield
    after = await counted(dbs.admin("concern"))
    assert after | {"ledger_entry": 0} == before | {"ledger_entry": 0}


def test_every_field_of_a_report_is_here() -> None:
    """The right bodies fill every field of the wire models, and each of them is spoilt."""

    def fields_of(body: Any, place: str = "") -> set[str]:
        if isinstance(body, dict):
            return {
                each for key, value in body.items() for each in {f"{place}{key}"} | fields_of(value, f"{place}{key}.")
            }
        return fields_of(body[0], f"{place}0.") if isinstance(body, list) and body else set()

    for path, model in ((REPORTS, ReportIn), (CITIZEN, CitizenReportIn)):
        model.model_validate_json(json.dumps(RIGHT[path]))
        assert set(RIGHT[path]) == set(model.model_fields)
        assert fields_of(RIGHT[path]) == set(PLACES[path])


@pytest.mark.parametrize("path", PLACES)
async def test_a_value_that_no_field_takes_is_refused_and_never_repeated(
    concern: httpx.AsyncClient, daycare: Headers, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    logs = everything_logged(monkeypatch)
    headers = {} if path in {CITIZEN, RECEIPTS} else daycare
    for place, values in PLACES[path].items():
        for case in spoilt(RIGHT[path], place, values):
            answer = await concern.post(path, headers=headers | {"Content-Type": "application/json"},
                                        content=json.dumps(case.body).encode())  # fmt: skip
            assert answer.status_code == 422, f"{case.name}: {answer.text}"
            told = assert_problem(answer, 422, "cpr_refused" if case.personal else "malformed")
            assert all(error.keys() == {"where", "kind", "said"} for error in told["errors"]), case.name
            assert MARKER not in answer.text, case.name
            assert not [number for number in NUMBERS if number in answer.text], case.name
    assert MARKER not in logs.getvalue()


@pytest.mark.parametrize("path", PLACES)
async def test_a_body_that_no_address_takes_is_malformed(
    concern: httpx.AsyncClient, daycare: Headers, path: str
) -> None:
    headers = {} if path in {CITIZEN, RECEIPTS} else daycare
    for content in BODIES.values():
        answer = await concern.post(path, headers=headers | {"Content-Type": "application/json"}, content=content)
        assert_problem(answer, 422, "malformed")
        assert MARKER not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (professionals(ground="needs_help"), "not_a_reason"),
        (professionals(parents=None), "not_informed"),
        (professionals(parents={}), "not_informed"),
        (professionals(parents={"informed_at": ago(1), "why_not": "not_reached"}), "not_informed"),
        (professionals(parents={"informed_at": ago(-1)}), "told_in_the_future"),
        (professionals(child={"birth_date": "2000-01-01"}), "of_age"),
        (professionals(child={"birth_date": ahead(2)}), "child_contradicts"),
        (professionals(child={"due_date": ahead(2)}), "child_contradicts"),
        (professionals(child={"unborn": True, "birth_date": "2023-01-01"}, ground="unborn_may_need_support"),
         "child_contradicts"),
        (professionals(**unborn(child={"unborn": True, "due_date": ahead(400)})), "child_contradicts"),
        (professionals(child={"identifiers": [{"kind": "cpr", "value": "613223-1234"}]}), "identifier_refused"),
        (professionals(adults=[{"relation": "mor", "identifiers": [{"kind": "x-ecpr", "value": "610123-1234"}]}]),
         "identifier_refused"),
        (professionals(where={"stays_in": "0999"}), "unknown_municipality"),
        (professionals(where={"stays_in": "0217", "before_shelter": "0411"}), "unknown_municipality"),
        (movers(), "not_an_authority"),
    ],
)  # fmt: skip
async def test_what_the_rules_do_not_allow_is_told_by_its_rule(
    concern: httpx.AsyncClient, daycare: Headers, body: dict[str, Any], code: str
) -> None:
    told = assert_problem(await concern.post(REPORTS, headers=daycare, json=body), 422, code)
    assert told["rule"].startswith("R")


async def test_a_body_too_large_is_not_read(concern: httpx.AsyncClient, daycare: Headers) -> None:
    words = dict.fromkeys(("concern", "observed", "child_view", "family_view", "strengths", "tried"), "æ" * 20_000)
    answer = await concern.post(REPORTS, headers=daycare, json=professionals(words=words, summary="æ" * 20_000))
    assert_problem(answer, 413, "too_large")


@pytest.mark.parametrize("number", ["x", "6101231234", f"{SOMEBODY}0"])
async def test_an_id_that_is_none_is_malformed(concern: httpx.AsyncClient, daycare: Headers, number: str) -> None:
    assert_problem(await concern.get(f"{REPORTS}/{number}", headers=daycare), 422)


@pytest.mark.parametrize("key", ["short", "with space in it", "a/b/c/d/e/f", "x" * 129])
async def test_a_key_that_is_none_is_refused(concern: httpx.AsyncClient, daycare: Headers, key: str) -> None:
    headers = {**daycare, "Idempotency-Key": key}
    assert_problem(await concern.post(REPORTS, headers=headers, json=professionals()), 422, "malformed")
