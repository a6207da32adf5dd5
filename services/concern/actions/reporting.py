"""Report a concern: never a referral, nobody's consent asked, nothing but its own database in the way (R29, R31)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.concern.actions import clock
from services.concern.actions.context import Nobody, Request
from services.concern.actions.receipts import fingerprint, new_receipt
from services.concern.actions.receiving import must_be_municipalities, receiving_unit
from services.concern.domain.acting import Acting, Facts, acting_municipality
from services.concern.domain.children import must_be_possible
from services.concern.domain.clocks import due
from services.concern.domain.dialogue import Form, must_suit
from services.concern.domain.errors import AnonymousWithName, NotAnonymous, NotInformed
from services.concern.domain.informing import Informing, answered, by_our_clock, inform_by, must_answer, still_to_tell
from services.concern.domain.kinds import (
    Ground,
    ReporterKind,
    Stated,
    Subject,
    must_be_stated,
    provision,
    reporter_kind,
)
from services.concern.sealing import Seal
from services.concern.store import reports
from services.concern.store.reports import By, Filed
from shared import ledger
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id

_ABOUT_FACTS = ("stays_in", "holder_in", "mostly_in", "cpr_in", "mother_in", "before_shelter")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to report; the mappings are sealed as they are, and seen by no rule.

    `moving`: the authority of the municipality the family has left tells the new one (BL § 132). `reporter`: who
    reports, as they write it; None: they do not say. `informing`: whether the parents were told; None: not said.
    """

    ground: Ground
    facts: Facts
    child: Mapping[str, object]
    said: Mapping[str, str]
    form: Form = Form.ORDINARY
    birth_date: date | None = None
    due_date: date | None = None
    moving: bool = False
    anonymous: bool = False
    reporter: Mapping[str, str] | None = None
    summary: str | None = None
    informing: Informing | None = None
    running_measures: bool | None = None

    @property
    def subject(self) -> Subject:
        """Whom the concern is for."""
        return Subject.UNBORN if self.facts.unborn else Subject.BORN


@dataclass(frozen=True, slots=True)
class Received:
    """A report that was received; `again`: it was before, and this is the same answer."""

    row: Any
    receipt: str | None
    again: bool


@dataclass(frozen=True, slots=True)
class _From:
    """Who reports, as it is kept: a unit's person by name, a citizen by login, by a name alone, or nobody."""

    kind: ReporterKind
    asked: Request | Nobody
    anonymous: bool
    unit: str | None = None
    user: str | None = None
    receipt: str | None = None


async def by_professional(
    transaction: Transaction, draft: Draft, units: Mapping[str, UnitOut], seal: Seal, post: Once, request: Request
) -> Received:
    """Receive what somebody reports for their unit, by name; what kind of reporter they are, the directory says.

    Raises:
        NotAnonymous: without a name (R36); whoever is no professional may report as a citizen.
        NotInformed: it is not said whether the parents were told, nor why not (R73).
        ConcernError: as `_receive`.
    """
    before = await made_before(transaction, post)
    if before is not None:
        return await _again(transaction, before, seal)
    unit = units.get(request.unit)
    kind = reporter_kind(unit, moving=draft.moving)
    if draft.anonymous or draft.reporter is None:
        raise NotAnonymous
    if draft.informing is None:
        raise NotInformed(["informed_at", "why_not"])
    source = _From(kind, request, anonymous=False, unit=request.unit, user=request.user)
    place = None if unit is None else unit.municipality
    return await _receive(transaction, draft, source, place, units, seal, post)


async def by_citizen(
    transaction: Transaction, draft: Draft, units: Mapping[str, UnitOut], seal: Seal, post: Once,
    asked: Request | Nobody,
) -> Received:  # fmt: skip
    """Receive what a citizen reports: with their login, by a name as they write it, or as nobody at all (R36).

    Raises:
        AnonymousWithName: they want to be nobody, and say who they are.
        ConcernError: as `_receive`.
    """
    before = await made_before(transaction, post)
    if before is not None:
        return await _again(transaction, before, seal)
    if draft.anonymous and draft.reporter is not None:
        raise AnonymousWithName
    login = asked.caller.citizen if isinstance(asked, Request) and not draft.anonymous else None
    nobody = draft.anonymous or (login is None and draft.reporter is None)
    who: Request | Nobody = Nobody(asked.at, asked.request_id) if login is None else asked
    source = _From(ReporterKind.CITIZEN_135, who, anonymous=nobody, user=login, receipt=new_receipt())
    return await _receive(transaction, draft, source, None, units, seal, post)


