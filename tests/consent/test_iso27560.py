"""A word as an ISO/IEC TS 27560 record: valid in every state, and what went in can be read out again."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator, FormatChecker

from services.consent.domain.model import Capacity, Effect, Method, Regime
from services.consent.domain.standards.iso27560 import KINDS, record
from services.consent.domain.standards.names import act, urn
from services.consent.domain.told import Cause, Event, State, Told
from shared.vocabulary import Category
from tests.support.told import (
    DAY,
    ENDS,
    FREE_TEXT,
    HEARD,
    JASMIN,
    JONATHAN,
    MIDWIFE,
    SAID,
    SECRET,
    THERAPIST,
    THILDE,
    UNTOLD,
    VOLUNTEERS,
    told,
    tolds,
)

_SCHEMA = json.loads(Path("docs/schemas/consent-record-27560.json").read_text(encoding="utf-8"))
_VALIDATOR = Draft202012Validator(_SCHEMA, format_checker=FormatChecker())
_CPR = re.compile(r"(?<![0-9a-f])\d{6}[- ]?\d{4}(?![0-9a-f])")
# As DPV 2.3 of February 2026 publishes them, of the terms a record may use.
_DPV_TERMS = (
    "ConsentExpired ConsentGiven ConsentInvalidated ConsentNotice ConsentRecord ConsentRefused ConsentUnknown "
    "ConsentWithdrawn DataSubject DataSubjectRight Disclose EndlessDuration ExplicitlyExpressedConsent "
    "GuardianOfDataSubject LegalBasis Optional Organisation OrganisationalUnit ParentOfDataSubject PersonalData "
    "Process Purpose Representative SensitivePersonalData Service ServiceProvision SpecialCategoryPersonalData "
    "StorageDuration StorageLocation UntilEventDuration UntilTimeDuration WithdrawConsent hasApplicableLaw "
    "hasConsentControl hasConsentStatus hasDataController hasDataSource hasDataSubject hasDuration hasEntity "
    "hasIdentifier hasIndicationMethod hasJurisdiction hasJustification hasLegalBasis hasLocation hasName "
    "hasNecessity hasNotice hasOrganisationalUnit hasPersonalData hasProcess hasProcessing hasPurpose hasRecipient "
    "hasRight hasService hasStorageCondition isExercisedAt isImplementedByEntity isIndicatedAtTime "
    "isIndicatedBy"
)
_PD_TERMS = (
    "Contact Family Financial Health LifeHistory MentalHealth Opinion Professional Relationship "
    "ServiceConsumptionBehaviour SocialNetwork"
)
_DPV, _PD = frozenset(_DPV_TERMS.split()), frozenset(_PD_TERMS.split())
_randomly = settings(max_examples=60, deadline=None)
_GDPR = frozenset({"A7-3", "A15", "A16", "A77"})
_MANDATORY = (
    "dct:conformsTo", "dct:identifier", "dpv:hasDataSubject", "dpv:hasNotice", "dct:language", "dpv:hasProcess",
    "dpv:hasConsentStatus", "dpv:hasEntity",
)  # fmt: skip
_MANDATORY_IN_A_PROCESS = (
    "dpv:hasPurpose", "dpv:hasPersonalData", "dpv:hasStorageCondition", "dpv:hasDataController", "dpv:hasRecipient",
    "dpv:hasConsentControl", "dpv:hasJurisdiction", "dpv:hasRight",
)  # fmt: skip
_MANDATORY_IN_AN_EVENT = (
    "dpv:isIndicatedAtTime", "dpv:hasDuration", "dpv:isIndicatedBy", "dpv:hasLegalBasis", "@type",
)  # fmt: skip


def exported(word: Told) -> Any:
    """Return the record as a reader gets it."""
    return json.loads(json.dumps(record(word)))


def problems(document: object) -> list[str]:
    return [error.message for error in _VALIDATOR.iter_errors(document)]


def strings(value: object) -> Iterator[str]:
    """Every key and value of a document that is text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def roads(process: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one, other) for one in process["dpv:hasDataSource"] for other in process["dpv:hasRecipient"]}


def kinds(process: dict[str, Any]) -> set[str]:
    return {each["dct:identifier"] for each in process["dpv:hasPersonalData"]}


