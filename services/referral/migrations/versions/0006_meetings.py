"""meetings and what is agreed there, handovers, forums."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import grants

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    _meetings()
    _handovers()
    _forums()
    for statement in grants(
        "referral_app",
        meeting="SELECT, INSERT, UPDATE (state, version, confirmed_for, held_on, family_present, absence, attended, "
        "message_id, recorded_by, recorded_at)",
        meeting_answer="SELECT, INSERT, UPDATE (comes, time, at, by_user)",
        next_step="SELECT, INSERT, UPDATE (done_at, done_by)",
        handover="SELECT, INSERT, UPDATE",
        screening="SELECT, INSERT, UPDATE",
        forum="SELECT, INSERT",
        forum_item="SELECT, INSERT, UPDATE (version, decision, family_present, absence, hears, decided_at, "
        "decided_by, message_id)",
    ):
        op.execute(statement)


def _meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("times", postgresql.ARRAY(_MOMENT), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("family_invited", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("confirmed_for", _MOMENT, nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("family_present", sa.Boolean(), nullable=True),
        sa.Column("absence", sa.Text(), nullable=True),
        sa.Column("attended", postgresql.JSONB(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("(state = 'held') = (message_id IS NOT NULL)", name="meeting_held_is_recorded"),
    )
    op.create_index("meeting_task", "meeting", ["task_id", "id"])
    op.create_table(
        "meeting_answer",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("comes", sa.Boolean(), nullable=False),
        sa.Column("time", _MOMENT, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "unit"),
    )
    op.create_table(
        "next_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("readers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("next_step_referral", "next_step", ["referral_id", "id"])


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("by_sender", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("by_recipient", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("sender_present", sa.Boolean(), nullable=True),
        sa.Column("recipient_present", sa.Boolean(), nullable=True),
        sa.Column("family_present", sa.Boolean(), nullable=True),
        sa.Column("absence", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("taken_over_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("task_id"),
    )
    op.create_table(
        "screening",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("paragraph", sa.Text(), nullable=False),
        sa.Column("screened_on", sa.Date(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("task_id"),
    )


def _forums() -> None:
    op.create_table(
        "forum",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("meets_on", sa.Date(), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("forum_units", "forum", ["units"], postgresql_using="gin")
    op.create_table(
        "forum_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("forum_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("family_present", sa.Boolean(), nullable=True),
        sa.Column("absence", sa.Text(), nullable=True),
        sa.Column("hears", sa.Text(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("forum_id", "referral_id", name="forum_item_once"),
    )
