"""Bad questions get clear answers, and nothing of any question is left in a log or told back."""

import io
import sys
from itertools import product
from typing import Any

import httpx
import pytest
import structlog

from tests.directory.test_search import THILDE
from tests.support.bad_input import BODIES, MARKER, NUMBERS

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown parameter": ({"colour": "blue"}, "malformed"),
    "unknown municipality": ({"municipality": "9999"}, "unknown_municipality"),
    "a region's code": ({"municipality": "1084"}, "unknown_municipality"),
    "municipality by name": ({"municipality": "Odder"}, "malformed"),
    "municipality in other digits": ({"municipality": "٠٢١٧"}, "unknown_municipality"),
    "unknown region": ({"region": "1099"}, "unknown_region"),
    "a municipality's code for a region": ({"region": "0217"}, "unknown_region"),
    "a region with a space": ({"region": "Region Øst"}, "malformed"),
    "unknown home": ({"home_municipality": "9999"}, "unknown_municipality"),
    "a region for a home": ({"home_municipality": "1084"}, "unknown_municipality"),
    "unknown postcode": ({"postcode": "9999"}, "unknown_postcode"),
    "a postcode with its town": ({"postcode": "3000 Helsingør"}, "malformed"),
    "a distance from nowhere": ({"within_km": 10}, "place_incomplete"),
    "nearest to nowhere": ({"sort": "distance"}, "place_incomplete"),
    "half a point": ({"latitude": 56.0}, "place_incomplete"),
    "the other half": ({"longitude": 12.0}, "place_incomplete"),
    "a point in Rome": ({"latitude": 41.9}, "malformed"),
    "a point nowhere": ({"latitude": "nan"}, "malformed"),
    "no distance": ({"within_km": 0}, "malformed"),
    "too far": ({"within_km": 501}, "malformed"),
    "a day that is over": ({"on": "2026-01-01"}, "past_day"),
    "a day there is not": ({"on": "2027-02-30"}, "malformed"),
    "a day as a number": ({"on": "20270101"}, "malformed"),
    "a due date there is not": ({"due_date": "2027-13-01"}, "malformed"),
    "unknown audience": ({"audience": ["uncle"]}, "malformed"),
    "unknown theme": ({"theme": ["knitting"]}, "malformed"),
    "unknown language": ({"language": ["klingon"]}, "malformed"),
    "unknown provision": ({"legal_basis": ["BL-999"]}, "malformed"),
    "unknown weekday": ({"weekday": ["mandag"]}, "malformed"),
    "unknown accessibility": ({"accessibility": ["trampoline"]}, "malformed"),
    "unknown facet": ({"facets": ["colour"]}, "malformed"),
    "unknown order": ({"sort": "newest"}, "malformed"),
    "unknown access": ({"access": "ajar"}, "malformed"),
    "unknown referrer": ({"referrer": "plumber"}, "malformed"),
    "unknown form": ({"form": "opera"}, "malformed"),
    "unknown level": ({"prevention_level": "extreme"}, "malformed"),
    "week too early": ({"gestation_week": 3}, "malformed"),
    "week too late": ({"gestation_week": 43}, "malformed"),
    "child too old": ({"child_age_months": 217}, "malformed"),
    "parent too young": ({"parent_age": 9}, "malformed"),
    "care level too high": ({"pregnancy_care_level": 5}, "malformed"),
    "a price below nothing": ({"max_price_kr": -1}, "malformed"),
    "a word for a number": ({"parent_age": "young"}, "malformed"),
    "a word for a truth": ({"childcare": "perhaps"}, "malformed"),
    "failing too much": ({"failing": 3}, "malformed"),
    "no offers a page": ({"limit": 0}, "malformed"),
    "too many a page": ({"limit": 201}, "malformed"),
    "a blank text": ({"q": "  "}, "malformed"),
    "a control character": ({"q": "a\x00b"}, "malformed"),
    "text turned around": ({"q": "a\u202eb"}, "malformed"),
    "a long text": ({"q": "a" * 301}, "malformed"),
    "a long method": ({"method": ["a" * 301]}, "malformed"),
    "a cursor that is none": ({"after": "x"}, "cursor_refused"),
    "a cursor with a space": ({"after": "c _x"}, "malformed"),
    "a cursor without end": ({"after": "c" + "a-" * 200}, "malformed"),
    "a cursor to no offer": ({"after": "ca-a-a-a-_no-such_0001-01-01"}, "cursor_refused"),
    "a cursor to no stretch of days": ({"after": "ca-a-a-a-_helsingoer-gravidgruppe_2001-01-01"}, "cursor_refused"),
    "a cursor of another order": ({"after": "ca-_helsingoer-gravidgruppe_0001-01-01"}, "cursor_refused"),
    "a cursor of too many parts": ({"after": "ca-a-a-a-a-_helsingoer-gravidgruppe_0001-01-01"}, "cursor_refused"),
    "a cursor with digits": ({"after": "c0-0-0-0-_helsingoer-gravidgruppe_0001-01-01"}, "cursor_refused"),
    "a CPR in text": ({"q": "mor 610190-1234"}, "cpr_refused"),
    "a CPR in a code": ({"theme": ["6101901234"]}, "cpr_refused"),
    "a CPR in a number": ({"parent_age": "7501901234"}, "cpr_refused"),
    "a CPR in a cursor": ({"after": "610190-1234"}, "cpr_refused"),
    "a CPR in an unknown parameter": ({"cpr": "610190-1234"}, "cpr_refused"),
    "a CPR in a day": ({"on": "610190-1234"}, "cpr_refused"),
    "a CPR in a unit": ({"unit": "610190-1234"}, "cpr_refused"),
    "a CPR in a method": ({"method": ["COS-P 610190 1234"]}, "cpr_refused"),
}


