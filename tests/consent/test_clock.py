"""What time brings, as the worker's `look` writes it: once, whoever looks and how often (R16, R26, R47)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from services.consent import worker
from services.consent.actions import clock
from shared.auth import ServiceIdentity
from shared.clock import danish_date
from shared.db import Database
from shared.http import Upstream
from shared.problems import Unavailable
from shared.units import UnitMirror
from tests.conftest import Databases
from tests.support.families import Clock, Desk, new_need
from tests.support.keys import Keys
from tests.support.regions import DECEMBER, EVE, JANUARY, told_on
from tests.support.serving import Teller, serving
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, client_of, consent_app, rows

DAY = timedelta(days=1)


class Workers:
    """Two workers on one database, and the directory they ask."""

    def __init__(self, one: Database, two: Database, directory: Upstream) -> None:
        self.one, self.two, self.directory = one, two, directory
        self.mirrors = (UnitMirror(), UnitMirror())

    async def look(self, at: datetime) -> None:
        """Have both look at once."""
        both = zip((self.one, self.two), self.mirrors, strict=True)
        await asyncio.gather(*[worker.look(each, mirror, self.directory, at) for each, mirror in both])


_LOOKS = 50


@pytest.fixture
async def workers(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[Workers]:
    """Two workers."""
    one, two = (Database(dbs.app("consent"), 2, name) for name in ("worker-one", "worker-two"))
    directory = Upstream("directory", directory_url, ServiceIdentity("consent", keys.private("consent")))
    held: list[Database | Upstream] = [one, two, directory]
    for each in held:
        await each.open()
    yield Workers(one, two, directory)
    for each in held:
        await each.close()


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


async def events(dbs: Databases, consent: str) -> list[str]:
    sql = "SELECT kind FROM consent_event WHERE consent_id = $1 ORDER BY at"
    return [row["kind"] for row in await rows(dbs.admin("consent"), sql, UUID(consent))]


async def told_of(dbs: Databases, need: str, kind: str) -> int:
    """Return how many messages of a kind the referral service gets about a need."""
    sql = "SELECT 1 FROM outbox WHERE topic = 'consent_event' AND payload->>'need' = $1 AND payload->>'kind' = $2"
    return len(await rows(dbs.admin("consent"), sql, need, kind))


async def written_of(dbs: Databases, kind: str, consent: str) -> int:
    sql = "SELECT 1 FROM ledger_entry WHERE entry->>'kind' = $1 AND entry->>'consent' = $2"
    return len(await rows(dbs.admin("consent"), sql, kind, consent))


async def test_an_end_is_written_once_by_two_workers_at_once_and_told_to_referral(
    midwives: Desk, dbs: Databases, workers: Workers
) -> None:
    person, at = await midwives.person(), datetime.now(UTC)
    ends, later = (at + 2 * DAY).isoformat(), (at + 3 * DAY).isoformat()
    needs = [new_need() for _ in range(4)]
    soon = [await midwives.yes(person, need, valid_until=ends) for need in needs]
    other = await midwives.yes(person, needs[0], valid_until=later, categories=["network"])
    for moment in (at + DAY, at + 2 * DAY, at + 2 * DAY + timedelta(minutes=1)):
        await workers.look(moment)
        written = ["expired"] if moment > at + DAY else []
        assert [await events(dbs, each) for each in soon] == [written] * 4
    assert await events(dbs, other) == []
    for consent, need in zip(soon, needs, strict=True):
        assert await written_of(dbs, "consent_expired", consent) == 1
        assert await told_of(dbs, need, "consent_expired") == 1


async def test_a_refusal_has_no_end(midwives: Desk, dbs: Databases, workers: Workers) -> None:
    number = await midwives.no(await midwives.person(), new_need())
    await workers.look(datetime.now(UTC) + 2 * DAY)
    assert await events(dbs, number) == []


@pytest.mark.parametrize("how", ["withdrawal", "invalidation", "superseding"])
async def test_what_had_ended_already_is_not_said_to_expire(
    midwives: Desk, dbs: Databases, workers: Workers, how: str
) -> None:
    """R24: a withdrawn consent stays withdrawn, in the family's sheet too."""
    person, need, at = await midwives.person(), new_need(), datetime.now(UTC)
    number = await midwives.yes(person, need, valid_until=(at + DAY).isoformat())
    if how == "superseding":
        await midwives.yes(person, need, supersedes=[number])
    else:
        body = {"cause": "recorded_in_error"} if how == "invalidation" else {}
        await midwives.done(f"/consents/{number}/{how}", body)
    before = await events(dbs, number)
    await workers.look(at + 2 * DAY)
    assert await events(dbs, number) == before != []
    assert await told_of(dbs, need, "consent_expired") == 0


