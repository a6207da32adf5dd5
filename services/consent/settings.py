"""What the consent service is told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import SECRETS, LedgerWorkerSettings, MigrationSettings, ServiceSettings, Url

_CONFIG = SettingsConfigDict(
    env_prefix="CONSENT_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)


class Settings(ServiceSettings):
    """The serving process."""

    model_config = _CONFIG

    identity_key: Path = Field(description="this service's private JWK, for calls to other services")
    directory_url: Url = Field(description="where the directory answers, for units and their sectors")
    identifier_keys: Path = Field(
        description="JSON file: the keys that seal and find civil registration numbers; see services/consent/vault.py"
    )


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and carries messages to the referral service."""

    model_config = _CONFIG

    identity_key: Path = Field(description="the service's private JWK, for calls to other services")
    ledger_origin: str = Field(
        default="familiebro/consent", description="the log's name in checkpoints; never changed once it has sealed"
    )
    referral_url: Url = Field(description="where referral answers, for news of consents")
    directory_url: Url = Field(description="where the directory answers, for units that the law moves")
    look_every_s: float = Field(default=30.0, gt=0, description="how often it looks for consents that have ended")
    queue_dead_after_s: float = Field(
        default=15, ge=1, description="seconds without a sign of life after which a job's process counts as dead"
    )


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
