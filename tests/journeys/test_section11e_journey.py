"""Two municipalities and more, a daycare, a health visitor, a jobcenter and a midwife try it all, over real sockets.

Meetings under § 11 e and reports of concern, with real units of the real directory: what the law lets through, what it
does not, and that neither stands in the other's way.
"""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest

from deploy import databases
from deploy.demo import exceptions
from deploy.demo.exceptions import (
    AARHUS,
    AUTHORITY,
    BROUGHT,
    DAYCARE,
    HELSINGOER,
    JOBCENTER,
    NURSERY_ELSEWHERE,
    call,
    guest,
    hold,
    step,
)
from deploy.demo.playing import MIDWIVES, Play
from deploy.demo.telling import Telling
from deploy.system import System
from shared.ids import new_id
from tests.support.leaks import holds
from tests.support.serving import until

pytestmark = pytest.mark.journey
FEWEST_CHECKS = 19
SAID = f"Hun sover i bilen, {new_id()}."
SEEN_BY_FAMILY = "Vi er trætte og vil gerne have hjælp om morgenen."


def reported(playing: Play, who: str, ground: str, **told: Any) -> httpx.Response:
    """Report a concern as a professional."""
    body = exceptions.report(ground, SAID, {
        "where": {"stays_in": HELSINGOER, "custody": "one", "holder_in": HELSINGOER},
        "reporter": {"name": "En fagperson"}, "parents": {"why_not": "left_to_authority"},
    })  # fmt: skip
    return playing.post(who, "/concern-reports", body | told)


def assess(playing: Play, number: str, who: str = "adviser") -> None:
    """Answer within 24 hours, and acknowledge."""
    answer = {"danger": False, "acute_measures": False, "running_measures": False}
    for name, body in (("assessment", answer), ("acknowledgement", {})):
        done = step(playing, who, number, name, body)
        assert done.is_success, done.text


def without_number(answer: httpx.Response) -> tuple[int, bytes]:
    """Return an answer but for the number of the request it answers."""
    return answer.status_code, answer.content.replace(answer.headers["x-request-id"].encode(), b"")


@pytest.fixture
def family(playing: Play) -> Play:
    """A child, a mother who said no, and a matter."""
    exceptions.family(playing)
    return playing


def test_the_story_of_the_exceptions_comes_out_as_told(system: System) -> None:
    telling = Telling(StringIO())
    exceptions.play(system, telling)
    assert telling.failures == []
    assert telling.checks >= FEWEST_CHECKS


@pytest.mark.rule("R3", enforced_by="services.consent.domain.section11e.parties:admit")
def test_r3_midwife_and_jobcenter_are_refused_as_guests_and_as_conveners_with_what_is_lawful(family: Play) -> None:
    for who, unit in (("midwife", MIDWIVES), ("jobcenter", JOBCENTER)):
        invited = call(family, [guest(who, unit)])
        own = family.post(who, "/section-11e/matters", {"child": family.made["liv"], "about": "Trivsel"})
        for answer in (invited, own):
            told = answer.json()
            assert (answer.status_code, told["code"]) == (422, "section_11e_not_a_party")
            assert [each["unit"] for each in told["refused"]] == [unit]
            assert {each["rule"]: each["address"] for each in told["instead"]}["R29"] == "/api/v1/concern-reports"
    refused = family.as_("auditor").get("/audit/consent/section-11e/refused", params={"municipality": HELSINGOER})
    units = {unit for each in refused.json()["refused"] if each["matter"] == family.made["matter"]
             for unit in each["units"]}  # fmt: skip
    assert units == {MIDWIVES, JOBCENTER}


@pytest.mark.rule("R2", enforced_by="services.consent.domain.section11e.parties:admit")
def test_r2_another_municipalitys_daycare_takes_part_only_with_a_reason_which_the_auditor_reads(family: Play) -> None:
    unsaid = call(family, [guest("daycare-leader", NURSERY_ELSEWHERE)])
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "section_11e_other_municipality")
    why = f"Hun gik der i sommer, {new_id()}."
    called = call(family, [guest("daycare-leader", NURSERY_ELSEWHERE, elsewhere_because=why)])
    assert called.status_code == 201, called.text
    asked: dict[str, str | int] = {"municipality": HELSINGOER, "limit": 200}
    found = family.as_("auditor").get("/audit/consent/section-11e/meetings", params=asked).json()["meetings"]
    (mine,) = [each for each in found if each["id"] == called.json()["id"]]
    assert why in [each["elsewhere_because"] for each in mine["attendees"]]