async def test_what_was_taken_back_in_part_still_expires(midwives: Desk, dbs: Databases, workers: Workers) -> None:
    person, need, at = await midwives.person(), new_need(), datetime.now(UTC)
    both = {"categories": ["health", "network"]}
    number = await midwives.yes(person, need, valid_until=(at + DAY).isoformat(), **both)
    await midwives.done(f"/consents/{number}/withdrawal", {"categories": ["network"]})
    await workers.look(at + 2 * DAY)
    assert await events(dbs, number) == ["withdrawn", "expired"]


async def test_an_end_within_thirty_days_is_reminded_of_once(midwives: Desk, workers: Workers) -> None:
    """R16."""
    person, at = await midwives.person(), datetime.now(UTC)
    await midwives.yes(person, new_need(), valid_until=(at + 40 * DAY).isoformat())
    await workers.look(at)
    assert await midwives.to_do(person) == []
    for by in (10, 11):
        await workers.look(at + by * DAY + timedelta(minutes=1))
        assert await midwives.to_do(person) == ["expiring"]
    assert await midwives.at(FAMILY_HOUSE).to_do(person) == []


async def test_a_reminder_that_was_done_does_not_come_back(midwives: Desk, workers: Workers) -> None:
    person, at = await midwives.person(), datetime.now(UTC)
    await midwives.yes(person, new_need(), valid_until=(at + 9 * DAY).isoformat())
    await workers.look(at)
    (number,) = [each["id"] for each in await midwives.follow_ups(person)]
    await midwives.done(f"/follow-ups/{number}/done", {})
    await workers.look(at + DAY)
    assert await midwives.to_do(person) == []


async def test_on_turning_fifteen_those_who_told_something_are_told_to_ask_the_young_one_once(
    midwives: Desk, dbs: Databases, workers: Workers
) -> None:
    """R26: on the day itself, not the day before; and of a child nobody told anything about, nobody."""
    mother, need, at = await midwives.person(), new_need(), datetime.now(UTC)
    birthday = danish_date(at) + 3 * DAY
    birthday += DAY if (birthday.month, birthday.day) == (2, 29) else 0 * DAY
    born = birthday.replace(year=birthday.year - 15).isoformat()
    young, untold = await midwives.child(mother, born=born), await midwives.child(mother, born=born)
    number = await midwives.yes(young, need, given_by=mother)
    noon = datetime(birthday.year, birthday.month, birthday.day, 11, tzinfo=UTC)
    for moment, expected in ((noon - DAY, 0), (noon, 1), (noon + DAY, 1), (noon + 50 * DAY, 1)):
        await workers.look(moment)
        assert await midwives.to_do(young) == ["turned_15"] * expected
        assert await events(dbs, number) == ["invalidated"] * expected
        assert await written_of(dbs, "consent_invalidated", number) == expected
        assert await told_of(dbs, need, "consent_invalidated") == expected
    sql = "SELECT cause FROM consent_event WHERE consent_id = $1"
    assert [row["cause"] for row in await rows(dbs.admin("consent"), sql, UUID(number))] == ["turned_15"]
    assert await midwives.to_do(untold) == []


async def test_what_the_young_one_says_on_the_birthday_is_not_ended_with_what_was_said_for_them(
    midwives: Desk, dbs: Databases, workers: Workers
) -> None:
    mother, need, at = await midwives.person(), new_need(), datetime.now(UTC)
    today = danish_date(at)
    born = today.replace(year=today.year - 15) if (today.month, today.day) != (2, 29) else date(today.year - 15, 3, 1)
    young = await midwives.child(mother, born=born.isoformat())
    own = await midwives.yes(young, need)
    await workers.look(at + timedelta(minutes=1))
    assert await events(dbs, own) == []
    assert await midwives.to_do(young) == []


