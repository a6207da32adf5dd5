"""the queue, whose jobs end meetings and tell leaders of what is overdue."""

from alembic import op

from shared.migrations import queue_schema

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    for statement in queue_schema("consent_app"):
        op.execute(statement)
