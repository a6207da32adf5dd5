"""An owner keeps its offers true: every change is a version with who, when and why, and nobody overwrites another."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.directory.actions import editing, history
from services.directory.actions.editing import Word
from services.directory.api.days import Day, OnIn
from services.directory.api.found import OfferOut
from services.directory.api.units import Freshness, TheBuiltFinder, TheFinder
from services.directory.domain.document import Document
from services.directory.domain.errors import Flaw
from services.directory.domain.model import Catalogue, UnitId
from services.directory.domain.versions import Kind
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now
from shared.db import InTransaction, TheDatabase
from shared.idempotency import IdempotencyKey, once, replayed
from shared.ledger import Actor
from shared.problems import request_id_of
from shared.text import Code, Line, Moment, WireIn, WireOut
from shared.version import ExpectedVersion, tag

router = APIRouter(tags=["editing"])
Editors = Annotated[VerifiedClaims, Depends(with_role(Role.EDIT_OFFERS, Role.EDIT_ORGANISATION))]
_EXAMPLE: dict[str, Any] = {
    "offer": {
        "name": "Babycafé om torsdagen",
        "unit": "helsingoer-smaaboernshuset",
        "municipalities": ["0217"],
        "summary": "Kom forbi med dit barn og mød andre forældre. Der er altid en sundhedsplejerske.",
        "themes": ["network", "new_parent"],
        "access": ["open"],
        "form": ["cafe"],
        "target": {"audience": ["family"], "child_age_months_from": 0, "child_age_months_to": 12},
        "dose": {"days": ["thu"], "starts_at": "10:00", "ends_at": "12:00"},
    },
    "reason": "Nyt tilbud fra foråret",
}


_DEEPEST = 8
_LARGEST = 2**53


def _sayable(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what no document holds: too much inside one another, endless numbers, broken letters."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                inner += each
            elif isinstance(each, str) and not each.isascii() and each.encode(errors="replace").decode() != each:
                raise PydanticCustomError("broken_letters", "holds what is no letter")
            elif isinstance(each, int | float) and not -_LARGEST < each < _LARGEST:
                raise PydanticCustomError("endless_number", "holds a number too large")
        level = inner
    if level:
        raise PydanticCustomError("too_deep", "has too much inside one another")
    return value


# Days an offer's document may hold too.
BoundedDay = Annotated[Day, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
Said = Annotated[dict[str, Any], AfterValidator(_sayable)]


class SaidIn(WireIn):
    """An offer as a document: the keys of GET /offers/{offer}/document; what is not said is left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    offer: Said = Field(description="the whole offer")
    reason: Line | None = Field(default=None, description="why it is said or changed")


class ChangedIn(SaidIn):
    """An offer as it shall say from a day on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "holds_from": "2027-01-07"}]})

    holds_from: BoundedDay | None = Field(
        default=None, description="the first day it is so; today if not given. What was planned for later falls away"
    )


class ConfirmedIn(WireIn):
    """Confirming an offer needs no words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Gennemgået på husmødet"}]})

    reason: Line | None = Field(default=None, description="why, if there is more to say")


class EndedIn(WireIn):
    """An offer's end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"on": "2027-06-30", "reason": "Holdet er slut"}]})

    on: BoundedDay = Field(description="the first day it is no longer there")
    reason: Line = Field(description="why it ends")


class HandedOverIn(WireIn):
    """An offer's new owner."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"unit": "helsingoer-sundhedstjenesten", "reason": "Sundhedsplejen har overtaget holdet"}]
        }
    )

    unit: Code = Field(description="a unit of the same organisation")
    reason: Line = Field(description="why it changes hands")


class WarningOut(WireOut):
    """What looks odd and was taken all the same."""

    where: str
    said: str = Field(description="in Danish")


class SavedOut(WireOut):
    """What was kept."""

    id: str
    version: int
    warnings: list[WarningOut]


class VersionOut(WireOut):
    """A version: when it was said, from which day it holds, by which unit and why, and what it changed."""

    number: int
    kind: Kind
    at: Moment
    holds_from: date | None = Field(description="null: from the beginning")
    unit: str | None
    reason: str | None
    changed: list[str] = Field(description="names of what differs from the version before")


class VersionList(WireOut):
    """An offer's versions, oldest first."""

    versions: list[VersionOut]


def word(request: Request, caller: VerifiedClaims, at: Now, reason: str | None) -> Word:
    """Return who says it, when and why."""
    own, whole = Role.EDIT_OFFERS in caller.roles, Role.EDIT_ORGANISATION in caller.roles
    editor = editing.editor(caller.unit, own=own, whole=whole)
    return Word(editor, Actor(caller.unit, caller.user), at, request_id_of(request), reason)


async def _word(request: Request, caller: Editors, at: Now) -> Word:
    return word(request, caller, at, None)


