"""Alembic's entry: run against the referral service's tables."""

from services.referral.tables import metadata
from shared.migrations import run

run(metadata)
