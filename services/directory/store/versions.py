"""The one way to write an offer: version, head, what is shown, ledger entry and pulse, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

import orjson
from asyncpg import UniqueViolationError

from services.directory.domain.danish import sort_name
from services.directory.domain.document import from_document, to_document
from services.directory.domain.errors import OfferExists
from services.directory.domain.model import Catalogue, Offer, OfferId, OrganisationId, UnitId
from services.directory.domain.shown import shown, terms
from services.directory.domain.versions import Confirmation, Head, Kind, Stretch, Version, shown_days
from shared import ledger
from shared.clock import danish_date
from shared.db import Connection
from shared.ledger import Actor, Entry

_HEADS = """
SELECT o.id, o.unit, o.organisation, o.version, o.at, o.confirmed_on, o.confirmed_by, o.editorial, v.holds_from, v.said
FROM offer o JOIN offer_version v ON v.offer = o.id AND v.number = o.version
WHERE o.id = ANY($1::text[])
"""
# A statement of its own: whoever has waited for a row sees what the other wrote only in the next one.
_HOLD = "SELECT FROM offer WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"
_VERSIONS = """
SELECT number, kind, at, holds_from, said, by_unit, by_user, reason FROM offer_version WHERE offer = $1 ORDER BY number
"""
# What holds as known now, by day: `domain.versions.timeline` says the same of all versions.
_STANDING = """
SELECT v.offer, v.holds_from, v.said FROM offer_version v
WHERE v.offer = ANY($1::text[]) AND NOT EXISTS (
    SELECT FROM offer_version l WHERE l.offer = v.offer AND l.number > v.number AND l.holds_from <= v.holds_from)
ORDER BY v.offer, v.holds_from
"""
_TAKEN = "SELECT id FROM offer WHERE id = $1 OR id LIKE $1 || '-%'"
# Who closes a unit waits for those who write its offers, and they for it; taken before any row is.
_UNITS = 4711_0218
_HOLD_UNITS = f"SELECT pg_advisory_xact_lock_shared({_UNITS})"
_CHANGE_UNITS = f"SELECT pg_advisory_xact_lock({_UNITS})"
_HOLD_NAME = "SELECT pg_advisory_xact_lock(4711, hashtext($1))"
_ENTRIES = (
    "INSERT INTO ledger_entry (id, entry) SELECT id, entry::json FROM unnest($1::uuid[], $2::text[]) t(id, entry)"
)
_WRITTEN_AS = """
SELECT v.offer, (SELECT max(w.number) FROM offer_version w WHERE w.offer = v.offer AND w.at = v.at) AS number
FROM offer_version v WHERE v.ledger_id = $1
"""
_NEW_VERSIONS = """
INSERT INTO offer_version (offer, number, kind, at, holds_from, said, by_unit, by_user, reason, ledger_id)
SELECT offer, number, kind, at, holds_from, said::json, by_unit, by_user, reason, ledger_id
FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::date[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::uuid[])
     t(offer, number, kind, at, holds_from, said, by_unit, by_user, reason, ledger_id)
"""
# The pulse is held from here to the commit: changes are numbered in the order they become visible.
_PULSE = "UPDATE pulse SET change = change + 1 WHERE one RETURNING change"
_PUBLISH = "UPDATE offer SET change = $2 WHERE id = ANY($1::text[])"
_UNPUBLISHED = 0
_NEW_HEADS = """
INSERT INTO offer (id, unit, organisation, version, at, as_of, confirmed_on, confirmed_by, editorial, change)
SELECT id, unit, organisation, version, at, as_of, confirmed_on, confirmed_by, editorial, $10
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::date[], $7::date[], $8::text[],
            $9::boolean[])
     t(id, unit, organisation, version, at, as_of, confirmed_on, confirmed_by, editorial)
ON CONFLICT (id) DO UPDATE SET
    unit = excluded.unit, organisation = excluded.organisation, version = excluded.version, at = excluded.at,
    as_of = excluded.as_of, confirmed_on = excluded.confirmed_on, confirmed_by = excluded.confirmed_by,
    editorial = excluded.editorial, change = excluded.change
