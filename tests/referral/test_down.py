"""Consent is down, or answers what cannot be believed: nothing is shown, and what was written is kept."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.problems import Unavailable
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.story import Sent, Story, story
from tests.support.town import FAMILY_HOUSE, assert_problem, client_of, entries_of, referral_app, rows
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
    teller[0].say({"id": NUMBER, "answers": right()})
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


async def _post(play: Story, body: dict[str, Any], headers: dict[str, str], path: str) -> httpx.Response:
    return await play.referral.post(path, json=body, headers=headers)


async def test_twenty_equal_posts_at_once_are_one_referral(play: Story) -> None:
    subject, once = await play.person(), play.sender() | {"Idempotency-Key": str(uuid4())}
    body = referral_in(subject)
    answers = await asyncio.gather(*[_post(play, body, once, "/referrals") for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    (number,) = {answer.json()["id"] for answer in answers}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    sql = "SELECT 1 FROM piece WHERE subject = $1 AND referral_id = $2"
    assert len(await rows(play.dbs.admin("referral"), sql, UUID(subject), UUID(number))) == 3
    assert_problem(await _post(play, body | {"offers": []}, once, "/referrals"), 409, "idempotency_conflict")


async def test_twenty_equal_messages_at_once_are_one(play: Story) -> None:
    sent = await play.received()
    once = play.recipient() | {"Idempotency-Key": str(uuid4())}
    body, path = message_in(sent.subject), f"/tasks/{sent.task}/messages"
    answers = await asyncio.gather(*[_post(play, body, once, path) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {str(answer.json()["withheld"]) for answer in answers} == {str(answers[0].json()["withheld"])}


async def test_a_message_sent_again_is_the_same_though_the_task_has_ended_meanwhile(play: Story) -> None:
    sent = await play.received()
    once = play.recipient() | {"Idempotency-Key": str(uuid4())}
    body, path = message_in(sent.subject), f"/tasks/{sent.task}/messages"
    first = await _post(play, body, once, path)
    assert (await play.decline(sent.task, 3)).status_code == 200
    again = await _post(play, body, once, path)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.json()["withheld"] == first.json()["withheld"]
    assert_problem(await _post(play, body, play.recipient(), path), 409, "wrong_state")


async def test_of_two_acceptances_of_one_version_one_is_made(play: Story) -> None:
    sent = await play.received()
    answers = await asyncio.gather(*[play.accept(sent.task, 2) for _ in range(2)])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    sql = "SELECT 1 FROM ledger_entry WHERE entry->>'kind' = 'task_accepted' AND entry->>'referral' = $1"
    assert len(await rows(play.dbs.admin("referral"), sql, sent.referral)) == 1


@pytest.mark.parametrize("step", ["acceptance", "decline"])
@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        (None, 428, "version_required"),
        ('"1"', 412, "stale_version"),
        ('"99"', 412, "stale_version"),
        ("2", 412, "stale_version"),
        ("*", 412, "stale_version"),
        ('"2" "2"', 412, "stale_version"),
        ('"' + "9" * 40 + '"', 412, "stale_version"),
    ],
)
async def test_an_answer_names_the_version_it_was_read_at(
    play: Story, step: str, tag: str | None, status: int, code: str
) -> None:
    sent: Sent = await play.received()
    headers = play.recipient(FAMILY_HOUSE) | ({"If-Match": tag} if tag else {})
    body = {"reason": "no_capacity"} if step == "decline" else {}
    assert_problem(await _post(play, body, headers, f"/tasks/{sent.task}/{step}"), status, code)


async def test_a_weak_tag_is_the_same_version(play: Story) -> None:
    sent = await play.received()
    headers = play.recipient() | {"If-Match": 'W/"2"'}
    assert (await _post(play, {}, headers, f"/tasks/{sent.task}/acceptance")).status_code == 200
