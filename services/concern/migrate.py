"""Bring the concern database to its newest shape: `python -m services.concern.migrate`, as the owner role."""

from pathlib import Path

from services.concern.settings import Migrations
from shared.migrations import upgrade

if __name__ == "__main__":
    upgrade(Path(__file__).parent, Migrations().owner_database_url.get_secret_value())
