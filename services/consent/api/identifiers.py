"""An identifier in a body, the only place where one is taken (R45): bounded, masked, and never in an answer."""

from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.consent.domain import identifiers
from services.consent.domain.identifiers import LONGEST_WRITTEN, Identifier, IdentifierKind, Issuer
from services.consent.vault import Vault
from shared.idempotency import Once
from shared.text import WireIn

GivenKind = Literal[IdentifierKind.CPR, IdentifierKind.X_ECPR, IdentifierKind.D_ECPR]


class IdentifierIn(WireIn):
    """A number by which others know a person (R43).

    It cannot be written out by accident: `model_dump_json` and every log show it masked, and `idempotency.once`
    raises TypeError for a body that holds one; use `once_with`.
    """

    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_extra={"examples": [{"kind": "cpr", "value": "610190-1234"}]}
    )

    kind: GivenKind = Field(description="cpr (days plus 60 too), x-ecpr (national), d-ecpr (a region's or practice's)")
    value: SecretStr = Field(
        min_length=1, max_length=LONGEST_WRITTEN, description="with or without hyphen and spaces; never told back"
    )
    issuer: Issuer | None = Field(default=None, description="of a d-ecpr: whose it is, as DK Core names the regions")

    def read(self) -> Identifier:
        """Return the identifier.

        Raises:
            IdentifierRefused: it does not have the form of its kind.
        """
        return identifiers.read(self.kind, self.value.get_secret_value(), self.issuer)


def once_with(vault: Vault, unit: str, key: str | None, body: BaseModel, *scope: object) -> Once:
    """Return what tells this post apart, as `idempotency.once` does, of a body that may hold identifiers.

    The digest is kept in the database. A plain one would tell the number to whoever tries them all, some hundred
    million for a known sex and century; this one is keyed (R45).
    """
    if key is None:
        return Once(unit, None, b"")
    told = [body.model_dump(), [str(part) for part in scope]]
    return Once(unit, key, vault.digest(orjson.dumps(told, default=_revealed, option=orjson.OPT_SORT_KEYS)))


def _revealed(value: SecretStr | frozenset[object]) -> object:
    """Return a secret as it is, and a set's members in an order that is the same in every process."""
    return value.get_secret_value() if isinstance(value, SecretStr) else sorted(map(str, value))
