"""A yes or a no over HTTP: what is refused and why, taking back part by part, renewing, lifting, invalidating."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Role
from shared.vocabulary import REASON_DANISH, Category, Reason
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, messages_of, rows
from tests.support.wire import HOUR, NOW, consent_in, decision_in, person_in, question_in, refusal_in

YEAR = timedelta(days=365)


async def posted(consent: httpx.AsyncClient, headers: Headers, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post something that is right; return the answer."""
    answer = await consent.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def reasons(
    consent: httpx.AsyncClient, service: Headers, subject: str, need: str, **question: Any
) -> dict[str, str]:
    """Ask for a decision; return kind -> reason."""
    asked = decision_in(question_in(subject, need, **question))
    answer = await consent.post("/internal/decisions", json=asked, headers=service)
    return {each["category"]: each["reason"] for each in answer.json()["answers"]}


def renewal_in(**changes: Any) -> dict[str, Any]:
    """Return what is said when a consent is renewed."""
    return {
        "method": "written", "given_at": NOW.isoformat(), "valid_until": (NOW + timedelta(days=200)).isoformat(),
        "notice": "samtykke-da-1", "told_of_withdrawal": True, "active_choice": True,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("code", "rule", "changes"),
    [
        ("too_wide", "R20", {"categories": sorted(Category)}),
        ("too_long", "R16", {"valid_until": (NOW + YEAR + timedelta(days=3)).isoformat()}),
        ("ends_before_it_begins", "R16", {"valid_until": (NOW - 2 * HOUR).isoformat()}),
        ("not_a_choice", "R21", {"active_choice": False}),
        ("not_told_of_withdrawal", "R19", {"told_of_withdrawal": False}),
        ("unknown_notice", "R19", {"notice": "samtykke-da-99"}),
        ("unknown_unit", "R19", {"recipients": ["andre-relevante"]}),
        ("must_be_written", "R15", {"method": "oral", "oral_note": "Sagt hjemme."}),
        ("oral_note_missing", "R24", {"method": "oral"}),
        ("given_in_the_future", "R24", {"given_at": (NOW + timedelta(days=2)).isoformat()}),
        ("nothing_to_do_alone", "R27", {"alone_because": "not_essential_decision"}),
        ("sender_among_recipients", "R19", {"recipients": [FAMILY_HOUSE, MIDWIFERY]}),
    ],
)  # fmt: skip
async def test_what_is_no_specific_consent_is_refused_with_its_rule(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str, code: str, rule: str,
    changes: dict[str, Any],
) -> None:  # fmt: skip
    body = consent_in(subject, **changes)
    told = assert_problem(await consent.post("/consents", json=body, headers=midwife), 422, code)
    assert told["rule"] == rule
    assert await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE need = $1", UUID(body["need"])) == []


@pytest.mark.parametrize(
    "missing",
    [
        "valid_until", "recipients", "categories", "purpose", "need", "notice", "method", "given_at", "mutual",
        "told_of_withdrawal", "active_choice", "given_by",
    ],
)  # fmt: skip
async def test_each_element_must_be_said(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, missing: str
) -> None:
    body = consent_in(subject)
    del body[missing]
    told = assert_problem(await consent.post("/consents", json=body, headers=midwife), 422, "malformed")
    assert [each["where"][-1] for each in told["errors"]] == [missing]


async def test_everything_is_not_a_kind(consent: httpx.AsyncClient, midwife: Headers, subject: str) -> None:
    body = consent_in(subject, categories=["everything"])
    assert_problem(await consent.post("/consents", json=body, headers=midwife), 422, "malformed")


async def test_a_whole_organisation_of_several_kinds_is_no_recipient(
    consent: httpx.AsyncClient, midwife: Headers, subject: str
) -> None:
    told = assert_problem(
        await consent.post("/consents", json=consent_in(subject, recipients=["town"]), headers=midwife),
        422, "whole_organisation",
    )  # fmt: skip
    assert told["rule"] == "R19"


@pytest.mark.parametrize(
    ("part", "left"),
    [
        ({"categories": ["health"]}, {"health": "withdrawn", "network": "covered"}),
        ({"recipients": [FAMILY_HOUSE]}, {"health": "withdrawn", "network": "withdrawn"}),
        ({"recipients": [VISITING]}, {"health": "covered", "network": "covered"}),
        ({"recipients": [FAMILY_HOUSE], "categories": ["network"]}, {"health": "covered", "network": "withdrawn"}),
        ({}, {"health": "withdrawn", "network": "withdrawn"}),
    ],
)
async def test_a_consent_is_taken_back_part_by_part(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str, part: dict[str, Any],
    left: dict[str, str],
) -> None:  # fmt: skip
    kinds = ["health", "network"]
    body = consent_in(subject, recipients=[FAMILY_HOUSE, VISITING], categories=kinds)
    number = (await posted(consent, midwife, "/consents", body))["id"]
    await posted(consent, midwife, f"/consents/{number}/withdrawal", part)
    assert await reasons(consent, service, subject, body["need"], categories=kinds) == left
    (word,) = (await consent.get("/consents", params={"need": body["need"]}, headers=midwife)).json()["consents"]
    assert (word["withdrawn_at"] is None) == bool(part)
    assert len(word["withdrawn_parts"]) == bool(part)


