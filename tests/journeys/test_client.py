"""The published client against the real processes: what a region's system and a house's do all day."""

import io
import queue
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from PIL import Image

from deploy.demo import identities
from deploy.demo.playing import HOUSE, Play
from deploy.keys import SYSTEM_CLIENT, SYSTEM_SOR
from deploy.system import System
from familiebro_client import (
    Acting,
    Bearer,
    ClientCredentials,
    Familiebro,
    KeyUsed,
    Malformed,
    NotAllowed,
    NotThere,
    Patience,
    Stale,
    TokenDenied,
    Unavailable,
    WrongState,
    new_key,
    sent,
    told,
    verify,
)
from familiebro_client.lists import AttachmentState, Category, MediaType, Outcome, Purpose, Reason, TaskState, Turn
from tests.support.journey import SECRET_WORDS, Mother, mother
from tests.support.serving import serving

pytestmark = pytest.mark.journey
IN_TIME_S = 30
T = TypeVar("T")


def at_gateway(system: System, who: str) -> Familiebro:
    """Return the client of somebody with a login of their own."""
    return Familiebro(system.url("gateway"), Bearer(lambda: identities.token(system.keys, who)))


@pytest.fixture
async def region(system: System) -> AsyncIterator[Familiebro]:
    """The region's system, acting for a midwife."""
    address = system.url("gateway")
    tokens = ClientCredentials(address, SYSTEM_CLIENT, system.keys.secret(SYSTEM_CLIENT))
    async with Familiebro(address, tokens) as opened:
        yield opened.acting(Acting(identities.MIDWIFE, SYSTEM_SOR))


@pytest.fixture
async def house(system: System) -> AsyncIterator[Familiebro]:
    """The family house's system, with its therapist's own login."""
    async with at_gateway(system, "family-therapist") as opened:
        yield opened


def request(who: Mother, text: str = SECRET_WORDS) -> sent.Referral:
    """Return a request about her: own words and pregnancy, which she has said yes to, and health, which she has not."""
    return sent.Referral(
        need=UUID(who.need), purpose=Purpose.EARLY_SUPPORT, recipients=[HOUSE],
        own_words=sent.OwnWords(subject=UUID(who.id), text=text),
        seen_by_family_at=datetime.now(UTC) - timedelta(minutes=1), serious_concern=False,
        information=[piece(who, Category.PREGNANCY), piece(who, Category.HEALTH)],
    )  # fmt: skip


def piece(who: Mother, category: Category) -> sent.Information:
    """Return a piece of information about her."""
    return sent.Information(subject=UUID(who.id), category=category, text=SECRET_WORDS)


async def only(found: AsyncIterator[T], wanted: Callable[[T], bool]) -> T:
    """Return the one that is wanted."""
    (one,) = [each async for each in found if wanted(each)]
    return one


async def test_a_referral_is_posted_read_asked_about_and_taken_on(
    playing: Play, region: Familiebro, house: Familiebro
) -> None:
    who, key = mother(playing), new_key()
    written = request(who)
    posted = await region.post(written, key=key)
    assert [task.state for task in posted.tasks] == [TaskState.SENT]
    assert [each.category for each in posted.tasks[0].missing] == [Category.HEALTH]
    assert (await region.post(written, key=key)).id == posted.id
    with pytest.raises(KeyUsed):
        await region.post(request(who, "Andre ord"), key=key)

    line = await only(house.tasks(Turn.RECIPIENT), lambda each: each.referral == posted.id)
    seen = await house.read(line.referral)
    assert {each.category for each in seen.information} == {Category.OWN_WISH, Category.PREGNANCY}
    assert [(each.category, each.reason) for each in seen.withheld] == [(Category.HEALTH, Reason.CATEGORY_NOT_NAMED)]
    with pytest.raises(Stale):
        await house.take(line, sent.Accept())
    asked = await house.say(line.id, sent.Message(kind="question", information=[piece(who, Category.PREGNANCY)]),
                            key=new_key())  # fmt: skip
    assert asked.task.turn is Turn.SENDER
    answer = sent.Message(kind="answer", answers=asked.id, information=[piece(who, Category.PREGNANCY)])
    said = await region.say(line.id, answer, key=new_key())
    assert [each.id async for each in region.messages(line.id)] == [said.id, asked.id]

    task = await house.take((await house.read(posted.id)).tasks[0], sent.Accept())
    assert task.state is TaskState.ACCEPTED
    with pytest.raises(WrongState) as wrong:
        await house.take(task, sent.Complete(outcome=Outcome.GOAL_REACHED))
    assert "start" in wrong.value.allowed
    heard = [event.kind async for event in region.events() if event.referral == posted.id]
    assert heard == ["sent", "received", "question", "accepted"]
    own = await only(region.referrals(), lambda each: each.id == posted.id)
    assert own.tasks[0].state is TaskState.ACCEPTED


