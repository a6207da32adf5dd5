"""An identifier in a body: read there, and told in no answer, no log and no digest that could be tried out (R45)."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import ValidationError

from services.consent.api.identifiers import IdentifierIn, once_with
from services.consent.domain.errors import IdentifierRefused
from services.consent.domain.identifiers import IdentifierKind, Issuer, read
from services.consent.vault import Vault
from shared import problems
from shared.idempotency import once
from shared.text import WireIn
from tests.support.logs import everything_logged

CPR, X = IdentifierKind.CPR, IdentifierKind.X_ECPR
SECRET = "6101901234"


class _BodyIn(WireIn):
    identifier: IdentifierIn
    tags: frozenset[str] = frozenset()


@pytest.fixture
def client() -> httpx.AsyncClient:
    router = APIRouter()

    @router.post("/read")
    async def reading(body: _BodyIn) -> dict[str, str]:
        body.identifier.read()
        return {"kind": body.identifier.kind, "shown": str(body.identifier.value)}

    app = FastAPI()
    app.include_router(router)
    refused = problems.Problem(422, "identifier_refused", "It has another form.", "Se nummeret efter.")
    problems.install(app, {IdentifierRefused: refused})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://t")


BODIES: list[tuple[Any, int]] = [
    ({"kind": "cpr", "value": SECRET}, 200),
    ({"kind": "d-ecpr", "value": "1206550VK9", "issuer": Issuer.CENTRAL}, 200),
    ({"kind": "cpr", "value": SECRET + "5"}, 422),
    ({"kind": "cpr", "value": SECRET, "issuer": Issuer.CENTRAL}, 422),
    ({"kind": "cpr", "value": SECRET * 100_000}, 422),
    ({"kind": "cpr", "value": ""}, 422),
    ({"kind": "cpr", "value": int(SECRET)}, 422),
    ({"kind": "cpr", "value": [SECRET]}, 422),
    ({"kind": "internal", "value": SECRET}, 422),
    ({"kind": SECRET, "value": SECRET}, 422),
    ({"value": SECRET}, 422),
    ({"kind": "cpr"}, 422),
    ({"kind": "cpr", "value": SECRET, SECRET: SECRET}, 422),
    ({"kind": "cpr", "value": SECRET, "issuer": SECRET}, 422),
    (SECRET, 422),
    ([SECRET], 422),
]


@pytest.mark.parametrize(("said", "status"), BODIES)
async def test_a_body_s_identifier_is_in_no_answer_and_no_log(
    client: httpx.AsyncClient, said: object, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = everything_logged(monkeypatch)
    answer = await client.post("/read", json={"identifier": said})
    assert answer.status_code == status, answer.text
    for told in (answer.text, str(answer.headers), logs.getvalue()):
        assert SECRET not in told
        assert "1206550VK9" not in told
    assert ("refused" in logs.getvalue()) is (status != 200)


@pytest.mark.parametrize("said", [{"kind": "cpr", "value": SECRET * 9}, {"kind": SECRET, "value": SECRET}])
def test_the_error_of_an_identifier_alone_holds_no_input(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        IdentifierIn.model_validate(said)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)


def test_a_body_shows_and_writes_its_identifier_masked() -> None:
    body = _body()
    for told in (repr(body), str(body), body.model_dump_json(), str(body.model_dump())):
        assert SECRET not in told
    assert body.identifier.read() == read(CPR, SECRET)


def _body(value: str = SECRET, kind: IdentifierKind = CPR, tags: frozenset[str] = frozenset()) -> _BodyIn:
    return _BodyIn.model_validate({"identifier": {"kind": kind, "value": value}, "tags": tags})


def test_a_plain_digest_of_a_body_with_an_identifier_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        once("unit", "key-0001", _body(), "persons")


def test_the_keyed_digest_tells_bodies_apart_and_other_keys_give_another() -> None:
    vault, other = Vault("1", {"1": b"a" * 32}, b"l" * 32), Vault("1", {"1": b"a" * 32}, b"m" * 32)

    def digest(body: _BodyIn, *scope: object, by: Vault = vault) -> bytes:
        return once_with(by, "unit", "key-0001", body, *scope).digest

    tags = frozenset({"a", "b", "c"})
    assert digest(_body(), "persons") == digest(_body(), "persons")
    assert digest(_body(tags=tags)) == digest(_body(tags=frozenset(sorted(tags, reverse=True))))
    different = [
        digest(_body(), "persons"), digest(_body(), "others"), digest(_body("6101901235"), "persons"),
        digest(_body(tags=tags), "persons"), digest(_body("0703921VJ4", X), "persons"),
        digest(_body(), "persons", by=other),
    ]  # fmt: skip
    assert len(set(different)) == len(different)


def test_without_a_key_every_post_is_its_own() -> None:
    post = once_with(Vault("1", {"1": b"a" * 32}, b"l" * 32), "unit", None, _body(), "persons")
    assert (post.unit, post.key, post.digest) == ("unit", None, b"")
