"""A consent or refusal as a FHIR 4.0.1 Consent, in the shape of IHE's Privacy Consent on FHIR, Intermediate.

What that profile has no room for, and how it differs, stands in docs/consent-standards.md.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.consent.domain.model import CAPACITY_DANISH, Capacity, Effect, Method, UnitId
from services.consent.domain.standards.names import (
    GDPR,
    Way,
    act,
    history,
    instant,
    is_part,
    notice_version,
    scheme,
    units,
    uuid_urn,
    ways,
)
from services.consent.domain.told import Cause, Event, State, Told
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category

_Json = dict[str, object]
_TERMS = "http://terminology.hl7.org/CodeSystem"
_URI = "urn:ietf:rfc:3986"
_CVR = "http://cvr.dk"  # as hl7.dk's core profiles name the register of companies
_LAST_MOMENT = timedelta(microseconds=1)  # our periods are half-open, FHIR's hold their end
_STATUS: Mapping[State, str] = {
    State.GIVEN: "active",
    State.REFUSED: "rejected",
    State.WITHDRAWN: "inactive",
    State.EXPIRED: "inactive",
    State.SUPERSEDED: "inactive",
    State.INVALIDATED: "inactive",
}
_RELATIONS: Mapping[Capacity, tuple[str, str]] = {
    Capacity.PREGNANT: ("GESTM", "gestational mother"),
    Capacity.CUSTODY: ("GUARD", "guardian"),
    Capacity.REPRESENTATIVE: ("RESPRSN", "responsible party"),
}


def consent(told: Told) -> _Json:
    """Return the word as a Consent: JSON values only.

    People are referred to by their internal ids (`urn:uuid:`), units as contained organisations; what the family
    or a caseworker wrote freely is never in it (R45, R54). `told.units` holds at least sender and recipients; a unit
    it does not hold is not named.
    """
    said, happened = told.record, history(told)
    names = {unit: f"#unit-{place}" for place, unit in enumerate(units(told), start=1)}
    resource: _Json = {
        "resourceType": "Consent",
        "id": str(said.id),
        "meta": {"lastUpdated": instant(max(told.recorded_at, happened[-1].at))},
        "contained": _contained(told, names),
        "extension": [*(_event(each, names) for each in happened), *_more(told)],
        "identifier": [{"system": _URI, "value": uuid_urn(said.id)}],
        "status": _status(told),
        "scope": _concept(f"{_TERMS}/consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0"), _concept(f"{_TERMS}/v3-ActCode", "IDSCL")],
        "patient": {"reference": uuid_urn(said.subject), "type": "Patient"},
        "dateTime": instant(said.valid_from),
        "performer": [_performer(told)],
        "organization": [{"reference": names[said.sender]}],
        "sourceReference": {"reference": "#notice"},
        "policy": _policies(told),
        "provision": _provision(told, names),
    }
    if told.method is Method.ORAL:
        resource["verification"] = [
            {"verified": True, "verifiedWith": _performer(told), "verificationDate": instant(said.valid_from)}
        ]
    return resource


def _status(told: Told) -> str:
    """Return FHIR's state; only what was recorded by mistake should never have been there."""
    if any(event.cause is Cause.RECORDED_IN_ERROR for event in told.events):
        return "entered-in-error"
    return _STATUS[told.state]


def _contained(told: Told, names: Mapping[UnitId, str]) -> list[_Json]:
    notice, said = told.notice, told.record
    attachment: _Json = {"contentType": "text/plain", "language": notice.language, "title": notice.title}
    if notice.digest:
        attachment["extension"] = [_extension("sha256", "valueString", notice.digest)]
    contained: list[_Json] = [_organisation(told, unit, name[1:]) for unit, name in names.items()]
    contained.append(
        {
            "resourceType": "DocumentReference",
            "id": "notice",
            "masterIdentifier": {"system": scheme("notice-version"), "value": notice_version(notice)},
            "status": "current",
            "content": [{"attachment": attachment}],
        }
    )
    if said.capacity is not Capacity.SELF:
        code, words = _RELATIONS[said.capacity]
        ours = _coding(scheme("capacity"), said.capacity.value, CAPACITY_DANISH[said.capacity])
        contained.append(
            {
                "resourceType": "RelatedPerson",
                "id": "giver",
                "identifier": [{"system": _URI, "value": uuid_urn(said.given_by)}],
                "patient": {"reference": uuid_urn(said.subject), "type": "Patient"},
                "relationship": [{"coding": [ours, _coding(f"{_TERMS}/v3-RoleCode", code, words)]}],
            }
        )
    return contained


def _organisation(told: Told, unit: UnitId, name: str) -> _Json:
    """Return a unit, below the organisation that answers for it, with its number in the register (R48)."""
    public = told.units[unit]
    organisation: _Json = {
        "resourceType": "Organization",
        "id": name,
        "identifier": [{"system": scheme("unit"), "value": unit}],
        "name": public.name,
    }
    if not public.organisation:
        return organisation
    number = {"system": scheme("organisation"), "value": public.organisation}
    if public.cvr is not None:
        number = {"use": "official", "system": _CVR, "value": public.cvr}
    above = {"type": "Organization", "identifier": number, "display": public.organisation_name}
    return organisation | {"partOf": above}


