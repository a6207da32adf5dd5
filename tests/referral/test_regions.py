"""A referral lives through the first of January 2027: by law for the region's units; closed ones are no party (R47)."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.regions import CLOSING, COMING, DECEMBER, EVE, JANUARY, TAKER, Calendar
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.story import Sent, Story, story
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, consent_app, entries_of, offers_told, rows
from tests.support.wire import message_in, referral_in

MINUTE = timedelta(minutes=1)
MOVED = (
    f"{MIDWIFERY.title()} hører fra den 1. januar 2027 til Region Østdanmark (før: Region Hovedstaden). "
    "Enheden er den samme, og det, der er sagt ja og nej til, gælder fortsat."
)
GONE = f"{CLOSING.title()} er lukket fra den 1. januar 2027. {TAKER.title()} har taget over."
NOT_YET = f"{COMING.title()} åbner først den 1. januar 2027."
CLOSED = [{"unit": CLOSING, "successor": TAKER, "says": GONE}]


@pytest.fixture
def directory_here() -> Iterator[tuple[Teller, ThreadServer]]:
    """A directory of this test's own."""
    teller = Teller()
    teller.by_path["/internal/offers"] = offers_told
    with serving(lambda: teller) as server:
        yield teller, server


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch, directory_here: tuple[Teller, ThreadServer]) -> Calendar:
    """The middle of December 2026."""
    return Calendar(monkeypatch, directory_here[0])


@pytest.fixture
async def winter(
    dbs: Databases, keys: Keys, directory_here: tuple[Teller, ThreadServer], calendar: Calendar
) -> AsyncIterator[Story]:
    """Both services, in the calendar's time."""
    url = directory_here[1].url
    with serving(lambda: calendar.rules(consent_app(dbs, keys, url))) as consent:
        async with story(dbs, keys, url, consent.url) as begun:
            calendar.rules(begun.app)
            yield begun


def party(play: Story, unit: str) -> dict[str, Any]:
    """Return the header of somebody in a unit, who may send and receive."""
    return play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=unit)


async def sent(play: Story, to: str = FAMILY_HOUSE, sender: str = MIDWIFERY) -> Sent:
    """Post a referral in December that consent covers, both ways."""
    subject, need = await play.person(), str(uuid4())
    consent = await play.say_yes(
        subject, need, sender=sender, recipients=[to], mutual=True, categories=["health", "own_wish", "course"],
        given_at=DECEMBER.isoformat(), valid_until=(DECEMBER + timedelta(days=90)).isoformat(),
    )  # fmt: skip
    headers = party(play, sender)
    posted = await play.post(subject, headers, need=need, recipients=[to], seen_by_family_at=DECEMBER.isoformat())
    assert posted["tasks"][0]["state"] == "sent"
    return Sent(subject, need, consent, posted["id"], posted["tasks"][0]["id"])


async def say(play: Story, on: Sent, kind: str, unit: str) -> httpx.Response:
    """Say something in the dialogue, as a unit."""
    body = message_in(on.subject, kind)
    return await play.referral.post(f"/tasks/{on.task}/messages", json=body, headers=party(play, unit))


@pytest.mark.parametrize("road", [(MIDWIFERY, FAMILY_HOUSE), (FAMILY_HOUSE, MIDWIFERY)], ids=["from", "to"])
async def test_a_referral_of_december_goes_on_in_january_though_the_region_is_another(
    winter: Story, calendar: Calendar, road: tuple[str, str]
) -> None:
    sender, recipient = road
    on = await sent(winter, recipient, sender)
    reader = party(winter, recipient)
    assert (await winter.read(on.referral, reader)).json()["notices"] == []
    calendar.move(JANUARY)
    told = (await winter.read(on.referral, reader)).json()
    assert [each["text"] for each in told["information"] if each["text"]] == ["Jeg vil gerne møde andre.",
                                                                             "Sover dårligt."]  # fmt: skip
    assert (told["withheld"], told["notices"]) == ([], [MOVED])
    assert (await say(winter, on, "question", recipient)).json()["withheld"] == []
    assert (await say(winter, on, "answer", sender)).json()["withheld"] == []
    seen = (await winter.read(on.referral, party(winter, sender))).json()
    assert (len(seen["dialogue"]), seen["notices"]) == (2, [MOVED])


