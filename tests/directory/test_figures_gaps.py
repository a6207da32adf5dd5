"""What is near a place, what is missing there, and where nobody has said."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.codes import Theme
from services.directory.domain.figures.gaps import Finding, Gap, Here, gaps, within_reach
from services.directory.domain.figures.kinds import Kind
from services.directory.domain.figures.picture import Picture
from services.directory.domain.geography import Point, distance_km
from services.directory.domain.matching import Need
from services.directory.domain.model import Offer
from services.directory.domain.places import areas
from tests.support.figured import DAY, A, B, C, numbered, offer, picture, town, word


def near(shown: Picture, of: Kind | Theme = Kind.CAFE, km: int = 25, need: Need | None = None) -> Gap:
    here = Here(Point(55.0, 10.0), A, km)
    asked = need or Need(home=areas(shown.catalogue, A, DAY))
    return next(each for each in gaps(shown, here, asked, [of] if isinstance(of, Theme) else []) if each.of is of)


def test_missing_is_said_only_where_everybody_near_has_declared() -> None:
    assert within_reach(Here(Point(55.0, 10.0), A, 25), town()) == (A, B)
    assert near(picture(town(), [])).not_declared == (A, B)
    assert near(picture(town(), [], word(A), word(C))).finding is Finding.NO_DATA
    assert near(picture(town(), [], word(A), word(C))).not_declared == (B,)
    assert near(picture(town(), [], word(A), word(B))).finding is Finding.MISSING
    silent = picture(town(), [offer(municipalities=[A])], word(A), word(B))
    assert (near(silent).finding, near(silent).unclear) == (Finding.NO_DATA, 1), "it may be a café for all it says"
    said = picture(town(), [offer(municipalities=[A])], word(A), word(A, "cafe"), word(B))
    assert near(said).finding is Finding.MISSING
    half = picture(town(), [offer(municipalities=[A, B])], word(A, "cafe"), word(B))
    assert near(half).unclear == 1, "the other has not spoken of it"
    assert near(picture(town(), [], word(A), word(B, "cafe")), Theme.GRIEF).finding is Finding.NO_DATA
    assert near(picture(town(), [], word(A), word(B)), Theme.GRIEF).finding is Finding.MISSING


def test_the_nearest_come_first_with_their_distance_and_what_they_leave_open() -> None:
    offers = numbered(
        offer(form=["cafe"], municipalities=[C]),
        offer(form=["cafe"], municipalities=[B], unit="b-house", other_municipalities="yes"),
        offer(form=["cafe"], municipalities=[A], venues=[{"latitude": 55.1, "longitude": 10.0}]),
        offer(form=["cafe"], municipalities=[B], unit="b-house", other_municipalities="no"),
        offer(form=["cafe"], municipalities=[A], target={"child_age_months_from": 24}),
        offer(form=["cafe"], nationwide=True, unit="v-unit"),
    )
    need = Need(home=areas(town(), A, DAY), child_age_months=9)
    found = near(picture(town(), offers), need=need)
    assert [each.offer.id for each in found.nearest] == ["o2", "o1"]
    assert [each.roughly for each in found.nearest] == [False, True]
    assert found.nearest[0].km == pytest.approx(11.1, abs=0.1)
    assert found.nearest[0].unknown == ("child_age_months",)
    assert (found.finding, found.count, found.anywhere) == (Finding.SOME, 2, 1)


def test_many_are_counted_and_a_few_shown() -> None:
    found = near(picture(town(), numbered(*[offer(form=["cafe"], municipalities=[A])] * 6)))
    assert (found.count, len(found.nearest)) == (6, 5)


def scattered() -> Iterator[Offer]:
    for north, east in product(range(8), repeat=2):
        yield offer(form=["cafe"], municipalities=[A],
                    venues=[{"latitude": 54.6 + north * 0.13, "longitude": 9.3 + east * 0.21}])  # fmt: skip


@given(km=st.integers(1, 200))
def test_the_box_around_the_circle_loses_no_offer(km: int) -> None:
    shown = picture(town(), numbered(*scattered()))
    inside = [distance_km(Point(55.0, 10.0), each.reach.points[0]) <= km for each in shown.offers]
    assert near(shown, km=km).count == sum(inside)
