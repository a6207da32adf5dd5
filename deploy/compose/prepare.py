"""Make the roles and databases, before anything else runs: `python -m deploy.compose.prepare`.

Each role's password stands in one place, the address its service or migration is given; it is read from there.
Safe to run again: a changed password is set anew.
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy import databases
from shared.settings import SECRETS


class Settings(BaseSettings):
    """The superuser's address, and each role's."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, secrets_dir=SECRETS if SECRETS.is_dir() else None
    )

    admin_database_url: SecretStr
    directory_database_url: SecretStr
    directory_owner_database_url: SecretStr
    consent_database_url: SecretStr
    consent_owner_database_url: SecretStr
    directory_sealer_database_url: SecretStr
    consent_sealer_database_url: SecretStr
    referral_database_url: SecretStr
    referral_owner_database_url: SecretStr
    referral_sealer_database_url: SecretStr
    concern_database_url: SecretStr
    concern_owner_database_url: SecretStr
    concern_sealer_database_url: SecretStr


def passwords(told: Mapping[str, SecretStr]) -> Mapping[str, str]:
    """Return role -> password, from the settings' addresses by name.

    Raises:
        ValueError: an address is not for the role and database of its name; it is not repeated.
    """
    found: dict[str, str] = {}
    for service in databases.SERVICES:
        for role in databases.roles(service):
            name = databases.address_name(service, role)
            address = urlsplit(told[name].get_secret_value())
            if address.username != role or address.path != f"/{service}" or not address.password:
                msg = f"{name} must be the address of role {role} at database {service}, with a password"
                raise ValueError(msg)
            found[role] = unquote(address.password)
    return found


def main() -> None:
    """Prepare the server that the settings name."""
    settings = Settings()
    databases.prepare(settings.admin_database_url.get_secret_value(), passwords(dict(settings)))
    print("Roles and databases are there: " + ", ".join(databases.SERVICES))


if __name__ == "__main__":
    main()
