"""What the consent service is told from outside."""

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

    directory_url: Url = Field(description="where the directory answers, for units and their sectors")


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and carries messages to the referral service."""

    model_config = _CONFIG

    ledger_origin: str = "familiebro/consent"
    referral_url: Url


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
