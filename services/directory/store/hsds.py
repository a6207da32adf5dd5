"""What the HSDS endpoints ask the database: which offers pass the filters on a day, and what they say.

Offers made up for examples are in no list: whoever reads the standard would take them for real ones.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from services.directory.domain.document import from_document
from services.directory.domain.hsds.services import Meta
from services.directory.domain.model import Offer
from shared.db import Connection

# A filter that is NULL is not asked about. $4: the offers a text or a need has found, best first.
_PASSING = """
SELECT s.offer, s.sort_name, s.modified_at, coalesce(f.place, 0) AS best, s.said
FROM showing s {found}
WHERE s.from_day <= $1 AND $1 < s.to_day AND NOT s.example
  AND ($2::text[] IS NULL OR s.unit = ANY ($2))
  AND ($3::timestamptz IS NULL OR s.modified_at >= $3)
  AND ($5::text[] IS NULL OR s.terms && $5 OR {of_first})
  AND ($7::text[] IS NULL OR s.terms && $7 OR {of_second})
"""
_HAS = "EXISTS (SELECT FROM unnest({0}::text[]) p(path) WHERE s.said::jsonb @? p.path::jsonpath)"
_ANY = "LEFT JOIN unnest($4::text[]) WITH ORDINALITY f(key, place) ON false"
_FOUND = "JOIN unnest($4::text[]) WITH ORDINALITY f(key, place) ON f.key = s.offer"
_SERVICES = "SELECT offer, 0 AS venue, sort_name, best, modified_at FROM passing"
# Each venue of an offer; where it says no coordinates, its postcode's middle. $9, $10: where from; $11: metres.
_PLACES = """
SELECT p.offer, v.number - 1 AS venue, p.sort_name, p.best, p.modified_at
FROM passing p
CROSS JOIN LATERAL json_array_elements(p.said->'venues') WITH ORDINALITY v(said, number)
LEFT JOIN postcode c ON c.code = v.said->>'postcode'
WHERE $11::float IS NULL OR 2 * 6371000 * asin(least(1, sqrt(
    sin(radians(coalesce((v.said->>'latitude')::float, c.latitude) - $9::float) / 2) ^ 2
    + cos(radians($9)) * cos(radians(coalesce((v.said->>'latitude')::float, c.latitude)))
      * sin(radians(coalesce((v.said->>'longitude')::float, c.longitude) - $10::float) / 2) ^ 2))) <= $11
"""
_LISTED = """
WITH passing AS ({passing}), listed AS MATERIALIZED ({rows})
SELECT t.total, l.offer, l.venue, l.modified_at, n.said->>'name' AS name
FROM (SELECT count(*) AS total FROM listed) t
LEFT JOIN LATERAL (
    SELECT * FROM listed ORDER BY best, sort_name, offer, venue LIMIT ${limit}::bigint OFFSET ${offset}::bigint
) l ON true
LEFT JOIN showing n ON n.offer = l.offer AND n.from_day <= $1 AND $1 < n.to_day
ORDER BY l.best, l.sort_name, l.offer, l.venue
"""
_OFFERS = """
SELECT s.offer, s.said, s.modified_at, o.confirmed_on FROM showing s JOIN offer o ON o.id = s.offer
WHERE s.offer = ANY ($1::text[]) AND s.from_day <= $2 AND $2 < s.to_day
"""
_ONE = """
SELECT coalesce(s.said, v.said) AS said, coalesce(s.modified_at, o.at) AS modified_at, o.confirmed_on
FROM offer o
JOIN offer_version v ON v.offer = o.id AND v.number = o.version
LEFT JOIN showing s ON s.offer = o.id AND s.from_day <= $2 AND $2 < s.to_day
WHERE o.id = $1
"""
_OF_UNITS = """
SELECT unit, offer, said->>'name' AS name, modified_at FROM showing
WHERE unit = ANY ($1::text[]) AND from_day <= $2 AND $2 < to_day AND NOT example
ORDER BY sort_name, offer
"""
_COUNTED = """
SELECT unit, count(*) AS offers FROM showing WHERE from_day <= $1 AND $1 < to_day AND NOT example GROUP BY unit
"""
_NUMBERED = """
SELECT o.id, o.change, greatest(
    json_array_length(v.said->'venues'),
    (SELECT max(json_array_length(s.said->'venues')) FROM showing s WHERE s.offer = o.id), 0
) AS venues
FROM offer o JOIN offer_version v ON v.offer = o.id AND v.number = o.version
WHERE o.change > $1 ORDER BY o.change
"""


@dataclass(frozen=True, slots=True)
class Near:
    """A place and how far from it, in metres."""

    latitude: float | None
    longitude: float | None
    metres: float | None


NOWHERE = Near(None, None, None)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; None: not asked about. Several are all to be met.

    `units`: who gives it. `modified_after` is met on that very moment. `found`: the offers a search found, best
    first. `term`, `taxonomy`: of these codes, or of these JSON paths into the document, it must have one.
    """

    day: date
    units: list[str] | None = None
    modified_after: datetime | None = None
    found: list[str] | None = None
    term: tuple[list[str], list[str]] | None = None
    taxonomy: tuple[list[str], list[str]] | None = None


