"""The concern service's tables: columns only. Whatever somebody said, or says who somebody is, is sealed."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)
_MOMENT = sa.DateTime(timezone=True)


def _recorded() -> list[sa.Column[object]]:
    """Return who did something, when, and the ledger entry that says so; a citizen without a name is nobody."""
    return [
        sa.Column("by_unit", sa.Text),
        sa.Column("by_user", sa.Text),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("ledger_id", sa.Uuid, nullable=False),
    ]


# Who takes reports in for a municipality, and who hears when a clock has run out; the last row holds.
reception = sa.Table(
    "reception",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("municipality", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("responsible", sa.Text, nullable=False),
    sa.Column("escalates_to", sa.Text, nullable=False),
    *_recorded(),
    sa.CheckConstraint("responsible <> escalates_to", name="reception_two"),
    sa.Index("reception_municipality", "municipality", "id"),
)

# The register (BL § 136, stk. 1): one report at one authority. Passed on, it is a new row there that names the old one.
report = sa.Table(
    "report",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("came_from", sa.Uuid, sa.ForeignKey("report.id")),
    sa.Column("original", sa.Uuid, nullable=False),
    sa.Column("municipality", sa.Text, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("missing", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("reporter_kind", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("provision", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("anonymous", sa.Boolean, nullable=False),
    sa.Column("reporter_unit", sa.Text),
    sa.Column("reporter_user", sa.Text),
    sa.Column("receipt", sa.LargeBinary, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("received_at", _MOMENT, nullable=False),
    sa.Column("assess_by", _MOMENT, nullable=False),
    sa.Column("acknowledge_by", _MOMENT, nullable=False),
    sa.Column("inform_by", _MOMENT, nullable=False),
    sa.Column("assessed_at", _MOMENT),
    sa.Column("danger", sa.Boolean),
    sa.Column("acute_measures", sa.Boolean),
    sa.Column("running_measures", sa.Boolean),
    sa.Column("acknowledged_at", _MOMENT),
    sa.Column("outcomes", pg.ARRAY(sa.Text)),
    sa.Column("ended_at", _MOMENT),
    sa.Column("parents_answered", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("parents_to_tell", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("dialogue", sa.Text),
    sa.Column("dialogue_at", _MOMENT),
    *_recorded(),
    sa.CheckConstraint("state IN ('received', 'assessed', 'passed_on', 'closed')", name="report_state"),
    # Nobody is kept of whoever gives no name; by a name alone, without a login, only citizens report.
    sa.CheckConstraint("NOT anonymous OR (reporter_user IS NULL AND reporter_unit IS NULL)", name="report_no_name"),
    sa.CheckConstraint(
        "reporter_user IS NOT NULL OR (reporter_unit IS NULL AND reporter_kind = 'citizen_135')", name="report_by_name"
    ),
    sa.CheckConstraint("NOT anonymous OR reporter_kind = 'citizen_135'", name="report_anonymous"),
    sa.Index("report_municipality", "municipality", "id"),
    sa.Index("report_reporter", "reporter_unit", "id"),
    sa.Index("report_citizen", "reporter_user", "id", postgresql_where=sa.text("reporter_unit IS NULL")),
    sa.Index("report_original", "original"),
    sa.Index("report_came_from", "came_from", unique=True),
    sa.Index("report_to_assess", "assess_by", postgresql_where=sa.text("assessed_at IS NULL")),
    sa.Index("report_to_acknowledge", "acknowledge_by", postgresql_where=sa.text("acknowledged_at IS NULL")),
    sa.Index("report_to_tell", "inform_by", postgresql_where=sa.text("parents_to_tell")),
)  # fmt: skip

# What was said: `what` is who it is about (`child`), who reports (`reporter`), the report itself, a correction ..
# `original` is the first report's id, by which it is sealed: passing on moves no words.
words = sa.Table(
    "words",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("original", sa.Uuid, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("corrects", sa.Uuid, sa.ForeignKey("words.id"), unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    *_recorded(),
    sa.CheckConstraint(
        "what IN ('child', 'reporter', 'original', 'addition', 'correction', 'summary', 'minutes', 'feedback')",
        name="words_what",
    ),
    sa.Index("words_original", "original", "id"),
)

# Every step of a report, as the register shows them: codes only.
step = sa.Table(
    "step",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("report", sa.Uuid, sa.ForeignKey("report.id"), nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("said", pg.JSONB, nullable=False),
    *_recorded(),
    sa.Index("step_report", "report", "id"),
)

# Whether the parents were told, by whom, or why not: answers are added (`services/concern/domain/informing.py`).
informing = sa.Table(
    "informing",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("report", sa.Uuid, sa.ForeignKey("report.id"), nullable=False),
    sa.Column("by_party", sa.Text, nullable=False),
    sa.Column("informed_at", _MOMENT),
    sa.Column("why_not", sa.Text),
    *_recorded(),
    sa.CheckConstraint("(informed_at IS NULL) <> (why_not IS NULL)", name="informing_one"),
    sa.Index("informing_report", "report", "id"),
)

# What the reporter is told of what came of it: yes or no per kind, or why not; the reason for more is sealed words.
# Answers are added, and the last one holds: what was withheld may be told later.
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("report", sa.Uuid, sa.ForeignKey("report.id"), nullable=False),
    sa.Column("examination", sa.Boolean),
    sa.Column("mapping", sa.Boolean),
    sa.Column("measures", sa.Boolean),
    sa.Column("withheld", sa.Text),
    sa.Column("types", pg.ARRAY(sa.Text)),
    sa.Column("weeks", sa.Integer),
    *_recorded(),
    sa.Index("feedback_report", "report", "id"),
)

# The units the directory last told of, one row: a process that starts while it is down receives reports all the same.
known_units = sa.Table(
    "known_units",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("told", pg.JSONB, nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.CheckConstraint("one", name="known_units_one"),
)

# Who was told that a clock has run out: once each.
escalation = sa.Table(
    "escalation",
    metadata,
    sa.Column("report", sa.Uuid, sa.ForeignKey("report.id"), primary_key=True),
    sa.Column("clock", sa.Text, primary_key=True),
    sa.Column("to_user", sa.Text, nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("ledger_id", sa.Uuid, nullable=False),
    sa.CheckConstraint("clock IN ('assess', 'acknowledge', 'parents')", name="escalation_clock"),
    sa.Index("escalation_user", "to_user", "at"),
)
