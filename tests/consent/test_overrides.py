"""Telling on another legal ground than consent: who may, to whom, what it asks for, how long, what it beats (R74)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.consent.domain.following import DANISH, Kind
from services.consent.domain.grounds import TERMS, Ground
from shared.auth import Role
from tests.conftest import Databases
from tests.support.families import Desk, days, new_need
from tests.support.keys import Keys
from tests.support.town import (
    DAYCARE,
    FAMILY_HOUSE,
    JOBCENTER,
    MIDWIFERY,
    NORTH_HOUSE,
    SOUTH_HOUSE,
    VISITING,
    VOLUNTEERS,
    assert_problem,
    counted,
    entries_of,
    messages_of,
    rows,
)

DAY = timedelta(days=1)
WHY = "Hjemmebesøget i næste uge skal kunne forberedes."
# For each ground: who tells whom, and what it asks for beside a reason.
RIGHT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sul_41_2_1": (MIDWIFERY, VISITING, {}),
    "sul_43_2_1": (MIDWIFERY, FAMILY_HOUSE, {"not_informed_because": "Det ville være til fare for barnet."}),
    "sul_43_2_2": (MIDWIFERY, FAMILY_HOUSE, {"informed_at": "now"}),
    "bl_132": (NORTH_HOUSE, SOUTH_HOUSE, {}),
    "rsl_11_c": (DAYCARE, NORTH_HOUSE, {"consent_tried": "Spurgt to gange ved møder i dagtilbuddet."}),
}


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


def moment(by: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + by).isoformat()


def ground_in(subject: str, need: str, ground: str = "sul_41_2_1", **changes: Any) -> dict[str, Any]:
    """Return an override that its ground carries, for twenty days."""
    sender, recipient, asks = RIGHT[ground]
    told = {name: moment() if value == "now" else value for name, value in asks.items()}
    return {
        "subject": subject, "sender": sender, "recipients": [recipient], "categories": ["health"], "need": need,
        "ground": ground, "reason": WHY, "valid_until": moment(20 * DAY), **told,
    } | changes  # fmt: skip


def test_every_ground_has_its_case() -> None:
    assert set(RIGHT) == set(Ground)


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("ground", RIGHT)
async def test_a_ground_opens_what_it_names_and_holds_against_a_no_only_where_the_law_says_so(
    midwives: Desk, dbs: Databases, ground: str, *, refused: bool
) -> None:
    sender, recipient, _ = RIGHT[ground]
    desk, need = midwives.at(sender), new_need()
    person = await desk.person()
    if refused:
        await desk.no(person, need, recipients=[recipient])
    trace = {"X-Request-Id": str(uuid4())}
    answer = await desk.post("/overrides", ground_in(person, need, ground), **trace)
    assert answer.status_code == 201, answer.text
    (entry,) = await entries_of(dbs.admin("consent"), trace["X-Request-Id"])
    terms = TERMS[Ground(ground)]
    assert (entry["kind"], entry["law"], entry["subject"]) == ("override_recorded", terms.law, person)
    assert WHY not in str(entry)
    ((_, message),) = await messages_of(dbs.admin("consent"), trace["X-Request-Id"])
    assert (message["kind"], message["need"], message["subject"]) == ("override_recorded", need, person)
    told = await desk.answer(person, need, recipient=recipient)
    opened = terms.despite_refusal or not refused
    assert (told["reason"], told["basis"]) == (("legal_ground", [terms.law]) if opened else ("refused", []))
    assert await desk.reason(person, need, recipient=recipient, categories=["network"]) == "no_consent"
    assert await desk.reason(person, new_need(), recipient=recipient) == "no_consent"
    other = VOLUNTEERS if recipient != VOLUNTEERS else JOBCENTER
    assert await desk.reason(person, need, recipient=other) == "no_consent"
    back = midwives.at(recipient)
    assert await back.reason(person, need, recipient=sender) == ("refused" if refused else "no_consent")


@pytest.mark.parametrize(
    ("ground", "changes", "wants"),
    [
        ("sul_41_2_1", {"recipients": [FAMILY_HOUSE]}, ["other_recipients"]),
        ("sul_41_2_1", {"recipients": [VISITING, VOLUNTEERS]}, ["other_recipients"]),
        ("sul_43_2_1", {"recipients": [VOLUNTEERS]}, ["other_recipients"]),
        ("sul_43_2_1", {"not_informed_because": None}, ["person_informed"]),
        ("sul_43_2_2", {"informed_at": None}, ["person_informed"]),
        ("bl_132", {"recipients": [FAMILY_HOUSE]}, ["another_municipality"]),
        ("bl_132", {"sender": MIDWIFERY}, ["another_sender", "another_municipality"]),
        ("rsl_11_c", {"consent_tried": None}, ["consent_tried"]),
        ("rsl_11_c", {"sender": MIDWIFERY, "consent_tried": None}, ["another_sender", "consent_tried"]),
        ("rsl_11_c", {"sender": VOLUNTEERS}, ["another_sender"]),
        ("rsl_11_c", {"recipients": [JOBCENTER]}, ["other_recipients"]),
        ("sul_41_2_1", {"valid_until": 31}, ["an_end_within_thirty_days"]),
        ("sul_41_2_1", {"valid_until": -1}, ["an_end_within_thirty_days"]),
    ],
)  # fmt: skip
async def test_what_a_ground_does_not_carry_is_told_with_everything_that_is_missing(
    midwives: Desk, dbs: Databases, ground: str, changes: dict[str, Any], wants: list[str]
) -> None:
    if "valid_until" in changes:
        changes = {"valid_until": moment(changes["valid_until"] * DAY)}
    body = ground_in("", new_need(), ground, **changes)
    desk = midwives.at(body["sender"])
    body["subject"] = await desk.person()
    before = await counted(dbs.admin("consent"))
    told = assert_problem(await desk.post("/overrides", body), 422, "wrong_ground")
    assert (told["rule"], told["law"], told["wants"]) == ("R74", TERMS[Ground(ground)].law, wants)
    assert await counted(dbs.admin("consent")) == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"sender": FAMILY_HOUSE}, 403, "foreign_sender"),
        ({"recipients": ["nowhere"]}, 422, "unknown_unit"),
        ({"recipients": [MIDWIFERY, VISITING]}, 422, "sender_among_recipients"),
        ({"informed_at": "tomorrow"}, 422, "impossible_day"),
        ({"subject": str(uuid4())}, 404, "not_there"),
    ],
)
async def test_what_cannot_be_is_refused_and_keeps_nothing(
    midwives: Desk, dbs: Databases, changes: dict[str, Any], status: int, code: str
) -> None:
    changes = {name: moment(DAY) if value == "tomorrow" else value for name, value in changes.items()}
    body = ground_in(await midwives.person(), new_need()) | changes
    before = await counted(dbs.admin("consent"))
    assert_problem(await midwives.post("/overrides", body), status, code)
    # That somebody reached for what is not theirs is all that may be kept (R50).
    assert await counted(dbs.admin("consent")) | {"ledger_entry": 0} == before | {"ledger_entry": 0}


@pytest.mark.rule("R74", enforced_by="services.consent.api.context:Overrider")
async def test_recording_consent_is_not_enough_to_decide_without_it(midwives: Desk, keys: Keys) -> None:
    """R74."""
    body = ground_in(await midwives.person(), new_need())
    recorder = keys.party("consent", Role.RECORD_CONSENT, Role.REFER, unit=MIDWIFERY)
    assert_problem(await midwives.client.post("/overrides", json=body, headers=recorder), 403, "missing_scope")


async def test_from_its_revocation_on_nothing_more_is_told_and_it_is_revoked_once(
    midwives: Desk, dbs: Databases
) -> None:
    person, need = await midwives.person(), new_need()
    number = (await midwives.done("/overrides", ground_in(person, need)))["id"]
    assert await midwives.reason(person, need, recipient=VISITING) == "legal_ground"
    answer = await midwives.post(f"/overrides/{number}/revocation", {})
    assert answer.status_code == 201
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["override"]) == ("override_revoked", number)
    ((_, message),) = await messages_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (message["kind"], message["need"]) == ("override_revoked", need)
    assert await midwives.reason(person, need, recipient=VISITING) == "no_consent"
    before = await counted(dbs.admin("consent"))
    assert_problem(await midwives.post(f"/overrides/{number}/revocation", {}), 409, "already_noted")
    assert await counted(dbs.admin("consent")) == before


async def test_whoever_was_not_told_is_to_be_told_till_it_is_noted(midwives: Desk, dbs: Databases) -> None:
    """SUL § 43, stk. 4."""
    person, need = await midwives.person(), new_need()
    number = (await midwives.done("/overrides", ground_in(person, need, "sul_43_2_1")))["id"]
    (follow_up,) = await midwives.follow_ups(person)
    assert (follow_up["kind"], follow_up["override"], follow_up["due"]) == ("inform_person", number, days(0))
    assert follow_up["says"] == DANISH[Kind.INFORM_PERSON]
    path = f"/overrides/{number}/informed"
    assert_problem(await midwives.post(path, {"informed_at": moment(DAY)}), 422, "impossible_day")
    answer = await midwives.post(path, {"informed_at": moment()})
    assert answer.status_code == 201
    assert [each["kind"] for each in await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])] == [
        "person_informed"
    ]
    assert await midwives.to_do(person) == []
    assert_problem(await midwives.post(path, {"informed_at": moment()}), 409, "already_noted")
    assert await midwives.reason(person, need) == "legal_ground"


async def test_who_was_told_already_is_nobody_s_to_tell(midwives: Desk) -> None:
    person = await midwives.person()
    await midwives.done("/overrides", ground_in(person, new_need(), "sul_43_2_2"))
    assert await midwives.to_do(person) == []


async def test_the_person_sees_that_it_was_told_by_law_and_by_which(midwives: Desk, keys: Keys) -> None:
    """R52."""
    login, need = f"login-{uuid4().hex}", new_need()
    person = await midwives.person(login=login)
    await midwives.done("/overrides", ground_in(person, need, "sul_43_2_1"))
    assert await midwives.reason(person, need) == "legal_ground"
    own = keys.party("consent", Role.CITIZEN, citizen=login)
    told = (await midwives.client.get("/my/disclosures", headers=own)).json()["disclosures"]
    assert [(each["subject"], each["told_to"], each["category"], each["allowed_by"]) for each in told] == [
        (person, FAMILY_HOUSE, "health", "Loven: SUL § 43, stk. 2, nr. 1")
    ]


async def test_a_unit_reads_what_it_decided_and_why_and_nobody_else_s(midwives: Desk, dbs: Databases) -> None:
    """R74: the reading is on the ledger, and the reasons are not."""
    visitors, person, need = midwives.at(VISITING), await midwives.person(), new_need()
    number = (await midwives.done("/overrides", ground_in(person, need, "sul_43_2_1")))["id"]
    await midwives.done(f"/overrides/{number}/informed", {"informed_at": moment()})
    await midwives.done(f"/overrides/{number}/revocation", {})
    answer = await midwives.get("/overrides", limit="200")
    (told,) = [each for each in await all_of(midwives, "/overrides") if each["id"] == number]
    assert (told["subject"], told["reason"], told["law"]) == (person, WHY, TERMS[Ground("sul_43_2_1")].law)
    assert (told["by_user"], told["need"], told["recipients"]) == ("user-1", need, [FAMILY_HOUSE])
    assert None not in (told["revoked_at"], told["informed_at"], told["not_informed_because"])
    entries = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert [each["kind"] for each in entries] == ["overrides_read"]
    assert number not in {each["id"] for each in await all_of(visitors, "/overrides")}


async def test_an_auditor_reads_every_unit_s_with_the_reasons_and_that_is_written_down(
    midwives: Desk, dbs: Databases, keys: Keys
) -> None:
    daycare, need = midwives.at(DAYCARE), new_need()
    numbers = {
        (await desk.done("/overrides", ground_in(await desk.person(), need, ground)))["id"]
        for desk, ground in ((midwives, "sul_41_2_1"), (daycare, "rsl_11_c"))
    }
    auditor = keys.party("consent", Role.AUDITOR)
    answer = await midwives.client.get("/audit/overrides", params={"limit": 1}, headers=auditor)
    seen = answer.json()["overrides"]
    while answer.json()["next"] is not None:
        params = {"limit": 500, "after": answer.json()["next"]}
        answer = await midwives.client.get("/audit/overrides", params=params, headers=auditor)
        seen += answer.json()["overrides"]
    assert len({each["id"] for each in seen}) == len(seen)
    told = {each["id"]: each["reason"] for each in seen if each["need"] == need}
    assert told == dict.fromkeys(numbers, WHY)
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert entry["actor"]["user"] == "user-1"


async def test_the_person_reads_what_may_be_told_without_a_yes_and_the_unit_tells_why(
    midwives: Desk, keys: Keys
) -> None:
    """R52: also what no one has used yet; of a child, who speaks for it reads it, till the address is protected."""
    login = f"login-{uuid4().hex}"
    mother = await midwives.person(login=login)
    child = await midwives.child(mother)
    for person in (mother, child):
        await midwives.done("/overrides", ground_in(person, new_need(), "sul_43_2_1"))
    own = keys.party("consent", Role.CITIZEN, citizen=login)

    async def subjects() -> list[str]:
        answer = await midwives.client.get("/my/overrides", headers=own)
        assert answer.status_code == 200, answer.text
        assert WHY not in answer.text
        assert {each["law"] for each in answer.json()["overrides"]} == {"SUL § 43, stk. 2, nr. 1"}
        return [each["subject"] for each in answer.json()["overrides"]]

    assert await subjects() == [mother, child]
    await midwives.done(f"/persons/{child}/protection", {"protected": True, "since": days(0)})
    assert await subjects() == [mother]
    stranger = keys.party("consent", Role.CITIZEN, citizen=f"login-{uuid4().hex}")
    assert (await midwives.client.get("/my/overrides", headers=stranger)).json() == {"overrides": []}


async def test_protection_revokes_what_tells_where_somebody_is_and_nothing_else(midwives: Desk, dbs: Databases) -> None:
    """R45."""
    person, other, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.done("/overrides", ground_in(person, need, categories=["contact", "network"]))
    await midwives.done("/overrides", ground_in(person, need))
    await midwives.done("/overrides", ground_in(other, need, categories=["contact"]))
    contact: dict[str, Any] = {"recipient": VISITING, "categories": ["contact"]}
    assert await midwives.reason(person, need, **contact) == "legal_ground"
    body = {"protected": True, "since": days(0)}
    answer = await midwives.post(f"/persons/{person}/protection", body)
    assert answer.status_code == 201
    entries = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert [each["kind"] for each in entries] == ["protection_recorded", "override_revoked"]
    ((_, message),) = await messages_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (message["kind"], message["need"], message["subject"]) == ("protection", need, person)
    assert await midwives.reason(person, need, **contact) == "no_consent"
    assert await midwives.reason(person, need, recipient=VISITING) == "legal_ground"
    assert await midwives.reason(other, need, **contact) == "legal_ground"
    await midwives.done(f"/persons/{person}/protection", body)


async def test_a_revocation_that_is_committed_counts_though_another_clock_was_ahead(
    midwives: Desk, dbs: Databases
) -> None:
    person, need = await midwives.person(), new_need()
    number = (await midwives.done("/overrides", ground_in(person, need)))["id"]
    sql = """INSERT INTO override_event (override_id, kind, at, by_unit, by_user, recorded_at, ledger_id)
             VALUES ($1::uuid, 'revoked', now() + interval '5 minutes', 'unit', 'user', now(), gen_random_uuid())"""
    await rows(dbs.app("consent"), sql, number)
    assert await midwives.reason(person, need, recipient=VISITING) == "no_consent"


async def all_of(desk: Desk, path: str) -> list[dict[str, Any]]:
    """Return every page of a unit's overrides."""
    page = await desk.told(path, limit="200")
    found = list(page["overrides"])
    while page["next"] is not None:
        page = await desk.told(path, limit="200", after=page["next"])
        found += page["overrides"]
    return found