class Listed(NamedTuple):
    """A row of a list: an offer and its name, at its venue of that number (0 where none is asked about)."""

    offer: str
    venue: int
    name: str
    modified_at: datetime


class Told(NamedTuple):
    """An offer as it is on the day, and what is known of it besides."""

    offer: Offer
    meta: Meta


async def services(connection: Connection, by: Filters, limit: int | None, offset: int) -> tuple[int, list[Listed]]:
    """Return how many offers pass the filters, and the page of them, by what fits best and then by name."""
    sql = _LISTED.format(passing=_passing(by), rows=_SERVICES, limit=9, offset=10)
    return _page(await connection.fetch(sql, *_values(by), limit, offset))


async def places(
    connection: Connection, by: Filters, near: Near, limit: int | None, offset: int
) -> tuple[int, list[Listed]]:
    """Return how many venues of such offers there are, and the page of them; with `near` those within the metres."""
    sql = _LISTED.format(passing=_passing(by), rows=_PLACES, limit=12, offset=13)
    return _page(await connection.fetch(sql, *_values(by), *astuple(near), limit, offset))


async def offers(connection: Connection, numbers: Sequence[str], day: date) -> dict[str, Told]:
    """Return what is shown of offers on a day; an offer that is not is not there."""
    return {row["offer"]: _told(row) for row in await connection.fetch(_OFFERS, list(numbers), day)}


async def one(connection: Connection, number: str, day: date) -> Told | None:
    """Return an offer, as shown on the day; one that is not, as its newest version has it."""
    row = await connection.fetchrow(_ONE, number, day)
    return None if row is None else _told(row)


async def of_units(connection: Connection, units: Sequence[str], day: date) -> list[tuple[str, Listed]]:
    """Return the units' offers that are shown on the day, each with its unit, by name."""
    rows = await connection.fetch(_OF_UNITS, list(units), day)
    return [(row["unit"], Listed(row["offer"], 0, row["name"], row["modified_at"])) for row in rows]


async def counted(connection: Connection, day: date) -> dict[str, int]:
    """Return how many offers of each unit are shown on the day; a unit without any is not there."""
    return {row["unit"]: row["offers"] for row in await connection.fetch(_COUNTED, day)}


async def numbered(connection: Connection, after: int) -> list[tuple[str, int, int]]:
    """Return every offer changed after that change, the change's number, and how many venues the offer has."""
    return [(row["id"], row["change"], row["venues"]) for row in await connection.fetch(_NUMBERED, after)]


def _passing(by: Filters) -> str:
    found = _ANY if by.found is None else _FOUND
    return _PASSING.format(found=found, of_first=_HAS.format("$6"), of_second=_HAS.format("$8"))


def _values(by: Filters) -> list[Any]:
    asked = [*(by.term or (None, None)), *(by.taxonomy or (None, None))]
    return [by.day, by.units, by.modified_after, by.found, *asked]


def _page(rows: Sequence[Any]) -> tuple[int, list[Listed]]:
    held = [row for row in rows if row["offer"] is not None]
    return rows[0]["total"], [Listed(row["offer"], row["venue"], row["name"], row["modified_at"]) for row in held]


def _told(row: Any) -> Told:  # noqa: ANN401 - a database row
    return Told(from_document(row["said"]), Meta(row["modified_at"], row["confirmed_on"]))
