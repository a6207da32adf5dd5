"""Webhooks over real sockets: what is told when, in which order, again and again, and never more than the feed."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.referral.actions.sending import follow, serve
from shared.contracts import UnitOut
from shared.vocabulary import Occasion
from tests.conftest import Databases
from tests.referral.deciding import World
from tests.referral.hooked import Hooked, hooked
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, entries_of, rows

WAITS = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


@pytest.fixture
async def hook(dbs: Databases, keys: Keys, world: World) -> AsyncIterator[Hooked]:
    """A receiver, and the service that tells it."""
    async with hooked(dbs, keys, world) as lent:
        yield lent


async def test_what_happens_is_told_signed_with_ids_and_a_code_only(hook: Hooked) -> None:
    made = await hook.make()
    sent = await hook.sent()
    await hook.carry(made)
    ((headers, body),) = hook.receiver.came
    told = Webhook(made["secret"]).verify(body, headers)
    (event,) = await hook.world.play.events(hook.midwives(), sent.referral)
    assert told == {
        "type": "sent", "timestamp": told["timestamp"],
        "data": {"event": event["id"], "referral": sent.referral, "task": sent.task},
    }  # fmt: skip
    assert headers["webhook-id"] == event["id"]
    assert sent.subject.encode() not in body
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)
    await hook.carry(made)
    assert len(hook.receiver.came) == 1
    (delivery,) = await hook.deliveries(made)
    assert (delivery["status"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 204)


async def test_what_was_before_is_not_sent_but_can_be_asked_for(hook: Hooked) -> None:
    before = await hook.sent()
    made = await hook.make()
    await hook.carry(made)
    assert hook.receiver.came == []
    ids = [each["id"] for each in await hook.world.play.events(hook.midwives(), before.referral)]
    number = {"X-Request-Id": str(uuid4())}
    answer = await hook.ask(
        "POST", f"/webhooks/{made['id']}/replay", hook.midwives() | number, json={"deliveries": [*ids, str(uuid4())]}
    )
    assert (answer.status_code, answer.json()["id"]) == (202, made["id"])
    await hook.carry(made)
    assert hook.receiver.types(before.referral) == ["sent"]
    (entry,) = await entries_of(hook.world.play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["many"], entry["webhook"]) == ("webhook_replayed", 1, made["id"])


async def test_nobody_replays_what_another_unit_hears(hook: Hooked) -> None:
    made, sent = await hook.make(), await hook.sent()
    others = [each["id"] for each in await hook.world.play.events(hook.house(), sent.referral)]
    assert others
    answer = await hook.ask("POST", f"/webhooks/{made['id']}/replay", json={"deliveries": others})
    assert (answer.status_code, await hook.deliveries(made)) == (202, [])


async def test_consent_withdrawn_between_event_and_delivery_is_told_as_withheld(hook: Hooked) -> None:
    made, sent = await hook.make(), await hook.sent()
    await hook.read(sent)
    await hook.accept(sent)
    await follow(hook.post)
    hook.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    hook.world.consent.asked.clear()
    for _ in range(3):
        await hook.carry(made)
    assert hook.receiver.types(sent.referral) == ["sent", "received", "withheld"]
    asked = [each for each in hook.world.consent.asked if each.occasion is Occasion.DELIVER]
    assert {(each.unit, each.referral) for each in asked} == {(MIDWIFERY, UUID(sent.referral))}
    assert b"accepted" not in b"".join(body for _, body in hook.receiver.came)
    feed = await hook.world.play.events(hook.midwives(), sent.referral)
    assert [each["kind"] for each in feed] == ["sent", "received", None]


async def test_it_is_asked_anew_at_each_attempt(hook: Hooked) -> None:
    """The first attempt fails; by the second the yes has been taken back."""
    made, sent = await hook.make(), await hook.sent()
    await hook.read(sent)
    await hook.carry(made)
    await hook.accept(sent)
    hook.receiver.status = lambda _: 500
    await hook.carry(made)
    hook.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    hook.receiver.status = lambda _: 204
    hook.clock.on(seconds=6)
    await hook.carry(made)
    assert hook.receiver.types(sent.referral) == ["sent", "received", "accepted", "withheld"]
    numbers = [headers["webhook-id"] for headers, _ in hook.receiver.came]
    assert numbers[2] == numbers[3]


async def test_while_consent_is_down_nothing_is_sent_and_nothing_is_lost(hook: Hooked) -> None:
    made, sent = await hook.make(), await hook.sent()
    await hook.read(sent)
    await hook.carry(made)
    await hook.accept(sent)
    hook.world.consent.down_for = frozenset({"deliver"})
    await hook.carry(made)
    assert hook.receiver.types(sent.referral) == ["sent", "received"]
    (waits,) = await hook.deliveries(made, "pending")
    assert waits["attempts"] == 0
    hook.world.consent.down_for = frozenset()
    await hook.carry(made)
    assert len(hook.receiver.came) == 2
    hook.clock.on(seconds=3)
    await hook.carry(made)
    assert hook.receiver.types(sent.referral) == ["sent", "received", "accepted"]


async def test_a_filter_tells_nothing_of_what_is_withheld(hook: Hooked) -> None:
    """Whoever asks for acceptances only must not learn of one from a message without its kind."""
    made = await hook.make(kinds=["accepted"])
    withheld = await hook.make(kinds=["withheld"])
    sent = await hook.sent()
    await hook.read(sent)
    await hook.accept(sent)
    hook.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    await hook.carry(made)
    assert hook.receiver.came == []
    assert await hook.deliveries(made) == []
    await hook.carry(withheld)
    assert hook.receiver.types() == ["withheld"]


async def test_a_later_event_waits_for_the_earlier_one_and_other_referrals_go_on(hook: Hooked) -> None:
    made = await hook.make()
    stuck, free = await hook.sent(), await hook.sent()
    await hook.read(stuck)
    await hook.read(free)
    hook.receiver.status = lambda told: 500 if told["data"]["referral"] == stuck.referral else 204
    for _ in range(4):
        await hook.carry(made)
    assert hook.receiver.types(stuck.referral) == ["sent"]
    assert hook.receiver.types(free.referral) == ["sent", "received"]
    hook.receiver.status = lambda _: 204
    hook.clock.on(seconds=6)
    await hook.carry(made)
    assert hook.receiver.types(stuck.referral) == ["sent", "sent", "received"]


async def test_it_is_tried_again_by_the_schedule_then_it_is_a_dead_letter_that_can_be_asked_for(hook: Hooked) -> None:
    made, sent = await hook.make(), await hook.sent()
    hook.receiver.status = lambda _: 500
    await hook.carry(made)
    for attempt, wait in enumerate(WAITS, 1):
        hook.clock.on(seconds=wait - 3)
        await hook.carry(made)
        (waits,) = await hook.deliveries(made, "pending")
        assert waits["attempts"] == attempt
        hook.clock.on(minutes=11)
        await hook.carry(made)
        await hook.carry(made)
        hook.clock.on(minutes=-11, seconds=4)
    (dead,) = await hook.deliveries(made, "dead")
    assert (dead["attempts"], dead["last_status"], dead["next_at"]) == (10, 500, None)
    assert len({headers["webhook-id"] for headers, _ in hook.receiver.came}) == 1
    asked = len(hook.receiver.came)
    hook.clock.on(days=30)
    await hook.carry(made)
    assert len(hook.receiver.came) == asked, "given up on"
    seen = await hook.seen(made)
    assert (seen["standing"], seen["waiting"]) == ("failing", 0)
    assert seen["failing_since"] is not None
    hook.receiver.status = lambda _: 204
    await hook.ask("POST", f"/webhooks/{made['id']}/replay", json={"deliveries": [dead["event"]]})
    await hook.carry(made)
    (delivered,) = await hook.deliveries(made)
    assert (delivered["status"], delivered["attempts"]) == ("delivered", 1)
    assert hook.receiver.types(sent.referral) == ["sent"] * (asked + 1)
    assert (await hook.seen(made))["standing"] == "working"


async def test_what_follows_a_dead_letter_goes_on(hook: Hooked) -> None:
    made, sent = await hook.make(), await hook.sent()
    hook.receiver.status = lambda told: 500 if told["type"] == "sent" else 204
    await hook.carry(made)
    for wait in WAITS:
        hook.clock.on(seconds=wait + 700)
        await hook.carry(made)
    await hook.read(sent)
    hook.clock.on(minutes=11)
    await hook.carry(made)
    assert hook.receiver.types(sent.referral)[-1] == "received"


async def test_a_receiver_that_was_down_for_a_day_misses_nothing_and_is_not_flooded(hook: Hooked) -> None:
    made = await hook.make()
    many = [await hook.sent() for _ in range(30)]
    hook.receiver.status = lambda _: 503
    asked = 0
    for _ in range(24 * 12):
        await hook.carry(made)
        asked = len(hook.receiver.came)
        hook.clock.on(minutes=5, seconds=10)
    assert asked <= 24 * 6 + 10, "a silent address is asked now and then only, not once for each that waits"
    assert await hook.deliveries(made, "dead") == []
    hook.clock.on(minutes=11)
    hook.receiver.came.clear()
    hook.receiver.status = lambda _: 204
    hook.receiver.most_at_once, hook.receiver.wait_s = 0, 0.01
    for _ in range(10):
        await hook.carry(made)
    assert sorted(each["data"]["referral"] for each in hook.receiver.told) == sorted(each.referral for each in many)
    assert 1 < hook.receiver.most_at_once <= 4
    assert await hook.deliveries(made, "pending") == []


async def test_it_begins_with_one_call_at_a_time_and_grows_to_the_bound(hook: Hooked) -> None:
    made = await hook.make()
    for _ in range(8):
        await hook.sent()
    hook.receiver.wait_s = 0.02
    await follow(hook.post)
    await serve(hook.post, UUID(made["id"]))
    assert hook.receiver.most_at_once == 1
    for _ in range(20):
        await hook.sent()
    await hook.carry(made)
    assert hook.receiver.most_at_once == 2


@pytest.mark.parametrize("status", [429, 502, 504])
async def test_whoever_asks_for_time_gets_it(hook: Hooked, status: int) -> None:
    made = await hook.make()
    await hook.sent()
    await hook.sent()
    hook.receiver.status, hook.receiver.headers = lambda _: status, [(b"retry-after", b"120")]
    await hook.carry(made)
    assert len(hook.receiver.came) == 1
    hook.clock.on(seconds=115)
    await hook.carry(made)
    assert len(hook.receiver.came) == 1
    hook.receiver.status = lambda _: 204
    hook.clock.on(seconds=10)
    await hook.carry(made)
    assert len(hook.receiver.came) == 3


async def test_gone_turns_it_off_and_an_answered_test_turns_it_on_with_nothing_lost(hook: Hooked) -> None:
    made, first = await hook.make(), await hook.sent()
    hook.receiver.status = lambda _: 410
    await hook.carry(made)
    assert ((await hook.seen(made))["standing"], (await hook.seen(made))["off_why"]) == ("off", "gone")
    second = await hook.sent()
    hook.clock.on(days=2)
    await hook.carry(made)
    assert len(hook.receiver.came) == 1
    hook.receiver.status = lambda _: 204
    assert (await hook.ask("POST", f"/webhooks/{made['id']}/test")).status_code == 202
    await hook.carry(made)
    assert hook.receiver.types()[:2] == ["sent", "test"]
    seen = await hook.seen(made)
    assert (seen["standing"], seen["test_status"], seen["off_why"]) == ("working", 204, None)
    await hook.carry(made)
    assert {each["data"].get("referral") for each in hook.receiver.told[2:]} == {first.referral, second.referral}


async def test_a_test_that_fails_says_so_and_turns_nothing_on(hook: Hooked) -> None:
    made = await hook.make()
    hook.receiver.status = lambda _: 302
    hook.receiver.headers = [(b"location", b"http://127.0.0.1:1/")]
    await hook.ask("POST", f"/webhooks/{made['id']}/test")
    await hook.carry(made)
    seen = await hook.seen(made)
    assert (seen["test_status"], seen["test_failure"]) == (302, None)
    assert hook.receiver.types() == ["test"], "a redirect is not followed"


async def test_a_new_secret_signs_beside_the_old_for_a_day(hook: Hooked) -> None:
    made = await hook.make()
    turned = (await hook.ask("POST", f"/webhooks/{made['id']}/secret")).json()
    assert turned["secret"] != made["secret"]
    await hook.sent()
    await hook.carry(made)
    headers, body = hook.receiver.came[-1]
    for secret in (made["secret"], turned["secret"]):
        Webhook(secret).verify(body, headers)
    await rows(hook.world.play.dbs.admin("referral"), "UPDATE webhook SET before_until = now() - interval '1 second'")
    await hook.sent()
    await hook.carry(made)
    headers, body = hook.receiver.came[-1]
    Webhook(turned["secret"]).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body, headers)
    assert (await hook.seen(made))["both_sign_until"] is None


async def test_a_closed_unit_hears_nothing(hook: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await hook.make()
    await hook.sent()
    units = dict(await hook.post.mirror.all(hook.post.directory, str(uuid4())))
    shut: UnitOut = units[MIDWIFERY].model_copy(update={"valid_to": hook.clock().date().replace(year=2020)})

    async def all_units(*_: object) -> dict[str, Any]:
        return units | {MIDWIFERY: shut}

    monkeypatch.setattr(type(hook.post.mirror), "all", all_units)
    await hook.carry(made)
    assert hook.receiver.came == []
    (row,) = await rows(hook.world.play.dbs.admin("referral"), "SELECT off_why FROM webhook")
    assert row["off_why"] == "own_unit_closed"


async def test_the_secret_and_the_address_are_sealed_at_rest_and_told_to_nobody_else(
    hook: Hooked, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await hook.make()
    assert made["secret"].startswith("whsec_")
    assert "secret" not in (await hook.seen(made))
    assert "hemmelig" in (await hook.seen(made))["url"]
    (row,) = await rows(hook.world.play.dbs.admin("referral"), "SELECT webhook::text AS told, url FROM webhook")
    assert b"hemmelig" not in row["url"]
    assert made["secret"][6:] not in row["told"]
    hook.receiver.status = lambda _: 500
    await hook.sent()
    await hook.carry(made)
    told = capsys.readouterr()
    assert "hemmelig" not in told.out + told.err


async def test_a_webhook_is_its_units_own_and_not_there_for_others(hook: Hooked) -> None:
    made = await hook.make()
    answer = await hook.ask("GET", "/webhooks", hook.house())
    assert answer.json() == {"webhooks": []}
    for method, path, body in (
        ("GET", "", None), ("DELETE", "", None), ("POST", "/secret", None), ("POST", "/test", None),
        ("GET", "/deliveries", None), ("POST", "/replay", {"since": "2026-01-01T00:00:00Z"}),
    ):  # fmt: skip
        for number in (made["id"], str(uuid4())):
            asked = {"X-Request-Id": str(uuid4())}
            answer = await hook.ask(method, f"/webhooks/{number}{path}", hook.house() | asked, json=body)
            assert_problem(answer, 404, "not_there")
            (entry,) = await entries_of(hook.world.play.dbs.admin("referral"), asked["X-Request-Id"])
            assert (entry["kind"], entry["referral"]) == ("access_refused", number)
    assert [each["id"] for each in (await hook.ask("GET", "/webhooks")).json()["webhooks"]] == [made["id"]]


async def test_a_deleted_webhook_hears_nothing_more(hook: Hooked) -> None:
    made = await hook.make()
    await hook.sent()
    await follow(hook.post)
    assert (await hook.ask("DELETE", f"/webhooks/{made['id']}")).status_code == 204
    await serve(hook.post, UUID(made["id"]))
    assert hook.receiver.came == []


async def test_a_unit_has_at_most_ten(hook: Hooked) -> None:
    for _ in range(10):
        await hook.make()
    answer = await hook.ask("POST", "/webhooks", json={"url": hook.url})
    assert_problem(answer, 409, "too_many_webhooks")
    await hook.make(hook.house())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://10.0.0.1/x"}, "webhook_refused"), ({"url": "https://169.254.169.254/latest"},
         "webhook_refused"), ({"url": "https://u:p@x.dk/"}, "webhook_refused"), ({"url": "https://2130706433/"},
         "webhook_refused"), ({"url": ""}, "invalid"), ({}, "invalid"), ({"url": 1}, "invalid"),
        ({"url": "https://x.dk/" + "a" * 500}, "invalid"), ({"url": "https://127.0.0.1/", "kinds": []}, "invalid"),
        ({"url": "https://127.0.0.1/", "kinds": ["A b"]}, "invalid"),
        ({"url": "https://127.0.0.1/", "kinds": ["acepted"]}, "invalid"),
        ({"url": "https://127.0.0.1/", "kinds": ["accepted", "draft"]}, "invalid"),
        ({"url": "https://127.0.0.1/", "secret": "whsec_x"}, "invalid"),
    ],
)  # fmt: skip
async def test_a_wrong_webhook_is_refused_without_being_repeated(hook: Hooked, body: dict[str, Any], code: str) -> None:
    answer = await hook.ask("POST", "/webhooks", json=body)
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"] == "webhook_refused") is (code == "webhook_refused")
    assert "u:p" not in answer.text
    assert "169.254" not in answer.text


@pytest.mark.parametrize(
    "body",
    [{}, {"since": "2026-01-01T00:00:00Z", "deliveries": ["00000000-0000-4000-8000-000000000001"]},
     {"since": "yesterday"}, {"deliveries": []}, {"deliveries": ["x"]}, {"since": 5}, {"all": True}],
)  # fmt: skip
async def test_a_replay_names_either_a_moment_or_events(hook: Hooked, body: dict[str, Any]) -> None:
    made = await hook.make()
    answer = await hook.ask("POST", f"/webhooks/{made['id']}/replay", json=body)
    assert answer.status_code == 422


async def test_deliveries_are_paged_in_the_feeds_order(hook: Hooked) -> None:
    made = await hook.make()
    sent = [await hook.sent() for _ in range(5)]
    await hook.carry(made)
    seen: list[str] = []
    after = ""
    while True:
        told = {"limit": 2, "after": after}
        page = (await hook.ask("GET", f"/webhooks/{made['id']}/deliveries", params=told)).json()["deliveries"]
        if not page:
            break
        seen += [each["referral"] for each in page]
        after = page[-1]["cursor"]
    assert seen == [each.referral for each in sent]
    for wrong in ({"status": "lost"}, {"limit": 0}, {"limit": 201}, {"after": "x"}):
        answer = await hook.ask("GET", f"/webhooks/{made['id']}/deliveries", params=wrong)
        assert answer.status_code == 422
