"""What an auditor asks of meetings under § 11 e: which there were, what was refused, who was not told."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.consent.domain.section11e.meetings import Kind, NotInformed, Outcome, State
from shared.auth import Role
from tests.conftest import Databases
from tests.consent.section11e_steps import called, follow_up, held, hold
from tests.consent.section11e_world import (
    AUTHORITY,
    DAYCARE,
    HERE,
    JOBCENTER,
    MIDWIVES,
    SECRET,
    VISITORS,
    World,
    the_world,
)
from tests.support.keys import Keys
from tests.support.town import assert_problem, entries_of, rows

MEETINGS, REFUSED = "/audit/section-11e/meetings", "/audit/section-11e/refused"
UNINFORMED, FIGURES = "/audit/section-11e/uninformed", "/audit/section-11e/figures"
ALL = (MEETINGS, REFUSED, UNINFORMED, FIGURES)

NOWHERE = "0840"  # where no test calls a meeting


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


async def told(world: World, path: str, **asked: Any) -> dict[str, Any]:
    """Ask as the auditor."""
    answer = await world.client.get(path, params=asked, headers=world.keys.party("consent", Role.AUDITOR))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def paged(world: World, path: str, name: str, limit: int, **asked: Any) -> list[dict[str, Any]]:
    """Return everything of a list, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = await told(world, path, limit=limit, **asked, **({"after": after} if after else {}))
        assert len(page[name]) <= limit
        found += page[name]
        after = page["next"]
        if after is None:
            return found


async def inform_by(world: World, meeting: str, at: datetime) -> None:
    """Let the fourteen days be over at a moment."""
    await rows(world.dbs.admin("consent"), "UPDATE section11e_meeting SET inform_by = $2 WHERE id = $1", meeting, at)


@pytest.mark.rule("R11", enforced_by="services.consent.actions.section11e.auditing:meetings")
@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.auditing:meetings")
async def test_the_auditor_sees_all_of_a_meeting_but_what_was_said(world: World) -> None:
    """R11, R13."""
    child = await world.child()
    meeting = await world.opened(child, attendees=[world.guest(DAYCARE), world.guest(AUTHORITY)])
    assert (await world.bring(meeting)).status_code == 201
    await world.ask("POST", f"/meetings/{meeting}/end", world.by(VISITORS))
    await world.ask("POST", f"/meetings/{meeting}/outcome", world.by(VISITORS), json={"outcome": "concern_report"})
    because = {"not_informed_because": "mistanke_overgreb"}
    await world.ask("POST", f"/meetings/{meeting}/informing", world.by(VISITORS), json=because)
    found = await paged(world, MEETINGS, "meetings", 500, municipality=HERE, state="held")
    (one,) = [each for each in found if each["id"] == meeting]
    assert SECRET not in str(found)
    assert (one["child"], one["unit"], one["convener"], one["municipality"]) == (
        child,
        VISITORS,
        "11e-visitors-1",
        HERE,
    )
    assert one["necessity"] == "Vi skal vide, om barnet får støtte to steder."
    assert (one["consent_impossible"], one["refusal"]) == ("not_reached", None)
    assert one["consent_impossible_why"] == "Ringet tre gange og skrevet."
    assert (one["kind"], one["state"], one["outcome"]) == ("primary", "held", "concern_report")
    assert (one["informed_at"], one["not_informed_because"]) == (None, "mistanke_overgreb")
    assert one["starts_at"] < one["opened_at"] < one["ended_at"] < one["ends_at"]
    assert datetime.fromisoformat(one["inform_by"]) - datetime.fromisoformat(one["ended_at"]) == timedelta(days=14)
    who = {each["unit"]: each for each in one["attendees"]}
    assert {unit: each["categories"] for unit, each in who.items()} == {
        VISITORS: [], DAYCARE: ["child_development"], AUTHORITY: [],
    }  # fmt: skip
    assert {unit: len(each["there"]) for unit, each in who.items()} == {VISITORS: 1, DAYCARE: 1, AUTHORITY: 0}
    assert {unit: each["shares"] for unit, each in who.items()} == {VISITORS: None, DAYCARE: True, AUTHORITY: None}
    assert (who[DAYCARE]["employer"], who[DAYCARE]["profession"]) == (f"org-{DAYCARE}", "pedagogue")
    assert (who[DAYCARE]["user"], who[DAYCARE]["party_row"]) == (f"{DAYCARE}-1", "daycare")
    (entry,) = await rows(
        world.dbs.admin("consent"), "SELECT entry->>'meeting' AS meeting FROM ledger_entry WHERE id = $1",
        UUID(one["ledger_id"]),
    )  # fmt: skip
    assert entry["meeting"] == meeting


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.auditing:meetings")
async def test_not_even_the_auditor_sees_what_lies_on_the_table_while_the_meeting_lasts(world: World) -> None:
    """R12."""
    meeting = await world.opened()
    assert (await world.bring(meeting)).status_code == 201
    for path in ALL:
        assert SECRET not in str(await told(world, path))
    for step in ("", "/room"):
        auditor = world.keys.party("consent", Role.AUDITOR)
        assert (await world.ask("GET", f"/meetings/{meeting}{step}", auditor)).status_code == 403