async def test_the_feed_goes_on_from_the_cursor_that_was_kept(playing: Play, region: Familiebro) -> None:
    first = await region.post(request(mother(playing)), key=new_key())
    before = [event async for event in region.events()]
    assert any(event.referral == first.id for event in before)
    second = await region.post(request(mother(playing)), key=new_key())
    after = [event.referral async for event in region.events(after=before[-1].cursor)]
    assert second.id in after
    assert first.id not in after


async def test_who_may_not_is_told_so_and_nothing_else(system: System, playing: Play, region: Familiebro) -> None:
    posted = await region.post(request(mother(playing)), key=new_key())
    async with at_gateway(system, "jobcenter") as other:
        with pytest.raises(NotThere) as absent:
            await other.read(posted.id)
    assert absent.value.request_id == str(UUID(absent.value.request_id))
    assert SECRET_WORDS not in str(absent.value) + repr(vars(absent.value))
    address = system.url("gateway")
    async with Familiebro(address, ClientCredentials(address, SYSTEM_CLIENT, "wrong")) as unknown:
        with pytest.raises(TokenDenied, match="invalid_client"):
            await unknown.read(posted.id)
    tokens = ClientCredentials(address, SYSTEM_CLIENT, system.keys.secret(SYSTEM_CLIENT))
    async with Familiebro(address, tokens) as nobody:
        with pytest.raises(NotAllowed) as unnamed:
            await nobody.read(posted.id)
    assert unnamed.value.code == "acting_user_required"


async def test_what_was_kept_while_consent_was_down_is_the_same_with_the_same_key(
    system: System, playing: Play, region: Familiebro
) -> None:
    written, key = request(mother(playing)), new_key()
    address = system.url("gateway")
    tokens = ClientCredentials(address, SYSTEM_CLIENT, system.keys.secret(SYSTEM_CLIENT))
    acting = Acting(identities.MIDWIFE, SYSTEM_SOR)
    system.kill("consent")
    try:
        async with Familiebro(address, tokens, acting=acting, patience=Patience(tries=1)) as hasty:
            with pytest.raises(Unavailable) as down:
                await hasty.post(written, key=key)
    finally:
        system.start_process("consent")
        system.wait_until_ready()
    assert down.value.kept is not None
    posted = await region.post(written, key=key)
    assert down.value.kept.endswith(f"/referrals/{posted.id}")


async def test_a_file_is_attached_once_and_fetched_by_who_may_read_it(
    playing: Play, region: Familiebro, house: Familiebro
) -> None:
    who, key = mother(playing), new_key()
    posted = await region.post(request(who), key=new_key())
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(drawn, "PNG")
    content = drawn.getvalue()
    scan = sent.Attachment(subject=UUID(who.id), category=Category.PREGNANCY, name="Scanning.png",
                           media_type=MediaType.PNG, size=len(content))  # fmt: skip
    attached = await region.attach(posted.id, scan, content, key=key)
    assert attached.state is AttachmentState.CLEAN
    assert (await region.attach(posted.id, scan, content, key=key)).id == attached.id
    seen = await house.read(posted.id)
    assert [each.attachment for each in _pieces(seen) if each.attachment] == [attached.id]
    assert await house.download(attached.id) == content
    program = b"MZ" + content[2:]
    false = sent.Attachment(**scan.model_dump() | {"size": len(program)})
    with pytest.raises(Malformed) as refused:
        await region.attach(posted.id, false, program, key=new_key())
    assert refused.value.code == "attachment_refused"


def _pieces(seen: told.ReferralRead) -> list[told.Piece]:
    return [*seen.information, *(each for message in seen.dialogue for each in message.information)]


async def test_a_webhook_is_verified_with_the_secret_that_was_given(playing: Play, region: Familiebro) -> None:
    came: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    with serving(lambda: _receiver(came)) as receiver:
        made = await region.make_webhook(sent.NewWebhook(url=receiver.url + "/hook"))
        assert made.secret not in repr(made)
        try:
            posted = await region.post(request(mother(playing)), key=new_key())
            while True:
                headers, body = came.get(timeout=IN_TIME_S)
                heard = verify(made.secret, headers, body)
                if heard.data.referral == posted.id:
                    break
        finally:
            await region.request("DELETE", f"/webhooks/{made.id}")
    assert heard.type == "sent"
    assert heard.id == str(heard.data.event)
    assert SECRET_WORDS.encode() not in body


def _receiver(came: "queue.Queue[tuple[dict[str, str], bytes]]") -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def receive_calls(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        came.put(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return receive_calls