# Whoever holds a transaction waits for no second connection: the finder first.
async def _fresh(_caller: Editors, finder: TheBuiltFinder, transaction: InTransaction) -> Catalogue:
    return await editing.fresh(transaction, finder)


Speaking = Annotated[Word, Depends(_word)]
TheCatalogue = Annotated[Catalogue, Depends(_fresh)]
Offer = Annotated[Code, Path(description="the offer's id")]


@router.post("/offers", status_code=201, summary="Say that there is a new offer")
async def create(
    response: Response, speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction, said: SaidIn,
    key: IdempotencyKey = None,
) -> SavedOut:  # fmt: skip
    """Keep a new offer of a unit the caller may speak for. It can be found at once."""
    post = once(speaking.editor.unit, key, said, "POST", "/offers")
    kept, number, odd, again = await editing.create(
        transaction, said.offer, catalogue, speaking.because(said.reason), post
    )
    replayed(response.headers, again=again)
    response.headers["ETag"] = tag(number)
    response.headers["Location"] = f"/offers/{kept}"
    return _saved(kept, number, odd)


@router.put("/offers/{offer}", summary="Change an offer")
async def change(
    response: Response, speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction, offer: Offer,
    expected: ExpectedVersion, said: ChangedIn,
) -> SavedOut:  # fmt: skip
    """Keep what the offer says of every day from `holds_from` on. What was so before stays on record."""
    number, odd = await editing.change(
        transaction, offer, expected, said.offer, said.holds_from, catalogue, speaking.because(said.reason)
    )
    response.headers["ETag"] = tag(number)
    return _saved(offer, number, odd)


@router.post("/offers/{offer}/confirmation", summary="Confirm that an offer is as it says")
async def confirm(
    response: Response, speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction, offer: Offer,
    expected: ExpectedVersion, said: ConfirmedIn,
) -> SavedOut:  # fmt: skip
    """Keep who confirmed the offer, and when; a change that is planned is confirmed with it."""
    number = await editing.confirm(transaction, offer, expected, catalogue, speaking.because(said.reason))
    response.headers["ETag"] = tag(number)
    return _saved(offer, number, [])


@router.post("/offers/{offer}/end", summary="Say that an offer ends")
async def end(
    response: Response, speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction, offer: Offer,
    expected: ExpectedVersion, said: EndedIn,
) -> SavedOut:  # fmt: skip
    """Keep the day it is no longer there: it leaves the search, and stays on record."""
    number = await editing.end(transaction, offer, expected, said.on, catalogue, speaking.because(said.reason))
    response.headers["ETag"] = tag(number)
    return _saved(offer, number, [])


@router.post("/offers/{offer}/owner", summary="Hand an offer over to another unit")
async def hand_over(
    response: Response, speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction, offer: Offer,
    expected: ExpectedVersion, said: HandedOverIn,
) -> SavedOut:  # fmt: skip
    """Keep a new owner within the same organisation."""
    number = await editing.hand_over(
        transaction, offer, expected, UnitId(said.unit), catalogue, speaking.because(said.reason)
    )
    response.headers["ETag"] = tag(number)
    return _saved(offer, number, [])


@router.get("/offers/{offer}/document", summary="An offer as a document to change and send back")
async def document(
    response: Response, database: TheDatabase, offer: Offer, at: Now, asked: Annotated[OnIn, Query()]
) -> Document:
    """Return what holds today, or on a day for which a change is planned; its `ETag` goes into `If-Match`."""
    async with database.connection() as connection:
        said, version = await history.document(connection, offer, asked.day(at))
    response.headers["ETag"] = tag(version)
    return said


@router.get("/offers/{offer}/versions", summary="Every version of an offer")
async def versions(database: TheDatabase, offer: Offer) -> VersionList:
    """List who said what when and why; the users behind the units stand in the ledger, for the auditor."""
    async with database.connection() as connection:
        told = await history.versions(connection, offer)
    return VersionList(versions=[VersionOut.model_validate(each) for each in told])


@router.get("/offers/{offer}/versions/{number}", response_model=OfferOut, summary="One version of an offer")
async def version(
    database: TheDatabase, finder: TheFinder, fresh: Freshness, offer: Offer,
    number: Annotated[int, Path(ge=1, le=1_000_000)],
) -> Response:  # fmt: skip
    """Return what a version said."""
    async with database.connection() as connection:
        told = await history.version(connection, offer, number, finder.catalogue, fresh)
    return Response(told, media_type="application/json")


def _saved(number: str, version: int, odd: list[Flaw]) -> SavedOut:
    warnings = [WarningOut(where=flaw.where, said=flaw.said) for flaw in odd]
    return SavedOut(id=number, version=version, warnings=warnings)
