"""Each rule of § 11 e in one sentence and one story, through the real addresses (R1–R14).

The corners of each are in test_section11e_domain.py, what happens at once in test_section11e_race.py, and bad input in
test_section11e_bad_input.py.
"""

import inspect
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.consent.actions import deciding
from services.consent.domain import decision
from services.consent.store import decisions
from shared.auth import Role
from tests.conftest import Databases
from tests.consent.section11e_steps import called, follow_up, found, held, hold, no, posted, refused_for
from tests.consent.section11e_world import (
    AUTHORITY,
    CONTRACTED,
    DAYCARE,
    GP,
    HERE,
    HOSPITAL,
    JOBCENTER,
    MIDWIVES,
    NEIGHBOUR,
    PPR,
    PURPOSE,
    SCHOOL,
    SECRET,
    THERE,
    UNSAID,
    VISITORS,
    VOLUNTEERS,
    World,
    the_world,
)
from tests.support.keys import Keys
from tests.support.town import assert_problem, entries_of, rows
from tests.support.wire import consent_in, decision_in, person_in, question_in

LEFT_OUT = (MIDWIVES, HOSPITAL, GP, JOBCENTER, VOLUNTEERS, UNSAID)


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality, its neighbour, and those the law leaves out."""
    async with the_world(dbs, keys) as lent:
        yield lent


@pytest.mark.rule("R1", enforced_by="services.consent.domain.decision:decide")
@pytest.mark.rule("R1", enforced_by="services.consent.actions.deciding:decide_disclosures")
async def test_r1_a_meeting_that_is_called_open_or_held_changes_no_decision(world: World, keys: Keys) -> None:
    child = await world.child()
    _, refusal = await refused_for(world, child)
    yes = consent_in(
        child, given_by=refusal["given_by"], sender=VISITORS, recipients=[AUTHORITY], categories=["health"]
    )
    await posted(world, "/consents", yes)
    roads = [(DAYCARE, refusal["need"], "child_development"), (VISITORS, refusal["need"], "child_development"),
             (AUTHORITY, yes["need"], "health"), (DAYCARE, str(uuid4()), "health")]  # fmt: skip
    asked = [question_in(child, need, sender=DAYCARE if to == VISITORS else VISITORS, recipient=to, categories=[kind])
             for to, need, kind in roads]  # fmt: skip

    async def decided() -> list[Any]:
        service = keys.service("referral", "consent")
        answer = await world.client.post("/internal/decisions", json=decision_in(*asked), headers=service)
        assert answer.status_code == 201, answer.text
        return [(each["reason"], each["permitted"]) for each in answer.json()["answers"]]

    before = await decided()
    assert before == [("refused", False), ("refused", False), ("covered", True), ("no_consent", False)]
    matter, meeting = await called(world, child)
    assert await decided() == before
    await world.now(meeting)
    for step, who in (("opening", VISITORS), ("presence", DAYCARE)):
        assert (await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(who))).status_code == 200
    assert (await world.bring(meeting)).status_code == 201
    assert await decided() == before
    assert (await world.ask("POST", f"/meetings/{meeting}/end", world.by(VISITORS))).json()["state"] == "held"
    assert await decided() == before
    assert await hold(world, await follow_up(world, matter)) == "held"
    assert await decided() == before
    for module in (decision, deciding, decisions):
        assert "11e" not in inspect.getsource(module), f"{module.__name__} knows of such meetings"


@pytest.mark.rule("R2", enforced_by="services.consent.domain.section11e.parties:admit")
@pytest.mark.rule("R2", enforced_by="services.consent.domain.section11e.parties:why_not")
async def test_r2_the_directory_says_who_takes_part_and_not_the_caller(world: World) -> None:
    _, meeting = await called(world)

    async def invited(*guests: dict[str, Any]) -> Any:
        body = {"attendees": list(guests)}
        return await world.ask("POST", f"/meetings/{meeting}/attendees", world.by(VISITORS), json=body)

    for unit in (AUTHORITY, SCHOOL, PPR):
        assert (await invited(world.guest(unit))).status_code == 200, unit
    for unit in LEFT_OUT:
        said = world.guest(unit, profession="health_visitor", agreement="Vi er kommunale.", elsewhere_because="Jo.")
        await no(world, await invited(said), 422, "section_11e_not_a_party", "R3")
    told = await no(world, await invited(world.guest(CONTRACTED)), 422, "section_11e_agreement_missing", "R2")
    assert told["units"] == [CONTRACTED]
    assert (await invited(world.guest(CONTRACTED, agreement="Aftale 2026-14"))).status_code == 200
    told = await no(world, await invited(world.guest(NEIGHBOUR)), 422, "section_11e_other_municipality", "R2")
    assert told["units"] == [NEIGHBOUR]
    assert (await invited(world.guest(NEIGHBOUR, elsewhere_because="Barnet flytter dertil."))).status_code == 200
    terms = {"ppr": False, "unborn": False}
    leader = world.leader()
    assert (await world.ask("POST", "/terms", leader, json=terms)).json()["municipality"] == HERE
    try:
        again = await invited(world.guest(PPR, "11e-ppr-2"))
        assert [each["unit"] for each in assert_problem(again, 422, "section_11e_not_a_party")["refused"]] == [PPR]
    finally:
        await world.ask("POST", "/terms", leader, json=terms | {"ppr": True})
    assert (await invited(world.guest(PPR, "11e-ppr-2"))).status_code == 200


@pytest.mark.rule("R3", enforced_by="services.consent.domain.section11e.parties:admit")
@pytest.mark.rule("R3", enforced_by="services.consent.actions.section11e.around:own")
async def test_r3_who_is_no_party_is_refused_with_consent_a_concern_report_and_another_ground_instead(
    world: World,
) -> None:
    matter = (await world.matter(await world.child())).json()["id"]
    for unit in LEFT_OUT:
        told = await no(world, await world.call(matter, attendees=[world.guest(unit), world.guest(DAYCARE)]), 422,
                        "section_11e_not_a_party", "R3")  # fmt: skip
        assert told["refused"] == [{"unit": unit, "says": f"Sådan er det med {unit}."}]
        assert {each["rule"] for each in told["instead"]} == {"R15", "R17", "R29"}
        assert all(each["says"] and each["address"].startswith("/api/v1/") for each in told["instead"])
        child = await world.child(units=(VISITORS, unit))
        await no(world, await world.matter(child, unit), 422, "section_11e_not_a_party", "R3")
    assert await rows(world.dbs.admin("consent"), "SELECT 1 FROM section11e_meeting WHERE matter = $1", matter) == []


@pytest.mark.rule("R4", enforced_by="services.consent.domain.section11e.meetings:check_call")
async def test_r4_there_is_one_purpose(world: World) -> None:
    matter = (await world.matter(await world.child())).json()["id"]
    for purpose in ("kontrol", "ydelser", "beskaeftigelse", "early_support", PURPOSE.upper(), ""):
        await no(world, await world.call(matter, purpose=purpose), 422, "section_11e_wrong_purpose", "R4")
    assert (await world.call(matter, purpose=PURPOSE)).status_code == 201


@pytest.mark.rule("R5", enforced_by="services.consent.domain.section11e.meetings:check_call")
async def test_r5_why_it_is_necessary_is_written_and_seen_by_who_called_it_and_a_leader_only(world: World) -> None:
    matter = (await world.matter(await world.child())).json()["id"]
    for necessity in ("", "   ", "\n\t"):
        await no(world, await world.call(matter, necessity=necessity), 422, "section_11e_necessity_missing", "R5")
    meeting = (await world.call(matter, necessity="To indsatser spænder ben.")).json()["id"]
    for who, seen in ((world.by(VISITORS), True), (world.leader(), None), (world.by(DAYCARE), False)):
        answer = await world.ask("GET", f"/meetings/{meeting}", who)
        assert answer.json()["necessity"] == (None if seen is False else "To indsatser spænder ben.")
    crowd = [world.guest(DAYCARE, f"paedagog-{n}") for n in range(20)]
    told = await world.ask("POST", f"/meetings/{meeting}/attendees", world.by(VISITORS), json={"attendees": crowd})
    await no(world, told, 422, "section_11e_wrong_attendees", "R5")


@pytest.mark.rule("R6", enforced_by="services.consent.domain.section11e.meetings:check_quota")
@pytest.mark.rule("R6", enforced_by="services.consent.actions.section11e.calling:open_matter")
async def test_r6_there_is_one_meeting_of_a_matter_and_another_matter_takes_a_reason_and_a_leader(world: World) -> None:
    child = await world.child()
    matter, first = await called(world, child)
    await no(world, await world.call(matter), 409, "section_11e_already_called", "R6")
    cancelled = await world.ask("POST", f"/meetings/{first}/cancellation", world.by(VISITORS))
    assert cancelled.json()["state"] == "cancelled"
    second = (await world.call(matter)).json()["id"]
    assert await hold(world, second) == "held"  # nobody shared anything: it is spent all the same
    await no(world, await world.call(matter), 409, "section_11e_already_called", "R6")
    told = await no(world, await world.matter(child), 422, "section_11e_new_matter_needs_reason", "R6")
    states = [{"kind": "primary", "state": "cancelled"}, {"kind": "primary", "state": "held"}]
    assert [each["meetings"] for each in told["earlier"]] == [states]
    another = (await world.matter(child, reason="Nye forhold efter flytning.")).json()
    assert (another["state"], another["earlier"][0]["meetings"]) == ("awaiting_approval", states)
    path = f"/matters/{another['id']}/approval"
    await no(world, await world.call(another["id"]), 409, "section_11e_not_approved", "R7")
    own = world.by(VISITORS, None, Role.LEAD)
    await no(world, await world.ask("POST", path, own, json={"approves": True}), 403,
             "section_11e_not_theirs_to_approve", "R7")  # fmt: skip
    elsewhere = world.leader(f"{NEIGHBOUR}-authority")
    assert_problem(await world.ask("POST", path, elsewhere, json={"approves": True}), 404, "not_there")
    agreed = await world.ask("POST", path, world.leader(), json={"approves": True})
    assert agreed.json()["state"] == "open"
    assert (await world.call(another["id"])).status_code == 201


@pytest.mark.rule("R7", enforced_by="services.consent.domain.section11e.meetings:check_quota")
@pytest.mark.rule("R7", enforced_by="services.consent.actions.section11e.approving:decide_meeting")
async def test_r7_one_follow_up_after_a_held_meeting_approved_by_another_and_never_a_third(world: World) -> None:
    matter, first = await called(world)
    special = {"kind": "follow_up", "special_circumstances": "Nyt siden sidst."}
    await no(world, await world.call(matter, **special), 409, "section_11e_follow_up_too_soon", "R7")
    assert await hold(world, first) == "held"
    for lacking in (None, "", " "):
        body: dict[str, Any] = special | {"special_circumstances": lacking}
        await no(world, await world.call(matter, **body), 422, "section_11e_special_reason_missing", "R7")
    follow = (await world.call(matter, **special)).json()["id"]
    await world.now(follow)
    early = await world.ask("POST", f"/meetings/{follow}/opening", world.by(VISITORS))
    await no(world, early, 409, "section_11e_wrong_state", "R6")
    own = world.by(VISITORS, None, Role.LEAD)
    mine = await world.ask("POST", f"/meetings/{follow}/approval", own, json={"approves": True})
    await no(world, mine, 403, "section_11e_not_theirs_to_approve", "R7")
    agreed = await world.ask("POST", f"/meetings/{follow}/approval", world.leader(), json={"approves": True})
    assert agreed.json()["state"] == "scheduled"
    assert (await world.state(follow))["approved_by"] == "leader-1"
    assert await hold(world, follow) == "held"
    for kind in ("primary", "follow_up"):
        told = await no(world, await world.call(matter, **special | {"kind": kind}), 409, "SECTION_11E_EXHAUSTED", "R7")
        assert [each["rule"] for each in told["instead"]] == ["R15", "R29"]
    left = (await world.ask("GET", f"/matters/{matter}", world.by(VISITORS))).json()["remaining"]
    assert left == {"primary": 0, "follow_up": 0}


@pytest.mark.rule("R8", enforced_by="services.consent.domain.section11e.meetings:check_child")
@pytest.mark.rule("R8", enforced_by="services.consent.actions.section11e.approving:decide_terms")
async def test_r8_the_child_is_born_unless_the_municipality_recorded_on_what_basis_it_counts_the_unborn(
    world: World,
) -> None:
    mother = (await posted(world, "/persons", person_in()))["id"]
    due = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
    unborn = (await posted(world, "/persons", {"expected": {"mother": mother, "due_date": due}}))["id"]
    await no(world, await world.matter(unborn), 422, "section_11e_unborn", "R8")
    await no(world, await world.matter(mother), 422, "section_11e_not_a_child", "R8")
    counted: dict[str, Any] = {"ppr": True, "unborn": True}
    leader = world.leader()
    for lacking in ({}, {"unborn_basis": None}):
        told = await world.ask("POST", "/terms", leader, json=counted | lacking)
        await no(world, told, 422, "section_11e_basis_missing", "R8")
    await no(world, await world.matter(unborn), 422, "section_11e_unborn", "R8")
    elsewhere = world.leader(f"{NEIGHBOUR}-authority")
    basis = counted | {"unborn_basis": "Juridisk notat 4"}
    assert (await world.ask("POST", "/terms", elsewhere, json=basis)).json()["municipality"] == THERE
    await no(world, await world.matter(unborn), 422, "section_11e_unborn", "R8")  # that was another municipality
    assert (await world.ask("POST", "/terms", leader, json=basis)).status_code == 201
    try:
        matter = (await world.matter(unborn)).json()["id"]
        assert (await world.call(matter)).status_code == 201
    finally:
        for each in (leader, elsewhere):
            await world.ask("POST", "/terms", each, json=counted | {"unborn": False})


@pytest.mark.rule("R9", enforced_by="services.consent.domain.section11e.meetings:check_call")
@pytest.mark.rule("R9", enforced_by="services.consent.actions.section11e.calling:call")
async def test_r9_consent_was_asked_for_first_and_the_no_is_on_record_or_it_is_written_why_not(world: World) -> None:
    child, other = await world.child(), await world.child()
    (refusal, body), (foreign, _) = await refused_for(world, child), await refused_for(world, other)
    yes = {"valid_until": (datetime.now(UTC) + timedelta(days=9)).isoformat(), "mutual": False,
           "told_of_withdrawal": True, "active_choice": True}  # fmt: skip
    given = (await posted(world, "/consents", body | yes | {"need": str(uuid4())}))["id"]
    matter = (await world.matter(child)).json()["id"]
    for attempt in (
        {}, {"why": "Derfor."}, {"impossible": "not_reached"}, {"impossible": "not_reached", "why": None},
        {"refusal": str(uuid4())}, {"refusal": foreign}, {"refusal": given},
        {"refusal": refusal, "impossible": "childs_safety", "why": "Begge."},
    ):  # fmt: skip
        answer = await world.call(matter, consent_attempt=attempt)
        await no(world, answer, 422, "section_11e_consent_not_tried", "R9")
    assert (await world.call(matter, consent_attempt={"refusal": refusal})).status_code == 201
    withdrawn = (await world.matter(other)).json()["id"]
    reason = {"impossible": "suspected_abuse", "why": "Det ville bringe barnet i fare."}
    assert (await world.call(withdrawn, consent_attempt=reason)).status_code == 201


@pytest.mark.rule("R10", enforced_by="services.consent.actions.section11e.room:choose")
@pytest.mark.rule("R10", enforced_by="services.consent.actions.section11e.room:bring")
async def test_r10_nobody_has_to_share_and_nothing_follows_from_a_no(world: World) -> None:
    meeting = await world.opened()
    daycare, path = world.by(DAYCARE), f"/meetings/{meeting}"
    piece = {"category": "health", "text": "Noget."}
    await no(world, await world.ask("POST", f"{path}/brought", daycare, json=piece), 409,
             "section_11e_sharing_not_chosen", "R10")  # fmt: skip
    assert (await world.ask("POST", f"{path}/choice", daycare, json={"shares": False})).json() == {"shares": False}
    await no(world, await world.ask("POST", f"{path}/brought", daycare, json=piece), 409,
             "section_11e_sharing_not_chosen", "R10")  # fmt: skip
    assert (await world.bring(meeting, VISITORS)).status_code == 201
    seen = (await world.ask("GET", f"{path}/room", daycare)).json()  # who says no sees as much as anybody
    assert ([each["text"] for each in seen["brought"]], "frivilligt" in seen["voluntary"]) == ([SECRET], True)
    assert (await world.ask("POST", f"{path}/choice", daycare, json={"shares": True})).status_code == 200
    assert (await world.ask("POST", f"{path}/brought", daycare, json=piece)).status_code == 201
    shares = {each["unit"]: each["shares"] for each in (await world.ask("GET", path, daycare)).json()["attendees"]}
    assert shares == {VISITORS: None, DAYCARE: True}  # what another chose is not told: nobody is pressed


@pytest.mark.rule("R11", enforced_by="services.consent.api.section11e.context:_person")
@pytest.mark.rule("R11", enforced_by="services.consent.actions.section11e.room:bring")
async def test_r11_each_answers_personally_and_a_system_is_nobody_in_a_room(world: World) -> None:
    meeting = await world.opened()
    path = f"/meetings/{meeting}"
    system = world.by(DAYCARE, "system-1", Role.CONVENE, acting_user=f"{DAYCARE}-1", system=True)
    colleague = world.by(DAYCARE, "a-colleague")
    for step, body in (
        ("presence", None),
        ("choice", {"shares": True}),
        ("brought", {"category": "health", "text": "X"}),
    ):
        assert_problem(await world.ask("POST", f"{path}/{step}", system, json=body), 403, "missing_scope")
        assert_problem(await world.ask("POST", f"{path}/{step}", colleague, json=body), 404, "not_there")
    answer = await world.bring(meeting)
    (entry,) = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["actor"]) == ("section11e_brought", {"unit": DAYCARE, "user": f"{DAYCARE}-1"})
    assert (await world.state(meeting))["by_user"] == f"{VISITORS}-1"
    told = (await world.ask("GET", path, world.by(VISITORS))).json()["categories"]
    assert told == [{"category": "child_development", "user": f"{DAYCARE}-1", "unit": DAYCARE}]


@pytest.mark.rule("R12", enforced_by="services.consent.domain.section11e.meetings:is_open")
@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.room:look")
async def test_r12_what_is_brought_is_seen_in_the_room_while_it_is_open_and_nowhere_else_or_ever_after(
    world: World,
) -> None:
    _, meeting = await called(world)
    path, visitor, daycare = f"/meetings/{meeting}", world.by(VISITORS), world.by(DAYCARE)
    piece = {"category": "health", "text": SECRET}

    async def shut() -> None:
        for who in (visitor, daycare):
            for method, step, body in (("GET", "room", None), ("POST", "brought", piece), ("POST", "presence", None)):
                answer = await world.ask(method, f"{path}/{step}", who, json=body)
                await no(world, answer, 403, "section_11e_room_closed", "R12")
                assert SECRET not in answer.text

    await shut()
    await world.now(meeting)
    await shut()  # its time has come, and nobody has opened it
    assert (await world.ask("POST", f"{path}/opening", visitor)).status_code == 200
    await no(world, await world.ask("GET", f"{path}/room", daycare), 403, "section_11e_room_closed", "R12")
    assert (await world.ask("POST", f"{path}/presence", daycare)).status_code == 200
    assert (await world.bring(meeting)).status_code == 201
    assert await found(world.dbs, SECRET) == []  # sealed, even while it is there
    assert SECRET in (await world.ask("GET", f"{path}/room", visitor)).text
    assert (await world.ask("POST", f"{path}/departure", daycare)).status_code == 200
    await no(world, await world.ask("GET", f"{path}/room", daycare), 403, "section_11e_room_closed", "R12")
    assert_problem(await world.ask("GET", f"{path}/room", world.by(SCHOOL)), 404, "not_there")
    await world.over(meeting)
    await shut()
    assert (await world.state(meeting))["state"] == "held"  # whoever came too late has closed it
    sealed = "SELECT 1 FROM section11e_brought WHERE meeting = $1"
    assert await rows(world.dbs.admin("consent"), sealed, meeting) == []


@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.around:finish")
@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.after:conclude")
async def test_r13_what_is_kept_is_who_when_why_which_kinds_and_what_came_of_it_and_not_a_word_of_it(
    world: World,
) -> None:
    meeting, visitor = await world.opened(), world.by(VISITORS)
    for text in (SECRET, f"{SECRET} igen"):
        assert (await world.bring(meeting, text=text)).status_code == 201
    assert (await world.ask("POST", f"/meetings/{meeting}/end", visitor)).json()["state"] == "held"
    assert (await world.ask("POST", f"/meetings/{meeting}/outcome", visitor,
                            json={"outcome": "concern_report"})).status_code == 200  # fmt: skip
    again = await world.ask("POST", f"/meetings/{meeting}/outcome", visitor, json={"outcome": "nothing"})
    assert_problem(again, 409, "already_noted")
    told = (await world.ask("GET", f"/meetings/{meeting}", visitor)).json()
    assert [each["category"] for each in told["categories"]] == ["child_development"]
    assert (told["outcome"], told["state"], told["necessity"]) == (
        "concern_report", "held", "Vi skal vide, om barnet får støtte to steder.",
    )  # fmt: skip
    assert {each["unit"]: each["came"] for each in told["attendees"]} == {VISITORS: True, DAYCARE: True}
    assert await found(world.dbs, SECRET) == []
    columns = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'section11e_category'"
    kept = {row["name"] for row in await rows(world.dbs.admin("consent"), columns)}
    assert kept == {"meeting", "attendee", "category", "at"}


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.after:inform")
@pytest.mark.rule("R14", enforced_by="services.consent.domain.section11e.meetings:check_informing")
async def test_r14_the_parents_are_told_within_fourteen_days_or_it_is_kept_why_they_are_not(world: World) -> None:
    _, meeting = await held(world)
    row, visitor = await world.state(meeting), world.by(VISITORS)
    assert row["inform_by"] - row["ended_at"] == timedelta(days=14)
    now, before = datetime.now(UTC), (row["ended_at"] - timedelta(seconds=1)).isoformat()
    reason = {"not_informed_because": "mistanke_overgreb"}

    async def told(body: dict[str, Any]) -> Any:
        return await world.ask("POST", f"/meetings/{meeting}/informing", visitor, json=body)

    for body in ({}, {"informed_at": now.isoformat()} | reason, {"informed_at": before},
                 {"informed_at": (now + timedelta(hours=1)).isoformat()}):  # fmt: skip
        await no(world, await told(body), 422, "section_11e_not_informed", "R14")
    assert_problem(await told({"not_informed_because": "travlt"}), 422)
    assert (await told(reason)).status_code == 200
    assert (await told({"informed_at": datetime.now(UTC).isoformat()})).status_code == 200  # later they are told
    assert_problem(await told(reason), 409, "already_noted")
    seen = (await world.ask("GET", f"/meetings/{meeting}", visitor)).json()
    assert (date.fromisoformat(seen["informed_at"][:10]), seen["not_informed_because"]) == (now.date(), None)
