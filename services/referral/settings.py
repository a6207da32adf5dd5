"""What the referral service is told from outside."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from shared.settings import SECRETS, LedgerWorkerSettings, MigrationSettings, ServiceSettings, Url

_CONFIG = SettingsConfigDict(
    env_prefix="REFERRAL_",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    secrets_dir=SECRETS if SECRETS.is_dir() else None,
)

# What is sent to a scanner has been taken already, and what is not scanned is told to nobody.
_SCANNER = r"^(?:tcp://[A-Za-z0-9.-]+:[0-9]{1,5}|unix:///[^\s]+)?$"
_SCANNER_SAID = "where clamd answers: `tcp://host:port` or `unix:///path`; empty: files are not scanned"
_WEBHOOK_KEYS = "file with the keys that seal webhooks' secrets; see services/referral/sealing.py"
_NETWORKS = "networks (CIDR, with commas) that webhooks may go to, without encryption too, though they are inside"
_OWN = [
    ip_network(each) for each in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


def _cidrs(told: str) -> str:
    for each in read_networks(told):
        if not any(each.version == own.version and each.subnet_of(own) for own in _OWN):  # type: ignore[arg-type]
            msg = "only networks of one's own are let in by name"
            raise ValueError(msg)
    return told


def read_networks(told: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks that `webhook_networks_allowed` names."""
    return [ip_network(each.strip()) for each in told.split(",") if each.strip()]


Networks = Annotated[str, AfterValidator(_cidrs)]


class Settings(ServiceSettings):
    """The serving process."""

    model_config = _CONFIG

    identity_key: Path = Field(description="this service's private JWK, for calls to other services")
    directory_url: Url = Field(description="where the directory answers, for units")
    consent_url: Url = Field(description="where consent answers, for decisions")
    answer_days: int = Field(default=14, ge=1, le=365, description="days a recipient has to answer, routinely")
    offer_weeks: int = Field(default=8, ge=1, le=104, description="weeks until an offer begins (seed 004, 1013-1016)")
    webhook_keys: Path = Field(description=_WEBHOOK_KEYS)
    webhook_networks_allowed: Networks = Field(default="", description=_NETWORKS)
    clamd_url: str = Field(default="", pattern=_SCANNER, description=_SCANNER_SAID)
    max_attachment_bytes: int = Field(
        default=10_000_000, ge=1, le=10_000_000, description="the largest attachment that is taken"
    )


class WorkerSettings(LedgerWorkerSettings):
    """The worker: it seals the ledger and sends out what has become permitted."""

    model_config = _CONFIG

    identity_key: Path = Field(description="the service's private JWK, for calls to other services")
    ledger_origin: str = Field(
        default="familiebro/referral", description="the log's name in checkpoints; never changed once it has sealed"
    )
    consent_url: Url = Field(description="where consent answers, for decisions")
    directory_url: Url = Field(description="where the directory answers, for units")
    webhook_keys: Path = Field(description=_WEBHOOK_KEYS)
    webhook_networks_allowed: Networks = Field(default="", description=_NETWORKS)
    webhook_waits_s: tuple[PositiveInt, ...] = Field(
        default=(5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        description="seconds between a webhook's attempts, as a JSON list; after the last it is a dead letter",
    )
    webhook_at_once: int = Field(default=4, ge=1, le=64, description="how many calls a webhook gets at once, at most")
    webhook_follow_every_s: float = Field(default=0.1, gt=0, description="seconds between two looks at what happened")
    queue_dead_after_s: float = Field(
        default=15, ge=1, description="seconds without a sign of life after which a job's process counts as dead"
    )
    webhook_keep_days: int = Field(default=30, ge=1, description="days until what was delivered is forgotten")
    clamd_url: str = Field(default="", pattern=_SCANNER, description=_SCANNER_SAID)
    remind_days_before: int = Field(default=3, ge=1, le=60, description="days before a deadline that one is reminded")
    answer_days: int = Field(default=14, ge=1, le=365, description="days after which who is asked is reminded")
    escalate_days_after: int = Field(default=7, ge=1, le=365, description="days after a deadline that others hear")
    remind_every_s: float = Field(default=60, gt=0, description="seconds between looks for what is late")


class Migrations(MigrationSettings):
    """The migration."""

    model_config = _CONFIG
