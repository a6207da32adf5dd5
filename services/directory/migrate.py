"""Bring the directory database to its newest shape: `python -m services.directory.migrate`, as the owner role."""

from pathlib import Path

from services.directory.settings import Migrations
from shared.migrations import upgrade

if __name__ == "__main__":
    upgrade(Path(__file__).parent, Migrations().owner_database_url.get_secret_value())
