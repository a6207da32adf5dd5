"""Does an offer fit a need? Per criterion: it does, it does not, or the source does not say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from services.directory.domain.codes import (
    Access,
    Accessibility,
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
from services.directory.domain.danish import fold
from services.directory.domain.geography import Middle, Places, Point, distance_km
from services.directory.domain.model import Offer, Run, Target

T = TypeVar("T")
NATION = "DK"
LAST_WEEK = 42


class Criterion(StrEnum):
    """What a need may be about; the names are those of the search's parameters."""

    MUNICIPALITY = "municipality"
    GESTATION_WEEK = "gestation_week"
    CHILD_AGE_MONTHS = "child_age_months"
    PARENT_AGE = "parent_age"
    AUDIENCE = "audience"
    THEME = "theme"
    REFERRER = "referrer"
    ACCESS = "access"
    FORM = "form"
    PREVENTION_LEVEL = "prevention_level"
    LANGUAGE = "language"
    FIRST_TIME_PARENTS = "first_time_parents"
    DUE_DATE = "due_date"
    CARE_LEVEL = "pregnancy_care_level"
    METHOD = "method"
    LEGAL_BASIS = "legal_basis"
    HOME_MUNICIPALITY = "home_municipality"
    WEEKDAY = "weekday"
    CHILDCARE = "childcare"
    MEAL = "meal"
    TRANSPORT = "transport"
    INTERPRETER = "interpreter"
    ACCESSIBILITY = "accessibility"
    FREE_PLACES = "free_places"
    MAX_PRICE_KR = "max_price_kr"
    NEAR = "within_km"


class Verdict(StrEnum):
    """How an offer meets one criterion. `unknown` never hides an offer: silence is not a no."""

    MATCHED = "matched"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Need:
    """What a family, or somebody on its behalf, looks for (behov). What is not given is not asked about.

    `areas` are the codes of the place asked about: a municipality and the regions it has belonged to, or a region
    with its municipalities and predecessors; and `NATION`. `home` is the same of where the family lives.
    Of several audiences, themes, languages, methods, provisions or weekdays one is enough; of what a place must
    have for those who need it, all. A flag asked about is asked for.
    """

    areas: frozenset[str] = frozenset()
    gestation_week: int | None = None
    child_age_months: int | None = None
    parent_age: int | None = None
    audience: frozenset[Audience] = frozenset()
    theme: frozenset[Theme] = frozenset()
    referrer: Profession | None = None
    access: Access | None = None
    form: Form | None = None
    prevention_level: PreventionLevel | None = None
    language: frozenset[Language] = frozenset()
    first_time_parents: bool | None = None
    due_date: date | None = None
    pregnancy_care_level: int | None = None
    method: frozenset[str] = frozenset()
    legal_basis: frozenset[LegalBasis] = frozenset()
    home: frozenset[str] = frozenset()
    weekday: frozenset[Weekday] = frozenset()
    childcare: bool = False
    meal: bool = False
    transport: bool = False
    interpreter: bool = False
    accessibility: frozenset[Accessibility] = frozenset()
    free_places: bool = False
    max_price_kr: int | None = None
    near: Point | None = None
    within_km: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from `low` to before `high`; empty when they are equal."""

    low: int
    high: int

    def __contains__(self, number: int) -> bool:
        """Say whether the number lies within."""
        return self.low <= number < self.high


NEVER = Span(0, 0)
_UNBOUNDED = 1000


@dataclass(frozen=True, slots=True)
class Reach:
    """What an offer says of whom it reaches, in the form questions are put to it.

    A span, flag or code that is None and an empty set: the source does not say. `due` counts days (ordinals).
    `points` are where it is given; `centres` the middles of its municipalities, where it gives no point.
    """

    given_in: frozenset[str]
    perhaps_in: frozenset[str]
    weeks: Span | None
    months: Span | None
    ages: Span | None
    audience: frozenset[Audience]
    themes: frozenset[Theme]
    referrers: frozenset[Profession]
    perhaps_referrers: frozenset[Profession]
    access: frozenset[Access]
    form: frozenset[Form]
    prevention_level: PreventionLevel | None
    languages: frozenset[Language] = frozenset()
    first_time_parents: bool | None = None
    due: Span | None = None
    care_levels: frozenset[int] = frozenset()
    methods: frozenset[str] = frozenset()
    legal_basis: frozenset[LegalBasis] = frozenset()
    others: OtherMunicipalities | None = None
    days: frozenset[Weekday] = frozenset()
    childcare: bool | None = None
    meal: bool | None = None
    transport: bool | None = None
    interpreter: bool | None = None
    accessibility: frozenset[Accessibility] = frozenset()
    free_places: bool | None = None
    wait_weeks: int | None = None
    price_kr: int | None = None
    points: tuple[Point, ...] = ()
    centres: tuple[Middle, ...] = ()


Match = Mapping[Criterion, Verdict]

# Whoever asks for the key is also served by an offer for these.
SERVED_BY: Mapping[Audience, frozenset[Audience]] = {
    Audience.MOTHER: frozenset({Audience.COUPLE, Audience.FAMILY}),
    Audience.FATHER: frozenset({Audience.COUPLE, Audience.FAMILY}),
    Audience.PARTNER: frozenset({Audience.COUPLE, Audience.FAMILY}),
    Audience.CHILD: frozenset({Audience.FAMILY}),
}
OPEN_DOORS = frozenset({Access.OPEN, Access.OPEN_ANONYMOUS})
_ONLY_BEFORE_BIRTH = frozenset({Audience.PREGNANT, Audience.PARTNER, Audience.COUPLE})


def match(at: Reach, need: Need) -> Match:
    """Say for each criterion the need names how an offer with that reach meets it, in the criteria's own order."""
    found = {
        Criterion.MUNICIPALITY: _place(at, need.areas),
        Criterion.GESTATION_WEEK: _within(at.weeks, need.gestation_week),
        Criterion.CHILD_AGE_MONTHS: _within(at.months, need.child_age_months),
        Criterion.PARENT_AGE: _within(at.ages, need.parent_age),
        Criterion.AUDIENCE: _among(at.audience, served(need.audience)),
        Criterion.THEME: _among(at.themes, need.theme),
        Criterion.REFERRER: _referral(at, need.referrer),
        Criterion.ACCESS: _among(at.access, doors(need.access)),
        Criterion.FORM: _among(at.form, _alone(need.form)),
        Criterion.PREVENTION_LEVEL: _among(_alone(at.prevention_level), _alone(need.prevention_level)),
        Criterion.LANGUAGE: _among(at.languages, need.language),
        Criterion.FIRST_TIME_PARENTS: _among(_alone(at.first_time_parents), _alone(need.first_time_parents)),
        Criterion.DUE_DATE: _within(at.due, None if need.due_date is None else need.due_date.toordinal()),
        Criterion.CARE_LEVEL: _among(at.care_levels, _alone(need.pregnancy_care_level)),
        Criterion.METHOD: _among(at.methods, need.method),
        Criterion.LEGAL_BASIS: _among(at.legal_basis, need.legal_basis),
        Criterion.HOME_MUNICIPALITY: _home(at, need.home),
        Criterion.WEEKDAY: _among(at.days, need.weekday),
        Criterion.CHILDCARE: _flag(at.childcare, asked=need.childcare),
        Criterion.MEAL: _flag(at.meal, asked=need.meal),
        Criterion.TRANSPORT: _flag(at.transport, asked=need.transport),
        Criterion.INTERPRETER: _flag(at.interpreter, asked=need.interpreter),
        Criterion.ACCESSIBILITY: _all(at.accessibility, need.accessibility),
        Criterion.FREE_PLACES: _flag(at.free_places, asked=need.free_places),
        Criterion.MAX_PRICE_KR: _price(at.price_kr, need.max_price_kr),
        Criterion.NEAR: _near(at, need),
    }
    return {criterion: verdict for criterion, verdict in found.items() if verdict is not None}