@pytest.mark.parametrize("part", [{"categories": ["couple"]}, {"recipients": [VISITING]}, {"categories": []},
                                  {"recipients": []}])  # fmt: skip
async def test_only_what_is_in_it_can_be_taken_back(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, part: dict[str, Any]
) -> None:
    number = (await posted(consent, midwife, "/consents", consent_in(subject)))["id"]
    answer = await consent.post(f"/consents/{number}/withdrawal", json=part, headers=midwife)
    assert_problem(answer, 422, "nothing_withdrawn")


async def test_the_recipient_may_pass_on_that_it_was_taken_back_and_others_may_not(
    consent: httpx.AsyncClient, midwife: Headers, keys: Keys, subject: str
) -> None:
    """R23: whichever way the person told it."""
    number = (await posted(consent, midwife, "/consents", consent_in(subject)))["id"]
    other = keys.party("consent", Role.RECORD_CONSENT, unit=VISITING)
    assert_problem(await consent.post(f"/consents/{number}/withdrawal", json={}, headers=other), 404, "not_there")
    house = keys.party("consent", Role.RECORD_CONSENT, unit=FAMILY_HOUSE)
    assert (await consent.post(f"/consents/{number}/withdrawal", json={}, headers=house)).status_code == 201


async def test_a_refusal_taken_back_opens_nothing_that_was_said_before_it(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str
) -> None:
    body = consent_in(subject, given_at=(NOW - 3 * HOUR).isoformat())
    need = body["need"]
    await posted(consent, midwife, "/consents", body)
    refusal = (await posted(consent, midwife, "/refusals", refusal_in(subject, need=need)))["id"]
    assert await reasons(consent, service, subject, need) == {"health": "refused"}
    await posted(consent, midwife, f"/refusals/{refusal}/withdrawal", {})
    assert (await reasons(consent, service, subject, need))["health"] not in {"covered", "refused"}
    await posted(consent, midwife, "/consents", consent_in(subject, need=need, given_at=NOW.isoformat()))
    assert await reasons(consent, service, subject, need) == {"health": "covered"}


async def test_a_refusal_is_not_taken_back_as_a_consent_nor_a_consent_as_a_refusal(
    consent: httpx.AsyncClient, midwife: Headers, subject: str
) -> None:
    refusal = (await posted(consent, midwife, "/refusals", refusal_in(subject)))["id"]
    number = (await posted(consent, midwife, "/consents", consent_in(subject)))["id"]
    for path in (f"/consents/{refusal}/withdrawal", f"/refusals/{number}/withdrawal"):
        assert_problem(await consent.post(path, json={}, headers=midwife), 404, "not_there")


async def test_a_recipient_cannot_take_a_refusal_back(
    consent: httpx.AsyncClient, midwife: Headers, keys: Keys, subject: str
) -> None:
    refusal = (await posted(consent, midwife, "/refusals", refusal_in(subject)))["id"]
    house = keys.party("consent", Role.RECORD_CONSENT, unit=FAMILY_HOUSE)
    assert_problem(await consent.post(f"/refusals/{refusal}/withdrawal", json={}, headers=house), 404, "not_there")


async def test_a_renewal_is_a_new_consent_of_the_same_scope(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str
) -> None:
    body = consent_in(subject, valid_until=(NOW + timedelta(days=5)).isoformat(), mutual=True)
    old = (await posted(consent, midwife, "/consents", body))["id"]
    new = (await posted(consent, midwife, f"/consents/{old}/renewal", renewal_in()))["id"]
    assert new != old
    words = (await consent.get("/consents", params={"need": body["need"]}, headers=midwife)).json()["consents"]
    told = {each["id"]: each for each in words}
    scope = ("subject", "given_by", "sender", "recipients", "categories", "purpose", "need", "mutual")
    assert [told[new][name] for name in scope] == [told[old][name] for name in scope]
    assert told[old]["superseded_at"] is not None
    assert told[new]["days_left"] == 200
    assert await reasons(consent, service, subject, body["need"]) == {"health": "covered"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_until": (NOW + 2 * YEAR).isoformat()}, "too_long"),
        ({"active_choice": False}, "not_a_choice"),
        ({"method": "oral"}, "oral_note_missing"),
        ({"notice": "none"}, "unknown_notice"),
    ],
)
async def test_a_renewal_is_refused_as_any_consent(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, changes: dict[str, Any], code: str
) -> None:
    old = (await posted(consent, midwife, "/consents", consent_in(subject)))["id"]
    answer = await consent.post(f"/consents/{old}/renewal", json=renewal_in(**changes), headers=midwife)
    assert_problem(answer, 422, code)


