"""The figures of the mapping of family houses (seed 003), counted in the directory: open to read.

"none" and "missing" are said only where a municipality has declared its list complete; all else is "no_data".
"""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.directory.actions import figures as actions
from services.directory.actions.figures import Counting, Figures
from services.directory.api.caching import JSON, cached
from services.directory.api.days import Day, OnIn
from services.directory.api.figured import CoverageList, CoverageOut, GapsOut, OffersFigureOut, SummaryOut
from services.directory.domain.codes import Theme
from services.directory.domain.figures.coverage import ALL, DECLARABLE, declarable, lapses_on
from services.directory.domain.figures.gaps import Gap, Here, Nearby, gaps, within_reach
from services.directory.domain.figures.kinds import FIGURE_7, KINDS, Kind
from services.directory.domain.figures.picture import Picture, State
from services.directory.domain.figures.summary import NO_RANKING, OWN_COUNT, Figure, Share
from services.directory.domain.matching import Need
from services.directory.domain.model import MunicipalityCode, UnitId
from shared.auth import Role, VerifiedClaims, unit_of, with_role
from shared.clock import Now, danish_date
from shared.db import Database, InTransaction, TheDatabase
from shared.problems import request_id_of
from shared.text import Code, Truth, WireIn

router = APIRouter(prefix="/figures", tags=["figures"])
FourDigits = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
Editor = Annotated[VerifiedClaims, Depends(with_role(Role.EDIT_ORGANISATION))]
_FAR_KM = 500
_NEAR_KM = 30
_FAR_DAYS = timedelta(days=400)


async def _figures(request: Request) -> Figures:
    held: Figures = request.app.state.figures
    return held


TheFigures = Annotated[Figures, Depends(_figures)]


class CountedOnIn(OnIn):
    """The day asked about, near enough that the directory knows something of it."""

    on: Day | None = Field(
        default=None,
        description=f"as it is on this day, YYYY-MM-DD, within {_FAR_DAYS.days} days of today; today if not given",
    )


class TableIn(CountedOnIn):
    """The day and the region asked about."""

    region: Code | None = Field(default=None, description="the code of a region there is on that day; all if not given")


class GapsIn(CountedOnIn):
    """A place, by postcode or municipality, and what of a family matters there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"postcode": "4000", "within_km": 20, "child_age_months": 9}]}
    )

    postcode: FourDigits | None = Field(default=None, description="four digits; goes before `municipality`")
    municipality: FourDigits | None = Field(default=None, description="four digits")
    within_km: int = Field(default=_NEAR_KM, ge=1, le=_FAR_KM, description="how far is near, as the crow flies")
    child_age_months: int | None = Field(default=None, ge=0, le=216, description="the child's age in whole months")
    gestation_week: int | None = Field(default=None, ge=4, le=42, description="week of pregnancy")
    theme: list[Theme] = Field(default=[], max_length=len(Theme), description="themes to be told of one by one")

    @property
    def describes_somebody(self) -> bool:
        """True where it tells of a family: the answer is nobody else's to keep."""
        return self.postcode is not None or self.child_age_months is not None or self.gestation_week is not None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.postcode is None and self.municipality is None:
            raise PydanticCustomError("place_missing", "must name a postcode or a municipality")
        return self


