"""Afterwards: is everything that was acknowledged there, once, with its entry on a ledger that verifies?"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import asyncpg

from deploy.chaos.listening import Heard
from deploy.chaos.lives import Done
from deploy.databases import SERVICES
from deploy.demo.auditing import verifier
from deploy.demo.playing import MIDWIVES
from deploy.system import System

_REFERRALS = """
SELECT i.key, i.made::text AS made, (SELECT count(*) FROM referral r WHERE r.id = i.made) AS rows,
    (SELECT count(*) FROM ledger_entry e WHERE e.entry->>'kind' = 'referral_posted'
     AND e.entry->>'referral' = i.made::text) AS entries
FROM idempotency i WHERE i.key = ANY($1)
"""
_MESSAGES = """
SELECT i.key, i.made::text AS made, (SELECT count(*) FROM message m WHERE m.id = i.made) AS rows,
    (SELECT count(*) FROM ledger_entry e WHERE e.entry->>'kind' = 'message_kept'
     AND e.entry->>'message' = i.made::text) AS entries
FROM idempotency i WHERE i.key = ANY($1)
"""
# A report is made under a key, and a key makes one: a second row of the same post would have none.
_REPORTS = """
SELECT r.id::text AS id, (SELECT count(*) FROM idempotency i WHERE i.made = r.id) AS keys,
    (SELECT count(*) FROM words w WHERE w.original = r.id AND w.what = 'original') AS words,
    (SELECT count(*) FROM ledger_entry e WHERE e.entry->>'kind' = 'concern_received'
     AND e.entry->>'report' = r.id::text) AS entries
FROM report r WHERE r.reporter_unit = $1
"""
# What must hold of everything, acknowledged or not: nothing without its entry, nothing twice.
_EVERYWHERE: Mapping[str, str] = {
    "a referral without its entry, or with two": """
        SELECT r.id::text FROM referral r LEFT JOIN ledger_entry e ON e.entry->>'kind' = 'referral_posted'
            AND e.entry->>'referral' = r.id::text GROUP BY r.id HAVING count(e.id) <> 1""",
    "two referrals of one need": "SELECT need::text FROM referral GROUP BY need HAVING count(*) > 1",
    "a message without its entry, or with two": """
        SELECT m.id::text FROM message m LEFT JOIN ledger_entry e ON e.entry->>'kind' = 'message_kept'
            AND e.entry->>'message' = m.id::text GROUP BY m.id HAVING count(e.id) <> 1""",
    "a question or an answer said twice": """
        SELECT task_id::text FROM message GROUP BY task_id, kind HAVING count(*) > 1""",
    "a step taken twice": """
        SELECT entry->>'task' FROM ledger_entry WHERE entry->>'kind' IN
            ('task_sent', 'task_received', 'task_accepted', 'task_in_progress', 'task_completed', 'task_consent_ended')
            GROUP BY entry->>'task', entry->>'kind' HAVING count(*) > 1""",
    "an event told twice": """
        SELECT task_id::text FROM event WHERE kind IN ('referral_arrived', 'sent', 'received', 'accepted',
            'in_progress', 'completed', 'consent_ended') GROUP BY task_id, unit, kind HAVING count(*) > 1""",
    "a state without its entry": """
        SELECT t.id::text FROM task t WHERE t.state IN ('accepted', 'in_progress', 'completed') AND NOT EXISTS
            (SELECT 1 FROM ledger_entry e WHERE e.entry->>'task' = t.id::text
             AND e.entry->>'kind' = 'task_' || t.state)""",
    "a task nobody may read that has not ended": """
        SELECT t.id::text FROM task t WHERE t.id::text = ANY($1) AND t.state NOT IN ('consent_ended', 'completed')""",
    "a message to a worker that was not carried": "SELECT id::text FROM outbox WHERE done_at IS NULL",
    "an entry that was not sealed": """
        SELECT e.id::text FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id WHERE l.seq IS NULL""",
}


_PENDING = "SELECT count(*) AS left FROM webhook_delivery WHERE status = 'pending'"
_MUST_HEAR = """
SELECT e.id::text AS id, e.kind, e.referral_id::text AS referral FROM event e JOIN webhook w ON w.unit = e.unit
WHERE e.kind IN ('sent', 'received', 'question') ORDER BY e.xid, e.id
"""


async def settled(system: System, seconds: float) -> bool:
    """Wait until the workers have carried and sealed everything; say whether they did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = [await _left(system, service) for service in ("consent", "referral", "concern")]
        left.append(int((await _rows(system, "referral", _PENDING))[0]["left"]))
        if not any(left):
            return True
        await asyncio.sleep(0.5)
    return False


async def _left(system: System, service: str) -> int:
    rows = await _rows(
        system, service,
        "SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL) + (SELECT count(*) FROM ledger_entry e "
        "LEFT JOIN ledger_leaf l ON l.entry_id = e.id WHERE l.seq IS NULL) AS left",
    )  # fmt: skip
    return int(rows[0]["left"])


