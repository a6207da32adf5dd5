"""One made-up offer: a real one's make, moved a little, with what the real data seldom say filled in.

Its themes, form, audience, ages, weeks, dose and methods are a real offer's; which kinds a municipality has and how a
family gets in follow seed 003 (003:495, 003:518). Name and summary are put together from parts.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from deploy.bench import phrases
from deploy.bench.country import HAS, HOUSES, Country, Place, chance
from services.directory.domain.codes import (
    Access,
    Accessibility,
    Form,
    OtherMunicipalities,
    Profession,
    Theme,
    UnitKind,
    Weekday,
)
from services.directory.domain.document import Document, to_document
from services.directory.domain.figures.kinds import Door, Kind, door, recognise
from services.directory.domain.model import Catalogue, Offer, Unit

TODAY = date(2026, 11, 22)
# Which of the made-up units gives what a real offer's unit gives; every other kind is given by the family house.
_GIVERS: Mapping[UnitKind, UnitKind] = {
    **{kind: kind for kind in (*HOUSES, UnitKind.VOLUNTARY, UnitKind.MIDWIFERY, UnitKind.HOSPITAL)},
    UnitKind.FAMILY_OUTPATIENT_CLINIC: UnitKind.HOSPITAL,
    UnitKind.CHURCH: UnitKind.VOLUNTARY,
    UnitKind.HOUSING_ASSOCIATION: UnitKind.VOLUNTARY,
}
_OPEN_WAYS = (Access.OPEN, Access.OPEN_ANONYMOUS, Access.SELF_REFERRAL)
_ASSESSED_WAYS = (Access.PROFESSIONAL_REFERRAL, Access.ASSESSMENT)
_LANGUAGES = ("ar", "en", "tr", "so", "uk", "pl", "fa", "ur", "de", "ti", "ro")
_MEETING = frozenset({Form.GROUP, Form.COURSE, Form.CAFE, Form.DROP_IN})
_AWAY = frozenset({Form.HOME_VISIT, Form.PHONE, Form.ONLINE, Form.OUTREACH})
_TOLD_AS_IT_IS = ("themes", "form", "methods", "prevention_level", "languages", "interpreter")


def offering(rng: Random, number: int, place: Place, land: Country) -> Document:
    """Return the document of an offer given in a place."""
    pattern = _pattern(rng, place, land)
    as_of = TODAY - timedelta(days=int(rng.triangular(0, 500, 40)))
    told = {key: value for key, value in to_document(pattern).items() if key in _TOLD_AS_IT_IS}
    giver, where = _giver(rng, pattern, place, land)
    access = _access(rng, pattern, place, giver)
    made: Document = {
        "id": f"n-{number:06d}",
        "name": _name(rng, pattern, place),
        "unit": giver.id,
        "summary": _summary(rng, pattern),
        "as_of": as_of.isoformat(),
        **told,
        **where,
        **_partners(rng, place, giver),
        **({"access": sorted(access)} if access else {}),
        **({"referrers": _referrers(rng, pattern)} if Access.PROFESSIONAL_REFERRAL in access else {}),
        **_legal(rng, pattern, access, as_of, land.catalogue),
        **_practical(rng, pattern, giver, place),
        "target": _target(rng, pattern),
        "dose": _dose(rng, pattern),
    }
    return {key: value for key, value in made.items() if value not in ({}, [])}


def _pattern(rng: Random, place: Place, land: Country) -> Offer:
    """Return a real offer to be like: for a municipality's own units, of the kinds it has (figure 10).

    Now and then one of a kind it has is looked for, so that the kinds the real data seldom tell of are given too.
    """
    sought = rng.choice(sorted(place.kinds)) if place.kinds and chance(rng, 10) else None
    if sought is Kind.MENTOR:
        alike = [one for one in land.patterns if one.form and land.kinds[one.id] == {Kind.INDIVIDUAL_GUIDANCE}]
        return replace(rng.choice(alike), form=frozenset({Form.MENTOR}))
    for _ in range(300):
        found = rng.choice(land.patterns)
        if not found.form and chance(rng, 70):
            continue
        own = _GIVERS.get(land.catalogue.units[found.unit].kind, UnitKind.FAMILY_HOUSE) in HOUSES
        if (not own or land.kinds[found.id] <= place.kinds) and (sought is None or sought in land.kinds[found.id]):
            return found
    return found


def _giver(rng: Random, pattern: Offer, place: Place, land: Country) -> tuple[Unit, Document]:
    kind = _GIVERS.get(land.catalogue.units[pattern.unit].kind, UnitKind.FAMILY_HOUSE)
    code, region = place.municipality.code, place.municipality.region
    if kind in {UnitKind.MIDWIFERY, UnitKind.HOSPITAL}:
        where: Document = {"regions": [region]} if chance(rng, 50) else {"municipalities": [code]}
        return rng.choice(land.units[region, kind]), where
    if kind is UnitKind.FAMILY_HOUSE and chance(rng, 25):
        kind = rng.choice([UnitKind.DAYCARE, UnitKind.SOCIAL_AUTHORITY, UnitKind.JOBCENTER])
    nationwide = kind is UnitKind.VOLUNTARY and chance(rng, 3)
    return rng.choice(land.units[code, kind]), {"nationwide": True} if nationwide else {"municipalities": [code]}


def _partners(rng: Random, place: Place, giver: Unit) -> Document:
    """Return who gives it together with the unit; in group 4 nobody does (003:285)."""
    others = [f"n{place.municipality.code}-{stem}" for stem, _, _ in HOUSES.values()]
    alone = place.group == 4 or giver.kind not in HOUSES  # noqa: PLR2004 - the group without shared efforts
    if alone or not chance(rng, 20):
        return {}
    return {"partners": [rng.choice([each for each in others if each != giver.id])]}


def _access(rng: Random, pattern: Offer, place: Place, giver: Unit) -> frozenset[Access]:
    """Return how a family gets in: as the real offer says, or else as the place does it with the kind (figure 11).

    Where the house has but one way in (figure 6), its offers have it too.
    """
    entrance = place.door if giver.kind is UnitKind.FAMILY_HOUSE else Door.BOTH
    if pattern.access and entrance in {Door.BOTH, door(pattern)}:
        return pattern.access
    if not chance(rng, 75):
        return frozenset()
    kinds = [kind for kind in HAS if kind in recognise(pattern).kinds]
    opened = kinds[-1] in place.opened if kinds else chance(rng, 50)
    if entrance is Door.OPEN or (entrance is Door.BOTH and opened):
        return frozenset(rng.choices(_OPEN_WAYS, [5, 1, 4]))
    return frozenset(rng.choice([_ASSESSED_WAYS[:1], _ASSESSED_WAYS[1:], _ASSESSED_WAYS]))


def _referrers(rng: Random, pattern: Offer) -> list[str]:
    usual = [Profession.HEALTH_VISITOR, Profession.MIDWIFE, Profession.GENERAL_PRACTITIONER, Profession.SOCIAL_WORKER,
             Profession.DAYCARE_STAFF]  # fmt: skip
    return sorted(pattern.referrers) or sorted(rng.sample(usual, rng.randint(1, 4)))


def _legal(
    rng: Random, pattern: Offer, access: frozenset[Access], as_of: date, catalogue: Catalogue
) -> Mapping[str, Any]:
    """Return the provisions in force; an open door needs no decision (R69)."""
    told = sorted(pattern.legal_basis) or rng.choices([["BL-30"], ["SUL-120"], ["BL-32"], []], [3, 2, 1, 6])[0]
    kept = []
    for code in told:
        basis = catalogue.bases.get(code)  # type: ignore[call-overload] # a code's text
        in_force = basis is not None and (basis.valid_to is None or as_of < basis.valid_to)
        began = basis is not None and (basis.valid_from is None or basis.valid_from <= as_of)
        opened = access & {Access.OPEN, Access.OPEN_ANONYMOUS}
        if basis is not None and in_force and began and not (opened and basis.requires_decision):
            kept.append(str(code))
    return {"legal_basis": kept} if kept else {}


def _practical(rng: Random, pattern: Offer, giver: Unit, place: Place) -> Document:
    """Return what a referrer wants to know besides: who leads, whom to ask, price, languages, where and when."""
    made: Document = {"contact": {"function": giver.name, "email": f"{giver.id}@tilbud.example"}}
    if chance(rng, 70):
        made["led_by"] = phrases.LED_BY[giver.kind]
    if chance(rng, 60):
        made["price_kr"] = 0 if chance(rng, 85) else rng.choice([20, 50, 100, 200, 350])
    if chance(rng, 50):
        made["languages"] = ["da", *sorted(rng.sample(_LANGUAGES, rng.choice([0, 0, 0, 1, 1, 2])))]
        made["interpreter"] = chance(rng, 30)
    if chance(rng, 35):
        ways = [OtherMunicipalities.NO, OtherMunicipalities.BY_AGREEMENT, OtherMunicipalities.YES]
        told = rng.choices(ways, [6, 2, 3])[0]
        made["other_municipalities"] = OtherMunicipalities.YES if _helps(giver) else told
    if not pattern.form & _AWAY and chance(rng, 65):
        made["venues"] = [_venue(rng, giver, place)]
    if pattern.form & _MEETING and chance(rng, 45):
        made["runs"] = _runs(rng)
    return made


def _helps(giver: Unit) -> bool:
    """Say whether volunteers give it: they turn nobody away for where they live."""
    return giver.kind is UnitKind.VOLUNTARY


def _venue(rng: Random, giver: Unit, place: Place) -> Document:
    made: Document = {"name": giver.name, "address": f"{rng.choice(phrases.STREETS)} {rng.randint(1, 120)}"}
    if place.postcodes:
        town = rng.choice(place.postcodes)
        made |= {"postcode": town.code, "city": town.name}
        if chance(rng, 85):
            made["latitude"] = round(town.latitude + rng.uniform(-0.012, 0.012), 5)
            made["longitude"] = round(min(town.longitude + rng.uniform(-0.02, 0.02), 15.2), 5)
    there = sorted(str(each) for each in Accessibility if chance(rng, 35))
    return made | ({"accessibility": there} if there else {})


def _runs(rng: Random) -> list[Document]:
    """Return the runs that are open or to come, with the capacity said lately."""
    first, made = TODAY + timedelta(days=rng.randint(-60, 40)), []
    for turn in range(rng.choice([1, 1, 2])):
        starts, places = first + timedelta(weeks=16 * turn), rng.randint(6, 14)
        free = max(0, rng.randint(-4, places))
        made.append({
            "label": f"Hold {turn + 1}, {starts.year}",
            "starts_on": starts.isoformat(),
            "ends_on": (starts + timedelta(weeks=rng.randint(6, 14))).isoformat(),
            "places": places,
            "free": free,
            "waiting": 0 if free else rng.randint(0, 12),
            "wait_weeks": 0 if free else rng.randint(2, 30),
            "said_on": (TODAY - timedelta(days=rng.randint(0, 90))).isoformat(),
        })  # fmt: skip
    return made


def _target(rng: Random, pattern: Offer) -> Document:
    """Return whom it is for: the real offer's, its ages and weeks moved a little; the criteria are our own words."""
    told: Document = {key: value for key, value in (to_document(pattern).get("target") or {}).items()
                      if key not in {"criteria", "due_from", "due_to"}}  # fmt: skip
    for stem, low, high, step in (
        ("child_age_months", 0, 216, 2),
        ("pregnancy_week", 4, 42, 2),
        ("parent_age", 14, 60, 1),
    ):
        first, last = f"{stem}_from", f"{stem}_to"
        for key in (first, last):
            if told.get(key):
                told[key] = min(max(told[key] + rng.randint(-step, step), low), high)
        if first in told and last in told:
            told[first], told[last] = sorted((told[first], told[last]))
    if chance(rng, 40):
        told["criteria"] = sorted(rng.sample(phrases.CRITERIA, rng.randint(1, 2)))
    return told


