"""What kind of offer it is, and how a family gets in, in the words of the mapping of family houses (seed 003).

The seed names the kinds and gives an example of most; what in an offer tells each is our reading, written
down in `KINDS` with the line it reads. An offer can be of several kinds. What it does not say stays open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.directory.domain.codes import Access, Audience, Form, Theme
from services.directory.domain.danish import fold
from services.directory.domain.model import Offer

LAST_MONTH = 83


class Kind(StrEnum):
    """A kind of offer: the first five of figure 7 (003:350-356), the others of figure 10 (003:495-497)."""

    OPEN = "open"
    GROUP = "group"
    INDIVIDUAL = "individual"
    CONTACT_OR_MENTOR = "contact_or_mentor"
    OTHER = "other"
    PARENTING_COURSE = "parenting_course"
    INDIVIDUAL_GUIDANCE = "individual_guidance"
    GROUP_GUIDANCE = "group_guidance"
    FATHERS = "fathers"
    COUPLE = "couple"
    OPEN_HOUSE = "open_house"
    CAFE = "cafe"
    MENTOR = "mentor"


class Door(StrEnum):
    """How a family gets in (figures 6 and 11, 003:337 and 003:516): by itself, by referral or assessment, or both."""

    OPEN = "open"
    ASSESSED = "assessed"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Told:
    """A kind in Danish, how it is recognised, and the lines of seed 003 that name it."""

    name: str
    recognised: str
    lines: str


KINDS: Mapping[Kind, Told] = {
    Kind.OPEN: Told(
        "Åbne tilbud",
        "Familien kan komme af sig selv: åbent, åbent og anonymt, eller man melder sig selv til",
        "337,354",
    ),
    Kind.GROUP: Told("Gruppetilbud", "Formen er gruppe eller kursus, eller det er en legestue", "354"),
    Kind.INDIVIDUAL: Told(
        "Individuelle forløb",
        "Én familie ad gangen (individuelt, par, familie eller hjemmebesøg) og ikke sagt at være en enkelt gang",
        "354",
    ),
    Kind.CONTACT_OR_MENTOR: Told(
        "Kontaktperson eller mentorforløb",
        "Formen er mentor, eller navnet siger mentor eller kontaktperson",
        "354,364",
    ),
    Kind.OTHER: Told(
        "Andre tilbud",
        "Screening, ADBB, COS-P, praktik eller babysimulator (kildens egne eksempler), eller ingen af de andre slags",
        "354",
    ),
    Kind.PARENTING_COURSE: Told(
        "Forældrekurser", "Temaet er forældrekursus, eller formen er kursus og ikke kun for børn", "495"
    ),
    Kind.INDIVIDUAL_GUIDANCE: Told(
        "Individuel vejledning", "Én familie ad gangen: individuelt, familie, hjemmebesøg eller telefon", "495"
    ),
    Kind.GROUP_GUIDANCE: Told("Gruppevejledning", "Formen er gruppe", "495"),
    Kind.FATHERS: Told(
        "Tilbud til fædre",
        "Temaet er fædre, eller målgruppen er far eller partner og ikke mor, gravid, par eller familie",
        "495,507",
    ),
    Kind.COUPLE: Told("Parforløb", "Formen er par, eller temaet er parforhold", "495"),
    Kind.OPEN_HOUSE: Told("Åbent hus", "Man kan komme forbi uden aftale, eller navnet siger åbent hus", "495,505"),
    Kind.CAFE: Told("Caféarrangementer", "Formen er café", "495,518"),
    Kind.MENTOR: Told("Mentorforløb", "Formen er mentor, eller navnet siger mentor", "495,518"),
}
FIGURE_7 = (Kind.OPEN, Kind.GROUP, Kind.INDIVIDUAL, Kind.CONTACT_OR_MENTOR, Kind.OTHER)
FIGURE_10 = tuple(kind for kind in Kind if kind not in FIGURE_7)

_ONE_FAMILY = frozenset({Form.INDIVIDUAL, Form.COUPLE, Form.FAMILY, Form.HOME_VISIT})
_GUIDED_ALONE = frozenset({Form.INDIVIDUAL, Form.FAMILY, Form.HOME_VISIT, Form.PHONE})
_BY_ITSELF = frozenset({Access.OPEN, Access.OPEN_ANONYMOUS, Access.SELF_REFERRAL})
_FATHERS = frozenset({Audience.FATHER, Audience.PARTNER})
_NOT_ONLY_FATHERS = frozenset({Audience.MOTHER, Audience.PREGNANT, Audience.COUPLE, Audience.FAMILY})
_SINGLED_OUT_METHODS = ("cos-p", "cosp", "adbb")
_SINGLED_OUT_WORDS = ("adbb", "cos-p", "praktik", "babysimulator")
# Kinds a silent form may hide; what a name, a theme or an audience tells is told without it.
_BY_FORM = frozenset(Kind) - {Kind.OPEN, Kind.FATHERS}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The kinds an offer is of, and those it may be of for all it says; a kind is never in both."""

    kinds: frozenset[Kind]
    perhaps: frozenset[Kind]


