"""What a decision is made from, and the decision itself: read in one statement, written in one.

The decision is written only if every person it is about is still as it was read, and none of them can change till it
is committed (FOR SHARE): no decision on the ledger rests on a word that had been taken back by then.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent.domain.decision import Held
from services.consent.domain.model import ConsentId, NeedId, Override, PersonId, Record, UnitId
from services.consent.domain.people import Facts
from services.consent.store.people import from_json
from services.consent.store.words import RECORD, record
from shared.db import Connection
from shared.ledger import Entry
from shared.vocabulary import Category

_STANDING = f"""
SELECT asked.id AS asked, i.id AS subject, i.version, i.facts, i.overridden,
       CASE WHEN i.others = '{{}}' THEN NULL ELSE
           (SELECT jsonb_object_agg(o.id, o.identity) FROM person o WHERE o.id = ANY(i.others) AND o.identity <> o.id)
       END AS merged, {RECORD}
FROM person asked
JOIN person i ON i.id = asked.identity
JOIN person m ON m.identity = i.id
LEFT JOIN consent c ON c.subject = m.id AND c.need = ANY($2::uuid[])
LEFT JOIN person g ON g.id = c.given_by
WHERE asked.id = ANY($1::uuid[])
"""  # noqa: S608 - our own words
_OVERRIDES = """
SELECT p.identity AS subject, o.id, o.sender, o.recipients, o.categories, o.need, o.ground, o.valid_from, o.valid_until,
       r.at AS revoked_at
FROM legal_override o JOIN person p ON p.id = o.subject
LEFT JOIN override_event r ON r.override_id = o.id AND r.kind = 'revoked'
WHERE p.identity = ANY($1::uuid[]) AND o.need = ANY($2::uuid[])
"""
_WRITE = """
WITH still AS MATERIALIZED (
    SELECT p.id FROM unnest($3::uuid[], $4::int[]) AS read(id, version)
    JOIN person p ON p.id = read.id AND p.version = read.version AND p.identity = p.id
    ORDER BY p.id FOR SHARE OF p
), entry AS (
    INSERT INTO ledger_entry (id, entry) SELECT $1, $2::json WHERE (SELECT count(*) FROM still) = cardinality($3)
    RETURNING id
)
INSERT INTO decision_about (subject, entry_id, referral)
SELECT DISTINCT subject, entry.id, $6::uuid FROM entry, unnest($5::uuid[]) AS subject
"""
_ABOUT = """
SELECT e.id, e.entry FROM ledger_entry e WHERE e.id IN (
    SELECT DISTINCT a.entry_id FROM decision_about a
    WHERE a.subject = ANY($1::uuid[]) AND ($2::uuid IS NULL OR a.entry_id < $2) ORDER BY a.entry_id DESC LIMIT $3)
ORDER BY e.id DESC
"""
_DISCLOSURES = """
SELECT l.seq, e.id, e.entry FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE e.entry->>'kind' = 'decision' AND e.id > $1
  AND ($2::uuid IS NULL OR e.id IN (SELECT a.entry_id FROM decision_about a WHERE a.referral = $2))
  AND ($7::uuid IS NULL OR e.id IN (SELECT a.entry_id FROM decision_about a JOIN person s ON s.id = a.subject
       WHERE s.identity = (SELECT identity FROM person WHERE id = $7)))
  AND ($3::text IS NULL OR e.entry->'actor'->>'unit' = $3)
  AND ($4::text IS NULL OR e.entry->>'at' >= $4)
  AND ($5::text IS NULL OR e.entry->>'at' < $5)
ORDER BY e.id LIMIT $6
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision is made from: as it was read, with the versions that say so.

    `identity` maps each person asked about to the one it goes by; who is not there is left out.
    """

    identity: Mapping[PersonId, PersonId]
    versions: Mapping[PersonId, int]
    facts: Mapping[PersonId, Facts]
    records: Collection[Record]
    overrides: Collection[Override] = ()

    def held(self) -> Held:
        """Return it in the order in which questions are answered."""
        return Held(self.records, self.facts, self.overrides)


async def standing(
    connection: Connection,
    people: Collection[PersonId],
    needs: Collection[NeedId],
    laws: Mapping[str, tuple[str, bool]],
) -> Standing:
    """Read everything that decides about some people under some needs; `laws` tells each ground's provision."""
    identity: dict[PersonId, PersonId] = {}
    versions: dict[PersonId, int] = {}
    facts: dict[PersonId, Facts] = {}
    records: dict[UUID, Record] = {}
    overridden = []
    for row in await connection.fetch(_STANDING, list(people), list(needs)):
        subject = row["subject"]
        identity[row["asked"]] = subject
        if subject not in versions:
            versions[subject] = row["version"]
            facts[subject] = from_json(row["facts"], row["merged"])
            if row["overridden"]:
                overridden.append(subject)
        if row["id"] is not None and row["id"] not in records:
            records[row["id"]] = record(row)
    overrides = await _overrides(connection, overridden, needs, laws) if overridden else ()
    return Standing(identity, versions, facts, records.values(), overrides)


async def write(
    connection: Connection, entry: Entry, read: Mapping[PersonId, int], about: Collection[PersonId], referral: UUID
) -> bool:
    """Write a decision; False, and nothing is written, if somebody it is about has changed since it was read."""
    people = sorted(read)
    done = await connection.execute(
        _WRITE, entry.id, entry.text, people, [read[person] for person in people], list(about), referral
    )
    return bool(done != "INSERT 0 0")


async def about(connection: Connection, people: Iterable[str], before: UUID | None, most: int) -> list[Any]:
    """Return the decisions about people, by every id they have been known by, newest first: id and entry."""
    rows: list[Any] = await connection.fetch(_ABOUT, [UUID(each) for each in people], before, most)
    return rows


async def all_of_them(
    connection: Connection, after: UUID, referral: UUID | None, subject: UUID | None, unit: str | None,
    since: str | None, before: str | None, most: int,
) -> list[Any]:  # fmt: skip
    """Return the ledger's decision entries after the entry `after`, oldest first."""
    rows: list[Any] = await connection.fetch(_DISCLOSURES, after, referral, unit, since, before, most, subject)
    return rows


async def _overrides(
    connection: Connection, people: Collection[PersonId], needs: Collection[NeedId],
    laws: Mapping[str, tuple[str, bool]],
) -> list[Override]:  # fmt: skip
    return [
        Override(
            ConsentId(row["id"]), PersonId(row["subject"]), UnitId(row["sender"]),
            frozenset(map(UnitId, row["recipients"])), frozenset(map(Category, row["categories"])),
            NeedId(row["need"]), row["valid_from"], row["valid_until"], *laws[row["ground"]], row["revoked_at"],
        )
        for row in await connection.fetch(_OVERRIDES, list(people), list(needs))
    ]  # fmt: skip


def moments(read: Standing) -> list[datetime]:
    """Return the moments from which something read closes, as whoever recorded it read the clock."""
    revoked = [each.revoked_at for each in read.overrides if each.revoked_at is not None]
    return revoked + [
        moment
        for each in read.records
        for moment in (
            each.superseded_at, each.invalidated_at, *(taken.at for taken in each.withdrawals),
            each.valid_from if each.valid_until is None else None,
        )
        if moment is not None
    ]  # fmt: skip
