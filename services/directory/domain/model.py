"""The values the directory is about: offers, who gives them, and where."""

from dataclasses import dataclass, field
from datetime import date
from typing import NewType

from services.directory.domain.codes import (
    Access,
    Audience,
    Form,
    LegalBasis,
    OrganisationKind,
    PreventionLevel,
    Profession,
    Theme,
    UnitKind,
)
from shared.vocabulary import Sector

OfferId = NewType("OfferId", str)
UnitId = NewType("UnitId", str)
OrganisationId = NewType("OrganisationId", str)
MunicipalityCode = NewType("MunicipalityCode", str)
RegionCode = NewType("RegionCode", str)


@dataclass(frozen=True, slots=True)
class Source:
    """Where we have it from: which text, which lines of it, and what those lines tell."""

    seed: str
    lines: str
    says: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A region (region), from its first day to the day it is no more; `successor` takes over (R47)."""

    code: RegionCode
    name: str
    valid_from: date
    valid_to: date | None
    successor: RegionCode | None
    source: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality (kommune) and the region it was first in; the region's successor follows (R46, R47)."""

    code: MunicipalityCode
    name: str
    region: RegionCode
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Membership:
    """The region an area, a municipality or a region itself, belongs to from `valid_from` to before `valid_to`."""

    area: str
    region: RegionCode
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who stands behind units and offers (organisation)."""

    id: OrganisationId
    name: str
    kind: OrganisationKind
    municipality: MunicipalityCode | None
    region: RegionCode | None
    example: bool
    source: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A place of an organisation with people of its own (enhed)."""

    id: UnitId
    name: str
    aliases: tuple[str, ...]
    organisation: OrganisationId
    kind: UnitKind
    sector: Sector
    municipality: MunicipalityCode | None
    region: RegionCode | None
    example: bool
    source: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an offer is for (målgruppe). Both ends of a range belong to it; None: the source does not say."""

    audience: frozenset[Audience] = frozenset()
    pregnancy_week_from: int | None = None
    pregnancy_week_to: int | None = None
    child_age_months_from: int | None = None
    child_age_months_to: int | None = None
    parent_age_from: int | None = None
    parent_age_to: int | None = None
    pregnancy_care_levels: tuple[int, ...] = ()
    first_time_parents: bool | None = None
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dose:
    """How much (dosis): both ends of a range belong to it."""

    sessions_from: int | None = None
    sessions_to: int | None = None
    minutes_per_session_from: int | None = None
    minutes_per_session_to: int | None = None
    hours_per_week_from: int | None = None
    hours_per_week_to: int | None = None
    weeks: int | None = None
    group_size_from: int | None = None
    group_size_to: int | None = None
    schedule: str | None = None
    meal: bool | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a family can take part in (tilbud).

    `municipalities` is where the source says it is given. `regions` besides them: the region's own offer,
    whose reach beyond those municipalities the source does not tell. `regions` alone: the whole region.
    """

    id: OfferId
    name: str
    unit: UnitId
    summary: str
    as_of: date
    source: tuple[Source, ...]
    themes: frozenset[Theme]
    aliases: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    municipalities: frozenset[MunicipalityCode] = frozenset()
    regions: frozenset[RegionCode] = frozenset()
    nationwide: bool = False
    access: frozenset[Access] = frozenset()
    referrers: frozenset[Profession] = frozenset()
    form: frozenset[Form] = frozenset()
    methods: tuple[str, ...] = ()
    legal_basis: frozenset[LegalBasis] = frozenset()
    prevention_level: PreventionLevel | None = None
    price: str | None = None
    funding_until: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    example: bool = False
    target: Target = field(default_factory=Target)
    dose: Dose = field(default_factory=Dose)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the data files say, checked against itself."""

    regions: dict[RegionCode, Region]
    municipalities: dict[MunicipalityCode, Municipality]
    organisations: dict[OrganisationId, Organisation]
    units: dict[UnitId, Unit]
    offers: dict[OfferId, Offer]
