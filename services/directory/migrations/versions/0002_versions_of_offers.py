"""versions of offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import APPEND_ONLY, append_only, grants
from shared.schema import Xid8

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration.

    What the first tables held came from the data files alone, and is loaded anew from them.
    """
    op.execute("DROP TABLE offer, unit, organisation, membership, municipality, region")
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
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("whole_organisation", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (body IS NOT NULL)", name="import_job_body"),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="import_job_ended"),
        sa.CheckConstraint("(state = 'waiting') = (report IS NULL)", name="import_job_report"),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'json', 'ndjson')", name="import_job_format"),
        sa.CheckConstraint("profile IN ('own', 'hsds')", name="import_job_profile"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name="import_job_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("import_job_unit", "import_job", ["unit", "at"], unique=False)
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
        "legal_basis",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("said", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "offer_version",
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("said", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('created', 'changed', 'confirmed', 'imported', 'handed_over', 'ended')", name="offer_version_kind"
        ),
        sa.PrimaryKeyConstraint("offer", "number"),
        sa.UniqueConstraint("ledger_id"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("said", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
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
        "pulse",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one", name="pulse_one"),
        sa.PrimaryKeyConstraint("one"),
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
        "import_progress",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("phase IN ('reading', 'checking', 'comparing', 'writing')", name="import_progress_phase"),
        sa.ForeignKeyConstraint(
            ["job"],
            ["import_job.id"],
        ),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_table(
        "municipality",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name="municipality_period"),
        sa.ForeignKeyConstraint(
            ["region"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("said", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "coverage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality"],
            ["municipality.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("coverage_municipality", "coverage", ["municipality", "kind", "at"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("editorial", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("offer_change", "offer", ["change"], unique=False)
    op.create_index("offer_organisation", "offer", ["organisation"], unique=False)
    op.create_index("offer_unit", "offer", ["unit"], unique=False)
    op.create_table(
        "postcode",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality"],
            ["municipality.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('unconfirmed', 'unit_closed', 'funding_ends')", name="reminder_kind"),
        sa.ForeignKeyConstraint(
            ["offer"],
            ["offer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("offer", "kind", "since", "at", name="reminder_once"),
    )
    op.create_index("reminder_organisation", "reminder", ["organisation"], unique=False)
    op.create_index("reminder_unit", "reminder", ["unit"], unique=False)
    op.create_table(
        "showing",
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("said", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("to_day > from_day", name="showing_period"),
        sa.ForeignKeyConstraint(
            ["offer"],
            ["offer.id"],
        ),
        sa.PrimaryKeyConstraint("offer", "from_day"),
    )
    op.create_index("showing_modified_at", "showing", ["modified_at"], unique=False)
    op.create_index("showing_organisation", "showing", ["organisation"], unique=False)
    op.create_index("showing_sort_name", "showing", ["sort_name", "offer"], unique=False)
    op.create_index("showing_terms", "showing", ["terms"], unique=False, postgresql_using="gin")
    op.create_index("showing_unit", "showing", ["unit"], unique=False)

    op.execute("INSERT INTO pulse (one, change, base) VALUES (true, 0, 0)")
    op.execute(APPEND_ONLY)
    reading = ("region", "municipality", "postcode", "legal_basis", "organisation")
    for statement in [
        *append_only("ledger_entry", "ledger_leaf", "ledger_checkpoint", "offer_version", "coverage"),
        *grants(
            "directory_app",
            ledger_entry="SELECT, INSERT (id, entry)",
            ledger_leaf="SELECT",
            ledger_checkpoint="SELECT",
            idempotency="SELECT, INSERT",
            outbox="SELECT, INSERT, UPDATE",
            offer_version="SELECT, INSERT",
            offer="SELECT, INSERT, UPDATE",
            unit="SELECT, UPDATE",
            showing="SELECT, INSERT, UPDATE, DELETE",
            pulse="SELECT, UPDATE",
            reminder="SELECT, INSERT",
            coverage="SELECT, INSERT",
            import_job="SELECT, INSERT, UPDATE",
            import_progress="SELECT, INSERT, UPDATE",
            **dict.fromkeys(reading, "SELECT"),
        ),
        *grants(
            "directory_sealer",
            ledger_entry="SELECT",
            ledger_leaf="SELECT, INSERT",
            ledger_checkpoint="SELECT, INSERT",
        ),
    ]:
        op.execute(statement)
