"""Does an offer fit a need: named cases, without fixtures."""

from dataclasses import replace
from datetime import date

import pytest

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
from services.directory.domain.geography import Middle, Places, Point, distance_km
from services.directory.domain.matching import (
    NATION,
    Criterion,
    Match,
    Need,
    Verdict,
    failed,
    match,
    nearest_km,
    reach,
)
from services.directory.domain.model import (
    Catalogue,
    Dose,
    Municipality,
    MunicipalityCode,
    Offer,
    OfferId,
    Postcode,
    RegionCode,
    Run,
    Source,
    Target,
    UnitId,
    Venue,
)
from services.directory.domain.places import middles

SILENT = Offer(
    id=OfferId("an-offer"),
    name="Et tilbud",
    unit=UnitId("a-unit"),
    summary="Et tilbud.",
    as_of=date(2024, 1, 1),
    source=(Source("000", "1"),),
    themes=frozenset({Theme.NETWORK}),
)
HELSINGOER, ODDER = MunicipalityCode("0217"), MunicipalityCode("0727")
CAPITAL = RegionCode("1084")
IN_HELSINGOER = Need(areas=frozenset({HELSINGOER, CAPITAL, NATION}))
MATCHED, UNKNOWN, FAILED = Verdict.MATCHED, Verdict.UNKNOWN, Verdict.FAILED


DAY = date(2026, 11, 22)
HERE = Point(56.03, 12.61)
# The middle of Helsingør is 3.7 km away; all of it is within 8 km of there.
PLACES = Places({"0217": Middle(56.03, 12.55, 8.0), "0727": Middle(55.97, 10.15, 20.0)}, {"3000": HERE})


def judged(offer: Offer, need: Need) -> Match:
    return match(reach(offer, DAY, PLACES), need)


def aimed(*audience: Audience, **at: int) -> Offer:
    return replace(SILENT, target=Target(audience=frozenset(audience), **at))  # type: ignore[arg-type]


def entered(*access: Access, referrers: tuple[Profession, ...] = ()) -> Offer:
    return replace(SILENT, access=frozenset(access), referrers=frozenset(referrers))


def dosed(**said: object) -> Offer:
    return replace(SILENT, dose=Dose(**said))  # type: ignore[arg-type]


def held(*runs: tuple[int | None, date | None]) -> Offer:
    """Return an offer with runs, each with its free places and last day."""
    made = (Run(str(place), DAY, free=free, ends_on=ends) for place, (free, ends) in enumerate(runs))
    return replace(SILENT, runs=tuple(made))


def placed(*venues: Venue, **said: object) -> Offer:
    return replace(SILENT, venues=venues, **said)  # type: ignore[arg-type]


def given(*municipalities: MunicipalityCode, regions: tuple[RegionCode, ...] = (), nationwide: bool = False) -> Offer:
    return replace(SILENT, municipalities=frozenset(municipalities), regions=frozenset(regions), nationwide=nationwide)


