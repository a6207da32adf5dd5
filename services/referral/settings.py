"""What the referral service is told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import SECRETS, LedgerWorkerSettings, MigrationSettings, ServiceSettings, Url

_CONFIG = SettingsConfigDict(
    env_prefix="REFERRAL_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)


class Settings(ServiceSettings):
    """The serving process."""

    model_config = _CONFIG

    identity_key: Path = Field(description="this service's private JWK, for calls to other services")
    directory_url: Url = Field(description="where the directory answers, for units")
    consent_url: Url = Field(description="where consent answers, for decisions")


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and sends out what has become permitted."""

    model_config = _CONFIG

    identity_key: Path = Field(description="the service's private JWK, for calls to other services")
    ledger_origin: str = Field(
        default="familiebro/referral", description="the log's name in checkpoints; never changed once it has sealed"
    )
    consent_url: Url = Field(description="where consent answers, for decisions")


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
