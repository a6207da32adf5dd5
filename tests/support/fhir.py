"""Whether a FHIR 4.0.1 Consent is valid: structure, required codes, invariants; and what IHE's PCF would say of it.

`fhir.resources` checks the structure alone, so that codes and invariants are checked here: the bindings are the
required ones of FHIR 4.0.1 on what our exports use, the invariants those of the same specification, by their keys.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fhir.resources.R4B.consent import Consent
from fhirpathpy import compile as compiled
from fhirpathpy.models import models
from pydantic import ValidationError

_R4 = models["r4"]
_PRIVACY = "scope.coding.where(system = 'http://terminology.hl7.org/CodeSystem/consentscope' and code = '{}').exists()"
# Required bindings: where, and the codes of FHIR 4.0.1.
_CODES: Mapping[str, frozenset[str]] = {
    "status": frozenset({"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}),
    "repeat(provision).type": frozenset({"deny", "permit"}),
    "repeat(provision).data.meaning": frozenset({"instance", "related", "dependents", "authoredby"}),
    "identifier.use | descendants().identifier.use": frozenset({"usual", "official", "temp", "secondary", "old"}),
    "contained.where(resourceType = 'DocumentReference').status": frozenset(
        {"current", "superseded", "entered-in-error"}
    ),
}
# Extensible bindings: of these systems only codes the value set holds.
_TERMS: Mapping[str, frozenset[str]] = {
    "http://terminology.hl7.org/CodeSystem/consentscope": frozenset(
        {"research", "patient-privacy", "adr", "treatment"}
    ),
    "http://loinc.org": frozenset({"59284-0", "57016-8", "57017-6", "64292-6"}),
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": frozenset(
        {"ICOL", "IDSCL", "INFA", "INFAO", "INFASO", "IRDSCL", "RESEARCH", "RSDID", "RSREID"}
    ),
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType": frozenset({"AUT", "CST", "INF", "IRCP", "PRCP"}),
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode": frozenset({"GESTM", "GUARD", "RESPRSN"}),
}
# Invariants: key, where it holds, what. ppc-2 to ppc-5 name the code system that the published text has a blank for.
_INVARIANTS: tuple[tuple[str, str, str], ...] = (
    ("ppc-1", "", "policy.exists() or policyRule.exists()"),
    ("ppc-2", "", f"patient.exists() or {_PRIVACY.format('patient-privacy')}.not()"),
    ("ppc-3", "", f"patient.exists() or {_PRIVACY.format('research')}.not()"),
    ("ppc-4", "", f"patient.exists() or {_PRIVACY.format('adr')}.not()"),
    ("ppc-5", "", f"patient.exists() or {_PRIVACY.format('treatment')}.not()"),
    ("dom-2", "", "contained.contained.empty()"),
    ("dom-3", "", "contained.where(('#' + id in %resource.descendants().reference).not()).empty()"),
    ("dom-4", "", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()"),
    ("dom-5", "", "contained.meta.security.empty()"),
    ("org-1", "contained.where(resourceType = 'Organization')", "(identifier.count() + name.count()) > 0"),
    ("per-1", "repeat(provision).period", "start.empty() or end.empty() or start <= end"),
    ("att-1", "descendants().attachment", "data.empty() or contentType.exists()"),
)
_MIME = re.compile(r"^[a-z]+/[a-z0-9.+-]+(;.*)?$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_ID = re.compile(r"^[A-Za-z0-9.-]{1,64}$")
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def problems(resource: dict[str, Any]) -> list[str]:
    """Return everything that makes it no valid Consent; empty, if it is one."""
    return [*_structure(resource), *_codes(resource), *_formats(resource), *_invariants(resource), *_links(resource)]


def pcf_missing(resource: dict[str, Any]) -> list[str]:
    """Return what IHE PCF 1.1.1 asks for in Basic and Intermediate Consent alike, and it has not."""
    asked = {
        "status": "status.count() = 1",
        "scope": _PRIVACY.format("patient-privacy"),
        "category": "category.exists()",
        "patient": "patient.count() = 1",
        "dateTime": "dateTime.count() = 1",
        "performer": "performer.exists()",
        "organization": "organization.exists()",
        "source": "(sourceReference | sourceAttachment).count() = 1",
        "policy.uri": "policy.exists() and policy.all(uri.exists())",
        "provision.type": "provision.type.count() = 1",
        "actor.role": "provision.actor.all(role.coding.where(code = 'IRCP').exists())",
    }
    return [name for name, rule in asked.items() if evaluated(resource, rule) != [True]]


def pcf_barred(resource: dict[str, Any]) -> set[str]:
    """Return what it has and PCF's Intermediate Consent has no room for."""
    barred = (
        "verification", "provision.action", "provision.class", "provision.code", "provision.securityLabel",
        "provision.provision.provision",
    )  # fmt: skip
    return {path for path in barred if evaluated(resource, f"{path}.exists()") == [True]}


