"""Alembic's entry: run against the concern service's tables."""

from services.concern.tables import metadata
from shared.migrations import run

run(metadata)