def failed(matched: Match) -> int:
    """Count the criteria an offer does not meet."""
    return sum(verdict is Verdict.FAILED for verdict in matched.values())


def reach(offer: Offer, day: date, places: Places) -> Reach:
    """Return whom the offer reaches on a day, with what follows from what it says."""
    given = frozenset(offer.municipalities or offer.regions) | ({NATION} if offer.nationwide else frozenset())
    perhaps = offer.regions if offer.municipalities else frozenset()
    target, running = offer.target, [run for run in offer.runs if run.ends_on is None or run.ends_on >= day]
    points, middles = _points(offer, places.postcodes), places.municipalities
    return Reach(
        given_in=given,
        perhaps_in=frozenset(perhaps) if given else frozenset({NATION}),
        weeks=_weeks(target),
        months=_months(target),
        ages=_span(target.parent_age_from, target.parent_age_to),
        audience=target.audience,
        themes=offer.themes,
        referrers=offer.referrers | ({Profession.ANY} if offer.access & OPEN_DOORS else frozenset()),
        perhaps_referrers=frozenset({Profession.ANY}) if _may_be_referred(offer) else frozenset(),
        access=offer.access,
        form=offer.form,
        prevention_level=offer.prevention_level,
        languages=offer.languages,
        first_time_parents=target.first_time_parents,
        due=_due(target),
        care_levels=frozenset(target.pregnancy_care_levels),
        methods=frozenset(map(fold, offer.methods)),
        legal_basis=offer.legal_basis,
        others=OtherMunicipalities.YES if offer.nationwide else offer.other_municipalities,
        days=offer.dose.days,
        childcare=offer.dose.childcare,
        meal=offer.dose.meal,
        transport=offer.dose.transport,
        interpreter=offer.interpreter,
        accessibility=frozenset().union(*(venue.accessibility for venue in offer.venues)),
        free_places=_free(running),
        wait_weeks=min((run.wait_weeks for run in running if run.wait_weeks is not None), default=None),
        price_kr=offer.price_kr,
        points=points,
        centres=() if points else tuple(middles[code] for code in sorted(offer.municipalities) if code in middles),
    )


def served(audience: frozenset[Audience]) -> frozenset[Audience]:
    """Return every audience whose offers serve those asked for: a father is also one of a family."""
    return audience.union(*(SERVED_BY.get(each, frozenset()) for each in audience))