async def _receive(
    transaction: Transaction, draft: Draft, source: _From, reporter_in: str | None, units: Mapping[str, UnitOut],
    seal: Seal, post: Once,
) -> Received:  # fmt: skip
    """Keep the report, its words and the ledger entry in one transaction; how little is known stops nothing.

    Raises:
        ConcernError: the rules of who reports (R29, R30, R36, R37), of the child, of the parents (R73), of a meeting
            (R31), or of municipalities (R46) do not allow it.
        MunicipalityNotConnected: nobody there would read it (R39).
    """
    asked = source.asked
    today = danish_date(asked.at)
    must_be_municipalities([getattr(draft.facts, name) for name in _ABOUT_FACTS])
    acting = acting_municipality(draft.facts)
    must_be_stated(
        Stated(source.kind, draft.ground, draft.subject, acting.municipality, reporter_in, source.anonymous,
               draft.summary is not None)
    )  # fmt: skip
    must_be_possible(draft.subject, draft.birth_date, draft.due_date, today)
    must_suit(draft.form, anonymous=source.anonymous)
    if draft.informing is not None:
        told = by_our_clock(draft.informing, asked.at)
        must_answer(told, asked.at)
        draft = replace(draft, informing=told)
    receiver = await receiving_unit(transaction, acting.municipality, units, today)
    number = new_id()
    before = await claim(transaction, post, number)
    if before is not None:
        return await _again(transaction, before, seal)
    filed = _filed(number, draft, source, acting, receiver)
    entry = asked.entry(
        "concern_received", report=str(number), municipality=filed.municipality, to=filed.unit,
        basis=filed.basis, reporter_kind=filed.reporter_kind, ground=filed.ground, subject=filed.subject,
        form=filed.form, anonymous=filed.anonymous,
    )  # fmt: skip
    by = By(filed.reporter_unit, filed.reporter_user, asked.at, entry.id)
    await reports.add(transaction, filed, by)
    for what, content in _words(draft, source).items():
        await reports.add_words(transaction, number, what, seal.seal(number, what, orjson.dumps(content)), by)
    if draft.informing is not None:
        told = draft.informing
        await reports.add_informing(transaction, number, told.by, told.informed_at, told.why_not, by)
    await ledger.append(transaction, entry)
    await clock.start(transaction, filed, asked.at)
    return Received(await reports.find(transaction, number), source.receipt, again=False)


def _filed(number: UUID, draft: Draft, source: _From, acting: Acting, receiver: UnitOut) -> Filed:
    at = source.asked.at
    by = due(at)
    answers = [] if draft.informing is None else [draft.informing]
    return Filed(
        id=number,
        original=number,
        municipality=acting.municipality,
        basis=acting.basis,
        missing=acting.missing,
        unit=receiver.id,
        reporter_kind=source.kind,
        ground=draft.ground,
        provision=provision(source.kind, draft.ground),
        subject=draft.subject,
        form=draft.form,
        anonymous=source.anonymous,
        reporter_unit=source.unit,
        reporter_user=source.user,
        receipt=None if source.receipt is None else fingerprint(source.receipt),
        received_at=at,
        assess_by=by.assess_by,
        acknowledge_by=by.acknowledge_by,
        inform_by=inform_by(at),
        running_measures=draft.running_measures,
        parents_answered=answered(answers),
        parents_to_tell=still_to_tell(answers),
    )


def _words(draft: Draft, source: _From) -> dict[str, Mapping[str, object]]:
    """Return what is sealed, by what it is; a receipt is among it, so that the same post gives the same answer."""
    reporter: dict[str, object] = dict(draft.reporter or {})
    if source.receipt is not None:
        reporter["receipt"] = source.receipt
    words: dict[str, Mapping[str, object]] = {"child": draft.child, "original": draft.said}
    if reporter:
        words["reporter"] = reporter
    if draft.summary is not None:
        words["summary"] = {"text": draft.summary}
    return words


async def _again(transaction: Transaction, number: UUID, seal: Seal) -> Received:
    """Return what the same post was answered before."""
    row = await reports.find(transaction, number)
    for each in await reports.words_of(transaction, number):
        if each["what"] == "reporter":
            told = orjson.loads(seal.open(number, "reporter", each["sealed"]))
            return Received(row, told.get("receipt"), again=True)
    return Received(row, None, again=True)
