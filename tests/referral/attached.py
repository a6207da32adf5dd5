"""Attaching, step by step, for tests: declare, bring, fetch, and carry what the worker carries."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from services.referral.actions.attaching import Files
from services.referral.actions.following import Surroundings
from services.referral.examining import Examiner
from services.referral.worker import carriers
from tests.referral.deciding import World
from tests.support import filed
from tests.support.story import Headers, Sent
from tests.support.town import rows

DOCUMENT = filed.document()
NAME = "Udtalelse om Thildes søvn.pdf"


def attachment_in(sent: Sent, content: bytes = DOCUMENT, **changes: Any) -> dict[str, Any]:
    """Return what is said of a file before it is brought."""
    return {
        "subject": sent.subject, "category": "health", "name": NAME, "media_type": "application/pdf",
        "size": len(content),
    } | changes  # fmt: skip


async def declare(world: World, sent: Sent, headers: Headers, **changes: Any) -> httpx.Response:
    """Say that a file is coming."""
    return await world.play.referral.post(
        f"/referrals/{sent.referral}/attachments", json=attachment_in(sent, **changes), headers=headers
    )


async def declared(world: World, sent: Sent, headers: Headers, **changes: Any) -> str:
    """Say that a file is coming; return its number."""
    answer = await declare(world, sent, headers, **changes)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["upload"] == f"/attachments/{told['id']}/content"
    return str(told["id"])


async def bring(world: World, number: str, headers: Headers, content: bytes = DOCUMENT) -> httpx.Response:
    """Bring the bytes."""
    return await world.play.referral.put(f"/attachments/{number}/content", content=content, headers=headers)


async def attached(world: World, sent: Sent, headers: Headers, content: bytes = DOCUMENT, **changes: Any) -> str:
    """Attach a file; return its number."""
    number = await declared(world, sent, headers, content=content, **changes)
    answer = await bring(world, number, headers, content)
    assert answer.status_code in {200, 202}, answer.text
    return number


async def fetch(world: World, number: str, headers: Headers) -> httpx.Response:
    """Fetch the bytes."""
    return await world.play.referral.get(f"/attachments/{number}/content", headers=headers)


async def carry(world: World, scanner: str = "") -> None:
    """Carry out what is due, as the referral worker does."""
    state = world.play.app.state
    carrying = carriers(Surroundings(state.database, state.consent), scanner)
    while sum([await each.carry_batch() for each in carrying]):
        pass


async def again(world: World) -> None:
    """Let what waits for its next try be due."""
    sql = "UPDATE outbox SET due_at = now() WHERE done_at IS NULL"
    await rows(world.play.dbs.admin("referral"), sql)


def scanning(world: World, *, largest: int = 10_000_000) -> None:
    """Have files scanned from now on."""
    world.play.app.state.files = Files(Examiner(), scans=True, largest=largest)


def numbered(headers: Headers) -> tuple[Headers, str]:
    """Return headers with a request id of their own."""
    number = str(uuid4())
    return headers | {"X-Request-Id": number}, number


async def contents(world: World, number: str) -> int:
    """Return how many contents are kept of a file: one, or none."""
    sql = "SELECT 1 FROM attachment_content WHERE attachment_id = $1"
    return len(await rows(world.play.dbs.admin("referral"), sql, UUID(number)))
