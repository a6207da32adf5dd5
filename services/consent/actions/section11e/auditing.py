"""What an auditor asks of meetings under § 11 e: which there were, what was refused, who was not told (R53)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.domain.section11e.meetings import Kind, NotInformed, Outcome, State
from services.consent.store.section11e_audit import Asked as Asked
from shared.db import Connection

_REASONS = frozenset(NotInformed)


@dataclass(frozen=True, slots=True)
class Informing:
    """How it stands with the word to the parents of meetings that were held (R14).

    `overdue`: the fourteen days are over and nothing is said; `withheld`: not told, by reason.
    """

    in_time: int = 0
    late: int = 0
    waiting: int = 0
    overdue: int = 0
    withheld: Mapping[NotInformed, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many meetings there are of each kind by state, what the held ones led to, and what was refused, by code.

    `concluded` counts outcomes; `not_concluded` the held meetings of which none is written.
    """

    meetings: Mapping[Kind, Mapping[State, int]]
    concluded: Mapping[Outcome, int]
    not_concluded: int
    informing: Informing
    refused: Mapping[str, int]


async def meetings(
    connection: Connection, asked: Asked, kind: Kind | None, state: State | None, after: UUID | None, most: int
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Return meetings with their reasons and attendees, oldest call first: all of each but what was said (R13)."""
    rows = await store.section11e_audit.meetings(connection, asked, kind, state, after, most)
    invited = await store.section11e_audit.attendees(connection, [row["id"] for row in rows])
    return [(row, invited[row["id"]]) for row in rows]


async def refused(connection: Connection, asked: Asked, code: str | None, after: UUID | None, most: int) -> list[Any]:
    """Return what was refused, oldest first: parties the law leaves out, a third meeting, a closed room .. (R3, R6)."""
    return await store.section11e_audit.refused(connection, asked, code, after, most)


async def uninformed(
    connection: Connection, municipality: str | None, at: datetime, after: UUID | None, most: int
) -> tuple[list[Any], Informing]:
    """Return held meetings of which the parents have not been told, and how many there are of each sort (R14).

    The longest overdue come first, so all whose fourteen days are over come before the others.
    """
    rows = await store.section11e_audit.uninformed(connection, municipality, after, most)
    counted = await store.section11e_audit.counts(connection, Asked(municipality), at, uninformed=True)
    return rows, _informing(counted)


async def figures(connection: Connection, asked: Asked, at: datetime) -> Figures:
    """Return the figures of the meetings called for a period, and of what was refused in it."""
    counted = await store.section11e_audit.counts(connection, asked, at)
    held = [row for row in counted if row["state"] == State.HELD]
    concluded = _sums(held, "outcome")
    by_kind = {kind: _sums((row for row in counted if row["kind"] == kind), "state") for kind in Kind}
    return Figures(
        meetings={kind: {state: by_kind[kind][state] for state in State} for kind in Kind},
        concluded={outcome: concluded[outcome] for outcome in Outcome},
        not_concluded=concluded[None],
        informing=_informing(counted),
        refused=await store.section11e_audit.refused_counts(connection, asked),
    )


def _informing(counted: Iterable[Any]) -> Informing:
    found = _sums(counted, "informing")
    return Informing(
        found["in_time"], found["late"], found["waiting"], found["overdue"],
        {reason: found[reason] for reason in NotInformed},
    )  # fmt: skip


def standing(row: Any, at: datetime) -> str:  # noqa: ANN401 - a database row
    """Return how it stands with a family not told: `withheld` for a reason, `overdue`, or `waiting`."""
    if row["not_informed_because"] in _REASONS:
        return "withheld"
    return "overdue" if row["inform_by"] <= at else "waiting"


def _sums(rows: Iterable[Any], name: str) -> Counter[str | None]:
    found = Counter[str | None]()
    for row in rows:
        found[row[name]] += row["number"]
    return found
