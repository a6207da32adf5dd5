"""What a sender may not be told of a course, its webhooks do not count either; and no receiver breaks a round."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.referral.actions.sending import follow
from services.referral.delivering import Answer, Sender, asked_for
from shared.clock import now
from tests.conftest import Databases
from tests.referral.deciding import World
from tests.referral.hooked import COURSE, KINDS, Hooked, hooked
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def hook(dbs: Databases, keys: Keys, world: World) -> AsyncIterator[Hooked]:
    """Everything there is to a webhook."""
    async with hooked(dbs, keys, world) as lent:
        yield lent


async def answered(hook: Hooked, how: str, *, goes_on: int = 0) -> tuple[dict[str, Any], str]:
    """Have the house answer a request whose course may not be told, and go on after a yes; follow all of it."""
    made, sent = await hook.make(), await hook.sent()
    hook.world.consent.permit(KINDS)
    hook.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    await hook.read(sent)
    play = hook.world.play
    answer = await (play.accept if how == "accepted" else play.decline)(sent.task, 2)
    assert answer.status_code == 200
    for _ in range(goes_on):
        assert (await play.say(sent, "clarification", play.recipient())).status_code == 201
    await follow(hook.post)
    return made, sent.referral


async def counted(hook: Hooked, made: dict[str, Any], referral: str, since: datetime) -> tuple[Any, ...]:
    """Return all that a unit's own look at its webhook tells of how much there is, before a replay and after it."""
    before = (await hook.seen(made))["waiting"]
    listed = [each for each in await hook.deliveries(made) if each["referral"] == referral]
    kept = [(each["status"], each["attempts"], each["failure"]) for each in listed]
    body = {"since": since.isoformat()}
    again = await hook.ask("POST", f"/webhooks/{made['id']}/replay", json=body)
    assert again.status_code == 202
    return kept, before, sorted(again.json()), again.json()["waiting"]


async def test_a_yes_and_a_no_are_counted_alike_where_the_course_may_not_be_told(hook: Hooked) -> None:
    """R23: neither the list, nor what waits, nor a replay says that something came after the answer."""
    told = []
    for how, goes_on in (("accepted", 3), ("declined", 0)):
        since = now()
        made, referral = await answered(hook, how, goes_on=goes_on)
        told.append(await counted(hook, made, referral, since))
        assert (await hook.ask("DELETE", f"/webhooks/{made['id']}")).status_code == 204
    assert told[0] == told[1]
    assert len(told[0][0]) == 3, "sent, received, and that there is an answer"


async def test_a_page_of_deliveries_is_as_long_as_what_may_be_told(hook: Hooked) -> None:
    made, _ = await answered(hook, "accepted", goes_on=4)
    later = await hook.sent()
    hook.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    await follow(hook.post)
    asked = await hook.ask("GET", f"/webhooks/{made['id']}/deliveries", params={"limit": 4})
    page = asked.json()["deliveries"]
    assert len(page) == 4
    assert page[-1]["referral"] == later.referral


async def test_what_may_be_told_again_is_listed_again(hook: Hooked) -> None:
    made, referral = await answered(hook, "accepted", goes_on=2)
    assert len([each for each in await hook.deliveries(made) if each["referral"] == referral]) == 3
    hook.world.consent.permit([*COURSE, *KINDS], FAMILY_HOUSE, MIDWIFERY)
    assert len([each for each in await hook.deliveries(made) if each["referral"] == referral]) == 5


async def test_while_consent_is_down_no_delivery_that_needs_its_permit_is_listed(hook: Hooked) -> None:
    made, _ = await answered(hook, "accepted", goes_on=1)
    hook.world.consent.down_for = frozenset({"hear"})
    answer = await hook.ask("GET", f"/webhooks/{made['id']}/deliveries")
    assert_problem(answer, 503)
    assert "deliveries" not in answer.json()


@pytest.mark.parametrize(
    "told",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 9999 00:00:00 -2359", "Fri, 31 Dec 9999 23:59:59",
        "99999999999999999999999", "-5", "soon", "Mon, 99 Jan 2026 99:99:99 GMT", "Mon, 01 Jan 0001 00:00:00 +2359",
        "\u0661\u0662", "",
    ],
)  # fmt: skip
def test_no_wish_to_be_left_alone_breaks_anything_or_is_granted_for_long(told: str) -> None:
    found = asked_for({"Retry-After": told}, NOON)
    assert found is None or 0 <= found.total_seconds() <= 1_000_000


async def test_a_receiver_that_wishes_for_the_end_of_time_is_tried_as_any_other(hook: Hooked) -> None:
    made = await hook.make()
    await hook.sent()
    hook.receiver.status = lambda _: 503
    hook.receiver.headers.append((b"retry-after", b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT"))
    await hook.carry(made)
    (kept,) = await hook.deliveries(made)
    assert (kept["status"], kept["attempts"], kept["last_status"]) == ("pending", 1, 503)


async def test_a_yes_counts_whatever_else_it_says(hook: Hooked) -> None:
    made = await hook.make()
    await hook.sent()
    hook.receiver.headers += [(b"retry-after", b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT")]
    await hook.carry(made)
    assert [each["status"] for each in await hook.deliveries(made)] == ["delivered"]


async def test_one_that_breaks_takes_nothing_from_the_others_and_counts_as_an_attempt(
    hook: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await hook.make()
    sent = [await hook.sent() for _ in range(2)]
    real = Sender.send

    async def breaks(self: Sender, url: str, number: str, at: datetime, content: bytes, keys: Any) -> Answer:
        if sent[1].referral.encode() in content:
            raise OverflowError
        return await real(self, url, number, at, content, keys)

    monkeypatch.setattr(Sender, "send", breaks)
    await hook.carry(made)
    kept = {each["referral"]: each for each in await hook.deliveries(made)}
    assert kept[sent[0].referral]["status"] == "delivered"
    broken = kept[sent[1].referral]
    assert (broken["status"], broken["attempts"], broken["failure"]) == ("pending", 1, "no_answer")
