"""A word as a FHIR 4.0.1 Consent: valid in every state, read back as it was said, and never wider than the decision."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import Capacity, Disclosure, Effect, Method, Regime, UnitId, Withdrawal
from services.consent.domain.people import Facts
from services.consent.domain.standards.fhir import consent
from services.consent.domain.told import Cause, Event, State, Told
from shared.vocabulary import Category
from tests.support.fhir import evaluated, pcf_barred, pcf_missing, problems, walk
from tests.support.told import (
    DAY,
    ENDS,
    FREE_TEXT,
    JASMIN,
    JONATHAN,
    MIDWIFE,
    SAID,
    SECRET,
    THERAPIST,
    THILDE,
    UNITS,
    UNTOLD,
    VOLUNTEERS,
    told,
    tolds,
)

_CPR = re.compile(r"(?<![0-9a-f])\d{6}[- ]?\d{4}(?![0-9a-f])")
_BOTH = frozenset({THERAPIST, VOLUNTEERS})
_randomly = settings(max_examples=60, deadline=None)


def exported(word: Told) -> Any:
    """Return the resource as a reader gets it."""
    return json.loads(json.dumps(consent(word)))


def unit(resource: Any, link: str) -> str:
    """Return the unit a reference is to."""
    (found,) = [each for each in resource["contained"] if f"#{each['id']}" == link]
    return str(found["identifier"][0]["value"])


def actors(resource: Any, rule: Any, role: str) -> set[str]:
    told_of = [each for each in rule["actor"] if each["role"]["coding"][0]["code"] == role]
    return {unit(resource, each["reference"]["reference"]) for each in told_of}


def kinds(rule: Any) -> set[str]:
    return {each["coding"][0]["code"] for each in rule["code"]}


def events(resource: Any) -> list[dict[str, Any]]:
    """Return what happened, as the extensions tell it."""
    return [
        {part["url"]: next(value for key, value in part.items() if key != "url") for part in each["extension"]}
        for each in resource["extension"]
        if each["url"] == "urn:familiebro:fhir:event"
    ]


def more(resource: Any, name: str) -> list[Any]:
    return [
        next(value for key, value in each.items() if key != "url")
        for each in resource["extension"]
        if each["url"] == f"urn:familiebro:fhir:{name}"
    ]


@_randomly
@given(tolds())
def test_every_word_in_every_state_is_a_valid_consent(word: Told) -> None:
    assert problems(exported(word)) == []


@_randomly
@given(tolds())
def test_every_word_has_what_pcf_asks_for_and_only_the_two_additions_that_are_written_down(word: Told) -> None:
    resource = exported(word)
    assert pcf_missing(resource) == []
    assert pcf_barred(resource) == {"provision.code"} | ({"verification"} if word.method is Method.ORAL else set())


@_randomly
@given(tolds())
def test_a_consent_is_plain_json(word: Told) -> None:
    assert exported(word) == consent(word)
    assert {type(value) for _, value in walk(consent(word))} <= {str, bool, dict}


@_randomly
@given(tolds())
def test_no_free_word_no_number_of_a_person_and_no_unit_untold_is_in_a_consent(word: Told) -> None:
    text = json.dumps(consent(word), ensure_ascii=False)
    assert SECRET not in text
    assert FREE_TEXT not in text
    assert UNTOLD not in text
    assert not _CPR.search(text)


@_randomly
@given(tolds())
def test_what_was_said_can_be_read_from_the_consent(word: Told) -> None:
    said, resource = word.record, exported(word)
    root = resource["provision"]
    assert resource["id"] == str(said.id)
    assert resource["patient"]["reference"] == f"urn:uuid:{said.subject}"
    assert unit(resource, resource["organization"][0]["reference"]) == said.sender
    assert actors(resource, root, "IRCP") == said.recipients
    assert kinds(root) == {kind.value for kind in said.categories}
    assert root["type"] == ("permit" if said.effect is Effect.PERMIT else "deny")
    assert datetime.fromisoformat(root["period"]["start"]) == said.valid_from
    assert datetime.fromisoformat(resource["dateTime"]) == said.valid_from
    if said.valid_until is not None:
        assert datetime.fromisoformat(root["period"]["end"]) == said.valid_until - timedelta(microseconds=1)
    assert root["data"][0]["reference"]["identifier"]["value"] == str(said.need)
    purpose = root["purpose"][0] if said.effect is Effect.PERMIT else more(resource, "asked-for")[0]
    assert purpose["code"] == said.purpose.value
    assert more(resource, "method") == [word.method.value]
    assert more(resource, "alone") == [True] * said.alone
    assert {each["reference"] for each in more(resource, "replaces")} == {
        f"urn:uuid:{each}" for each in word.supersedes
    }


@_randomly
@given(tolds())
def test_the_state_and_its_history_can_be_read_from_the_consent(word: Told) -> None:
    found, said = events(exported(word)), State.GIVEN if word.record.effect is Effect.PERMIT else State.REFUSED
    whole = [each for each in found if not each.keys() & {"recipient", "category"}]
    later = [each for each in word.events if each.state is not said and each.recipients != frozenset({UNTOLD})]
    assert whole[-1]["state"] == word.state.value
    assert found[0]["state"] == said.value
    assert [(each["state"], datetime.fromisoformat(each["at"])) for each in found[1:]] == [
        (each.state.value, each.at) for each in later
    ]
    assert [each.get("cause") for each in found[1:]] == [each.cause and each.cause.value for each in later]


@_randomly
@given(tolds(effects=(Effect.PERMIT,)), st.data())
def test_a_consent_that_is_read_opens_just_what_the_decision_opens(word: Told, data: st.DataObject) -> None:
    assume(word.state is not State.EXPIRED)
    word = _spoken_alone(word)
    last = max([word.record.valid_from, *(each.at for each in word.events)])
    at = last + data.draw(st.timedeltas(timedelta(0), 400 * DAY))
    other = UnitId(data.draw(st.sampled_from(sorted(word.units))))
    category, back = data.draw(st.sampled_from(Category)), data.draw(st.booleans())
    one, two = (other, word.record.sender) if back else (word.record.sender, other)
    record = word.record
    asked = Disclosure(record.subject, one, two, record.purpose, record.need, frozenset({category}), back=back)
    held = Held([record], {record.subject: Facts(born=date(1990, 1, 1))})
    assert _reads(exported(word), one, two, category, at) is decide(asked, held, at)[0].permitted


@_randomly
@given(tolds(effects=(Effect.FORBID,)), st.data())
def test_a_refusal_that_is_read_opens_nothing(word: Told, data: st.DataObject) -> None:
    one, two = data.draw(st.permutations(sorted(word.units)))[:2]
    at = data.draw(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    resource = exported(word)
    assert not _reads(resource, one, two, data.draw(st.sampled_from(Category)), at)
    assert evaluated(resource, "repeat(provision).where(type = 'permit').exists()") == [False]


@pytest.mark.parametrize(
    ("effect", "state", "status"),
    [
        (Effect.PERMIT, None, "active"),
        (Effect.FORBID, None, "rejected"),
        (Effect.PERMIT, State.WITHDRAWN, "inactive"),
        (Effect.FORBID, State.WITHDRAWN, "inactive"),
        (Effect.PERMIT, State.EXPIRED, "inactive"),
        (Effect.PERMIT, State.SUPERSEDED, "inactive"),
        (Effect.FORBID, State.SUPERSEDED, "inactive"),
    ],
)
def test_each_state_has_its_status(effect: Effect, state: State | None, status: str) -> None:
    happened = () if state is None else (Event(state, SAID + DAY),)
    assert exported(told(effect=effect, events=happened))["status"] == status


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("effect", Effect)
def test_only_what_was_recorded_in_error_should_never_have_been_there(effect: Effect, cause: Cause) -> None:
    happened = (Event(State.INVALIDATED, SAID + DAY, cause=cause),)
    status = exported(told(effect=effect, events=happened))["status"]
    assert status == ("entered-in-error" if cause is Cause.RECORDED_IN_ERROR else "inactive")
    assert State.INVALIDATED in ENDS[effect]


def test_a_part_taken_back_is_a_denial_from_that_moment_and_leaves_the_rest() -> None:
    part = Event(State.WITHDRAWN, SAID + DAY, MIDWIFE, frozenset({THERAPIST}), frozenset({Category.HEALTH}))
    both = frozenset({Category.HEALTH, Category.NETWORK})
    resource = exported(told(recipients=_BOTH, categories=both, events=(part,)))
    (denial,) = resource["provision"]["provision"]
    assert resource["status"] == "active"
    assert denial["type"] == "deny"
    assert denial["period"] == {"start": "2026-05-05T10:00:00.000000Z"}
    assert (actors(resource, denial, "CST"), actors(resource, denial, "IRCP")) == ({MIDWIFE}, {THERAPIST})
    assert kinds(denial) == {"health"}
    assert events(resource)[1]["category"] == "health"
    assert unit(resource, events(resource)[1]["recipient"]["reference"]) == THERAPIST
    assert unit(resource, events(resource)[1]["unit"]["reference"]) == MIDWIFE


def test_all_of_it_taken_back_is_denied_too_for_whoever_reads_no_status() -> None:
    resource = exported(told(recipients=_BOTH, events=(Event(State.WITHDRAWN, SAID + DAY),)))
    (denial,) = resource["provision"]["provision"]
    assert (denial["type"], actors(resource, denial, "IRCP"), kinds(denial)) == ("deny", set(_BOTH), {"health"})
    assert "unit" not in events(resource)[1]


def test_what_only_ended_has_nothing_to_deny() -> None:
    assert "provision" not in exported(told(events=(Event(State.EXPIRED, SAID + 90 * DAY),)))["provision"]


@pytest.mark.parametrize(("effect", "mutual"), [(Effect.PERMIT, True), (Effect.FORBID, False), (Effect.FORBID, True)])
def test_both_ways_are_told_and_none_between_recipients(effect: Effect, mutual: bool) -> None:  # noqa: FBT001
    resource = exported(told(effect=effect, recipients=_BOTH, mutual=mutual))
    root = resource["provision"]
    (back,) = root["provision"]
    assert (actors(resource, root, "CST"), actors(resource, root, "IRCP")) == (set(), set(_BOTH))
    assert (actors(resource, back, "CST"), actors(resource, back, "IRCP")) == (set(_BOTH), {MIDWIFE})
    assert {key: back[key] for key in back if key != "actor"} == {
        key: root[key] for key in root if key not in {"actor", "provision"}
    }


def test_a_refusal_holds_for_any_purpose_and_until_it_is_taken_back() -> None:
    resource = exported(told(effect=Effect.FORBID, valid_until=None))
    assert "purpose" not in resource["provision"]
    assert resource["provision"]["period"] == {"start": "2026-05-04T10:00:00.000000Z"}
    assert more(exported(told()), "asked-for") == []


@pytest.mark.parametrize(
    ("capacity", "code", "words"),
    [
        (Capacity.PREGNANT, "GESTM", "gestational mother"),
        (Capacity.CUSTODY, "GUARD", "guardian"),
        (Capacity.REPRESENTATIVE, "RESPRSN", "responsible party"),
    ],
)
def test_who_speaks_for_another_performs_it_in_a_capacity(capacity: Capacity, code: str, words: str) -> None:
    resource = exported(told(capacity=capacity))
    assert resource["performer"] == [{"reference": "#giver", "type": "RelatedPerson"}]
    giver = resource["contained"][-1]
    ours, theirs = giver["relationship"][0]["coding"]
    assert giver["identifier"] == [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{THILDE}"}]
    assert giver["patient"]["reference"] == f"urn:uuid:{JASMIN}"
    assert (ours["system"], ours["code"]) == ("urn:familiebro:capacity", capacity.value)
    assert theirs == {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": code, "display": words}


def test_who_speaks_alone_is_the_patient_by_whichever_record() -> None:
    resource = exported(told(capacity=Capacity.SELF, given_by=JONATHAN))
    assert resource["performer"] == [{"reference": f"urn:uuid:{JASMIN}", "type": "Patient"}]
    assert str(JONATHAN) not in json.dumps(resource)


def test_an_oral_word_is_verified_with_who_said_it_and_a_written_one_needs_no_such() -> None:
    assert exported(told(method=Method.ORAL))["verification"] == [
        {
            "verified": True,
            "verifiedWith": {"reference": "#giver", "type": "RelatedPerson"},
            "verificationDate": "2026-05-04T10:00:00.000000Z",
        }
    ]
    assert "verification" not in exported(told(method=Method.DIGITAL))


def test_each_law_is_a_policy_that_can_be_looked_up_and_without_one_the_regulation_is() -> None:
    basis = {
        (MIDWIFE, THERAPIST): Regime.HEALTH_TO_OTHER.value,
        (THERAPIST, MIDWIFE): Regime.AUTHORITY_TO_AUTHORITY.value,
    }
    assert exported(told(mutual=True, basis=basis))["policy"] == [
        {
            "extension": [{"url": "urn:familiebro:fhir:provision", "valueString": "FVL § 28, stk. 1"}],
            "uri": "https://www.retsinformation.dk/eli/lta/2014/433",
        },
        {
            "extension": [{"url": "urn:familiebro:fhir:provision", "valueString": "SUL § 43, stk. 1, og § 44"}],
            "uri": "https://www.retsinformation.dk/eli/lta/2025/275",
        },
    ]
    assert exported(told(basis={}))["policy"] == [{"uri": "http://data.europa.eu/eli/reg/2016/679/oj"}]


def test_the_text_that_was_shown_is_the_source_by_version_language_and_digest_and_not_copied() -> None:
    word = told()
    resource = exported(word)
    (notice,) = [each for each in resource["contained"] if each["id"] == "notice"]
    assert resource["sourceReference"] == {"reference": "#notice"}
    assert notice["masterIdentifier"] == {"system": "urn:familiebro:notice-version", "value": "samtykke|3|da"}
    assert notice["content"] == [
        {
            "attachment": {
                "extension": [{"url": "urn:familiebro:fhir:sha256", "valueString": word.notice.digest}],
                "contentType": "text/plain",
                "language": "da",
                "title": "Samtykke til at fortælle videre",
            }
        }
    ]
    assert word.notice.text not in json.dumps(resource, ensure_ascii=False)


def test_a_unit_is_contained_below_the_organisation_that_answers_for_it() -> None:
    house, midwife, _, *_ = exported(told())["contained"]
    assert house == {
        "resourceType": "Organization",
        "id": "unit-1",
        "identifier": [{"system": "urn:familiebro:unit", "value": "family house/1"}],
        "name": "Familiehuset",
        "partOf": {
            "type": "Organization",
            "identifier": {"use": "official", "system": "http://cvr.dk", "value": "64502018"},
            "display": "Helsingør Kommune",
        },
    }
    assert (midwife["id"], midwife["name"]) == ("unit-2", "Jordemoderkonsultationen")
    club = exported(told(recipients=frozenset({VOLUNTEERS})))["contained"][0]
    assert UNITS[VOLUNTEERS].cvr is None
    assert club["partOf"]["identifier"] == {"system": "urn:familiebro:organisation", "value": "forening"}


def test_a_consent_was_last_updated_when_something_last_happened_to_it() -> None:
    assert exported(told())["meta"] == {"lastUpdated": "2026-05-04T10:03:00.000000Z"}
    later = exported(told(events=(Event(State.WITHDRAWN, SAID + DAY),)))
    assert later["meta"] == {"lastUpdated": "2026-05-05T10:00:00.000000Z"}


def test_a_consent_says_what_it_is_in_the_terms_of_fhir() -> None:
    resource = exported(told())
    terms = "http://terminology.hl7.org/CodeSystem"
    assert resource["scope"] == {"coding": [{"system": f"{terms}/consentscope", "code": "patient-privacy"}]}
    assert resource["category"] == [
        {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]},
        {"coding": [{"system": f"{terms}/v3-ActCode", "code": "IDSCL"}]},
    ]
    assert resource["identifier"] == [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{told().record.id}"}]
    assert resource["patient"]["type"] == "Patient"
    root = resource["provision"]
    assert root["code"] == [{"coding": [{"system": "urn:familiebro:category", "code": "health", "display": "Helbred"}]}]
    assert root["purpose"] == [
        {"system": "urn:familiebro:purpose", "code": "early_support", "display": "Tidlig støtte til familien"}
    ]
    assert root["actor"][0]["role"]["coding"][0]["system"] == f"{terms}/v3-ParticipationType"
    assert root["data"][0]["meaning"] == "related"
    assert root["data"][0]["reference"]["type"] == "EpisodeOfCare"
    assert root["data"][0]["reference"]["identifier"]["system"] == "urn:familiebro:need"


def _spoken_alone(word: Told) -> Told:
    """Return the word as the person's own, with what happened to it where the decision looks for it."""
    taken = [each for each in word.events if each.state is State.WITHDRAWN]
    ended = {each.state: each.at for each in word.events}
    record = replace(
        word.record,
        capacity=Capacity.SELF,
        given_by=word.record.subject,
        withdrawals=tuple(Withdrawal(each.at, each.recipients, each.categories) for each in taken),
        superseded_at=ended.get(State.SUPERSEDED),
        invalidated_at=ended.get(State.INVALIDATED),
    )
    return replace(word, record=record)


def _reads(resource: Any, one: str, two: str, category: Category, at: datetime) -> bool:
    """Say what a reader of FHIR would: the base rule is what the organisation tells; a denial below goes first."""
    if resource["status"] != "active":
        return False
    root = resource["provision"]
    from_sender = unit(resource, resource["organization"][0]["reference"]) == one
    rules = [
        each["type"]
        for each in root.get("provision", [])
        if one in actors(resource, each, "CST") and _concerns(resource, each, two, category, at)
    ]
    if from_sender and _concerns(resource, root, two, category, at):
        rules.append(root["type"])
    return "deny" not in rules and "permit" in rules


def _concerns(resource: Any, rule: Any, two: str, category: Category, at: datetime) -> bool:
    period = rule["period"]
    begun = datetime.fromisoformat(period["start"]) <= at
    over = "end" in period and at > datetime.fromisoformat(period["end"])
    return two in actors(resource, rule, "IRCP") and category.value in kinds(rule) and begun and not over