@pytest.mark.parametrize("body", [True, False], ids=["in a body", "in a query"])
async def test_a_bad_question_gets_a_clear_answer(client: httpx.AsyncClient, *, body: bool) -> None:
    for name, (asked, code) in BAD.items():
        sent = client.post("/offers/search", json=asked) if body else client.get("/offers", params=asked)
        answer = await sent
        assert (name, answer.status_code, answer.json()["code"]) == (name, 422, code)
        assert answer.headers["content-type"] == "application/problem+json"
        [value] = (str(each[0] if isinstance(each, list) else each) for each in asked.values())
        told = {key: each for key, each in answer.json().items() if key != "instance"}
        assert len(value) < 4 or value not in str(told), name


PARAMETERS = [
    "q", "municipality", "region", "gestation_week", "due_date", "child_age_months", "parent_age", "audience", "theme",
    "access", "referrer", "form", "method", "prevention_level", "legal_basis", "language", "weekday", "childcare",
    "accessibility", "free_places", "max_price_kr", "home_municipality", "postcode", "latitude", "within_km", "unit",
    "organisation", "include_examples", "on", "failing", "facets", "sort", "limit", "after", "first_time_parents",
    "pregnancy_care_level", "meal", "transport", "interpreter", "longitude",
]  # fmt: skip


async def test_a_personal_number_is_refused_everywhere_and_never_told_back(client: httpx.AsyncClient) -> None:
    for parameter, number in product(PARAMETERS, NUMBERS):
        for sent in (number, [number], ["da", number]):
            in_body = await client.post("/offers/search", json={parameter: sent})
            in_query = await client.get("/offers", params={parameter: sent})
            for answer in (in_body, in_query):
                assert (answer.status_code, answer.json()["code"]) == (422, "cpr_refused"), (parameter, sent)
                assert number not in answer.text


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_personal_number_as_a_parameters_name_or_in_a_path_is_not_told_back(
    client: httpx.AsyncClient, number: str
) -> None:
    for answer in (
        await client.post("/offers/search", json={number: 1}),
        await client.get("/offers", params={number: "1"}),
        await client.get(f"/offers/{number}"),
        await client.get(f"/units/{number}"),
        await client.post("/offers/search", json={"theme": {number: number}}),
    ):
        assert answer.status_code in {404, 422}
        assert number not in answer.text


async def test_numbers_that_only_look_long_are_no_personal_numbers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/offers/search", json={"q": "telefon 49282828 kl. 10-12 i 2027"})
    assert answer.status_code == 200


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_is_no_question_is_refused_and_not_told_back(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/offers/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert MARKER not in answer.text
    assert NUMBERS[0] not in answer.text


@pytest.mark.parametrize("path", ["/offers/no-such", "/units/no-such"])
async def test_what_is_not_there_is_told_as_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_there")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_of_a_question_is_in_any_log(
    client: httpx.AsyncClient,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret: dict[str, Any] = {**THILDE, "q": f"{MARKER} sorggruppe", "method": [MARKER], "parent_age": 37}
    log = _all_logs(monkeypatch)
    caplog.set_level("DEBUG")
    for asked in (secret, secret | {"colour": MARKER}, secret | {"after": MARKER}, secret | {"sort": "distance"}):
        await client.post("/offers/search", json=asked)
        await client.get("/offers", params=asked)
    out, err = capfd.readouterr()
    libraries = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    written = out + err + log.getvalue() + libraries
    assert written.count('"event": "request"') == 8
    for told in (MARKER, MARKER.lower(), "sorggruppe", "0217", "midwife", "parent_age", "gestation"):
        assert told not in written


def _all_logs(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return where everything is written that any of our modules logs, at any level, unmasked."""
    written = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(written),
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    for name, module in list(sys.modules.items()):
        if name.startswith(("shared", "services.directory")) and hasattr(module, "log"):
            monkeypatch.setattr(module, "log", log)
    return written
