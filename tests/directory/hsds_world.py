"""Offers that say what the real data does not yet: places, prices, languages, free places; and how to ask for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx

from services.directory.domain.codes import Access, Accessibility, Audience, Language, Profession, Theme, Weekday
from services.directory.domain.model import (
    Catalogue,
    Contact,
    Dose,
    MunicipalityCode,
    Offer,
    OfferId,
    Run,
    Source,
    Target,
    UnitId,
    Venue,
)
from services.directory.domain.versions import ALWAYS, Confirmation, Kind
from services.directory.store import versions
from services.directory.store.versions import NewVersion
from shared.db import teach_json
from shared.ledger import Actor
from tests.conftest import Databases

HELSINGOER, AARHUS = MunicipalityCode("0217"), MunicipalityCode("0751")
UNIT = UnitId("helsingoer-sundhedstjenesten")
SAID, EARLIER = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 3, 1, 8, tzinfo=UTC)
NEAR = Offer(
    OfferId("hsds-test-babycafe"), "Åben babycafé (prøve)", UNIT, "Kaffe og snak for nye forældre.", date(2026, 11, 1),
    (Source("001", "1"),), frozenset({Theme.NEW_PARENT, Theme.NETWORK}),
    aliases=("Mødrecafé",), municipalities=frozenset({HELSINGOER}), access=frozenset({Access.OPEN}),
    languages=frozenset({Language.ARABIC, Language.DANISH}), price_kr=0, interpreter=True,
    contact=Contact("Café-vagten", "12 34 56 78", "cafe@example.dk", "https://example.dk/café"),
    venues=(
        Venue("Huset", "Havnegade 1", "3000", "Helsingør", 56.0361, 12.6136, frozenset({Accessibility.LIFT}), "Ring"),
        Venue("Laden", postcode="3000"),
    ),
    runs=(Run("Hele året", date(2026, 11, 1), places=10, free=3, wait_weeks=0),),
    target=Target(audience=frozenset({Audience.MOTHER}), child_age_months_from=0, child_age_months_to=12),
    dose=Dose(days=frozenset({Weekday.TUE}), starts_at="10:00", ends_at="12:00", schedule="Hver tirsdag"),
)  # fmt: skip
FAR = Offer(
    OfferId("hsds-test-foedselshold"), "Fødselshold i Aarhus (prøve)", UNIT, "Forberedelse til fødslen.",
    date(2026, 11, 1), (Source("001", "1"),), frozenset({Theme.BIRTH_PREPARATION}),
    municipalities=frozenset({AARHUS}), access=frozenset({Access.PROFESSIONAL_REFERRAL}),
    referrers=frozenset({Profession.MIDWIFE}), languages=frozenset({Language.DANISH}), price_kr=200,
    venues=(Venue("Salen", "Park Allé 1", "8000", "Aarhus C", 56.1497, 10.2134),),
    runs=(Run("Vinter", date(2026, 11, 1), free=0),),
    target=Target(audience=frozenset({Audience.PREGNANT}), pregnancy_week_from=20, pregnancy_week_to=38),
)  # fmt: skip
ENDED = replace(FAR, id=OfferId("hsds-test-nedlagt"), name="Nedlagt (prøve)", valid_to=date(2026, 1, 1))
OFFERS = (NEAR, FAR, ENDED)


@asynccontextmanager
async def rich(databases: Databases, catalogue: Catalogue) -> AsyncIterator[None]:
    """Keep these offers in the directory for a while."""
    connection: Any = await asyncpg.connect(databases.admin("directory"))
    await teach_json(connection)
    try:
        async with connection.transaction():
            await versions.add(connection, [_new(each) for each in OFFERS], catalogue)
        yield
    finally:
        numbers = [each.id for each in OFFERS]
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            for table, column in (("showing", "offer"), ("offer_version", "offer"), ("offer", "id")):
                await connection.execute(f"DELETE FROM {table} WHERE {column} = ANY ($1::text[])", numbers)
            await connection.execute("UPDATE pulse SET base = base + 1")
        await connection.close()


def _new(offer: Offer) -> NewVersion:
    at, confirmed = (EARLIER, None) if offer is FAR else (SAID, Confirmation(date(2026, 11, 20), UNIT))
    return NewVersion(
        1,
        Kind.CREATED,
        offer,
        ALWAYS,
        at,
        Actor(None, "tests"),
        None,
        "0198c0de-0000-7000-8000-000000000001",
        confirmed,
    )


async def told(client: httpx.AsyncClient, path: str, **asked: Any) -> Any:
    """Ask, and return the answer's JSON."""
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, (path, asked, answer.text[:300])
    return answer.json()


async def pages(client: httpx.AsyncClient, path: str, per_page: int = 20, **asked: Any) -> AsyncIterator[Any]:
    """Yield every page of a list."""
    number, last = 1, False
    while not last:
        made = await told(client, path, page=number, per_page=per_page, **asked)
        yield made
        number, last = number + 1, made["last_page"]
