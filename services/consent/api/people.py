"""People the information is about: an opaque id and what decides who speaks for them; no names."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from services.consent.actions import merging, people
from services.consent.api.context import ByOverrider, ByRecorder, Noted, TheVault, UnitsIfKnown, UnitsToday
from services.consent.api.identifiers import IdentifierIn, once_with
from services.consent.domain.errors import UnknownPerson
from services.consent.domain.identifiers import IdentifierKind, warnings
from services.consent.domain.model import CAPACITY_DANISH, Capacity, PersonId
from services.consent.domain.people import Basis, Residence
from shared.db import InTransaction, TheDatabase
from shared.idempotency import IdempotencyKey, replayed
from shared.personal import MASK
from shared.text import Code, Day, Line, Truth, WireIn, WireOut

router = APIRouter(tags=["people"], route_class=Noted)
MOST_IDENTIFIERS = 3
_MUNICIPALITY = Annotated[str, Field(pattern="^0[0-9]{3}$")]
_CODE = "four digits, as in /municipalities (R46)"
_ID = "01a20262-ff72-74e6-9f69-e7e0788311b4"


class ExpectedIn(WireIn):
    """A child that is not born: it has no number of its own, but a mother and a due date (R43)."""

    mother: UUID = Field(description="the pregnant woman; she alone is asked (R26)")
    due_date: Day = Field(description="when the child is expected (termin)")


class PersonIn(WireIn):
    """A person, as a unit registers them: born, or expected. Names stay where they are."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"birth_date": "2005-03-14", "login": "pseudonym-7f3a"}]},
    )

    birth_date: Day | None = Field(default=None, description="who may consent depends on age (R26)")
    expected: ExpectedIn | None = Field(default=None, description="instead of a birth date")
    login: Code | None = Field(
        default=None, description="pseudonym of the person's own login, so that they can see and withdraw consents"
    )
    identifiers: tuple[IdentifierIn, ...] = Field(
        default=(), max_length=MOST_IDENTIFIERS, description="numbers others know them by; never told back (R45)"
    )


class PersonOut(WireOut):
    """The person's id: what every other service knows them by."""

    id: UUID
    warnings: list[str] = Field(default=[], description="in Danish: worth a second look, and never a refusal (R41)")


class LookupIn(WireIn):
    """Whom an identifier is of: asked in a body, never in an address (R45)."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"identifier": {"kind": "cpr", "value": "610190-1234"}}]},
    )

    identifier: IdentifierIn = Field(description="the whole number; part of one finds nobody")


class VoiceOut(WireOut):
    """Whose word is needed today (R26, R27)."""

    person: UUID
    capacity: Capacity
    capacity_danish: str
    since: date = Field(description="a word counts from this day on")


class KnownIdentifierOut(WireOut):
    """An identifier your unit has recorded: its kind, and never the number."""

    kind: IdentifierKind
    shown: str = MASK
    recorded_at: datetime


class ResidenceOut(WireOut):
    """Where they live and which municipality acts (R39); told to a unit that has recorded it."""

    municipality: str
    acting_municipality: str
    basis: Basis
    since: date


class KnownPersonOut(WireOut):
    """What a unit that has to do with somebody may know of them."""

    id: UUID
    version: int
    birth_date: date | None
    due_date: date | None
    protected: bool = Field(description="name or address is protected: take care")
    ask: list[VoiceOut] = Field(description="whom to ask today; nobody: custody is not recorded")
    identifiers: list[KnownIdentifierOut]
    residence: ResidenceOut | None


class FactOut(WireOut):
    """One thing your unit recorded about a person; what came later does not remove it (R24)."""

    kind: str
    holds_from: date
    recorded_at: datetime
    said: Mapping[str, Any]


class HistoryOut(WireOut):
    """Everything your unit recorded, oldest first."""

    facts: list[FactOut]


class BirthIn(WireIn):
    """An expected child is born. `custody_holders` may follow later; till then nobody can consent for the child."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"born_on": "2026-11-20", "custody_holders": [_ID]}]})

    born_on: Day = Field(description="not later than today")
    custody_holders: tuple[UUID, ...] = Field(default=(), max_length=2, description="one or two persons, if known")


