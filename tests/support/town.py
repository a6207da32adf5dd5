"""A small town for the services' tests: its units, its directory, the two applications, and ways to look inside."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from services.concern import main as concern
from services.concern.settings import Settings as ConcernSettings
from services.consent import main as consent
from services.consent.settings import Settings as ConsentSettings
from services.referral import main as referral
from services.referral.settings import Settings as ReferralSettings
from shared.db import Database
from shared.sealer import NoteSigner, Sealer
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.serving import Teller, ThreadServer, serving

MIDWIFERY, FAMILY_HOUSE, VISITING = "region-midwifery", "family-house", "health-visiting"
JOBCENTER, VOLUNTEERS = "jobcenter", "volunteers"
_SECTORS = {
    MIDWIFERY: "regional_health",
    FAMILY_HOUSE: "municipal_social",
    VISITING: "municipal_health",
    JOBCENTER: "municipal_employment",
    VOLUNTEERS: "civil_society",
}
# Two municipalities, so that a family can move from the one to the other (R38).
NORTH, SOUTH = "0217", "0219"
NORTH_HOUSE, NORTH_VISITING, DAYCARE = "north-house", "north-visiting", "north-daycare"
SOUTH_HOUSE = "south-house"
_AT = {
    NORTH_HOUSE: ("municipal_social", NORTH),
    NORTH_VISITING: ("municipal_health", NORTH),
    DAYCARE: ("municipal_daycare", NORTH),
    SOUTH_HOUSE: ("municipal_social", SOUTH),
}
# Who decides on help after barnets lov: by what it is, and by the municipality's own rule.
AUTHORITY, DECIDING_HOUSE = "town-authority", "deciding-house"
# Who receives concern reports, in each of the two municipalities.
NORTH_AUTHORITY, SOUTH_AUTHORITY = "north-authority", "south-authority"
DIRECTORY = {
    "units": [
        {"id": unit, "name": unit.title(), "organisation": "town", "organisation_name": "The town", "kind": "unit",
         "sector": sector}
        for unit, sector in _SECTORS.items()
    ]
    + [
        {"id": unit, "name": unit.title(), "organisation": f"municipality-{code}", "organisation_name": code,
         "kind": "unit", "sector": sector, "municipality": code, "party_11e": "in", "party_11e_row": "daycare"}
        for unit, (sector, code) in _AT.items()
    ]
    + [
        {"id": unit, "name": unit.title(), "organisation": "town", "organisation_name": "The town", "kind": kind,
         "sector": "municipal_social", "authority": True}
        for unit, kind in ((AUTHORITY, "social_authority"), (DECIDING_HOUSE, "family_house"))
    ]
    + [
        {"id": unit, "name": unit.title(), "organisation": f"municipality-{code}", "organisation_name": code,
         "kind": "social_authority", "sector": "municipal_social", "municipality": code, "authority": True}
        for unit, code in ((NORTH_AUTHORITY, NORTH), (SOUTH_AUTHORITY, SOUTH))
    ]
}  # fmt: skip
# Offers anybody may refer to, one after § 32 that the authority opens (R69), and one that has ended.
OPEN_OFFERS = ("network-group", "another-group", "group-for-fathers")
DECIDED_OFFER, ENDED_OFFER = "family-treatment", "old-group"


def offers_told(body: Any) -> dict[str, Any]:
    """Return what the directory says of the offers asked about."""
    plain = {"unit": FAMILY_HOUSE, "municipalities": ["0217"], "legal_basis": ["BL-29"], "ended": False,
             "needs_authority": [], "authorities": [], "gaps": []}  # fmt: skip
    decided = {"legal_basis": ["BL-32"], "needs_authority": ["Barnets lov § 32"], "gaps": ["Ingen er nævnt."],
               "authorities": [{"unit": AUTHORITY, "name": "Town-Authority", "says": "Altid."}]}  # fmt: skip
    held = dict.fromkeys(OPEN_OFFERS, plain)
    held |= {each: plain for each in body["ids"] if each.startswith("group-")}
    held |= {DECIDED_OFFER: plain | decided, ENDED_OFFER: plain | {"ended": True}}
    return {"offers": [{"id": each, "name": each.title()} | held[each] for each in body["ids"] if each in held]}


@contextmanager
def directory() -> Iterator[ThreadServer]:
    """Serve the town's units over real HTTP, so that the mirror and its client are in the test too."""
    teller = Teller()
    teller.say(DIRECTORY)
    teller.by_path["/internal/offers"] = offers_told
    with serving(lambda: teller) as server:
        yield server