async def test_what_was_taken_back_is_not_renewed(consent: httpx.AsyncClient, midwife: Headers, subject: str) -> None:
    body = consent_in(subject, categories=["health", "network"])
    old = (await posted(consent, midwife, "/consents", body))["id"]
    await posted(consent, midwife, f"/consents/{old}/withdrawal", {"categories": ["network"]})
    answer = await consent.post(f"/consents/{old}/renewal", json=renewal_in(), headers=midwife)
    assert_problem(answer, 409, "already_withdrawn")


@pytest.mark.parametrize("cause", ["recorded_in_error", "not_freely_given"])
async def test_an_invalidated_consent_opens_nothing_and_stays_on_record(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers, subject: str, cause: str
) -> None:
    body = consent_in(subject)
    number = (await posted(consent, midwife, "/consents", body))["id"]
    sent = {"X-Request-Id": str(uuid4())}
    await posted(consent, midwife | sent, f"/consents/{number}/invalidation", {"cause": cause})
    assert await reasons(consent, service, subject, body["need"]) == {"health": "needs_new"}
    (word,) = (await consent.get("/consents", params={"need": body["need"]}, headers=midwife)).json()["consents"]
    assert word["invalidated_at"] is not None
    ((_, news),) = await messages_of(dbs.admin("consent"), sent["X-Request-Id"])
    assert (news["kind"], news["need"]) == ("consent_invalidated", body["need"])
    again = await consent.post(f"/consents/{number}/invalidation", json={"cause": cause}, headers=midwife)
    assert_problem(again, 409, "already_withdrawn")


@pytest.mark.parametrize("cause", ["moved", "custody_changed", "other"])
async def test_only_two_causes_are_a_units_to_say(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, cause: str
) -> None:
    number = (await posted(consent, midwife, "/consents", consent_in(subject)))["id"]
    answer = await consent.post(f"/consents/{number}/invalidation", json={"cause": cause}, headers=midwife)
    assert_problem(answer, 422, "malformed")


async def test_with_two_custody_holders_the_second_is_still_to_be_asked(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers
) -> None:
    """R27, and one alone with a reason."""
    one, other = [(await posted(consent, midwife, "/persons", person_in()))["id"] for _ in range(2)]
    child = (await posted(consent, midwife, "/persons", {"birth_date": f"{NOW.year - 3}-02-01"}))["id"]
    custody = {"holders": [one, other], "since": f"{NOW.year - 3}-02-01"}
    await posted(consent, midwife, f"/persons/{child}/custody", custody)
    body = consent_in(child, given_by=one)
    told = await posted(consent, midwife, "/consents", body)
    assert [(each["person"], each["capacity"]) for each in told["still_to_ask"]] == [(other, "custody")]
    assert await reasons(consent, service, child, body["need"]) == {"health": "holder_missing"}
    told = await posted(consent, midwife, "/consents", body | {"given_by": other})
    assert told["still_to_ask"] == []
    assert await reasons(consent, service, child, body["need"]) == {"health": "covered"}
    alone = consent_in(child, given_by=one, alone_because="not_essential_decision")
    told = await posted(consent, midwife, "/consents", alone)
    assert told["still_to_ask"] == []
    assert await reasons(consent, service, child, alone["need"]) == {"health": "covered"}


async def test_only_a_custody_holder_speaks_for_the_child(
    consent: httpx.AsyncClient, midwife: Headers, subject: str
) -> None:
    mother = (await posted(consent, midwife, "/persons", person_in()))["id"]
    child = (await posted(consent, midwife, "/persons", {"birth_date": f"{NOW.year - 3}-02-01"}))["id"]
    body = consent_in(child, given_by=mother)
    assert_problem(await consent.post("/consents", json=body, headers=midwife), 422, "nobody_to_ask")
    custody = {"holders": [mother], "since": f"{NOW.year - 3}-02-01"}
    await posted(consent, midwife, f"/persons/{child}/custody", custody)
    other = consent_in(child, given_by=subject)
    told = assert_problem(await consent.post("/consents", json=other, headers=midwife), 422, "without_custody")
    assert told["rule"] == "R26"
    assert (await consent.post("/consents", json=body, headers=midwife)).status_code == 201


async def test_a_check_says_what_is_missing_and_whom_to_ask(
    consent: httpx.AsyncClient, midwife: Headers, subject: str
) -> None:
    need = str(uuid4())
    asked = {"questions": [{"subject": subject, "recipient": FAMILY_HOUSE, "purpose": "early_support", "need": need,
                            "categories": ["health"]}]}  # fmt: skip
    (answer,) = (await consent.post("/disclosures/check", json=asked, headers=midwife)).json()["answers"]
    assert (answer["permitted"], answer["reason"], answer["rule"]) == (False, "no_consent", "R15")
    assert answer["says"] == REASON_DANISH[Reason.NO_CONSENT]
    assert [(each["person"], each["capacity"]) for each in answer["ask"]] == [(subject, "self")]
