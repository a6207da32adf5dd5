"""What the tests of concern reports build with: a family, what a neighbour and a daycare write, and ways to look."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.auth import Role
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import NORTH, SOUTH, rows

Headers = dict[str, str]
REPORTS = "/concern-reports"
CITIZEN = "/concern-reports/citizen"
RECEIPTS = "/concern-reports/receipts"
# Invented, and in every word that is sent: what stands nowhere in clear.
SECRET = "Kvistehuset"
# The day is 61: nobody can have it (R43).
NUMBER = "610123-1234"
CHILD: dict[str, Any] = {
    "name": f"Ask {SECRET}", "birth_date": "2023-05-04", "address": f"{SECRET} 1, 3000 Helsingør",
    "reached_at": f"Børnehaven {SECRET}", "identifiers": [{"kind": "cpr", "value": NUMBER}],
}  # fmt: skip
WORDS = {
    name: f"{name}: {SECRET} er nævnt her."
    for name in ("concern", "observed", "child_view", "family_view", "strengths", "tried")
}
REPORTER = {"name": f"Pia {SECRET}", "contact": f"{SECRET}@example.dk", "relation": f"pædagog i {SECRET}"}
WHERE = {"stays_in": NORTH, "custody": "one", "holder_in": NORTH}


def ago(hours: float) -> str:
    """Return the moment so many hours ago, as it is written."""
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def ahead(days: int) -> str:
    """Return the day so many days from now, as it is written."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def citizens(**changes: Any) -> dict[str, Any]:
    """Return what a neighbour writes, without a name."""
    body = {
        "ground": "neglect", "child": CHILD,
        "adults": [{"relation": "mor", "name": f"Mia {SECRET}", "contact": f"{SECRET} 2",
                    "identifiers": [{"kind": "cpr", "value": "620190-1235"}]}],
        "where": WHERE, "words": WORDS,
    }  # fmt: skip
    return deepcopy(body) | changes


def professionals(**changes: Any) -> dict[str, Any]:
    """Return what the daycare writes, by name."""
    body = citizens(
        ground="may_need_support", parents={"informed_at": ago(2)}, reporter=dict(REPORTER), running_measures=True
    )
    return body | changes


def movers(**changes: Any) -> dict[str, Any]:
    """Return what the northern authority writes of a family that has moved to the south."""
    where = {"stays_in": SOUTH, "custody": "one", "holder_in": SOUTH}
    return professionals(ground="moved", moving=True, where=where, summary=f"Resumé: {SECRET}") | changes


def unborn(**changes: Any) -> dict[str, Any]:
    """Return what is different of a child that is not born."""
    body = {
        "child": {"unborn": True, "due_date": ahead(60)}, "ground": "unborn_may_need_support",
        "where": {"stays_in": NORTH, "mother_in": NORTH},
    }  # fmt: skip
    return body | changes


def login(keys: Keys, name: str = "citizen-1", user: str = "subject-1") -> Headers:
    """Return a citizen with a login."""
    return keys.party("concern", Role.CITIZEN, citizen=name, user=user)


async def sent(client: httpx.AsyncClient, headers: Headers, **changes: Any) -> dict[str, Any]:
    """Return the answer to a professional's report that is received."""
    answer = await client.post(REPORTS, headers=headers, json=professionals(**changes))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def sent_by_citizen(client: httpx.AsyncClient, headers: Headers, **changes: Any) -> dict[str, Any]:
    """Return the answer to a citizen's report that is received."""
    answer = await client.post(CITIZEN, headers=headers, json=citizens(**changes))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def kept(dbs: Databases) -> str:
    """Return everything the service's database holds, every column of every table as text, bytes as they are."""
    url = dbs.admin("concern")
    names = await rows(
        url,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    found: list[str] = []
    for (name,) in names:
        found += [str(dict(row)) for row in await rows(url, f"SELECT * FROM {name}")]
    return "\n".join(found)


async def registered(dbs: Databases, report: str) -> Any:
    """Return a report's row."""
    (row,) = await rows(dbs.admin("concern"), "SELECT * FROM report WHERE id = $1::text::uuid", report)
    return row
