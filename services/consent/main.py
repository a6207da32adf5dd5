"""Wire the consent service together: the only place where things meet."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.consent.api import (
    audit,
    consents,
    decisions,
    family,
    follow_ups,
    notices,
    overrides,
    people,
    problems,
    speaking,
)
from services.consent.api.section11e import audit as section11e_audit
from services.consent.api.section11e import due, leading, matters, meetings
from services.consent.api.section11e import own as section11e_own
from services.consent.settings import Settings
from services.consent.vault import Vault
from shared import app as kit
from shared import audit as ledger_audit
from shared.auth import ServiceIdentity, TokenVerifier
from shared.db import Database
from shared.http import Upstream
from shared.units import UnitMirror

NAME = "consent"


def create_app(settings: Settings) -> FastAPI:
    """Return the application; nothing is connected before it starts."""
    database = Database(settings.database_url.get_secret_value(), settings.pool_size, NAME)
    directory = Upstream("directory", settings.directory_url, ServiceIdentity(NAME, settings.identity_key))
    app = kit.create(
        title="Familiebro: consent",
        summary="The people concerned, what they said yes and no to, and the ledger of who was told what.",
        routers=[
            decisions.router,
            speaking.router,
            people.router,
            consents.router,
            family.router,
            overrides.router,
            matters.router,
            meetings.router,
            leading.router,
            section11e_own.router,
            due.router,
            follow_ups.router,
            notices.router,
            audit.router,
            section11e_audit.router,
            ledger_audit.router,
        ],
        problems=problems.PROBLEMS,
        resources=[database, directory],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
        straight={("POST", "/internal/decisions"): decisions.decide},
    )
    app.state.problems = problems.PROBLEMS
    app.state.database = database
    app.state.directory = directory
    app.state.units = UnitMirror()
    app.state.vault = Vault.from_file(settings.identifier_keys)
    app.state.verifier = TokenVerifier.from_file(NAME, settings.trusted_keys, ["gateway"], ["referral"])
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    return {"database": await database.is_up()}
