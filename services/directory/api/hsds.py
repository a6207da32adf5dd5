"""The directory in the open standard HSDS 3.0 (docs/hsds.md): its addresses and parameters, and a few of our own."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.directory.actions import hsds
from services.directory.actions.finding import Whereabouts
from services.directory.actions.hsds import Asked, Depth, Leaf
from services.directory.actions.hsds_register import Register
from services.directory.api.caching import JSON, cached
from services.directory.domain.codes import Language, Profession
from services.directory.domain.danish import fold
from services.directory.domain.hsds.paging import cut, page
from services.directory.domain.hsds.taxonomies import BY_ID, TAXONOMIES, TERM_BY_ID, TERMS, to_full_term, to_taxonomy
from services.directory.domain.matching import Need
from shared.clock import COPENHAGEN, Now, danish_date
from shared.db import Database, TheDatabase
from shared.personal import looks_like_cpr
from shared.problems import NotThere
from shared.text import Line, WireIn

router = APIRouter(prefix="/hsds/3.0", tags=["hsds"])
VERSION = "3.0"
PROFILE = "urn:familiebro:hsds:profile:3.0"
NDJSON, KEEP = "application/x-ndjson", "public, max-age=60"
USUAL, MOST, MOST_MINIMAL = 50, 500, 100_000
# Of entries with all there is of each, and of organizations with all there is of each service: a page is no longer.
MOST_FULL, MOST_NESTED = 100, 10
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$", re.ASCII)
# In an address a plus sign that was not escaped has become a space.
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$", re.ASCII)
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d\d:?\d\d)$", re.ASCII)


def _since(told: object) -> object:
    """Read a date, which begins at midnight in Denmark, or a moment with its zone."""
    if not isinstance(told, str) or looks_like_cpr(told):
        raise PydanticCustomError("moment_form", "must be a date, or a date and time with its time zone")
    written = _LOST_PLUS.sub(r"+\1", told)
    try:
        if _DAY.match(written):
            return datetime.combine(date.fromisoformat(written), time(), COPENHAGEN).astimezone(UTC)
        if _MOMENT.match(written):
            return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment_form", "must be a date, or a date and time with its time zone")


def _without_cpr(told: str) -> str:
    if looks_like_cpr(told):
        raise PydanticCustomError("cpr_refused", "must not hold a civil registration number")
    return told


Id = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$"), AfterValidator(_without_cpr)
]
FourDigits = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
Since = Annotated[datetime, BeforeValidator(_since)]
Format = Literal["json", "ndjson"]


class PageIn(WireIn):
    """Which page of a list, or all of it as lines."""

    search: Line | None = Field(default=None, description="free text, Danish")
    page: int = Field(default=1, ge=1, le=1_000_000, description="counted from 1; beyond the last it is empty")
    per_page: int = Field(default=USUAL, ge=1, le=MOST, description="how long a page is")
    format: Format = Field(default="json", description="`ndjson` streams everything, a line each, without pages")

    def leaf(self) -> Leaf:
        """Return the page asked for."""
        return Leaf(self.page, self.per_page)


class TermsIn(PageIn):
    """Which taxonomy terms."""

    taxonomy_id: Id | None = Field(default=None, description="terms of this taxonomy")
    top_only: bool = Field(default=False, description="only terms that are no child of another")
    parent_id: Id | None = Field(default=None, description="terms just below this one")


class OrganizationsIn(PageIn):
    """Which organizations, and how much of each."""

    full: bool = Field(
        default=False,
        description=f"everything about each, its services by id and name; a page is then at most {MOST_FULL}",
    )
    full_service: bool = Field(
        default=False,
        description=f"everything about each of its services, too; a page is then at most {MOST_NESTED} organizations, "
        f"and fewer where they have more than {hsds.MOST_SERVICES} services: `size` and `total_pages` tell; "
        f"after {hsds.MOST_ALONE} of one organization, services come by id and name",
    )

    @property
    def depth(self) -> Depth:
        """How much of each organization."""
        return Depth.FULL_SERVICE if self.full_service else Depth.FULL if self.full else Depth.BRIEF

    def leaf(self) -> Leaf:
        """Return the page asked for; the more there is of each, the shorter."""
        most = {Depth.BRIEF: MOST, Depth.FULL: MOST_FULL, Depth.FULL_SERVICE: MOST_NESTED}[self.depth]
        return Leaf(self.page, min(self.per_page, most))


class FullServiceIn(WireIn):
    """How much of an organization."""

    full_service: bool = Field(
        default=False,
        description=f"everything about each of its services; after {hsds.MOST_ALONE} of them, by id and name",
    )


class NarrowedIn(PageIn):
    """What services are narrowed by. Several filters are all to be met; the last eight are ours, not HSDS's."""

    taxonomy_term_id: Id | None = Field(default=None, description="bears this term, or one below it")
    taxonomy_id: Id | None = Field(default=None, description="bears any term of this taxonomy")
    organization_id: Id | None = Field(
        default=None, description="given by this unit, or by a unit of this organisation"
    )
    modified_after: Since | None = Field(default=None, description="changed at or after this date or moment with zone")
    full: bool = Field(default=False, description=f"everything there is of each; a page is then at most {MOST_FULL}")
    age_months: int | None = Field(default=None, ge=0, le=216, description="extension: the child's age in whole months")
    gestation_week: int | None = Field(default=None, ge=4, le=42, description="extension: week of pregnancy")
    language: frozenset[Language] = Field(
        default=frozenset(), max_length=len(Language), description="extension: given in one of these languages"
    )
    max_cost: int | None = Field(default=None, ge=0, le=100_000, description="extension: at most so many kroner")
    has_capacity: bool = Field(default=False, description="extension: has free places, as far as somebody has said")
    municipality: FourDigits | None = Field(default=None, description="extension: given in this municipality (code)")
    referrer_type: Profession | None = Field(default=None, description="extension: this profession may refer")
    only_matched: bool = Field(
        default=False, description="extension: leave out services that do not say what the extension filters ask"
    )

    def leaf(self) -> Leaf:
        """Return the page asked for; with all there is of each it is shorter."""
        return Leaf(self.page, min(self.per_page, MOST_FULL) if self.full else self.per_page)

    def asked(self) -> Asked:
        """Return the question as the actions take it."""
        need = Need(
            child_age_months=self.age_months,
            gestation_week=self.gestation_week,
            language=self.language,
            max_price_kr=self.max_cost,
            free_places=self.has_capacity,
            referrer=self.referrer_type,
        )
        return Asked(
            text=self.search,
            term=self.taxonomy_term_id,
            taxonomy=self.taxonomy_id,
            organization=self.organization_id,
            modified_after=self.modified_after,
            need=need,
            where=Whereabouts(municipality=self.municipality, postcode=getattr(self, "postcode", None)),
            only_matched=self.only_matched,
            metres=getattr(self, "proximity", None),
        )

    @property
    def describes_somebody(self) -> bool:
        """True where the question may describe a family: no cache on the way is to keep it."""
        return bool(self.search) or self.age_months is not None or self.gestation_week is not None