WEEK_17 = Need(gestation_week=17)
CASES = {
    "given in the municipality": (given(HELSINGOER), IN_HELSINGOER, MATCHED),
    "given elsewhere": (given(ODDER), IN_HELSINGOER, FAILED),
    "the region's own, place not told": (given(regions=(CAPITAL,)), IN_HELSINGOER, MATCHED),
    "the region's own, told only of another place": (given(ODDER, regions=(CAPITAL,)), IN_HELSINGOER, UNKNOWN),
    "the region's own, told of this place": (given(HELSINGOER, regions=(CAPITAL,)), IN_HELSINGOER, MATCHED),
    "another region's": (given(regions=(RegionCode("1082"),)), IN_HELSINGOER, FAILED),
    "nationwide": (given(nationwide=True), IN_HELSINGOER, MATCHED),
    "no place told": (SILENT, IN_HELSINGOER, UNKNOWN),
    "for the pregnant, no week told": (aimed(Audience.PREGNANT), WEEK_17, MATCHED),
    "for others, no week told": (aimed(Audience.FATHER), WEEK_17, UNKNOWN),
    "from week 20, in week 17": (aimed(Audience.PREGNANT, pregnancy_week_from=20), WEEK_17, FAILED),
    "from week 17, in week 17": (aimed(Audience.PREGNANT, pregnancy_week_from=17), WEEK_17, MATCHED),
    "to week 17, in week 17": (aimed(Audience.PREGNANT, pregnancy_week_to=17), WEEK_17, MATCHED),
    "to week 16, in week 17": (aimed(Audience.PREGNANT, pregnancy_week_to=16), WEEK_17, FAILED),
    "for children from one month, not yet born": (aimed(Audience.CHILD, child_age_months_from=1), WEEK_17, FAILED),
    "for children from birth, not yet born": (aimed(Audience.CHILD, child_age_months_from=0), WEEK_17, UNKNOWN),
    "pregnant and children from a year": (aimed(Audience.PREGNANT, child_age_months_from=12), WEEK_17, MATCHED),
    "child old enough": (aimed(child_age_months_from=9), Need(child_age_months=9), MATCHED),
    "child too young": (aimed(child_age_months_from=9), Need(child_age_months=8), FAILED),
    "child just young enough": (aimed(child_age_months_to=12), Need(child_age_months=12), MATCHED),
    "child too old": (aimed(child_age_months_to=12), Need(child_age_months=13), FAILED),
    "child's age not told": (SILENT, Need(child_age_months=9), UNKNOWN),
    "only for the pregnant, born": (aimed(Audience.PREGNANT, Audience.PARTNER), Need(child_age_months=1), FAILED),
    "for pregnant and mothers, born": (aimed(Audience.PREGNANT, Audience.MOTHER), Need(child_age_months=1), UNKNOWN),
    "parent young enough": (aimed(parent_age_to=25), Need(parent_age=25), MATCHED),
    "parent too old": (aimed(parent_age_to=25), Need(parent_age=26), FAILED),
    "parent's age not told": (SILENT, Need(parent_age=21), UNKNOWN),
    "a father among families": (aimed(Audience.FAMILY), Need(audience=frozenset({Audience.FATHER})), MATCHED),
    "a family among fathers": (aimed(Audience.FATHER), Need(audience=frozenset({Audience.FAMILY})), FAILED),
    "one of two audiences": (
        aimed(Audience.MOTHER), Need(audience=frozenset({Audience.MOTHER, Audience.PREGNANT})), MATCHED),
    "audience not told": (SILENT, Need(audience=frozenset({Audience.FATHER})), UNKNOWN),
    "one of two themes": (SILENT, Need(theme=frozenset({Theme.NETWORK, Theme.GRIEF})), MATCHED),
    "another theme": (SILENT, Need(theme=frozenset({Theme.GRIEF})), FAILED),
    "a named profession refers": (
        entered(Access.PROFESSIONAL_REFERRAL, referrers=(Profession.MIDWIFE,)), Need(referrer=Profession.MIDWIFE),
        MATCHED),
    "any profession refers": (
        entered(Access.PROFESSIONAL_REFERRAL, referrers=(Profession.ANY,)), Need(referrer=Profession.MIDWIFE), MATCHED),
    "another profession refers": (
        entered(Access.PROFESSIONAL_REFERRAL, referrers=(Profession.MIDWIFE,)), Need(referrer=Profession.DAYCARE_STAFF),
        FAILED),
    "others refer, but the family may come by itself": (
        entered(Access.PROFESSIONAL_REFERRAL, Access.SELF_REFERRAL, referrers=(Profession.MIDWIFE,)),
        Need(referrer=Profession.DAYCARE_STAFF), UNKNOWN),
    "an open door needs no referral": (entered(Access.OPEN), Need(referrer=Profession.MIDWIFE), MATCHED),
    "the authority assesses": (entered(Access.ASSESSMENT), Need(referrer=Profession.MIDWIFE), UNKNOWN),
    "only for those already there": (entered(Access.INTERNAL), Need(referrer=Profession.MIDWIFE), FAILED),
    "who may refer is not told": (SILENT, Need(referrer=Profession.MIDWIFE), UNKNOWN),
    "access as asked": (entered(Access.SELF_REFERRAL), Need(access=Access.SELF_REFERRAL), MATCHED),
    "anonymous is open too": (entered(Access.OPEN_ANONYMOUS), Need(access=Access.OPEN), MATCHED),
    "open is not anonymous": (entered(Access.OPEN), Need(access=Access.OPEN_ANONYMOUS), FAILED),
    "access not told": (SILENT, Need(access=Access.OPEN), UNKNOWN),
    "form as asked": (replace(SILENT, form=frozenset({Form.GROUP})), Need(form=Form.GROUP), MATCHED),
    "another form": (replace(SILENT, form=frozenset({Form.GROUP})), Need(form=Form.PHONE), FAILED),
    "form not told": (SILENT, Need(form=Form.GROUP), UNKNOWN),
    "level as asked": (
        replace(SILENT, prevention_level=PreventionLevel.UNIVERSAL), Need(prevention_level=PreventionLevel.UNIVERSAL),
        MATCHED),
    "another level": (
        replace(SILENT, prevention_level=PreventionLevel.UNIVERSAL), Need(prevention_level=PreventionLevel.INDICATED),
        FAILED),
    "level not told": (SILENT, Need(prevention_level=PreventionLevel.UNIVERSAL), UNKNOWN),
    "one of two languages": (
        replace(SILENT, languages=frozenset({Language.DANISH})),
        Need(language=frozenset({Language.ARABIC, Language.DANISH})), MATCHED),
    "another language": (
        replace(SILENT, languages=frozenset({Language.DANISH})), Need(language=frozenset({Language.ARABIC})), FAILED),
    "language not told": (SILENT, Need(language=frozenset({Language.ARABIC})), UNKNOWN),
    "first child as asked": (
        replace(SILENT, target=Target(first_time_parents=True)), Need(first_time_parents=True), MATCHED),
    "not their first child": (
        replace(SILENT, target=Target(first_time_parents=True)), Need(first_time_parents=False), FAILED),
    "first child or not is not told": (SILENT, Need(first_time_parents=False), UNKNOWN),
    "due on the first day": (
        replace(SILENT, target=Target(due_from=DAY, due_to=DAY)), Need(due_date=DAY), MATCHED),
    "due the day after the last": (
        replace(SILENT, target=Target(due_to=DAY)), Need(due_date=date(2026, 11, 23)), FAILED),
    "due the day before the first": (
        replace(SILENT, target=Target(due_from=DAY)), Need(due_date=date(2026, 11, 21)), FAILED),
    "due any day, from the first on": (
        replace(SILENT, target=Target(due_from=DAY)), Need(due_date=date(2029, 1, 1)), MATCHED),
    "due date not told": (SILENT, Need(due_date=DAY), UNKNOWN),
    "care level as asked": (
        replace(SILENT, target=Target(pregnancy_care_levels=(2, 3))), Need(pregnancy_care_level=3), MATCHED),
    "another care level": (
        replace(SILENT, target=Target(pregnancy_care_levels=(2, 3))), Need(pregnancy_care_level=4), FAILED),
    "care level not told": (SILENT, Need(pregnancy_care_level=4), UNKNOWN),
    "method, however it is written": (
        replace(SILENT, methods=("Tryghedscirklen", "COS-P")), Need(method=frozenset({"cos-p"})), MATCHED),
    "another method": (replace(SILENT, methods=("Marte Meo",)), Need(method=frozenset({"cos-p"})), FAILED),
    "method not told": (SILENT, Need(method=frozenset({"cos-p"})), UNKNOWN),
    "provision as asked": (
        replace(SILENT, legal_basis=frozenset({LegalBasis.BL_30})), Need(legal_basis=frozenset({LegalBasis.BL_30})),
        MATCHED),
    "another provision": (
        replace(SILENT, legal_basis=frozenset({LegalBasis.BL_30})), Need(legal_basis=frozenset({LegalBasis.SUL_121})),
        FAILED),
    "lives where it is given": (given(HELSINGOER), Need(home=IN_HELSINGOER.areas), MATCHED),
    "lives elsewhere, nothing told": (given(ODDER), Need(home=IN_HELSINGOER.areas), UNKNOWN),
    "lives elsewhere, open to others": (
        replace(given(ODDER), other_municipalities=OtherMunicipalities.YES), Need(home=IN_HELSINGOER.areas), MATCHED),
    "lives elsewhere, by agreement": (
        replace(given(ODDER), other_municipalities=OtherMunicipalities.BY_AGREEMENT), Need(home=IN_HELSINGOER.areas),
        UNKNOWN),
    "lives elsewhere, not open to others": (
        replace(given(ODDER), other_municipalities=OtherMunicipalities.NO), Need(home=IN_HELSINGOER.areas), FAILED),
    "lives there, not open to others": (
        replace(given(HELSINGOER), other_municipalities=OtherMunicipalities.NO), Need(home=IN_HELSINGOER.areas),
        MATCHED),
    "nationwide is open to all": (given(nationwide=True), Need(home=IN_HELSINGOER.areas), MATCHED),
    "one of two weekdays": (
        dosed(days=frozenset({Weekday.THU})), Need(weekday=frozenset({Weekday.THU, Weekday.FRI})), MATCHED),
    "another weekday": (dosed(days=frozenset({Weekday.THU})), Need(weekday=frozenset({Weekday.FRI})), FAILED),
    "weekday not told": (SILENT, Need(weekday=frozenset({Weekday.FRI})), UNKNOWN),
    "children looked after": (dosed(childcare=True), Need(childcare=True), MATCHED),
    "children not looked after": (dosed(childcare=False), Need(childcare=True), FAILED),
    "a meal": (dosed(meal=True), Need(meal=True), MATCHED),
    "no meal": (dosed(meal=False), Need(meal=True), FAILED),
    "transport not told": (SILENT, Need(transport=True), UNKNOWN),
    "no transport": (dosed(transport=False), Need(transport=True), FAILED),
    "an interpreter": (replace(SILENT, interpreter=True), Need(interpreter=True), MATCHED),
    "no interpreter": (replace(SILENT, interpreter=False), Need(interpreter=True), FAILED),
    "a lift and a toilet": (
        placed(Venue(accessibility=frozenset({Accessibility.LIFT, Accessibility.ACCESSIBLE_TOILET}))),
        Need(accessibility=frozenset({Accessibility.LIFT, Accessibility.ACCESSIBLE_TOILET})), MATCHED),
    "only the lift is told of": (
        placed(Venue(accessibility=frozenset({Accessibility.LIFT}))),
        Need(accessibility=frozenset({Accessibility.LIFT, Accessibility.ACCESSIBLE_TOILET})), UNKNOWN),
    "one run has a place": (held((0, None), (2, None)), Need(free_places=True), MATCHED),
    "all runs are full": (held((0, None), (0, None)), Need(free_places=True), FAILED),
    "one run is full, the other does not say": (held((0, None), (None, None)), Need(free_places=True), UNKNOWN),
    "the free place was in a run that is over": (
        held((0, None), (2, date(2026, 11, 21))), Need(free_places=True), FAILED),
    "the free place is in a run that ends today": (held((0, None), (2, DAY)), Need(free_places=True), MATCHED),
    "no runs told": (SILENT, Need(free_places=True), UNKNOWN),
    "free of charge": (replace(SILENT, price_kr=0), Need(max_price_kr=0), MATCHED),
    "a krone too dear": (replace(SILENT, price_kr=51), Need(max_price_kr=50), FAILED),
    "price not told": (SILENT, Need(max_price_kr=50), UNKNOWN),
    "near enough": (placed(Venue(latitude=56.04, longitude=12.58)), Need(near=HERE, within_km=3), MATCHED),
    "near enough by its postcode": (placed(Venue(postcode="3000")), Need(near=HERE, within_km=1), MATCHED),
    "too far": (placed(Venue(latitude=55.9, longitude=12.3)), Need(near=HERE, within_km=3), FAILED),
    "the nearer of two places": (
        placed(Venue(latitude=55.9, longitude=12.3), Venue(latitude=56.04, longitude=12.58)),
        Need(near=HERE, within_km=3), MATCHED),
    "somewhere in a municipality nearby": (given(HELSINGOER), Need(near=HERE, within_km=1), UNKNOWN),
    "somewhere in a municipality far away": (given(ODDER), Need(near=HERE, within_km=100), FAILED),
    "somewhere in a municipality whose edge is near enough": (
        given(HELSINGOER), Need(near=Point(56.03, 12.75), within_km=5), UNKNOWN),
    "somewhere in a municipality all of which is too far": (
        given(HELSINGOER), Need(near=Point(56.03, 12.75), within_km=4), FAILED),
    "somewhere in one of two municipalities": (given(ODDER, HELSINGOER), Need(near=HERE, within_km=1), UNKNOWN),
    "where is not told": (SILENT, Need(near=HERE, within_km=1), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("offer", "need", "verdict"), CASES.values(), ids=CASES.keys())
def test_one_criterion(offer: Offer, need: Need, verdict: Verdict) -> None:
    found = judged(offer, need)
    assert list(found.values()) == [verdict]
    assert failed(found) == (verdict is FAILED)


def test_what_is_not_asked_about_is_not_judged() -> None:
    assert judged(SILENT, Need()) == {}
    assert judged(SILENT, Need(near=HERE)) == {}
    assert failed({}) == 0


def test_one_failure_outweighs_every_match() -> None:
    need = replace(IN_HELSINGOER, theme=frozenset({Theme.GRIEF}))
    found = judged(given(HELSINGOER), need)
    assert found == {Criterion.MUNICIPALITY: MATCHED, Criterion.THEME: FAILED}
    assert failed(found) == 1


def test_silence_never_hides_an_offer() -> None:
    need = Need(
        areas=IN_HELSINGOER.areas, gestation_week=17, child_age_months=9, parent_age=21,
        audience=frozenset({Audience.FATHER}), referrer=Profession.MIDWIFE, access=Access.OPEN, form=Form.GROUP,
        prevention_level=PreventionLevel.UNIVERSAL, language=frozenset({Language.ARABIC}), first_time_parents=True,
        due_date=DAY, pregnancy_care_level=2, method=frozenset({"cos-p"}), legal_basis=frozenset({LegalBasis.BL_30}),
        home=IN_HELSINGOER.areas, weekday=frozenset({Weekday.MON}), childcare=True, meal=True, transport=True,
        interpreter=True, accessibility=frozenset({Accessibility.LIFT}), free_places=True, max_price_kr=0, near=HERE,
        within_km=1,
    )  # fmt: skip
    found = judged(SILENT, need)
    assert set(found.values()) == {UNKNOWN}
    assert set(found) == set(Criterion) - {Criterion.THEME}


def test_every_field_of_a_need_is_judged() -> None:
    cases = {name for _, need, _ in CASES.values() for name in Need.__slots__ if getattr(need, name) != _default(name)}
    assert cases == set(Need.__slots__)


def test_the_wait_is_the_shortest_of_the_runs_that_are_not_over() -> None:
    runs = (
        Run("1", DAY, wait_weeks=8), Run("2", DAY, wait_weeks=4), Run("3", DAY, wait_weeks=0, ends_on=date(2026, 1, 1)),
        Run("4", DAY),
    )  # fmt: skip
    assert reach(replace(SILENT, runs=runs), DAY, PLACES).wait_weeks == 4
    assert reach(replace(SILENT, runs=runs[2:]), DAY, PLACES).wait_weeks is None


def test_a_place_of_its_own_counts_and_not_the_municipalitys_middle() -> None:
    at = reach(placed(Venue(postcode="3000"), municipalities=frozenset({ODDER})), DAY, PLACES)
    assert nearest_km(at, HERE) == 0
    assert reach(given(ODDER), DAY, PLACES).centres == (Middle(55.97, 10.15, 20.0),)


def test_a_municipality_reaches_as_far_as_its_postcodes_and_half_way_to_the_next() -> None:
    homes = {"0001": (56.0, 10.0), "0002": (56.0, 11.0), "0003": (56.0, 13.0)}
    codes = {"1000": ("0001", 56.1, 10.0), "1001": ("0001", 56.4, 10.0), "2000": ("0002", 56.0, 11.0)}
    catalogue = Catalogue(
        {}, {MunicipalityCode(code): _home(code, *at) for code, at in homes.items()}, {}, {}, {},
        {code: Postcode(code, "By", MunicipalityCode(home), *at) for code, (home, *at) in codes.items()},
    )  # fmt: skip
    places = middles(catalogue)
    assert places.postcodes["1001"] == Point(56.4, 10.0)
    radius = {code: place.radius_km for code, place in places.municipalities.items()}
    assert radius == {
        "0001": distance_km(Point(56.0, 10.0), Point(56.4, 10.0)) + 3,
        "0002": distance_km(Point(56.0, 11.0), Point(56.0, 10.0)) / 2 + 3,
        "0003": distance_km(Point(56.0, 13.0), Point(56.0, 11.0)) / 2 + 3,
    }
    alone = replace(catalogue, municipalities={MunicipalityCode("0003"): _home("0003", 56.0, 13.0)})
    assert middles(alone).municipalities == {"0003": Middle(56.0, 13.0, 33.0)}


def _home(code: str, latitude: float, longitude: float) -> Municipality:
    return Municipality(MunicipalityCode(code), "By", CAPITAL, date(2007, 1, 1), None, "", latitude, longitude)


def _default(name: str) -> object:
    return getattr(Need(), name)
