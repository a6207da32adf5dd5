"""A directory that lives through the first of January 2027, and services whose clock can be moved (R47)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from services.consent.api import decisions
from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.domain.model import Organisation, OrganisationId, Region, RegionCode, Unit, UnitId
from services.directory.domain.succession import belonging, lawful_heirs, period
from shared import clock, units
from shared.clock import danish_date
from shared.vocabulary import Sector
from tests.support.serving import Teller
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING

BEGAN, MERGER = date(2007, 1, 1), date(2027, 1, 1)
DECEMBER = datetime(2026, 12, 15, 10, 0, tzinfo=UTC)
EVE = datetime(2026, 12, 31, 22, 59, 30, tzinfo=UTC)  # half past a minute to midnight in Denmark
JANUARY = datetime(2027, 1, 2, 10, 0, tzinfo=UTC)
HOVEDSTADEN, OESTDANMARK, TOWN = map(OrganisationId, ("region-hovedstaden", "region-oestdanmark", "town"))
CLOSING, TAKER, COMING = "closing-house", "taking-house", "coming-house"
_OLD, _NEW = RegionCode("1084"), RegionCode("oestdanmark")
_REGIONS = {
    _OLD: Region(_OLD, "Region Hovedstaden", BEGAN, MERGER, _NEW, "R47"),
    _NEW: Region(_NEW, "Region Østdanmark", MERGER, None, None, "R47"),
}


def _organisation(number: OrganisationId, name: str, region: RegionCode | None) -> Organisation:
    kind = OrganisationKind.MUNICIPALITY if region is None else OrganisationKind.REGION
    lasts = (None, None) if region is None else (_REGIONS[region].valid_from, _REGIONS[region].valid_to)
    return Organisation(
        number, name, kind, None, region, example=False, source=(), valid_from=lasts[0], valid_to=lasts[1]
    )


_ORGANISATIONS = {
    HOVEDSTADEN: _organisation(HOVEDSTADEN, "Region Hovedstaden", _OLD),
    OESTDANMARK: _organisation(OESTDANMARK, "Region Østdanmark", _NEW),
    TOWN: _organisation(TOWN, "Byens Kommune", None),
}
_HEIRS = lawful_heirs(_ORGANISATIONS, _REGIONS)


def _unit(number: str, of: OrganisationId, sector: Sector, **changes: Any) -> Unit:
    return Unit(
        UnitId(number), number.title(), (), of, UnitKind.OTHER, sector, None, None, example=False, source=(), **changes
    )


_UNITS = [
    _unit(MIDWIFERY, HOVEDSTADEN, Sector.REGIONAL_HEALTH),
    _unit(FAMILY_HOUSE, TOWN, Sector.MUNICIPAL_SOCIAL),
    _unit(VISITING, TOWN, Sector.MUNICIPAL_HEALTH),
    _unit(CLOSING, TOWN, Sector.MUNICIPAL_SOCIAL, valid_to=MERGER, successor=UnitId(TAKER)),
    _unit(TAKER, TOWN, Sector.MUNICIPAL_SOCIAL),
    _unit(COMING, TOWN, Sector.MUNICIPAL_SOCIAL, valid_from=MERGER),
]


def told_on(day: date) -> dict[str, Any]:
    """Return what the directory answers the other services on a day, by the directory's own rules of succession."""
    return {"units": [_told(one, day) for one in _UNITS]}


def _told(one: Unit, day: date) -> Mapping[str, Any]:
    whose, lasts = belonging(one.organisation, _HEIRS, day), period(one, _ORGANISATIONS, _HEIRS)
    was = None if whose.was is None else _ORGANISATIONS[whose.was].name
    return {
        "id": one.id, "name": one.name, "kind": one.kind, "sector": one.sector,
        "organisation": whose.organisation, "organisation_name": _ORGANISATIONS[whose.organisation].name,
        "organisation_was": whose.was, "organisation_was_name": was,
        "organisation_since": whose.since and whose.since.isoformat(),
        "valid_from": lasts.valid_from and lasts.valid_from.isoformat(),
        "valid_to": lasts.valid_to and lasts.valid_to.isoformat(), "successor": one.successor,
    }  # fmt: skip


@dataclass(slots=True)
class Calendar:
    """The moment everybody lives in: the applications given to it, their mirrors, and the directory."""

    patch: pytest.MonkeyPatch
    teller: Teller
    at: datetime = DECEMBER
    ticks: float = 1000.0
    apps: list[FastAPI] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patch.setattr(decisions, "now", lambda: self.at)
        self.patch.setattr(units, "monotonic", lambda: self.ticks)
        self.move(self.at)

    def rules(self, app: FastAPI) -> FastAPI:
        """Have an application read this calendar; its tokens and its database keep the real time."""
        app.dependency_overrides[clock._now] = lambda: self.at
        self.apps.append(app)
        return app

    def move(self, to: datetime) -> None:
        """Go to a moment: the directory answers as of that day, and as much time passes as lies between."""
        self.ticks += max((to - self.at).total_seconds(), 0.0)
        self.at = to
        self.teller.say(told_on(danish_date(to)))
