"""Keys, passwords and registrations of one installation on one machine: made once, readable by its owner only."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy import databases
from gateway.clients import hash_secret
from services.concern.sealing import new_keys as new_seal_keys
from services.consent.vault import new_keys
from services.referral.sealing import new_keys as new_webhook_keys
from shared.auth import make_key, public_part
from shared.sealer import make_log_key

ISSUERS = ("gateway", "consent", "referral", "concern", "demo-idp")
SYSTEM_CLIENT = "noh-journal"
SYSTEM_SOR = "99990000001"
SYSTEM_ROLES = ("refer", "record_consent", "report")


class Folder:
    """A folder of secrets; what is missing is made."""

    PROVIDER = "demo-idp"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ISSUERS:
            if not self.identity(name).exists():
                self._write(self.identity(name), json.dumps(make_key()))
        for service in databases.WITH_LEDGER:
            if not self.ledger(service).exists():
                private, public = make_log_key()
                self._write(self.ledger(service), private)
                self._write(self.ledger_public(service), public)
        if not self.identifiers.exists():
            self._write(self.identifiers, new_keys())
        if not self.webhooks.exists():
            self._write(self.webhooks, new_webhook_keys())
        if not self.seals.exists():
            self._write(self.seals, new_seal_keys())
        self._write(self.trusted, json.dumps({name: public_part(self._key(name)) for name in ISSUERS}))
        self._write(self.clients, json.dumps(self._registrations()))

    @property
    def trusted(self) -> Path:
        """Issuer -> public key, of everyone whose tokens are accepted somewhere."""
        return self._folder / "trusted.json"

    @property
    def clients(self) -> Path:
        """The systems registered with the gateway."""
        return self._folder / "clients.json"

    @property
    def identifiers(self) -> Path:
        """The keys that seal and find civil registration numbers."""
        return self._folder / "consent.identifiers"

    @property
    def webhooks(self) -> Path:
        """The keys that seal what webhooks are signed with."""
        return self._folder / "referral.webhooks"

    @property
    def seals(self) -> Path:
        """The keys that seal what is reported of concern."""
        return self._folder / "concern.seals"

    def identity(self, name: str) -> Path:
        """Return the file with an issuer's private key."""
        return self._folder / f"{name}.jwk"

    def ledger(self, service: str) -> Path:
        """Return the file with the private key of a service's ledger."""
        return self._folder / f"{service}.ledger"

    def ledger_public(self, service: str) -> Path:
        """Return the file with the public key of a service's ledger."""
        return self._folder / f"{service}.ledger.pub"

    def secret(self, name: str) -> str:
        """Return a named secret, made when first asked for."""
        file = self._folder / f"{name}.secret"
        if not file.exists():
            self._write(file, secrets.token_urlsafe(24))
        return file.read_text()

    def passwords(self) -> Mapping[str, str]:
        """Return the password of each database role."""
        return {role: self.secret(role) for service in databases.SERVICES for role in databases.roles(service)}

    def _key(self, name: str) -> dict[str, str]:
        key: dict[str, str] = json.loads(self.identity(name).read_text())
        return key

    def _registrations(self) -> dict[str, dict[str, object]]:
        """Return the registered systems: those there are, and the midwives' with what it may do by now."""
        known: dict[str, dict[str, object]] = json.loads(self.clients.read_text()) if self.clients.exists() else {}
        if SYSTEM_CLIENT not in known:
            known[SYSTEM_CLIENT] = {
                "name": "Jordemødrenes journalsystem, Nordsjællands Hospital",
                "secret_hash": hash_secret(self.secret(SYSTEM_CLIENT)),
                "unit": "noh-jordemodercenter",
                "profession": "midwife",
                "org_sor": SYSTEM_SOR,
            }
        known[SYSTEM_CLIENT]["roles"] = list(SYSTEM_ROLES)
        return known

    def _write(self, file: Path, text: str) -> None:
        """Write whole or not at all, readable by the owner only."""
        fresh = file.with_suffix(file.suffix + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(text)
        fresh.replace(file)
