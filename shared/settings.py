"""What every process can be told from outside: environment variables, or files with the same names.

Nothing is read at import: `main` builds the settings and hands them on. A secret may come from a file
(`/run/secrets/<prefix><name>`), as container engines deliver them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = Path("/run/secrets")


def _no_blank(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        msg = "must not be empty"
        raise ValueError(msg)
    return value


Url = Annotated[str, BeforeValidator(_no_blank)]


class ProcessSettings(BaseSettings):
    """What any process needs: where it listens, which keys it trusts, how it logs."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, secrets_dir=SECRETS if SECRETS.is_dir() else None
    )

    host: str = Field(default="127.0.0.1", description="the address it listens on")
    port: int = Field(ge=1, le=65535, description="the port it listens on")
    log_level: str = Field(default="info", description="debug, info, warning or error")
    trusted_keys: Path = Field(description="JSON file: issuer -> public JWK, of everyone whose tokens are accepted")
    max_body_bytes: int = Field(default=256 * 1024, description="the largest body it takes")


class ServiceSettings(ProcessSettings):
    """A service with a database of its own."""

    database_url: SecretStr = Field(description="the app role's address, postgresql://…")
    pool_size: int = Field(default=8, ge=1, description="how many connections to the database it keeps")


class MigrationSettings(BaseSettings):
    """What a migration needs: the owner role's address and nothing else."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, secrets_dir=SECRETS if SECRETS.is_dir() else None
    )

    owner_database_url: SecretStr = Field(description="the owner role's address, postgresql://…")


class LedgerWorkerSettings(BaseSettings):
    """What the worker of a service with a ledger needs: it seals, and carries messages out."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    database_url: Url = Field(description="the app role's address, postgresql://…")
    sealer_database_url: Url = Field(description="the sealer role's address: it alone may write leaves and checkpoints")
    ledger_key: Path = Field(description="file with the ledger's Ed25519 private key, hexadecimal")
    log_level: str = Field(default="info", description="debug, info, warning or error")
    seal_every_s: float = Field(default=0.25, gt=0, description="seconds between two sealings")
