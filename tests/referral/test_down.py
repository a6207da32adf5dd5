"""Consent is down, or answers what cannot be believed: nothing is shown, and what was written is kept."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.problems import Unavailable
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.story import Story, story
from tests.support.town import assert_problem, client_of, entries_of, referral_app, rows
from tests.support.wire import message_in, referral_in


@pytest.fixture
def down(consent_server: ThreadServer) -> Iterator[ThreadServer]:
    """The consent service, to be taken down; it is up again afterwards."""
    yield consent_server
    consent_server.stop()
    consent_server.start()


def kept(answer: httpx.Response) -> str:
    """Assert that consent is said to be down, and return the address of what was kept."""
    told = assert_problem(answer, 503, "unavailable")
    assert (told["what"], told["fix_by"]) == ("consent", "time")
    assert int(answer.headers["retry-after"]) > 0
    return str(told["kept"]).removeprefix("/api/v1/referrals/")


async def test_a_post_is_kept_while_consent_is_down_and_the_same_post_finds_it_again(
    play: Story, down: ThreadServer
) -> None:
    subject, need = await play.person(), str(uuid4())
    await play.say_yes(subject, need)
    body, once = referral_in(subject, need=need), play.sender() | {"Idempotency-Key": str(uuid4())}
    down.stop()
    number = kept(await play.referral.post("/referrals", json=body, headers=once))
    assert len(await rows(play.dbs.admin("referral"), "SELECT 1 FROM piece WHERE referral_id = $1", UUID(number))) == 3
    down.start()
    again = await play.referral.post("/referrals", json=body, headers=once)
    assert (again.status_code, again.json()["id"]) == (201, number)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["tasks"][0]["state"] == "awaiting_consent"
    await play.carry()
    await rows(play.dbs.admin("referral"), "UPDATE outbox SET due_at = now() WHERE done_at IS NULL")
    await play.carry()
    assert (await play.read(number, play.recipient())).json()["information"]


async def test_a_message_is_kept_while_consent_is_down_and_said_once(play: Story, down: ThreadServer) -> None:
    sent = await play.received()
    body, once = message_in(sent.subject), play.recipient() | {"Idempotency-Key": str(uuid4())}
    path = f"/tasks/{sent.task}/messages"
    down.stop()
    assert kept(await play.referral.post(path, json=body, headers=once)) == sent.referral
    down.start()
    again = await play.referral.post(path, json=body, headers=once)
    assert again.status_code == 201
    assert [each["reason"] for each in again.json()["withheld"]] == ["recipient_not_named"]
    assert again.json()["task"]["state"] == "in_dialogue"
    found = await rows(play.dbs.admin("referral"), "SELECT id FROM message WHERE task_id = $1", UUID(sent.task))
    assert [str(row["id"]) for row in found] == [again.json()["id"]]


async def test_nothing_is_read_or_heard_that_needs_a_permit_while_consent_is_down(
    play: Story, down: ThreadServer
) -> None:
    sent = await play.received()
    down.stop()
    answer = await play.read(sent.referral, play.recipient())
    assert_problem(answer, 503, "unavailable")
    assert "Sover" not in answer.text
    own = await play.read(sent.referral, play.sender())
    assert own.status_code == 200
    accepted = await play.accept(sent.task, 2)
    assert accepted.status_code == 200
    assert_problem(await play.read(sent.referral, play.sender()), 503, "unavailable")
    assert_problem(await play.referral.get("/events", headers=play.sender()), 503, "unavailable")


async def test_the_worker_moves_nothing_while_consent_is_down(play: Story, down: ThreadServer) -> None:
    sent = await play.received()
    await play.withdraw_consent(sent.consent)
    down.stop()
    with pytest.raises(Unavailable):
        await play.reconsider(sent.referral)
    assert (await play.read(sent.referral, play.sender())).json()["tasks"][0]["state"] == "received"
    down.start()
    await play.reconsider(sent.referral)
    assert (await play.read(sent.referral, play.sender())).json()["tasks"][0]["state"] == "consent_ended"


async def test_a_withdrawal_made_while_consent_is_down_is_kept(play: Story, down: ThreadServer) -> None:
    sent = await play.received()
    down.stop()
    answer = await play.referral.post(f"/referrals/{sent.referral}/withdrawal", json={}, headers=play.sender())
    assert (answer.status_code, answer.json()["tasks"][0]["state"]) == (201, "withdrawn")


@pytest.fixture(scope="module")
def teller() -> Iterator[tuple[Teller, str]]:
    """A consent service that says what it is told to say."""
    told = Teller()
    with serving(lambda: told) as server:
        yield told, server.url


@pytest.fixture
async def deceived(
    dbs: Databases, keys: Keys, directory_url: str, teller: tuple[Teller, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The referral application before that consent service."""
    async with client_of(referral_app(dbs, keys, directory_url, teller[1])) as client:
        yield client


def yes(question: int, category: Any, **changes: Any) -> dict[str, Any]:
    return {"question": question, "category": category, "permitted": True, "reason": "covered"} | changes


