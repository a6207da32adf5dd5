"""A family moves: open exchange with the old municipality stops, and the new one is asked about anew (R38)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from shared.clock import danish_date, now
from tests.support.story import Headers, Sent, Story
from tests.support.town import MIDWIFERY, NORTH, NORTH_HOUSE, SOUTH, SOUTH_HOUSE, messages_of


async def lives_in(play: Story, subject: str, municipality: str, days_ago: int) -> list[dict[str, Any]]:
    """Record where somebody lives; return what consent's worker would carry to the referral service."""
    headers = play.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY) | {"X-Request-Id": str(uuid4())}
    since = danish_date(now()) - timedelta(days=days_ago)
    body = {"municipality": municipality, "acting_municipality": municipality, "basis": "cpr_address",
            "since": since.isoformat()}  # fmt: skip
    answer = await play.consent.post(f"/persons/{subject}/residence", json=body, headers=headers)
    assert answer.is_success, answer.text
    told = await messages_of(play.dbs.admin("consent"), headers["X-Request-Id"])
    return [payload for topic, payload in told if "need" in payload and "kind" in payload and topic]


async def begun(play: Story) -> Sent:
    """Let a house in the north read what the midwives wrote of somebody who lives there."""
    subject, need = await play.person(), str(uuid4())
    await lives_in(play, subject, NORTH, 40)
    consent = await play.say_yes(subject, need, recipients=[NORTH_HOUSE])
    posted = await play.post(subject, need=need, recipients=[NORTH_HOUSE])
    sent = Sent(subject, need, consent, posted["id"], posted["tasks"][0]["id"])
    assert await words(play, sent, play.recipient(NORTH_HOUSE)) == ["Jeg vil gerne møde andre.", "Sover dårligt.", ""]
    return sent


async def words(play: Story, sent: Sent, headers: Headers) -> list[str]:
    """Return what a party reads."""
    answer = await play.read(sent.referral, headers)
    return [each["text"] for each in answer.json().get("information", [])]


async def move(play: Story, sent: Sent) -> None:
    """Let the family move south, and have it heard and followed."""
    for payload in await lives_in(play, sent.subject, SOUTH, 1):
        assert (await play.tell_of_consent(payload)).is_success
    await play.carry()


async def states(play: Story, sent: Sent) -> dict[str, str]:
    """Return where the sender sees each task stand."""
    told = (await play.read(sent.referral, play.sender())).json()["tasks"]
    return {each["recipient"]: each["state"] for each in told}


@pytest.mark.rule(
    "R38", enforced_by=("services.consent.actions.people:record_residence", "services.consent.domain.decision:decide")
)
async def test_what_the_old_municipality_reads_is_frozen_at_once(play: Story) -> None:
    """R38."""
    sent = await begun(play)
    await lives_in(play, sent.subject, SOUTH, 1)
    assert await words(play, sent, play.recipient(NORTH_HOUSE)) == []


async def test_the_task_of_the_old_municipality_ends_and_both_hear_of_it(play: Story) -> None:
    sent = await begun(play)
    await move(play, sent)
    assert await states(play, sent) == {NORTH_HOUSE: "consent_ended"}
    heard = [await play.events(each, sent.referral) for each in (play.sender(), play.recipient(NORTH_HOUSE))]
    assert [each[-1]["kind"] for each in heard] == ["consent_ended", "consent_ended"]


@pytest.mark.rule(
    "R38", enforced_by=("services.referral.domain.permit:may_go_out", "services.consent.domain.decision:decide")
)
async def test_the_new_municipality_hears_nothing_before_the_family_has_named_it(play: Story) -> None:
    """R38."""
    sent = await begun(play)
    await move(play, sent)
    answer = await play.referral.post(
        f"/referrals/{sent.referral}/recipients", json={"recipients": [SOUTH_HOUSE]}, headers=play.sender()
    )
    assert answer.status_code == 201, answer.text
    assert await states(play, sent) == {NORTH_HOUSE: "consent_ended", SOUTH_HOUSE: "awaiting_consent"}
    assert (await play.read(sent.referral, play.recipient(SOUTH_HOUSE))).status_code == 404
    await play.say_yes(sent.subject, sent.need, recipients=[SOUTH_HOUSE])
    await play.reconsider(sent.referral)
    assert await states(play, sent) == {NORTH_HOUSE: "consent_ended", SOUTH_HOUSE: "sent"}
    assert await words(play, sent, play.recipient(SOUTH_HOUSE)) == ["Jeg vil gerne møde andre.", "Sover dårligt.", ""]
    assert await words(play, sent, play.recipient(NORTH_HOUSE)) == []
