"""What both standards need of a word: names for ours that hold anywhere, its ways and its history."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from services.consent.domain.model import Effect, Record, UnitId
from services.consent.domain.told import Event, Notice, State, Told

_OURS = "urn:familiebro"
# The consolidated acts that docs/rules.md reads; a new one gets its line here.
_ACTS: Mapping[str, str] = {
    "SUL": "https://www.retsinformation.dk/eli/lta/2025/275",
    "RSL": "https://www.retsinformation.dk/eli/lta/2025/354",
    "FVL": "https://www.retsinformation.dk/eli/lta/2014/433",
    "GDPR": "http://data.europa.eu/eli/reg/2016/679/oj",
}
GDPR = _ACTS["GDPR"]


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a word: who tells whom, and under which provisions."""

    tellers: tuple[UnitId, ...]
    hearers: tuple[UnitId, ...]
    laws: tuple[str, ...]


def ways(record: Record, recipients: frozenset[UnitId] | None = None) -> tuple[Way, ...]:
    """Return the way there and, where both ways were agreed, the way back: never from one recipient to another.

    A no closes both ways, as the decision has it. `recipients`: only those of them; None for all.
    """
    sender, others = (record.sender,), tuple(sorted(record.recipients if recipients is None else recipients))
    there = Way(sender, others, _laws(record, {(record.sender, other) for other in others}))
    if not record.mutual and record.effect is Effect.PERMIT:
        return (there,)
    return (there, Way(others, sender, _laws(record, {(other, record.sender) for other in others})))


def history(told: Told) -> tuple[Event, ...]:
    """Return everything that happened to a word, from when it was said: each once, oldest first (R24).

    Of units that the reader is told nothing of, nothing is named: what was taken back from them alone is left out.
    """
    said = State.GIVEN if told.record.effect is Effect.PERMIT else State.REFUSED
    later = [event for event in told.events if event.state not in {State.GIVEN, State.REFUSED}]
    events = [Event(said, told.record.valid_from, told.recorded_by_unit), *later]
    return tuple(_for_reader(told, event) for event in events if _concerns(told.record, event))


def is_part(event: Event) -> bool:
    """Say whether it is about some recipients or kinds only, and leaves the rest standing."""
    return event.recipients is not None or event.categories is not None


def units(told: Told) -> tuple[UnitId, ...]:
    """Return every unit the word or its history names to the reader, in a fixed order."""
    named = {event.by_unit for event in history(told) if event.by_unit is not None}
    return tuple(sorted(named | {told.record.sender} | told.record.recipients))


def urn(kind: str, name: str) -> str:
    """Return a name of ours that holds anywhere: `urn:familiebro:kind:name`, the name percent-encoded (RFC 8141)."""
    return f"{_OURS}:{kind}:{quote(name, safe='')}"


def scheme(kind: str) -> str:
    """Return the name of a closed list of ours, or of a kind of numbers."""
    return f"{_OURS}:{kind}"


def uuid_urn(one: UUID) -> str:
    """Return the name of what has a UUID (RFC 9562)."""
    return f"urn:uuid:{one}"


def notice_version(notice: Notice) -> str:
    """Return the id of just the text that was shown: id, version and language (R19)."""
    return f"{notice.id}|{notice.version}|{notice.language}"


def act(law: str) -> str:
    """Return where the act of a provision ("SUL § 41, stk. 1") is published (ELI).

    Raises:
        KeyError: its act is not among those known here.
    """
    return _ACTS[law.split(maxsplit=1)[0]]


def instant(at: datetime) -> str:
    """Return a moment in UTC, to the microsecond, as both standards write it (RFC 3339)."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _concerns(record: Record, event: Event) -> bool:
    return event.recipients is None or not event.recipients.isdisjoint(record.recipients)


def _for_reader(told: Told, event: Event) -> Event:
    recipients = None if event.recipients is None else event.recipients & told.record.recipients
    return replace(event, by_unit=event.by_unit if event.by_unit in told.units else None, recipients=recipients)


def _laws(record: Record, roads: set[tuple[UnitId, UnitId]]) -> tuple[str, ...]:
    return tuple(sorted({record.basis[road] for road in roads if road in record.basis}))