def no(question: int, category: Any, ask: Any, **changes: Any) -> dict[str, Any]:
    return yes(question, category, permitted=False, reason="holder_missing", ask=ask) | changes


def right() -> list[dict[str, Any]]:
    """Return the answers to what a recipient's reading asks."""
    return [yes(0, "health"), yes(0, "own_wish")]


NUMBER = str(uuid4())
RUBBISH: dict[str, Any] = {
    "nothing": b"",
    "not JSON": b"Sover",
    "null": None,
    "a list": [],
    "a text": "yes",
    "no answers": {"id": NUMBER},
    "answers that are no list": {"id": NUMBER, "answers": {"health": True}},
    "no answer at all": {"id": NUMBER, "answers": []},
    "half the answers": {"id": NUMBER, "answers": right()[:1]},
    "no decision": {"answers": right()},
    "a number for a decision": {"id": 7, "answers": right()},
    "no UUID for a decision": {"id": "x", "answers": right()},
    "permitted against its reason": {"id": NUMBER, "answers": [*right()[:1], yes(0, "own_wish", reason="refused")]},
    "covered but not permitted": {"id": NUMBER, "answers": [*right()[:1], yes(0, "own_wish", permitted=False)]},
    "permitted, in words": {"id": NUMBER, "answers": [*right()[:1], yes(0, "own_wish", permitted="true")]},
    "an unknown reason": {"id": NUMBER, "answers": [*right()[:1], yes(0, "own_wish", reason="because")]},
    "an unknown category": {"id": NUMBER, "answers": [*right(), yes(0, "horoscope")]},
    "a category nobody asked for": {"id": NUMBER, "answers": [*right(), yes(0, "network")]},
    "a question nobody asked": {"id": NUMBER, "answers": [*right(), yes(1, "health")]},
    "a question counted from the end": {"id": NUMBER, "answers": [yes(-1, "health"), yes(-1, "own_wish")]},
    "an answer that is none": {"id": NUMBER, "answers": [*right(), 7]},
    "somebody to ask who is nobody": {
        "id": NUMBER, "answers": [right()[0], no(0, "own_wish", [{"person": "x", "capacity": "self"}])],
    },
    "somebody to ask in no capacity": {"id": NUMBER, "answers": [right()[0], no(0, "own_wish", [{"person": NUMBER}])]},
    "nobody's list of whom to ask": {"id": NUMBER, "answers": [right()[0], no(0, "own_wish", 7)]},
    "two words on whom to ask": {
        "id": NUMBER,
        "answers": [
            right()[0], no(0, "own_wish", []), no(0, "own_wish", [{"person": NUMBER, "capacity": "self"}]),
        ],
    },
    "a ground in law that permits nothing": {
        "id": NUMBER, "answers": [right()[0], no(0, "own_wish", [], reason="legal_ground")],
    },
    "yes and no at once": {
        "id": NUMBER, "answers": [*right(), yes(0, "health", permitted=False, reason="refused")],
    },
}  # fmt: skip


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("told", RUBBISH.values(), ids=RUBBISH)
async def test_an_answer_that_cannot_be_believed_shows_nothing(
    play: Story, deceived: httpx.AsyncClient, teller: tuple[Teller, str], told: Any, status: int
) -> None:
    sent = await play.sent()
    teller[0].say(told, status)
    answer = await deceived.get(f"/referrals/{sent.referral}", headers=play.recipient())
    assert_problem(answer, 503, "unavailable")
    assert "Sover" not in answer.text


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422, 429, 500, 503])
async def test_any_other_status_shows_nothing(
    play: Story, deceived: httpx.AsyncClient, teller: tuple[Teller, str], status: int
) -> None:
    sent = await play.sent()
    teller[0].say({"id": NUMBER, "answers": []}, status)
    assert_problem(await deceived.get(f"/referrals/{sent.referral}", headers=play.recipient()), 503, "unavailable")
    body = referral_in(sent.subject)
    assert kept(await deceived.post("/referrals", json=body, headers=play.sender()))


async def test_the_right_answer_shows_it(play: Story, deceived: httpx.AsyncClient, teller: tuple[Teller, str]) -> None:
    """Without this the tests above would pass whatever is answered."""
    sent = await play.sent()
    ask = [{"person": NUMBER, "capacity": "custody"}]
    teller[0].say({"id": NUMBER, "answers": [right()[0], no(0, "own_wish", ask)]})
    answer = await deceived.get(f"/referrals/{sent.referral}", headers=play.recipient())
    assert "Sover" in answer.text


async def test_a_directory_that_is_down_stops_a_post_and_keeps_nothing(
    dbs: Databases, keys: Keys, consent_server: ThreadServer
) -> None:
    async with story(dbs, keys, "http://127.0.0.1:9", consent_server.url) as play:
        sent = {"X-Request-Id": str(uuid4())}
        body = referral_in(await play.person())
        answer = await play.referral.post("/referrals", json=body, headers=play.sender() | sent)
    told = assert_problem(answer, 503, "unavailable")
    assert (told["what"], "kept" in told) == ("directory", False)
    assert await entries_of(dbs.admin("referral"), sent["X-Request-Id"]) == []
