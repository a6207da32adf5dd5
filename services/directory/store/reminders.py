"""What owners have been reminded of. An offer's owner is the unit that is shown with it on the day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.directory.domain.model import UnitId
from shared.db import Connection

# Still so: shown on the day, and what it was reminded of is as it was.
_SHOWN = "s.from_day <= $1 AND $1 < s.to_day AND NOT s.example"
_SAID_ON = "greatest(o.as_of, o.confirmed_on)"
_NOT_LATELY = """
NOT EXISTS (SELECT FROM reminder r WHERE r.offer = o.id AND r.kind = '{kind}' AND r.since = {since} AND r.at > $2)
"""
_UNCONFIRMED = f"""
INSERT INTO reminder (id, offer, kind, unit, organisation, at, since)
SELECT uuidv7(), o.id, 'unconfirmed', s.unit, s.organisation, $3, {_SAID_ON}
FROM offer o JOIN showing s ON s.offer = o.id
WHERE {_SHOWN} AND {_SAID_ON} < $4 AND {_NOT_LATELY.format(kind="unconfirmed", since=_SAID_ON)}
"""  # noqa: S608 - our own names
_FUNDING = f"""
INSERT INTO reminder (id, offer, kind, unit, organisation, at, since)
SELECT uuidv7(), o.id, 'funding_ends', s.unit, s.organisation, $3, (s.said ->> 'funding_until')::date
FROM offer o JOIN showing s ON s.offer = o.id
WHERE {_SHOWN} AND (s.said ->> 'funding_until')::date BETWEEN $1 AND $4
  AND {_NOT_LATELY.format(kind="funding_ends", since="(s.said ->> 'funding_until')::date")}
"""  # noqa: S608 - our own names
_CLOSED = f"""
INSERT INTO reminder (id, offer, kind, unit, organisation, at, since)
SELECT uuidv7(), o.id, 'unit_closed', s.unit, s.organisation, $3, c.day
FROM offer o JOIN showing s ON s.offer = o.id JOIN unnest($4::text[], $5::date[]) c(unit, day) ON c.unit = s.unit
WHERE {_SHOWN} AND {_NOT_LATELY.format(kind="unit_closed", since="c.day")}
"""  # noqa: S608 - our own names
_OF = f"""
SELECT o.id, s.shown ->> 'name' AS name, s.unit, o.version, r.kind, r.since, max(r.at) AS at, count(*)::int AS times
FROM reminder r JOIN offer o ON o.id = r.offer JOIN showing s ON s.offer = o.id
     LEFT JOIN unnest($3::text[], $4::date[]) c(unit, day) ON c.unit = s.unit
WHERE {_SHOWN} AND s.unit = ANY($2::text[]) AND r.since = CASE r.kind
    WHEN 'unconfirmed' THEN {_SAID_ON}
    WHEN 'funding_ends' THEN (s.said ->> 'funding_until')::date
    ELSE c.day END
GROUP BY o.id, s.shown ->> 'name', s.sort_name, s.unit, o.version, r.kind, r.since
ORDER BY r.since, s.sort_name, o.id LIMIT $5
"""  # noqa: S608 - our own names
_ONLY_ONE = "SELECT pg_try_advisory_xact_lock(4711, 219)"


async def only_one(connection: Connection) -> bool:
    """Say whether nobody else is reminding, and nobody will until the transaction ends."""
    return bool(await connection.fetchval(_ONLY_ONE))


async def remind(
    connection: Connection, at: datetime, today: date, lately: datetime, unconfirmed_before: date, funding_to: date,
    abandoned: Mapping[UnitId, date],
) -> int:  # fmt: skip
    """Write what owners are to be reminded of and have not been lately; return how many reminders that is.

    Of offers unconfirmed since before a day, of money that ends by a day, and of the offers of closed units, each with
    the day since which nobody owns them.
    """
    asked: Sequence[tuple[str, list[Any]]] = (
        (_UNCONFIRMED, [unconfirmed_before]), (_FUNDING, [funding_to]),
        (_CLOSED, [list(abandoned), list(abandoned.values())]),
    )  # fmt: skip
    counts = [await connection.execute(sql, today, lately, at, *values) for sql, values in asked]
    return sum(int(count.rpartition(" ")[2]) for count in counts)


async def of_units(
    connection: Connection, units: Sequence[str], abandoned: Mapping[UnitId, date], today: date, limit: int
) -> list[Any]:
    """Return what the owners of these units' offers have been reminded of and is still so, longest first."""
    closed = (list(abandoned), list(abandoned.values()))
    rows: list[Any] = await connection.fetch(_OF, today, list(units), *closed, limit)
    return rows