def _performer(told: Told) -> _Json:
    if told.record.capacity is Capacity.SELF:
        return {"reference": uuid_urn(told.record.subject), "type": "Patient"}
    return {"reference": "#giver", "type": "RelatedPerson"}


def _policies(told: Told) -> list[_Json]:
    """Return the act of each provision; what names none rests on the regulation alone (invariant ppc-1)."""
    laws = sorted({law for way in ways(told.record) for law in way.laws})
    return [{"extension": [_extension("provision", "valueString", law)], "uri": act(law)} for law in laws] or [
        {"uri": GDPR}
    ]


def _provision(told: Told, names: Mapping[UnitId, str]) -> _Json:
    """Return what is told to whom; below it, the way back, and a denial of what was taken back, from when it was.

    A no denies for any purpose, as the decision has it, and stays whole until all of it is taken back.
    """
    said = told.record
    there, *back = ways(said)
    rule = _rule(told)
    root = rule | {"actor": _actors(there.hearers, "IRCP", names)}
    below = [rule | {"actor": _parties(way, names)} for way in back]
    if said.effect is Effect.PERMIT:
        taken = [each for each in history(told) if each.state is State.WITHDRAWN]
        below += [_denial(told, each, way, names) for each in taken for way in ways(said, each.recipients)]
    return root | {"provision": below} if below else root


def _rule(told: Told) -> _Json:
    said = told.record
    rule: _Json = {
        "type": "permit" if said.effect is Effect.PERMIT else "deny",
        "period": _period(said.valid_from, said.valid_until),
        "code": _codes(said.categories),
        "data": [
            {
                "meaning": "related",
                "reference": {
                    "type": "EpisodeOfCare",
                    "identifier": {"system": scheme("need"), "value": str(said.need)},
                },
            }
        ],
    }
    if said.effect is Effect.PERMIT:
        rule["purpose"] = [_coding(scheme("purpose"), said.purpose.value, PURPOSE_DANISH[said.purpose])]
    return rule


def _denial(told: Told, event: Event, way: Way, names: Mapping[UnitId, str]) -> _Json:
    return {
        "type": "deny",
        "period": _period(event.at, None),
        "actor": _parties(way, names),
        "code": _codes(told.record.categories if event.categories is None else event.categories),
    }


def _period(begins: datetime, ends: datetime | None) -> _Json:
    period: _Json = {"start": instant(begins)}
    return period if ends is None else period | {"end": instant(ends - _LAST_MOMENT)}


def _parties(way: Way, names: Mapping[UnitId, str]) -> list[_Json]:
    return [*_actors(way.tellers, "CST", names), *_actors(way.hearers, "IRCP", names)]


def _actors(named: Iterable[UnitId], role: str, names: Mapping[UnitId, str]) -> list[_Json]:
    """Return units in a part: CST who keeps and tells, IRCP who is told."""
    return [
        {"role": _concept(f"{_TERMS}/v3-ParticipationType", role), "reference": {"reference": names[each]}}
        for each in named
    ]


def _codes(categories: Iterable[Category]) -> list[_Json]:
    return [{"coding": [_coding(scheme("category"), each.value, CATEGORY_DANISH[each])]} for each in sorted(categories)]


def _event(event: Event, names: Mapping[UnitId, str]) -> _Json:
    """Return what happened, in our own states: FHIR 4.0.1 has neither their reasons nor their times."""
    parts = [_part("state", "valueCode", event.state.value), _part("at", "valueDateTime", instant(event.at))]
    if event.by_unit is not None:
        parts.append(_part("unit", "valueReference", {"reference": names[event.by_unit]}))
    if event.cause is not None:
        parts.append(_part("cause", "valueCode", event.cause.value))
    if is_part(event):
        parts += [
            _part("recipient", "valueReference", {"reference": names[each]}) for each in sorted(event.recipients or ())
        ]
        parts += [_part("category", "valueCode", each.value) for each in sorted(event.categories or ())]
    return {"url": scheme("fhir:event"), "extension": parts}


def _more(told: Told) -> list[_Json]:
    """Return what Consent has no element for."""
    said = told.record
    more = [_extension("method", "valueCode", told.method.value)]
    if said.alone:
        more.append(_extension("alone", "valueBoolean", value=True))
    if said.effect is Effect.FORBID:
        purpose = _coding(scheme("purpose"), said.purpose.value, PURPOSE_DANISH[said.purpose])
        more.append(_extension("asked-for", "valueCoding", purpose))
    more += [_extension("replaces", "valueReference", {"reference": uuid_urn(each), "type": "Consent"})
             for each in sorted(told.supersedes)]  # fmt: skip
    return more


def _extension(name: str, kind: str, value: object) -> _Json:
    return {"url": scheme(f"fhir:{name}"), kind: value}


def _part(name: str, kind: str, value: object) -> _Json:
    return {"url": name, kind: value}


def _concept(system: str, code: str) -> _Json:
    return {"coding": [{"system": system, "code": code}]}


def _coding(system: str, code: str, words: str) -> _Json:
    return {"system": system, "code": code, "display": words}
