"""Records of one person: whose rows a merger holds, and which id each record goes by."""

from collections.abc import Collection

from services.consent.domain.model import PersonId
from services.consent.domain.people import Facts
from services.consent.store.people import Touched, from_json, touch
from shared.db import Connection
from shared.problems import Unavailable

_TRIES = 10
_ONE_MERGER = 424
_KNOWN_ELSEWHERE = """
SELECT true FROM acquaintance a JOIN person m ON m.id = a.person
WHERE a.unit <> $1 AND (m.identity = $2 OR m.identity IN (
    SELECT c.identity FROM person c WHERE c.others && ARRAY(SELECT g.id FROM person g WHERE g.identity = $2)))
LIMIT 1
"""
_MERGE = "UPDATE person SET identity = $2, version = version + 1 WHERE identity = $1"
_MERGE_GROUNDS = "UPDATE person SET overridden = true WHERE id = $2 AND (SELECT overridden FROM person WHERE id = $1)"
_PART = "UPDATE person SET identity = $1, version = version + 1 WHERE id = ANY($2::uuid[])"
_DEPENDENTS = """
WITH same AS (SELECT id FROM person WHERE identity IN (SELECT identity FROM person WHERE id = ANY($1::uuid[])))
SELECT id FROM person WHERE others && ARRAY(SELECT id FROM same)
UNION SELECT subject FROM consent WHERE given_by IN (SELECT id FROM same)
"""


async def hold_mergers(connection: Connection) -> None:
    """Let one merger or parting at a time be made: each holds the rows of more people than it was asked about."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_MERGER)


async def touch_with_dependents(connection: Connection, people: Collection[PersonId]) -> Touched:
    """Hold the rows of the persons and of those they speak for or have spoken about, in one order.

    Raises:
        UnknownPerson: one of them is not there.
        Unavailable: more came to them faster than they could be held.
    """
    for _ in range(_TRIES):
        attempt = connection.transaction()
        await attempt.start()
        found = await _with_dependents(connection, people)
        touched = await touch(connection, found)
        if await _with_dependents(connection, people) <= found:
            await attempt.commit()
            return touched
        # Who came while the rows were waited for is held in the same order as everyone: let go first.
        await attempt.rollback()
    raise Unavailable("database")


async def as_written(connection: Connection, people: Collection[PersonId]) -> dict[PersonId, Facts]:
    """Return the facts of each record as they were recorded, whichever id those they name go by now."""
    rows = await connection.fetch("SELECT id, facts FROM person WHERE id = ANY($1::uuid[])", list(people))
    return {PersonId(row["id"]): from_json(row["facts"]) for row in rows}


async def with_login(connection: Connection, people: Collection[PersonId]) -> set[PersonId]:
    """Return which of the persons, by the ids they go by, can log in."""
    rows = await connection.fetch(
        "SELECT DISTINCT identity FROM person WHERE identity = ANY($1::uuid[]) AND login IS NOT NULL", list(people)
    )
    return {PersonId(row["identity"]) for row in rows}


async def known_elsewhere(connection: Connection, unit: str, person: PersonId) -> bool:
    """Say whether other units have to do with a person, by the id they go by, or with somebody they speak for."""
    return bool(await connection.fetchval(_KNOWN_ELSEWHERE, unit, person))


async def merge(connection: Connection, gone: PersonId, kept: PersonId) -> list[PersonId]:
    """Let the records of `gone` be those of `kept`; return the ids that went over. The caller holds both rows."""
    moved = await connection.fetch("SELECT id FROM person WHERE identity = $1 ORDER BY id", gone)
    await connection.execute(_MERGE, gone, kept)
    await connection.execute(_MERGE_GROUNDS, gone, kept)
    return [PersonId(row["id"]) for row in moved]


async def part(connection: Connection, gone: PersonId, moved: Collection[PersonId]) -> None:
    """Let the records that went over with `gone` be its own again; the caller holds the row they go by."""
    await connection.execute(_PART, gone, list(moved))


async def _with_dependents(connection: Connection, people: Collection[PersonId]) -> set[PersonId]:
    rows = await connection.fetch(_DEPENDENTS, list(people))
    return {*people, *(PersonId(row["id"]) for row in rows)}
