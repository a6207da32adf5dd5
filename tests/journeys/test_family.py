"""Two parents who live apart, and their child, over real sockets: each with a login, each with their own part."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.demo.divorce import HOUSE, NURSERY, PURPOSE
from deploy.demo.playing import Play, wait_for
from shared.clock import danish_date
from shared.ids import new_id
from tests.support.families import days

pytestmark = pytest.mark.journey
LEADER, THERAPIST, PARENTS = "daycare-leader", "divorce-therapist", ("sofie", "adam")
CHILDS, ASKED, ANSWERED = "Græder, når hun afleveres.", "Hvad hjælper Jasmin hos dig?", "At vi læser om aftenen."
HERS, HIS, OURS = "Jeg er mest bange for at gøre det forkert.", "Jeg vil have ro.", "Jasmin har brug for faste aftaler."
SHE_DOES = "Laver en kalender til Jasmin."
SOON = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0).isoformat()


def done(answer: httpx.Response) -> Any:
    """Return what was answered, if it went well."""
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture
def made(playing: Play) -> dict[str, Any]:
    """The three of them, what the parents have agreed to, and the nursery's request, which the house has read."""
    logins = {who: f"{who}-{new_id()}" for who in PARENTS}
    playing.made["logins"] = logins
    told: dict[str, Any] = {"need": str(new_id())}
    for who, day in (("sofie", "1994-05-02"), ("adam", "1992-09-17"), ("jasmin", days(-800))):
        told[who] = done(playing.post(LEADER, "/persons", {"birth_date": day, "login": logins.get(who)}))["id"]
    custody = {"holders": [told[who] for who in PARENTS], "since": days(-800)}
    done(playing.post(LEADER, f"/persons/{told['jasmin']}/custody", custody))
    own, child = ["wellbeing", "own_wish", "course"], ["child_development", "course"]
    for subject, giver, kinds in (
        ("sofie", "sofie", own), ("adam", "adam", own), ("jasmin", "sofie", child), ("jasmin", "adam", child),
    ):  # fmt: skip
        done(playing.post(LEADER, "/consents", _word(told, subject, giver, kinds)))
    body = {
        "need": told["need"], "purpose": PURPOSE, "recipients": [HOUSE],
        "own_words": {"subject": told["sofie"], "text": "Vi vil begge Jasmin det bedste."},
        "seen_by_family_at": _now(), "discussed_with_parents_at": _now(),
        "information": [
            {"subject": told["adam"], "category": "wellbeing", "text": "Er flyttet for nylig."},
            {"subject": told["jasmin"], "category": "child_development", "text": CHILDS},
        ],
    }  # fmt: skip
    told["referral"] = done(playing.post(LEADER, "/referrals", body))["id"]
    assert wait_for(lambda: playing.as_(THERAPIST).get(f"/referrals/{told['referral']}").is_success, 20)
    told["task"] = done(playing.as_(THERAPIST).get(f"/referrals/{told['referral']}"))["tasks"][0]["id"]
    return told


def test_two_parents_take_part_in_one_case_each_with_their_own(playing: Play, made: dict[str, Any]) -> None:
    """Requirement 23, R57 and R73."""
    _each_sees_their_own(playing, made)
    _one_is_asked_and_answers(playing, made)
    _they_meet(playing, made)
    _a_step_is_done(playing, made)
    _one_says_no_and_the_other_goes_on(playing, made)


def _each_sees_their_own(playing: Play, made: dict[str, Any]) -> None:
    for who, other in (PARENTS, PARENTS[::-1]):
        answer = playing.as_(who).get(f"/my/referrals/{made['referral']}")
        seen = done(answer)
        assert {each["subject"] for each in seen["information"]} == {made[who], made["jasmin"]}
        assert made[other] not in answer.text
        assert [each["id"] for each in done(playing.as_(who).get("/my/referrals"))["referrals"]] == [made["referral"]]


def _one_is_asked_and_answers(playing: Play, made: dict[str, Any]) -> None:
    asks = {"kind": "question", "to": "family",
            "information": [{"subject": made["adam"], "category": "wellbeing", "text": ASKED}]}  # fmt: skip
    done(playing.post(THERAPIST, f"/tasks/{made['task']}/messages", asks))
    assert (_task(playing, made, "adam")["turn"], _task(playing, made, "sofie")["turn"]) == ("you", "place")
    assert "question" in _heard(playing, "adam", made)
    assert "question" not in _heard(playing, "sofie", made)
    says = {"kind": "answer", "information": [{"category": "wellbeing", "text": ANSWERED}]}
    done(playing.post("adam", f"/my/tasks/{made['task']}/messages", says))
    house = playing.as_(THERAPIST).get(f"/referrals/{made['referral']}")
    assert ANSWERED in house.text
    assert ANSWERED not in playing.as_("sofie").get(f"/my/tasks/{made['task']}/messages").text
    assert ANSWERED in playing.as_("adam").get(f"/my/tasks/{made['task']}/messages").text


