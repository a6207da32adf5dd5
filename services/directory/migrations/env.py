"""Alembic's entry: run against the directory service's tables."""

from services.directory.tables import metadata
from shared.migrations import run

run(metadata)
