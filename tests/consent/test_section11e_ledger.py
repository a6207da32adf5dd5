"""Everything done about a meeting under § 11 e, and every refusal, is on the ledger: by ids and codes, never words."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.consent.api.section11e.problems import PROBLEMS
from tests.conftest import Databases
from tests.consent.section11e_steps import called, follow_up, held, hold, posted
from tests.consent.section11e_world import (
    AUTHORITY,
    CONTRACTED,
    DAYCARE,
    HERE,
    MIDWIVES,
    NEIGHBOUR,
    PPR,
    SECRET,
    VISITORS,
    World,
    the_world,
)
from tests.support.keys import Keys
from tests.support.logs import everything_logged
from tests.support.town import entries_of, rows
from tests.support.wire import person_in

# What people write of their own choice, wherever they may: it stands where an auditor reads reasons, and nowhere else.
MARK = "lige-netop-disse-ord"
SAYS: Mapping[str, Any] = {
    "necessity": f"Nødvendigt: {MARK}", "consent_attempt": {"impossible": "not_reached", "why": f"Ringet: {MARK}"},
    "special_circumstances": f"Særligt: {MARK}",
}  # fmt: skip
# The tables in which reasons stand, for the auditor.
REASONS = {"section11e_matter", "section11e_meeting", "section11e_attendee", "section11e_terms"}


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


def forms(words: str) -> list[str]:
    """Return words as they might stand somewhere: in clear, as bytes written out, in base 64."""
    raw = words.encode()
    return [words, raw.hex(), *(b64encode(b" " * shift + raw).decode()[4:-4] for shift in range(3))]


async def tables_with(world: World, words: str) -> set[str]:
    """Return the tables with a row that holds the words in any column, in any of the forms."""
    url = world.dbs.admin("consent")
    names = [row["tablename"] for row in await rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert {"ledger_entry", "outbox", "idempotency", "section11e_brought", "section11e_refused"} <= set(names)
    sql = " UNION ALL ".join(
        f"SELECT DISTINCT '{name}' AS name FROM {name} t, unnest($1::text[]) s WHERE strpos(t::text, s) > 0"
        for name in names
    )
    return {row["name"] for row in await rows(url, sql, forms(words))}


class Walk:
    """A person's steps, each with the entries it left."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def step(self, who: str, method: str, path: str, body: Any = None, status: int = 200) -> list[dict[str, Any]]:
        """Do it, and return its entries."""
        headers = self.world.leader() if who == AUTHORITY else self.world.by(who)
        told = {} if body is None else {"json": body}
        answer = await self.world.ask(method, path, headers, **told)
        assert answer.status_code == status, answer.text
        return await self.of(answer)

    async def of(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Return the entries of an answer's request."""
        return await entries_of(self.world.dbs.admin("consent"), answer.headers["x-request-id"])


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str | None, str]]:
    """Return of each entry what was done, by whom for which unit."""
    return [(each["kind"], each["actor"]["unit"], each["actor"]["user"]) for each in entries]