async def wrongs(system: System, lived: Sequence[Done]) -> list[str]:
    """Return everything that is not as it must be, in words; nothing personal is in them."""
    found = [f"a life: {each}" for life in lived for each in life.wrong]
    found += await _acknowledged(system, _REFERRALS, {life.key: life.referral for life in lived}, "referral")
    said = {key: made for life in lived for key, made in life.messages.items()}
    found += await _acknowledged(system, _MESSAGES, said, "message")
    ended = [life.task for life in lived if life.withdrawn]
    for what, sql in _EVERYWHERE.items():
        rows = await _rows(system, "referral", sql, *([ended] if "$1" in sql else []))
        found += [f"{what}: {len(rows)}, such as {rows[0][0]}"] if rows else []
    found += await _words_and_states(system, lived)
    found += await _consents(system, lived)
    found += await _reports(system, lived)
    return found


async def unheard(system: System, heard: Heard) -> list[str]:
    """Return what a webhook's receiver should have heard and has not, or has heard in the wrong order."""
    rows = await _rows(system, "referral", _MUST_HEAR)
    found = [f"a webhook never came: {row['kind']}" for row in rows if row["id"] not in heard.times]
    order: dict[str, list[str]] = {}
    for row in rows:
        order.setdefault(row["referral"], []).append(row["id"])
    found += ["webhooks of one referral came out of order" for referral, ids in order.items()
              if [each for each in heard.order[referral] if each in set(ids)] != ids]  # fmt: skip
    return found


async def _acknowledged(system: System, sql: str, told: Mapping[str, str], what: str) -> list[str]:
    rows = {row["key"]: row for row in await _rows(system, "referral", sql, list(told))}
    found = [f"an acknowledged {what} is lost" for key in told if key not in rows]
    found += [f"a {what} was told another id" for key, row in rows.items() if row["made"] != told[key]]
    found += [f"a {what} is there {row['rows']} times with {row['entries']} entries" for row in rows.values()
              if (row["rows"], row["entries"]) != (1, 1)]  # fmt: skip
    return found


async def _words_and_states(system: System, lived: Sequence[Done]) -> list[str]:
    """Every word is kept, and every step that was seen has its entry."""
    kept = await _rows(system, "referral", "SELECT text, count(*) AS times FROM piece GROUP BY text")
    times = {row["text"]: row["times"] for row in kept}
    found = [f"words kept {times.get(life.secret, 0)} times" for life in lived
             if life.referral and times.get(life.secret, 0) != 2 + len(life.messages)]  # fmt: skip
    steps = await _rows(
        system, "referral", "SELECT entry->>'task' AS task, entry->>'kind' AS kind FROM ledger_entry WHERE "
        "entry->>'kind' LIKE 'task_%'",
    )  # fmt: skip
    taken = {(row["task"], row["kind"]) for row in steps}
    found += [f"{state} has no entry" for life in lived for state in life.states
              if (life.task, f"task_{state}") not in taken]  # fmt: skip
    return found


async def _consents(system: System, lived: Sequence[Done]) -> list[str]:
    rows = await _rows(
        system, "consent",
        "SELECT e.entry->>'kind' AS kind, e.entry::text AS entry FROM ledger_entry e "
        "WHERE e.entry->>'kind' IN ('consent_recorded', 'consent_given', 'consent_withdrawn')",
    )  # fmt: skip
    withdrawn = " ".join(row["entry"] for row in rows if row["kind"] == "consent_withdrawn")
    return ["an acknowledged withdrawal has no entry" for life in lived
            if life.withdrawn and life.consent not in withdrawn]  # fmt: skip


async def _reports(system: System, lived: Sequence[Done]) -> list[str]:
    rows = await _rows(system, "concern", _REPORTS, MIDWIVES)
    there = {row["id"] for row in rows}
    found = ["an acknowledged report of concern is lost" for life in lived if life.report not in there]
    found += [f"a report of concern has {row['keys']} keys, {row['words']} originals, {row['entries']} entries"
              for row in rows if (row["keys"], row["words"], row["entries"]) != (1, 1, 1)]  # fmt: skip
    return found


def verify(system: System) -> Iterator[tuple[str, bool]]:
    """Verify each service's ledger offline, with the verifier that shares no code with what writes it."""
    for service in SERVICES:
        url, key = system.database_url(service, role="admin"), str(system.keys.ledger_public(service))
        yield service, verifier("--database", url, "--key", key).returncode == 0


async def _rows(system: System, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:  # noqa: ANN401
    connection = await asyncpg.connect(system.database_url(service, role="admin"))
    try:
        return list(await connection.fetch(sql, *arguments))
    finally:
        await connection.close()
