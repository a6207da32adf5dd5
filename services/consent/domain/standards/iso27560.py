"""A consent or refusal as an ISO/IEC TS 27560:2023 consent record, in the terms of DPV 2.3 (JSON-LD).

Field names and cardinalities are those of the W3C DPV group's guide "Consent Records and Receipts as per ISO/IEC
TS 27560:2023" of 15 February 2026; what differs stands in docs/consent-standards.md, the shape in
docs/schemas/consent-record-27560.json.
"""

from collections.abc import Iterable, Mapping

from services.consent.domain.model import CAPACITY_DANISH, Capacity, Effect, UnitId
from services.consent.domain.standards.names import (
    Way,
    act,
    history,
    instant,
    is_part,
    notice_version,
    units,
    urn,
    uuid_urn,
    ways,
)
from services.consent.domain.told import Event, State, Told, UnitTold
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category

_Json = dict[str, object]
_SPECIAL, _SENSITIVE, _PERSONAL = "dpv:SpecialCategoryPersonalData", "dpv:SensitivePersonalData", "dpv:PersonalData"
# Our kinds as DPV's, and whether GDPR art. 9 guards them: what regularly tells of health or sex life counts as such.
KINDS: Mapping[Category, tuple[str, str]] = {
    Category.CONTACT: (_PERSONAL, "pd:Contact"),
    Category.PREGNANCY: (_SPECIAL, "pd:Health"),
    Category.CARE_LEVEL: (_SPECIAL, "pd:Health"),
    Category.HEALTH: (_SPECIAL, "pd:Health"),
    Category.WELLBEING: (_SPECIAL, "pd:MentalHealth"),
    Category.SUBSTANCE_USE: (_SPECIAL, "pd:Health"),
    Category.UPBRINGING: (_SENSITIVE, "pd:LifeHistory"),
    Category.NETWORK: (_PERSONAL, "pd:SocialNetwork"),
    Category.COUPLE: (_SPECIAL, "pd:Relationship"),
    Category.PARENTHOOD: (_SENSITIVE, "pd:Family"),
    Category.EDUCATION_WORK: (_PERSONAL, "pd:Professional"),
    Category.HOUSING_ECONOMY: (_SENSITIVE, "pd:Financial"),
    Category.CHILD_DEVELOPMENT: (_SPECIAL, "pd:Health"),
    Category.OWN_WISH: (_SENSITIVE, "pd:Opinion"),
    Category.COURSE: (_SENSITIVE, "pd:ServiceConsumptionBehaviour"),
}
_STATES: Mapping[State, str] = {
    State.GIVEN: "dpv:ConsentGiven",
    State.REFUSED: "dpv:ConsentRefused",
    State.WITHDRAWN: "dpv:ConsentWithdrawn",
    State.EXPIRED: "dpv:ConsentExpired",
    State.SUPERSEDED: "dpv:ConsentExpired",
    State.INVALIDATED: "dpv:ConsentInvalidated",
}
_SPEAKERS: Mapping[Capacity, str] = {
    Capacity.SELF: "dpv:DataSubject",
    Capacity.PREGNANT: "dpv:ParentOfDataSubject",
    Capacity.CUSTODY: "dpv:GuardianOfDataSubject",
    Capacity.REPRESENTATIVE: "dpv:Representative",
}
_RIGHTS: tuple[tuple[str, str], ...] = (
    ("eu-gdpr:A7-3", "Ret til at trække samtykket tilbage"),
    ("eu-gdpr:A15", "Ret til indsigt"),
    ("eu-gdpr:A16", "Ret til at få oplysninger rettet"),
)
_COMPLAINT = ("eu-gdpr:A77", "Ret til at klage til Datatilsynet", "https://www.datatilsynet.dk")
_LINKS = (
    "dct:conformsTo", "dct:creator", "dct:replaces", "dct:source", "dct:type", "dpv:hasApplicableLaw",
    "dpv:hasDataController", "dpv:hasDataSource", "dpv:hasIndicationMethod", "dpv:hasJurisdiction",
    "dpv:hasJustification", "dpv:hasLegalBasis", "dpv:hasLocation", "dpv:hasNecessity", "dpv:hasOrganisationalUnit",
    "dpv:hasProcessing", "dpv:hasRecipient", "dpv:isExercisedAt", "dpv:isImplementedByEntity", "dpv:isIndicatedBy",
    "skos:broader", "spdx:algorithm",
)  # fmt: skip
_CONTEXT: _Json = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    **{link: {"@type": "@id"} for link in _LINKS},
}


