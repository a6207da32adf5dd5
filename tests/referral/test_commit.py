"""A commit that fails is never answered 2xx, and leaves nothing: shown by constraints that bite at the commit."""

from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.support.story import Story
from tests.support.town import assert_problem, commits_failing, counted, rows, sealed
from tests.support.wire import message_in, referral_in

POST = ("referral", "piece", "task", "ledger_entry", "idempotency")
WRITES = [
    *[("post that waits", table) for table in (*POST, "outbox")],
    *[("post that goes out", table) for table in (*POST, "event")],
    *[("first reading", table) for table in ("task", "event", "ledger_entry")],
    *[("message", table) for table in ("message", "piece", "task", "event", "ledger_entry", "idempotency")],
    *[("acceptance", table) for table in ("task", "event", "ledger_entry")],
    *[("decline", table) for table in ("task", "event", "ledger_entry")],
    *[("withdrawal", table) for table in ("task", "event", "ledger_entry")],
    *[("consent's word", table) for table in ("heard", "outbox")],
    ("own reading", "ledger_entry"),
    ("stranger's reading", "ledger_entry"),
    ("stranger's answer", "ledger_entry"),
    ("accesses", "ledger_entry"),
    ("checkpoint", "ledger_entry"),
    ("export", "ledger_entry"),
]


async def request_of(play: Story, what: str) -> tuple[dict[str, Any], int]:
    """Return a request of that kind, and the status it has when nothing is wrong."""
    begun = await (play.sent() if what in {"first reading", "own reading"} else play.received())
    need = begun.need if what == "post that goes out" else str(uuid4())
    once, recipient = {"Idempotency-Key": str(uuid4())}, play.recipient()
    answering = {"method": "POST", "headers": recipient | {"If-Match": '"2"'}}
    stranger, auditor = play.recipient("jobcenter"), play.keys.party("referral", Role.AUDITOR)
    theirs = stranger | {"If-Match": '"2"'}
    reading = {"method": "GET", "url": f"/referrals/{begun.referral}"}
    word = {"id": str(uuid4()), "kind": "consent_given", "need": begun.need, "subject": begun.subject}
    post = {
        "method": "POST", "url": "/referrals", "json": referral_in(begun.subject, need=need),
        "headers": play.sender() | once,
    }  # fmt: skip
    known: dict[str, tuple[dict[str, Any], int]] = {
        "post that waits": (post, 201),
        "post that goes out": (post, 201),
        "first reading": (reading | {"headers": recipient}, 200),
        "own reading": (reading | {"headers": play.sender()}, 200),
        "stranger's reading": (reading | {"headers": stranger}, 404),
        "stranger's answer": (
            answering | {"url": f"/tasks/{begun.task}/acceptance", "json": {}, "headers": theirs},
            404,
        ),
        "message": ({"method": "POST", "url": f"/tasks/{begun.task}/messages", "json": message_in(begun.subject),
                     "headers": recipient | once}, 201),
        "acceptance": (answering | {"url": f"/tasks/{begun.task}/acceptance", "json": {}}, 200),
        "decline": (answering | {"url": f"/tasks/{begun.task}/decline",
                                 "json": {"reason": "other", "no_alternative": True}}, 200),
        "withdrawal": ({"method": "POST", "url": f"/referrals/{begun.referral}/withdrawal", "json": {},
                        "headers": play.sender()}, 201),
        "consent's word": ({"method": "POST", "url": "/internal/consent-events", "json": word,
                            "headers": play.keys.service("consent", "referral")}, 201),
        "accesses": ({"method": "GET", "url": "/audit/accesses", "headers": auditor}, 200),
        "checkpoint": ({"method": "GET", "url": "/audit/ledger/checkpoint", "headers": auditor}, 200),
        "export": ({"method": "GET", "url": "/audit/ledger/export", "headers": auditor}, 200),
    }  # fmt: skip
    return known[what]


async def versions(url: str) -> list[Any]:
    """Return where every task stands: a change counts as a write too."""
    return await rows(url, "SELECT id, version, state FROM task ORDER BY id")


@pytest.mark.parametrize(("what", "table"), WRITES, ids="-".join)
async def test_a_commit_that_fails_is_a_5xx_and_stores_nothing(play: Story, what: str, table: str) -> None:
    request, expected = await request_of(play, what)
    await sealed(play.dbs, play.keys, "referral")
    url = play.dbs.admin("referral")
    before, stood = await counted(url), await versions(url)
    async with commits_failing(url, [table]):
        answer = await play.referral.request(**request)
    assert_problem(answer, 500, "internal")
    assert not [word for word in ("the commit fails", "Sover", "møde") if word in answer.text]
    assert (await counted(url), await versions(url)) == (before, stood)
    assert (await play.referral.request(**request)).status_code == expected


async def test_a_post_that_cannot_be_kept_while_consent_is_down_is_not_said_to_be_kept(play: Story) -> None:
    await play.app.state.consent.close()
    play.app.state.consent._session = None
    async with commits_failing(play.dbs.admin("referral"), ["piece"]):
        answer = await play.referral.post("/referrals", json=referral_in(uuid4()), headers=play.sender())
    assert "kept" not in assert_problem(answer, 500, "internal")
