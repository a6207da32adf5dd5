"""What the directory service is told from outside."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.directory.domain.versions import DEMOTED_AFTER, UNCONFIRMED_AFTER
from shared.settings import SECRETS, LedgerWorkerSettings, MigrationSettings, ServiceSettings

_CONFIG = SettingsConfigDict(
    env_prefix="DIRECTORY_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)


class _Freshness(BaseSettings):
    unconfirmed_after_days: int = Field(
        default=UNCONFIRMED_AFTER.days,
        ge=1,
        le=3650,
        description="an offer nobody has confirmed for so long is flagged, its owner reminded",
    )

    @property
    def flagged_after(self) -> timedelta:
        """How long an offer may go unconfirmed."""
        return timedelta(days=self.unconfirmed_after_days)


class Settings(_Freshness, ServiceSettings):
    """The serving process."""

    model_config = _CONFIG

    demoted_after_days: int = Field(
        default=DEMOTED_AFTER.days,
        ge=1,
        le=3650,
        description="an offer unconfirmed for so long comes after the others that fit as well",
    )
    public_url: str | None = Field(
        default=None, description="where the gateway answers, https://…; told to those who read HSDS"
    )
    max_import_bytes: int = Field(default=25_000_000, ge=1, description="the largest file of offers that is taken")


class WorkerSettings(_Freshness, LedgerWorkerSettings):
    """The worker: it seals the ledger, carries imports out and reminds owners."""

    model_config = _CONFIG

    ledger_origin: str = Field(
        default="familiebro/directory", description="the log's name in checkpoints; never changed once it has sealed"
    )
    remind_again_after_days: int = Field(
        default=30, ge=1, le=3650, description="an owner who does nothing is reminded again"
    )


class Migrations(MigrationSettings):
    """The migration, and the loader of the reference data."""

    model_config = _CONFIG