@pytest.mark.rule("R6", enforced_by="services.consent.actions.section11e.calling:open_matter")
@pytest.mark.rule("R7", enforced_by="services.consent.domain.section11e.meetings:check_quota")
def test_r6_r7_one_meeting_one_follow_up_by_a_leader_no_third_and_a_new_matter_shows_the_first(family: Play) -> None:
    guests, made = [guest("pedagogue", DAYCARE)], family.made
    first = call(family, guests).json()["id"]
    assert hold(family, first, ("pedagogue",)) == [BROUGHT]
    assert call(family, guests).json()["code"] == "section_11e_already_called"
    special = {"kind": "follow_up", "special_circumstances": "Liv har været væk i en uge."}
    follow = call(family, guests, **special).json()
    assert follow["state"] == "awaiting_approval"
    unasked = family.post("health-visitor", f"/section-11e/meetings/{follow['id']}/opening", {})
    assert unasked.status_code in {403, 409}
    approval = f"/section-11e/meetings/{follow['id']}/approval"
    assert family.post("adviser", approval, {"approves": True}).status_code == 403
    assert family.post("leader", approval, {"approves": True}).json()["state"] == "scheduled"
    hold(family, follow["id"], ("pedagogue",))
    for kind in ({"kind": "primary"}, special):
        third = call(family, guests, **kind)
        assert (third.status_code, third.json()["code"]) == (409, "SECTION_11E_EXHAUSTED")
    left = family.as_("health-visitor").get(f"/section-11e/matters/{made['matter']}").json()["remaining"]
    assert left == {"primary": 0, "follow_up": 0}
    wanted = {"child": made["liv"], "about": "Et andet spørgsmål"}
    unsaid = family.post("health-visitor", "/section-11e/matters", wanted).json()
    assert unsaid["code"] == "section_11e_new_matter_needs_reason"
    assert [each["state"] for each in unsaid["earlier"][0]["meetings"]] == ["held", "held"]
    another = family.post("health-visitor", "/section-11e/matters", wanted | {"reason": "Noget helt andet."}).json()
    assert (another["state"], len(another["earlier"])) == ("awaiting_approval", 1)


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.after:inform")
def test_r14_the_mother_hears_of_the_meeting_when_she_is_told_and_until_then_the_auditor_sees_it(family: Play) -> None:
    meeting = call(family, [guest("pedagogue", DAYCARE)]).json()["id"]
    hold(family, meeting, ("pedagogue",))
    auditor = family.as_("auditor")
    asked: dict[str, str | int] = {"municipality": HELSINGOER, "limit": 200}

    def untold() -> list[str]:
        found = auditor.get("/audit/consent/section-11e/uninformed", params=asked).json()["meetings"]
        return [each["standing"] for each in found if each["id"] == meeting]

    assert family.as_("ida").get("/my/section-11e-meetings").json()["meetings"] == []
    assert untold() == ["waiting"]
    told = {"informed_at": datetime.now(UTC).isoformat()}
    assert family.post("health-visitor", f"/section-11e/meetings/{meeting}/informing", told).is_success
    (mine,) = family.as_("ida").get("/my/section-11e-meetings").json()["meetings"]
    assert (mine["id"], mine["subject"]) == (meeting, family.made["liv"])
    assert BROUGHT not in str(mine)
    assert untold() == []


