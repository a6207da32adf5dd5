"""what senders stated of serious concern and a duty to report."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import append_only, grants

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    op.create_table(
        "duty_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("referral_id", sa.Uuid(), sa.ForeignKey("referral.id"), nullable=False),
        sa.Column("serious_concern", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("serious_concern = (answer IS NOT NULL)", name="duty_answer_asked"),
        sa.CheckConstraint(
            "(reported_at IS NOT NULL) = (answer IS NOT DISTINCT FROM 'reported')"
            " AND (reason IS NOT NULL) = (answer IS NOT DISTINCT FROM 'no_duty')",
            name="duty_answer_whole",
        ),
    )
    op.create_index("duty_answer_newest", "duty_answer", ["referral_id", "at", "id"])
    for statement in [*append_only("duty_answer"), *grants("referral_app", duty_answer="SELECT, INSERT")]:
        op.execute(statement)