def doors(access: Access | None) -> frozenset[Access]:
    """Return the ways in that answer the one asked for: who asks for an open door may also stay anonymous."""
    return OPEN_DOORS if access is Access.OPEN else _alone(access)


def nearest_km(at: Reach, here: Point) -> float | None:
    """Return the distance to the nearest place it is given at, or to its municipalities' middles; None: nobody says."""
    return min((distance_km(here, point) for point in at.points or at.centres), default=None)


def _points(offer: Offer, postcodes: Mapping[str, Point]) -> tuple[Point, ...]:
    found = []
    for venue in offer.venues:
        if venue.latitude is not None and venue.longitude is not None:
            found.append(Point(venue.latitude, venue.longitude))
        elif venue.postcode is not None and venue.postcode in postcodes:
            found.append(postcodes[venue.postcode])
    return tuple(found)


def _weeks(target: Target) -> Span | None:
    stated = _span(target.pregnancy_week_from, target.pregnancy_week_to)
    if stated is None and Audience.PREGNANT in target.audience:
        return Span(0, LAST_WEEK + 1)
    # An offer that says from what age, and is not for the pregnant, is for children already born.
    if stated is None and (target.child_age_months_from or 0) > 0:
        return NEVER
    return stated


def _months(target: Target) -> Span | None:
    stated = _span(target.child_age_months_from, target.child_age_months_to)
    if stated is None and Audience.PREGNANT in target.audience and target.audience <= _ONLY_BEFORE_BIRTH:
        return NEVER
    return stated


def _due(target: Target) -> Span | None:
    if target.due_from is None and target.due_to is None:
        return None
    last = date.max if target.due_to is None else target.due_to
    return Span((target.due_from or date.min).toordinal(), last.toordinal() + 1)


def _span(first: int | None, last: int | None) -> Span | None:
    if first is None and last is None:
        return None
    return Span(first or 0, _UNBOUNDED if last is None else last + 1)


def _free(running: Iterable[Run]) -> bool | None:
    """Say whether a run has a free place: none does only where every run says so."""
    told = [run.free for run in running]
    if any(free for free in told if free is not None):
        return True
    return False if told and None not in told else None


def _may_be_referred(offer: Offer) -> bool:
    """Say whether a professional not named may perhaps refer: silence, self-referral, or the authority assesses."""
    if not offer.access:
        return not offer.referrers
    unnamed = Access.PROFESSIONAL_REFERRAL in offer.access and not offer.referrers
    return unnamed or not offer.access.isdisjoint({Access.SELF_REFERRAL, Access.ASSESSMENT})


def _place(at: Reach, areas: frozenset[str]) -> Verdict | None:
    if not areas:
        return None
    return _three(yes=at.given_in & areas, perhaps=at.perhaps_in & areas)


def _home(at: Reach, home: frozenset[str]) -> Verdict | None:
    """Say whether families who live there may come: it is their own municipality's, or open to others (R70)."""
    if not home:
        return None
    yes = at.given_in & home or at.others is OtherMunicipalities.YES
    return _three(yes=yes, perhaps=at.perhaps_in & home or at.others is not OtherMunicipalities.NO)


def _referral(at: Reach, referrer: Profession | None) -> Verdict | None:
    if referrer is None:
        return None
    asked = {referrer, Profession.ANY}
    return _three(yes=at.referrers & asked, perhaps=at.perhaps_referrers & asked)


def _near(at: Reach, need: Need) -> Verdict | None:
    """Say whether it is near enough; somewhere in a municipality is unknown unless all of it is too far."""
    here, within = need.near, need.within_km
    if here is None or within is None:
        return None
    near = any(distance_km(here, point) <= within for point in at.points)
    perhaps = any(distance_km(here, middle) <= within + middle.radius_km for middle in at.centres)
    return _three(yes=near, perhaps=not at.points and (perhaps or not at.centres))


def _within(span: Span | None, number: int | None) -> Verdict | None:
    if number is None:
        return None
    return _three(yes=span is not None and number in span, perhaps=span is None)


def _price(price: int | None, most: int | None) -> Verdict | None:
    if most is None:
        return None
    return _three(yes=price is not None and price <= most, perhaps=price is None)


def _flag(held: bool | None, *, asked: bool) -> Verdict | None:  # noqa: FBT001 - three-valued
    return _three(yes=held is True, perhaps=held is None) if asked else None


def _all(held: frozenset[T], asked: frozenset[T]) -> Verdict | None:
    """Say whether all that is asked is there; what a list does not name is not known to be missing."""
    return _three(yes=asked <= held, perhaps=True) if asked else None


def _among(held: frozenset[T], asked: frozenset[T]) -> Verdict | None:
    if not asked:
        return None
    return _three(yes=held & asked, perhaps=not held)


def _three(*, yes: object, perhaps: object) -> Verdict:
    if yes:
        return Verdict.MATCHED
    return Verdict.UNKNOWN if perhaps else Verdict.FAILED


def _alone(code: T | None) -> frozenset[T]:
    return frozenset() if code is None else frozenset({code})
