"""Alembic's entry: run against the consent service's tables."""

from services.consent.tables import metadata
from shared.migrations import run

run(metadata)
