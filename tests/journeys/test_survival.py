"""Processes are killed in mid-flight, the database too: what was acknowledged is there, once; the rest is refused."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
import pytest

from deploy.demo import identities
from deploy.demo.playing import Play, wait_for
from deploy.system import PROCESSES, System
from shared.ids import new_id
from tests.support.journey import Mother, give, mother, referral

pytestmark = pytest.mark.journey
POSTS = 60
CLIENTS = 4
BEFORE_KILL = 12
IN_TIME_S = 30.0


@pytest.fixture(autouse=True)
def _all_up(system: System) -> Iterator[None]:
    """Leave the system whole, whatever a test did to it."""
    yield
    for name in PROCESSES:
        if name not in system.running or system.running[name].poll() is not None:
            system.running.pop(name, None)
            system.start_process(name)
    system.wait_until_ready()


class Poster:
    """Posts referrals from several clients at once, each under its own key, until every one is acknowledged."""

    def __init__(self, playing: Play, who: Mother) -> None:
        self._client = playing.as_(identities.SYSTEM)
        self._body = referral(who)
        self.acknowledged: dict[str, str] = {}
        self.refused = 0
        self.enough = threading.Event()

    def post_until_stored(self, key: str) -> None:
        """Post, and post again with the same key, until the answer says stored."""
        deadline = time.monotonic() + IN_TIME_S
        while time.monotonic() < deadline:
            status, made = self._post(key)
            if status == httpx.codes.CREATED:
                self.acknowledged[key] = made
                if len(self.acknowledged) >= BEFORE_KILL:
                    self.enough.set()
                return
            assert status in {None, 502, 503, 401}, status
            self.refused += 1
            time.sleep(0.05)

    def _post(self, key: str) -> tuple[int | None, str]:
        try:
            answer = self._client.post("/referrals", json=self._body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return None, ""
        return answer.status_code, str(answer.json().get("id"))


async def rows(system: System, sql: str, *arguments: object) -> list[asyncpg.Record]:
    """Read the referral database as superuser."""
    connection = await asyncpg.connect(system.database_url("referral", role="admin"))
    try:
        return list(await connection.fetch(sql, *arguments))
    finally:
        await connection.close()


async def assert_each_is_there_once(system: System, poster: Poster) -> None:
    """Every acknowledged key is one referral, with one ledger entry, and its id is the one that was told."""
    kept = await rows(
        system,
        "SELECT i.key, i.made, (SELECT count(*) FROM ledger_entry e WHERE e.entry->>'kind' = 'referral_posted' "
        "AND e.entry->>'referral' = i.made::text) AS entries, "
        "(SELECT count(*) FROM referral r WHERE r.id = i.made) AS referrals "
        "FROM idempotency i WHERE i.key = ANY($1)",
        list(poster.acknowledged),
    )
    assert {row["key"]: str(row["made"]) for row in kept} == poster.acknowledged
    assert {(row["entries"], row["referrals"]) for row in kept} == {(1, 1)}


def while_posting(poster: Poster, disturb: Callable[[], None]) -> None:
    """Disturb the system while referrals are being posted."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        keys = [f"kill-{new_id()}" for _ in range(POSTS)]
        done = [pool.submit(poster.post_until_stored, key) for key in keys]
        assert poster.enough.wait(IN_TIME_S)
        disturb()
        for each in done:
            each.result()
    assert set(poster.acknowledged) == set(keys)


@pytest.mark.parametrize("name", PROCESSES)
async def test_killing_any_process_loses_and_doubles_nothing(system: System, playing: Play, name: str) -> None:
    poster = Poster(playing, mother(playing))

    def kill_and_restart() -> None:
        system.kill(name)
        system.start_process(name)

    while_posting(poster, kill_and_restart)
    if name in {"gateway", "referral", "consent"}:
        assert poster.refused, "nothing was in flight when it was killed"
    await assert_each_is_there_once(system, poster)


async def test_a_power_cut_of_the_database_loses_and_doubles_nothing(system: System, playing: Play) -> None:
    poster = Poster(playing, mother(playing))
    said: dict[str, httpx.Response] = {}

    def cut_the_power() -> None:
        system.stop_database("immediate")
        said["ready"] = httpx.get(system.url("referral") + "/health/ready")
        said["search"] = playing.as_(identities.SYSTEM).get("/offers")
        system.start_database()

    while_posting(poster, cut_the_power)
    assert said["ready"].status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert said["search"].status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert said["search"].headers["retry-after"]
    assert poster.refused, "nobody was told that the database is down"
    await assert_each_is_there_once(system, poster)


async def test_with_consent_down_nothing_is_read_and_what_was_written_is_kept(system: System, playing: Play) -> None:
    who = mother(playing, consents=False)
    give(playing, who).raise_for_status()
    before = playing.post(identities.SYSTEM, "/referrals", referral(who)).json()
    assert playing.as_("family-therapist").get(f"/referrals/{before['id']}").status_code == httpx.codes.OK
    system.kill("consent")
    body, key = referral(who), {"Idempotency-Key": str(new_id())}
    sent = playing.post(identities.SYSTEM, "/referrals", body, **key)
    seen = playing.as_("family-therapist").get(f"/referrals/{before['id']}")
    asked = playing.post("family-therapist", f"/tasks/{before['tasks'][0]['id']}/messages", _question(who))
    for answer in (sent, seen, asked):
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert answer.headers["retry-after"]
        assert answer.json()["fix_by"] == "time"
    assert sent.json()["kept"].startswith("/api/v1/referrals/")
    kept = sent.json()["kept"].rsplit("/", 1)[1]
    assert [row["n"] for row in await rows(system, "SELECT count(*) AS n FROM message WHERE task_id = $1",
                                           before["tasks"][0]["id"])] == [1]  # fmt: skip
    system.start_process("consent")
    system.wait_until_ready()
    assert wait_for(lambda: _state(playing, kept) == "sent", IN_TIME_S), "what was kept never went out"
    again = playing.post(identities.SYSTEM, "/referrals", body, **key)
    assert (again.status_code, again.json()["id"]) == (httpx.codes.CREATED, kept)


async def test_with_the_workers_down_consent_and_withdrawal_still_hold(system: System, playing: Play) -> None:
    """The workers only carry news: the gate itself asks consent at every reading."""
    who = mother(playing)
    posted = playing.post(identities.SYSTEM, "/referrals", referral(who)).json()
    system.kill("consent-worker")
    system.kill("referral-worker")
    found = playing.as_(identities.SYSTEM).get("/consents", params={"need": who.need}).json()["consents"]
    path = f"/referrals/{posted['id']}"
    assert playing.as_("family-therapist").get(path).json()["information"]
    playing.post(identities.SYSTEM, f"/consents/{found[0]['id']}/withdrawal", {}).raise_for_status()
    seen = playing.as_("family-therapist").get(path).json()
    assert seen["information"] == []
    assert {missing["reason"] for missing in seen["withheld"]} == {"withdrawn"}
    system.start_process("consent-worker")
    system.start_process("referral-worker")
    assert wait_for(lambda: _state(playing, posted["id"]) == "consent_ended", IN_TIME_S)


def _state(playing: Play, number: str) -> str:
    answer = playing.as_(identities.SYSTEM).get(f"/referrals/{number}")
    return str(answer.json()["tasks"][0]["state"]) if answer.is_success else answer.text


def _question(who: Mother) -> dict[str, object]:
    return {"kind": "question", "information": [{"subject": who.id, "category": "pregnancy", "text": "Hvornår?"}]}