"""
_OVERTAKEN = """
DELETE FROM showing s USING unnest($1::text[], $2::date[]) t(offer, holds_from)
WHERE s.offer = t.offer AND s.from_day >= t.holds_from
"""
_CUT_SHORT = """
UPDATE showing s SET to_day = t.holds_from FROM unnest($1::text[], $2::date[]) t(offer, holds_from)
WHERE s.offer = t.offer AND s.to_day > t.holds_from
"""
_NEW_SHOWINGS = """
INSERT INTO showing (offer, from_day, to_day, version, unit, organisation, sort_name, modified_at, example, terms, said,
                     shown)
SELECT offer, from_day, to_day, version, unit, organisation, sort_name, modified_at, example,
       string_to_array(terms, ' '), said::json, shown::json
FROM unnest($1::text[], $2::date[], $3::date[], $4::int[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
            $9::boolean[], $10::text[], $11::text[], $12::text[])
     t(offer, from_day, to_day, version, unit, organisation, sort_name, modified_at, example, terms, said, shown)
"""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A word about an offer, ready to be written; `number` is one more than the head's, 1 for a new offer."""

    number: int
    kind: Kind
    offer: Offer
    holds_from: date
    at: datetime
    actor: Actor
    reason: str | None
    request_id: str
    confirmed: Confirmation | None
    editorial: bool = False
    ledger_id: UUID | None = None


async def hold_units(connection: Connection, *, changing: bool = False) -> None:
    """Keep units from closing until the transaction ends; `changing`: be the one who closes them."""
    await connection.execute(_CHANGE_UNITS if changing else _HOLD_UNITS)


async def head(connection: Connection, number: str, *, for_change: bool = False) -> Head | None:
    """Return the newest of an offer; `for_change` holds it until the transaction ends."""
    found = await heads(connection, [number], for_change=for_change)
    return found.get(OfferId(number))


async def heads(connection: Connection, numbers: Sequence[str], *, for_change: bool = False) -> dict[OfferId, Head]:
    """Return the newest of each offer that is there; `for_change` holds them until the transaction ends."""
    if for_change:
        await connection.execute(_HOLD, list(numbers))
    return {row["id"]: _head(row) for row in await connection.fetch(_HEADS, list(numbers))}


async def standing(connection: Connection, numbers: Sequence[str]) -> dict[OfferId, list[Stretch]]:
    """Return what is said of each offer as known now, from which day to the next, oldest first."""
    found: dict[OfferId, list[Stretch]] = {}
    for row in await connection.fetch(_STANDING, list(numbers)):
        found.setdefault(row["offer"], []).append(Stretch(from_document(row["said"]), row["holds_from"]))
    return found


async def taken(connection: Connection, stem: str) -> list[str]:
    """Return the ids there are that begin with `stem`; nobody else takes one until the transaction ends."""
    await connection.execute(_HOLD_NAME, stem)
    return [row["id"] for row in await connection.fetch(_TAKEN, stem)]


async def written_as(connection: Connection, ledger_id: UUID) -> tuple[OfferId, int]:
    """Return the offer a ledger entry is about, and the last of its versions that was written with it."""
    row: Any = await connection.fetchrow(_WRITTEN_AS, ledger_id)
    return row["offer"], row["number"]


async def versions(connection: Connection, number: str) -> list[Version]:
    """Return every version of an offer, oldest first."""
    return [
        Version(
            row["number"], Kind(row["kind"]), row["at"], row["holds_from"], from_document(row["said"]),
            row["by_unit"], row["by_user"], row["reason"],
        )
        for row in await connection.fetch(_VERSIONS, number)
    ]  # fmt: skip


async def add(
    connection: Connection, new: Sequence[NewVersion], catalogue: Catalogue, *, publishing: bool = True
) -> int:
    """Write versions in the transaction that `connection` is in; each offer at most once. Return the change's number.

    The caller has checked them and holds the heads of those that exist. Who writes many in steps publishes them
    together at the end.

    Raises:
        OfferExists: somebody else has just written a version with this number.
    """
    said = [_json(to_document(each.offer)) for each in new]
    entries = [_entry(each) for each in new]
    await connection.execute(_ENTRIES, [each.id for each in entries], [each.text for each in entries])
    try:
        await connection.execute(
            _NEW_VERSIONS,
            [each.offer.id for each in new], [each.number for each in new], [str(each.kind) for each in new],
            [each.at for each in new], [each.holds_from for each in new], said, [each.actor.unit for each in new],
            [each.actor.user for each in new], [each.reason for each in new], [each.id for each in entries],
        )  # fmt: skip
    except UniqueViolationError as error:
        raise OfferExists from error
    await _put_heads(connection, new, catalogue)
    await _put_showings(connection, new, said, catalogue)
    return await publish(connection, [each.offer.id for each in new]) if publishing else _UNPUBLISHED


async def publish(connection: Connection, numbers: Sequence[str]) -> int:
    """Number the change of these offers, last of all: from here to the commit nobody else publishes one."""
    change: int = await connection.fetchval(_PULSE)
    await connection.execute(_PUBLISH, list(numbers), change)
    return change


async def add_all(connection: Connection, new: Sequence[Sequence[NewVersion]], catalogue: Catalogue) -> None:
    """Write versions as `add` does, several of an offer after one another: a sequence for each offer.

    Raises:
        OfferExists: as `add`.
    """
    for together in zip_longest(*new):
        await add(connection, [each for each in together if each is not None], catalogue)


async def _put_heads(connection: Connection, new: Sequence[NewVersion], catalogue: Catalogue) -> None:
    offers, confirmed = [each.offer for each in new], [each.confirmed for each in new]
    await connection.execute(
        _NEW_HEADS,
        [one.id for one in offers], [one.unit for one in offers], [_organisation(one, catalogue) for one in offers],
        [each.number for each in new], [each.at for each in new], [one.as_of for one in offers],
        [None if one is None else one.on for one in confirmed], [None if one is None else one.by for one in confirmed],
        [each.editorial for each in new], _UNPUBLISHED,
    )  # fmt: skip


async def _put_showings(
    connection: Connection, new: Sequence[NewVersion], said: Sequence[str], catalogue: Catalogue
) -> None:
    numbers, days = [each.offer.id for each in new], [each.holds_from for each in new]
    await connection.execute(_OVERTAKEN, numbers, days)
    await connection.execute(_CUT_SHORT, numbers, days)
    put: list[tuple[Any, ...]] = []
    for each, text in zip(new, said, strict=True):
        period = shown_days(each.offer, each.holds_from)
        if period is not None:
            told = _json(shown(each.offer, catalogue, each.number, each.at, each.confirmed, danish_date(each.at)))
            put.append((
                each.offer.id, *period, each.number, each.offer.unit, _organisation(each.offer, catalogue),
                sort_name(each.offer.name), each.at, each.offer.example, " ".join(terms(each.offer)), text, told,
            ))  # fmt: skip
    if put:
        await connection.execute(_NEW_SHOWINGS, *map(list, zip(*put, strict=True)))


def _organisation(offer: Offer, catalogue: Catalogue) -> OrganisationId:
    return catalogue.units[offer.unit].organisation


def _entry(new: NewVersion) -> Entry:
    """Return the ledger's entry: which offer, which version, and the digest of what it says."""
    return ledger.entry(
        f"offer_{new.kind}",
        at=new.at,
        actor=new.actor,
        request_id=new.request_id,
        as_id=new.ledger_id,
        offer=new.offer.id,
        version=new.number,
        holds_from=new.holds_from.isoformat(),
        digest=ledger.digest(to_document(new.offer)),
    )


def _head(row: Any) -> Head:  # noqa: ANN401 - a database row
    confirmed = None
    if row["confirmed_on"] is not None:
        confirmed = Confirmation(row["confirmed_on"], UnitId(row["confirmed_by"]))
    return Head(
        from_document(row["said"]), row["unit"], row["organisation"], row["version"], row["at"], confirmed,
        row["editorial"], row["holds_from"],
    )  # fmt: skip


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
