"""first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import APPEND_ONLY, append_only, grants
from shared.schema import Xid8

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    op.create_table(
        "idempotency",
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("unit", "key"),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("horizon", Xid8(), nullable=False),
        sa.Column("highest_n", sa.BigInteger(), nullable=False),
        sa.Column("pending_gaps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("edge", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("n", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("n"),
    )
    op.create_index("ledger_entry_xid", "ledger_entry", ["xid"], unique=False)
    op.create_table(
        "ledger_leaf",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("gap", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("entry_id"),
        sa.UniqueConstraint("gap"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_due", "outbox", ["due_at", "id"], unique=False, postgresql_where=sa.text("done_at IS NULL"))
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("mutual", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_of_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("oral_note", sa.Text(), nullable=True),
        sa.Column("not_written_because", sa.Text(), nullable=True),
        sa.Column("basis", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by_unit", sa.Text(), nullable=False),
        sa.Column("recorded_by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(effect = 'forbid') = (valid_until IS NULL)", name="consent_ends"),
        sa.CheckConstraint("effect IN ('permit', 'forbid')", name="consent_effect"),
        sa.CheckConstraint("cardinality(recipients) > 0 AND cardinality(categories) > 0", name="consent_specific"),
        sa.CheckConstraint("valid_until > given_at", name="consent_period"),
        sa.ForeignKeyConstraint(
            ["given_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_need_subject", "consent", ["need", "subject"], unique=False)
    op.create_index("consent_subject", "consent", ["subject"], unique=False)
    op.create_table(
        "consent_event",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('withdrawn', 'superseded')", name="consent_event_kind"),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["consent.id"],
        ),
        sa.PrimaryKeyConstraint("consent_id", "kind"),
    )

    op.execute(APPEND_ONLY)
    for statement in [
        *append_only("ledger_entry", "ledger_leaf", "ledger_checkpoint", "consent", "consent_event"),
        *grants(
            "consent_app",
            ledger_entry="SELECT, INSERT (id, entry)",
            ledger_leaf="SELECT",
            ledger_checkpoint="SELECT",
            idempotency="SELECT, INSERT",
            outbox="SELECT, INSERT, UPDATE",
            person="SELECT, INSERT",
            consent="SELECT, INSERT",
            consent_event="SELECT, INSERT",
        ),
        *grants(
            "consent_sealer",
            ledger_entry="SELECT",
            ledger_leaf="SELECT, INSERT",
            ledger_checkpoint="SELECT, INSERT",
        ),
    ]:
        op.execute(statement)