def _they_meet(playing: Play, made: dict[str, Any]) -> None:
    meeting = done(playing.post(THERAPIST, f"/tasks/{made['task']}/meetings",
                                {"times": [SOON], "family_invited": True}))["id"]  # fmt: skip
    for who, comes in (("sofie", True), ("adam", False)):
        assert "invitation" in _heard(playing, who, made)
        (seen,) = done(playing.as_(who).get(f"/my/tasks/{made['task']}/meetings"))["meetings"]
        assert (seen["id"], seen["may_answer"]) == (meeting, True)
        assert done(playing.post(who, f"/my/meetings/{meeting}/answers", {"comes": comes}))["you"]["comes"] is comes
    answers = done(playing.as_(THERAPIST).get(f"/meetings/{meeting}"))["answers"]
    assert {each["unit"]: each["comes"] for each in answers} == {
        f"family:{made['sofie']}": True, f"family:{made['adam']}": False,
    }  # fmt: skip
    today = danish_date(datetime.now(UTC)).isoformat()
    record = {
        "on": today, "family": {"present": True}, "attended": [{"unit": HOUSE, "profession": "family_therapist"}],
        "familys_view": [{"subject": made["sofie"], "category": "wellbeing", "text": HERS},
                         {"subject": made["adam"], "category": "wellbeing", "text": HIS}],
        "professionals_view": [{"subject": made["jasmin"], "category": "child_development", "text": OURS}],
        "next_steps": [{"information": {"subject": made["sofie"], "category": "wellbeing", "text": SHE_DOES},
                        "owner": "family", "due": today}],
    }  # fmt: skip
    done(playing.post(THERAPIST, f"/meetings/{meeting}/record", record, **{"If-Match": '"1"'}))
    for who, mine in (("sofie", {HERS, OURS, SHE_DOES}), ("adam", {HIS, OURS})):
        seen = done(playing.as_(who).get(f"/my/meetings/{meeting}"))["record"]
        assert {each["text"] for each in seen["information"]} == mine


def _a_step_is_done(playing: Play, made: dict[str, Any]) -> None:
    path = f"/my/tasks/{made['task']}/steps"
    (step,) = done(playing.as_("sofie").get(path))["steps"]
    assert (step["owner"], step["may_do"], step["information"]["text"]) == ("family", True, SHE_DOES)
    assert done(playing.as_("adam").get(path))["steps"] == []
    assert playing.post("adam", f"/my/steps/{step['id']}/done", {}).status_code == httpx.codes.NOT_FOUND
    done(playing.post("sofie", f"/my/steps/{step['id']}/done", {}))
    found = done(playing.as_(THERAPIST).get(f"/tasks/{made['task']}/steps"))["steps"]
    assert [each["done_at"] is not None for each in found] == [True]


def _one_says_no_and_the_other_goes_on(playing: Play, made: dict[str, Any]) -> None:
    version = _task(playing, made, "adam")["version"]
    no = playing.post("adam", f"/my/tasks/{made['task']}/decline", {"reason": "timing"},
                      **{"If-Match": f'"{version}"'})  # fmt: skip
    assert done(no)["state"] == "no_thank_you"
    assert _task(playing, made, "sofie")["state"] == "being_read"
    heard = done(playing.as_(THERAPIST).get("/events", params={"limit": 200}))["events"]
    assert "no_thank_you" in {each["kind"] for each in heard if each["referral"] == made["referral"]}
    version = done(playing.as_(THERAPIST).get(f"/referrals/{made['referral']}"))["tasks"][0]["version"]
    done(playing.post(THERAPIST, f"/tasks/{made['task']}/acceptance", {}, **{"If-Match": f'"{version}"'}))
    assert (_task(playing, made, "sofie")["state"], _task(playing, made, "adam")["state"]) == (
        "said_yes", "no_thank_you",
    )  # fmt: skip


def _task(playing: Play, made: dict[str, Any], who: str) -> dict[str, Any]:
    (task,) = done(playing.as_(who).get(f"/my/referrals/{made['referral']}"))["tasks"]
    assert isinstance(task, dict)
    return task


def _heard(playing: Play, who: str, made: dict[str, Any]) -> set[str]:
    """Return what a parent has heard, once the last of it stands in the feed."""
    told = done(playing.as_(who).get("/my/events", params={"limit": 200}))["events"]
    return {each["kind"] for each in told if each["referral"] == made["referral"]}


def _word(made: dict[str, Any], subject: str, giver: str, kinds: list[str]) -> dict[str, Any]:
    return {
        "subject": made[subject], "given_by": made[giver], "sender": NURSERY, "recipients": [HOUSE],
        "categories": kinds, "purpose": PURPOSE, "need": made["need"], "mutual": True, "method": "oral",
        "given_at": _now(), "valid_until": (datetime.now(UTC) + timedelta(days=120)).isoformat(),
        "told_of_withdrawal": True, "active_choice": True, "oral_note": "Sagt ved samtalen.",
        "notice": "samtykke-barn-da-1" if subject == "jasmin" else "samtykke-da-1",
    }  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat()