async def test_what_ended_before_the_moment_looked_from_is_left_and_found_by_a_worker_that_begins(
    midwives: Desk, dbs: Databases, workers: Workers
) -> None:
    number = await midwives.yes(await midwives.person(), new_need(), valid_until=(datetime.now(UTC) + DAY).isoformat())
    at = datetime.now(UTC) + 30 * DAY
    for since, expected in ((at - 14 * DAY, []), (at - 40 * DAY, ["expired"])):
        await worker.look(workers.one, UnitMirror(), workers.directory, at, since=since)
        assert await events(dbs, number) == expected
    other = await midwives.yes(await midwives.person(), new_need(), valid_until=(datetime.now(UTC) + DAY).isoformat())
    assert await clock.write_expired(workers.one, at, since=at - 14 * DAY) == 0
    await worker.look(workers.one, UnitMirror(), workers.directory, at)
    assert await events(dbs, other) == ["expired"]


async def test_a_worker_that_was_down_for_long_still_finds_everything(
    midwives: Desk, dbs: Databases, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More ends than one look reads at once."""
    monkeypatch.setattr(clock, "_BATCH", 2)
    person, at = await midwives.person(), datetime.now(UTC)
    ends = (at + DAY).isoformat()
    soon = [await midwives.yes(person, new_need(), valid_until=ends) for _ in range(5)]
    await workers.look(at + 2 * DAY)
    assert [await events(dbs, each) for each in soon] == [["expired"]] * 5


async def test_without_the_directory_what_ended_is_written_all_the_same(
    midwives: Desk, dbs: Databases, workers: Workers, keys: Keys
) -> None:
    number = await midwives.yes(await midwives.person(), new_need(), valid_until=(datetime.now(UTC) + DAY).isoformat())
    down = Upstream("directory", "http://127.0.0.1:1", ServiceIdentity("consent", keys.private("consent")))
    await down.open()
    with pytest.raises(Unavailable):
        await worker.look(workers.one, UnitMirror(), down, datetime.now(UTC) + 2 * DAY)
    await down.close()
    assert await events(dbs, number) == ["expired"]


@pytest.mark.parametrize("road", [(MIDWIFERY, FAMILY_HOUSE), (FAMILY_HOUSE, MIDWIFERY)], ids=["from", "to"])
async def test_of_a_unit_in_another_region_by_law_each_sender_is_told_once(
    dbs: Databases, keys: Keys, workers: Workers, monkeypatch: pytest.MonkeyPatch, road: tuple[str, str]
) -> None:
    """R47: from the first of January 2027, for consents that stand then."""
    teller, clock = Teller(), Clock(DECEMBER)
    with serving(lambda: teller) as server:
        teller.say(told_on(danish_date(DECEMBER)))
        async with client_of(clock.rules(consent_app(dbs, keys, server.url), monkeypatch)) as client:
            desk = Desk(client, keys, road[0], clock=lambda: clock.at)
            person, ended = await desk.person(), await desk.person()
            await desk.yes(person, new_need(), recipients=[road[1]])
            await desk.done(f"/consents/{await desk.yes(ended, new_need(), recipients=[road[1]])}/withdrawal", {})
            directory = Upstream("directory", server.url, ServiceIdentity("consent", keys.private("consent")))
            await directory.open()
            for moment, expected in ((EVE, []), (JANUARY, ["region_moved"]), (JANUARY + DAY, ["region_moved"])):
                teller.say(told_on(danish_date(moment)))
                for _ in range(_LOOKS):  # it tells so many at a time, and other tests' consents name the unit, too
                    await worker.look(workers.one, UnitMirror(), directory, moment)
                    if await desk.to_do(person) == expected:
                        break
                assert await desk.to_do(person) == expected
                assert await desk.to_do(ended) == []
            await directory.close()
