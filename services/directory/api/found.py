"""What the directory answers of an offer: for the documentation, and for those who read the answer."""

from datetime import date

from pydantic import Field

from services.directory.api.units import ContactOut, NamedOut, SourceOut, VenueOut
from services.directory.domain.codes import (
    Access,
    Audience,
    Form,
    Language,
    LegalBasis,
    OtherMunicipalities,
    PreventionLevel,
    Profession,
    Theme,
    Weekday,
)
from services.directory.domain.matching import Criterion
from shared.text import Moment, WireOut


class TargetOut(WireOut):
    """Whom the offer is for. Both ends of a range belong to it; null: the source does not say."""

    audience: list[Audience]
    pregnancy_week_from: int | None
    pregnancy_week_to: int | None
    child_age_months_from: int | None
    child_age_months_to: int | None
    parent_age_from: int | None
    parent_age_to: int | None
    due_from: date | None = Field(description="first due date (termin) it is for")
    due_to: date | None
    pregnancy_care_levels: list[int] = Field(description="levels 1–4 of antenatal care (svangreomsorg, R67)")
    first_time_parents: bool | None
    criteria: list[str] = Field(description="what else the source asks for, in Danish; to be read before a referral")


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
    days: list[Weekday]
    starts_at: str | None = Field(description="HH:MM, Danish time")
    ends_at: str | None
    schedule: str | None
    childcare: bool | None
    meal: bool | None
    transport: bool | None


class RunOut(WireOut):
    """One run (hold): how many places and how long a wait, and the day that was said."""

    label: str
    said_on: date
    starts_on: date | None
    ends_on: date | None
    places: int | None
    free: int | None
    waiting: int | None
    wait_weeks: int | None


class BasisOut(WireOut):
    """A provision the offer is given under (lovgrundlag, R68): when it is in force, and what it asks for."""

    code: LegalBasis
    law: str
    paragraph: str | None
    stk: str | None
    nr: str | None
    title: str
    valid_from: date | None
    valid_to: date | None
    requires_screening: bool
    requires_decision: bool
    anonymous_allowed: bool
    requires_consent_of: list[str]
    source: str


class ConfirmedOut(WireOut):
    """Who said last that it is so: the day and the unit."""

    on: date
    by: NamedOut


class OfferOut(WireOut):
    """An offer (tilbud) as a referrer must know it; nothing about a person (R70)."""

    id: str
    version: int
    modified_at: Moment
    name: str
    aliases: list[str]
    summary: str
    unit: NamedOut = Field(description="who gives it, and owns what is said of it")
    organisation: NamedOut
    partners: list[NamedOut] = Field(description="who gives it together with the unit")
    municipalities: list[str] = Field(description="codes; where it is given")
    regions: list[str] = Field(description="codes; the regions it is given in or by")
    nationwide: bool
    other_municipalities: OtherMunicipalities | None = Field(description="may families of other municipalities come?")
    other_municipalities_terms: str | None
    themes: list[Theme]
    target: TargetOut
    access: list[Access]
    referrers: list[Profession] = Field(description="who may refer; empty: the source does not say")
    form: list[Form]
    methods: list[str]
    dose: DoseOut
    languages: list[Language]
    interpreter: bool | None
    led_by: str | None = Field(description="the function that leads it; never a person's name")
    contact: ContactOut = Field(description="whom to ask: the offer's own, or else its unit's")
    venues: list[VenueOut]
    runs: list[RunOut]
    legal_basis: list[BasisOut]
    requires_decision: bool = Field(
        description="a screening or a decision of the authority comes first: a referral becomes a request (R69)"
    )
    prevention_level: PreventionLevel | None
    price: str | None
    price_kr: int | None = Field(description="whole kroner; 0 is free")
    as_of: date = Field(description="the day the text describes")
    confirmed: ConfirmedOut | None = Field(description="who confirmed it last; null: nobody has")
    last_said_on: date = Field(description="the later of the two")
    flagged: bool = Field(description="nobody has confirmed it for so long that it may be out of date")
    funding_until: date | None = Field(description="the last day it has money for, where the source says so")
    valid_from: date | None
    valid_to: date | None = Field(description="the first day it is no longer there")
    example: bool = Field(description="made up for an example, not an offer one can refer to")
    source: list[SourceOut]


class MatchOut(WireOut):
    """How it fits: the criteria it meets, those it says nothing of, and those it fails (only where that was asked)."""

    matched: list[Criterion]
    unknown: list[Criterion]
    failed: list[Criterion]
    distance_km: float | None = Field(description="to the nearest place it is given at")
    distance_approximate: bool = Field(description="reckoned to the middle of its municipality")


class FoundOut(OfferOut):
    """An offer that was found, and how it fits."""

    match: MatchOut


class CountOut(WireOut):
    """How many offers have a value, if it were the only one asked for in its facet."""

    value: str
    name: str = Field(description="in Danish, where the value is a code")
    count: int


class FacetOut(WireOut):
    """The hits by one property, following every other criterion; `unknown` counts those that do not say."""

    counts: list[CountOut]
    unknown: int


class OffersOut(WireOut):
    """A page of offers, best first; `total` counts all pages, `next` is where to go on, if there is more."""

    total: int = Field(description="offers that fail nothing asked about")
    offers: list[FoundOut]
    facets: dict[str, FacetOut]
    nearly: int = Field(description="offers that fail no more than `failing` criteria; they come last")
    whole_text: bool = Field(description="false: no offer answers every word of the text, and these answer some")
    unanswered: list[str] = Field(description="the words of the text that the first of these offers does not answer")
    taken_as: list[list[str]] = Field(description="misspelt words of the text, each with what it was taken for")
    next: str | None
