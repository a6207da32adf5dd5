"""The consent service's tables: columns only."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("birth_date", sa.Date, nullable=False),
    sa.Column("login", sa.Text, unique=True),
    sa.Column("registered_by", sa.Text, nullable=False),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
)

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("given_by", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipients", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("categories", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("need", sa.Uuid, nullable=False),
    sa.Column("mutual", sa.Boolean, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("valid_until", sa.DateTime(timezone=True)),
    sa.Column("told_of_withdrawal", sa.Boolean, nullable=False),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("oral_note", sa.Text),
    sa.Column("not_written_because", sa.Text),
    sa.Column("basis", pg.JSONB, nullable=False),
    sa.Column("recorded_by_unit", sa.Text, nullable=False),
    sa.Column("recorded_by_user", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("effect IN ('permit', 'forbid')", name="consent_effect"),
    sa.CheckConstraint("(effect = 'forbid') = (valid_until IS NULL)", name="consent_ends"),
    sa.CheckConstraint("valid_until > given_at", name="consent_period"),
    sa.CheckConstraint("cardinality(recipients) > 0 AND cardinality(categories) > 0", name="consent_specific"),
    sa.Index("consent_need_subject", "need", "subject"),
    sa.Index("consent_subject", "subject"),
)

consent_event = sa.Table(
    "consent_event",
    metadata,
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consent.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_unit", sa.Text),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("ledger_id", sa.Uuid, nullable=False),
    sa.CheckConstraint("kind IN ('withdrawn', 'superseded')", name="consent_event_kind"),
)