@_randomly
@given(tolds())
def test_every_word_in_every_state_is_a_valid_record(word: Told) -> None:
    assert problems(exported(word)) == []


@_randomly
@given(tolds())
def test_a_record_is_plain_json(word: Told) -> None:
    assert exported(word) == record(word)
    assert {type(each) for each in strings(record(word))} == {str}


@_randomly
@given(tolds())
def test_no_free_word_no_number_of_a_person_and_no_unit_untold_is_in_a_record(word: Told) -> None:
    text = json.dumps(record(word), ensure_ascii=False)
    assert SECRET not in text
    assert FREE_TEXT not in text
    assert UNTOLD not in text
    assert not _CPR.search(text)


@_randomly
@given(tolds())
def test_what_was_said_can_be_read_from_the_record(word: Told) -> None:
    said, document = word.record, exported(word)
    first, last = document["dpv:hasConsentStatus"][0], document["dpv:hasConsentStatus"][-1]
    there, *back = document["dpv:hasProcess"]
    to = {(urn("unit", said.sender), urn("unit", each)) for each in said.recipients}
    assert document["dct:identifier"] == document["dpv:hasIdentifier"] == str(said.id)
    assert document["dpv:hasDataSubject"]["@id"] == f"urn:uuid:{said.subject}"
    assert first["dpv:isIndicatedBy"] == f"urn:uuid:{said.given_by}"
    assert roads(there) == to
    assert [roads(each) for each in back] == (
        [{(other, one) for one, other in to}] if said.mutual or said.effect is Effect.FORBID else []
    )
    assert all(kinds(each) == {kind.value for kind in said.categories} for each in (there, *back))
    assert all(each["dpv:hasPurpose"][0]["@id"] == f"urn:familiebro:purpose:{said.purpose}" for each in (there, *back))
    assert all(each["dpv:hasService"][0]["@id"] == f"urn:uuid:{said.need}" for each in (there, *back))
    assert datetime.fromisoformat(first["dpv:isIndicatedAtTime"]) == said.valid_from
    if said.valid_until is not None:
        assert datetime.fromisoformat(first["dpv:hasDuration"]["rdf:value"]) == said.valid_until
    assert last["dct:type"] == f"urn:familiebro:consent-state:{word.state}"
    assert set(document.get("dct:replaces", [])) == {f"urn:uuid:{each}" for each in word.supersedes}


@_randomly
@given(tolds())
def test_what_was_taken_back_can_be_read_from_the_record(word: Told) -> None:
    said, document = word.record, exported(word)
    parts = [each for each in word.events if (each.recipients or each.categories) and _known(word, each)]
    for place, process in enumerate(document["dpv:hasProcess"]):
        found = process.get("dpv:hasProcess", [])
        assert len(found) == len(parts)
        for part, taken in zip(parts, found, strict=True):
            recipients = {urn("unit", each) for each in (part.recipients or said.recipients) - {UNTOLD}}
            assert {road[1 - place] for road in roads(taken)} == recipients
            assert kinds(taken) == {kind.value for kind in part.categories or said.categories}
            assert datetime.fromisoformat(taken["dpv:hasConsentStatus"][0]["dpv:isIndicatedAtTime"]) == part.at


@_randomly
@given(tolds())
def test_every_name_is_one_that_dpv_publishes_and_every_reference_is_to_a_party_of_the_record(word: Told) -> None:
    document = exported(word)
    known = {"dpv": _DPV, "pd": _PD, "eu-gdpr": _GDPR, "loc": {"DK"}}
    body = {key: value for key, value in document.items() if key != "@context"}
    for each in strings(body):
        prefix, colon, name = each.partition(":")
        if colon and prefix in known:
            assert name in known[prefix], each
    parties = {each["@id"] for each in document["dpv:hasEntity"]}
    named = [urn("unit", unit) for unit in {word.record.sender, *word.record.recipients}]
    named += [f"urn:uuid:{word.record.given_by}", document.get("dct:creator", named[0])]
    statuses = document["dpv:hasConsentStatus"]
    indicated = [each["dpv:isIndicatedBy"] for each in statuses]
    by = [each["dpv:isImplementedByEntity"] for each in statuses if "dpv:isImplementedByEntity" in each]
    controllers = [each for process in document["dpv:hasProcess"] for each in process["dpv:hasDataController"]]
    assert parties >= {*named, *indicated, *by, *controllers, document["dpv:hasDataSubject"]["@id"]}


