"""first tables, and the queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import APPEND_ONLY, append_only, grants, queue_schema
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

    op.execute(APPEND_ONLY)
    for statement in [
        *append_only("ledger_entry", "ledger_leaf", "ledger_checkpoint"),
        *grants(
            "concern_app",
            ledger_entry="SELECT, INSERT (id, entry)",
            ledger_leaf="SELECT",
            ledger_checkpoint="SELECT",
            idempotency="SELECT, INSERT",
            outbox="SELECT, INSERT, UPDATE",
        ),
        *grants(
            "concern_sealer",
            ledger_entry="SELECT",
            ledger_leaf="SELECT, INSERT",
            ledger_checkpoint="SELECT, INSERT",
        ),
        *queue_schema("concern_app"),
    ]:
        op.execute(sa.text(statement))
