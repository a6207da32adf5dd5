"""attachments and their content."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import grants

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_user", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("scanned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint("(state = 'refused') = (why IS NOT NULL)", name="attachment_why"),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attachment_referral_id", "attachment", ["referral_id"])
    op.create_table(
        "attachment_content",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"]),
        sa.PrimaryKeyConstraint("attachment_id"),
    )
    for statement in [
        # Pictures and documents are packed already: packing them once more costs time and saves nothing.
        "ALTER TABLE attachment_content ALTER COLUMN content SET STORAGE EXTERNAL",
        # What was declared stays; only where it stands changes. Content is never changed, and goes only when refused.
        *grants(
            "referral_app",
            attachment="SELECT, INSERT, UPDATE (state, why, scanned, changed_at)",
            attachment_content="SELECT, INSERT, DELETE",
        ),
    ]:
        op.execute(statement)