async def test_the_same_post_twice_is_one_override(midwives: Desk, dbs: Databases) -> None:
    body, once = ground_in(await midwives.person(), new_need()), {"Idempotency-Key": str(uuid4())}
    answers = [await midwives.post("/overrides", body, **once) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert [each.headers.get("idempotency-replayed") for each in answers] == [None, "true"]
    sql = "SELECT 1 FROM legal_override WHERE need = $1::uuid"
    assert len(await rows(dbs.admin("consent"), sql, body["need"])) == 1
    other = body | {"reason": "Et andet."}
    assert_problem(await midwives.post("/overrides", other, **once), 409, "idempotency_conflict")


async def test_a_recipient_by_law_has_to_do_with_the_person_and_can_ask_them(midwives: Desk) -> None:
    person = await midwives.person()
    visitors = midwives.at(VISITING)
    assert_problem(await visitors.get(f"/persons/{person}"), 404)
    await midwives.done("/overrides", ground_in(person, new_need()))
    assert (await visitors.told(f"/persons/{person}"))["id"] == person


async def test_a_ground_recorded_about_either_record_of_one_person_carries_both_and_a_no_closes_both(
    midwives: Desk,
) -> None:
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.done("/overrides", ground_in(two, need))
    await midwives.done(f"/persons/{one}/merger", {"other": two, "reason": "Den samme."})
    assert await midwives.reason(one, need, recipient=VISITING) == "legal_ground"
    await midwives.no(one, need, recipients=[VISITING])
    assert await midwives.reason(two, need, recipient=VISITING) == "refused"