def evaluated(resource: dict[str, Any], expression: str) -> list[Any]:
    """Return what a FHIRPath expression finds in the resource."""
    found: list[Any] = _compiled(expression)(resource, {"resource": resource, "rootResource": resource})
    return found


def walk(value: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every element of a resource, with its name."""
    if isinstance(value, dict):
        yield name, value
        for key, inner in value.items():
            yield from walk(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, name)
    else:
        yield name, value


@cache
def _compiled(expression: str) -> Any:
    return compiled(expression, _R4)


def _structure(resource: dict[str, Any]) -> list[str]:
    try:
        Consent.model_validate(resource)
    except ValidationError as wrong:
        return [f"structure: {each['loc']} {each['type']}" for each in wrong.errors()]
    return []


def _codes(resource: dict[str, Any]) -> list[str]:
    wrong = [
        f"code: {path} {code}"
        for path, codes in _CODES.items()
        for code in evaluated(resource, path)
        if code not in codes
    ]
    codings = [each for name, each in walk(resource) if isinstance(each, dict) and name == "coding"]
    return wrong + [
        f"term: {each['code']}" for each in codings if each["code"] not in _TERMS.get(each["system"], {each["code"]})
    ]


def _formats(resource: dict[str, Any]) -> list[str]:
    forms = {"contentType": _MIME, "language": _LANGUAGE, "id": _ID} | dict.fromkeys(
        ("dateTime", "lastUpdated", "start", "end", "valueDateTime", "verificationDate"), _MOMENT
    )
    return [f"format: {name} {each}" for name, each in walk(resource) if name in forms and not forms[name].match(each)]


def _invariants(resource: dict[str, Any]) -> list[str]:
    wrong = []
    for key, where, rule in _INVARIANTS:
        expression = f"{where}.all({rule})" if where else f"({rule})"
        if evaluated(resource, expression) != [True]:
            wrong.append(key)
    return wrong + ["ext-1" for name, each in walk(resource) if name == "extension" and not _is_one_extension(each)]


def _is_one_extension(extension: dict[str, Any]) -> bool:
    """Say whether ext-1 holds: a value or further extensions, never both."""
    values = [key for key in extension if key.startswith("value")]
    return len(values) + ("extension" in extension) == 1


def _links(resource: dict[str, Any]) -> list[str]:
    """Return references to what is not contained (ref-1), and to what is of another kind than they may be."""
    kinds = {f"#{each['id']}": each["resourceType"] for each in resource.get("contained", [])}
    wanted = {
        "organization": {"Organization"},
        "performer": {"RelatedPerson", "Patient"},
        "sourceReference": {"DocumentReference"},
        "verifiedWith": {"RelatedPerson", "Patient"},
    }
    wrong = []
    for name, each in walk(resource):
        if not isinstance(each, dict) or not isinstance(each.get("reference"), str):
            continue
        link = each["reference"]
        if link.startswith("#") and link not in kinds:
            wrong.append(f"ref-1: {link}")
        kind = kinds.get(link, each.get("type"))
        if name in wanted and kind not in wanted[name]:
            wrong.append(f"kind: {name} {kind}")
    return wrong