@pytest.mark.parametrize("field", _MANDATORY)
def test_the_schema_misses_every_mandatory_field(field: str) -> None:
    document = exported(told())
    del document[field]
    assert problems(document)


@pytest.mark.parametrize("field", _MANDATORY_IN_A_PROCESS)
def test_the_schema_misses_every_mandatory_field_of_a_process(field: str) -> None:
    document = exported(told())
    del document["dpv:hasProcess"][0][field]
    assert problems(document)


@pytest.mark.parametrize("field", _MANDATORY_IN_AN_EVENT)
def test_the_schema_misses_every_mandatory_field_of_an_event(field: str) -> None:
    document = exported(told())
    del document["dpv:hasConsentStatus"][0][field]
    assert problems(document)


@pytest.mark.parametrize(
    "field", ["dpv:hasIdentifier", "dpv:hasName", "schema:address", "schema:contactPoint", "@type"]
)
def test_the_schema_misses_every_mandatory_field_of_a_party(field: str) -> None:
    document = exported(told())
    del document["dpv:hasEntity"][-1][field]
    assert problems(document)


def test_the_schema_lets_no_further_field_in_anywhere() -> None:
    document = exported(told(mutual=True, events=(_part(),)))
    for where in _objects(document):
        where["dct:abstract"] = SECRET
        assert problems(document), where
        del where["dct:abstract"]
    assert problems(document) == []


@pytest.mark.parametrize(
    ("effect", "state", "published"),
    [
        (Effect.PERMIT, State.WITHDRAWN, "dpv:ConsentWithdrawn"),
        (Effect.PERMIT, State.EXPIRED, "dpv:ConsentExpired"),
        (Effect.PERMIT, State.SUPERSEDED, "dpv:ConsentExpired"),
        (Effect.PERMIT, State.INVALIDATED, "dpv:ConsentInvalidated"),
        (Effect.FORBID, State.WITHDRAWN, "dpv:ConsentUnknown"),
        (Effect.FORBID, State.SUPERSEDED, "dpv:ConsentExpired"),
        (Effect.FORBID, State.INVALIDATED, "dpv:ConsentInvalidated"),
    ],
)
def test_each_end_has_its_published_state(effect: Effect, state: State, published: str) -> None:
    first, last = exported(told(effect=effect, events=(Event(state, SAID + DAY),)))["dpv:hasConsentStatus"]
    assert first["@type"][0] == ("dpv:ConsentGiven" if effect is Effect.PERMIT else "dpv:ConsentRefused")
    assert last["@type"] == [published, "dpv:ExplicitlyExpressedConsent"]
    assert last["dpv:hasDuration"] == {"@type": "dpv:EndlessDuration"}
    assert "dpv:hasIndicationMethod" not in last
    assert "dpv:isImplementedByEntity" not in last


def test_every_end_is_tried() -> None:
    assert {state for states in ENDS.values() for state in states} == set(State) - {State.GIVEN, State.REFUSED}


@pytest.mark.parametrize(
    ("state", "by_unit", "who"),
    [
        (State.WITHDRAWN, THERAPIST, f"urn:uuid:{THILDE}"),
        (State.SUPERSEDED, THERAPIST, f"urn:uuid:{THILDE}"),
        (State.EXPIRED, None, "urn:familiebro:unit:midwife"),
        (State.INVALIDATED, None, "urn:familiebro:unit:midwife"),
        (State.INVALIDATED, THERAPIST, "urn:familiebro:unit:family%20house%2F1"),
    ],
)
def test_an_event_tells_who_brought_it_about(state: State, by_unit: Any, who: str) -> None:
    event = exported(told(events=(Event(state, SAID + DAY, by_unit),)))["dpv:hasConsentStatus"][-1]
    assert event["dpv:isIndicatedBy"] == who
    assert event.get("dpv:isImplementedByEntity") == (by_unit and "urn:familiebro:unit:family%20house%2F1")


