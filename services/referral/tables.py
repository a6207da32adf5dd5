"""The referral service's tables: columns only."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)

referral = sa.Table(
    "referral",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("need", sa.Uuid, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("sender_user", sa.Text, nullable=False),
    sa.Column("seen_by_family_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("referral_sender", "sender", "id"),
)

task = sa.Table(
    "task",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("decline_reason", sa.Text),
    sa.Column("missing", pg.JSONB, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("referral_id", "recipient", name="task_once_per_recipient"),
    sa.CheckConstraint("(state = 'declined') = (decline_reason IS NOT NULL)", name="task_decline_reason"),
    sa.Index("task_recipient", "recipient", "id"),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("author_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

piece = sa.Table(
    "piece",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False, index=True),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("message.id")),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("offer", sa.Text),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("xid", schema.Xid8(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("event_feed", "unit", "xid", "id"),
)

heard = sa.Table(
    "heard",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
