"""coordinators, runs with places and waiting lists, reminders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import append_only, grants

revision = "0007"
down_revision = "0006"

_UNANSWERED = "'alternative_proposed', 'awaiting_family', 'in_dialogue', 'received', 'redirect_proposed', 'sent'"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    _tables()
    running = "stands_since IS NULL AND state IN"
    for name, columns, where in (
        ("task_run", ["run"], "run IS NOT NULL"),
        ("task_waiting", ["recipient"], "state = 'waiting'"),
        ("task_answer_due", ["answer_by", "id"], f"{running} ({_UNANSWERED})"),
        ("task_offer_due", ["offer_by", "id"], f"{running} ('accepted', 'waiting')"),
    ):
        op.create_index(name, "task", columns, postgresql_where=sa.text(where))
    op.create_foreign_key("task_run_there", "task", "run", ["run"], ["id"])
    for statement in [
        *append_only("coordinator", "waiting", "invitation", "reminder"),
        *grants(
            "referral_app",
            coordinator="SELECT, INSERT",
            run="SELECT, INSERT, UPDATE (starts_on, places, version, closed_at)",
            waiting="SELECT, INSERT",
            invitation="SELECT, INSERT",
            reminder="SELECT, INSERT",
        ),
    ]:
        op.execute(statement)


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "coordinator",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by_unit", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
    )
    op.create_index("ix_coordinator_need", "coordinator", ["need"])
    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
    )
    op.create_index("run_unit", "run", ["unit", "id"])
    op.create_table(
        "waiting",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id"), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("run", sa.Uuid(), sa.ForeignKey("run.id"), nullable=True),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
    )
    op.create_index("waiting_task", "waiting", ["task_id", "at", "id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("run.id"), nullable=False),
        sa.Column("tasks", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
    )
    op.create_index("ix_invitation_run_id", "invitation", ["run_id"])
    op.create_table(
        "reminder",
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id"), primary_key=True),
        sa.Column("due", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("at", moment, nullable=False),
    )
