"""Wire the referral service together: the only place where things meet."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.referral.api import audit, events, problems, referrals, tasks
from services.referral.settings import Settings
from shared import app as kit
from shared import audit as ledger_audit
from shared.auth import ServiceIdentity, TokenVerifier
from shared.db import Database
from shared.http import Upstream
from shared.units import UnitMirror

NAME = "referral"


def create_app(settings: Settings) -> FastAPI:
    """Return the application; nothing is connected before it starts."""
    database = Database(settings.database_url.get_secret_value(), settings.pool_size, NAME)
    identity = ServiceIdentity(NAME, settings.identity_key)
    directory = Upstream("directory", settings.directory_url, identity)
    consent = Upstream("consent", settings.consent_url, identity)
    app = kit.create(
        title="Familiebro: referral",
        summary="Dialogue-based referrals; each reader sees what consent permits at that moment.",
        routers=[referrals.router, tasks.router, events.router, audit.router, ledger_audit.router],
        problems=problems.PROBLEMS,
        resources=[database, directory, consent],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
    )
    app.state.database = database
    app.state.directory = directory
    app.state.consent = consent
    app.state.units = UnitMirror()
    app.state.verifier = TokenVerifier.from_file(NAME, settings.trusted_keys, ["gateway"], ["consent"])
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    return {"database": await database.is_up()}