class CustodyIn(WireIn):
    """Who holds custody of a child (forældremyndighed): one or two, from a day on (R27)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"holders": [_ID], "since": "2026-11-20"}]})

    holders: tuple[UUID, ...] = Field(min_length=1, max_length=2, description="one or two persons of fifteen or more")
    since: Day = Field(description="not later than today; who held it before keeps their first day")


class ResidenceIn(WireIn):
    """Where somebody lives, and which municipality acts for them (handlekommune, R39)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"municipality": "0217", "acting_municipality": "0217", "basis": "cpr_address", "since": "2026-11-01"}
            ]
        }
    )

    municipality: _MUNICIPALITY = Field(description=f"where they live: {_CODE}")
    acting_municipality: _MUNICIPALITY = Field(description=f"which one acts (handlekommune): {_CODE}")
    basis: Basis = Field(description="why that one (RSL §§ 9, 9 a)")
    since: Day = Field(description="not later than today")


class ProtectionIn(WireIn):
    """Name or address is protected, or no longer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"protected": True, "since": "2026-11-01"}]})

    protected: Truth = Field(description="is name or address protected from now on?")
    since: Day = Field(description="not later than today")


class RepresentativeIn(WireIn):
    """Who speaks for somebody that cannot (SUL §§ 14, 17, stk. 2); null: nobody any more."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"person": _ID, "since": "2026-11-01", "basis": "Værgebeskikkelse, set den dag."}]
        }
    )

    person: UUID | None = Field(description="who speaks; null: nobody any more")
    since: Day = Field(description="not later than today")
    basis: Line = Field(description="what it rests on: the decision or the appointment, and that it was seen")


class MergerIn(WireIn):
    """The other record of the same person, and how one knows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"other": _ID, "reason": "Registreret to gange ved samme besøg."}]}
    )

    other: UUID = Field(description="the other record's id")
    reason: Line = Field(description="how one knows that they are one person, or that they are not")


class DoneOut(WireOut):
    """The person it is about, as it is known now."""

    id: UUID


@router.post("/persons", status_code=201, summary="Register a person")
async def register_person(
    body: PersonIn, response: Response, transaction: InTransaction, asked: ByRecorder, units: UnitsIfKnown,
    vault: TheVault, key: IdempotencyKey = None,
) -> PersonOut:  # fmt: skip
    """Register someone the information will be about. Whether anybody else has to do with them is not told."""
    identifiers = tuple(each.read() for each in body.identifiers)
    expected = body.expected
    newcomer = people.Newcomer(
        body.birth_date, None if expected is None else PersonId(expected.mother),
        None if expected is None else expected.due_date, body.login, identifiers,
    )  # fmt: skip
    post = once_with(vault, asked.unit, key, body, "persons")
    number, again = await people.register(transaction, newcomer, units, vault, post, asked)
    replayed(response.headers, again=again)
    return PersonOut(id=number, warnings=[line for each in identifiers for line in warnings(each, body.birth_date)])


@router.post("/persons/lookup", summary="Find a person your unit has to do with, by an identifier")
async def look_up(body: LookupIn, database: TheDatabase, asked: ByRecorder, vault: TheVault) -> PersonOut:
    """Find by the whole number alone (R59); the question is on the ledger, whatever came of it."""
    identifier = body.identifier.read()
    async with database.transaction() as transaction:
        found = await people.find(transaction, identifier, vault, asked)
    if found.int == 0:
        raise UnknownPerson
    return PersonOut(id=found, warnings=warnings(identifier))


@router.get("/persons/{person}", summary="What your unit may know of a person, and whom to ask")
async def read_person(
    person: UUID, response: Response, transaction: InTransaction, asked: ByRecorder
) -> KnownPersonOut:
    """Return who must be asked today, and what your unit recorded itself."""
    known = await people.read(transaction, PersonId(person), asked)
    response.headers["ETag"] = f'"{known.version}"'
    home = known.facts.residence
    return KnownPersonOut(
        id=known.id,
        version=known.version,
        birth_date=known.facts.born,
        due_date=known.facts.due if known.facts.born is None else None,
        protected=known.facts.protected,
        ask=[
            VoiceOut(person=each.person, capacity=each.capacity, since=each.since,
                     capacity_danish=CAPACITY_DANISH[each.capacity])
            for each in known.voices
        ],
        identifiers=[KnownIdentifierOut(kind=IdentifierKind(kind), recorded_at=at) for kind, at in known.identifiers],
        residence=None if home is None else ResidenceOut(
            municipality=home.municipality, acting_municipality=home.acting, basis=home.basis, since=home.since),
    )  # fmt: skip


@router.get("/persons/{person}/history", summary="What your unit has recorded about a person")
async def read_history(person: UUID, transaction: InTransaction, asked: ByRecorder) -> HistoryOut:
    """Return everything your unit recorded, what no longer holds too."""
    rows = await people.history(transaction, PersonId(person), asked)
    return HistoryOut(facts=[FactOut.model_validate(dict(row)) for row in rows])


@router.post("/persons/{person}/identifiers", status_code=201, summary="Add an identifier")
async def add_identifier(
    person: UUID,
    body: IdentifierIn,
    transaction: InTransaction,
    asked: ByRecorder,
    units: UnitsIfKnown,
    vault: TheVault,
) -> PersonOut:
    """Keep one more number; the earlier ones stay as history (R42)."""
    identifier = body.read()
    born = await people.add_identifier(transaction, PersonId(person), identifier, units, vault, asked)
    return PersonOut(id=person, warnings=warnings(identifier, born))


@router.post("/persons/{person}/birth", status_code=201, summary="Record that an expected child is born")
async def record_birth(
    person: UUID, body: BirthIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """What was consented to in pregnancy does not cover the child's information from now on (R28)."""
    holders = [PersonId(each) for each in body.custody_holders]
    await people.record_birth(transaction, PersonId(person), body.born_on, holders, units, asked)
    return DoneOut(id=person)