def record(told: Told) -> _Json:
    """Return the word as a consent record: JSON values only, every field the standard makes mandatory.

    People are told of by their internal ids; what the family or a caseworker wrote freely is never in it (R45, R54).
    `told.units` holds at least sender and recipients; a unit it does not hold is not named.
    """
    said = told.record
    document: _Json = {
        "@context": _CONTEXT,
        "@id": uuid_urn(said.id),
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#record",
        "dct:identifier": str(said.id),
        "dpv:hasIdentifier": str(said.id),
        "dct:created": instant(told.recorded_at),
        "dpv:hasDataSubject": {"@id": uuid_urn(said.subject), "@type": "dpv:DataSubject"},
        "dct:language": told.notice.language,
        "dpv:hasNotice": [_notice(told)],
        "dpv:hasProcess": [_process(told, way, back=place > 0) for place, way in enumerate(ways(said))],
        "dpv:hasConsentStatus": [_event(told, each) for each in history(told) if not is_part(each)],
        "dpv:hasEntity": [*_people(told), *_units(told), *_organisations(told)],
    }
    if told.recorded_by_unit in told.units:
        document["dct:creator"] = urn("unit", told.recorded_by_unit)
    if told.supersedes:
        document["dct:replaces"] = [uuid_urn(each) for each in sorted(told.supersedes)]
    return document


def _notice(told: Told) -> _Json:
    notice = told.notice
    shown: _Json = {
        "@id": urn("notice", notice_version(notice)),
        "@type": "dpv:ConsentNotice",
        "dct:identifier": notice.id,
        "schema:version": str(notice.version),
        "dct:language": notice.language,
        "dct:title": notice.title,
    }
    if notice.digest:
        shown["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
            "spdx:checksumValue": notice.digest,
        }
    return shown


def _process(told: Told, way: Way, *, back: bool) -> _Json:
    said = told.record
    process: _Json = {
        "@type": "dpv:Process",
        "dpv:hasPurpose": [
            {
                "@id": urn("purpose", said.purpose),
                "@type": "dpv:Purpose",
                "skos:broader": "dpv:ServiceProvision",
                "dct:title": _danish(PURPOSE_DANISH[said.purpose]),
            }
        ],
        "dpv:hasPersonalData": _kinds(said.categories),
        "dpv:hasProcessing": ["dpv:Disclose"],
        "dpv:hasDataController": sorted({_controller(told.units[each]) for each in way.tellers}),
        "dpv:hasDataSource": _unit_names(way.tellers),
        "dpv:hasRecipient": _unit_names(way.hearers),
        "dpv:hasService": [{"@id": uuid_urn(said.need), "@type": "dpv:Service"}],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": "loc:DK"},
            {
                "@type": "dpv:StorageDuration",
                "dpv:hasDuration": _until("Enhedens pligt til at opbevare journalen eller sagen er ophørt"),
            },
        ],
        "dpv:hasConsentControl": [
            {
                "@type": "dpv:WithdrawConsent",
                "dpv:isExercisedAt": _unit_names((said.sender, *sorted(said.recipients))),
                "dct:description": _danish("Sig det til en af enhederne, eller gør det selv i Familiebro."),
            }
        ],
        "dpv:hasJurisdiction": ["loc:DK"],
        "dpv:hasRight": [*(_right(*each, urn("unit", said.sender)) for each in _RIGHTS), _right(*_COMPLAINT)],
    }
    if way.laws:
        process["dpv:hasLegalBasis"] = [
            {"@type": "dpv:LegalBasis", "dct:title": _danish(law), "dct:source": act(law)} for law in way.laws
        ]
        process["dpv:hasApplicableLaw"] = sorted({act(law) for law in way.laws})
    taken = [_taken_back(told, each, back=back) for each in history(told) if is_part(each)]
    if taken:
        process["dpv:hasProcess"] = taken
    return process


def _controller(unit: UnitTold) -> str:
    """Name who answers for what a unit tells: its organisation, or, where the directory knows none, itself."""
    return urn("organisation", unit.organisation) if unit.organisation else urn("unit", unit.id)


def _taken_back(told: Told, event: Event, *, back: bool) -> _Json:
    """Return the part of a way that ended before the rest of it (R23)."""
    way = ways(told.record, event.recipients)[back]
    return {
        "@type": "dpv:Process",
        "dpv:hasPersonalData": _kinds(told.record.categories if event.categories is None else event.categories),
        "dpv:hasDataSource": _unit_names(way.tellers),
        "dpv:hasRecipient": _unit_names(way.hearers),
        "dpv:hasConsentStatus": [_event(told, event)],
    }


