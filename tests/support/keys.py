"""Key files and tokens for tests, made anew for each run."""

import json
from datetime import timedelta
from pathlib import Path

from services.concern.sealing import new_keys as new_seal_keys
from services.consent.vault import new_keys
from services.referral.sealing import new_keys as new_webhook_keys
from shared.auth import Assurance, Role, TokenSigner, make_key, public_part
from shared.sealer import make_log_key

ISSUERS = ("gateway", "referral", "consent", "concern", "directory")


class Keys:
    """Every issuer's keys in a folder, and tokens signed with them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._private = {name: make_key() for name in ISSUERS}
        for name, key in self._private.items():
            (folder / f"{name}.jwk").write_text(json.dumps(key))
        self.trusted = folder / "trusted.json"
        self.trusted.write_text(json.dumps({name: public_part(key) for name, key in self._private.items()}))
        private, self.ledger_public = make_log_key()
        self.ledger = folder / "ledger.key"
        self.ledger.write_text(private)
        self.webhooks = folder / "referral.webhooks"
        self.webhooks.write_text(new_webhook_keys())
        self.identifiers = folder / "consent.identifiers"
        self.identifiers.write_text(new_keys())
        self.seals = folder / "concern.seals"
        self.seals.write_text(new_seal_keys())

    def private(self, name: str) -> Path:
        """Return the file with an issuer's private key."""
        return self.folder / f"{name}.jwk"

    def party(
        self,
        service: str,
        *roles: Role,
        unit: str | None = None,
        user: str = "user-1",
        issuer: str = "gateway",
        loa: Assurance | None = Assurance.SUBSTANTIAL,
        lifetime: timedelta = timedelta(minutes=5),
        **claims: object,
    ) -> dict[str, str]:
        """Return the header of a party, as the gateway tells `service` of it."""
        signer = TokenSigner(issuer, self._private[issuer])
        content = {"roles": list(roles), "unit": unit, **claims}
        if loa is not None:
            content["loa"] = loa
        return {"Authorization": "Bearer " + signer.sign(user, service, lifetime, content)}

    def service(self, name: str, audience: str) -> dict[str, str]:
        """Return the header of a service calling `audience`."""
        signer = TokenSigner(name, self._private[name])
        token = signer.sign(name, audience, timedelta(minutes=5), {"roles": [Role.SERVICE]})
        return {"Authorization": "Bearer " + token}
