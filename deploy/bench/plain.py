"""The other side of the directory's benchmark: the plainest SQL, one table with typed, indexed columns.

It is filled with what the offers say of whom they reach, so that it answers as the rule does
(`services.directory.domain.matching`): who does not say is not hidden, and comes after who does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg

from deploy.bench import bare
from deploy.bench.asking import PAGE, Question
from deploy.bench.bare import Script
from deploy.bench.pgbench import filled
from services.directory.domain.codes import Access, Audience, Profession
from services.directory.domain.index.entry import entry
from services.directory.domain.index.facets import Areas
from services.directory.domain.matching import Reach, doors, reach, served
from services.directory.domain.model import Catalogue
from services.directory.domain.places import areas, middles
from services.directory.store import reference, showings
from services.directory.store.showings import Shown
from shared.db import Connection, teach_json

DATABASE = "directory"
_TABLE = """
CREATE SCHEMA plain;
CREATE TABLE plain.offer (
    id text PRIMARY KEY,
    sort_name text COLLATE "C" NOT NULL,
    said_on date NOT NULL,
    given_in text[] NOT NULL,
    places text[] NOT NULL,
    months int4range,
    themes text[] NOT NULL,
    municipalities text[] NOT NULL,
    audience text[] NOT NULL,
    access text[] NOT NULL,
    form text[] NOT NULL,
    referrers text[] NOT NULL,
    words tsvector NOT NULL DEFAULT '',
    shown json NOT NULL DEFAULT '{}'
);
"""
_INDEXES = """
CREATE INDEX ON plain.offer USING gin (places);
CREATE INDEX ON plain.offer USING gin (themes);
CREATE INDEX ON plain.offer USING gin (words);
CREATE INDEX ON plain.offer USING gist (months);
"""
_COLUMNS = ("id", "sort_name", "said_on", "given_in", "places", "months", "themes", "municipalities", "audience",
            "access", "form", "referrers")  # fmt: skip
_WORDS = """
UPDATE plain.offer o SET words = setweight(to_tsvector('danish', t.heading), 'A')
    || setweight(to_tsvector('danish', t.keywords), 'B') || setweight(to_tsvector('danish', t.body), 'D')
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) t(id, heading, keywords, body) WHERE t.id = o.id
"""
_SHOWN = """
UPDATE plain.offer o SET shown = s.shown FROM showing s
WHERE s.offer = o.id AND s.from_day <= $1 AND $1 < s.to_day
"""
_IN_PLACE, _OF_AGE, _ON_THEME = (
    "o.places && $1::text[]",
    "(o.months @> $2::int OR o.months IS NULL)",
    "(o.themes @> ARRAY[$3::text] OR o.themes = '{}')",
)
_IN_WORDS = "o.words @@ asked.query"
_FACET = """
'{name}', (SELECT json_object_agg(value, count) FROM (
    SELECT value, count(*) FROM {among} f, unnest(f.{column}) value GROUP BY value) counted)