class CoverageIn(WireIn):
    """A municipality's word that what it lists of a kind is complete, or is so no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"municipality": "0217", "kind": "open"}]})

    municipality: FourDigits = Field(description="four digits: the caller's own")
    kind: str = Field(
        default=ALL,
        max_length=40,
        description="a kind of offer, `shared_entrance` (cross-disciplinary unit or team) or `all`",
    )
    complete: Truth = Field(default=True, description="false takes an earlier word back")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if not declarable(kind):
            raise PydanticCustomError("unknown_kind", "must be a kind of offer, shared_entrance or all")
        return kind


@router.get("/offers", response_model=OffersFigureOut, summary="Which municipality has what kind of offer")
async def table(
    request: Request, database: TheDatabase, figures: TheFigures, at: Now, asked: Annotated[TableIn, Query()]
) -> Response:
    """Tell for every municipality and kind: how many offers, open or assessed; or none, or no data."""
    day, counting = asked.day(at), await _counted(request, database, figures, asked, at)
    return cached(request, orjson.dumps(_table(counting.picture, day, asked.region)))


@router.get("/summary", response_model=SummaryOut, summary="The survey's figures, counted in the directory")
async def summary(
    request: Request, database: TheDatabase, figures: TheFigures, at: Now, asked: Annotated[CountedOnIn, Query()]
) -> Response:
    """Tell figures 3, 5, 6, 7, 10 and 11 beside those of the survey of 2021, and how the two counts differ."""
    day, counting = asked.day(at), await _counted(request, database, figures, asked, at)
    return cached(request, orjson.dumps(_summary(counting, day, figures)))


@router.get("/gaps", response_model=GapsOut, summary="What is missing near a place")
async def near(
    request: Request, database: TheDatabase, figures: TheFigures, at: Now, asked: Annotated[GapsIn, Query()]
) -> Response:
    """Tell of every kind of offer what is near the place, what is missing there, and where nobody has said."""
    counting = await _counted(request, database, figures, asked, at)
    body = await _near(counting.picture, asked, at)
    return Response(body, media_type=JSON) if asked.describes_somebody else cached(request, body)


@router.post("/gaps", response_model=GapsOut, summary="What is missing near a place, the question in the body")
async def near_family(request: Request, database: TheDatabase, figures: TheFigures, at: Now, asked: GapsIn) -> Response:
    """Answer the same question; what describes a family stands in no address and in no log."""
    counting = await _counted(request, database, figures, asked, at)
    return Response(await _near(counting.picture, asked, at), media_type=JSON)


@router.get("/coverage", response_model=CoverageList, summary="Which lists are declared complete")
async def coverage(
    request: Request, database: TheDatabase, figures: TheFigures, at: Now, asked: Annotated[CountedOnIn, Query()]
) -> Response:
    """List the declarations that count on the day; each lapses after twelve months."""
    counting = await _counted(request, database, figures, asked, at)
    return cached(request, orjson.dumps({"declarations": _declared(counting.picture)}))


@router.post("/coverage", status_code=201, summary="Declare a list complete")
async def declare(
    request: Request, transaction: InTransaction, caller: Editor, at: Now, asked: CoverageIn
) -> CoverageOut:
    """Write the word of the municipality's own editors, for twelve months from today; the last word counts."""
    number: UUID = await actions.declare(
        transaction, UnitId(unit_of(caller)), caller.user, asked.municipality, asked.kind, at, request_id_of(request),
        complete=asked.complete,
    )  # fmt: skip
    return CoverageOut(
        id=number, municipality=asked.municipality, kind=asked.kind, complete=asked.complete,
        declared_on=danish_date(at), lapses_on=lapses_on(danish_date(at)),
    )  # fmt: skip


async def _counted(
    request: Request, database: Database, figures: Figures, asked: CountedOnIn, at: datetime
) -> Counting:
    """Count for the day asked about; one far from today is refused, as each is counted anew."""
    day, today = asked.day(at), danish_date(at)
    if abs(day - today) > _FAR_DAYS:
        kind = "less_than_equal" if day > today else "greater_than_equal"
        raise RequestValidationError([{"type": kind, "loc": ("body" if request.method == "POST" else "query", "on")}])
    return await figures.on(database, day, today)


async def _near(picture: Picture, asked: GapsIn, at: datetime) -> bytes:
    """Look beside the event loop: in a big town thousands of offers are near."""
    return orjson.dumps(await asyncio.to_thread(_gaps, picture, asked, at))


def _table(picture: Picture, day: date, region: str | None) -> dict[str, Any]:
    catalogue = picture.catalogue
    if region is not None:
        actions.check_region(catalogue, day, region)
    lies_in = {code: actions.region_code(catalogue, day, code) for code in picture.municipalities}
    codes = [code for code in picture.municipalities if region in {None, lies_in[code]}]
    return {
        "on": day,
        "note": OWN_COUNT,
        "kinds": [_kind(kind) for kind in Kind],
        "totals": {kind.value: _states(picture, codes, kind) for kind in Kind},
        "municipalities": [
            {
                "code": code,
                "name": catalogue.municipalities[code].name,
                "region": lies_in[code],
                "group": picture.group(code),
                "kinds": {kind.value: picture.cell(code, kind) for kind in Kind},
            }
            for code in codes
        ],
    }