@pytest.mark.rule("R7", enforced_by="services.consent.actions.section11e.auditing:meetings")
async def test_a_follow_up_is_found_with_its_reason_and_who_approved_it(world: World) -> None:
    """R7."""
    matter, _ = await held(world)
    number = await follow_up(world, matter)
    found = await paged(world, MEETINGS, "meetings", 500, kind="follow_up")
    assert {each["kind"] for each in found} == {"follow_up"}
    (one,) = [each for each in found if each["id"] == number]
    assert (one["special_circumstances"], one["approved_by"]) == ("Nyt siden sidst.", "leader-1")
    assert one["approved_by"] != one["convener"]


@pytest.mark.rule("R6", enforced_by="services.consent.actions.section11e.auditing:meetings")
async def test_another_matter_about_the_same_child_is_found_with_its_reason_and_leader(world: World) -> None:
    """R6."""
    child = await world.child()
    await held(world, child)
    another = (await world.matter(child, reason="En helt anden sag.")).json()["id"]
    await world.ask("POST", f"/matters/{another}/approval", world.leader(), json={"approves": True})
    number = (await world.call(another)).json()["id"]
    (one,) = [each for each in await paged(world, MEETINGS, "meetings", 500) if each["id"] == number]
    assert (one["matter_number"], one["matter_reason"]) == (2, "En helt anden sag.")
    assert (one["matter_approved_by"], one["about"]) == ("leader-1", "Trivsel i dagtilbuddet")


async def test_each_narrowing_leaves_what_it_says_and_pages_leave_nothing_out(world: World) -> None:
    start = datetime.now(UTC) + timedelta(days=20)
    made = []
    for day in range(5):
        starts = start + timedelta(days=day)
        period = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()}
        made.append((await called(world, **period))[1])
    await world.ask("POST", f"/meetings/{made[3]}/cancellation", world.by(VISITORS))
    since, before = start.isoformat(), (start + timedelta(days=4)).isoformat()

    async def ids(**asked: Any) -> list[str]:
        found = await paged(world, MEETINGS, "meetings", 2, **asked)  # another test's clock may have been ahead
        return [each["id"] for each in found if each["id"] in made]

    assert await ids(since=since) == made
    assert await ids(since=since, before=before) == made[:4]
    assert await ids(since=since, state="cancelled") == [made[3]]
    assert await ids(since=since, before=before, state="scheduled", kind="primary", municipality=HERE) == made[:3]
    assert await ids(since=since, kind="follow_up") == []
    assert await ids(since=since, municipality=NOWHERE) == []