@pytest.mark.rule("R29", enforced_by="services.concern.actions.reporting:by_professional")
def test_r29_a_report_waits_for_no_meeting_no_refusal_and_not_for_the_consent_service(
    family: Play, system: System
) -> None:
    meeting = call(family, [guest("pedagogue", DAYCARE)]).json()["id"]
    path = f"/section-11e/meetings/{meeting}"
    until(lambda: family.post("health-visitor", path + "/opening", {}).is_success)
    during = reported(family, "pedagogue", "may_need_support")
    assert (during.status_code, during.json()["where"]["unit"]) == (201, AUTHORITY)
    assert family.post("health-visitor", path + "/end", {}).json()["state"] == "not_held"
    for name in ("consent", "referral"):
        system.kill(name)
    try:
        down = reported(family, "pedagogue", "abuse", parents={"why_not": "suspected_abuse"})
        assert (down.status_code, down.json()["provision"]) == (201, "BL § 133, stk. 1, nr. 4")
        assert family.as_("adviser").get(f"/concern-reports/{down.json()['id']}").status_code == 200
    finally:
        for name in ("consent", "referral"):
            system.start_process(name)
        system.wait_until_ready()


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
def test_r33_the_midwife_is_told_whether_anything_was_begun_and_nobody_else_reads_it(playing: Play) -> None:
    due = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    made = reported(playing, "midwife", "unborn_may_need_support", child={"unborn": True, "due_date": due},
                    where={"stays_in": HELSINGOER, "mother_in": HELSINGOER})  # fmt: skip
    assert made.status_code == 201, made.text
    assert made.json()["provision"] == "BL § 133, stk. 1, nr. 2"
    number = made.json()["id"]
    absent = playing.as_("pedagogue").get(f"/concern-reports/{new_id()}")
    for who in ("pedagogue", "health-visitor", "adviser-elsewhere"):
        other = playing.as_(who).get(f"/concern-reports/{number}")
        assert without_number(other) == without_number(absent), who
    assess(playing, number)
    before = playing.as_("midwife").get(f"/concern-reports/{number}").json()
    assert (before["acknowledged_at"] is not None, before["feedback"]) == (True, None)
    assert step(playing, "adviser", number, "informing", {"informed_at": datetime.now(UTC).isoformat()}).is_success
    assert step(playing, "adviser", number, "closing", {"outcomes": ["examination"]}).is_success
    wrong = {"begun": {"examination": False, "mapping": False, "measures": False}}
    assert step(playing, "adviser", number, "feedback", wrong).json()["code"] == "feedback_contradicts"
    right = {"begun": {"examination": True, "mapping": False, "measures": False}}
    assert step(playing, "adviser", number, "feedback", right).is_success
    own = playing.as_("midwife").get(f"/concern-reports/{number}").json()
    assert (own["feedback"]["examination"], own["feedback"]["measures"]) == (True, False)
    assert not {"danger", "acute_measures", "outcomes", "steps"} & own.keys()


@pytest.mark.rule("R36", enforced_by="services.concern.actions.reporting:by_citizen")
def test_r36_a_citizen_without_a_name_is_heard_and_their_receipt_is_the_only_way_back(playing: Play) -> None:
    body = exceptions.report("neglect", SAID, {"where": {"stays_in": HELSINGOER}, "anonymous": True})
    with httpx.Client(base_url=playing.system.url("gateway") + "/api/v1", timeout=15) as nobody:
        made = nobody.post("/concern-reports/citizen", json=body).json()
        assert nobody.get(f"/concern-reports/{made['id']}").status_code == 401
        shown = nobody.post("/concern-reports/receipts", json={"receipt": made["receipt"]}).json()
        assert (shown["acknowledged_at"], shown.keys()) == (None, {"received_at", "acknowledged_at", "says"})
        assess(playing, made["id"])
        again = nobody.post("/concern-reports/receipts", json={"receipt": made["receipt"]}).json()
        assert again["acknowledged_at"] is not None
        none = nobody.post("/concern-reports/receipts", json={"receipt": "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-ABCD"})
        assert none.status_code == 404
    named = reported(playing, "midwife", "unborn_may_need_support", anonymous=True, child={"unborn": True})
    assert (named.status_code, named.json()["code"]) == (422, "not_anonymous")


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_be_minuted")
def test_r31_a_dialogue_report_is_sent_at_once_and_the_meeting_keeps_both_understandings(playing: Play) -> None:
    made = reported(playing, "pedagogue", "may_need_support", form="dialogue").json()
    number, address = made["id"], f"/concern-reports/{made['id']}/dialogue"
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    planned = playing.post("pedagogue", address, {"planned_at": soon})
    assert planned.json()["state"] == "planned", planned.text
    assess(playing, number)
    day = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    minutes = {
        "held_at": datetime.now(UTC).isoformat(), "present": ["reporter", "family", "adviser"],
        "family_view": SEEN_BY_FAMILY, "professional_view": "Barnet kommer sent og er ofte træt.",
        "steps": [{"what": "Hjælp til morgenen i fire uger", "owner": "adviser", "by": day}],
    }  # fmt: skip
    assert step(playing, "adviser", number, "dialogue/minutes", minutes | {"family_view": " "}).status_code == 422
    held = step(playing, "adviser", number, "dialogue/minutes", minutes)
    assert held.json()["state"] == "held", held.text
    (read,) = playing.as_("pedagogue").get(address).json()["minutes"]
    assert (read["family_view"], read["steps"][0]["owner"]) == (SEEN_BY_FAMILY, "adviser")
    assert playing.as_("midwife").get(address).status_code == 404