class ServicesIn(NarrowedIn):
    """Which services, and how much of each."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"municipality": "0265", "age_months": 9, "language": ["da"], "full": True}]}
    )

    per_page: int | None = Field(  # type: ignore[assignment] # wider, for `minimal`
        default=None, ge=1, le=MOST_MINIMAL, description=f"at most {MOST}, unless `minimal`"
    )
    minimal: bool = Field(default=False, description="id, name, status and last_modified only; all on one page")

    @model_validator(mode="after")
    def _bounded(self) -> "ServicesIn":
        if self.per_page is not None and self.per_page > MOST and not self.minimal:
            raise PydanticCustomError("less_than_equal", "too large")
        return self

    def leaf(self) -> Leaf:
        """Return the page asked for; of the minimal services all are one page."""
        if self.minimal:
            return Leaf(self.page, self.per_page or MOST_MINIMAL)
        return Leaf(self.page, min(self.per_page or USUAL, MOST_FULL if self.full else MOST))

    @property
    def form(self) -> str:
        """How much of each service."""
        return "minimal" if self.minimal else "full" if self.full else "brief"


class PlacesIn(NarrowedIn):
    """Which services at locations, and how much of each."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"postcode": "3000", "proximity": 5000}]})

    postcode: FourDigits | None = Field(default=None, description="given in the municipality of this postcode")
    proximity: int | None = Field(
        default=None, ge=1, le=1_000_000, description="at most so many metres from the middle of the postcode"
    )


