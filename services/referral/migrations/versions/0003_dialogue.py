"""kinds of request, steps, threads with the family, corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import append_only, grants

revision = "0003"
down_revision = "0002"

_REASONED = "('declined', 'family_declined', 'dropped_out', 'completed')"
_ENDED = (
    "'completed', 'declined', 'family_declined', 'dropped_out', 'not_reached', 'passed_on', 'withdrawn', "
    "'never_sent', 'consent_ended', 'entered_in_error'"
)


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    moment = sa.DateTime(timezone=True)
    op.add_column("referral", sa.Column("kind", sa.Text(), server_default="referral", nullable=False))
    op.add_column("referral", sa.Column("priority", sa.Text(), server_default="routine", nullable=False))
    op.add_column("referral", sa.Column("topic", sa.Text(), nullable=True))
    op.add_column("referral", sa.Column("continues", sa.Uuid(), nullable=True))
    op.add_column("referral", sa.Column("first_accepts", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("referral", sa.Column("discussed_with_parents_at", moment, nullable=True))
    op.alter_column("referral", "seen_by_family_at", nullable=True)
    op.create_index("piece_subject", "piece", ["subject", "referral_id"])

    op.drop_constraint("task_decline_reason", "task")
    op.drop_constraint("task_once_per_recipient", "task")
    op.alter_column("task", "decline_reason", new_column_name="reason")
    for name, kind in (
        ("ahead_offer", sa.Text()), ("ahead_unit", sa.Text()), ("origin_task", sa.Uuid()),
        ("origin_relation", sa.Text()), ("origin_reason", sa.Text()), ("answer_by", moment), ("offer_by", moment),
        ("stands_since", moment), ("owner", sa.Text()), ("run", sa.Uuid()), ("decision_ref", sa.Text()),
        ("answered_at", moment), ("ended_by", sa.Text()),
    ):  # fmt: skip
        op.add_column("task", sa.Column(name, kind, nullable=True))
    op.add_column("task", sa.Column("draft_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE task SET answered_at = changed_at WHERE answered")
    op.create_foreign_key("task_origin", "task", "task", ["origin_task"], ["id"])
    op.create_check_constraint(
        "task_reason", "task",
        f"(state IN {_REASONED}) = (reason IS NOT NULL) OR (state = 'withdrawn' AND reason = 'taken_elsewhere')",
    )  # fmt: skip
    op.create_index("task_awaiting", "task", ["id"], postgresql_where=sa.text("state = 'awaiting_consent'"))
    op.create_index("task_referral", "task", ["referral_id"])
    op.create_index(
        "task_once_open", "task", ["referral_id", "recipient"], unique=True,
        postgresql_where=sa.text(f"state NOT IN ({_ENDED})"),
    )  # fmt: skip

    op.add_column("message", sa.Column("to_party", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("answers", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("words", sa.Text(), nullable=True))
    op.add_column("piece", sa.Column("label", sa.Text(), nullable=True))
    op.add_column("piece", sa.Column("level", postgresql.JSONB(), nullable=True))
    op.add_column("piece", sa.Column("attachment", sa.Uuid(), nullable=True))
    op.add_column("piece", sa.Column("corrects", sa.Uuid(), nullable=True))
    op.add_column("piece", sa.Column("at", moment, nullable=True))
    op.create_unique_constraint("piece_corrected_once", "piece", ["corrects"])
    op.drop_index("ix_piece_referral_id", "piece")
    op.create_index("piece_told", "piece", ["referral_id", "message_id"])
    op.drop_index("ix_message_task_id", "message")
    op.create_index("message_thread", "message", ["task_id", "id"])
    op.create_index("message_answers", "message", ["answers"], postgresql_where=sa.text("answers IS NOT NULL"))

    op.create_table(
        "referral_closing",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    for statement in [
        *append_only("referral_closing"),
        *grants("referral_app", referral_closing="SELECT, INSERT"),
    ]:
        op.execute(statement)