def _dose(rng: Random, pattern: Offer) -> Document:
    """Return how much: the real offer's, with days and hours where one meets."""
    told: Document = {
        key: value for key, value in (to_document(pattern).get("dose") or {}).items() if key != "schedule"
    }
    if pattern.form & _MEETING and chance(rng, 60):
        starts, minutes = rng.choice([9, 9, 10, 10, 12, 13, 15, 16, 17, 19]), rng.choice([60, 90, 120, 120])
        told["days"] = [str(rng.choice([*Weekday][:5] if chance(rng, 95) else [*Weekday][5:]))]
        told["starts_at"] = f"{starts:02}:{rng.choice(['00', '30'])}"
        told["ends_at"] = f"{starts + minutes // 60 + 1:02}:00"
        told["minutes_per_session_from"] = told["minutes_per_session_to"] = minutes
    for flag, percent in (("childcare", 20), ("meal", 25), ("transport", 8)):
        if chance(rng, 35):
            told[flag] = chance(rng, percent)
    return told


def _name(rng: Random, pattern: Offer, place: Place) -> str:
    heads = phrases.HEADS[rng.choice(sorted(pattern.form))] if pattern.form else phrases.PLAIN_HEADS
    topic = rng.choice(phrases.TOPICS[_topic(rng, pattern)].names)
    where = rng.choice(place.postcodes).name if place.postcodes and chance(rng, 60) else place.municipality.name
    return f"{rng.choice(heads)} {topic}, {where}" if chance(rng, 50) else f"{rng.choice(heads)} {topic}"


def _topic(rng: Random, pattern: Offer) -> Theme:
    return rng.choice(sorted(pattern.themes))


def _summary(rng: Random, pattern: Offer) -> str:
    """Return a few sentences on one or two of its themes, and one on the terms."""
    themes = rng.sample(sorted(pattern.themes), min(2, len(pattern.themes)))
    return " ".join([*(rng.choice(phrases.TOPICS[theme].sentences) for theme in themes), rng.choice(phrases.CLOSINGS)])
