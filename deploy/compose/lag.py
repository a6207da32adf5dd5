"""Does a worker keep up? `python -m deploy.compose.lag consent` ends with 0, or with 1 and what waits.

A worker has no port to ask, and a heartbeat would only tell that it moves. This asks for what counts: is there a
message that was due, or a ledger entry that should be sealed, so long ago that nobody can be working on it? Whoever
has nothing to do keeps up. A lost database is a "no" too.
"""

import asyncio
import sys

import asyncpg

from shared.settings import SECRETS

PATIENCE_S = 120
_WAITING = """
SELECT
    EXISTS (SELECT FROM outbox WHERE done_at IS NULL AND due_at < now() - make_interval(secs => $1)),
    EXISTS (
        SELECT FROM ledger_entry
        WHERE xid >= coalesce((SELECT horizon FROM ledger_checkpoint ORDER BY size DESC LIMIT 1), '0')
        AND uuid_extract_timestamp(id) < now() - make_interval(secs => $1)
    )
"""


async def waiting(url: str, patience_s: float = PATIENCE_S) -> list[str]:
    """Return what has waited for longer than `patience_s`: "messages", "ledger", both or nothing."""
    connection = await asyncpg.connect(url, timeout=3, command_timeout=3)
    try:
        row = await connection.fetchrow(_WAITING, patience_s)
    finally:
        await connection.close()
    return [name for name, waits in zip(("messages", "ledger"), row or (), strict=True) if waits]


def main(service: str) -> int:
    """Tell of one service's worker; return the exit code."""
    try:
        found = asyncio.run(waiting((SECRETS / f"{service}_database_url").read_text().strip()))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"not known: {type(error).__name__}")
        return 1
    print("waiting: " + ", ".join(found) if found else "nothing waits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
