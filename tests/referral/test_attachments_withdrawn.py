"""A file more never hides that something was withdrawn, is found however long ago it came, and is named as its kind."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.referral.actions.following import Surroundings, reconsider
from services.referral.domain.attachments import MOST_OF_ONE_AUTHOR, PLACE_KEPT_FOR
from services.referral.domain.model import ReferralId
from services.referral.store.referrals import NEWEST
from services.referral.worker import carriers
from shared.clock import now
from shared.ids import new_id
from tests.referral.attached import attached, bring, carry, declare, declared, fetch, scanning
from tests.referral.deciding import World
from tests.referral.families import parent
from tests.support.story import Sent
from tests.support.town import MIDWIFERY, assert_problem, entries_of, rows

PERSON = str(UUID(int=1))
WISH, HEALTH, NETWORK = (PERSON, "own_wish"), (PERSON, "health"), (PERSON, "network")


@pytest.fixture
async def sent(world: World) -> Sent:
    """A referral that its recipient has read."""
    posted = await world.posted(WISH, HEALTH, subject=PERSON)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    await world.carry()
    return posted


@pytest.mark.parametrize("left", [[WISH], []])
@pytest.mark.parametrize("category", ["health", "network"])
async def test_a_withdrawal_is_told_though_a_file_comes_before_its_word(
    world: World, sent: Sent, left: list[tuple[str, str]], category: str
) -> None:
    """R23: who loses what it had is told so, and the family, too."""
    world.consent.permit(left)
    await attached(world, sent, world.play.sender(), category=category)
    await carry(world)
    await world.hear(sent)
    kind = "consent_changed" if left else "consent_ended"
    recipient, sender = await world.heard(sent)
    assert (recipient.count(kind), sender.count(kind)) == (1, 1)
    assert [each.kind for each in world.consent.endings_of(sent.referral)] == ["narrowed" if left else "ended"]


async def test_a_file_of_a_kind_that_is_told_nobody_is_no_narrowing(world: World, sent: Sent) -> None:
    await attached(world, sent, world.play.sender(), category="network")
    await carry(world)
    assert "consent_changed" not in (await world.heard(sent))[0]
    assert world.consent.endings_of(sent.referral) == []
    assert {(each["subject"], each["category"]) for each in (await world.task(sent))["missing"]} >= {NETWORK}


async def test_what_is_withdrawn_while_the_worker_sends_is_looked_at_again(world: World) -> None:
    """Another worker hears and follows the withdrawal between the permit and the commit."""
    waits = await world.posted(subject=PERSON)
    await attached(world, waits, world.play.sender(), category="network")
    await carry(world)
    state, number, done = world.play.app.state, ReferralId(UUID(waits.referral)), []

    def withdraw() -> None:
        done.append(True)
        world.consent.afterwards = None
        world.consent.permit([])

    world.consent.permit([NETWORK])
    world.consent.afterwards = withdraw
    await reconsider(Surroundings(state.database, state.consent), number, now(), str(uuid4()))
    assert done
    await carry(world)
    assert (await world.task(waits))["state"] == "consent_ended"


async def test_what_never_came_gives_its_place_back(world: World, sent: Sent) -> None:
    numbers = [await declared(world, sent, world.play.sender()) for _ in range(MOST_OF_ONE_AUTHOR)]
    assert_problem(await declare(world, sent, world.play.sender()), 422, "attachment_refused")
    sql = "UPDATE attachment SET at = at - $1::interval WHERE id = ANY($2::uuid[])"
    old = [UUID(each) for each in numbers[:2]]
    await rows(world.play.dbs.admin("referral"), sql, PLACE_KEPT_FOR + timedelta(seconds=1), old)
    for _ in range(2):
        await declared(world, sent, world.play.sender())
    told = assert_problem(await bring(world, numbers[0], world.play.sender()), 422, "attachment_refused")
    assert told["why"] == "too_many"
    assert (await bring(world, numbers[2], world.play.sender())).status_code == 200


async def corrected(world: World, sent: Sent, name: str) -> httpx.Response:
    seen = (await world.play.read(sent.referral, world.play.sender())).json()
    piece = next(each["id"] for each in seen["information"] if each["attachment"])
    return await world.play.referral.post(
        f"/referrals/{sent.referral}/corrections", json={"piece": piece, "text": name}, headers=world.play.sender()
    )


@pytest.mark.parametrize("name", ["program.exe", "udtalelse.pdf.exe", "../udtalelse.pdf", "billede.png", "udtalelse"])
async def test_a_files_name_is_corrected_to_none_that_does_not_fit_its_kind(
    world: World, sent: Sent, name: str
) -> None:
    await attached(world, sent, world.play.sender())
    told = assert_problem(await corrected(world, sent, name), 422, "attachment_refused")
    assert told["why"] == "name_differs"
    assert name not in str(told)
    seen = (await world.play.read(sent.referral, world.play.recipient())).json()
    assert name not in [each["text"] for each in seen["information"]]


async def test_a_files_name_is_corrected_and_the_file_stays(world: World, sent: Sent) -> None:
    number = await attached(world, sent, world.play.sender())
    assert (await corrected(world, sent, "Udtalelse om søvn.pdf")).is_success
    seen = (await world.play.read(sent.referral, world.play.recipient())).json()
    (right,) = [each for each in seen["information"] if each["text"] == "Udtalelse om søvn.pdf"]
    assert right["attachment"] == number
    assert (await fetch(world, number, world.play.recipient())).status_code == 200


async def test_a_file_in_a_long_thread_is_still_there_and_nobody_is_said_to_have_pried(
    world: World, sent: Sent
) -> None:
    mother = parent(world)
    mother.speaks_for(PERSON)
    number = await attached(world, sent, world.play.sender(), task=sent.task)
    sql = """
        INSERT INTO message (id, task_id, kind, author, author_user, at)
        SELECT gen, $1, 'clarification', $3, 'system', now() FROM unnest($2::uuid[]) gen
    """
    later = [new_id() for _ in range(NEWEST + 1)]
    await rows(world.play.dbs.admin("referral"), sql, UUID(sent.task), later, MIDWIFERY)
    for headers in (world.play.sender(), world.play.recipient()):
        request = str(uuid4())
        assert (await fetch(world, number, headers | {"X-Request-Id": request})).status_code == 200
        kinds = {each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), request)}
        assert kinds == {"attachment_read"}
    assert (await mother.get(f"/my/attachments/{number}/content")).status_code == 200
    world.consent.permit([WISH])
    assert (await fetch(world, number, world.play.recipient())).status_code == 404


async def test_what_consent_says_does_not_wait_behind_a_scanner_that_hangs(world: World, sent: Sent) -> None:
    """R23: as soon as the word is there."""
    hangs = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hangs.wait()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    scanning(world)
    for _ in range(2):
        await attached(world, sent, world.play.sender())
    state = world.play.app.state
    world.consent.permit([])
    word = {"id": str(uuid4()), "kind": "consent_withdrawn", "need": sent.need, "subject": sent.subject}
    assert (await world.play.tell_of_consent(word)).status_code == 201
    began = time.monotonic()
    work = [asyncio.create_task(each.run()) for each in carriers(Surroundings(state.database, state.consent), url)]
    try:
        async with asyncio.timeout(5):
            while (await world.task(sent))["state"] != "consent_ended":  # noqa: ASYNC110 - another task moves it
                await asyncio.sleep(0.05)
        assert time.monotonic() - began < 5
    finally:
        for each in work:
            each.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        hangs.set()
        server.close()
        await server.wait_closed()
