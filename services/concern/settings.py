"""What the concern service is told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import SECRETS, LedgerWorkerSettings, MigrationSettings, ServiceSettings, Url

_CONFIG = SettingsConfigDict(
    env_prefix="CONCERN_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)


class Settings(ServiceSettings):
    """The serving process."""

    model_config = _CONFIG

    identity_key: Path = Field(description="this service's private JWK, for calls to the directory")
    directory_url: Url = Field(description="where the directory answers, for units and their municipalities")
    seal_keys: Path = Field(
        description="JSON file: the keys that seal what is reported; see services/concern/sealing.py"
    )


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and minds the clocks."""

    model_config = _CONFIG

    ledger_origin: str = Field(
        default="familiebro/concern", description="the log's name in checkpoints; never changed once it has sealed"
    )


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