@router.post("/persons/{person}/custody", status_code=201, summary="Record who holds custody of a child")
async def record_custody(
    person: UUID, body: CustodyIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """From now on every holder's word is needed (R27)."""
    holders = [PersonId(each) for each in body.holders]
    await people.record_custody(transaction, PersonId(person), holders, body.since, units, asked)
    return DoneOut(id=person)


@router.post("/persons/{person}/residence", status_code=201, summary="Record where a person lives, and who acts")
async def record_residence(
    person: UUID, body: ResidenceIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """On moving to where another municipality acts, consents that name the old one's units end (R38)."""
    home = Residence(body.municipality, body.acting_municipality, body.basis, body.since)
    await people.record_residence(transaction, PersonId(person), home, units, asked)
    return DoneOut(id=person)


@router.post("/persons/{person}/protection", status_code=201, summary="Record that name or address is protected")
async def record_protection(
    person: UUID, body: ProtectionIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """From now on contact is told only under a consent that says so in so many words."""
    await people.record_protection(
        transaction, PersonId(person), protected=body.protected, since=body.since, units=units, request=asked
    )
    return DoneOut(id=person)


@router.post("/persons/{person}/representative", status_code=201, summary="Record who speaks for a person")
async def record_representative(
    person: UUID, body: RepresentativeIn, transaction: InTransaction, asked: ByOverrider, units: UnitsToday
) -> DoneOut:
    """From now on the representative's word is needed; the person's own no closes all the same.

    It takes the role that may decide on other grounds than consent: whoever speaks for somebody else opens for them.
    """
    other = None if body.person is None else PersonId(body.person)
    await people.record_representative(transaction, PersonId(person), other, body.since, body.basis, units, asked)
    return DoneOut(id=person)


@router.post("/persons/{person}/merger", status_code=201, summary="Merge two records of one person")
async def merge(
    person: UUID, body: MergerIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """From the next decision on, what was said under either record counts for both; a no under either closes."""
    await merging.merge(transaction, PersonId(person), PersonId(body.other), body.reason, units, asked)
    return DoneOut(id=person)


@router.post("/persons/{person}/merger/undoing", status_code=201, summary="Undo the last merger")
async def part(
    person: UUID, body: MergerIn, transaction: InTransaction, asked: ByRecorder, units: UnitsToday
) -> DoneOut:
    """Let each record stand by itself again."""
    await merging.part(transaction, PersonId(person), PersonId(body.other), body.reason, units, asked)
    return DoneOut(id=person)
