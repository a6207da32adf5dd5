"""An attachment goes through the same gate as words: to whom, of what kind, at this moment."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.actions.attaching import Files
from services.referral.domain.attachments import MOST_OF_ONE_AUTHOR
from services.referral.examining import Examiner
from shared.auth import Role
from tests.referral.attached import (
    DOCUMENT,
    NAME,
    attached,
    attachment_in,
    bring,
    carry,
    contents,
    declare,
    declared,
    fetch,
    numbered,
)
from tests.referral.deciding import World
from tests.support import filed
from tests.support.bad_input import CHOICES, IDS, MARKER, TEXTS, spoilt
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, JOBCENTER, MIDWIFERY, VISITING, assert_problem, entries_of, rows

PERSON = str(UUID(int=1))
WISH, HEALTH, NETWORK = (PERSON, "own_wish"), (PERSON, "health"), (PERSON, "network")
BODY = attachment_in(Sent(PERSON, "", "", "", ""))
NAMES = {name: value for name, value in TEXTS.items() if "long" not in name} | {"a name too long": "x" * 150 + ".pdf"}
SIZES: dict[str, Any] = {
    "nothing": 0,
    "less": -1,
    "a text": "7",
    "half": 1.5,
    "true": True,
    "huge": 2**40,
    "none": None,
}


@pytest.fixture
async def sent(world: World) -> Sent:
    """A referral about one person that its recipient has read; own words and health may be told."""
    posted = await world.posted(WISH, HEALTH, subject=PERSON)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    return posted


async def seen_by_recipient(world: World, sent: Sent) -> dict[str, Any]:
    told: dict[str, Any] = (await world.play.read(sent.referral, world.play.recipient())).json()
    return told


async def test_a_file_on_the_request_reaches_its_recipient_as_a_piece(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    (piece,) = [each for each in (await seen_by_recipient(world, sent))["information"] if each["attachment"]]
    assert (piece["attachment"], piece["text"], piece["category"]) == (number, NAME, "health")
    got = await fetch(world, number, world.play.recipient())
    assert (got.status_code, got.content) == (200, DOCUMENT)
    heard, _ = await world.heard(sent)
    assert heard[-1] == "attachment"


async def test_a_file_is_handed_over_so_that_it_can_do_nothing(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    headers = (await fetch(world, number, world.play.recipient())).headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''Udtalelse%20om%20Thildes%20s%C3%B8vn.pdf"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


async def test_a_recipients_file_stands_in_its_thread_and_the_sender_hears_of_it(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.recipient(), task=sent.task)
    assert_problem(await fetch(world, number, world.play.sender()), 404, "not_there")
    world.consent.permit([HEALTH], FAMILY_HOUSE, MIDWIFERY)
    (message,) = (await world.play.read(sent.referral, world.play.sender())).json()["dialogue"]
    assert (message["kind"], [each["attachment"] for each in message["information"]]) == ("attachment", [number])
    assert (await fetch(world, number, world.play.sender())).content == DOCUMENT
    assert (await world.heard(sent))[1][-1] == "attachment"
    assert (await world.task(sent))["state"] == "received"


async def test_a_kind_that_consent_does_not_name_keeps_file_and_name_from_the_recipient(
    world: World, sent: Sent
) -> None:
    number = await attached(world, sent, world.play.sender(), category="network")
    answer = await world.play.read(sent.referral, world.play.recipient())
    assert "network" in [each["category"] for each in answer.json()["withheld"]]
    asked, request = numbered(world.play.recipient())
    refused = await fetch(world, number, asked)
    assert_problem(refused, 404, "not_there")
    facts = await world.play.referral.get(f"/attachments/{number}", headers=world.play.recipient())
    assert_problem(facts, 404, "not_there")
    assert not [each for each in (answer, refused, facts) if NAME in each.text or number in each.text]
    (entry,) = await entries_of(world.play.dbs.admin("referral"), request)
    assert (entry["kind"], entry["referral"], entry["need"]) == ("access_refused", number, sent.need)
    assert (await fetch(world, number, world.play.sender())).status_code == 200


async def test_a_withdrawn_consent_closes_a_file_in_the_same_moment(world: World, sent: Sent) -> None:
    """R23: from then on nothing more is told, a file no more than words."""
    number = await attached(world, sent, world.play.sender())
    assert (await fetch(world, number, world.play.recipient())).status_code == 200
    world.consent.permit([WISH])
    assert_problem(await fetch(world, number, world.play.recipient()), 404, "not_there")
    seen = await seen_by_recipient(world, sent)
    assert number not in str(seen)
    assert [each["category"] for each in seen["withheld"]] == ["health"]


async def test_a_file_is_not_fetched_while_consent_is_down(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    world.consent.down_for = frozenset({"read"})
    answer = await fetch(world, number, world.play.recipient())
    assert_problem(answer, 503, "unavailable")
    assert DOCUMENT not in answer.content
    assert (await fetch(world, number, world.play.sender())).status_code == 200


async def test_consent_is_asked_about_the_file_alone_at_each_fetching_and_the_ledger_tells(
    world: World, sent: Sent
) -> None:
    number = await attached(world, sent, world.play.sender())
    world.consent.asked.clear()
    asked, request = numbered(world.play.recipient())
    assert (await fetch(world, number, asked)).status_code == 200
    (question,) = world.consent.asked
    assert (question.occasion, [set(each.categories) for each in question.questions]) == ("read", [{"health"}])
    (entry,) = await entries_of(world.play.dbs.admin("referral"), request)
    assert (entry["kind"], entry["attachment"]) == ("attachment_read", number)
    assert entry["decision"]
    assert NAME not in str(entry)


async def test_neither_name_nor_content_is_in_any_ledger_entry_event_or_message(world: World, sent: Sent) -> None:
    asked, request = numbered(world.play.sender())
    number = await declared(world, sent, asked)
    await bring(world, number, asked)
    entries = await entries_of(world.play.dbs.admin("referral"), request)
    assert [each["kind"] for each in entries] == ["attachment_declared", "attachment_kept", "attachment_told"]
    sql = "SELECT payload::text AS payload FROM outbox WHERE request_id = $1::uuid"
    told = await rows(world.play.dbs.admin("referral"), sql, UUID(request))
    assert "Thilde" not in str(entries) + str([row["payload"] for row in told])


async def test_another_unit_can_neither_bring_nor_fetch_nor_ask(world: World, sent: Sent) -> None:
    number = await declared(world, sent, world.play.sender())
    for unit in (VISITING, JOBCENTER, FAMILY_HOUSE):
        stranger = world.play.recipient(unit)
        brought = await bring(world, number, stranger)
        asked = await world.play.referral.get(f"/attachments/{number}", headers=stranger)
        nowhere = await fetch(world, str(uuid4()), stranger)
        for answer in (brought, asked, await fetch(world, number, stranger), nowhere):
            assert_problem(answer, 404, "not_there")
    assert (await bring(world, number, world.play.sender())).status_code == 200


async def test_a_unit_that_is_no_party_attaches_nothing(world: World, sent: Sent) -> None:
    asked, request = numbered(world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=JOBCENTER))
    assert_problem(await declare(world, sent, asked), 404, "not_there")
    assert_problem(await declare(world, sent, asked, task=sent.task), 404, "not_there")
    assert_problem(await declare(world, sent, asked, task=str(uuid4())), 404, "not_there")
    entries = await entries_of(world.play.dbs.admin("referral"), request)
    assert [each["kind"] for each in entries] == ["access_refused"] * 3


async def test_content_comes_once(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    again = await bring(world, number, world.play.sender(), filed.document(pages=2))
    told = assert_problem(again, 409, "wrong_state")
    assert (told["state"], told["allowed"]) == ("clean", [])
    assert (await fetch(world, number, world.play.sender())).content == DOCUMENT


async def test_nobody_but_its_author_knows_of_a_file_that_has_not_come(world: World, sent: Sent) -> None:
    number = await declared(world, sent, world.play.sender())
    assert number not in str(await seen_by_recipient(world, sent))
    assert (await world.heard(sent))[0][-1] != "attachment"
    assert_problem(await fetch(world, number, world.play.sender()), 409, "wrong_state")
    facts = await world.play.referral.get(f"/attachments/{number}", headers=world.play.sender())
    assert (facts.json()["state"], facts.json()["name"]) == ("awaiting_content", NAME)


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b"MZ\x90\x00" + bytes(400), "application/pdf", "not_what_it_says"),
        (filed.document(filed.acting("/JavaScript")), "application/pdf", "active_content"),
        (filed.document(filed.locked), "application/pdf", "locked"),
        (filed.picture(size=(9000, 9000), mode="1"), "image/png", "too_much_inside"),
        (filed.located(), "image/jpeg", "tells_where"),
    ],
)
async def test_a_bad_file_is_refused_told_why_and_not_kept(
    world: World, sent: Sent, content: bytes, kind: str, why: str
) -> None:
    name = {"application/pdf": "brev.pdf", "image/png": "brev.png", "image/jpeg": "brev.jpg"}[kind]
    asked, request = numbered(world.play.sender())
    number = await declared(world, sent, world.play.sender(), content=content, name=name, media_type=kind)
    told = assert_problem(await bring(world, number, asked, content), 422, "attachment_refused")
    assert told["why"] == why
    assert told["said"]
    (entry,) = await entries_of(world.play.dbs.admin("referral"), request)
    assert (entry["kind"], entry["why"]) == ("attachment_refused", why)
    assert await contents(world, number) == 0
    assert_problem(await bring(world, number, world.play.sender(), content), 409, "wrong_state")
    assert number not in str(await seen_by_recipient(world, sent))
    facts = (await world.play.referral.get(f"/attachments/{number}", headers=world.play.sender())).json()
    assert (facts["state"], facts["why"], facts["said"]) == ("refused", why, told["said"])


@pytest.mark.parametrize("content", [DOCUMENT[:-1], DOCUMENT + b" ", b""])
async def test_a_file_of_another_size_than_was_said_is_refused_and_may_come_again(
    world: World, sent: Sent, content: bytes
) -> None:
    number = await declared(world, sent, world.play.sender())
    told = assert_problem(await bring(world, number, world.play.sender(), content), 422, "attachment_refused")
    assert told["why"] == "size_differs"
    assert (await bring(world, number, world.play.sender())).status_code == 200


async def test_a_file_may_be_larger_than_other_bodies_but_not_than_the_largest(world: World, sent: Sent) -> None:
    noise = filed.picture(size=(1, 1)) + bytes(400_000)
    number = await declared(world, sent, world.play.sender(), content=noise, name="a.png", media_type="image/png")
    told = assert_problem(await bring(world, number, world.play.sender(), noise), 422, "attachment_refused")
    assert told["why"] == "more_behind"
    assert_problem(await declare(world, sent, world.play.sender(), size=10_000_001), 413, "too_large")
    number = await declared(world, sent, world.play.sender())
    assert_problem(await bring(world, number, world.play.sender(), bytes(10_000_001)), 413, "too_large")
    assert (await bring(world, number, world.play.sender())).status_code == 200


async def test_how_large_a_file_may_be_is_a_setting(world: World, sent: Sent) -> None:
    world.play.app.state.files = Files(Examiner(), scans=False, largest=len(DOCUMENT))
    assert (await declare(world, sent, world.play.sender())).status_code == 201
    assert_problem(await declare(world, sent, world.play.sender(), size=len(DOCUMENT) + 1), 413, "too_large")


@pytest.mark.parametrize("place", ["subject", "category", "name", "media_type", "size", "task"])
async def test_no_field_takes_what_it_should_not_and_none_is_repeated(world: World, sent: Sent, place: str) -> None:
    values: dict[str, dict[str, Any]] = {
        "subject": dict(IDS), "category": dict(CHOICES), "name": dict(NAMES), "media_type": dict(CHOICES),
        "size": SIZES, "task": {name: value for name, value in IDS.items() if value is not None},
    }  # fmt: skip
    tried = 0
    for one in spoilt(BODY | {"task": sent.task}, place, values[place]):
        answer = await world.play.referral.post(
            f"/referrals/{sent.referral}/attachments", content=json.dumps(one.body),
            headers=world.play.sender() | {"Content-Type": "application/json"},
        )  # fmt: skip
        assert_problem(answer, 422)
        assert MARKER not in answer.text
        tried += 1
    assert tried >= 4


@pytest.mark.parametrize(
    "name", ["program.exe", "brev.png", "../brev.pdf", " hemmelig.pdf", "brev\u2067fdp.exe\u2069.pdf"]
)
async def test_a_name_that_does_not_fit_its_kind_is_refused(world: World, sent: Sent, name: str) -> None:
    told = assert_problem(await declare(world, sent, world.play.sender(), name=name), 422, "attachment_refused")
    assert told["why"] == "name_differs"
    assert name not in str(told)


async def test_a_personal_number_in_a_name_is_refused(world: World, sent: Sent) -> None:
    answer = await declare(world, sent, world.play.sender(), name="Udtalelse 610190-1234.pdf")
    assert_problem(answer, 422, "cpr_refused")
    assert "610190" not in answer.text


async def test_a_file_is_about_those_the_request_is_about(world: World, sent: Sent) -> None:
    for more in ({}, {"task": sent.task}):
        answer = await declare(world, sent, world.play.sender(), subject=str(uuid4()), **more)
        assert_problem(answer, 422 if not more else answer.status_code, "unknown_subject")


async def test_a_recipient_says_which_task_its_file_belongs_to(world: World, sent: Sent) -> None:
    told = assert_problem(await declare(world, sent, world.play.recipient()), 422, "attachment_refused")
    assert told["why"] == "task_missing"


async def test_nothing_is_attached_to_a_thread_that_has_ended(world: World, sent: Sent) -> None:
    number = await declared(world, sent, world.play.recipient(), task=sent.task)
    assert (await world.play.decline(sent.task, 2)).status_code == 200
    assert_problem(await declare(world, sent, world.play.recipient(), task=sent.task), 409, "wrong_state")
    assert_problem(await bring(world, number, world.play.recipient()), 409, "wrong_state")
    assert await contents(world, number) == 0


async def test_a_request_that_was_taken_back_gives_its_files_to_its_sender_alone(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    withdrawal = f"/referrals/{sent.referral}/withdrawal"
    assert (await world.play.referral.post(withdrawal, json={}, headers=world.play.sender())).status_code == 201
    assert_problem(await fetch(world, number, world.play.recipient()), 404, "not_there")
    assert (await fetch(world, number, world.play.sender())).status_code == 200


async def test_nothing_is_attached_to_a_consultation_about_nobody(world: World) -> None:
    """R36: no identity is stored, and a file may hold one."""
    body = {"kind": "sparring", "purpose": "early_support", "recipients": [FAMILY_HOUSE], "topic": "other",
            "question": "Hvordan taler man om søvn?"}  # fmt: skip
    posted = await world.play.referral.post("/referrals", json=body, headers=world.play.sender())
    told = posted.json()
    anonymous = Sent(PERSON, told["need"], "", told["id"], told["tasks"][0]["id"])
    for more in ({}, {"task": anonymous.task}):
        answer = await declare(world, anonymous, world.play.sender(), **more)
        assert assert_problem(answer, 422, "kind_refused")["lacks"] == ["no_person"]


async def test_an_author_has_a_bounded_number_of_files_in_a_request_and_takes_nobody_elses_room(
    world: World, sent: Sent
) -> None:
    for _ in range(MOST_OF_ONE_AUTHOR):
        await declared(world, sent, world.play.sender())
    told = assert_problem(await declare(world, sent, world.play.sender()), 422, "attachment_refused")
    assert told["why"] == "too_many"
    await declared(world, sent, world.play.recipient(), task=sent.task)


async def test_the_same_declaration_twice_is_one(world: World, sent: Sent) -> None:
    once = world.play.sender() | {"Idempotency-Key": str(uuid4())}
    first, second = await declare(world, sent, once), await declare(world, sent, once)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotency-replayed"] == "true"
    assert_problem(await declare(world, sent, once, name="en anden.pdf"), 409, "idempotency_conflict")


async def test_a_file_more_is_no_narrowing_and_the_sender_sees_what_each_recipient_misses(
    world: World, sent: Sent
) -> None:
    """Consent's news that less may be told would be false: the file was never told."""
    await attached(world, sent, world.play.sender(), category="network")
    await carry(world)
    assert [each["category"] for each in (await world.task(sent))["missing"]] == ["network"]
    await world.hear(sent)
    assert world.consent.endings_of(sent.referral) == []
    assert "consent_changed" not in (await world.heard(sent))[0]


