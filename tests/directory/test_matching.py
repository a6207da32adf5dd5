"""Does an offer fit a need: named cases, without fixtures."""

from dataclasses import replace
from datetime import date

import pytest

from services.directory.domain.codes import Access, Audience, Form, PreventionLevel, Profession, Theme
from services.directory.domain.matching import NATION, Criterion, Need, Verdict, fits, match
from services.directory.domain.model import MunicipalityCode, Offer, OfferId, RegionCode, Source, Target, UnitId

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


def aimed(*audience: Audience, **at: int) -> Offer:
    return replace(SILENT, target=Target(audience=frozenset(audience), **at))  # type: ignore[arg-type]


def entered(*access: Access, referrers: tuple[Profession, ...] = ()) -> Offer:
    return replace(SILENT, access=frozenset(access), referrers=frozenset(referrers))


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
}  # fmt: skip


@pytest.mark.parametrize(("offer", "need", "verdict"), CASES.values(), ids=CASES.keys())
def test_one_criterion(offer: Offer, need: Need, verdict: Verdict) -> None:
    found = match(offer, need)
    assert list(found.values()) == [verdict]
    assert fits(found) == (verdict is not FAILED)


def test_what_is_not_asked_about_is_not_judged() -> None:
    assert match(SILENT, Need()) == {}
    assert fits({})


def test_one_failure_outweighs_every_match() -> None:
    need = replace(IN_HELSINGOER, theme=frozenset({Theme.GRIEF}))
    found = match(given(HELSINGOER), need)
    assert found == {Criterion.MUNICIPALITY: MATCHED, Criterion.THEME: FAILED}
    assert not fits(found)


def test_silence_never_hides_an_offer() -> None:
    need = Need(
        areas=IN_HELSINGOER.areas, gestation_week=17, child_age_months=9, parent_age=21,
        audience=frozenset({Audience.FATHER}), referrer=Profession.MIDWIFE, access=Access.OPEN, form=Form.GROUP,
        prevention_level=PreventionLevel.UNIVERSAL,
    )  # fmt: skip
    found = match(SILENT, need)
    assert set(found.values()) == {UNKNOWN}
    assert len(found) == len(Criterion) - 1
