"""What is shown of offers, and when it changed."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

import orjson

from services.directory.domain.document import from_document
from services.directory.domain.model import Catalogue, Offer
from services.directory.domain.shown import shown
from services.directory.domain.versions import Confirmation
from shared.db import Connection

_PULSE = "SELECT change, base FROM pulse"
_SAID_ON = "greatest(o.as_of, o.confirmed_on)"
_PAGE = f"""
SELECT p.change, p.base, s.offer, s.shown::text AS shown, {_SAID_ON} AS said_on
FROM pulse p LEFT JOIN (showing s JOIN offer o ON o.id = s.offer)
             ON s.offer = ANY($1::text[]) AND s.from_day <= $2 AND $2 < s.to_day
"""  # noqa: S608 - our own names
_NEWEST = f"""
SELECT s.shown::text AS shown, {_SAID_ON} AS said_on, o.version, o.at, o.confirmed_on, o.confirmed_by, v.said
FROM offer o JOIN offer_version v ON v.offer = o.id AND v.number = o.version
             LEFT JOIN showing s ON s.offer = o.id AND s.from_day <= $2 AND $2 < s.to_day
WHERE o.id = $1
"""  # noqa: S608 - our own names
_CHANGED = f"""
SELECT o.id, s.from_day, s.to_day, s.said::text AS said, {_SAID_ON} AS said_on
FROM offer o LEFT JOIN showing s ON s.offer = o.id AND s.to_day > $2
WHERE o.change > $1 ORDER BY o.change, o.id
"""  # noqa: S608 - our own names
_ALL = """
SELECT s.offer, s.version, s.from_day, s.modified_at, s.said, s.shown::text AS shown, o.confirmed_on, o.confirmed_by
FROM showing s JOIN offer o ON o.id = s.offer
"""
_SHOWN_AS_OF = """
SELECT EXISTS (SELECT FROM showing WHERE shown -> 'organisation' ->> 'id' = ANY($1::text[]))
"""
_ANEW = """
UPDATE showing s SET shown = t.shown::json FROM unnest($1::text[], $2::date[], $3::text[]) t(offer, from_day, shown)
WHERE s.offer = t.offer AND s.from_day = t.from_day
"""
_BASE = "UPDATE pulse SET base = base + 1 WHERE one"


Row: TypeAlias = Any
_PIECE = 500


class Pulse(NamedTuple):
    """How many changes of offers, and of all else, there have been."""

    change: int
    base: int


class Shown(NamedTuple):
    """A stretch of days of an offer, as the index takes it; no stretch: the offer is shown no more."""

    offer: str
    from_day: date | None
    to_day: date | None
    said: Offer | None
    said_on: date


class Told(NamedTuple):
    """What is shown of an offer, as JSON (UTF-8), and the last day somebody said that it is so."""

    shown: bytes
    said_on: date


class Newest(NamedTuple):
    """An offer as it is shown today, or as its newest version says, with that version's number and time."""

    shown: str
    said_on: date
    version: int
    at: datetime


async def pulse(connection: Connection) -> Pulse:
    """Return the newest change."""
    row: Any = await connection.fetchrow(_PULSE)
    return Pulse(row["change"], row["base"])


async def page(connection: Connection, numbers: Sequence[str], on: date) -> tuple[Pulse, dict[str, Told]]:
    """Return what is shown on a day of each offer, and the newest change as of that very moment."""
    rows = await connection.fetch(_PAGE, list(numbers), on)
    told = {row["offer"]: Told(row["shown"].encode(), row["said_on"]) for row in rows if row["offer"] is not None}
    return Pulse(rows[0]["change"], rows[0]["base"]), told


async def newest(connection: Connection, number: str, today: date, catalogue: Catalogue) -> Newest | None:
    """Return what is shown of an offer today, or the last word about one that has ended or not begun."""
    row: Any = await connection.fetchrow(_NEWEST, number, today)
    if row is None:
        return None
    told = row["shown"]
    if told is None:
        told = _json(shown(from_document(row["said"]), catalogue, row["version"], row["at"], _confirmed(row), today))
    return Newest(told, row["said_on"], row["version"], row["at"])


async def changed(connection: Connection, after: int, today: date) -> AsyncIterator[list[Row]]:
    """Yield the rows of every offer changed after that change, one for each stretch of days from today on, in pieces.

    Within a transaction only. `read` makes something of a piece; that takes longer than fetching it.
    """
    cursor = await connection.cursor(_CHANGED, after, today)
    while piece := await cursor.fetch(_PIECE):
        yield piece


def read(rows: Iterable[Row]) -> list[Shown]:
    """Return what the rows of `changed` tell."""
    return [
        Shown(
            row["id"], row["from_day"], row["to_day"],
            None if row["said"] is None else from_document(orjson.loads(row["said"])), row["said_on"],
        )
        for row in rows
    ]  # fmt: skip


async def shown_as_of(connection: Connection, organisations: Sequence[str]) -> bool:
    """Say whether an offer is still shown as one of these organisations'."""
    return bool(await connection.fetchval(_SHOWN_AS_OF, list(organisations)))


async def show_anew(connection: Connection, catalogue: Catalogue, on: date) -> None:
    """Say anew what is shown, where names, provisions or owners by law have changed; the offers themselves have not."""
    numbers, days, texts = [], [], []
    for row in await connection.fetch(_ALL):
        offer, at, confirmed = from_document(row["said"]), row["modified_at"], _confirmed(row)
        text = _json(shown(offer, catalogue, row["version"], at, confirmed, on))
        if text != row["shown"]:
            numbers.append(row["offer"])
            days.append(row["from_day"])
            texts.append(text)
    await connection.execute(_ANEW, numbers, days, texts)
    await connection.execute(_BASE)


def _confirmed(row: Any) -> Confirmation | None:  # noqa: ANN401 - a database row
    return None if row["confirmed_on"] is None else Confirmation(row["confirmed_on"], row["confirmed_by"])


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
