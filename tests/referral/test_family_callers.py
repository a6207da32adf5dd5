"""Who reaches what is a family's: another's is not there, consent down shows nothing, and each reading is written."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from tests.referral.deciding import World
from tests.referral.families import Parent, help_in, parent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, entries_of, rows
from tests.support.wire import message_in

WORDS = "Ord-som-kun-Thilde-må-se"
# Every address that names something: method, path and a body that is right.
NAMED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/my/referrals/{referral}", None),
    ("POST", "/my/referrals/{referral}/withdrawal", {}),
    ("POST", "/my/referrals/{referral}/corrections", {"piece": str(uuid4()), "text": "Rettet."}),
    ("POST", "/my/tasks/{task}/messages", message_in(uuid4())),
    ("GET", "/my/tasks/{task}/messages", None),
    ("GET", "/my/tasks/{task}/meetings", None),
    ("GET", "/my/tasks/{task}/steps", None),
    (
        "POST",
        "/my/tasks/{task}/attachments",
        {"category": "health", "name": "brev.pdf", "media_type": "application/pdf", "size": 7},
    ),
    ("POST", "/my/tasks/{task}/decline", {}),
    ("POST", "/my/tasks/{task}/drop-out", {}),
    ("POST", "/my/tasks/{task}/proposal/refusal", {}),
    ("POST", "/my/tasks/{task}/proposal/agreement", {}),
]


@pytest.fixture
def thilde(world: World) -> Parent:
    """Somebody with a login, who speaks for herself alone."""
    return parent(world)


async def _call(who: Parent, method: str, path: str, body: Any, **headers: str) -> Any:
    given = {} if body is None else {"json": body}
    send = who.world.play.referral.request
    return await send(method, path, headers=who.headers | {"If-Match": '"1"'} | headers, **given)


@pytest.mark.parametrize(("method", "path", "body"), NAMED)
async def test_anothers_request_is_not_there_and_the_attempt_is_on_the_ledger(
    world: World, thilde: Parent, method: str, path: str, body: Any
) -> None:
    made = await thilde.asks_for_help(WORDS)
    number, stranger = {"X-Request-Id": str(uuid4())}, parent(world)
    ids = {"referral": made["id"], "task": made["tasks"][0]["id"]}
    answer = await _call(stranger, method, path.format(**ids), body, **number)
    told = assert_problem(answer, 404, "not_there")
    (entry,) = await entries_of(world.play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["actor"]["unit"]) == ("access_refused", None)
    assert entry["referral"] in ids.values()
    nowhere = {"referral": str(uuid4()), "task": str(uuid4())}
    same = assert_problem(await _call(stranger, method, path.format(**nowhere), body), 404, "not_there")
    assert told | {"instance": ""} == same | {"instance": ""}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [*NAMED, ("GET", "/my/referrals", None), ("GET", "/my/events", None), ("POST", "/my/referrals", help_in())],
)
async def test_while_consent_is_down_nothing_is_shown_or_done(
    world: World, thilde: Parent, method: str, path: str, body: Any
) -> None:
    made = await thilde.asks_for_help(WORDS)
    before = await rows(world.play.dbs.admin("referral"), "SELECT count(*) FROM referral")
    world.consent.down_for = frozenset({"speakers"})
    ids = {"referral": made["id"], "task": made["tasks"][0]["id"]}
    answer = await _call(thilde, method, path.format(**ids), body)
    assert_problem(answer, 503)
    assert WORDS not in answer.text
    assert await rows(world.play.dbs.admin("referral"), "SELECT count(*) FROM referral") == before


async def test_what_consent_answers_must_be_readable(world: World, thilde: Parent) -> None:
    world.consent.speakers[thilde.login] = {"me": {"person": "rubbish", "protected": False}, "speaks_for": []}
    assert_problem(await thilde.get("/my/referrals"), 503)


async def test_a_citizen_of_whom_nothing_is_kept_finds_nothing_and_writes_nothing(world: World) -> None:
    somebody = Parent(world, str(uuid4()), f"login-{uuid4().hex}")
    assert await somebody.lists() == []
    assert_problem(await somebody.post("/my/referrals", help_in()), 422, "unknown_subject")
    assert (await somebody.get("/my/events")).json() == {"events": []}


async def test_somebody_under_fifteen_does_not_read_alone(world: World, thilde: Parent) -> None:
    sent = await world.posted(("x", "own_wish"), subject=thilde.person)
    assert await thilde.lists() == [sent.referral]
    thilde.speaks_for(grown=False)
    assert await thilde.lists() == []
    assert_problem(await thilde.get(f"/my/referrals/{sent.referral}"), 404)


async def test_each_reading_is_on_the_ledger_with_whom_it_was_about(world: World, thilde: Parent) -> None:
    made = await thilde.asks_for_help(WORDS)
    one, all_of_it = {"X-Request-Id": str(uuid4())}, {"X-Request-Id": str(uuid4())}
    await _call(thilde, "GET", f"/my/referrals/{made['id']}", None, **one)
    await _call(thilde, "GET", "/my/referrals", None, **all_of_it)
    (entry,) = await entries_of(world.play.dbs.admin("referral"), one["X-Request-Id"])
    assert (entry["kind"], entry["referral"], entry["about"]) == ("record_read", made["id"], [thilde.person])
    assert entry["actor"] == {"unit": None, "user": f"user-{thilde.login}"}
    (listed,) = await entries_of(world.play.dbs.admin("referral"), all_of_it["X-Request-Id"])
    assert (listed["kind"], listed["referrals"]) == ("own_list_read", [made["id"]])


async def test_words_are_neither_in_the_logs_nor_on_the_ledger(
    world: World, thilde: Parent, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = await thilde.asks_for_help(WORDS)
        await thilde.sees(made["id"])
        await thilde.says(made["tasks"][0]["id"], "question", thilde.person, WORDS)
    assert WORDS not in caplog.text + "".join(capsys.readouterr())
    sql = "SELECT entry::text FROM ledger_entry WHERE entry::text LIKE $1"
    assert await rows(world.play.dbs.admin("referral"), sql, f"%{WORDS}%") == []


@pytest.mark.parametrize("role", ["sender", "recipient"])
async def test_a_units_login_is_no_familys(world: World, role: str) -> None:
    headers = world.play.sender() if role == "sender" else world.play.recipient()
    assert_problem(await world.play.referral.get("/my/referrals", headers=headers), 403, "missing_scope")


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "party"},
        {"recipients": []},
        {"recipients": [FAMILY_HOUSE, FAMILY_HOUSE]},
        {"recipients": [f"unit-{number}" for number in range(11)]},
        {"own_words": None},
        {"own_words": {"text": ""}},
        {"own_words": {"text": "Mit nummer er 610190-1234"}},
        {"own_words": {"text": "x" * 20_001}},
        {"own_words": {"text": "skjult\u202e"}},
        {"own_words": {"text": "ord", "subject": "me"}},
        {"information": [{"category": "care_level", "text": "3"}]},
        {"information": [{"category": "gossip", "text": "ord"}]},
        {"information": [{"category": "health", "text": "ord", "level": {"scale": "topi"}}]},
        {"information": [{"category": "health", "text": "ord"}] * 61},
        {"offers": [{"category": "own_wish", "offer": "no such/code"}]},
        {"offers": [{"category": "care_level", "offer": "group"}]},
        {"kind": "referral"},
        {"sender": MIDWIFERY},
        {"need": str(uuid4())},
    ],
)
async def test_each_field_of_a_request_for_help_is_checked(thilde: Parent, wrong: dict[str, Any]) -> None:
    answer = await thilde.post("/my/referrals", help_in() | wrong)
    told = assert_problem(answer, 422)
    assert "610190" not in answer.text
    assert told["errors"]
    assert await thilde.lists() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("messages", {"kind": "advice", "information": [{"category": "health", "text": "ord"}]}, 422),
        ("messages", {"kind": "question", "information": []}, 422),
        ("messages", {"kind": "question", "to": "family", "information": [{"category": "health", "text": "o"}]}, 422),
        ("messages", {"kind": "answer", "to": "sender", "information": [{"category": "health", "text": "o"}]}, 422),
        ("messages", {"kind": "question", "answers": str(uuid4()),
                      "information": [{"category": "health", "text": "o"}]}, 422),
        ("messages", {"kind": "question", "information": [{"category": "care_level", "text": "o"}]}, 422),
        ("decline", {"reason": "no_capacity"}, 422),
        ("decline", {"reason": "timing", "text": "ord"}, 422),
        ("drop-out", {"reason": "enough_contact"}, 422),
        ("proposal/refusal", {"reason": "timing"}, 422),
        ("proposal/agreement", {"reason": "timing"}, 422),
    ],
)  # fmt: skip
async def test_each_field_of_a_step_is_checked(thilde: Parent, path: str, body: Any, status: int) -> None:
    made = await thilde.asks_for_help()
    task = made["tasks"][0]
    answer = await thilde.post(f"/my/tasks/{task['id']}/{path}", body, **{"If-Match": '"1"'})
    assert_problem(answer, status)
    assert (await thilde.task(made["id"]))["version"] == task["version"]


@pytest.mark.parametrize("path", ["decline", "drop-out", "proposal/refusal", "proposal/agreement"])
async def test_a_step_needs_the_version_that_was_read(thilde: Parent, path: str) -> None:
    task = (await thilde.asks_for_help())["tasks"][0]["id"]
    assert_problem(await thilde.post(f"/my/tasks/{task}/{path}"), 428)
    assert_problem(await thilde.post(f"/my/tasks/{task}/{path}", **{"If-Match": '"9"'}), 412)


async def test_somebody_elses_child_is_not_written_about(world: World, thilde: Parent) -> None:
    """Who speaks for nobody but herself tells of nobody else; the attempt is on the ledger (R50)."""
    child, number = str(uuid4()), {"X-Request-Id": str(uuid4())}
    body = help_in(information=[{"subject": child, "category": "health", "text": "Sover dårligt."}])
    told = assert_problem(await thilde.post("/my/referrals", body, **number), 422, "unknown_subject")
    assert child not in str(told)
    (entry,) = await entries_of(world.play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["referral"]) == ("access_refused", child)
    assert await thilde.lists() == []


@pytest.mark.parametrize("recipients", [["no-such-unit"], [VISITING, "no-such-unit"]])
async def test_help_is_asked_of_units_that_are_there(thilde: Parent, recipients: list[str]) -> None:
    answer = await thilde.post("/my/referrals", help_in(recipients=recipients))
    assert_problem(answer, 422, "unknown_recipient")