def test_the_cause_of_an_invalidation_is_told() -> None:
    events = (Event(State.INVALIDATED, SAID + DAY, cause=Cause.MOVED),)
    assert (
        exported(told(events=events))["dpv:hasConsentStatus"][-1]["dpv:hasJustification"]
        == "urn:familiebro:cause:moved"
    )


def test_the_beginning_is_told_once_though_it_was_recorded_as_an_event_too() -> None:
    events = (Event(State.GIVEN, SAID, MIDWIFE), Event(State.EXPIRED, SAID + DAY))
    states = [each["dct:type"] for each in exported(told(events=events))["dpv:hasConsentStatus"]]
    assert states == ["urn:familiebro:consent-state:given", "urn:familiebro:consent-state:expired"]


def test_a_part_taken_back_leaves_the_rest_given() -> None:
    document = exported(told(events=(_part(),)))
    assert [each["@type"][0] for each in document["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven"]
    taken = document["dpv:hasProcess"][0]["dpv:hasProcess"][0]
    assert taken["dpv:hasConsentStatus"][0]["@type"][0] == "dpv:ConsentWithdrawn"


@pytest.mark.parametrize(
    ("capacity", "role", "words"),
    [
        (Capacity.PREGNANT, "dpv:ParentOfDataSubject", "den gravide"),
        (Capacity.CUSTODY, "dpv:GuardianOfDataSubject", "forældremyndighedens indehaver"),
        (Capacity.REPRESENTATIVE, "dpv:Representative", "personens repræsentant"),
    ],
)
def test_who_speaks_for_another_is_a_party_of_their_own(capacity: Capacity, role: str, words: str) -> None:
    subject, giver, *_ = exported(told(capacity=capacity))["dpv:hasEntity"]
    assert (subject["@id"], subject["@type"]) == (f"urn:uuid:{JASMIN}", ["dpv:DataSubject"])
    assert (giver["@id"], giver["@type"], giver["dpv:hasName"]) == (f"urn:uuid:{THILDE}", [role], words)


def test_who_speaks_alone_is_one_party_and_the_one_it_is_about() -> None:
    document = exported(told(capacity=Capacity.SELF, given_by=JASMIN))
    people = [each for each in document["dpv:hasEntity"] if each["@id"].startswith("urn:uuid:")]
    assert [(each["@type"], each["dpv:hasName"]) for each in people] == [(["dpv:DataSubject"], "personen selv")]


def test_a_person_with_two_records_speaks_as_the_one_it_is_about() -> None:
    document = exported(told(capacity=Capacity.SELF, given_by=JONATHAN))
    assert document["dpv:hasConsentStatus"][0]["dpv:isIndicatedBy"] == f"urn:uuid:{JASMIN}"
    assert str(JONATHAN) not in json.dumps(document)


def test_one_recipient_never_tells_another() -> None:
    both = frozenset({THERAPIST, VOLUNTEERS})
    there, back = exported(told(mutual=True, recipients=both))["dpv:hasProcess"]
    others = [urn("unit", each) for each in sorted(both)]
    assert (there["dpv:hasDataSource"], there["dpv:hasRecipient"]) == (["urn:familiebro:unit:midwife"], others)
    assert (back["dpv:hasDataSource"], back["dpv:hasRecipient"]) == (others, ["urn:familiebro:unit:midwife"])
    assert back["dpv:hasDataController"] == [
        "urn:familiebro:organisation:forening",
        "urn:familiebro:organisation:kommune",
    ]


def test_each_way_names_the_law_it_rests_on() -> None:
    basis = {
        (MIDWIFE, THERAPIST): Regime.HEALTH_TO_OTHER.value,
        (THERAPIST, MIDWIFE): Regime.AUTHORITY_TO_AUTHORITY.value,
    }
    there, back = exported(told(mutual=True, basis=basis))["dpv:hasProcess"]
    assert [each["dct:title"]["@value"] for each in there["dpv:hasLegalBasis"]] == ["SUL § 43, stk. 1, og § 44"]
    assert there["dpv:hasApplicableLaw"] == ["https://www.retsinformation.dk/eli/lta/2025/275"]
    assert back["dpv:hasLegalBasis"][0]["dct:source"] == "https://www.retsinformation.dk/eli/lta/2014/433"
    assert "dpv:hasLegalBasis" not in exported(told(basis={}))["dpv:hasProcess"][0]


@pytest.mark.parametrize("regime", Regime)
def test_every_regime_rests_on_an_act_that_can_be_looked_up(regime: Regime) -> None:
    abbreviations = {"SUL": "2025/275", "RSL": "2025/354", "FVL": "2014/433", "GDPR": "2016/679/oj"}
    assert act(regime.value).endswith(abbreviations[regime.value.split()[0]])


def test_the_text_that_was_shown_is_linked_by_version_language_and_digest_and_not_copied() -> None:
    word = told()
    (notice,) = exported(word)["dpv:hasNotice"]
    assert notice == {
        "@id": "urn:familiebro:notice:samtykke%7C3%7Cda",
        "@type": "dpv:ConsentNotice",
        "dct:identifier": "samtykke",
        "schema:version": "3",
        "dct:language": "da",
        "dct:title": "Samtykke til at fortælle videre",
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
            "spdx:checksumValue": word.notice.digest,
        },
    }
    assert word.notice.text not in json.dumps(exported(word), ensure_ascii=False)


