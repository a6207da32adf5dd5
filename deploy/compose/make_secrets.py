"""Make what docker-compose.yml is to be given in secret: `python -m deploy.compose.make_secrets [FOLDER]`.

What is there stays as it is; only what is missing is made, so that running it again is safe. No demo identity is
among it. `--trust ISSUER FILE` adds an identity provider's public key (a JWK); it must also be named in
GATEWAY_IDENTITY_PROVIDERS. `registered_systems` starts empty: see gateway/clients.py for what to write into it.
"""

import argparse
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy import databases
from services.concern.sealing import new_keys as new_seal_keys
from services.consent.vault import new_keys, with_new_seal
from services.referral.sealing import new_keys as new_webhook_keys
from shared.auth import make_key, public_part
from shared.sealer import make_log_key

SERVER = "postgres:5432"
OURS = ("gateway", *databases.SERVICES)
CALLING = tuple(name for name in OURS if name != "directory")
LOGS = databases.WITH_LEDGER
GROUP = 10001  # the containers' group: a mounted file keeps the owner and mode it has here
_PRIVATE_PART = "d"


def make(folder: Path, trusted: Mapping[str, Mapping[str, str]]) -> None:
    """Make what is missing in `folder`, and let `trusted` (issuer -> public JWK) in.

    Raises:
        ValueError: an issuer has one of our own names, or the key given for it is a private one.
    """
    wrong = [name for name, key in trusted.items() if name in OURS or _PRIVATE_PART in key or not key]
    if wrong:
        msg = f"not a public key of somebody outside: {', '.join(wrong)}"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _once(folder / ".gitignore", "*\n")
    admin = _once(folder / "postgres_password", secrets.token_urlsafe(32))
    _once(folder / "admin_database_url", f"postgresql://postgres:{admin}@{SERVER}/postgres")
    for service in databases.SERVICES:
        for role in databases.roles(service):
            address = f"postgresql://{role}:{secrets.token_urlsafe(32)}@{SERVER}/{service}"
            _once(folder / databases.address_name(service, role), address)
    for service in LOGS:
        private, public = make_log_key()
        if _once(folder / f"{service}_ledger", private) == private:
            _put(folder / f"{service}_ledger.pub", public)
    keys = {name: json.loads(_once(folder / f"{name}_identity", json.dumps(make_key()))) for name in CALLING}
    known: dict[str, Mapping[str, str]] = json.loads(_once(folder / "trusted_keys", "{}"))
    own = {name: public_part(key) for name, key in keys.items()}
    _put(folder / "trusted_keys", json.dumps({**known, **trusted, **own}, indent=1))
    _once(folder / "registered_systems", "{}\n")
    _once(folder / "consent_identifiers", new_keys())
    _once(folder / "referral_webhooks", new_webhook_keys())
    _once(folder / "concern_seals", new_seal_keys())


def turn_identifier_keys(folder: Path) -> None:
    """Add a key that seals civil registration numbers from now on; those before it still open what they sealed."""
    _turn(folder / "consent_identifiers")


def turn_seal_keys(folder: Path) -> None:
    """Add a key that seals concern reports from now on; those before it still open what they sealed."""
    _turn(folder / "concern_seals")


def _turn(keys: Path) -> None:
    _put(keys, with_new_seal(keys.read_text()))


def _once(file: Path, content: str) -> str:
    """Write a file that is not there; return what it holds."""
    if not file.exists():
        _put(file, content)
    return file.read_text()


def _put(file: Path, content: str) -> None:
    """Write whole or not at all, readable by the owner and the containers' group only."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w") as opened:
        opened.write(content)
    with suppress(OSError):  # only root may; main says what is left to do
        os.chown(fresh, -1, GROUP)
    fresh.replace(file)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the folder, and say what is left to do."""
    parser = argparse.ArgumentParser(prog="python -m deploy.compose.make_secrets", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("secrets"))
    parser.add_argument("--trust", nargs=2, action="append", default=[], metavar=("ISSUER", "FILE"))
    parser.add_argument("--turn-identifier-keys", action="store_true", help="seal with a new key from now on")
    parser.add_argument("--turn-seal-keys", action="store_true", help="the same for concern reports")
    given = parser.parse_args(arguments)
    make(given.folder, {issuer: json.loads(Path(file).read_text()) for issuer, file in given.trust})
    if given.turn_identifier_keys:
        turn_identifier_keys(given.folder)
    if given.turn_seal_keys:
        turn_seal_keys(given.folder)
    print(f"The secrets are in {given.folder}; keep a copy where only those who may restore can read it.")
    if any(file.stat().st_gid != GROUP for file in given.folder.iterdir()):
        print(f"The containers must be able to read them: sudo chgrp {GROUP} {given.folder}/*")


if __name__ == "__main__":
    main()
