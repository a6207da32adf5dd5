"""webhooks, their deliveries, and the queue that carries them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import grants, queue_schema
from shared.schema import Xid8

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    moment = sa.DateTime(timezone=True)
    pending = sa.text("status = 'pending'")
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until", moment, nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("last", sa.Uuid(), nullable=False),
        sa.Column("at_once", sa.Integer(), server_default="1", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        *(sa.Column(name, moment, nullable=True) for name in ("failing_since", "rests_until", "off_since")),
        sa.Column("off_why", sa.Text(), nullable=True),
        *(sa.Column(name, moment, nullable=True) for name in ("test_asked_at", "tested_at")),
        sa.Column("test_status", sa.Integer(), nullable=True),
        sa.Column("test_failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_webhook_unit"), "webhook", ["unit"])
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("tried_at", moment, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("webhook_id", "event_id"),
    )
    op.create_index("webhook_delivery_due", "webhook_delivery", ["webhook_id", "due_at"], postgresql_where=pending)
    op.create_index(
        "webhook_delivery_turn", "webhook_delivery", ["webhook_id", "referral_id", "xid", "event_id"],
        postgresql_where=pending,
    )  # fmt: skip
    op.create_index("webhook_delivery_place", "webhook_delivery", ["webhook_id", "xid", "event_id"])
    op.create_index(
        "webhook_delivery_done", "webhook_delivery", ["tried_at"], postgresql_where=sa.text("status = 'delivered'")
    )
    everything = "SELECT, INSERT, UPDATE, DELETE"
    for statement in [
        *grants("referral_app", webhook=everything, webhook_delivery=everything),
        *queue_schema("referral_app"),
    ]:
        op.execute(statement)