async def test_a_recipient_is_told_nothing_of_the_other_recipients(winter: Story, calendar: Calendar) -> None:
    subject, need = await winter.person(), str(uuid4())
    both = [FAMILY_HOUSE, CLOSING]
    until = (DECEMBER + timedelta(days=90)).isoformat()
    await winter.say_yes(subject, need, recipients=both, given_at=DECEMBER.isoformat(), valid_until=until)
    seen = DECEMBER.isoformat()
    number = (await winter.post(subject, need=need, recipients=both, seen_by_family_at=seen))["id"]
    calendar.move(JANUARY)
    assert (await winter.read(number, winter.recipient())).json()["notices"] == [MOVED]
    assert (await winter.read(number, winter.sender())).json()["notices"] == [GONE, MOVED]


@pytest.mark.parametrize(
    ("at", "to", "says"),
    [
        (DECEMBER, CLOSING, None),
        (EVE, CLOSING, None),
        (EVE + MINUTE, CLOSING, GONE),
        (EVE, COMING, NOT_YET),
        (EVE + MINUTE, COMING, None),
        (JANUARY, TAKER, None),
    ],
)
async def test_a_referral_goes_only_to_a_unit_that_is_open_that_day(
    winter: Story, calendar: Calendar, at: datetime, to: str, says: str | None
) -> None:
    calendar.move(at)
    body = referral_in(await winter.person(), recipients=[FAMILY_HOUSE, to], seen_by_family_at=DECEMBER.isoformat())
    answer = await winter.referral.post("/referrals", json=body, headers=winter.sender())
    if says is None:
        assert answer.status_code == 201, answer.text
        return
    told = assert_problem(answer, 422, "closed_unit")
    assert [(each["unit"], each["says"]) for each in told["closed"]] == [(to, says)]
    sql = "SELECT 1 FROM task WHERE recipient = $1"
    assert await rows(winter.dbs.admin("referral"), sql + " AND changed_at = $2", to, at) == []


async def test_a_family_asks_for_help_only_at_a_unit_that_is_open_that_day(winter: Story, calendar: Calendar) -> None:
    """R47: as for others. The login is asked about at the real consent service."""
    login = f"login-{uuid4().hex}"
    registered = winter.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY)
    made = await winter.consent.post("/persons", json={"birth_date": "1999-03-14", "login": login}, headers=registered)
    assert made.status_code == 201, made.text
    family = winter.keys.party("referral", Role.CITIZEN, citizen=login)
    body = {"purpose": "early_support", "recipients": [CLOSING], "own_words": {"text": "Vi vil gerne tale med nogen."}}
    calendar.move(EVE)
    assert (await winter.referral.post("/my/referrals", json=body, headers=family)).status_code == 201
    calendar.move(JANUARY)
    refused = await winter.referral.post("/my/referrals", json=body, headers=family)
    assert assert_problem(refused, 422, "closed_unit")["closed"] == CLOSED
    (there,) = (await winter.referral.get("/my/referrals", headers=family)).json()["referrals"]
    seen = (await winter.referral.get(f"/my/referrals/{there['id']}", headers=family)).json()
    assert seen["notices"] == [GONE]


async def test_a_closed_unit_sends_nothing(winter: Story, calendar: Calendar) -> None:
    calendar.move(JANUARY)
    body = referral_in(await winter.person(), seen_by_family_at=DECEMBER.isoformat())
    answer = await winter.referral.post("/referrals", json=body, headers=party(winter, CLOSING))
    assert assert_problem(answer, 403, "own_unit_closed")["closed"] == CLOSED


async def test_a_post_repeated_after_its_recipient_closed_gets_the_answer_it_got(
    winter: Story, calendar: Calendar
) -> None:
    calendar.move(EVE)
    headers = winter.sender() | {"Idempotency-Key": str(uuid4())}
    body = referral_in(await winter.person(), seen_by_family_at=DECEMBER.isoformat(), recipients=[CLOSING])
    first = await winter.referral.post("/referrals", json=body, headers=headers)
    assert first.status_code == 201, first.text
    calendar.move(JANUARY)
    again = await winter.referral.post("/referrals", json=body, headers=headers)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.headers["idempotency-replayed"] == "true"
    anew = await winter.referral.post("/referrals", json=body, headers=winter.sender())
    assert_problem(anew, 422, "closed_unit")


