"""The directory service's tables: columns only.

`shown` is what the API answers of a row, as the loader wrote it; the other columns are what is asked of it.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
# Names sort by code point: the key is made so that this is the Danish order (domain/danish.py).
_SORTED = sa.Text(collation="C")

region = sa.Table(
    "region",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("successor", sa.Text, sa.ForeignKey("region.code", deferrable=True, initially="DEFERRED")),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint("valid_to > valid_from", name="region_period"),
)

municipality = sa.Table(
    "municipality",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint("valid_to > valid_from", name="municipality_period"),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("area", sa.Text, primary_key=True),
    sa.Column("region", sa.Text, sa.ForeignKey("region.code"), primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
)

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("shown", pg.JSON, nullable=False),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("aliases", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("organisation", sa.Text, sa.ForeignKey("organisation.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sector", sa.Text, nullable=False),
    sa.Column("municipality", sa.Text, sa.ForeignKey("municipality.code")),
    sa.Column("region", sa.Text, sa.ForeignKey("region.code")),
    sa.Column("example", sa.Boolean, nullable=False),
    sa.Column("source", pg.JSON, nullable=False),
    sa.Column("sort_name", _SORTED, nullable=False),
)

offer = sa.Table(
    "offer",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("unit", sa.Text, sa.ForeignKey("unit.id"), nullable=False),
    sa.Column("organisation", sa.Text, sa.ForeignKey("organisation.id"), nullable=False),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("example", sa.Boolean, nullable=False),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    # Whom it reaches, as domain.matching.Reach has it; NULL and '{}' say: the source does not tell.
    sa.Column("given_in", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("perhaps_in", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("weeks", pg.INT4RANGE),
    sa.Column("months", pg.INT4RANGE),
    sa.Column("ages", pg.INT4RANGE),
    sa.Column("audience", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("themes", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("referrers", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("perhaps_referrers", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("access", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("form", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("prevention_level", sa.Text),
    # What free text is looked for in, as written and folded to plain letters; `words`, folded, is for misspellings.
    sa.Column("heading", sa.Text, nullable=False),
    sa.Column("keywords", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column(
        "vector",
        pg.TSVECTOR,
        sa.Computed(
            "setweight(to_tsvector('danish'::regconfig, heading), 'A') || "
            "setweight(to_tsvector('danish'::regconfig, keywords), 'B') || "
            "setweight(to_tsvector('danish'::regconfig, body), 'C')",
            persisted=True,
        ),
    ),
    sa.Column("shown", pg.JSON, nullable=False),
    sa.CheckConstraint("valid_to > valid_from", name="offer_period"),
    sa.Index("offer_given_in", "given_in", postgresql_using="gin"),
    sa.Index("offer_perhaps_in", "perhaps_in", postgresql_using="gin"),
    sa.Index("offer_unit", "unit"),
    sa.Index("offer_organisation", "organisation"),
    sa.Index("offer_vector", "vector", postgresql_using="gin"),
    sa.Index("offer_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
)
