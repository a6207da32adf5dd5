"""Wire the referral service together: the only place where things meet."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import FastAPI

from services.referral.actions.attaching import Files
from services.referral.actions.webhooks import Keeping
from services.referral.api import (
    agreed,
    attachments,
    audit,
    courses,
    duty,
    events,
    family,
    family_files,
    family_meetings,
    forums,
    handovers,
    late,
    meetings,
    printing,
    problems,
    referrals,
    runs,
    steps,
    tasks,
    webhooks,
)
from services.referral.delivering import Reach
from services.referral.domain.deadlines import Terms
from services.referral.domain.webhooks import Tempo
from services.referral.examining import Examiner
from services.referral.sealing import Seal
from services.referral.settings import Settings, read_networks
from services.referral.upstream import OfferMirror
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
        routers=[
            late.router,  # before `tasks` and `referrals`: `late` is no number of theirs
            courses.router,
            runs.router,
            referrals.router,
            duty.router,
            attachments.router,
            printing.router,
            tasks.router,
            steps.router,
            events.router,
            family.router,
            family_meetings.router,
            family_files.router,
            webhooks.router,
            meetings.router,
            agreed.router,
            handovers.router,
            forums.router,
            audit.router,
            ledger_audit.router,
        ],
        problems=problems.PROBLEMS,
        resources=[database, directory, consent],
        ready=_ready,
        max_body_bytes=settings.max_body_bytes,
        straight={("GET", "/tasks"): tasks.work_list_straight},
        larger_bodies=dict.fromkeys(("/attachments/", "/my/attachments/"), settings.max_attachment_bytes),
    )
    app.state.database = database
    app.state.directory = directory
    app.state.consent = consent
    app.state.units = UnitMirror()
    app.state.offers = OfferMirror()
    app.state.terms = Terms(timedelta(days=settings.answer_days), timedelta(weeks=settings.offer_weeks))
    app.state.files = Files(Examiner(), scans=bool(settings.clamd_url), largest=settings.max_attachment_bytes)
    app.state.webhooks = Keeping(
        Reach(read_networks(settings.webhook_networks_allowed)), Seal.from_file(settings.webhook_keys), Tempo()
    )
    app.state.verifier = TokenVerifier.from_file(NAME, settings.trusted_keys, ["gateway"], ["consent"])
    return app


async def _ready(app: FastAPI) -> Mapping[str, bool]:
    database: Database = app.state.database
    return {"database": await database.is_up()}
