"""first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import grants

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    op.create_table(
        "municipality",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name="municipality_period"),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("shown", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name="region_period"),
        sa.ForeignKeyConstraint(["successor"], ["region.code"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "membership",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["region"], ["region.code"]),
        sa.PrimaryKeyConstraint("area", "region"),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("source", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.code"]),
        sa.ForeignKeyConstraint(["organisation"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["region"], ["region.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("given_in", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("perhaps_in", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("weeks", postgresql.INT4RANGE(), nullable=True),
        sa.Column("months", postgresql.INT4RANGE(), nullable=True),
        sa.Column("ages", postgresql.INT4RANGE(), nullable=True),
        sa.Column("audience", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("referrers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("perhaps_referrers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("access", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("form", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("prevention_level", sa.Text(), nullable=True),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "vector",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('danish'::regconfig, heading), 'A') || "
                "setweight(to_tsvector('danish'::regconfig, keywords), 'B') || "
                "setweight(to_tsvector('danish'::regconfig, body), 'C')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("shown", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name="offer_period"),
        sa.ForeignKeyConstraint(["organisation"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["unit"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("offer_given_in", "offer", ["given_in"], unique=False, postgresql_using="gin")
    op.create_index("offer_organisation", "offer", ["organisation"], unique=False)
    op.create_index("offer_perhaps_in", "offer", ["perhaps_in"], unique=False, postgresql_using="gin")
    op.create_index("offer_unit", "offer", ["unit"], unique=False)
    op.create_index("offer_vector", "offer", ["vector"], unique=False, postgresql_using="gin")
    op.create_index(
        "offer_words",
        "offer",
        ["words"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )

    reading = ("region", "municipality", "membership", "organisation", "unit", "offer")
    for statement in grants("directory_app", **dict.fromkeys(reading, "SELECT")):
        op.execute(statement)