def _event(told: Told, event: Event) -> _Json:
    said = told.record
    taken_back_no = said.effect is Effect.FORBID and event.state is State.WITHDRAWN
    told_by: _Json = {
        "@type": ["dpv:ConsentUnknown" if taken_back_no else _STATES[event.state], "dpv:ExplicitlyExpressedConsent"],
        "dct:type": urn("consent-state", event.state),
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:isIndicatedAtTime": instant(event.at),
        "dpv:hasDuration": _duration(told, event),
        "dpv:isIndicatedBy": _speaker(told, event),
    }
    if event.state in {State.GIVEN, State.REFUSED}:
        told_by["dpv:hasIndicationMethod"] = urn("method", told.method)
    if event.by_unit is not None:
        told_by["dpv:isImplementedByEntity"] = urn("unit", event.by_unit)
    if event.cause is not None:
        told_by["dpv:hasJustification"] = urn("cause", event.cause)
    return told_by


def _duration(told: Told, event: Event) -> _Json:
    if event.state not in {State.GIVEN, State.REFUSED}:
        return {"@type": "dpv:EndlessDuration"}
    if told.record.valid_until is None:
        return _until("Personen tager det tilbage")
    return {"@type": "dpv:UntilTimeDuration", "rdf:value": instant(told.record.valid_until)}


def _speaker(told: Told, event: Event) -> str:
    """Name who brought it about: the giver; the unit, where the giver said nothing."""
    if event.state in {State.EXPIRED, State.INVALIDATED}:
        return urn("unit", told.record.sender if event.by_unit is None else event.by_unit)
    return _giver(told)


def _giver(told: Told) -> str:
    said = told.record
    return uuid_urn(said.subject if said.capacity is Capacity.SELF else said.given_by)


def _people(told: Told) -> list[_Json]:
    """Return who the word is about and who said it, by id alone: names and addresses stay where they are (R45)."""
    said = told.record
    people = {uuid_urn(said.subject): ("dpv:DataSubject", "personen, det handler om")}
    people |= {_giver(told): (_SPEAKERS[said.capacity], CAPACITY_DANISH[said.capacity])}
    return [
        {"@id": name, "@type": [role], "dpv:hasIdentifier": name, "dpv:hasName": words}
        for name, (role, words) in people.items()
    ]


def _units(told: Told) -> list[_Json]:
    parties = []
    for each in units(told):
        public = told.units[each]
        party = _party(urn("unit", each), "dpv:OrganisationalUnit", public.name)
        if public.municipality is not None:
            party["schema:areaServed"] = public.municipality
        parties.append(party)
    return parties


def _organisations(told: Told) -> list[_Json]:
    """Return who stands behind the units, with the number in the register of companies (R48)."""
    behind: dict[str, list[UnitTold]] = {}
    for each in units(told):
        if told.units[each].organisation:
            behind.setdefault(told.units[each].organisation, []).append(told.units[each])
    parties = []
    for organisation, its in sorted(behind.items()):
        party = _party(urn("organisation", organisation), "dpv:Organisation", its[0].organisation_name)
        party["dpv:hasOrganisationalUnit"] = _unit_names(each.id for each in its)
        if its[0].cvr is not None:
            party["schema:identifier"] = {
                "@type": "schema:PropertyValue", "schema:name": "CVR", "schema:value": its[0].cvr}  # fmt: skip
        parties.append(party)
    return parties


def _party(name: str, kind: str, words: str) -> _Json:
    return {
        "@id": name,
        "@type": [kind],
        "dpv:hasIdentifier": name,
        "dpv:hasName": words,
        "schema:address": {"@type": "schema:PostalAddress", "schema:addressCountry": "DK"},
        "schema:contactPoint": {
            "@type": "schema:ContactPoint", "schema:contactType": "Familiebros vejviser", "schema:identifier": name},
    }  # fmt: skip


def _kinds(categories: Iterable[Category]) -> list[_Json]:
    """Return kinds of information; each could be left out, and help does not hang on it (R25)."""
    return [
        {
            "@id": urn("category", each),
            "@type": KINDS[each][0],
            "skos:broader": KINDS[each][1],
            "dct:identifier": each.value,
            "dct:title": _danish(CATEGORY_DANISH[each]),
            "dpv:hasNecessity": "dpv:Optional",
        }
        for each in sorted(categories)
    ]


def _right(right: str, words: str, where: str) -> _Json:
    return {
        "@type": ["dpv:DataSubjectRight", right],
        "dct:title": _danish(words),
        "dpv:isExercisedAt": where,
        "dpv:hasJurisdiction": ["loc:DK"],
    }


def _until(event: str) -> _Json:
    return {"@type": "dpv:UntilEventDuration", "rdf:value": event}


def _unit_names(named: Iterable[UnitId]) -> list[str]:
    return [urn("unit", each) for each in named]


def _danish(words: str) -> _Json:
    return {"@value": words, "@language": "da"}