def test_a_record_tells_how_and_by_whom_it_was_recorded() -> None:
    document = exported(told(method=Method.ORAL))
    assert (
        document["dct:created"] == "2026-05-04T10:03:00.000000Z" == HEARD.isoformat(timespec="microseconds")[:-6] + "Z"
    )
    assert document["dct:creator"] == "urn:familiebro:unit:midwife"
    first = document["dpv:hasConsentStatus"][0]
    assert first["dpv:hasIndicationMethod"] == "urn:familiebro:method:oral"
    assert first["dpv:isImplementedByEntity"] == "urn:familiebro:unit:midwife"


def test_an_organisation_is_named_once_with_its_units_and_its_number() -> None:
    document = exported(told(recipients=frozenset({THERAPIST, VOLUNTEERS})))
    parties = {each["@id"]: each for each in document["dpv:hasEntity"]}
    assert len(parties) == len(document["dpv:hasEntity"]) == 8
    kommune = parties["urn:familiebro:organisation:kommune"]
    assert kommune["dpv:hasOrganisationalUnit"] == ["urn:familiebro:unit:family%20house%2F1"]
    assert (kommune["dpv:hasName"], kommune["schema:identifier"]["schema:value"]) == ("Helsingør Kommune", "64502018")
    assert "schema:identifier" not in parties["urn:familiebro:organisation:forening"]
    assert parties["urn:familiebro:unit:family%20house%2F1"]["schema:areaServed"] == "0217"
    assert "schema:areaServed" not in parties["urn:familiebro:unit:midwife"]


def test_what_tells_of_health_or_sex_life_is_flagged_as_special() -> None:
    special = {kind for kind, (flag, _) in KINDS.items() if flag == "dpv:SpecialCategoryPersonalData"}
    assert special == {
        Category.PREGNANCY, Category.CARE_LEVEL, Category.HEALTH, Category.WELLBEING, Category.SUBSTANCE_USE,
        Category.COUPLE, Category.CHILD_DEVELOPMENT,
    }  # fmt: skip
    assert set(KINDS) == set(Category)


def test_the_right_to_take_it_back_is_exercised_at_any_of_the_units() -> None:
    (process,) = exported(told(recipients=frozenset({VOLUNTEERS})))["dpv:hasProcess"]
    (control,) = process["dpv:hasConsentControl"]
    volunteers = "urn:familiebro:unit:frivillige%20%C3%A6%C3%B8%C3%A5"
    assert control["dpv:isExercisedAt"] == ["urn:familiebro:unit:midwife", volunteers]
    assert {each["@type"][1]: each["dpv:isExercisedAt"] for each in process["dpv:hasRight"]} == {
        "eu-gdpr:A7-3": "urn:familiebro:unit:midwife",
        "eu-gdpr:A15": "urn:familiebro:unit:midwife",
        "eu-gdpr:A16": "urn:familiebro:unit:midwife",
        "eu-gdpr:A77": "https://www.datatilsynet.dk",
    }


def _known(word: Told, event: Event) -> bool:
    return event.recipients is None or bool(event.recipients & word.record.recipients)


def _part() -> Event:
    return Event(State.WITHDRAWN, SAID + DAY, recipients=frozenset({THERAPIST}))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
