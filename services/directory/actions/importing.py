"""A file of offers is sent in, looked through row by row, and written all or not at all.

The file is kept with a message in one transaction; a worker carries it out. If the worker dies, another does it anew:
the versions, the report and the job's end are one transaction too, so that it is done once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from itertools import zip_longest
from typing import Any
from uuid import UUID

from services.directory.actions.editing import Word, slug, told
from services.directory.domain.document import to_document
from services.directory.domain.hsds.files import read_hsds
from services.directory.domain.model import Catalogue, Offer, OfferId, UnitId
from services.directory.domain.rights import Editor, may_edit
from services.directory.domain.transfer.checking import Checked, Held, check, identified, refused
from services.directory.domain.transfer.findings import Code, FileRefused, Finding
from services.directory.domain.transfer.flat import telling
from services.directory.domain.transfer.opening import Translate, open_file
from services.directory.domain.transfer.rows import Format, Read
from services.directory.domain.versions import ALWAYS, Head, Kind, Stretch, handed_on, holding
from services.directory.store import imports, reference, showings, versions
from services.directory.store.imports import Job, Progress
from services.directory.store.imports import Seen as Seen
from services.directory.store.versions import NewVersion
from shared import ledger
from shared.clock import danish_date, now
from shared.db import Connection, Database, Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.ledger import Actor
from shared.outbox import put
from shared.problems import NotThere, Unavailable

IMPORT = "import"
HSDS, OWN = "hsds", "own"
LONGEST_WAIT_S = 20
_POLL_S = 0.1
# So many rows are written, or looked at, between two words on how far it is.
_STEP = 1000
# The offers may change between looking and writing: then it is looked at anew, so often.
_TRIES = 3
MOST_ATTEMPTS = 10
_GIVEN_UP = Finding(0, "", "Filen kunne ikke behandles. Del den op, eller tal med supporten.", Code.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: how it is to be read, and whether it is only to be tried."""

    body: bytes
    format: Format
    profile: str
    encoding: str | None
    dry_run: bool

    def told_apart(self, unit: str, key: str | None) -> Once:
        """Return what tells this post from another."""
        if key is None:
            return Once(unit, None, b"")
        how = f"imports {self.format} {self.profile} {self.encoding} {self.dry_run}\n".encode()
        return Once(unit, key, sha256(how + self.body).digest())


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a file is checked against."""

    catalogue: Catalogue
    base: int
    held: dict[OfferId, Held]
    heads: dict[OfferId, Head]
    others: Sequence[dict[str, Any]]


async def receive(
    transaction: Transaction, sent: Sent, editor: Editor, user: str, at: datetime, request_id: str, key: str | None
) -> tuple[UUID, bool]:
    """Keep a file, with the message that has it carried out; return its number, and whether it was sent before.

    Raises:
        IdempotencyConflict: the key was used with other content.
    """
    number = new_id()
    before = await claim(transaction, sent.told_apart(editor.unit, key), number)
    if before is not None:
        return before, True
    job = Job(
        number, editor.unit, user, editor.whole_organisation, at, request_id, sent.format, sent.profile, sent.encoding,
        sent.dry_run, sha256(sent.body).digest(), len(sent.body),
    )  # fmt: skip
    await imports.put(transaction, job, sent.body)
    await put(transaction, IMPORT, {"job": str(number)}, request_id)
    return number, False


async def look(database: Database, number: UUID, unit: str) -> Seen:
    """Return how far a file is, and its report.

    Raises:
        NotThere: there is none of that unit.
    """
    async with database.connection() as connection:
        found = await imports.seen(connection, number)
    if found is None or found.job.unit != unit:
        raise NotThere
    return found


async def wait_for(database: Database, number: UUID, unit: str, seconds: int) -> Seen:
    """Return the same as `look`, when the file is done or after so many seconds, at most `LONGEST_WAIT_S`.

    Raises:
        NotThere: there is none of that unit.
    """
    found = await look(database, number, unit)
    for _ in range(round(min(seconds, LONGEST_WAIT_S) / _POLL_S)):
        if found.job.done_at is not None:
            break
        await asyncio.sleep(_POLL_S)
        found = await look(database, number, unit)
    return found


async def carry_out(database: Database, number: UUID, attempt: int = 1, clock: Callable[[], datetime] = now) -> None:
    """Read, check and write a file, or write nothing; once, however often it is called.

    A file that has been tried `MOST_ATTEMPTS` times without an end, as when it kills its worker, is refused.

    Raises:
        Unavailable: another carries it out just now, or the offers change faster than they can be checked.
    """
    async with database.connection() as connection:
        job, body = await imports.get(connection, number), await imports.body(connection, number)
    if job is None or body is None:
        return
    if attempt > MOST_ATTEMPTS:
        await _refuse(database, job, _GIVEN_UP, clock())
        return
    for _ in range(_TRIES):
        if await _tried(database, job, body, clock):
            return
    raise Unavailable("offers")


async def _tried(database: Database, job: Job, body: bytes, clock: Callable[[], datetime]) -> bool:
    """Check the file against the offers as they are, and conclude; False: they have changed meanwhile."""
    tell = _Teller(database, job.id, clock)
    await tell.say("reading", 0, None)
    async with database.connection() as connection:
        catalogue = await reference.catalogue(connection)
    try:
        read = await asyncio.to_thread(open_file, body, job.format, job.encoding, _translate(job, catalogue))
    except FileRefused as error:
        await _refuse(database, job, error.finding, clock())
        return True
    read = Read(identified(read.rows, slug), read.findings)
    await tell.say("comparing", 0, len(read.rows))
    async with database.connection() as connection:
        basis = await _basis(connection, catalogue, read, clock())
    checked = await _checked(job, read, basis, tell, clock())
    async with database.transaction() as transaction:
        return await _concluded(transaction, job, checked, basis, tell, clock())


async def _refuse(database: Database, job: Job, finding: Finding, at: datetime) -> None:
    async with database.transaction() as transaction:
        await _finish(transaction, job, refused(finding), at)


async def _basis(connection: Connection, catalogue: Catalogue, read: Read, at: datetime) -> _Basis:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        base = (await showings.pulse(connection)).base
        heads = await versions.heads(connection, [str(row.said.get("id")) for row in read.rows])
        standing = await versions.standing(connection, list(heads))
        others = await imports.compared(connection, danish_date(at))
    held = {number: _held(head, standing[number], danish_date(at)) for number, head in heads.items()}
    return _Basis(catalogue, base, held, heads, others)


def _held(head: Head, standing: Sequence[Stretch], today: date) -> Held:
    """Return what holds of an offer today, with the number of its newest version.

    A new owner that follows from a unit's closing is no plan: `_versions` says it again of what is imported.
    """
    now = holding(standing, today)
    offer = head.offer if now is None else now.offer
    planned = [
        each.holds_from
        for before, each in zip([None, *standing], standing, strict=False)
        if each.holds_from > today and (before is None or replace(before.offer, unit=each.offer.unit) != each.offer)
    ]
    return Held(offer.unit, head.version, telling(to_document(offer)), planned)


async def _checked(job: Job, read: Read, basis: _Basis, tell: "_Teller", at: datetime) -> Checked:
    """Check in a thread of its own, and say meanwhile how far it is."""
    today, editor = danish_date(at), Editor(job.unit, job.whole_organisation)

    @cache
    def allowed(unit: UnitId) -> bool:
        return may_edit(editor, unit, basis.catalogue, today)

    rows = len(read.rows)
    heard = tell.hearing("checking", rows)
    done = asyncio.create_task(
        asyncio.to_thread(check, read, basis.catalogue, basis.held, basis.others, allowed, today, heard)
    )
    while not done.done():
        await asyncio.wait([done], timeout=_POLL_S)
        await tell.say_heard()
    return done.result()


async def _concluded(
    transaction: Transaction, job: Job, checked: Checked, basis: _Basis, tell: "_Teller", at: datetime
) -> bool:
    """Write what is to be written, with the report; False where the offers are no longer those that were compared."""
    held = await imports.hold(transaction, job.id)
    if held is None or held.state != "waiting":
        return True
    writes = checked.passed and not job.dry_run
    if writes:
        await versions.hold_units(transaction)
        heads = await versions.heads(transaction, list(checked.held), for_change=True)
        now_held = {number: heads[number].version if number in heads else 0 for number in checked.held}
        if now_held != checked.held or (await showings.pulse(transaction)).base != basis.base:
            return False
        await _write(transaction, job, checked, basis, tell, at)
    await _finish(transaction, job, checked, at)
    return True


async def _write(
    transaction: Transaction, job: Job, checked: Checked, basis: _Basis, tell: "_Teller", at: datetime
) -> None:
    made = [*checked.created, *checked.changed]
    for begins in range(0, len(made), _STEP):
        await tell.say("writing", begins, len(made))
        step = [_versions(job, one, basis, at) for one in made[begins : begins + _STEP]]
        for together in zip_longest(*step):
            new = [each for each in together if each is not None]
            await versions.add(transaction, new, basis.catalogue, publishing=False)
    if made:
        await versions.publish(transaction, [one.id for one in made])


def _versions(job: Job, one: Offer, basis: _Basis, at: datetime) -> list[NewVersion]:
    """Return the versions a row becomes, another for each day its unit is to hand it on.

    They confirm nothing, and what was confirmed before stays so.
    """
    head = basis.heads.get(one.id)
    editor, actor = Editor(job.unit, job.whole_organisation), Actor(job.unit, job.user)
    word = Word(editor, actor, at, job.request_id, "Indlæst fra en fil")
    stretches = handed_on([Stretch(one, ALWAYS if head is None else word.today)], basis.catalogue.units)
    if head is None:
        return told(Kind.IMPORTED, 1, stretches, None, word)
    return told(Kind.IMPORTED, head.version + 1, stretches, head.confirmed, word, since=head.at)


async def _finish(transaction: Transaction, job: Job, checked: Checked, at: datetime) -> None:
    """Keep the report, and the ledger's entry where offers were written."""
    held = await imports.hold(transaction, job.id)
    if held is None or held.state != "waiting":
        return
    written = checked.passed and not job.dry_run
    report = {"dry_run": job.dry_run, "written": written, **checked.told()}
    await imports.finish(transaction, job.id, "done" if checked.passed else "refused", report, at)
    if written:
        entry = ledger.entry(
            "offers_imported", at=at, actor=Actor(job.unit, job.user), request_id=job.request_id, job=str(job.id),
            digest=job.digest.hex(), created=len(checked.created), changed=len(checked.changed),
        )  # fmt: skip
        await ledger.append(transaction, entry)


