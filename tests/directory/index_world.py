"""Small made-up offers, and the plainest answer to a search of them: what the index must say."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st

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
from services.directory.domain.danish import sort_name
from services.directory.domain.geography import Middle, Point
from services.directory.domain.index.entry import Entry
from services.directory.domain.matching import (
    NATION,
    NEVER,
    Match,
    Need,
    Reach,
    Span,
    Verdict,
    failed,
    match,
    nearest_km,
)
from services.directory.domain.search import Facet, Search, Sort
from services.directory.domain.text.analysis import read_analysis
from services.directory.domain.versions import DEMOTED_AFTER

DATA = Path(__file__).parents[2] / "services" / "directory" / "data"
COMPOUNDS, THESAURUS = ((name, (DATA / name).read_text("utf-8")) for name in ("compounds.toml", "thesaurus.toml"))
ANALYSIS = read_analysis(COMPOUNDS, THESAURUS)
TODAY = date(2026, 11, 22)
SILENT = Reach(
    given_in=frozenset(), perhaps_in=frozenset({"DK"}), weeks=None, months=None, ages=None, audience=frozenset(),
    themes=frozenset(), referrers=frozenset(), perhaps_referrers=frozenset(), access=frozenset(), form=frozenset(),
    prevention_level=None,
)  # fmt: skip
AREAS = {
    "0217": frozenset({"0217", "1084", NATION}),
    "0727": frozenset({"0727", "1082", NATION}),
    "0265": frozenset({"0265", "1085", NATION}),
}
POINTS = [Point(56.03, 12.61), Point(56.04, 12.58), Point(55.97, 10.15), Point(55.64, 12.08), Point(55.9, 12.3)]
MIDDLES = [Middle(each.latitude, each.longitude, radius) for each in POINTS for radius in (3.0, 30.0)]
NAMES = ["Åben café", "Aaben café", "Ærø", "Øen", "Zebra", "Mødregruppe", "Fædregruppe", "Sorggruppe", "Familieven"]
WORDS = ["sorg", "gruppe", "babycafé", "enlig", "fødselsdepression", "motorik", "mødre", "fædre", "vold", "strikkecafé"]
ASKED = [
    *WORDS,
    "sorggruppe",
    "far",
    "alene",
    "efterfødselsreaktion",
    "fodselsdepresion",
    "krisecenter",
    "xyzzyx",
    "mød",
]
OFFERS = [f"offer-{number}" for number in range(8)]


def _some(codes: Iterable[object], most: int = 2) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(st.sampled_from(list(codes)), max_size=most)


def _spans(*ends: int) -> st.SearchStrategy[Span | None]:
    return st.sampled_from([None, NEVER, *(Span(low, high) for low in ends for high in ends if low < high)])


FLAGS = st.sampled_from([None, True, False])
REACHES = st.builds(
    Reach,
    given_in=_some(["0217", "0727", "1084", "1082", NATION]),
    perhaps_in=_some(["1084", "1082", NATION]),
    weeks=_spans(0, 12, 20, 43),
    months=_spans(0, 9, 12),
    ages=_spans(0, 25, 1000),
    audience=_some([Audience.MOTHER, Audience.FATHER, Audience.FAMILY]),
    themes=_some([Theme.GRIEF, Theme.NETWORK]),
    referrers=_some([Profession.ANY, Profession.MIDWIFE, Profession.HEALTH_VISITOR]),
    perhaps_referrers=_some([Profession.ANY], 1),
    access=_some([Access.OPEN, Access.OPEN_ANONYMOUS, Access.ASSESSMENT]),
    form=_some([Form.GROUP, Form.CAFE]),
    prevention_level=st.sampled_from([None, *PreventionLevel]),
    languages=_some([Language("da"), Language("ar")]),
    first_time_parents=FLAGS,
    due=_spans(date(2026, 11, 1).toordinal(), date(2027, 1, 1).toordinal(), date(2027, 3, 1).toordinal()),
    care_levels=_some([1, 2, 3]),
    methods=_some(["cos-p", "marte meo"]),
    legal_basis=_some([LegalBasis.BL_30, LegalBasis.SUL_121]),
    others=st.sampled_from([None, *OtherMunicipalities]),
    days=_some(list(Weekday)[:3]),
    childcare=FLAGS,
    meal=FLAGS,
    transport=FLAGS,
    interpreter=FLAGS,
    accessibility=_some(list(Accessibility)[:3]),
    free_places=FLAGS,
    wait_weeks=st.sampled_from([None, 0, 4, 26]),
    price_kr=st.sampled_from([None, 0, 50, 200]),
    points=st.lists(st.sampled_from(POINTS), max_size=2).map(tuple),
    centres=st.lists(st.sampled_from(MIDDLES), max_size=2).map(tuple),
)
_TEXTS = st.lists(st.sampled_from(WORDS), max_size=3).map(lambda words: (" ".join(words),))
ENTRIES = st.builds(
    Entry,
    key=st.just(""),
    offer=st.sampled_from(OFFERS),
    sort_name=st.sampled_from(NAMES).map(sort_name),
    reach=REACHES,
    unit=st.sampled_from(["unit-1", "unit-2", "unit-3"]),
    organisation=st.sampled_from(["org-1", "org-2"]),
    said_on=st.sampled_from([TODAY, TODAY - DEMOTED_AFTER, TODAY - DEMOTED_AFTER - timedelta(days=1)]),
    from_day=st.sampled_from([date.min, TODAY]),
    to_day=st.sampled_from([date.max, TODAY + timedelta(days=9)]),
    example=st.booleans(),
    heading=_TEXTS,
    keywords=_TEXTS,
    body=_TEXTS,
).map(lambda entry: replace(entry, key=f"{entry.offer}.{entry.from_day.isoformat()}"))
_FLAG = st.sampled_from([False, False, True])
NEEDS = st.builds(
    Need,
    areas=st.sampled_from([frozenset(), frozenset(), *AREAS.values()]),
    gestation_week=st.sampled_from([None, None, 0, 11, 12, 42]),
    child_age_months=st.sampled_from([None, None, 8, 9, 12]),
    parent_age=st.sampled_from([None, None, 24, 25]),
    audience=_some([Audience.MOTHER, Audience.CHILD], 1),
    theme=_some([Theme.GRIEF, Theme.NETWORK]),
    referrer=st.sampled_from([None, None, Profession.MIDWIFE, Profession.SOCIAL_WORKER]),
    access=st.sampled_from([None, None, Access.OPEN, Access.ASSESSMENT]),
    form=st.sampled_from([None, None, Form.GROUP]),
    prevention_level=st.sampled_from([None, None, PreventionLevel.UNIVERSAL]),
    language=_some([Language("da"), Language("ar")], 1),
    first_time_parents=st.sampled_from([None, None, True, False]),
    due_date=st.sampled_from([None, None, date(2026, 12, 31), date(2027, 1, 1)]),
    pregnancy_care_level=st.sampled_from([None, None, 1, 2]),
    method=_some(["cos-p", "nada"], 1),
    legal_basis=_some([LegalBasis.BL_30], 1),
    home=st.sampled_from([frozenset(), frozenset(), *AREAS.values()]),
    weekday=_some(list(Weekday)[:3]),
    childcare=_FLAG,
    meal=_FLAG,
    transport=_FLAG,
    interpreter=_FLAG,
    accessibility=_some(list(Accessibility)[:3]),
    free_places=_FLAG,
    max_price_kr=st.sampled_from([None, None, 0, 100]),
    near=st.sampled_from([None, *POINTS]),
    within_km=st.sampled_from([None, 0, 3, 40, 200]),
)
# Few criteria at a time, so that something is found.
FEW_NEEDS = st.tuples(NEEDS, st.frozensets(st.sampled_from(Need.__slots__), max_size=3)).map(
    lambda told: Need(**{name: getattr(told[0], name) for name in told[1]} | {"near": told[0].near})
)
SEARCHES = st.builds(
    Search,
    need=FEW_NEEDS,
    on=st.sampled_from([TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=9)]),
    text=st.none() | st.lists(st.sampled_from(ASKED), min_size=1, max_size=3).map(" ".join),
    unit=st.sampled_from([None, None, None, "unit-1"]),
    organisation=st.sampled_from([None, None, "org-1", "nobody"]),
    include_examples=st.booleans(),
    failing=st.integers(0, 2),
    facets=st.just(tuple(Facet)),
    sort=st.sampled_from(list(Sort)),
    limit=st.just(100),
)


def one_each(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return the last entry of each offer: its days do not overlap."""
    return {entry.offer: entry for entry in entries}


