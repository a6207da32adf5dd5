"""Wire the directory service together: the only place where things meet."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.directory.api import offers, places, problems, units
from services.directory.settings import Settings
from shared import app as kit
from shared.auth import TokenVerifier
from shared.db import Database

NAME = "directory"


def create_app(settings: Settings) -> FastAPI:
    """Return the application; nothing is connected before it starts."""
    database = Database(settings.database_url.get_secret_value(), settings.pool_size, NAME)
    app = kit.create(
        title="Familiebro: directory",
        summary="The offers to families, the units that give them, municipalities and regions. Public knowledge.",
        routers=[offers.router, units.router, places.router],
        problems=problems.PROBLEMS,
        resources=[database],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
    )
    app.state.database = database
    app.state.verifier = TokenVerifier.from_file(NAME, settings.trusted_keys, ["gateway"], ["consent", "referral"])
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    return {"database": await database.is_up()}