def _states(picture: Picture, codes: Iterable[MunicipalityCode], kind: Kind) -> dict[str, int]:
    states = [picture.cell(code, kind).state for code in codes]
    return {state.value: states.count(state) for state in State}


def _kind(kind: Kind) -> dict[str, Any]:
    told = KINDS[kind]
    return {
        "code": kind,
        "name": told.name,
        "figure": 7 if kind in FIGURE_7 else 10,
        "recognised": told.recognised,
        "source": {"seed": "003", "lines": told.lines},
    }


def _summary(counting: Counting, day: date, figures: Figures) -> dict[str, Any]:
    survey = figures.survey
    return {
        "on": day,
        "note": OWN_COUNT,
        "no_ranking": NO_RANKING,
        "no_ranking_source": {"seed": "003", "lines": "287"},
        "survey": {
            "title": survey.title,
            "asked": survey.asked,
            "municipalities_answered": survey.answered,
            "source": {"seed": "003", "lines": survey.lines},
        },
        "municipalities": len(counting.picture.municipalities),
        "figures": [_figure(each) for each in counting.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "number": figure.number,
        "question": figure.question,
        "survey_among": figure.among,
        "difference": figure.difference,
        "answers": [
            {
                "code": line.code,
                "name": line.name,
                "directory": {
                    "all": _share(line.directory),
                    **{f"group_{number}": _share(share) for number, share in line.groups.items()},
                },
                "survey": line.survey,
                "source": {"seed": "003", "lines": line.lines},
            }
            for line in figure.lines
        ],
    }


def _share(share: Share) -> dict[str, int | None]:
    told = {"yes": share.yes, "of": share.of, "no_data": share.no_data}
    return {**told, "percent": share.percent, "percent_of": share.sure_of}


def _gaps(picture: Picture, asked: GapsIn, at: datetime) -> dict[str, Any]:
    catalogue, day = picture.catalogue, asked.day(at)
    point, municipality = actions.place(catalogue, day, asked.postcode, asked.municipality)
    here = Here(point, municipality, asked.within_km)
    need = Need(
        child_age_months=asked.child_age_months,
        gestation_week=asked.gestation_week,
        home=actions.home(catalogue, day, municipality),
    )
    found = gaps(picture, here, need, list(dict.fromkeys(asked.theme)))
    return {
        "on": day,
        "note": "Mangler siges kun, hvor alle kommuner inden for afstanden har erklæret deres liste fuldstændig.",
        "municipality": _named(picture, municipality),
        "latitude": point.latitude,
        "longitude": point.longitude,
        "within_km": asked.within_km,
        "municipalities": [_named(picture, code) for code in within_reach(here, catalogue)],
        "kinds": [_gap(picture, gap) for gap in found if isinstance(gap.of, Kind)],
        "themes": [_gap(picture, gap) for gap in found if isinstance(gap.of, Theme)],
    }


def _gap(picture: Picture, gap: Gap) -> dict[str, Any]:
    return {
        "code": gap.of,
        "finding": gap.finding,
        "count": gap.count,
        "anywhere": gap.anywhere,
        "unclear": gap.unclear,
        "not_declared": [_named(picture, code) for code in gap.not_declared],
        "nearest": [_nearby(each) for each in gap.nearest],
    }


def _nearby(near: Nearby) -> dict[str, Any]:
    return {
        "id": near.offer.id,
        "name": near.offer.name,
        "unit": near.offer.unit,
        "municipalities": sorted(near.offer.given_in),
        "distance_km": round(near.km, 1),
        "roughly": near.roughly,
        "unknown": near.unknown,
    }


def _named(picture: Picture, code: MunicipalityCode) -> dict[str, str]:
    return {"code": code, "name": picture.catalogue.municipalities[code].name}


def _declared(picture: Picture) -> list[dict[str, Any]]:
    return [
        {
            "municipality": each.municipality,
            "kind": each.kind,
            "name": DECLARABLE[each.kind] if each.kind in DECLARABLE else KINDS[Kind(each.kind)].name,
            "declared_on": each.declared_on,
            "lapses_on": lapses_on(each.declared_on),
            "unit": each.unit,
        }
        for each in picture.coverage.counting()
    ]
