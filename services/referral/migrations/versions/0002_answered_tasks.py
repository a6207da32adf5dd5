"""answered tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration. A task that was answered has its event."""
    op.add_column("task", sa.Column("answered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE task SET answered = true FROM event "
        "WHERE event.task_id = task.id AND event.kind IN ('accepted', 'declined')"
    )
