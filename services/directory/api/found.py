"""What the directory answers of an offer: for the documentation, and for those who read the answer."""

from datetime import date

from pydantic import Field

from services.directory.api.units import SourceOut
from services.directory.domain.codes import Access, Audience, Form, LegalBasis, PreventionLevel, Profession, Theme
from services.directory.domain.matching import Criterion
from shared.text import WireOut


class NamedOut(WireOut):
    """A unit's or an organisation's id and name."""

    id: str
    name: str


class TargetOut(WireOut):
    """Whom the offer is for. Both ends of a range belong to it; null: the source does not say."""

    audience: list[Audience]
    pregnancy_week_from: int | None
    pregnancy_week_to: int | None
    child_age_months_from: int | None
    child_age_months_to: int | None
    parent_age_from: int | None
    parent_age_to: int | None
    pregnancy_care_levels: list[int] = Field(description="levels 1–4 of antenatal care (svangreomsorg, R67)")
    first_time_parents: bool | None
    criteria: list[str] = Field(description="what else the source asks for, in Danish")


class DoseOut(WireOut):
    """How much of it; null: the source does not say."""

    sessions_from: int | None
    sessions_to: int | None
    minutes_per_session_from: int | None
    minutes_per_session_to: int | None
    hours_per_week_from: int | None
    hours_per_week_to: int | None
    weeks: int | None
    group_size_from: int | None
    group_size_to: int | None
    schedule: str | None
    meal: bool | None


class OfferOut(WireOut):
    """An offer (tilbud) as a referrer must know it; nothing about a person (R70).

    `as_of` is the day the source describes; `example` marks an offer made up for an example.
    """

    id: str
    name: str
    aliases: list[str]
    summary: str
    unit: NamedOut
    organisation: NamedOut
    partners: list[NamedOut] = Field(description="who gives it together with the unit")
    municipalities: list[str] = Field(description="codes; where it is given")
    regions: list[str] = Field(description="codes; the regions it is given in or by")
    nationwide: bool
    themes: list[Theme]
    target: TargetOut
    access: list[Access]
    referrers: list[Profession] = Field(description="who may refer; empty: the source does not say")
    form: list[Form]
    methods: list[str]
    dose: DoseOut
    legal_basis: list[LegalBasis]
    prevention_level: PreventionLevel | None
    price: str | None
    as_of: date = Field(description="the day the source describes")
    funding_until: date | None = Field(description="the last day it has money for, where the source says so")
    valid_from: date | None
    valid_to: date | None = Field(description="the first day it is no longer there")
    example: bool = Field(description="made up for an example, not an offer one can refer to")
    source: list[SourceOut]


class MatchOut(WireOut):
    """Which of the criteria asked about the offer meets, and of which the source says nothing."""

    matched: list[Criterion]
    unknown: list[Criterion]


class FoundOut(OfferOut):
    """An offer that was found, and how it fits."""

    match: MatchOut


class OffersOut(WireOut):
    """A page of offers, best first; `total` counts all pages, `next` is where to go on, if there is more."""

    total: int
    offers: list[FoundOut]
    next: str | None
