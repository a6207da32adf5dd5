"""Wire the concern service together: the only place where things meet."""

from collections.abc import Mapping
from functools import partial

from fastapi import FastAPI

from services.concern import upstream
from services.concern.actions.knowing import KnownUnits
from services.concern.api import (
    audit,
    dialogue,
    overdue,
    problems,
    reading,
    receipts,
    reception,
    reporting,
    steps,
)
from services.concern.sealing import Seal
from services.concern.settings import Settings
from shared import app as kit
from shared import audit as ledger_audit
from shared.auth import ServiceIdentity, TokenVerifier
from shared.db import Database
from shared.http import Upstream
from shared.units import UnitMirror

NAME = "concern"


def create_app(settings: Settings) -> FastAPI:
    """Return the application; nothing is connected before it starts.

    No other service is let in, and none but the directory is asked: nothing a consent or a referral says, and no
    service that is down, stands between a report and the authority (R29).
    """
    database = Database(settings.database_url.get_secret_value(), settings.pool_size, NAME)
    directory = Upstream("directory", settings.directory_url, ServiceIdentity(NAME, settings.identity_key))
    app = kit.create(
        title="Familiebro: concern",
        summary="Concern reports (underretninger) to the authority: received, looked at in time, and answered.",
        # One report's own address last: it takes whatever stands where an id does.
        routers=[
            reporting.anybody,
            reporting.router,
            receipts.router,
            reading.router,
            reception.router,
            overdue.router,
            steps.router,
            dialogue.router,
            audit.router,
            reading.one,
            ledger_audit.router,
        ],
        problems=problems.PROBLEMS,
        resources=[database, directory],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
    )
    app.state.database = database
    app.state.directory = directory
    app.state.units = UnitMirror()
    app.state.known_units = KnownUnits(partial(upstream.units, app.state.units, directory))
    app.state.seal = Seal.from_file(settings.seal_keys)
    app.state.verifier = TokenVerifier.from_file(NAME, settings.trusted_keys, ["gateway"])
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    return {"database": await database.is_up()}
