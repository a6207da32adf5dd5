"""What each service's OpenAPI document tells a stranger: examples that are taken, problems as they are told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.consent.api.consents import ConsentIn, InvalidationIn, RefusalIn, RenewalIn, WithdrawalIn
from services.consent.api.decisions import CheckIn
from services.consent.api.identifiers import IdentifierIn
from services.consent.api.overrides import InformedIn, OverrideIn
from services.consent.api.people import (
    BirthIn,
    CustodyIn,
    LookupIn,
    MergerIn,
    PersonIn,
    ProtectionIn,
    RepresentativeIn,
    ResidenceIn,
)
from services.directory import main as directory
from services.directory.api.closing import ClosingIn
from services.directory.api.editing import ChangedIn, ConfirmedIn, EndedIn, HandedOverIn, SaidIn
from services.directory.api.figures import CoverageIn, GapsIn
from services.directory.api.hsds import PlacesIn, ServicesIn
from services.directory.api.offers import SearchIn
from services.directory.settings import Settings as DirectorySettings
from services.referral.api.referrals import ReferralIn
from services.referral.api.tasks import DeclineIn, MessageIn
from shared.problems import DESCRIBED, EVERYWHERE, MALFORMED, MEDIA_TYPE, problem_body, told
from shared.text import WireIn
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import consent_app, referral_app

NOWHERE = "http://127.0.0.1:1"
POSTED: Mapping[str, type[WireIn]] = {
    each.__name__: each
    for each in (
        ConsentIn, RefusalIn, PersonIn, ReferralIn, DeclineIn, MessageIn,
        SearchIn, SaidIn, ChangedIn, ConfirmedIn, EndedIn, HandedOverIn, ClosingIn, CoverageIn, GapsIn, PlacesIn,
        ServicesIn, InvalidationIn, RenewalIn, WithdrawalIn, CheckIn, IdentifierIn, InformedIn, OverrideIn, BirthIn,
        CustodyIn, LookupIn, MergerIn, ProtectionIn, RepresentativeIn, ResidenceIn,
    )
}  # fmt: skip
EMPTY = {"AcceptIn", "WithdrawalIn"}
FILES = {"/imports"}


@pytest.fixture(params=["directory", "consent", "referral"])
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
    }  # fmt: skip
    return apps[request.param].openapi()


def test_every_body_has_an_example_that_is_taken(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            body = operation.get("requestBody")
            if path in FILES:
                continue
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2] if body else "AcceptIn"
            if name in EMPTY:
                continue
            examples = document["components"]["schemas"][name]["examples"]
            assert examples, path
            for example in examples:
                POSTED[name].model_validate_json(orjson.dumps(example))


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
