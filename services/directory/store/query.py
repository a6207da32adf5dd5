"""The offer search as one SQL statement; SQL's three-valued logic is the verdict: true, unknown, false.

Each criterion asks the columns that hold `domain.matching.Reach`; `domain.matching.match` is the same in
plain Python, and a test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.directory.domain.codes import Profession
from services.directory.domain.danish import fold
from services.directory.domain.matching import NATION, Criterion, Need, doors, served
from services.directory.domain.search import Search, criteria

_HERE = """
here AS MATERIALIZED (
    SELECT array_agg(region) || ARRAY[m.code, '{nation}'] AS areas
    FROM municipality m JOIN membership ON area = m.code
    WHERE m.code = {municipality} AND membership.valid_from <= {today} AND m.valid_from <= {today}
      AND (m.valid_to IS NULL OR {today} < m.valid_to)
    GROUP BY m.code
)"""
_ASKED = """
asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('danish', {text}) || websearch_to_tsquery('danish', {plain}) AS query,
           {plain}::text AS plain
)"""
_FOUND = """
found AS MATERIALIZED (
    SELECT o.id, o.sort_name, {mask} AS mask, {score} AS score, {rank} AS rank
    FROM offer o{sources}{verdicts}
    WHERE {conditions}
)"""
_PAGE = """
page AS (
    SELECT * FROM found {after} ORDER BY score DESC, rank DESC, sort_name, id LIMIT {limit}
)
SELECT t.total, {known} AS place_known, {continues} AS cursor_known, p.id, p.mask, p.score, p.rank, o.shown::text
FROM (SELECT count(*) AS total FROM found) t LEFT JOIN page p ON true LEFT JOIN offer o ON o.id = p.id
ORDER BY p.score DESC, p.rank DESC, p.sort_name, p.id"""
_AREAS = "(SELECT areas FROM here)"
_IN_FORCE = "(o.valid_from IS NULL OR o.valid_from <= {today}) AND (o.valid_to IS NULL OR {today} < o.valid_to)"
# A hit on the words themselves stands before one that only looks alike.
_RANK = (
    "(1000 * ((o.vector @@ asked.query)::int + ts_rank(o.vector, asked.query) "
    "+ word_similarity(asked.plain, o.words)))::int"
)
# Of fewer signs than this everything looks alike.
_FEWEST_SIGNS = 4


@dataclass(slots=True)
class _Values:
    """The statement's values, each given its placeholder."""

    held: list[Any] = field(default_factory=list)

    def __call__(self, value: object, kind: str) -> str:
        self.held.append(value)
        return f"${len(self.held)}::{kind}"


def statement(search: Search, today: date) -> tuple[str, list[Any]]:
    """Return the SQL and its values.

    It answers a row per offer of the page and one more if there is more; at least one row, for the total.
    """
    values = _Values()
    day = values(today, "date")
    named = criteria(search)
    verdicts = [_VERDICTS[criterion](search.need, values) for criterion in named]
    conditions = [_IN_FORCE.format(today=day), *_narrowed(search, values)]
    conditions += [f"v.c{place} IS NOT FALSE" for place in range(len(named))]
    parts = []
    if search.municipality is not None:
        parts.append(_HERE.format(nation=NATION, municipality=values(search.municipality, "text"), today=day))
        # Said twice, so that the indexes can find the few offers near enough to look at.
        conditions.append(f"(o.given_in && {_AREAS} OR o.perhaps_in && {_AREAS})")
    if search.text is not None:
        parts.append(_ASKED.format(text=values(search.text, "text"), plain=values(fold(search.text), "text")))
        spelt = "asked.plain <% o.words" if len(search.text) >= _FEWEST_SIGNS else "false"
        conditions.append(f"(o.vector @@ asked.query OR {spelt})")
    columns = ", ".join(f"{sql} AS c{place}" for place, sql in enumerate(verdicts))
    met = [f"(v.c{place} IS TRUE)::int" for place in range(len(named))]
    parts.append(_FOUND.format(
        mask=" + ".join(f"({bit} << {place})" for place, bit in enumerate(met)) or "0",
        score=" + ".join(met) or "0",
        rank="0" if search.text is None else _RANK,
        sources="" if search.text is None else ", asked",
        verdicts=f" CROSS JOIN LATERAL (SELECT {columns}) v" if columns else "",
        conditions="\n      AND ".join(conditions),
    ))  # fmt: skip
    parts.append(_page(search, values))
    return "WITH " + ",".join(parts), values.held


def _narrowed(search: Search, values: _Values) -> list[str]:
    found = []
    if search.unit is not None:
        found.append(f"o.unit = {values(search.unit, 'text')}")
    if search.organisation is not None:
        found.append(f"o.organisation = {values(search.organisation, 'text')}")
    if not search.include_examples:
        found.append("NOT o.example")
    return found


def _page(search: Search, values: _Values) -> str:
    after, continues = "", "true"
    if search.after is not None:
        offer = values(search.after.offer, "text")
        score, rank = values(-search.after.score, "int"), values(-search.after.rank, "int")
        name = f"(SELECT sort_name FROM offer WHERE id = {offer})"  # noqa: S608 - a placeholder
        after = f"WHERE (-score, -rank, sort_name, id) > ({score}, {rank}, {name}, {offer})"
        continues = f"EXISTS (SELECT FROM offer WHERE id = {offer})"
    known = "true" if search.municipality is None else "EXISTS (SELECT FROM here)"
    return _PAGE.format(after=after, limit=values(search.limit + 1, "int"), known=known, continues=continues)


def _place(_need: Need, _values: _Values) -> str:
    return f"CASE WHEN o.given_in && {_AREAS} THEN true WHEN o.perhaps_in && {_AREAS} THEN NULL ELSE false END"


def _referrer(need: Need, values: _Values) -> str:
    asked = values([need.referrer, Profession.ANY], "text[]")
    return f"CASE WHEN o.referrers && {asked} THEN true WHEN o.perhaps_referrers && {asked} THEN NULL ELSE false END"


def _overlap(column: str, asked: frozenset[Any], values: _Values) -> str:
    return f"CASE WHEN o.{column} = '{{}}' THEN NULL ELSE o.{column} && {values(sorted(asked), 'text[]')} END"


_VERDICTS: Mapping[Criterion, Callable[[Need, _Values], str]] = {
    Criterion.MUNICIPALITY: _place,
    Criterion.GESTATION_WEEK: lambda need, values: f"o.weeks @> {values(need.gestation_week, 'int')}",
    Criterion.CHILD_AGE_MONTHS: lambda need, values: f"o.months @> {values(need.child_age_months, 'int')}",
    Criterion.PARENT_AGE: lambda need, values: f"o.ages @> {values(need.parent_age, 'int')}",
    Criterion.AUDIENCE: lambda need, values: _overlap("audience", served(need.audience), values),
    Criterion.THEME: lambda need, values: _overlap("themes", need.theme, values),
    Criterion.REFERRER: _referrer,
    Criterion.ACCESS: lambda need, values: _overlap("access", doors(need.access), values),
    Criterion.FORM: lambda need, values: _overlap("form", frozenset({need.form}), values),
    Criterion.PREVENTION_LEVEL: lambda need, values: f"o.prevention_level = {values(need.prevention_level, 'text')}",
}