def concerns(offer: Offer) -> bool:
    """Say whether it is for expecting parents or families with a child of 0-6 years: what seed 003 asks of (003:356).

    Only what says otherwise is left out: for staff alone, or from the child's seventh birthday on.
    """
    target = offer.target
    if target.audience == {Audience.STAFF}:
        return False
    born_too_early = target.child_age_months_from is not None and target.child_age_months_from > LAST_MONTH
    return not born_too_early or Audience.PREGNANT in target.audience


def recognise(offer: Offer) -> Recognised:
    """Return the kinds an offer is of, by `KINDS`; where it says no form or no way in, those stay possible."""
    told = {kind for kind, is_so in _marks(offer).items() if is_so}
    if not told & {Kind.OPEN, Kind.GROUP, Kind.INDIVIDUAL, Kind.CONTACT_OR_MENTOR} and offer.form and offer.access:
        told.add(Kind.OTHER)
    perhaps = _BY_FORM if not offer.form else frozenset()
    if not offer.access:
        perhaps |= {Kind.OPEN}
    return Recognised(frozenset(told), frozenset(perhaps - told))


def door(offer: Offer) -> Door | None:
    """Return how a family gets in; None: the source does not say, or it is only for those already in the house.

    Where a family may come by itself no referral is required, though a professional may refer too; assessment
    beside that makes it both (003:337-341).
    """
    if not offer.access & _BY_ITSELF:
        return Door.ASSESSED if offer.access & {Access.ASSESSMENT, Access.PROFESSIONAL_REFERRAL} else None
    return Door.BOTH if Access.ASSESSMENT in offer.access else Door.OPEN


def together(doors: frozenset[Door]) -> Door | None:
    """Return the way in to several offers seen as one, as figures 6 and 11 do: open, assessed, or both."""
    return next(iter(doors)) if len(doors) == 1 else (Door.BOTH if doors else None)


def _marks(offer: Offer) -> Mapping[Kind, bool]:
    form, themes, audience = offer.form, offer.themes, offer.target.audience
    names = " ".join(map(fold, (offer.name, *offer.aliases)))
    mentor = Form.MENTOR in form or "mentor" in names
    return {
        Kind.OPEN: bool(offer.access & _BY_ITSELF),
        Kind.GROUP: bool(form & {Form.GROUP, Form.COURSE}) or Theme.PLAY_GROUP in themes,
        Kind.INDIVIDUAL: bool(form & _ONE_FAMILY) and offer.dose.sessions_to != 1,
        Kind.CONTACT_OR_MENTOR: mentor or "kontaktperson" in names,
        Kind.OTHER: _singled_out(offer, names),
        Kind.PARENTING_COURSE: Theme.PARENTING_COURSE in themes
        or (Form.COURSE in form and audience != {Audience.CHILD}),
        Kind.INDIVIDUAL_GUIDANCE: bool(form & _GUIDED_ALONE),
        Kind.GROUP_GUIDANCE: Form.GROUP in form,
        Kind.FATHERS: Theme.FATHERS in themes or bool(audience & _FATHERS and not audience & _NOT_ONLY_FATHERS),
        Kind.COUPLE: Form.COUPLE in form or Theme.COUPLE in themes,
        Kind.OPEN_HOUSE: Form.DROP_IN in form or "aabent hus" in names,
        Kind.CAFE: Form.CAFE in form,
        Kind.MENTOR: mentor,
    }


def _singled_out(offer: Offer, names: str) -> bool:
    """Say whether it is one of the "other" offers the seed itself names (003:354)."""
    methods = " ".join(map(fold, offer.methods))
    return (
        Theme.SCREENING in offer.themes
        or any(method in methods for method in _SINGLED_OUT_METHODS)
        or any(word in names for word in _SINGLED_OUT_WORDS)
    )