def consent_app(dbs: Databases, keys: Keys, directory_url: str) -> FastAPI:
    """Return the consent service's application, as the app role."""
    return consent.create_app(
        ConsentSettings(
            port=1, database_url=SecretStr(dbs.app("consent")), pool_size=8, trusted_keys=keys.trusted,
            identity_key=keys.private("consent"), directory_url=directory_url, identifier_keys=keys.identifiers,
        )
    )  # fmt: skip


def referral_app(dbs: Databases, keys: Keys, directory_url: str, consent_url: str) -> FastAPI:
    """Return the referral service's application, as the app role."""
    return referral.create_app(
        ReferralSettings(
            port=1, database_url=SecretStr(dbs.app("referral")), pool_size=8, trusted_keys=keys.trusted,
            identity_key=keys.private("referral"), directory_url=directory_url, consent_url=consent_url,
            webhook_keys=keys.webhooks, webhook_networks_allowed="127.0.0.0/8",
        )
    )  # fmt: skip


def concern_app(dbs: Databases, keys: Keys, directory_url: str) -> FastAPI:
    """Return the concern service's application, as the app role."""
    return concern.create_app(
        ConcernSettings(
            port=1, database_url=SecretStr(dbs.app("concern")), pool_size=8, trusted_keys=keys.trusted,
            identity_key=keys.private("concern"), directory_url=directory_url, seal_keys=keys.seals,
        )
    )  # fmt: skip


def addresses_of(app: FastAPI) -> set[str]:
    """Return every address an application takes: method and path, but for its health and its API's description."""
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path and not route.path.startswith(("/health", "/openapi"))
    }


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Lend a client to an application whose lifespan is entered; its failures come as answers."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


async def rows(url: str, sql: str, *arguments: Any) -> list[Any]:
    """Return what a query finds; JSON as text."""
    connection = await asyncpg.connect(url)
    try:
        found: list[Any] = await connection.fetch(sql, *arguments)
        return found
    finally:
        await connection.close()


async def acquainted(dbs: Databases, subject: str, *units: str) -> None:
    """Let units have to do with a person, as though each had registered them."""
    sql = "INSERT INTO acquaintance SELECT unnest($2::text[]), $1, now() ON CONFLICT DO NOTHING"
    await rows(dbs.app("consent"), sql, UUID(subject), list(units))


async def counted(url: str) -> dict[str, int]:
    """Return how many rows, changed ones included, each table has seen that is still there."""
    names = [row["tablename"] for row in await rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    told = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in names)
    return dict((await rows(url, f"SELECT {told}"))[0])


def refused_once(before: dict[str, int]) -> dict[str, int]:
    """Return what `counted` finds once somebody has reached for what is not theirs: that is all that is kept (R50)."""
    return before | {"ledger_entry": before["ledger_entry"] + 1}


async def sealed(dbs: Databases, keys: Keys, service: str) -> None:
    """Seal what the service's ledger holds, as its worker does."""
    database = Database(dbs.sealer(service), 1, "sealer")
    await database.open()
    await Sealer(database, NoteSigner(f"familiebro/{service}", keys.ledger)).seal()
    await database.close()


async def entries_of(url: str, request_id: str) -> list[dict[str, Any]]:
    """Return the ledger's entries of one request, oldest first."""
    found = await rows(url, "SELECT entry::text AS entry FROM ledger_entry WHERE entry->>'request' = $1 ORDER BY n",
                       request_id)  # fmt: skip
    return [json.loads(row["entry"]) for row in found]


async def messages_of(url: str, request_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the outbox's messages of one request: topic and payload."""
    sql = "SELECT topic, payload::text AS payload FROM outbox WHERE request_id = $1::uuid ORDER BY id"
    found = await rows(url, sql, request_id)
    return [(row["topic"], json.loads(row["payload"])) for row in found]


@asynccontextmanager
async def commits_failing(admin_url: str, tables: Sequence[str]) -> AsyncIterator[None]:
    """Make every commit that wrote to one of `tables` fail, at the commit itself and not before."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(
            "CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the commit fails'; END $$"
        )
        for table in tables:
            await connection.execute(
                f"CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT OR UPDATE ON {table} "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_at_commit()"
            )
        yield
    finally:
        await connection.execute("DROP FUNCTION fail_at_commit CASCADE")
        await connection.close()


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Assert an RFC 9457 problem with our members, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told.keys() >= {"type", "title", "status", "detail", "instance", "code", "fix_by"}
    assert told["status"] == status
    assert told["type"] == "urn:familiebro:problem:" + told["code"]
    assert told["instance"] == "urn:uuid:" + answer.headers["x-request-id"]
    assert told["detail"]
    assert code is None or told["code"] == code
    return told
