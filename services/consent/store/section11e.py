"""Meetings under § 11 e, as they are kept: matters, meetings, who may be in the room, and what is over."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent.domain.model import PersonId
from services.consent.domain.section11e.meetings import Call, Kind, MatterState, NotInformed, Outcome, State
from services.consent.domain.section11e.parties import Invited, PartyFacts, Terms
from services.consent.store.people import By
from shared.db import Connection
from shared.ids import new_id

# A child, by whatever record it goes.
_CHILD = "IN (SELECT id FROM person WHERE identity = (SELECT identity FROM person WHERE id = $1))"
_EARLIER = f"""
SELECT m.id, m.ordinal, m.unit, m.municipality, m.state, m.recorded_at,
    (SELECT coalesce(array_agg(g.kind || ' ' || g.state ORDER BY g.id), '{{}}') FROM section11e_meeting g
     WHERE g.matter = m.id) AS meetings
FROM section11e_matter m WHERE m.child {_CHILD} ORDER BY m.id
"""  # noqa: S608 - our own words
# `ordinal` is the number it was thought to get; who comes second finds it taken, and looks anew. The child is kept as
# it was named: where two records turn out not to be one child's, the matter stays with its own.
_ADD_MATTER = """
INSERT INTO section11e_matter (id, child, ordinal, unit, municipality, about, reason, state, by_unit, by_user,
    recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (child, ordinal) DO NOTHING
"""
_MATTER = """
SELECT m.*, p.identity AS child_now FROM section11e_matter m JOIN person p ON p.id = m.child WHERE m.id = $1
"""
_DECIDE_MATTER = """
UPDATE section11e_matter SET state = $2, approved_by = $3, approved_at = $4
WHERE id = $1 AND state = 'awaiting_approval' RETURNING id
"""
_STATES = "SELECT kind, state FROM section11e_meeting WHERE matter = $1 ORDER BY id"
_OVERLAPPING = f"""
SELECT true FROM section11e_meeting g JOIN section11e_matter m ON m.id = g.matter
WHERE m.child {_CHILD} AND g.state IN ('awaiting_approval', 'scheduled', 'open')
    AND g.starts_at < $3 AND g.ends_at > $2 LIMIT 1
"""  # noqa: S608 - our own words
# Another matter about the child that no leader approved has its first meeting: two records were one child's.
_FIRST_ELSEWHERE = f"""
SELECT true FROM section11e_matter m JOIN section11e_meeting g ON g.matter = m.id
WHERE m.child {_CHILD} AND m.id <> $2 AND m.approved_by IS NULL AND g.kind = 'primary' AND g.state = ANY($3::text[])
LIMIT 1
"""  # noqa: S608 - our own words
_HOLD_CHILD = "SELECT id FROM person WHERE id = (SELECT identity FROM person WHERE id = $1) FOR NO KEY UPDATE"
_ADD_MEETING = """
INSERT INTO section11e_meeting (id, matter, kind, state, unit, municipality, starts_at, ends_at, necessity, refusal,
    consent_impossible, consent_impossible_why, special_circumstances, leader, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (matter, kind) WHERE state IN ('awaiting_approval', 'scheduled', 'open', 'held') DO NOTHING
"""
_MEETING = """
SELECT g.*, m.child, m.about, p.identity AS child_now FROM section11e_meeting g
JOIN section11e_matter m ON m.id = g.matter JOIN person p ON p.id = m.child WHERE g.id = $1
"""
_HOLD_MEETING = "SELECT id FROM section11e_meeting WHERE id = $1 FOR NO KEY UPDATE"
_ADD_ATTENDEE = """
INSERT INTO section11e_attendee (id, meeting, user_id, profession, unit, organisation, party_row, agreement,
    elsewhere_because, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (meeting, user_id) DO NOTHING
"""
_ATTENDEES = """
SELECT a.id, a.user_id, a.profession, a.unit, a.organisation, a.agreement, a.elsewhere_because, a.shares, a.chose_at,
    EXISTS (SELECT FROM section11e_presence p WHERE p.attendee = a.id) AS came,
    EXISTS (SELECT FROM section11e_presence p WHERE p.attendee = a.id AND p.left_at IS NULL) AS present
FROM section11e_attendee a WHERE a.meeting = $1 ORDER BY a.id
"""
# Coming and going follow one another even where a clock is set back: whether two met rests on their order.
_COME = """
INSERT INTO section11e_presence (id, meeting, attendee, user_id, came_at) VALUES ($1, $2, $3, $4, greatest(
    $5::timestamptz, (SELECT max(greatest(p.came_at, p.left_at)) FROM section11e_presence p WHERE p.meeting = $2)))
ON CONFLICT (user_id) WHERE left_at IS NULL DO NOTHING
"""
_LEAVE = """
UPDATE section11e_presence SET left_at = greatest($2::timestamptz, (
    SELECT max(greatest(p.came_at, p.left_at)) + interval '1 microsecond' FROM section11e_presence p
    WHERE p.meeting = $1), (
    SELECT max(c.at) + interval '1 microsecond' FROM section11e_category c WHERE c.meeting = $1))
WHERE meeting = $1 AND left_at IS NULL AND ($3::text IS NULL OR user_id = $3)
"""
# Two people of different units were in the room at one moment, or one was after another had put something there.
_MET = """
SELECT EXISTS (
    SELECT FROM section11e_presence one JOIN section11e_presence other ON other.meeting = one.meeting
    JOIN section11e_attendee a ON a.id = one.attendee JOIN section11e_attendee b ON b.id = other.attendee
    WHERE one.meeting = $1 AND a.unit <> b.unit AND one.came_at <= other.came_at
      AND (one.left_at IS NULL OR one.left_at > other.came_at)
) OR EXISTS (
    SELECT FROM section11e_category c JOIN section11e_attendee a ON a.id = c.attendee
    JOIN section11e_presence p ON p.meeting = c.meeting JOIN section11e_attendee b ON b.id = p.attendee
    WHERE c.meeting = $1 AND a.unit <> b.unit AND (p.left_at IS NULL OR p.left_at > c.at))
"""
_IN_ROOM = """
SELECT a.id, a.user_id, a.unit, a.profession FROM section11e_attendee a
WHERE a.meeting = $1 AND EXISTS (SELECT FROM section11e_presence p WHERE p.attendee = a.id AND p.left_at IS NULL)
ORDER BY a.id
"""
_BROUGHT = """
SELECT b.id, b.category, b.sealed, b.at, a.unit, a.profession, a.user_id FROM section11e_brought b
JOIN section11e_attendee a ON a.id = b.attendee WHERE b.meeting = $1 ORDER BY b.id
"""
_KIND_BROUGHT = """
INSERT INTO section11e_category (meeting, attendee, category, at) VALUES ($1, $2, $3, greatest(
    $4::timestamptz, (SELECT max(greatest(p.came_at, p.left_at)) FROM section11e_presence p WHERE p.meeting = $1)))
ON CONFLICT DO NOTHING
"""
_CATEGORIES = """
SELECT c.category, a.unit, a.user_id, a.profession FROM section11e_category c
JOIN section11e_attendee a ON a.id = c.attendee WHERE c.meeting = $1 ORDER BY c.at, c.category
"""
_MINE = """
SELECT g.id, g.matter, g.kind, g.state, g.unit, g.starts_at, g.ends_at, g.inform_by, g.informed_at,
    CASE WHEN g.unit = $1 THEN g.outcome END AS outcome,
    CASE WHEN g.unit = $1 THEN g.not_informed_because END AS not_informed_because
FROM section11e_meeting g
WHERE g.id > $3 AND (g.unit = $1 OR EXISTS (
    SELECT FROM section11e_attendee a WHERE a.meeting = g.id AND a.user_id = $2 AND a.unit = $1))
ORDER BY g.id LIMIT $4
"""
_TERMS = """
SELECT DISTINCT ON (municipality) municipality, ppr, unborn, unborn_basis, by_unit, recorded_at FROM section11e_terms
WHERE municipality = ANY($1::text[]) ORDER BY municipality, id DESC
"""


async def earlier(connection: Connection, child: PersonId) -> list[Any]:
    """Return every matter there was about a child, oldest first, each with kind and state of its meetings."""
    rows: list[Any] = await connection.fetch(_EARLIER, child)
    return rows


async def add_matter(
    connection: Connection, number: UUID, child: PersonId, ordinal: int, told: Sequence[object], state: MatterState,
    by: By,
) -> bool:  # fmt: skip
    """Keep a matter as that number among the child's; False, if another was a moment faster.

    `told`: unit, municipality, about, reason.
    """
    made = await connection.execute(
        _ADD_MATTER, number, child, ordinal, *told, state, by.unit, by.user, by.at, by.ledger_id
    )
    return bool(made == "INSERT 0 1")


async def matter(connection: Connection, number: UUID) -> Any:  # noqa: ANN401 - a database row
    """Return a matter, or None; `child_now` is the id the child goes by."""
    return await connection.fetchrow(_MATTER, number)


async def decide_matter(connection: Connection, number: UUID, state: MatterState, user: str, at: datetime) -> bool:
    """Keep what a leader decided; False, if it was decided before."""
    return await connection.fetchval(_DECIDE_MATTER, number, state, user, at) is not None


async def matters_waiting(connection: Connection, municipality: str, most: int) -> list[Any]:
    """Return matters and follow-ups of a municipality that wait for a leader, oldest first: id, what, unit, reason."""
    rows: list[Any] = await connection.fetch(
        "SELECT id, 'matter' AS what, unit, reason, recorded_at FROM section11e_matter "
        "WHERE municipality = $1 AND state = 'awaiting_approval' UNION ALL "
        "SELECT id, 'meeting', unit, special_circumstances, recorded_at FROM section11e_meeting "
        "WHERE municipality = $1 AND state = 'awaiting_approval' ORDER BY recorded_at, id LIMIT $2",
        municipality, most,
    )  # fmt: skip
    return rows


async def states(connection: Connection, number: UUID) -> Mapping[Kind, Collection[State]]:
    """Return the states of a matter's meetings, by kind."""
    found: dict[Kind, list[State]] = {kind: [] for kind in Kind}
    for row in await connection.fetch(_STATES, number):
        found[Kind(row["kind"])].append(State(row["state"]))
    return found


async def hold_child(connection: Connection, child: PersonId) -> None:
    """Let no other meeting about the child be called until the transaction ends."""
    await connection.execute(_HOLD_CHILD, child)


async def first_elsewhere(connection: Connection, child: PersonId, matter: UUID, states: Collection[State]) -> bool:
    """Say whether another matter about the child that needed no leader has a first meeting in one of `states`."""
    return bool(await connection.fetchval(_FIRST_ELSEWHERE, child, matter, list(states)))


async def overlapping(connection: Connection, child: PersonId, starts_at: datetime, ends_at: datetime) -> bool:
    """Say whether a meeting about the child is called for that time already."""
    return bool(await connection.fetchval(_OVERLAPPING, child, starts_at, ends_at))


async def add_meeting(
    connection: Connection, number: UUID, matter: UUID, call: Call, place: tuple[str, str], state: State, by: By
) -> bool:
    """Keep a meeting; False, if the matter has its one of this kind. `place`: the calling unit and its municipality."""
    attempt = call.attempt
    made = await connection.execute(
        _ADD_MEETING, number, matter, call.kind, state, *place, call.starts_at, call.ends_at, call.necessity,
        attempt.refusal, attempt.impossible, attempt.why, call.special_circumstances, call.leader,
        by.unit, by.user, by.at, by.ledger_id,
    )  # fmt: skip
    return bool(made == "INSERT 0 1")


async def meeting(connection: Connection, number: UUID, *, hold: bool = False) -> Any:  # noqa: ANN401 - a database row
    """Return a meeting with its child, or None; `hold` keeps it as it is until the transaction ends."""
    if hold:
        await connection.execute(_HOLD_MEETING, number)
    return await connection.fetchrow(_MEETING, number)


async def add_attendee(connection: Connection, meeting: UUID, invited: Invited, unit: PartyFacts, by: By) -> bool:
    """Keep that somebody may come; False, if they may already."""
    made = await connection.execute(
        _ADD_ATTENDEE, new_id(), meeting, invited.user, invited.profession, invited.unit, unit.organisation, unit.row,
        invited.agreement, invited.elsewhere_because, by.unit, by.user, by.at, by.ledger_id,
    )  # fmt: skip
    return bool(made == "INSERT 0 1")


async def attendees(connection: Connection, meeting: UUID) -> list[Any]:
    """Return who may come, with what they chose, whether they came, and whether they are there now."""
    rows: list[Any] = await connection.fetch(_ATTENDEES, meeting)
    return rows


async def attendee(connection: Connection, meeting: UUID, user: str, unit: str) -> Any:  # noqa: ANN401 - a database row
    """Return the attendee a caller is, or None."""
    return await connection.fetchrow(
        "SELECT * FROM section11e_attendee WHERE meeting = $1 AND user_id = $2 AND unit = $3", meeting, user, unit
    )


async def choose(connection: Connection, attendee: UUID, at: datetime, *, shares: bool) -> None:
    """Keep whether somebody chooses to share."""
    await connection.execute(
        "UPDATE section11e_attendee SET shares = $2, chose_at = $3 WHERE id = $1", attendee, shares, at
    )


async def move(connection: Connection, meeting: UUID, to: State, **told: object) -> None:
    """Keep where a meeting stands now; `told` are columns to set along (opened_at, ended_at, inform_by ..)."""
    names = ["state", *told]
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=2))
    await connection.execute(f"UPDATE section11e_meeting SET {sets} WHERE id = $1", meeting, to, *told.values())  # noqa: S608 - our own names


async def conclude(connection: Connection, meeting: UUID, outcome: Outcome) -> bool:
    """Keep what a meeting led to; False, if that was kept before."""
    made = await connection.execute(
        "UPDATE section11e_meeting SET outcome = $2 WHERE id = $1 AND outcome IS NULL", meeting, outcome
    )
    return bool(made == "UPDATE 1")


async def inform(connection: Connection, meeting: UUID, at: datetime | None, because: NotInformed | None) -> None:
    """Keep when the parents were told, or why they are not; told later overrules why not."""
    await connection.execute(
        "UPDATE section11e_meeting SET informed_at = $2, not_informed_because = $3 WHERE id = $1", meeting, at, because
    )


async def come(connection: Connection, meeting: UUID, attendee: UUID, user: str, at: datetime) -> bool:
    """Keep that somebody came; False, if they are in a room already."""
    made = await connection.execute(_COME, new_id(), meeting, attendee, user, at)
    return bool(made == "INSERT 0 1")


async def where(connection: Connection, user: str) -> UUID | None:
    """Return the meeting whose room somebody is in."""
    found: UUID | None = await connection.fetchval(
        "SELECT meeting FROM section11e_presence WHERE user_id = $1 AND left_at IS NULL", user
    )
    return found


async def leave(connection: Connection, meeting: UUID, at: datetime, user: str | None = None) -> None:
    """Keep that somebody left, or everybody."""
    await connection.execute(_LEAVE, meeting, at, user)


async def met(connection: Connection, meeting: UUID) -> bool:
    """Say whether something could be told: people of two units met, or one saw what another had left on the table."""
    return bool(await connection.fetchval(_MET, meeting))


async def in_room(connection: Connection, meeting: UUID) -> list[Any]:
    """Return who is in the room."""
    rows: list[Any] = await connection.fetch(_IN_ROOM, meeting)
    return rows


async def bring(
    connection: Connection, number: UUID, meeting: UUID, attendee: UUID, category: str, sealed: bytes, at: datetime
) -> None:
    """Put something forward, and keep that this kind was."""
    await connection.execute(
        "INSERT INTO section11e_brought (id, meeting, attendee, category, sealed, at) VALUES ($1, $2, $3, $4, $5, $6)",
        number, meeting, attendee, category, sealed, at,
    )  # fmt: skip
    await connection.execute(_KIND_BROUGHT, meeting, attendee, category, at)


async def brought(connection: Connection, meeting: UUID) -> list[Any]:
    """Return what is on the table, sealed, oldest first."""
    rows: list[Any] = await connection.fetch(_BROUGHT, meeting)
    return rows


async def how_many(connection: Connection, meeting: UUID) -> int:
    """Return how many pieces are on the table."""
    found: int = await connection.fetchval("SELECT count(*) FROM section11e_brought WHERE meeting = $1", meeting)
    return found


async def clear(connection: Connection, meeting: UUID) -> None:
    """Delete everything that was brought to a meeting."""
    await connection.execute("DELETE FROM section11e_brought WHERE meeting = $1", meeting)


async def categories(connection: Connection, meeting: UUID) -> list[Any]:
    """Return which kinds were put forward, and by whom: what is kept of it (R13)."""
    rows: list[Any] = await connection.fetch(_CATEGORIES, meeting)
    return rows


async def mine(connection: Connection, unit: str, user: str, after: UUID, most: int) -> list[Any]:
    """Return the meetings a unit called, and those somebody is invited to for it, oldest first."""
    rows: list[Any] = await connection.fetch(_MINE, unit, user, after, most)
    return rows


async def terms(connection: Connection, municipalities: Collection[str]) -> dict[str, Terms]:
    """Return what municipalities have decided; those that have not are not there."""
    rows = await connection.fetch(_TERMS, list(municipalities))
    return {row["municipality"]: Terms(row["ppr"], row["unborn"], row["unborn_basis"]) for row in rows}


async def add_terms(connection: Connection, municipality: str, decided: Terms, by: By) -> None:
    """Keep what a municipality decides from now on."""
    await connection.execute(
        "INSERT INTO section11e_terms (id, municipality, ppr, unborn, unborn_basis, by_unit, by_user, recorded_at, "
        "ledger_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(), municipality, decided.ppr, decided.unborn, decided.unborn_basis, by.unit, by.user, by.at,
        by.ledger_id,
    )  # fmt: skip


async def note_refused(
    connection: Connection, code: str, rule: str, who: tuple[str, str, str | None], units: Sequence[str],
    about: tuple[UUID | None, UUID | None], at: datetime, ledger_id: UUID,
) -> None:  # fmt: skip
    """Keep that something was refused. `who`: unit, user, municipality; `about`: matter, meeting."""
    unit, user, municipality = who
    await connection.execute(
        "INSERT INTO section11e_refused (id, at, code, rule, unit, user_id, municipality, units, matter, meeting, "
        "ledger_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new_id(), at, code, rule, unit, user, municipality, list(units), *about, ledger_id,
    )  # fmt: skip