@pytest.mark.rule("R3", enforced_by="services.consent.actions.section11e.auditing:refused")
async def test_who_was_refused_is_found_by_municipality_and_code(world: World) -> None:
    """R3."""
    since = datetime.now(UTC).isoformat()
    child = await world.child(units=(VISITORS, DAYCARE, JOBCENTER))
    matter = (await world.matter(child)).json()["id"]
    await world.call(matter, attendees=[world.guest(MIDWIVES), world.guest(JOBCENTER), world.guest(AUTHORITY)])
    assert (await world.matter(child, JOBCENTER)).status_code == 422
    assert (await world.matter(child, MIDWIVES)).status_code == 422
    await world.call(matter, kind="follow_up", special_circumstances="Hemmelig grund.")
    before = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()  # another test's clock may have been ahead
    found = await paged(world, REFUSED, "refused", 1, since=since, before=before)
    assert [(each["code"], each["unit"], each["units"], each["municipality"]) for each in found] == [
        ("section_11e_not_a_party", VISITORS, sorted([MIDWIVES, JOBCENTER]), HERE),
        ("section_11e_not_a_party", JOBCENTER, [JOBCENTER], HERE),
        ("section_11e_not_a_party", MIDWIVES, [MIDWIVES], None),
        ("section_11e_follow_up_too_soon", VISITORS, [], HERE),
    ]
    assert [each["matter"] for each in found] == [matter, None, None, matter]
    assert "Hemmelig" not in str(found)
    here = await paged(world, REFUSED, "refused", 2, since=since, before=before, municipality=HERE)
    assert [each["id"] for each in here] == [each["id"] for each in found]  # the region's, too
    soon = await told(world, REFUSED, since=since, before=before, code="section_11e_follow_up_too_soon")
    assert [each["id"] for each in soon["refused"]] == [found[3]["id"]]
    assert (await told(world, REFUSED, since=since, before=since))["refused"] == []
    nowhere = await told(world, REFUSED, since=since, before=before, municipality=NOWHERE)
    assert [each["municipality"] for each in nowhere["refused"]] == [None]


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.auditing:uninformed")
async def test_families_not_told_are_found_the_longest_overdue_first(world: World) -> None:
    """R14."""
    now = datetime.now(UTC)
    meetings = [(await held(world))[1] for _ in range(5)]
    late, later, waiting, withheld, informed = meetings
    before = (await told(world, UNINFORMED, municipality=HERE))["counts"]
    # In a database that other tests have used, these are the longest overdue of all.
    await inform_by(world, later, now - timedelta(days=901))
    await inform_by(world, late, now - timedelta(days=900))
    await inform_by(world, withheld, now - timedelta(days=899))
    because = {"not_informed_because": "dbl_22_hensyn_til_barnet"}
    await world.ask("POST", f"/meetings/{withheld}/informing", world.by(VISITORS), json=because)
    at = {"informed_at": datetime.now(UTC).isoformat()}
    await world.ask("POST", f"/meetings/{informed}/informing", world.by(VISITORS), json=at)
    first = await told(world, UNINFORMED, municipality=HERE, limit=3)
    assert [(each["id"], each["standing"]) for each in first["meetings"]] == [
        (later, "overdue"), (late, "overdue"), (withheld, "withheld"),
    ]  # fmt: skip
    assert first["meetings"][2]["not_informed_because"] == "dbl_22_hensyn_til_barnet"
    assert (first["meetings"][0]["convener"], first["meetings"][0]["leader"]) == ("11e-visitors-1", "leader-1")
    everything = await paged(world, UNINFORMED, "meetings", 2, municipality=HERE)
    assert [each["id"] for each in everything][:3] == [later, late, withheld]
    assert len({each["id"] for each in everything}) == len(everything)
    standing = {each["id"]: each["standing"] for each in everything}
    assert standing[waiting] == "waiting"
    assert informed not in standing
    # Whoever is late comes before whoever has time.
    assert [each["inform_by"] for each in everything] == sorted(each["inform_by"] for each in everything)
    after = first["counts"]
    assert after["overdue"] - before["overdue"] == 2
    assert before["waiting"] - after["waiting"] == 4
    assert after["withheld"]["dbl_22_hensyn_til_barnet"] - before["withheld"]["dbl_22_hensyn_til_barnet"] == 1
    counted = Counter(each["standing"] for each in everything)
    assert counted == {"overdue": after["overdue"], "waiting": after["waiting"],
                       "withheld": sum(after["withheld"].values())}  # fmt: skip
    assert (await told(world, UNINFORMED, municipality=NOWHERE))["meetings"] == []


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.auditing:figures")
@pytest.mark.rule("R6", enforced_by="services.consent.actions.section11e.auditing:figures")
async def test_the_figures_count_what_was_done(world: World) -> None:
    """R6, R14."""
    before = await told(world, FIGURES, municipality=HERE)
    matter, in_time = await held(world)
    late, withheld, overdue = [(await held(world))[1] for _ in range(3)]
    for meeting, outcome in ((in_time, "nothing"), (late, "seek_consent")):
        await world.ask("POST", f"/meetings/{meeting}/outcome", world.by(VISITORS), json={"outcome": outcome})
    await inform_by(world, late, datetime.now(UTC) - timedelta(minutes=1))
    await inform_by(world, overdue, datetime.now(UTC) - timedelta(minutes=1))
    at = {"informed_at": datetime.now(UTC).isoformat()}
    await rows(world.dbs.admin("consent"), "UPDATE section11e_meeting SET ended_at = ended_at - interval '1 minute' "
               "WHERE id = ANY($1::uuid[])", [in_time, late])  # fmt: skip
    for meeting in (in_time, late):
        answer = await world.ask("POST", f"/meetings/{meeting}/informing", world.by(VISITORS), json=at)
        assert answer.status_code == 200, answer.text
    because = {"not_informed_because": "kunne_ikke_naas"}
    await world.ask("POST", f"/meetings/{withheld}/informing", world.by(VISITORS), json=because)
    assert await hold(world, await follow_up(world, matter)) == "held"
    assert (await world.call(matter, kind="follow_up", special_circumstances="En gang til.")).status_code == 409
    cancelled = (await called(world))[1]
    await world.ask("POST", f"/meetings/{cancelled}/cancellation", world.by(VISITORS))
    after = await told(world, FIGURES, municipality=HERE)

    def more(*names: str) -> int:
        new, old = after, before
        for name in names[:-1]:
            new, old = new[name], old[name]
        return int(new[names[-1]] - old.get(names[-1], 0))

    assert (more("meetings", "primary", "held"), more("meetings", "follow_up", "held")) == (4, 1)
    assert (more("meetings", "primary", "cancelled"), more("meetings", "primary", "open")) == (1, 0)
    assert (more("concluded", "nothing"), more("concluded", "seek_consent"), more("not_concluded")) == (1, 1, 3)
    assert [more("informing", name) for name in ("in_time", "late", "waiting", "overdue")] == [1, 1, 1, 1]
    assert more("informing", "withheld", "kunne_ikke_naas") == 1
    assert more("refused", "SECTION_11E_EXHAUSTED") == 1
    assert after["meetings"].keys() == set(Kind)
    assert all(each.keys() == set(State) for each in after["meetings"].values())
    assert after["concluded"].keys() == set(Outcome)
    assert after["informing"]["withheld"].keys() == set(NotInformed)
    ahead = (datetime.now(UTC) + timedelta(days=4_000)).isoformat()
    nothing = await told(world, FIGURES, since=ahead)
    assert (sum(nothing["meetings"]["primary"].values()), nothing["refused"]) == (0, {})


