"""The tables the kit brings to a service: the ledger, the outbox and the kept idempotency keys.

Only migrations and their tests import this: a serving process needs no SQLAlchemy.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql.base import ischema_names


class Xid8(sa.types.UserDefinedType[str]):
    """PostgreSQL's xid8: a transaction id that never wraps."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in SQL."""
        return "xid8"


# So that `alembic check` knows the type when it meets it in a database.
ischema_names["xid8"] = Xid8


def ledger_tables(metadata: sa.MetaData) -> None:
    """Add the ledger: what was written, its places in the tree, the signed checkpoints."""
    sa.Table(
        "ledger_entry",
        metadata,
        # xid stands before n: a row's transaction id exists before its number is drawn (shared.sealer).
        sa.Column("xid", Xid8(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column("n", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entry", pg.JSON, nullable=False),
        sa.Index("ledger_entry_xid", "xid"),
    )
    sa.Table(
        "ledger_leaf",
        metadata,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.Uuid, unique=True),
        sa.Column("gap", sa.BigInteger, unique=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        "ledger_checkpoint",
        metadata,
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("horizon", Xid8(), nullable=False),
        sa.Column("highest_n", sa.BigInteger, nullable=False),
        sa.Column("pending_gaps", pg.JSONB, nullable=False),
        sa.Column("edge", pg.ARRAY(sa.LargeBinary), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def outbox_table(metadata: sa.MetaData) -> None:
    """Add the messages that must follow a change."""
    sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", pg.JSONB, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text),
        sa.Index("outbox_due", "due_at", "id", postgresql_where=sa.text("done_at IS NULL")),
    )


def idempotency_table(metadata: sa.MetaData) -> None:
    """Add the kept idempotency keys."""
    sa.Table(
        "idempotency",
        metadata,
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("made", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
