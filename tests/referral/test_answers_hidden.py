"""A sender that may not hear the course learns by nothing it can do whether a task was accepted or declined (R26)."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.referral.deciding import World
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, rows
from tests.support.wire import message_in, referral_in

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
CURSOR = re.compile(r'"cursor":\s*"[^"]*"')


class Ear:
    """A sender who notes everything it is told, ids by the order they came in and no times."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids: dict[str, str] = {}
        self.notes: list[tuple[str, int, str, str | None]] = []

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Ask as the sender, and note what came."""
        play = self._world.play
        answer = await play.referral.request(method, path, json=body, headers=play.sender() | headers)
        self.note(path, answer)
        return answer

    def note(self, path: str, answer: httpx.Response) -> None:
        """Note an answer."""
        self.notes.append((self._plain(path), answer.status_code, self._plain(answer.text), answer.headers.get("etag")))

    def _plain(self, text: str) -> str:
        text = CURSOR.sub("", MOMENT.sub("then", text))
        return UUID_TEXT.sub(lambda found: self._ids.setdefault(found[0], f"id{len(self._ids)}"), text)


async def answered(world: World, how: str, course: set[str]) -> tuple[Sent, Ear, dict[str, Any]]:
    """Post, have it read and answered; the recipient may tell the course of `course`."""
    subject, ear = str(uuid4()), Ear(world)
    kinds = [(subject, "health"), (subject, "own_wish")]
    world.consent.permit(kinds)
    world.consent.permit([(subject, each) for each in course], FAMILY_HOUSE, MIDWIFERY)
    body, key = referral_in(subject, need=str(uuid4())), str(uuid4())
    posted = (await ear.ask("POST", "/referrals", body, **{"Idempotency-Key": key})).json()
    sent = Sent(subject, posted["need"], "", posted["id"], posted["tasks"][0]["id"])
    await world.play.read(sent.referral, world.play.recipient())
    answer = await (world.play.accept if how == "accepted" else world.play.decline)(sent.task, 2)
    assert answer.json()["state"] == how
    return sent, ear, {"body": body, "key": key}


async def everything(world: World, how: str, then: str, course: set[str]) -> tuple[list[Any], Sent]:
    """Return what the sender hears in all it can do, after `then` has happened too."""
    sent, ear, post = await answered(world, how, course)
    withdrawal = f"/referrals/{sent.referral}/withdrawal"
    happening = {
        "nothing": [],
        "narrowed": [[(sent.subject, "health")]],
        "ended": [[(sent.subject, "health")], []],
        "ended and given anew": [[], [(sent.subject, "health"), (sent.subject, "own_wish")]],
    }
    for kinds in happening.get(then, []):
        await world.permit(sent, *kinds)
        await ear.ask("GET", f"/referrals/{sent.referral}")
    for _ in range({"taken back": 1, "taken back twice": 2}.get(then, 0)):
        await ear.ask("POST", withdrawal, {})
    await ear.ask("GET", f"/referrals/{sent.referral}")
    await ear.ask("POST", "/referrals", post["body"], **{"Idempotency-Key": post["key"]})
    once = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        await ear.ask("POST", f"/tasks/{sent.task}/messages", message_in(sent.subject, "answer"), **once)
    await ear.ask("POST", f"/tasks/{sent.task}/messages", message_in(sent.subject, "answer"), **{"If-Match": '"1"'})
    await ear.ask("POST", withdrawal, {})
    await ear.ask("POST", f"/tasks/{sent.task}/messages", message_in(sent.subject, "answer"))
    await ear.ask("GET", f"/referrals/{sent.referral}")
    heard = await world.play.events(world.play.sender(), sent.referral)
    return [*ear.notes, [(each["kind"], each["withheld"]) for each in heard]], sent


THEN = ["nothing", "taken back", "taken back twice", "narrowed", "ended", "ended and given anew"]


@pytest.mark.parametrize("then", THEN)
@pytest.mark.parametrize("reason", ["no_consent", "withdrawn"])
async def test_accepted_and_declined_look_the_same_whatever_follows(world: World, then: str, reason: str) -> None:
    world.consent.otherwise = reason
    accepted, _ = await everything(world, "accepted", then, set())
    declined, _ = await everything(world, "declined", then, set())
    assert accepted == declined
    assert {status for _, status, *_ in accepted[:-1]} == {200, 201}
    assert accepted[-1][-1] == (None, reason)


@pytest.mark.parametrize("then", THEN)
async def test_where_the_course_is_permitted_they_differ(world: World, then: str) -> None:
    """Without this the test above would pass if nothing were ever told."""
    accepted, _ = await everything(world, "accepted", then, {"course"})
    declined, _ = await everything(world, "declined", then, {"course"})
    assert accepted != declined
    assert "accepted" in [kind for kind, _ in accepted[-1]]
    assert "declined" in [kind for kind, _ in declined[-1]]
    ends = [kind for kind, _ in accepted[-1] if kind in {"consent_ended", "consent_changed"}]
    assert ends == {
        "narrowed": ["consent_changed"],
        "ended": ["consent_changed", "consent_ended"],
        "ended and given anew": ["consent_ended"],
    }.get(then, [])


async def test_what_became_of_consent_is_no_more_told_once_the_course_is_not(world: World) -> None:
    _, sent = await everything(world, "accepted", "narrowed", {"course"})
    world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    heard = await world.heard(sent)
    assert not {"accepted", "consent_changed", "consent_ended"} & set(heard[1])
    assert "consent_changed" in heard[0], "the recipient hears of its own task"


async def test_the_recipient_of_a_yes_hears_that_it_was_taken_back_and_of_a_no_hears_nothing(world: World) -> None:
    for how, expected in (("accepted", ["referral_arrived", "withdrawn"]), ("declined", ["referral_arrived"])):
        _, sent = await everything(world, how, "taken back", set())
        assert (await world.heard(sent))[0] == expected, "what is said after that is no longer the recipient's"
        (row,) = await rows(world.play.dbs.admin("referral"), "SELECT state FROM task WHERE id::text = $1", sent.task)
        assert row["state"] == ("withdrawn" if how == "accepted" else "declined")


async def test_what_nobody_answered_is_taken_back_once(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject)
    path, sender = f"/referrals/{sent.referral}/withdrawal", world.play.sender()
    taken = await world.play.referral.post(path, json={}, headers=sender)
    assert (taken.status_code, taken.json()["tasks"][0]["state"]) == (201, "withdrawn")
    assert_problem(await world.play.referral.post(path, json={}, headers=sender), 409, "wrong_state")