@pytest.mark.parametrize("path", ALL)
async def test_the_auditors_reading_is_on_the_ledger_without_what_was_read(world: World, path: str) -> None:
    answer = await world.client.get(path, headers=world.keys.party("consent", Role.AUDITOR, user="auditor-7"))
    (entry,) = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
    what = "section11e_" + path.rpartition("/")[2]
    assert (entry["kind"], entry["what"], entry["actor"]["user"]) == ("audit_read", what, "auditor-7")
    assert set(entry) == {"actor", "at", "id", "kind", "request", "what"}


WRONG = {
    "municipality": ("217", "Helsingør", "02170", "0217'--"),
    "since": ("2026-13-01T00:00:00Z", "1767225600", "2026-11-22T10:00:00"),
    "before": ("i går", "2026-11-22"),
    "after": ("1", "first"),
    "limit": ("0", "501", "mange"),
    "kind": ("third",),
    "state": ("sleeping",),
    "code": ("' OR 1=1 --", ""),
}
TAKES = {
    MEETINGS: set(WRONG) - {"code"},
    REFUSED: set(WRONG) - {"kind", "state"},
    UNINFORMED: {"municipality", "after", "limit"},
    FIGURES: {"municipality", "since", "before"},
}


@pytest.mark.parametrize("path", ALL)
async def test_what_cannot_be_asked_is_malformed(world: World, path: str) -> None:
    auditor = world.keys.party("consent", Role.AUDITOR)
    for name in sorted(TAKES[path]):
        for wrong in WRONG[name]:
            problem = assert_problem(await world.client.get(path, params={name: wrong}, headers=auditor), 422)
            assert [each["where"] for each in problem["errors"]] == [["query", name]], (name, wrong)
            assert len(wrong) < 4 or wrong not in str(problem)


async def test_a_page_after_what_is_not_there_is_empty_or_goes_on(world: World) -> None:
    await held(world)
    assert (await told(world, UNINFORMED, after=str(uuid4())))["meetings"] == []
    nobody = UUID(int=2**128 - 1)
    assert (await told(world, MEETINGS, after=str(nobody))) == {"meetings": [], "next": None}
    assert (await told(world, REFUSED, after=str(nobody))) == {"refused": [], "next": None}
