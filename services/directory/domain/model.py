"""The values the directory is about: offers, who gives them, and where."""

from dataclasses import dataclass, field
from datetime import date
from typing import NewType

from services.directory.domain.codes import (
    Access,
    Accessibility,
    Audience,
    Form,
    Language,
    LegalBasis,
    OrganisationKind,
    OtherMunicipalities,
    PreventionLevel,
    Profession,
    Theme,
    UnitKind,
    Weekday,
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
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode (postnummer), the municipality most of it lies in, and its middle (WGS84 degrees)."""

    code: str
    name: str
    municipality: MunicipalityCode
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Basis:
    """A provision offers are given under, when it is in force, and what it asks for (lovgrundlag, R68)."""

    code: LegalBasis
    law: str
    title: str
    valid_from: date | None
    valid_to: date | None
    source: str
    paragraph: str | None = None
    stk: str | None = None
    nr: str | None = None
    requires_screening: bool = False
    requires_decision: bool = False
    anonymous_allowed: bool = False
    requires_consent_of: tuple[str, ...] = ()


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
    cvr: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: OrganisationId | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: a function and its own telephone or mailbox, never a person's name (R70)."""

    function: str | None = None
    phone: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """Where: an address in Denmark, its coordinates (WGS84 degrees), and what the place has for those who need it."""

    name: str | None = None
    address: str | None = None
    postcode: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accessibility: frozenset[Accessibility] = frozenset()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A place of an organisation with people of its own (enhed).

    `professions` are those who work there, `for_ages` whose families it is for; `multidisciplinary` says that
    several professions share one entrance (seed 003, section 3.2). `task_agreement`: it solves an authority's task
    by agreement (R2).
    """

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
    cvr: str | None = None
    sor: str | None = None
    gln: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: UnitId | None = None
    professions: frozenset[Profession] = frozenset()
    for_ages: str | None = None
    multidisciplinary: bool | None = None
    task_agreement: bool | None = None
    contact: Contact = field(default_factory=Contact)
    venue: Venue = field(default_factory=Venue)


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
    due_from: date | None = None
    due_to: date | None = None
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
    days: frozenset[Weekday] = frozenset()
    starts_at: str | None = None
    ends_at: str | None = None
    schedule: str | None = None
    childcare: bool | None = None
    meal: bool | None = None
    transport: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an offer (hold): when, how many places, how long a wait, and the day that was said."""

    label: str
    said_on: date
    starts_on: date | None = None
    ends_on: date | None = None
    places: int | None = None
    free: int | None = None
    waiting: int | None = None
    wait_weeks: int | None = None


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
    languages: frozenset[Language] = frozenset()
    interpreter: bool | None = None
    led_by: str | None = None
    contact: Contact = field(default_factory=Contact)
    venues: tuple[Venue, ...] = ()
    runs: tuple[Run, ...] = ()
    price: str | None = None
    price_kr: int | None = None
    other_municipalities: OtherMunicipalities | None = None
    other_municipalities_terms: str | None = None
    funding_until: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    example: bool = False
    target: Target = field(default_factory=Target)
    dose: Dose = field(default_factory=Dose)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the data files say, checked against itself; what an edited or imported offer is checked against."""

    regions: dict[RegionCode, Region]
    municipalities: dict[MunicipalityCode, Municipality]
    organisations: dict[OrganisationId, Organisation]
    units: dict[UnitId, Unit]
    offers: dict[OfferId, Offer]
    postcodes: dict[str, Postcode] = field(default_factory=dict)
    bases: dict[LegalBasis, Basis] = field(default_factory=dict)
