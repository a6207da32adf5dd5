"""What the gateway is told from outside."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from gateway.routes import SERVICES
from shared.settings import SECRETS, ProcessSettings, Url

NAME = "gateway"


def _words(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


def _no_inner_name(value: tuple[str, ...]) -> tuple[str, ...]:
    """A service's own key must never speak for a person: only issuers from outside can be identity providers."""
    if not _INNER.isdisjoint(value):
        msg = "a service of Familiebro cannot be an identity provider"
        raise ValueError(msg)
    return value


_INNER = frozenset({NAME, *SERVICES})
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class Settings(ProcessSettings):
    """The serving process."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    identity_key: Path = Field(description="the gateway's private JWK: signs internal and client-credentials tokens")
    directory_url: Url = Field(description="where the directory answers")
    consent_url: Url = Field(description="where consent answers")
    referral_url: Url = Field(description="where referral answers")
    concern_url: Url = Field(description="where concern answers")
    clients: Path = Field(description="JSON file of the registered systems; see gateway/clients.py")
    identity_providers: Annotated[Words, BeforeValidator(_no_inner_name)] = Field(
        default=(), description="issuers from outside whose tokens are accepted, with commas between"
    )
    trusted_proxies: Words = Field(
        default=(), description="addresses of our own TLS terminators, whose X-Forwarded-For is believed"
    )
    requests_per_minute: int = Field(default=1200, ge=1, description="for each person or system")
    anonymous_requests_per_minute: int = Field(default=120, ge=1, description="for each address")
    token_requests_per_minute: int = Field(default=30, ge=1, description="for each client and address together")
    token_lifetime_s: int = Field(default=600, ge=60, le=3600, description="seconds that a system's token holds")

    @property
    def upstreams(self) -> dict[str, str]:
        """Return where each service answers."""
        return {
            "directory": self.directory_url,
            "consent": self.consent_url,
            "referral": self.referral_url,
            "concern": self.concern_url,
        }