@pytest.mark.rule(
    "R11",
    enforced_by=("services.consent.actions.section11e.around:finish", "services.consent.actions.section11e.room:bring"),
)
@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.around:finish")
async def test_a_meetings_whole_life_is_on_the_ledger_and_not_one_word_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R11, R13."""
    logs = everything_logged(monkeypatch)
    walk, url = Walk(world), world.dbs.admin("consent")
    child = await world.child()
    opened = await world.matter(child, about=f"Trivsel {MARK}")
    matter = opened.json()["id"]
    (entry,) = await walk.of(opened)
    assert told([entry]) == [("section11e_matter_opened", VISITORS, f"{VISITORS}-1")]
    assert (entry["matter"], entry["child"], entry["municipality"], entry["ordinal"]) == (matter, child, HERE, 1)
    elsewhere = world.guest(NEIGHBOUR, elsewhere_because=f"Kender barnet {MARK}")
    private = world.guest(CONTRACTED, agreement=f"Aftale {MARK}")
    first = await world.call(matter, attendees=[world.guest(DAYCARE), elsewhere, private],
                             **{name: SAYS[name] for name in ("necessity", "consent_attempt")})  # fmt: skip
    meeting = first.json()["id"]
    (entry,) = await walk.of(first)
    assert told([entry]) == [("section11e_called", VISITORS, f"{VISITORS}-1")]
    assert (entry["meeting"], entry["matter"], entry["meeting_kind"], entry["state"]) == (
        meeting, matter, "primary", "scheduled",
    )  # fmt: skip
    assert [each["unit"] for each in entry["attendees"]] == [VISITORS, DAYCARE, NEIGHBOUR, CONTRACTED]
    at = f"/meetings/{meeting}"
    await world.now(meeting)
    choice, piece = {"shares": True}, {"category": "child_development", "text": SECRET}
    life: list[tuple[str, str, Any, list[str]]] = [
        (VISITORS, "attendees", {"attendees": [world.guest(PPR)]}, ["section11e_invited"]),
        (VISITORS, "opening", None, ["section11e_opened", "section11e_came"]),
        (DAYCARE, "presence", None, ["section11e_came"]),
        (DAYCARE, "choice", choice, ["section11e_chosen"]),
        (DAYCARE, "brought", piece, ["section11e_brought"]),
        (VISITORS, "room", None, ["section11e_room_read"]),
        (DAYCARE, "departure", None, ["section11e_left"]),
        (DAYCARE, "presence", None, ["section11e_came"]),
    ]
    for who, step, body, kinds in life:
        method, status = ("GET", 200) if step == "room" else ("POST", 201 if step == "brought" else 200)
        entries = await walk.step(who, method, f"{at}/{step}", body, status)
        assert told(entries) == [(kind, who, f"{who}-1") for kind in kinds]
        assert {each["meeting"] for each in entries} == {meeting}
    # While it lies on the table it stands nowhere in clear, sealed or not written out.
    assert await tables_with(world, SECRET) == set()
    assert len(await rows(url, "SELECT id FROM section11e_brought WHERE meeting = $1", UUID(meeting))) == 1
    informed: dict[str, Any] = {}
    after: list[tuple[str, str, Any, str, dict[str, Any]]] = [
        (VISITORS, "end", None, "section11e_ended", {"state": "held", "by_itself": False, "child": child}),
        (VISITORS, "outcome", {"outcome": "seek_consent"}, "section11e_concluded", {"outcome": "seek_consent"}),
        (VISITORS, "informing", {"not_informed_because": "mistanke_overgreb"}, "section11e_informed",
         {"because": "mistanke_overgreb", "informed_at": None}),
        (VISITORS, "informing", informed, "section11e_informed", {"because": None, "child": child}),
    ]  # fmt: skip
    for who, step, body, kind, said in after:
        if body is informed:
            informed["informed_at"] = datetime.now(UTC).isoformat()
        (entry,) = await walk.step(who, "POST", f"{at}/{step}", body)
        assert (entry["kind"], entry["meeting"], {name: entry[name] for name in said}) == (kind, meeting, said)
    for path, kind in ((at, "section11e_read"), (f"/matters/{matter}", "section11e_matter_read")):
        assert [each["kind"] for each in await walk.step(VISITORS, "GET", path)] == [kind]
    again = await world.call(matter, kind="follow_up", **SAYS)
    number = again.json()["id"]
    assert (await walk.of(again))[0]["meeting_kind"] == "follow_up"
    (entry,) = await walk.step(AUTHORITY, "POST", f"/meetings/{number}/approval", {"approves": True})
    assert told([entry]) == [("section11e_meeting_decided", AUTHORITY, "leader-1")]
    assert (entry["meeting"], entry["state"]) == (number, "scheduled")
    (entry,) = await walk.step(VISITORS, "POST", f"/meetings/{number}/cancellation")
    assert (entry["kind"], entry["meeting"]) == ("section11e_cancelled", number)
    another = await world.matter(child, about=f"En anden {MARK}", reason=f"Fordi {MARK}")
    (entry,) = await walk.of(another)
    assert (entry["ordinal"], entry["state"]) == (2, "awaiting_approval")
    approval = f"/matters/{another.json()['id']}/approval"
    (entry,) = await walk.step(AUTHORITY, "POST", approval, {"approves": False})
    assert (entry["kind"], entry["matter"], entry["state"]) == (
        "section11e_matter_decided", another.json()["id"], "declined",
    )  # fmt: skip
    terms = {"ppr": True, "unborn": False, "unborn_basis": f"Retsgrundlag {MARK}"}
    (entry,) = await walk.step(AUTHORITY, "POST", "/terms", terms, 201)
    assert (entry["kind"], entry["municipality"], entry["unborn"]) == ("section11e_terms", HERE, False)
    assert await tables_with(world, SECRET) == set()
    assert await tables_with(world, MARK) == REASONS
    written = logs.getvalue()
    assert "request" in written
    assert not [each for words in (SECRET, MARK) for each in forms(words) if each in written]


async def test_a_meeting_that_ends_by_itself_is_on_the_ledger_with_the_end_that_was_called(world: World) -> None:
    meeting = await world.opened()
    await world.over(meeting)
    answer = await world.ask("GET", f"/meetings/{meeting}", world.by(VISITORS))
    entries = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
    assert [each["kind"] for each in entries] == ["section11e_ended", "section11e_read"]
    assert (entries[0]["by_itself"], entries[0]["meeting"]) == (True, meeting)
    assert datetime.fromisoformat(entries[0]["ended_at"]) == (await world.state(meeting))["ends_at"]


async def refusals(world: World) -> AsyncIterator[tuple[str, httpx.Response, str | None, str | None]]:
    """Provoke every refusal there is; yield its code, the answer, and the matter and meeting it was about."""
    by, marked = world.by(VISITORS), {"about": f"Om {MARK}"}
    child = await world.child()
    (matter, meeting), empty = await called(world, child), (await world.matter(await world.child())).json()["id"]

    async def call(number: str = empty, **changes: Any) -> httpx.Response:
        return await world.call(number, **{"necessity": SAYS["necessity"], "consent_attempt": SAYS["consent_attempt"]}
                                | changes)  # fmt: skip

    async def post(number: str, step: str, unit: str = VISITORS, **body: Any) -> httpx.Response:
        return await world.ask("POST", f"/meetings/{number}/{step}", world.by(unit), json=body)

    wrong: list[tuple[str, dict[str, Any]]] = [
        ("section_11e_not_a_party", {"attendees": [world.guest(MIDWIVES)]}),
        ("section_11e_agreement_missing", {"attendees": [world.guest(CONTRACTED)]}),
        ("section_11e_other_municipality", {"attendees": [world.guest(NEIGHBOUR)]}),
        ("section_11e_consent_not_tried", {"consent_attempt": {"why": f"Nej {MARK}"}}),
        ("section_11e_wrong_purpose", {"purpose": MARK}),
        ("section_11e_necessity_missing", {"necessity": " "}),
        ("section_11e_wrong_attendees", {"attendees": [world.guest(DAYCARE)] * 2}),
        ("section_11e_wrong_time", {"starts_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}),
        ("section_11e_special_reason_missing", {"kind": "follow_up"}),
        ("section_11e_follow_up_too_soon", {"kind": "follow_up", "special_circumstances": f"Særligt {MARK}"}),
        ("section_11e_not_theirs_to_approve", {"leader": f"{VISITORS}-1"}),
    ]
    for code, changes in wrong:
        yield code, await call(**changes), empty, None
    yield "section_11e_already_called", await call(matter), matter, None
    yield "section_11e_new_matter_needs_reason", await world.matter(child, **marked), None, None
    mother = (await posted(world, "/persons", person_in()))["id"]
    due = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    unborn = (await posted(world, "/persons", {"expected": {"mother": mother, "due_date": due}}))["id"]
    yield "section_11e_unborn", await world.matter(unborn, **marked), None, None
    yield "section_11e_not_a_child", await world.matter(await world.child("2001-01-01"), **marked), None, None
    second = (await world.matter(child, reason=f"Fordi {MARK}")).json()["id"]
    yield "section_11e_not_approved", await call(second), second, None
    await world.ask("POST", f"/matters/{second}/approval", world.leader(), json={"approves": True})
    yield "section_11e_overlapping", await call(second), second, None
    yield "section_11e_room_closed", await post(meeting, "opening"), matter, meeting
    yield "section_11e_wrong_state", await post(meeting, "outcome", outcome="nothing"), matter, meeting
    other = await world.opened()
    await world.now(meeting)
    yield "section_11e_elsewhere_present", await world.ask("POST", f"/meetings/{meeting}/opening", by), matter, meeting
    its = str((await world.state(other))["matter"])
    piece = {"category": "child_development", "text": MARK}
    yield "section_11e_sharing_not_chosen", await post(other, "brought", DAYCARE, **piece), its, other
    await world.bring(other)
    await rows(
        world.dbs.admin("consent"),
        "INSERT INTO section11e_brought (id, meeting, attendee, category, sealed, at) SELECT gen_random_uuid(), "
        "meeting, attendee, category, sealed, at FROM section11e_brought, generate_series(1, 200) WHERE meeting = $1",
        UUID(other),
    )
    yield "section_11e_too_much_brought", await post(other, "brought", DAYCARE, **piece), its, other
    await post(other, "end")
    yield "section_11e_not_informed", await post(other, "informing"), its, other
    spent, _ = await held(world)
    await hold(world, await follow_up(world, spent))
    third = await call(spent, kind="follow_up", special_circumstances=f"Særligt {MARK}")
    yield "SECTION_11E_EXHAUSTED", third, spent, None
    unbased = {"ppr": True, "unborn": True}
    yield "section_11e_basis_missing", await world.ask("POST", "/terms", world.leader(), json=unbased), None, None
    yield "not_there", await post(other, "informing", PPR, not_informed_because="kunne_ikke_naas"), its, other
    yield "not_there", await post(str(uuid4()), "opening"), None, None


@pytest.mark.rule("R3", enforced_by="services.consent.actions.section11e.refusing:note")
@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.refusing:note")
async def test_every_refusal_is_on_the_ledger_and_in_the_auditors_list_without_a_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3, R13."""
    logs = everything_logged(monkeypatch)
    url, met = world.dbs.admin("consent"), set()
    async for code, answer, matter, meeting in refusals(world):
        assert answer.json().get("code") == code, answer.text
        entries = await entries_of(url, answer.headers["x-request-id"])
        (entry,) = [each for each in entries if each["kind"] == "section11e_refused"]
        assert (entry["code"], entry["matter"], entry["meeting"]) == (code, matter, meeting)
        assert set(entry) == {"actor", "at", "code", "id", "kind", "matter", "meeting", "request", "units"}
        # Nothing the request did is left, but the notes that it was refused.
        assert {each["kind"] for each in entries} == {"section11e_refused"}, (code, entries)
        (kept,) = await rows(url, "SELECT * FROM section11e_refused WHERE ledger_id = $1", UUID(entry["id"]))
        assert (kept["code"], kept["units"], kept["user_id"]) == (code, entry["units"], entry["actor"]["user"])
        assert kept["municipality"] == HERE or (matter is None and meeting is None)
        met.add(code)
    assert met == {problem.code for problem in PROBLEMS.values()}
    assert await tables_with(world, MARK) <= REASONS
    assert not [each for each in forms(MARK) if each in logs.getvalue()]
