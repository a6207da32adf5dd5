"""Wire the directory service together: the only place where things meet."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.directory.actions.figures import Figures, read_survey
from services.directory.actions.hsds import Register
from services.directory.actions.routing import read_table
from services.directory.api import (
    closing,
    editing,
    figures,
    hsds,
    offers,
    places,
    problems,
    reminders,
    routing,
    transfers,
    units,
)
from services.directory.finder import Finder, words
from services.directory.settings import Settings
from shared import app as kit
from shared import audit as ledger_audit
from shared.auth import TokenVerifier
from shared.db import Database

NAME = "directory"


def create_app(settings: Settings) -> FastAPI:
    """Return the application; nothing is connected before it starts."""
    database = Database(settings.database_url.get_secret_value(), settings.pool_size, NAME)
    finder = Finder(database, words(), settings.demoted_after_days)
    app = kit.create(
        title="Familiebro: directory",
        summary="The offers to families, the units that give them, municipalities and regions. Public knowledge. "
        "Indeholder data fra Klimadatastyrelsen, DAGI, hentet via DAWA.",
        routers=[
            offers.asking,
            transfers.router,
            offers.router,
            editing.router,
            closing.router,
            reminders.router,
            units.router,
            places.router,
            routing.router,
            figures.router,
            hsds.router,
            ledger_audit.router,
        ],
        problems={**problems.PROBLEMS, **transfers.PROBLEMS},
        resources=[database, finder],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
        larger_bodies={"/imports": settings.max_import_bytes},
    )
    app.state.database = database
    app.state.finder = finder
    app.state.figures = Figures(read_survey())
    app.state.hsds = Register(finder)
    app.state.routing = read_table()
    app.state.public_url = settings.public_url
    app.state.flagged_after = settings.flagged_after
    app.state.verifier = TokenVerifier.from_file(
        NAME, settings.trusted_keys, ["gateway"], ["consent", "referral", "concern"]
    )
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    finder: Finder = app.state.finder
    up = await database.is_up()
    if up and not finder.built:
        await finder.open()
    return {"database": up, "offers": finder.built}
