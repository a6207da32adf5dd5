"""What was said of an offer, and when: its document, its versions, and what was known on a day."""

from datetime import date, datetime, timedelta
from typing import Any

import orjson

from services.directory.domain.document import Document, to_document
from services.directory.domain.model import Catalogue, UnitId
from services.directory.domain.shown import shown
from services.directory.domain.versions import ALWAYS, Confirmation, Kind, Version, as_known, changed_fields
from services.directory.store import reference
from services.directory.store import versions as store
from shared.clock import danish_date
from shared.db import Connection
from shared.problems import NotThere

_CONFIRMING = frozenset({Kind.CREATED, Kind.CHANGED, Kind.CONFIRMED})


async def document(connection: Connection, number: str, on: date) -> tuple[Document, int]:
    """Return the document that holds on a day, as known now, and the newest version's number: what a change goes with.

    Raises:
        NotThere: there is no such offer.
    """
    versions = await _all(connection, number)
    holds = as_known(versions, on, versions[-1].at) or versions[0]
    return to_document(holds.offer), versions[-1].number


async def versions(connection: Connection, number: str) -> list[dict[str, Any]]:
    """Return what each version was, oldest first; no users.

    Raises:
        NotThere: there is no such offer.
    """
    told = await _all(connection, number)
    return [_told(version, _held_before(version, told[:place])) for place, version in enumerate(told)]


async def version(
    connection: Connection, number: str, wanted: int, catalogue: Catalogue, flagged_after: timedelta
) -> bytes:
    """Return the offer as one version said, as JSON; `flagged` is as it was when it was said.

    Raises:
        NotThere: there is no such offer or version.
    """
    told = await _all(connection, number)
    found = next((each for each in told if each.number == wanted), None)
    if found is None:
        raise NotThere
    return await _shown(connection, found, told, catalogue, danish_date(found.at) - flagged_after)


async def known(
    connection: Connection, number: str, on: date, known_at: datetime, catalogue: Catalogue, flagged_after: timedelta
) -> bytes:
    """Return what holds for an offer on a day, as it was known at a moment, as JSON.

    Raises:
        NotThere: there is no such offer, or nobody knew of it then.
    """
    told = await _all(connection, number)
    found = as_known(told, on, known_at)
    if found is None:
        raise NotThere
    return await _shown(connection, found, told, catalogue, danish_date(known_at) - flagged_after)


def confirmation(told: list[Version], upto: int) -> Confirmation | None:
    """Return who confirmed an offer last by one of its versions."""
    said = [version for version in told if version.number <= upto and version.kind in _CONFIRMING and version.by_unit]
    return Confirmation(danish_date(said[-1].at), UnitId(str(said[-1].by_unit))) if said else None


async def _all(connection: Connection, number: str) -> list[Version]:
    told = await store.versions(connection, number)
    if not told:
        raise NotThere
    return told


def _held_before(version: Version, earlier: list[Version]) -> Version | None:
    """Return what held on a version's first day until it was said."""
    return next((each for each in reversed(earlier) if each.holds_from <= version.holds_from), None)


async def _shown(
    connection: Connection, found: Version, told: list[Version], catalogue: Catalogue, flagged_before: date
) -> bytes:
    if found.offer.unit not in catalogue.units:  # newer than the catalogue in memory
        catalogue = await reference.catalogue(connection)
    said = confirmation(told, found.number)
    content = shown(found.offer, catalogue, found.number, found.at, said, danish_date(found.at))
    content["flagged"] = content["last_said_on"] < flagged_before
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _told(version: Version, before: Version | None) -> dict[str, Any]:
    return {
        "number": version.number,
        "kind": version.kind,
        "at": version.at,
        "holds_from": None if version.holds_from == ALWAYS else version.holds_from,
        "unit": version.by_unit,
        "reason": version.reason,
        "changed": [] if before is None else changed_fields(before.offer, version.offer),
    }