def _translate(job: Job, catalogue: Catalogue) -> Translate | None:
    return partial(_from_hsds, catalogue) if job.profile == HSDS else None


def _from_hsds(catalogue: Catalogue, said: object) -> list[tuple[int, dict[str, Any], Sequence[tuple[str, str]]]]:
    rows = read_hsds(said, catalogue)
    return [(row.place, row.offer, row.notes) for row in rows]


class _Teller:
    """Says how far a job is, on a connection of its own: what the writing transaction says is seen at its end only."""

    def __init__(self, database: Database, job: UUID, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._job = job
        self._clock = clock
        self._heard: tuple[str, int, int] | None = None

    async def say(self, phase: str, rows: int, total: int | None) -> None:
        """Keep how far it is."""
        async with self._database.connection() as connection:
            await imports.note(connection, self._job, Progress(phase, rows, total), self._clock())

    def hearing(self, phase: str, total: int) -> Callable[[int], None]:
        """Return what a thread may call with the row it has come to."""

        def hear(row: int) -> None:
            if row % _STEP == 0:
                self._heard = (phase, row, total)

        self._heard = (phase, 0, total)
        return hear

    async def say_heard(self) -> None:
        """Keep what was heard last, if it was not kept already."""
        if self._heard is not None:
            heard, self._heard = self._heard, None
            await self.say(*heard)
