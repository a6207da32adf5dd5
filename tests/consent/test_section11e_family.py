"""What the family sees of meetings under § 11 e: those it was told of, and nothing by which to guess others (R14)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.consent.paper.words import HIDDEN_PLACE
from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.consent.section11e_steps import clocked, follow_up, hold, posted
from tests.consent.section11e_world import AUTHORITY, DAYCARE, SECRET, VISITORS, World, the_world
from tests.support.keys import Keys
from tests.support.logs import everything_logged
from tests.support.pages import Reading
from tests.support.town import entries_of, rows
from tests.support.wire import person_in

PATH = "/my/section-11e-meetings"
YEAR = datetime.now(UTC).year


@dataclass(frozen=True, slots=True)
class Family:
    """A child, the two who hold custody of it, and their logins; `own` is the child's login."""

    child: str
    parents: tuple[str, str]
    first: Headers
    second: Headers
    own: Headers


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


async def family(world: World, born: str = f"{YEAR - 3}-05-01") -> Family:
    """Register one, known to the health visitors and the daycare."""
    logins = [f"login-{uuid4().hex}" for _ in range(3)]
    parents = [(await posted(world, "/persons", person_in(login=login)))["id"] for login in logins[:2]]
    child = (await posted(world, "/persons", {"birth_date": born, "login": logins[2]}))["id"]
    await posted(world, f"/persons/{child}/custody", {"holders": parents, "since": born})
    sql = "INSERT INTO acquaintance (unit, person, since) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING"
    await rows(world.dbs.admin("consent"), sql, DAYCARE, child)
    headers = [world.keys.party("consent", Role.CITIZEN, citizen=login) for login in logins]
    return Family(child, (parents[0], parents[1]), *headers)


async def sees(world: World, who: Headers) -> list[dict[str, Any]]:
    """Return what a citizen is told."""
    answer = await world.client.get(PATH, headers=who)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["meetings"]
    return found


async def met(world: World, child: str, outcome: str | None = "seek_consent") -> str:
    """Hold a meeting at which the daycare tells something; return its id."""
    meeting = await world.opened(child, attendees=[world.guest(DAYCARE), world.guest(AUTHORITY)])
    assert (await world.bring(meeting)).status_code == 201
    await world.ask("POST", f"/meetings/{meeting}/end", world.by(VISITORS))
    if outcome is not None:
        await world.ask("POST", f"/meetings/{meeting}/outcome", world.by(VISITORS), json={"outcome": outcome})
    return meeting


