"""What the consent service needs is down: it says so, stores nothing, and is well again by itself."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI

from shared.db import Database
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.town import DIRECTORY, assert_problem, client_of, consent_app, entries_of
from tests.support.wire import consent_in, decision_in, person_in, question_in

CLOSED = "127.0.0.1:9"


@pytest.fixture
def directory_server() -> Iterator[ThreadServer]:
    """A directory of this test's own."""
    teller = Teller()
    teller.say(DIRECTORY)
    with serving(lambda: teller) as server:
        yield server


def without_database(dbs: Databases, keys: Keys) -> FastAPI:
    """Return the application before a port where no PostgreSQL listens."""
    app = consent_app(dbs, keys, f"http://{CLOSED}")
    app.state.database = Database(f"postgresql://consent_app:x@{CLOSED}/consent", 1, "test")
    return app


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/persons"), ("POST", "/internal/decisions"), ("GET", "/consents"), ("POST", "/consents/x/withdrawal")],
)
async def test_without_its_database_it_lets_nothing_through_and_says_when_to_come_again(
    dbs: Databases, keys: Keys, midwife: Headers, service: Headers, method: str, path: str
) -> None:
    app = without_database(dbs, keys)
    bodies = {"/persons": person_in(), "/internal/decisions": decision_in(question_in(uuid4(), uuid4()))}
    headers = service if "decisions" in path else midwife
    async with client_of(app) as consent:
        await app.state.database.open()
        answer = await consent.request(
            method, path.replace("/x/", f"/{uuid4()}/"), headers=headers, params={"need": str(uuid4())},
            json=bodies.get(path, {}),
        )  # fmt: skip
        ready = await consent.get("/health/ready")
        live = await consent.get("/health/live")
        await app.state.database.close()
    assert assert_problem(answer, 503, "unavailable")["what"] == "database"
    assert answer.headers["retry-after"]
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "parts": {"database": False}})
    assert live.status_code == 200


async def test_a_directory_that_was_never_there_stops_a_consent_and_keeps_nothing(
    dbs: Databases, keys: Keys, midwife: Headers
) -> None:
    sent = {"X-Request-Id": str(uuid4())}
    async with client_of(consent_app(dbs, keys, f"http://{CLOSED}")) as consent:
        subject = (await consent.post("/persons", json=person_in(), headers=midwife)).json()["id"]
        answer = await consent.post("/consents", json=consent_in(subject), headers=midwife | sent)
    assert assert_problem(answer, 503, "unavailable")["what"] == "directory"
    assert await entries_of(dbs.admin("consent"), sent["X-Request-Id"]) == []


async def test_a_directory_that_went_down_is_remembered(
    dbs: Databases, keys: Keys, midwife: Headers, directory_server: ThreadServer
) -> None:
    app = consent_app(dbs, keys, directory_server.url)
    async with client_of(app) as consent:
        subject = (await consent.post("/persons", json=person_in(), headers=midwife)).json()["id"]
        first = await consent.post("/consents", json=consent_in(subject), headers=midwife)
        directory_server.stop()
        app.state.units._ask_again_at = 0.0
        second = await consent.post("/consents", json=consent_in(subject), headers=midwife)
    assert (first.status_code, second.status_code) == (201, 201)


async def test_a_decision_needs_no_directory(dbs: Databases, keys: Keys, service: Headers) -> None:
    async with client_of(consent_app(dbs, keys, f"http://{CLOSED}")) as consent:
        body = decision_in(question_in(uuid4(), uuid4()))
        answer = await consent.post("/internal/decisions", json=body, headers=service)
    assert answer.status_code == 201