"""
# Column -> what it is counted among: each facet follows the other filters, not its own.
_COUNTED: Mapping[str, tuple[str, str]] = {
    "municipality": ("municipalities", "anywhere"),
    "theme": ("themes", "on_any_theme"),
    "audience": ("audience", "found"),
    "access": ("access", "found"),
    "form": ("form", "found"),
    "referrer": ("referrers", "found"),
}


def statement(*, text: bool = True, facets: bool = False, limit: int = PAGE) -> str:
    """Return the query for the page as one JSON with the total: $1 places, $2 months, $3 theme, $4 stale, $5 words."""
    words = [_IN_WORDS] if text else []
    asked = "websearch_to_tsquery('danish', $5)" if text else "to_tsquery('')"
    beside = ""
    counts = ""
    if facets:
        beside = _also("anywhere", "o.municipalities", [_OF_AGE, _ON_THEME, *words])
        beside += _also("on_any_theme", "o.themes", [_IN_PLACE, _OF_AGE, *words])
        parts = (_FACET.format(name=name, column=column, among=among) for name, (column, among) in _COUNTED.items())
        counts = f", 'facets', json_build_object({', '.join(parts)})"
    rank = "ts_rank(o.words, asked.query)" if text else "0"
    return f"""
    WITH asked AS (SELECT {asked} AS query), found AS MATERIALIZED (
        SELECT o.id, o.sort_name, o.shown, o.audience, o.access, o.form, o.referrers,
               (o.given_in && $1::text[])::int + coalesce(o.months @> $2::int, false)::int
               + (o.themes @> ARRAY[$3::text])::int AS matched, o.said_on < $4::date AS stale, {rank} AS rank
        FROM plain.offer o, asked
        WHERE {" AND ".join([_IN_PLACE, _OF_AGE, _ON_THEME, *words])}
    ){beside}
    SELECT json_build_object('total', (SELECT count(*) FROM found), 'offers', (
        SELECT coalesce(json_agg(shown), '[]') FROM (
            SELECT shown FROM found ORDER BY matched DESC, rank DESC, stale, sort_name, id LIMIT {limit}) page){counts})
    """  # noqa: S608 - our own names


def _also(name: str, column: str, conditions: Sequence[str]) -> str:
    return f", {name} AS (SELECT {column} FROM plain.offer o, asked WHERE {' AND '.join(conditions)})"  # noqa: S608


def values(question: Question, catalogue: Catalogue, today: date, stale: date) -> list[Any]:
    """Return what the query is given for a question; without a text there are no words."""
    told = [sorted(areas(catalogue, question.municipality, today)), question.child_age_months, str(question.theme)]
    return [*told, stale, *([] if question.text is None else [question.text])]


def scripts(
    asked: Iterable[Question], catalogue: Catalogue, today: date, stale: date, *, facets: bool
) -> Sequence[Script]:
    """Return a pgbench script a question; what is asked is given as values of a prepared statement."""
    made = []
    sql = statement(facets=facets)
    for number, question in enumerate(asked):
        given = values(question, catalogue, today, stale)
        names = {place: f"q{number}v{place}" for place in range(1, len(given) + 1)}
        text = filled(sql, {place: f":{name}" for place, name in names.items()})
        told = {names[place]: bare.as_text(value) for place, value in enumerate(given, 1)}
        made.append(Script(text + "\n", told, DATABASE))
    return made


async def fill(admin_url: str, today: date) -> tuple[Catalogue, int]:
    """Make the table and fill it with the offers shown today; return the catalogue and how many there are."""
    connection: Connection = await asyncpg.connect(admin_url)
    await teach_json(connection)
    try:
        await connection.execute(_TABLE)
        catalogue = await reference.catalogue(connection)
        async with connection.transaction():
            pieces = [piece async for piece in showings.changed(connection, -1, today)]
        told = [each for piece in pieces for each in showings.read(piece) if _is_shown(each, today)]
        await _put(connection, catalogue, told, today)
        await connection.execute(_INDEXES)
        await connection.execute("VACUUM FULL ANALYZE plain.offer")
    finally:
        await connection.close()
    return catalogue, len(told)


def _is_shown(each: Shown, today: date) -> bool:
    return each.from_day is not None and each.from_day <= today and (each.to_day is None or today < each.to_day)


async def _put(connection: Connection, catalogue: Catalogue, told: Sequence[Shown], today: date) -> None:
    places = middles(catalogue)
    around = {str(code): areas(catalogue, code, today) for code in catalogue.municipalities}
    rows, words = [], []
    for each in told:
        if each.said is not None:
            at = reach(each.said, today, places)
            read = entry(each.said, at, catalogue, each.offer, each.said_on, (today, None))
            rows.append((each.offer, read.sort_name, each.said_on, *columns(at, around)))
            words.append((each.offer, *(". ".join(part) for part in (read.heading, read.keywords, read.body))))
    await connection.copy_records_to_table("offer", schema_name="plain", columns=_COLUMNS, records=rows)
    await connection.execute(_WORDS, *map(list, zip(*words, strict=True)))
    await connection.execute(_SHOWN, today)


def columns(at: Reach, around: Areas) -> tuple[Any, ...]:
    """Return what an offer is found and counted by: each code it would be found under, were that code asked for."""
    return (
        sorted(at.given_in), sorted(at.given_in | at.perhaps_in),
        None if at.months is None else asyncpg.Range(at.months.low, at.months.high),
        sorted(at.themes),
        sorted(code for code, names in around.items() if names & at.given_in),
        [each for each in Audience if at.audience & served(frozenset({each}))],
        [each for each in Access if at.access & doors(each)],
        sorted(at.form),
        [each for each in Profession if at.referrers & {each, Profession.ANY}],
    )  # fmt: skip
