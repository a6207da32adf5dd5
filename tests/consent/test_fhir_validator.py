"""The checks that exports are held to can fail: each sees what it is there for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.consent.domain.standards.fhir import consent
from services.consent.domain.told import Told
from tests.support.fhir import pcf_barred, pcf_missing, problems
from tests.support.told import told


def exported(word: Told) -> Any:
    """Return the resource as a reader gets it."""
    return json.loads(json.dumps(consent(word)))


_WRONG: dict[str, Callable[[Any], object]] = {
    "structure": lambda one: one.update(colour="red"),
    "structure: ('scope',)": lambda one: one.pop("scope"),
    "code: status": lambda one: one.update(status="withdrawn"),
    "code: repeat(provision).type": lambda one: one["provision"]["provision"][0].update(type="maybe"),
    "code: repeat(provision).data.meaning": lambda one: one["provision"]["data"][0].update(meaning="all"),
    "code: identifier.use": lambda one: one["identifier"][0].update(use="mine"),
    "code: contained": lambda one: one["contained"][2].update(status="lost"),
    "term: IRC": lambda one: one["provision"]["actor"][0]["role"]["coding"][0].update(code="IRC"),
    "format: dateTime": lambda one: one.update(dateTime="2026-05-04T10:00:00"),
    "format: language": lambda one: one["contained"][2]["content"][0]["attachment"].update(language="dansk sprog"),
    "format: contentType": lambda one: one["contained"][2]["content"][0]["attachment"].update(contentType="text"),
    "ppc-1": lambda one: one.pop("policy"),
    "ppc-2": lambda one: one.pop("patient"),
    "dom-2": lambda one: one["contained"][0].update(contained=[{"resourceType": "Patient"}]),
    "dom-3": lambda one: one["contained"].append({"resourceType": "Organization", "id": "unit-9", "name": "x"}),
    "dom-4": lambda one: one["contained"][0].update(meta={"versionId": "1"}),
    "dom-5": lambda one: one["contained"][0].update(meta={"security": [{"code": "R"}]}),
    "org-1": lambda one: [one["contained"][0].pop(key) for key in ("identifier", "name")],
    "per-1": lambda one: one["provision"]["period"].update(end="2020-01-01T00:00:00Z"),
    "att-1": lambda one: one["contained"][2]["content"].__setitem__(0, {"attachment": {"data": "AAAA"}}),
    "ext-1": lambda one: one["extension"][0].update(valueCode="x"),
    "ref-1": lambda one: one["organization"][0].update(reference="#nobody"),
    "kind: performer": lambda one: one["performer"][0].update(reference="#unit-1"),
}


@pytest.mark.parametrize("wrong", _WRONG)
def test_the_validator_sees_what_is_wrong(wrong: str) -> None:
    resource = exported(told(mutual=True))
    assert problems(resource) == []
    _WRONG[wrong](resource)
    assert any(each.startswith(wrong) for each in problems(resource)), problems(resource)


@pytest.mark.parametrize(
    "name", ["status", "scope", "category", "patient", "dateTime", "performer", "organization", "sourceReference"]
)
def test_the_check_against_pcf_sees_what_is_missing(name: str) -> None:
    resource = exported(told())
    del resource[name]
    assert pcf_missing(resource) == [name.removesuffix("Reference")]


def test_the_check_against_pcf_sees_a_policy_a_type_and_a_role_that_are_not_as_asked() -> None:
    resource = exported(told())
    del resource["policy"][0]["uri"]
    del resource["provision"]["type"]
    resource["provision"]["actor"][0]["role"]["coding"][0]["code"] = "CST"
    assert pcf_missing(resource) == ["policy.uri", "provision.type", "actor.role"]
    resource["provision"]["provision"] = [{"type": "deny", "provision": [{"type": "deny"}]}]
    assert "provision.provision.provision" in pcf_barred(resource)
