"""What the referral service is told from outside."""

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

    directory_url: Url = Field(description="where the directory answers, for units")
    consent_url: Url = Field(description="where consent answers, for decisions")


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and sends out what has become permitted."""

    model_config = _CONFIG

    ledger_origin: str = "familiebro/referral"
    consent_url: Url


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
