"""What the directory service is told from outside."""

from pydantic_settings import SettingsConfigDict

from shared.settings import SECRETS, MigrationSettings, ServiceSettings

_CONFIG = SettingsConfigDict(
    env_prefix="DIRECTORY_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)


class Settings(ServiceSettings):
    """The serving process."""

    model_config = _CONFIG


class Migrations(MigrationSettings):
    """The migration, and the loader of the reference data."""

    model_config = _CONFIG