async def _register(request: Request) -> Register:
    register: Register = request.app.state.hsds
    return register


TheRegister = Annotated[Register, Depends(_register)]


@router.get("", include_in_schema=False)
@router.get("/", summary="HSDS: what this is")
async def about(request: Request) -> Response:
    """Tell the version, the profile, and, where our address in the world is known, where this description is."""
    base, told = request.app.state.public_url, {"version": VERSION, "profile": PROFILE}
    if base is not None:
        told["openapi_url"] = f"{base.rstrip('/')}/openapi/directory.json"
    return _answer(request, told)


@router.get("/services", summary="HSDS: services")
async def services(
    request: Request, database: TheDatabase, register: TheRegister, at: Now, asked: Annotated[ServicesIn, Query()]
) -> Response:
    """List the services (tilbud) there are today, by name, or by what fits best where something is searched for."""
    return await _services(request, database, register, danish_date(at), asked)


@router.post("/services", summary="HSDS: services, the question in the body")
async def services_asked(
    request: Request, database: TheDatabase, register: TheRegister, at: Now, asked: ServicesIn
) -> Response:
    """List services; a question that describes a family stands in no address and in no log (as HSDS 3.1 has it)."""
    return await _services(request, database, register, danish_date(at), asked)


@router.get("/services/{id}", summary="HSDS: one service")
async def service(
    request: Request, number: Annotated[Id, Path(alias="id")], database: TheDatabase, register: TheRegister, at: Now
) -> Response:
    """Return a service with all there is of it; one that has ended is still on record, and inactive."""
    told, changed = await hsds.service(database, register, number, danish_date(at))
    return _answer(request, told, changed=changed)


@router.get("/service_at_locations", summary="HSDS: services at locations")
async def places(
    request: Request, database: TheDatabase, register: TheRegister, at: Now, asked: Annotated[PlacesIn, Query()]
) -> Response:
    """List the services there are today at each of their locations."""
    return await _places(request, database, register, danish_date(at), asked)


@router.post("/service_at_locations", summary="HSDS: services at locations, the question in the body")
async def places_asked(
    request: Request, database: TheDatabase, register: TheRegister, at: Now, asked: PlacesIn
) -> Response:
    """List services at locations; the question stands in no address and in no log (as HSDS 3.1 has it)."""
    return await _places(request, database, register, danish_date(at), asked)


@router.get("/service_at_locations/{id}", summary="HSDS: one service at one location")
async def place(
    request: Request, number: Annotated[Id, Path(alias="id")], database: TheDatabase, register: TheRegister, at: Now
) -> Response:
    """Return a service at a location, with all there is of both."""
    told, changed = await hsds.place(database, register, number, danish_date(at))
    return _answer(request, told, changed=changed)


@router.get("/organizations", summary="HSDS: organizations")
async def organizations(
    request: Request, database: TheDatabase, register: TheRegister, at: Now, asked: Annotated[OrganizationsIn, Query()]
) -> Response:
    """List the organisations, and the units (enheder) below them, by name."""
    today = danish_date(at)
    if asked.format == "ndjson":
        told = await hsds.organization_lines(database, register, asked.search, today, depth=asked.depth)
        return StreamingResponse(told, media_type=NDJSON, headers={"Cache-Control": KEEP})
    made = await hsds.organizations(database, register, asked.search, asked.leaf(), today, depth=asked.depth)
    return _answer(request, made)


@router.get("/organizations/{id}", summary="HSDS: one organization")
async def organization(
    request: Request, number: Annotated[Id, Path(alias="id")], database: TheDatabase, register: TheRegister, at: Now,
    asked: Annotated[FullServiceIn, Query()],
) -> Response:  # fmt: skip
    """Return an organization with all there is of it, and its services."""
    told = await hsds.organization(database, register, number, danish_date(at), full_service=asked.full_service)
    return _answer(request, told)