async def informed(world: World, meeting: str, **told: str) -> None:
    """Write that the parents were told, or why they are not."""
    body = told or {"informed_at": datetime.now(UTC).isoformat()}
    answer = await world.ask("POST", f"/meetings/{meeting}/informing", world.by(VISITORS), json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.telling:own")
@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.telling:own")
@pytest.mark.rule("R52", enforced_by="services.consent.actions.section11e.telling:own")
async def test_parents_who_were_told_see_when_who_why_and_to_what_end(world: World) -> None:
    """R13, R14, R52."""
    them = await family(world)
    meeting = await met(world, them.child)
    await informed(world, meeting)
    for parent in (them.first, them.second):
        (one,) = await sees(world, parent)
        assert (one["id"], one["subject"], one["kind"], one["outcome"]) == (
            meeting, them.child, "primary", "seek_consent",
        )  # fmt: skip
        assert one["began_at"] < one["ended_at"] <= one["informed_at"]
        # The authority was invited, and did not come.
        assert [(each["unit"], each["professions_danish"], each["categories"]) for each in one["took_part"]] == [
            (DAYCARE, ["pædagog"], ["child_development"]), (VISITORS, ["sundhedsplejerske"], []),
        ]  # fmt: skip
        assert one["called_by"] == VISITORS
        assert (one["purpose"], one["law"]) == ("tidligt_forebyggende_samarbejde", "RSL § 11 e, stk. 2")
        assert "samtykke" in one["outcome_danish"]
        assert "slettet" in one["says"]
        for private in (SECRET, f"{DAYCARE}-1", f"{VISITORS}-1", "leader-1", "Ringet tre gange", "støtte to steder"):
            assert private not in str(one)


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.telling:own")
async def test_a_meeting_the_parents_were_not_told_of_leaves_no_trace(world: World) -> None:
    """R14: not in what is listed, not in the length of the answer, not on the page of everything."""
    them, others = await family(world), await family(world)
    await met(world, them.child)
    withheld = await met(world, (again := await family(world)).child)
    await informed(world, withheld, not_informed_because="mistanke_overgreb")
    for who in (them, again):
        told = await world.client.get(PATH, headers=who.first)
        nothing = await world.client.get(PATH, headers=others.first)
        assert told.content == nothing.content == b'{"meetings":[]}'
        assert told.headers["content-length"] == nothing.headers["content-length"]
        page = Reading((await world.client.get("/my/overview", headers=who.first)).text).text
        assert "Møder uden samtykke" not in page
        assert page == Reading((await world.client.get("/my/overview", headers=others.first)).text).text
    # Told later after all: then it is there.
    await informed(world, withheld)
    assert [each["id"] for each in await sees(world, again.first)] == [withheld]


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.telling:own")
async def test_what_was_not_held_is_not_told_of(world: World) -> None:
    """R14."""
    them = await family(world)
    meeting = await world.meeting(them.child)
    assert await sees(world, them.first) == []
    await world.ask("POST", f"/meetings/{meeting}/cancellation", world.by(VISITORS))
    assert await sees(world, them.first) == []


@pytest.mark.rule("R57", enforced_by="services.consent.actions.section11e.telling:own")
async def test_whoever_speaks_for_the_child_today_sees_it_and_nobody_else(world: World) -> None:
    """R57."""
    them, others = await family(world), await family(world)
    await informed(world, await met(world, them.child))
    unknown = world.keys.party("consent", Role.CITIZEN, citizen="nobody-known")
    for stranger in (others.first, others.own, unknown, them.own):
        assert await sees(world, stranger) == []
    alone = {"holders": [them.parents[0]], "since": f"{YEAR - 3}-05-01"}
    await posted(world, f"/persons/{them.child}/custody", alone)
    assert len(await sees(world, them.first)) == 1
    assert await sees(world, them.second) == []


@pytest.mark.rule("R26", enforced_by="services.consent.actions.section11e.telling:own")
async def test_from_fifteen_the_young_person_sees_it_and_the_parents_no_more(world: World) -> None:
    """R26."""
    soon = (datetime.now(UTC) + timedelta(days=10)).date()
    them = await family(world, date(soon.year - 15, soon.month, min(soon.day, 28)).isoformat())
    await informed(world, await met(world, them.child))
    assert [len(await sees(world, who)) for who in (them.first, them.own)] == [1, 0]
    clocked(world).goes(days=20)
    assert [len(await sees(world, who)) for who in (them.first, them.own)] == [0, 1]


@pytest.mark.rule("R8", enforced_by="services.consent.actions.section11e.telling:own")
async def test_a_mother_sees_a_meeting_about_the_child_she_expects(world: World) -> None:
    """R8."""
    terms = {"ppr": True, "unborn": True, "unborn_basis": "RSL § 9 a; byrådets beslutning"}
    await world.ask("POST", "/terms", world.leader(), json=terms)
    try:
        login = f"login-{uuid4().hex}"
        mother = (await posted(world, "/persons", person_in(login=login)))["id"]
        expected = {"mother": mother, "due_date": f"{YEAR + 1}-03-01"}
        child = (await posted(world, "/persons", {"expected": expected}))["id"]
        await informed(world, await met(world, child))
        (one,) = await sees(world, world.keys.party("consent", Role.CITIZEN, citizen=login))
        assert one["subject"] == child
    finally:
        await world.ask("POST", "/terms", world.leader(), json={"ppr": True, "unborn": False})


@pytest.mark.rule("R45", enforced_by="services.consent.actions.section11e.telling:told_of")
async def test_where_the_childs_address_is_protected_no_place_is_told(world: World) -> None:
    """R45."""
    them = await family(world)
    await informed(world, await met(world, them.child))
    since = {"protected": True, "since": datetime.now(UTC).date().isoformat()}
    await posted(world, f"/persons/{them.child}/protection", since)
    for parent in (them.first, them.second):
        (one,) = await sees(world, parent)
        assert (one["called_by"], one["called_by_name"]) == (None, HIDDEN_PLACE)
        assert [(each["unit"], each["unit_name"], each["organisation_name"]) for each in one["took_part"]] == [
            (None, HIDDEN_PLACE, ""), (None, HIDDEN_PLACE, ""),
        ]  # fmt: skip
        page = Reading((await world.client.get("/my/overview", headers=parent)).text).text
        for text in (str(one), page):
            assert not [name for name in (VISITORS, DAYCARE) if name in text.lower()]
        assert HIDDEN_PLACE in page
        assert "mellem sundhedsplejerske og pædagog" in page


@pytest.mark.rule("R14", enforced_by="services.consent.domain.section11e.told:outcome_told")
async def test_that_there_was_a_meeting_does_not_say_that_there_is_a_report(world: World) -> None:
    """R14: the authority tells of a report, or not, for its own reasons; here it looks as if nothing were written."""
    seen = []
    for outcome in ("concern_report", None):
        them = await family(world)
        await informed(world, await met(world, them.child, outcome))
        (one,) = await sees(world, them.first)
        seen.append((one["outcome"], one["outcome_danish"]))
        page = (await world.client.get("/my/overview", headers=them.first)).text
        assert "underret" not in page.lower()
    assert seen == [(None, "Spørg det sted, der indkaldte, hvad mødet førte til.")] * 2


@pytest.mark.rule("R7", enforced_by="services.consent.actions.section11e.telling:own")
async def test_a_follow_up_is_told_of_as_one_newest_first(world: World) -> None:
    """R7."""
    them = await family(world)
    first = await met(world, them.child)
    await informed(world, first)
    second = await follow_up(world, str((await world.state(first))["matter"]))
    assert await hold(world, second) == "held"
    assert [each["id"] for each in await sees(world, them.first)] == [first]
    await informed(world, second)
    assert [(each["id"], each["kind_danish"]) for each in await sees(world, them.first)] == [
        (second, "Opfølgende møde"), (first, "Møde"),
    ]  # fmt: skip


@pytest.mark.rule("R52", enforced_by="services.consent.paper.overview:overview")
async def test_the_page_of_everything_tells_of_it_on_screen_and_on_paper(world: World) -> None:
    """R52."""
    them = await family(world)
    await informed(world, await met(world, them.child))
    page = Reading((await world.client.get("/my/overview", headers=them.first)).text).text
    assert "Møder uden samtykke" in page
    assert f"{VISITORS.title()} indkaldte." in page
    assert f"{DAYCARE.title()} fortalte om barnets trivsel og udvikling" in page
    assert "retssikkerhedsloven § 11 e, stk. 2" in page
    assert "familien bliver spurgt om samtykke" in page
    for private in (SECRET, f"{DAYCARE}-1", f"{VISITORS}-1", "leader-1"):
        assert private not in page
    paper = await world.client.get("/my/overview", params={"form": "pdf"}, headers=them.first)
    assert paper.content.startswith(b"%PDF")


@pytest.mark.rule("R53", enforced_by="services.consent.actions.section11e.telling:own")
async def test_the_familys_reading_is_on_the_ledger_by_id_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R53."""
    logs = everything_logged(monkeypatch)
    them = await family(world)
    await informed(world, await met(world, them.child))
    stranger = world.keys.party("consent", Role.CITIZEN, citizen="nobody-known")
    for who, subject in ((them.first, them.parents[0]), (stranger, None)):
        answer = await world.client.get(PATH, headers=who)
        (entry,) = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["subject"]) == ("own_section11e_read", subject)
        assert set(entry) == {"actor", "at", "id", "kind", "request", "subject"}
    assert SECRET not in logs.getvalue()