async def test_a_request_that_waits_goes_out_when_its_file_is_what_may_be_told(world: World) -> None:
    waits = await world.posted(subject=PERSON)
    assert (await world.task(waits))["state"] == "awaiting_consent"
    world.consent.permit([NETWORK])
    number = await attached(world, waits, world.play.sender(), category="network")
    await carry(world)
    assert (await world.task(waits))["state"] == "sent"
    assert (await fetch(world, number, world.play.recipient())).status_code == 200


async def test_a_file_kept_whole_is_found_by_another_process(world: World, sent: Sent) -> None:
    """Declared, then the process dies; brought to the next one. Nothing of it lived in memory."""
    number = await declared(world, sent, world.play.sender())
    world.play.app.state.files = Files(Examiner(), scans=False, largest=10_000_000)
    assert (await bring(world, number, world.play.sender())).status_code == 200
    digest = "SELECT digest = sha256(content) AS whole FROM attachment_content WHERE attachment_id = $1"
    (row,) = await rows(world.play.dbs.admin("referral"), digest, UUID(number))
    assert row["whole"]


async def test_what_was_declared_and_kept_cannot_be_changed_by_the_service(world: World, sent: Sent) -> None:
    number = UUID(await attached(world, sent, world.play.sender()))
    for sql in (
        "UPDATE attachment SET name = 'x' WHERE id = $1",
        "DELETE FROM attachment WHERE id = $1",
        "UPDATE attachment_content SET content = '' WHERE attachment_id = $1",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await rows(world.play.dbs.app("referral"), sql, number)