@router.get("/taxonomies", summary="HSDS: taxonomies")
async def taxonomies(request: Request, asked: Annotated[PageIn, Query()]) -> Response:
    """List our closed lists."""
    passing = [each.code for each in TAXONOMIES.values() if _has(asked.search, each.code, each.name, each.description)]
    some = passing if asked.format == "ndjson" else cut(passing, asked.page, asked.per_page)
    return _listed(request, [to_taxonomy(code) for code in some], asked, len(passing))


@router.get("/taxonomies/{id}", summary="HSDS: one taxonomy")
async def taxonomy(request: Request, number: Annotated[Id, Path(alias="id")]) -> Response:
    """Return a closed list's name and what it tells."""
    one = BY_ID.get(number.lower())
    if one is None:
        raise NotThere
    return _answer(request, to_taxonomy(one.code))


@router.get("/taxonomy_terms", summary="HSDS: taxonomy terms")
async def terms(request: Request, asked: Annotated[TermsIn, Query()]) -> Response:
    """List the codes of our closed lists."""
    parent = None if asked.parent_id is None else TERM_BY_ID.get(asked.parent_id.lower())
    passing = [
        key
        for key, term in TERMS.items()
        if (asked.taxonomy_id is None or TAXONOMIES[term.taxonomy].id == asked.taxonomy_id.lower())
        and not (asked.top_only and term.parent is not None)
        and (asked.parent_id is None or (parent is not None and _below(key, parent.key)))
        and _has(asked.search, key, term.name)
    ]
    some = passing if asked.format == "ndjson" else cut(passing, asked.page, asked.per_page)
    return _listed(request, [to_full_term(key) for key in some], asked, len(passing))


@router.get("/taxonomy_terms/{id}", summary="HSDS: one taxonomy term")
async def term(request: Request, number: Annotated[Id, Path(alias="id")]) -> Response:
    """Return a code of a closed list."""
    one = TERM_BY_ID.get(number.lower())
    if one is None:
        raise NotThere
    return _answer(request, to_full_term(one.key))


async def _services(
    request: Request, database: Database, register: Register, today: date, asked: ServicesIn
) -> Response:
    if asked.format == "ndjson":
        return _lines(await hsds.service_lines(database, register, asked.asked(), today, form=asked.form), asked)
    told = await hsds.services(database, register, asked.asked(), asked.leaf(), today, form=asked.form)
    return _answer(request, told, private=asked.describes_somebody)


async def _places(request: Request, database: Database, register: Register, today: date, asked: PlacesIn) -> Response:
    if asked.format == "ndjson":
        return _lines(await hsds.place_lines(database, register, asked.asked(), today, full=asked.full), asked)
    told = await hsds.places(database, register, asked.asked(), asked.leaf(), today, full=asked.full)
    return _answer(request, told, private=asked.describes_somebody)


def _below(key: str, parent: str) -> bool:
    """Say whether a term stands just below another."""
    return TERMS[key].taxonomy == TERMS[parent].taxonomy and TERMS[key].parent == TERMS[parent].code


def _has(text: str | None, *said: str) -> bool:
    """Say whether every word of the text is among what is said."""
    return all(word in fold(" ".join(said)) for word in fold(text or "").split())


def _listed(request: Request, some: Sequence[Any], asked: PageIn, total: int) -> Response:
    """Return entries at hand as the page asked for, or all of them as lines."""
    if asked.format == "ndjson":
        return cached(request, hsds.lines(some), media=NDJSON)
    return _answer(request, page(some, total, asked.page, asked.per_page))


def _answer(request: Request, told: object, *, changed: datetime | None = None, private: bool = False) -> Response:
    """Return JSON with its tag. The tag alone decides whether it is still so: a service also changes with its unit."""
    if private or request.method == "POST":
        return Response(orjson.dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})
    answer = cached(request, orjson.dumps(told))
    if changed is not None:
        answer.headers["Last-Modified"] = format_datetime(changed.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return answer


def _lines(told: AsyncIterator[bytes], asked: NarrowedIn) -> Response:
    keep = "no-store" if asked.describes_somebody else KEEP
    return StreamingResponse(told, media_type=NDJSON, headers={"Cache-Control": keep})
