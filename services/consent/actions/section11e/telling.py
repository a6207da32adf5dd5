"""What the family sees of meetings under § 11 e: those it was told of, and no trace of others (R14)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, whose
from services.consent.actions.reading import HIDDEN, spoken_for, unit_told
from services.consent.domain import people
from services.consent.domain.model import PersonId, UnitId
from services.consent.domain.section11e.meetings import Kind, Outcome
from services.consent.domain.section11e.parties import Profession
from services.consent.domain.section11e.told import Held, Part, outcome_told
from shared import ledger
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Connection, Transaction
from shared.vocabulary import Category


async def own(transaction: Transaction, units: Mapping[str, UnitOut], request: Request) -> list[Held]:
    """Return the meetings about those the citizen speaks for today, themselves from fifteen, newest first.

    Only what was held, and what the parents have been told of: of any other there is no trace. Where the child's
    address is protected, no place is told. The reading is on the ledger.
    """
    number = await whose(transaction, request.caller)
    subject = None if number is None else str(number)
    await ledger.append(transaction, request.entry("own_section11e_read", subject=subject))
    return [] if number is None else await told_of(transaction, number, units, request)


async def told_of(
    connection: Connection, person: PersonId, units: Mapping[str, UnitOut], request: Request
) -> list[Held]:
    """Return what `own` does, of a person, for a page whose reading is on the ledger already."""
    about = await _spoken_for(connection, person, request)
    rows = await store.section11e_audit.told_of(connection, about)
    parts = defaultdict[UUID, list[Any]](list)
    for part in await store.section11e_audit.took_part(connection, [row["id"] for row in rows]):
        parts[part["meeting"]].append(part)
    return [_held(row, parts[row["id"]], *about[str(row["child"])], units) for row in rows]


async def _spoken_for(connection: Connection, person: PersonId, request: Request) -> dict[str, tuple[PersonId, bool]]:
    """Return by every id they were known by whom the person speaks for, with whether places are hidden."""
    today = danish_date(request.at)
    asked = [(child, facts.protected) for child, facts in await spoken_for(connection, person, today)]
    known = await store.people.facts_of(connection, person)
    if known is not None and any(voice.person == known[0] for voice in people.voices(known[2], known[0], today)):
        asked.append((known[0], False))
    return {each: found for found in asked for each in await store.people.group(connection, found[0])}


def _held(
    row: Any,  # noqa: ANN401 - a database row
    parts: list[Any], subject: PersonId, hidden: bool, units: Mapping[str, UnitOut],  # noqa: FBT001 - half of a pair
) -> Held:  # fmt: skip
    told = [
        Part(
            HIDDEN if hidden else unit_told(UnitId(each["unit"]), units),
            tuple(one for one in Profession if one in each["professions"]),
            tuple(one for one in Category if one in each["categories"]),
        )
        for each in parts
    ]
    return Held(
        row["id"], subject, Kind(row["kind"]), row["opened_at"], row["ended_at"],
        HIDDEN if hidden else unit_told(UnitId(row["unit"]), units),
        tuple(sorted(told, key=lambda each: (each.unit.name, each.professions))),
        outcome_told(row["outcome"] and Outcome(row["outcome"])), row["informed_at"], hidden,
    )  # fmt: skip
