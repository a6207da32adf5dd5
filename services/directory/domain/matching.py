"""Does an offer fit a need? Per criterion: it does, it does not, or the source does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from services.directory.domain.codes import Access, Audience, Form, PreventionLevel, Profession, Theme
from services.directory.domain.model import Offer, Target

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


class Verdict(StrEnum):
    """How an offer meets one criterion. `unknown` never hides an offer: silence is not a no."""

    MATCHED = "matched"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Need:
    """What a family, or somebody on its behalf, looks for (behov). What is not given is not asked about.

    `areas` are the codes of the municipality, of the regions it has belonged to so far, and `NATION`.
    Of several audiences or themes one is enough.
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

    A span that is None, an empty set and a level that is None: the source does not say. The search in
    the database asks the same values (`services.directory.store.query`).
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


def match(offer: Offer, need: Need) -> Match:
    """Say for each criterion the need names how the offer meets it, in the criteria's own order."""
    at = reach(offer)
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
    }
    return {criterion: verdict for criterion, verdict in found.items() if verdict is not None}


def fits(matched: Match) -> bool:
    """Say whether the offer belongs in the answer: nothing failed."""
    return Verdict.FAILED not in matched.values()


def reach(offer: Offer) -> Reach:
    """Return whom the offer reaches, with what follows from what it says."""
    given = frozenset(offer.municipalities or offer.regions) | ({NATION} if offer.nationwide else frozenset())
    perhaps = offer.regions if offer.municipalities else frozenset()
    target = offer.target
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
    )


def served(audience: frozenset[Audience]) -> frozenset[Audience]:
    """Return every audience whose offers serve those asked for: a father is also one of a family."""
    return audience.union(*(SERVED_BY.get(each, frozenset()) for each in audience))


def doors(access: Access | None) -> frozenset[Access]:
    """Return the ways in that answer the one asked for: who asks for an open door may also stay anonymous."""
    return OPEN_DOORS if access is Access.OPEN else _alone(access)


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


def _span(first: int | None, last: int | None) -> Span | None:
    if first is None and last is None:
        return None
    return Span(first or 0, _UNBOUNDED if last is None else last + 1)


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


def _referral(at: Reach, referrer: Profession | None) -> Verdict | None:
    if referrer is None:
        return None
    asked = {referrer, Profession.ANY}
    return _three(yes=at.referrers & asked, perhaps=at.perhaps_referrers & asked)


def _within(span: Span | None, number: int | None) -> Verdict | None:
    if number is None:
        return None
    return _three(yes=span is not None and number in span, perhaps=span is None)


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