@pytest.mark.rule("R37", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.rule("R39", enforced_by="services.concern.actions.passing:pass_on")
def test_r37_r39_where_a_family_has_moved_the_other_municipality_gets_it_whole_with_clocks_of_its_own(
    playing: Play,
) -> None:
    number = reported(playing, "pedagogue", "may_need_support").json()["id"]
    there = {"municipality": AARHUS, "facts": {"stays_in": AARHUS, "custody": "one", "holder_in": AARHUS}}
    assert step(playing, "adviser", number, "passing-on", there).status_code == 409
    assess(playing, number)
    passed = step(playing, "adviser", number, "passing-on", there)
    assert (passed.json()["state"], passed.json()["municipality"]) == ("passed_on", AARHUS), passed.text
    other = playing.as_("adviser-elsewhere")
    (copy,) = [each for each in other.get("/concern-reports", params={"limit": 200}).json()["reports"]
               if each["came_from"] == number]  # fmt: skip
    whole = other.get(f"/concern-reports/{copy['id']}").json()
    assert SAID in str(whole["said"])
    assert {each["done_at"] for each in whole["clocks"] if each["clock"] == "assess"} == {None}
    assert playing.as_("adviser").get(f"/concern-reports/{copy['id']}").status_code == 404
    moved = {"where": {"stays_in": AARHUS, "custody": "one", "holder_in": AARHUS}, "moving": True}
    unsummed = reported(playing, "adviser", "moved", **moved)
    assert (unsummed.status_code, unsummed.json()["code"]) == (422, "summary_missing")
    told = reported(playing, "adviser", "moved", **moved, summary="Familien har fået støtte om morgenen.")
    assert (told.status_code, told.json()["provision"]) == (201, "BL § 132"), told.text
    assert told.json()["where"]["unit"] == "aarhus-myndighed"
    lay = reported(playing, "midwife", "moved", **moved, summary="Vi kender familien.")
    assert (lay.status_code, lay.json()["code"]) == (422, "not_an_authority")


def test_the_auditor_counts_the_reports_of_both_municipalities_and_reads_no_word_of_them(playing: Play) -> None:
    number = reported(playing, "pedagogue", "may_need_support").json()["id"]
    listed = playing.as_("auditor").get("/audit/concern/concern-reports", params={"municipality": HELSINGOER})
    assert listed.status_code == 200
    assert SAID not in listed.text
    found = [each["id"] for each in listed.json()["reports"]]
    while number not in found and listed.json()["next"]:
        after = {"municipality": HELSINGOER, "after": listed.json()["next"]}
        listed = playing.as_("auditor").get("/audit/concern/concern-reports", params=after)
        found += [each["id"] for each in listed.json()["reports"]]
    assert number in found
    for municipality in (HELSINGOER, AARHUS):
        asked = {"municipality": municipality}
        figures = playing.as_("auditor").get("/audit/concern/concern-reports/figures", params=asked).json()
        assert figures["clocks"]["assess"]["missed"] == 0
        assert figures["reports"] >= 1


def test_no_log_and_no_ledger_has_a_word_of_what_was_said_or_reported(playing: Play) -> None:
    assert reported(playing, "pedagogue", "may_need_support").status_code == 201
    logs = [*(playing.system.folder / "logs").glob("*.log"), playing.system.folder / "postgres.log"]
    addresses = [f"/audit/{each}/ledger/export" for each in databases.WITH_LEDGER if each != "directory"]
    until(lambda: all(playing.as_("auditor").get(each).status_code == 200 for each in addresses))
    ledgers = [playing.as_("auditor").get(each) for each in addresses]
    for data in (*(file.read_bytes() for file in logs), *(each.content for each in ledgers)):
        for words in (SAID, BROUGHT, SEEN_BY_FAMILY):
            assert words.encode() not in data
    assert holds(playing.as_("adviser").get("/concern-reports", params={"limit": 1}).content, "clocks")