async def test_a_closed_recipient_reads_hears_and_takes_on_nothing_more(winter: Story, calendar: Calendar) -> None:
    on, own = await sent(winter, CLOSING), party(winter, CLOSING)
    calendar.move(EVE)
    read = await winter.read(on.referral, own)
    assert "Sover dårligt." in read.text
    calendar.move(EVE + MINUTE)
    asked = {"X-Request-Id": str(uuid4())}
    refused = await winter.read(on.referral, own | asked)
    assert assert_problem(refused, 403, "own_unit_closed")["closed"] == CLOSED
    assert "Sover" not in refused.text
    (entry,) = await entries_of(winter.dbs.admin("referral"), asked["X-Request-Id"])
    assert (entry["kind"], entry["referral"], entry["actor"]["unit"]) == ("access_refused", on.referral, CLOSING)
    taken = await winter.referral.post(f"/tasks/{on.task}/acceptance", json={}, headers=own | {"If-Match": '"2"'})
    assert_problem(taken, 403, "own_unit_closed")
    assert_problem(await winter.referral.get("/events", headers=own), 403, "own_unit_closed")
    assert_problem(await winter.referral.get("/tasks", headers=own), 403, "own_unit_closed")
    assert_problem(await say(winter, on, "question", CLOSING), 403, "own_unit_closed")


async def test_a_closed_recipient_may_still_say_no(winter: Story, calendar: Calendar) -> None:
    on, own = await sent(winter, CLOSING), party(winter, CLOSING)
    await winter.read(on.referral, own)
    calendar.move(JANUARY)
    path, body = f"/tasks/{on.task}/decline", {"reason": "no_capacity", "no_alternative": True}
    answer = await winter.referral.post(path, json=body, headers=own | {"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["state"]) == (200, "declined")


async def test_nothing_more_is_said_to_a_closed_recipient_and_the_sender_may_take_it_back(
    winter: Story, calendar: Calendar
) -> None:
    on = await sent(winter, CLOSING)
    await winter.read(on.referral, party(winter, CLOSING))
    assert (await say(winter, on, "question", CLOSING)).status_code == 201
    calendar.move(JANUARY)
    answer = await say(winter, on, "answer", MIDWIFERY)
    assert assert_problem(answer, 422, "closed_unit")["closed"] == CLOSED
    assert (await winter.read(on.referral, winter.sender())).json()["dialogue"][1:] == []
    back = await winter.referral.post(f"/referrals/{on.referral}/withdrawal", json={}, headers=winter.sender())
    assert (back.status_code, back.json()["tasks"][0]["state"]) == (201, "withdrawn")


async def test_whoever_took_over_is_no_party_to_what_went_before(winter: Story, calendar: Calendar) -> None:
    on = await sent(winter, CLOSING)
    calendar.move(JANUARY)
    assert_problem(await winter.read(on.referral, party(winter, TAKER)), 404, "not_there")


async def test_a_closing_counts_on_its_day_though_the_directory_is_down(
    winter: Story, calendar: Calendar, directory_here: tuple[Teller, ThreadServer]
) -> None:
    on = await sent(winter, CLOSING)
    directory_here[1].stop()
    calendar.move(JANUARY)
    assert_problem(await winter.read(on.referral, party(winter, CLOSING)), 403, "own_unit_closed")


async def test_reading_waits_for_no_directory_and_sending_does(dbs: Databases, keys: Keys, winter: Story) -> None:
    on = await sent(winter)
    await winter.read(on.referral, winter.recipient())
    consent_url = str(winter.consent.base_url)
    async with story(dbs, keys, "http://127.0.0.1:9", consent_url) as alone:
        answer = await alone.read(on.referral, winter.recipient())
        assert (answer.status_code, answer.json()["notices"]) == (200, [])
        assert "Sover dårligt." in answer.text
        said = assert_problem(await say(alone, on, "question", FAMILY_HOUSE), 503, "unavailable")
    assert said["what"] == "directory"
