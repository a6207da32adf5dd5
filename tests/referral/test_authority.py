"""An offer after barnets lov §§ 30-32 is asked of the authority, and booked by nobody else (R35, R69)."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.referral.domain.authority import Hoped, Way, must_be_there, must_not_book
from services.referral.domain.errors import NeedsAuthority, UnknownOffer
from services.referral.domain.kinds import KINDS, Kind
from shared.auth import Role
from tests.referral.deciding import World
from tests.support.keys import Keys
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.story import Sent, Story, story
from tests.support.town import (
    AUTHORITY,
    DECIDED_OFFER,
    DECIDING_HOUSE,
    DIRECTORY,
    ENDED_OFFER,
    FAMILY_HOUSE,
    MIDWIFERY,
    OPEN_OFFERS,
    VISITING,
    assert_problem,
    counted,
    entries_of,
)
from tests.support.wire import referral_in

DECIDED = Hoped("a", "Familiebehandling", provisions=("Barnets lov § 32",), ways=(Way("u", "U", "0-3 år"),))
KNOWN = {"a": DECIDED, "b": Hoped("b", "Gruppe"), "c": Hoped("c", "Slut", ended=True)}
BOOKING = {Kind.REFERRAL, Kind.SELF_REFERRAL, Kind.BRIDGING, Kind.HANDOVER}


@pytest.mark.rule("R35", enforced_by="services.referral.domain.authority:must_not_book")
@pytest.mark.rule("R69", enforced_by="services.referral.domain.authority:must_not_book")
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("from_authority", [False, True])
@pytest.mark.parametrize("to_authority", [False, True])
@pytest.mark.parametrize("asked", [["a"], ["b"], ["a", "b"], []])
def test_only_a_booking_of_what_the_authority_decides_by_who_is_none_is_refused(
    *, kind: Kind, from_authority: bool, to_authority: bool, asked: list[str]
) -> None:
    """R35, R69."""
    right_door = kind is Kind.SELF_REFERRAL and to_authority
    refused = kind in BOOKING and "a" in asked and not from_authority and not right_door
    try:
        must_not_book(asked, KNOWN, KINDS[kind], from_authority=from_authority, to_authority=to_authority)
    except NeedsAuthority as error:
        assert refused
        (told,) = error.offers
        assert (told["offer"], told["provisions"]) == ("a", ["Barnets lov § 32"])
        assert told["ask"] == [{"unit": "u", "name": "U", "says": "0-3 år"}]
    else:
        assert not refused


def test_an_offer_that_has_ended_is_as_unknown_as_one_that_never_was() -> None:
    must_be_there(["a", "b"], KNOWN)
    with pytest.raises(UnknownOffer) as told:
        must_be_there(["c", "a", "d"], KNOWN)
    assert told.value.extra == {"offers": ["c", "d"]}


def hoping(subject: str, offer: str, **changes: Any) -> dict[str, Any]:
    return referral_in(subject, offers=[{"subject": subject, "category": "own_wish", "offer": offer}], **changes)


async def post(play: Story, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await play.referral.post("/referrals", json=body, headers=play.sender() | headers)


@pytest.mark.rule("R35", enforced_by="services.referral.domain.authority:must_not_book")
@pytest.mark.rule("R69", enforced_by="services.referral.domain.authority:must_not_book")
async def test_a_referral_to_an_offer_after_32_is_refused_and_told_whom_to_ask(world: World) -> None:
    """R35, R69."""
    play, subject = world.play, str(uuid4())
    before = await counted(play.dbs.admin("referral"))
    answer = await post(play, hoping(subject, DECIDED_OFFER))
    assert_problem(answer, 422, "needs_authority")
    (told,) = answer.json()["offers"]
    assert told["offer"] == DECIDED_OFFER
    assert "Barnets lov § 32" in told["says"]
    assert [each["unit"] for each in told["ask"]] == [AUTHORITY]
    assert told["gaps"] == ["Ingen er nævnt."]
    assert await counted(play.dbs.admin("referral")) == before


@pytest.mark.parametrize("unit", [AUTHORITY, DECIDING_HOUSE])
async def test_the_same_wish_as_a_request_to_whoever_decides_is_taken(world: World, unit: str) -> None:
    """A house may be the authority, as Småbørnshuset is (seed 000, 157-160)."""
    body = hoping(str(uuid4()), DECIDED_OFFER, kind="authority_request", recipients=[unit], serious_concern=False)
    assert (await post(world.play, body)).status_code == 201


async def test_a_request_to_who_decides_nothing_is_refused(world: World) -> None:
    body = hoping(str(uuid4()), DECIDED_OFFER, kind="authority_request", recipients=[FAMILY_HOUSE])
    answer = await post(world.play, body)
    assert_problem(answer, 422, "kind_refused")
    assert answer.json()["lacks"] == ["authority"]


@pytest.mark.parametrize("offer", OPEN_OFFERS)
async def test_an_offer_anybody_may_refer_to_stays_so(world: World, offer: str) -> None:
    assert (await post(world.play, hoping(str(uuid4()), offer))).status_code == 201


@pytest.mark.parametrize("offer", ["no-such-offer", ENDED_OFFER])
async def test_an_offer_that_is_not_there_is_told(world: World, offer: str) -> None:
    answer = await post(world.play, hoping(str(uuid4()), offer))
    assert_problem(answer, 422, "unknown_offer")
    assert answer.json()["offers"] == [offer]


async def test_the_authority_may_refer_to_what_it_has_decided(world: World) -> None:
    play = world.play
    headers = play.keys.party("referral", Role.REFER, unit=AUTHORITY)
    body = hoping(str(uuid4()), DECIDED_OFFER)
    assert (await play.referral.post("/referrals", json=body, headers=headers)).status_code == 201


async def test_a_request_to_the_authority_is_not_split_off_to_who_decides_nothing(world: World) -> None:
    posted = await post(
        world.play,
        hoping(str(uuid4()), DECIDED_OFFER, kind="authority_request", recipients=[AUTHORITY], serious_concern=False),
    )
    path = f"/referrals/{posted.json()['id']}/recipients"
    answer = await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    assert_problem(answer, 422, "kind_refused")
    other = await world.play.referral.post(path, json={"recipients": [DECIDING_HOUSE]}, headers=world.play.sender())
    assert other.status_code == 201, other.text


async def test_a_proposal_of_an_offer_after_32_is_told_as_a_request_and_passes_nothing_on(world: World) -> None:
    """The proposal may be made; agreeing would book it, and is refused with whom to ask."""
    subject = str(uuid4())
    kinds = [(subject, "health"), (subject, "own_wish")]
    sent = await world.posted(*kinds, subject=subject)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    world.consent.permit([(subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    version = await _version(world, sent)
    headers = world.play.recipient() | {"If-Match": f'"{version}"'}
    body = {"proposed": {"offer": DECIDED_OFFER, "unit": VISITING}}
    answer = await world.play.referral.post(f"/tasks/{sent.task}/proposal", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()["alternative"]["authority"]
    assert (told["offer"], told["ask"][0]["unit"]) == (DECIDED_OFFER, AUTHORITY)
    headers = world.play.sender() | {"If-Match": f'"{answer.json()["version"]}"'}
    agreed = await world.play.referral.post(f"/tasks/{sent.task}/proposal/agreement", json={}, headers=headers)
    assert_problem(agreed, 422, "needs_authority")


@pytest.mark.parametrize("offer", ["no-such-offer", ENDED_OFFER])
@pytest.mark.parametrize("step", ["proposal", "decline"])
async def test_what_is_named_instead_must_be_there(world: World, step: str, offer: str) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    headers = world.play.recipient() | {"If-Match": f'"{await _version(world, sent)}"'}
    named = {"offer": offer}
    body = {"proposed": named} if step == "proposal" else {"reason": "no_capacity", "alternative": named}
    answer = await world.play.referral.post(f"/tasks/{sent.task}/{step}", json=body, headers=headers)
    assert_problem(answer, 422, "unknown_offer")


async def test_a_decline_that_points_to_an_offer_after_32_tells_of_the_authority(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    headers = world.play.recipient() | {"If-Match": f'"{await _version(world, sent)}"'}
    body = {"reason": "criteria_not_met", "alternative": {"offer": DECIDED_OFFER}}
    answer = await world.play.referral.post(f"/tasks/{sent.task}/decline", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["alternative"]["authority"]["provisions"] == ["Barnets lov § 32"]


async def test_which_offer_is_hoped_for_goes_in_no_address_and_into_no_ledger(world: World) -> None:
    number = str(uuid4())
    answer = await post(world.play, hoping(str(uuid4()), OPEN_OFFERS[1]), **{"X-Request-Id": number})
    assert answer.status_code == 201
    entries = await entries_of(world.play.dbs.admin("referral"), number)
    assert entries
    assert OPEN_OFFERS[1] not in json.dumps(entries)


async def test_without_the_directory_nothing_is_kept_and_what_it_told_a_moment_ago_still_holds(
    world: World, keys: Keys
) -> None:
    teller = Teller()
    teller.say(DIRECTORY)
    with serving(lambda: teller) as server:
        await _without_offers(world, keys, server)


async def _without_offers(world: World, keys: Keys, server: ThreadServer) -> None:
    """The directory tells of units, and not of offers: what is asked about is not known."""
    async with story(world.play.dbs, keys, server.url, server.url) as play:
        before = await counted(play.dbs.admin("referral"))
        answer = await post(play, hoping(str(uuid4()), OPEN_OFFERS[0]))
        assert_problem(answer, 503, "unavailable")
        assert await counted(play.dbs.admin("referral")) == before


async def _version(world: World, sent: Sent) -> int:
    """Return the task's version, as its recipient has it."""
    (task,) = (await world.play.read(sent.referral, world.play.recipient())).json()["tasks"]
    return int(task["version"])
