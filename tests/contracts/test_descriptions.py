"""What each service's OpenAPI document tells a stranger: examples that are taken, problems as they are told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.directory import main as directory
from services.directory.settings import Settings as DirectorySettings
from shared.problems import DESCRIBED, EVERYWHERE, MALFORMED, MEDIA_TYPE, problem_body, told
from shared.text import WireIn
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import concern_app, consent_app, referral_app

NOWHERE = "http://127.0.0.1:1"
FILES = {"/imports", "/attachments/{attachment}/content", "/my/attachments/{attachment}/content"}


@pytest.fixture(params=["directory", "consent", "referral", "concern"])
def document(request: pytest.FixtureRequest, dbs: Databases, keys: Keys) -> dict[str, Any]:
    """A service's description."""
    apps: dict[str, FastAPI] = {
        "directory": directory.create_app(
            DirectorySettings(
                port=1, database_url=SecretStr(dbs.app("directory")), trusted_keys=keys.trusted
            )
        ),
        "consent": consent_app(dbs, keys, NOWHERE),
        "referral": referral_app(dbs, keys, NOWHERE, NOWHERE),
        "concern": concern_app(dbs, keys, NOWHERE),
    }  # fmt: skip
    described = apps[request.param].openapi()
    described.setdefault("components", {}).setdefault("schemas", {})
    return described


def bodies(of: type[WireIn], service: str) -> Mapping[str, type[WireIn]]:
    """Return every body a service's own modules take, by name."""
    found = {each.__name__: each for each in of.__subclasses__() if each.__module__.startswith(f"services.{service}.")}
    return found | {name: each for child in of.__subclasses__() for name, each in bodies(child, service).items()}


def name_of(body: dict[str, Any]) -> str:
    return str(body["content"]["application/json"]["schema"]["$ref"]).rpartition("/")[2]


def test_every_body_has_an_example_that_is_taken(document: dict[str, Any]) -> None:
    taken = bodies(WireIn, document["info"]["title"].removeprefix("Familiebro: "))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            body = operation.get("requestBody")
            if path in FILES:
                continue
            if body is None or not document["components"]["schemas"][name_of(body)].get("properties"):
                continue
            name = name_of(body)
            examples = document["components"]["schemas"][name]["examples"]
            assert examples, path
            for example in examples:
                taken[name].model_validate_json(orjson.dumps(example))


def test_every_field_a_caller_sends_is_explained(document: dict[str, Any]) -> None:
    sent = {name: schema for name, schema in document["components"]["schemas"].items() if name.endswith("In")}
    missing = {
        f"{name}.{field}"
        for name, schema in sent.items()
        for field, told_of in schema.get("properties", {}).items()
        if "description" not in told_of
    }
    assert missing <= {"DeclineIn.reason", "SearchIn.limit"}  # what these are, their names and codes say


def test_every_operation_tells_of_problems_as_they_are_told(document: dict[str, Any]) -> None:
    answers = [operation["responses"] for methods in document["paths"].values() for operation in methods.values()]
    assert all(MEDIA_TYPE in each["default"]["content"] and "422" not in each for each in answers)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert all(f"`{problem.code}`" in document["info"]["description"] for problem in EVERYWHERE)


def test_a_problem_has_the_fields_that_are_described() -> None:
    errors = told([{"type": "missing", "loc": ("body", "need")}])
    said = orjson.loads(problem_body(MALFORMED, str(UUID(int=1)), errors=errors))
    schema = DESCRIBED["content"][MEDIA_TYPE]["schema"]
    assert set(said) == set(schema["properties"])
    assert set(said["errors"][0]) == set(schema["properties"]["errors"]["items"]["properties"])
    plain = orjson.loads(problem_body(MALFORMED, str(uuid4())))
    assert set(plain) == set(schema["required"])
