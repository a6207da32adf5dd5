"""Is there a duty to report? Whoever writes to an authority is asked, the answer is kept, and it replaces no report."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Role
from tests.referral.deciding import World
from tests.support.story import Headers, Sent
from tests.support.town import (
    AUTHORITY,
    DECIDING_HOUSE,
    FAMILY_HOUSE,
    MIDWIFERY,
    VISITING,
    assert_problem,
    counted,
    entries_of,
    refused_once,
    rows,
    sealed,
)
from tests.support.wire import HOUR, NOW, referral_in

WORDS = "Zebraen har set det hele."
EARLIER = (NOW - HOUR).isoformat()
REPORTED = {"answer": "reported", "reported_at": EARLIER}
WILL_REPORT = {"answer": "will_report"}
NO_DUTY = {"answer": "no_duty", "reason": WORDS}
ANSWERS = (REPORTED, WILL_REPORT, NO_DUTY)


def concern(answer: dict[str, Any] | None) -> dict[str, Any]:
    """Return the two fields of somebody who is seriously concerned, and has answered so."""
    return {"serious_concern": True, **({} if answer is None else {"duty_to_report": answer})}


async def post(world: World, headers: Headers | None = None, **changes: Any) -> httpx.Response:
    """Post an ordinary referral to a house that decides, or what `changes` say."""
    body = referral_in(changes.pop("subject", str(uuid4())), **({"recipients": [DECIDING_HOUSE]} | changes))
    return await world.play.referral.post("/referrals", json=body, headers=world.play.sender() | (headers or {}))


async def state(world: World, number: str, body: Any, **headers: str) -> httpx.Response:
    """Answer anew."""
    path = f"/referrals/{number}/duty-to-report"
    return await world.play.referral.post(path, json=body, headers=world.play.sender() | headers)


async def stated(world: World, number: str) -> dict[str, Any]:
    """Return what the sender reads of its own answers."""
    answer = await world.play.referral.get(f"/referrals/{number}/duty-to-report", headers=world.play.sender())
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def reaching(world: World, answer: dict[str, Any] | None, **changes: Any) -> Sent:
    """Post a request with an answer that reaches the house that decides."""
    subject = str(uuid4())
    for road in ((MIDWIFERY, DECIDING_HOUSE), (DECIDING_HOUSE, MIDWIFERY)):
        world.consent.permit([(subject, kind) for kind in ("health", "own_wish", "course")], *road)
    told = (await post(world, subject=subject, **concern(answer), **changes)).json()
    return Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"])


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:check")
@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"kind": "authority_request", "recipients": [AUTHORITY]}, "serious_concern"),
        ({"kind": "referral", "recipients": [DECIDING_HOUSE]}, "serious_concern"),
        ({"kind": "bridging", "recipients": [FAMILY_HOUSE, AUTHORITY]}, "serious_concern"),
        ({"kind": "authority_request", "recipients": [AUTHORITY]} | concern(None), "duty_to_report"),
        ({"kind": "referral", "recipients": [FAMILY_HOUSE]} | concern(None), "duty_to_report"),
    ],
)
async def test_without_an_answer_the_sender_is_asked_and_nothing_is_kept_but_that_it_was(
    world: World, changes: dict[str, Any], lacks: str
) -> None:
    """R29, R31: the question names the provision and where a report is made."""
    need = str(uuid4())
    before = await counted(world.play.dbs.admin("referral"))
    answer = await post(world, need=need, **changes)
    told = assert_problem(answer, 422, "duty_to_report_unanswered")
    assert told["lacks"] == [lacks]
    assert set(told["questions"][lacks]) == {"da", "en"}
    assert "underretningspligt" in told["detail"]
    assert "duty to report" in told["title"]
    assert (told["provision"], told["rule"], told["report_at"]) == (
        "Barnets lov § 133", "R29", "/api/v1/concern-reports",
    )  # fmt: skip
    assert set(told["answers"]) == {"reported", "will_report", "no_duty"}
    assert await counted(world.play.dbs.admin("referral")) == refused_once(before)
    (entry,) = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["need"], entry["lacks"]) == ("duty_to_report_asked", need, [lacks])
    assert "Sover" not in json.dumps(entry)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": [FAMILY_HOUSE]},
        {"recipients": [FAMILY_HOUSE], "kind": "advice"},
        {"recipients": [DECIDING_HOUSE], "draft": True},
        {"recipients": [DECIDING_HOUSE], "serious_concern": False},
    ],
)
async def test_who_writes_to_no_authority_or_sends_nothing_yet_or_has_answered_is_not_asked(
    world: World, changes: dict[str, Any]
) -> None:
    assert (await post(world, **changes)).status_code == 201


async def test_a_consultation_about_nobody_is_not_asked_and_cannot_answer(world: World) -> None:
    body = {"kind": "sparring", "purpose": "early_support", "recipients": [AUTHORITY], "topic": "concern",
            "question": "Hvornår skal man underrette?"}  # fmt: skip
    asked = await world.play.referral.post("/referrals", json=body, headers=world.play.sender())
    assert asked.status_code == 201, asked.text
    said = await world.play.referral.post(
        "/referrals", json=body | {"serious_concern": False}, headers=world.play.sender()
    )
    assert assert_problem(said, 422, "kind_refused")["lacks"] == ["no_serious_concern"]
    later = await state(world, asked.json()["id"], {"serious_concern": False})
    assert assert_problem(later, 422, "kind_refused")["lacks"] == ["no_serious_concern"]


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:keep")
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: each["answer"])
async def test_whatever_is_answered_the_request_goes_out_and_the_answer_is_kept_without_its_words_on_the_ledger(
    world: World, answer: dict[str, Any]
) -> None:
    """R31: no answer holds the request back, and the ledger has its code alone."""
    number = str(uuid4())
    subject = str(uuid4())
    world.consent.permit([(subject, "health")], MIDWIFERY, DECIDING_HOUSE)
    posted = await post(world, {"X-Request-Id": number}, subject=subject, **concern(answer))
    assert (posted.status_code, posted.json()["tasks"][0]["state"]) == (201, "sent")
    kept = await stated(world, posted.json()["id"])
    stands = kept["stands"]
    assert (stands["serious_concern"], stands["answer"], kept["earlier"]) == (True, answer["answer"], [])
    assert (stands["reason"], stands["reported_at"] is None) == (answer.get("reason"), "reported_at" not in answer)
    entries = await entries_of(world.play.dbs.admin("referral"), number)
    (entry,) = [each for each in entries if each["kind"] == "duty_to_report_answered"]
    assert (entry["id"], entry["referral"], entry["answer"]) == (stands["id"], posted.json()["id"], answer["answer"])
    assert entry["actor"] == {"unit": MIDWIFERY, "user": "midwife-1"}
    assert "Zebra" not in json.dumps(entries)


def every_null(told: dict[str, Any]) -> Iterator[str]:
    """Return the fields of the duty to report that tell something."""
    return (name for name in ("serious_concern", "duty_to_report", "duty_to_report_name") if told[name] is not None)


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:standing")
async def test_neither_the_answer_nor_its_words_are_ever_shown_to_the_recipient_or_the_family(world: World) -> None:
    """R31: it is between the sender and the law; the auditor sees its code."""
    sent = await reaching(world, NO_DUTY)
    house = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=DECIDING_HOUSE)
    assert (await world.play.read(sent.referral, house)).status_code == 200
    assert (await state(world, sent.referral, concern(WILL_REPORT))).status_code == 201
    world.consent.speaks("thilde", sent.subject)
    family = world.play.keys.party("referral", Role.CITIZEN, citizen="thilde", user="user-thilde")
    for headers, paths in (
        (house, ("/referrals/{r}", "/referrals/{r}/print", "/tasks", "/tasks/{t}/messages", "/events", "/referrals")),
        (family, ("/my/referrals", "/my/referrals/{r}", "/my/events")),
    ):
        for path in paths:
            told = await world.play.referral.get(path.format(r=sent.referral, t=sent.task), headers=headers)
            assert told.status_code == 200, (path, told.text)
            for word in ("Zebra", "will_report", "no_duty", "underret"):
                assert word not in told.text, path
    theirs, mine = [(await world.play.read(sent.referral, who)).json() for who in (house, world.play.sender())]
    assert list(every_null(theirs)) == []
    assert theirs["notices"] == []
    assert len(list(every_null(mine))) == 3
    assert "Zebra" not in json.dumps(mine), "the words have an address of their own"
    hidden = await world.play.referral.get(f"/referrals/{sent.referral}/duty-to-report", headers=house)
    nowhere = await world.play.referral.get(f"/referrals/{uuid4()}/duty-to-report", headers=house)
    same = [assert_problem(each, 404, "not_there") | {"instance": ""} for each in (hidden, nowhere)]
    assert same[0] == same[1]


@pytest.mark.rule("R31", enforced_by="services.referral.domain.duty:notices")
async def test_who_will_report_is_told_so_wherever_it_looks_until_it_has_reported(world: World) -> None:
    """R31: the request has not taken the place of the report."""
    said = "Du har svaret, at du vil underrette"
    posted = await post(world, **concern(WILL_REPORT))
    number = posted.json()["id"]

    async def told() -> tuple[bool, list[str], bool]:
        read = (await world.play.read(number, world.play.sender())).json()
        params = {"duty_to_report": "will_report", "need": read["need"]}
        listed = await world.play.referral.get("/referrals", params=params, headers=world.play.sender())
        own = (await stated(world, number))["notices"]
        found = [each["duty_to_report"] for each in listed.json()["referrals"]]
        return any(each.startswith(said) for each in read["notices"]), found, bool(own)

    assert posted.json()["notices"][-1].startswith(said)
    assert await told() == (True, ["will_report"], True)
    taken_back = await world.play.referral.post(f"/referrals/{number}/withdrawal", json={}, headers=world.play.sender())
    assert taken_back.json()["notices"][-1].startswith(said), "the duty does not end with the request"
    assert (await state(world, number, concern(REPORTED))).status_code == 201
    assert await told() == (False, [], False)
    kept = await stated(world, number)
    assert [each["answer"] for each in (*kept["earlier"], kept["stands"])] == ["will_report", "reported"]


@pytest.mark.rule("R31", enforced_by="services.referral.actions.stating:answer")
async def test_an_answer_makes_sends_and_stops_nothing(world: World) -> None:
    """R31: no event, no message, no decision asked of consent, no task moved; not even consent need be up."""
    sent = await reaching(world, WILL_REPORT)
    asked = len(world.consent.asked)
    admin = world.play.dbs.admin("referral")
    before, tasks = await counted(admin), await rows(admin, "SELECT * FROM task ORDER BY id")
    world.consent.down_for = frozenset({"read", "hear", "check", "send"})
    assert (await state(world, sent.referral, concern(REPORTED))).status_code == 201
    after = await counted(admin)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"duty_answer", "ledger_entry"}
    assert await rows(admin, "SELECT * FROM task ORDER BY id") == tasks
    assert len(world.consent.asked) == asked
    assert not hasattr(world.play.app.state, "concern")


async def test_what_was_answered_is_kept_with_the_request_when_consent_is_down(world: World) -> None:
    world.consent.down_for = frozenset({"send"})
    answer = await post(world, **concern(NO_DUTY))
    kept = assert_problem(answer, 503, "unavailable")["kept"]
    assert (await stated(world, kept.rsplit("/", 1)[1]))["stands"]["reason"] == WORDS


async def test_concern_is_not_unsaid_later_and_the_attempt_is_on_the_ledger(world: World) -> None:
    posted = await post(world, serious_concern=False)
    number = posted.json()["id"]
    assert (await state(world, number, {"serious_concern": False})).status_code == 201
    assert (await state(world, number, concern(WILL_REPORT))).status_code == 201, "concern may come later"
    answer = await state(world, number, {"serious_concern": False})
    assert_problem(answer, 409, "concern_stands")
    (entry,) = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["referral"]) == ("duty_to_report_refused", number)
    assert (await state(world, number, concern(NO_DUTY))).status_code == 201
    assert len((await stated(world, number))["earlier"]) == 3


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:must_be_answered")
async def test_a_draft_is_asked_when_it_is_sent_and_goes_out_once_it_has_answered(world: World) -> None:
    """R31: a draft reaches nobody, and is asked before it does."""
    number = (await post(world, draft=True)).json()["id"]
    path = f"/referrals/{number}/sending"
    refused = await world.play.referral.post(path, json={}, headers=world.play.sender())
    assert assert_problem(refused, 422, "duty_to_report_unanswered")["lacks"] == ["serious_concern"]
    (entry,) = await entries_of(world.play.dbs.admin("referral"), refused.headers["x-request-id"])
    assert (entry["kind"], entry["referral"]) == ("duty_to_report_asked", number)
    assert (await world.play.read(number, world.play.sender())).json()["tasks"][0]["state"] == "draft"
    assert (await state(world, number, {"serious_concern": False})).status_code == 201
    assert (await world.play.referral.post(path, json={}, headers=world.play.sender())).status_code == 201


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:must_be_answered")
async def test_an_authority_that_is_added_later_is_asked_about_then(world: World) -> None:
    """R31: the question follows the authority, whenever that comes in."""
    number = (await post(world, recipients=[FAMILY_HOUSE])).json()["id"]
    path = f"/referrals/{number}/recipients"
    for unit, status in ((VISITING, 201), (DECIDING_HOUSE, 422)):
        added = await world.play.referral.post(path, json={"recipients": [unit]}, headers=world.play.sender())
        assert added.status_code == status, added.text
    assert_problem(added, 422, "duty_to_report_unanswered")
    assert (await state(world, number, concern(REPORTED))).status_code == 201
    added = await world.play.referral.post(path, json={"recipients": [DECIDING_HOUSE]}, headers=world.play.sender())
    assert added.status_code == 201


@pytest.mark.rule("R31", enforced_by="services.referral.actions.duty:must_be_answered")
async def test_an_authority_that_is_proposed_instead_is_asked_about_before_the_task_is_passed_on(world: World) -> None:
    """R31: the same, where it is the recipient who points to one."""
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject)
    read = await world.play.read(sent.referral, world.play.recipient())
    world.consent.permit([(subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    proposed = await world.play.referral.post(
        f"/tasks/{sent.task}/proposal", json={"proposed": {"unit": DECIDING_HOUSE}},
        headers=world.play.recipient() | {"If-Match": read.headers["etag"]},
    )  # fmt: skip
    version = {"If-Match": proposed.headers["etag"]}
    path = f"/tasks/{sent.task}/proposal/agreement"
    refused = await world.play.referral.post(path, json={}, headers=world.play.sender() | version)
    assert_problem(refused, 422, "duty_to_report_unanswered")
    assert (await world.task(sent))["state"] == "redirect_proposed"
    assert (await state(world, sent.referral, {"serious_concern": False})).status_code == 201
    agreed = await world.play.referral.post(path, json={}, headers=world.play.sender() | version)
    assert agreed.status_code == 201, agreed.text


async def test_the_same_post_twice_is_one_answer_and_another_content_is_a_conflict(world: World) -> None:
    once = {"Idempotency-Key": str(uuid4())}
    body = {"subject": str(uuid4()), **concern(WILL_REPORT)}
    first, again = [await post(world, once, **body) for _ in range(2)]
    number = first.json()["id"]
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (number, "true")
    assert (await stated(world, number))["earlier"] == []
    assert_problem(await post(world, once, **body | concern(NO_DUTY)), 409, "idempotency_conflict")
    later = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*[state(world, number, concern(REPORTED), **later) for _ in range(8)])
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert len((await stated(world, number))["earlier"]) == 1
    assert_problem(await state(world, number, concern(NO_DUTY), **later), 409, "idempotency_conflict")


async def test_anothers_request_is_not_there_to_answer_for_and_nothing_is_kept(world: World) -> None:
    sent = await reaching(world, NO_DUTY)
    for unit in (DECIDING_HOUSE, VISITING):
        headers = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=unit)
        path = f"/referrals/{sent.referral}/duty-to-report"
        answer = await world.play.referral.post(path, json=concern(REPORTED), headers=headers)
        assert_problem(answer, 404, "not_there")
        (entry,) = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["actor"]["unit"]) == ("access_refused", unit)
    assert (await stated(world, sent.referral))["earlier"] == []


OFF: list[Any] = ["true", 1, 0, "", [], {}]
UNKNOWN: list[Any] = ["Zebra", "", None, 1, [], "REPORTED"]
NO_OBJECT: list[Any] = ["Zebra", [], {}, 1]
NO_MOMENT: list[Any] = [None, "Zebra", 1, "2026-11-22T09:30:00", "2026-11-22", "1500-01-01T00:00:00Z", []]
NO_WORDS: list[Any] = [None, "", "  ", 1, [], "Zebra\x00", "Zebra\u202e", "Zebra" * 4001]
BAD: list[tuple[str, dict[str, Any]]] = [
    *(("malformed", {"serious_concern": each}) for each in OFF),
    ("malformed", {"serious_concern": False, "duty_to_report": WILL_REPORT}),
    ("malformed", {"serious_concern": None, "duty_to_report": WILL_REPORT}),
    *(("malformed", concern({"answer": each})) for each in UNKNOWN),
    *(("malformed", {"serious_concern": True, "duty_to_report": each}) for each in NO_OBJECT),
    *(("malformed", concern(REPORTED | {"reported_at": each})) for each in NO_MOMENT),
    *(("malformed", concern(NO_DUTY | {"reason": each})) for each in NO_WORDS),
    ("malformed", concern(WILL_REPORT | {"reason": WORDS})),
    ("malformed", concern(WILL_REPORT | {"reported_at": EARLIER})),
    ("malformed", concern(REPORTED | {"reason": WORDS})),
    ("malformed", concern(NO_DUTY | {"reported_at": EARLIER})),
    ("malformed", concern(WILL_REPORT | {"zebra": WORDS})),
    ("cpr_refused", concern(NO_DUTY | {"reason": "Zebra 610190-1234"})),
    ("wrong_day", concern(REPORTED | {"reported_at": (NOW + 24 * HOUR).isoformat()})),
]


async def test_bad_input_in_any_field_is_refused_kept_nowhere_and_not_repeated(world: World) -> None:
    """That no log repeats it is shown in test_bad_input.py, on the service as a process of its own."""
    number = (await post(world, serious_concern=False)).json()["id"]
    before = await counted(world.play.dbs.admin("referral"))
    for code, body in BAD:
        for answer in (await state(world, number, body), await post(world, **body)):
            told = assert_problem(answer, 422, code)
            assert "zebra" not in json.dumps(told).lower(), body
            assert "610190" not in answer.text
    empty: list[Any] = [{}, [], None, "x"]
    for body in empty:
        assert_problem(await state(world, number, body), 422, "malformed")
    assert await counted(world.play.dbs.admin("referral")) == before


async def test_the_auditor_finds_every_answer_by_codes_and_what_is_not_reported_yet(world: World) -> None:
    done, waiting = [(await post(world, **concern(WILL_REPORT))).json()["id"] for _ in range(2)]
    assert (await state(world, done, concern(NO_DUTY))).status_code == 201
    await sealed(world.play.dbs, world.play.keys, "referral")
    auditor = world.play.keys.party("referral", Role.AUDITOR)

    async def found(**params: Any) -> list[dict[str, Any]]:
        answer = await world.play.referral.get("/audit/duty-answers", params=params, headers=auditor)
        assert answer.status_code == 200, answer.text
        assert "Zebra" not in answer.text
        (entry,) = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["what"]) == ("audit_read", "duty_answers")
        told: list[dict[str, Any]] = answer.json()["answers"]
        return told

    told = await found(referral=done)
    assert [(each["answer"], each["stands"]) for each in told] == [("will_report", False), ("no_duty", True)]
    (leaf,) = await rows(
        world.play.dbs.admin("referral"), "SELECT entry_id FROM ledger_leaf WHERE seq = $1", told[0]["place"]
    )
    assert leaf["entry_id"] == UUID(told[0]["ledger_id"])
    assert (told[0]["unit"], told[0]["user"]) == (MIDWIFERY, "midwife-1")
    still = await found(answer="will_report", standing="true", limit=500)
    assert waiting in {each["referral"] for each in still}
    assert done not in {each["referral"] for each in still}
    page = await world.play.referral.get("/audit/duty-answers", params={"referral": done, "limit": 1}, headers=auditor)
    assert [each["answer"] for each in await found(referral=done, after=page.json()["next"])] == ["no_duty"]