def open_to(search: Search, entries: Iterable[Entry], *, owned: bool = True) -> list[tuple[Entry, Match]]:
    """Return the entries a search is put to, whatever the need, with how they stand to it."""
    return [
        (entry, match(entry.reach, search.need))
        for entry in entries
        if entry.from_day <= search.on < entry.to_day
        and (search.include_examples or not entry.example)
        and search.unit in {None, entry.unit}
        and (not owned or search.organisation in {None, entry.organisation})
    ]


def order_key(entry: Entry, matched: Match, rank: int, search: Search) -> tuple[object, ...]:
    """Return what an answer is ordered by, lowest first."""
    stale = entry.said_on < search.on - DEMOTED_AFTER
    score = sum(verdict is Verdict.MATCHED for verdict in matched.values())
    km = None if search.need.near is None else nearest_km(entry.reach, search.need.near)
    weeks = entry.reach.wait_weeks
    best = (-score, -rank, stale)
    ways: Mapping[Sort, tuple[float, ...]] = {
        Sort.RELEVANCE: best,
        Sort.DISTANCE: (float("inf") if km is None else round(km * 1000), *best),
        Sort.WAITING: (float("inf") if weeks is None else weeks, *best),
        Sort.NAME: (),
    }
    return (failed(matched), *ways[search.sort], entry.sort_name, entry.key)
