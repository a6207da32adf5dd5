"""concern reports, and what becomes of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import append_only, grants

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    for make in (_reception, _report, _words, _step, _informing, _feedback, _escalation, _known_units):
        make()
    _rights()


def _reception() -> None:
    op.create_table(
        "reception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("escalates_to", sa.Text(), nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("responsible <> escalates_to", name="reception_two"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reception_municipality", "reception", ["municipality", "id"], unique=False)


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("came_from", sa.Uuid(), nullable=True),
        sa.Column("original", sa.Uuid(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("missing", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("reporter_kind", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("reporter_unit", sa.Text(), nullable=True),
        sa.Column("reporter_user", sa.Text(), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assess_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inform_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("danger", sa.Boolean(), nullable=True),
        sa.Column("acute_measures", sa.Boolean(), nullable=True),
        sa.Column("running_measures", sa.Boolean(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcomes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parents_answered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("parents_to_tell", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("dialogue", sa.Text(), nullable=True),
        sa.Column("dialogue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("NOT anonymous OR reporter_kind = 'citizen_135'", name="report_anonymous"),
        sa.CheckConstraint("state IN ('received', 'assessed', 'passed_on', 'closed')", name="report_state"),
        sa.CheckConstraint("NOT anonymous OR (reporter_user IS NULL AND reporter_unit IS NULL)", name="report_no_name"),
        sa.CheckConstraint(
            "reporter_user IS NOT NULL OR (reporter_unit IS NULL AND reporter_kind = 'citizen_135')",
            name="report_by_name",
        ),
        sa.ForeignKeyConstraint(
            ["came_from"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("receipt"),
    )
    op.create_index("report_came_from", "report", ["came_from"], unique=True)
    op.create_index(
        "report_citizen",
        "report",
        ["reporter_user", "id"],
        unique=False,
        postgresql_where=sa.text("reporter_unit IS NULL"),
    )
    op.create_index("report_municipality", "report", ["municipality", "id"], unique=False)
    op.create_index("report_original", "report", ["original"], unique=False)
    op.create_index("report_reporter", "report", ["reporter_unit", "id"], unique=False)
    op.create_index(
        "report_to_acknowledge",
        "report",
        ["acknowledge_by"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )
    op.create_index(
        "report_to_assess", "report", ["assess_by"], unique=False, postgresql_where=sa.text("assessed_at IS NULL")
    )
    op.create_index(
        "report_to_tell", "report", ["inform_by"], unique=False, postgresql_where=sa.text("parents_to_tell")
    )


def _words() -> None:
    op.create_table(
        "words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("original", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "what IN ('child', 'reporter', 'original', 'addition', 'correction', 'summary', 'minutes', 'feedback')",
            name="words_what",
        ),
        sa.ForeignKeyConstraint(
            ["corrects"],
            ["words.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("corrects"),
    )
    op.create_index("words_original", "words", ["original", "id"], unique=False)


def _step() -> None:
    op.create_table(
        "step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("step_report", "step", ["report", "id"], unique=False)


def _informing() -> None:
    op.create_table(
        "informing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.Uuid(), nullable=False),
        sa.Column("by_party", sa.Text(), nullable=False),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_not", sa.Text(), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(informed_at IS NULL) <> (why_not IS NULL)", name="informing_one"),
        sa.ForeignKeyConstraint(
            ["report"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("informing_report", "informing", ["report", "id"], unique=False)


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.Uuid(), nullable=False),
        sa.Column("examination", sa.Boolean(), nullable=True),
        sa.Column("mapping", sa.Boolean(), nullable=True),
        sa.Column("measures", sa.Boolean(), nullable=True),
        sa.Column("withheld", sa.Text(), nullable=True),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feedback_report", "feedback", ["report", "id"], unique=False)


def _escalation() -> None:
    op.create_table(
        "escalation",
        sa.Column("report", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("to_user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("clock IN ('assess', 'acknowledge', 'parents')", name="escalation_clock"),
        sa.ForeignKeyConstraint(
            ["report"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("report", "clock"),
    )
    op.create_index("escalation_user", "escalation", ["to_user", "at"], unique=False)


def _known_units() -> None:
    op.create_table(
        "known_units",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one", name="known_units_one"),
        sa.PrimaryKeyConstraint("one"),
    )


def _rights() -> None:
    """Let a report move on; what was said, decided and told of it is only added to."""
    for statement in [
        *append_only("reception", "words", "step", "informing", "feedback", "escalation"),
        *grants(
            "concern_app",
            reception="SELECT, INSERT",
            report="SELECT, INSERT, UPDATE (state, version, assessed_at, danger, acute_measures, running_measures, "
            "acknowledged_at, outcomes, ended_at, parents_answered, parents_to_tell, dialogue, dialogue_at)",
            words="SELECT, INSERT",
            step="SELECT, INSERT",
            informing="SELECT, INSERT",
            feedback="SELECT, INSERT",
            escalation="SELECT, INSERT",
            known_units="SELECT, INSERT, UPDATE",
        ),
    ]:
        op.execute(statement)
