"""What the referral service is told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import SECRETS, MigrationSettings, ServiceSettings, Url

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


class WorkerSettings(BaseSettings):
    """The worker: it seals the ledger and sends out what has become permitted."""

    model_config = _CONFIG

    database_url: Url
    sealer_database_url: Url = Field(description="the sealer role's address: it alone may write leaves and checkpoints")
    identity_key: Path
    ledger_key: Path = Field(description="file with the ledger's Ed25519 private key, hexadecimal")
    ledger_origin: str = "familiebro/referral"
    consent_url: Url
    log_level: str = "info"
    seal_every_s: float = Field(default=0.25, gt=0)


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
