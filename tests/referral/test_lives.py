"""Whole lives of requests: random parties, consents, withdrawals, retries and crashes, beside a plain model.

`FAMILIEBRO_LIVES=500` plays so many lives instead of the few of an ordinary run.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from services.referral.domain.lifecycle import COURSE, HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, Party, ended
from services.referral.domain.lifecycle import Step as St
from shared.vocabulary import Occasion
from tests.conftest import Databases
from tests.referral.deciding import Decider, World
from tests.referral.living import HANDED_OVER, HOUSES, KINDS, NOTHING, STEPS, Life, Task, Told, read
from tests.referral.test_lifecycle import TO, S
from tests.support.keys import Keys
from tests.support.serving import serving
from tests.support.story import story
from tests.support.town import JOBCENTER, MIDWIFERY
from tests.support.wire import referral_in


class Lives(Life):
    """What may happen in a life, and what must always be true of it."""

    @initialize(
        data=st.data(), kind=st.sampled_from(["referral", "advice", "bridging", "agenda_item"]),
        both=st.booleans(), first=st.booleans(), draft=st.booleans(), open_=st.integers(0, 3),
    )  # fmt: skip
    def post(self, data: st.DataObject, kind: str, *, both: bool, first: bool, draft: bool, open_: int) -> None:
        """Somebody sends a request, and a lost answer is asked for again with the same key."""
        self.kind, self.first_accepts = kind, first and kind not in HANDED_OVER
        if open_:
            for unit in HOUSES:
                self.world.consent.permit([(each, "health") for each in self.subjects], recipient=unit)
        if open_ == 3:
            for unit in HOUSES:
                self.world.consent.permit([(each, "course") for each in self.subjects], unit, MIDWIFERY)
        told, wish = [self.piece(data) for _ in self.subjects], self.piece(data)
        for each, subject in zip(told, self.subjects, strict=True):
            each["subject"] = subject
        recipients = list(HOUSES if both else HOUSES[:1])
        body = referral_in(
            self.subjects[0], need=self.need, kind=kind, recipients=recipients, information=told, offers=[],
            own_words={"subject": wish["subject"], "text": wish["text"]}, first_accepts=self.first_accepts, draft=draft,
        )  # fmt: skip
        once = {"Idempotency-Key": str(uuid4())}
        answers = [self.ask("POST", "/referrals", MIDWIFERY, body, **once) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        self.number = answers[0].json()["id"]
        self.pieces = [Told(each["text"], each["subject"], each["category"], MIDWIFERY) for each in told]
        self.pieces.append(Told(wish["text"], wish["subject"], "own_wish", MIDWIFERY))
        state = S.DRAFT if draft else S.AWAITING_CONSENT
        self.tasks = [Task(each["id"], each["recipient"], state) for each in answers[0].json()["tasks"]]
        self.deliver()
        self.pending = not draft
        for unit in recipients if open_ > 1 else ():
            self.a_recipient_reads(unit)

    @rule(unit=st.sampled_from(HOUSES), who=st.integers(0, 1), what=st.sampled_from([*KINDS, "course"]),
          back=st.booleans(), told=st.booleans())  # fmt: skip
    def consent_changes(self, unit: str, who: int, what: str, *, back: bool, told: bool) -> None:
        """A consent to one kind is given or withdrawn, on one road; the service is told of it, or not yet."""
        road = (unit, MIDWIFERY) if back else (MIDWIFERY, unit)
        kinds = self.world.consent.permitted.setdefault(road, set())
        kinds ^= {(self.subjects[who], what)}
        if told:
            self.tell()

    @rule(unit=st.sampled_from(HOUSES))
    def everything_is_withdrawn(self, unit: str) -> None:
        """All consents to tell one recipient end."""
        self.world.consent.permit([], recipient=unit)
        self.tell()

    @rule()
    def the_worker_works(self) -> None:
        """What waits goes out, and what nobody may read any more ends (R23)."""
        self.run(self.world.carry())
        for task in self.tasks if self.pending else ():
            reached = self.reaches(task.recipient)
            if task.state is S.AWAITING_CONSENT and reached:
                task.to(S.SENT)
            elif not ended(task.state) and task.state not in {S.DRAFT, S.AWAITING_CONSENT} and not reached:
                task.to(S.CONSENT_ENDED)
        self.pending = False

    @rule(unit=st.sampled_from(HOUSES))
    def a_recipient_reads(self, unit: str) -> None:
        """It gets what the model permits and never more; the first reading is the receipt."""
        answer = self.ask("GET", f"/referrals/{self.number}", unit)
        mine = self.of(unit)
        if not mine:
            assert answer.status_code == 404
            return
        live = {task.id for task in mine if task.state not in TOLD_NO_LONGER}
        seen = [each for each in self.pieces
                if each.author == unit or (each.task is None and live) or each.task in live]  # fmt: skip
        assert read(answer) == sorted(each.text for each in seen if self.may(each, unit))
        if any(each.task is None and self.may(each, unit) for each in seen):
            for task in mine:
                if task.state is S.SENT:
                    task.to(S.RECEIVED)
        assert {each["id"]: each["state"] for each in answer.json()["tasks"]} == {task.id: task.state for task in mine}

    @invariant()
    def the_sender_reads(self) -> None:
        """It has its own words always, the others' as permitted, and no task's course but where all permit."""
        if not self.number:
            return
        answer = self.ask("GET", f"/referrals/{self.number}", MIDWIFERY)
        assert read(answer) == sorted(each.text for each in self.pieces if self.may(each, MIDWIFERY))
        told = {each["id"]: each for each in answer.json()["tasks"]}
        assert told.keys() == {task.id for task in self.tasks}
        for task in self.tasks:
            if self.hidden(task):
                assert {key: told[task.id][key] for key in NOTHING} == NOTHING
            else:
                assert told[task.id]["state"] == task.state

    @rule(unit=st.sampled_from(HOUSES))
    def consent_is_down(self, unit: str) -> None:
        """Then nothing is shown that needs a permit."""
        self.world.consent.down_for = frozenset(Occasion)
        try:
            answer = self.ask("GET", f"/referrals/{self.number}", unit)
            hidden = [each.text for each in self.pieces if each.author != unit and each.text in answer.text]
            assert not hidden
            assert answer.status_code in ({503, 200} if self.of(unit) else {404})
        finally:
            self.world.consent.down_for = frozenset()

    @rule(
        data=st.data(), call=st.sampled_from(sorted(STEPS)), likely=st.integers(0, 3),
        crash=st.sampled_from([None, None, None, 0.0, 0.004, 0.01]),
    )  # fmt: skip
    def a_recipient_steps(self, data: st.DataObject, call: str, likely: int, crash: float | None) -> None:
        """A step is taken, or refused for its state; one that is cut off is taken whole or not at all."""
        task = data.draw(st.sampled_from(self.tasks))
        possible = [
            (each, name)
            for each in self.tasks
            for name, (step, _) in STEPS.items()
            if (each.state, step, Party.RECIPIENT) in TO
        ]
        if likely and possible:
            task, call = data.draw(st.sampled_from(possible))
        step, body = STEPS[call]
        if call == "start" and self.kind in HANDED_OVER and task.state is S.ACCEPTED:
            self.hand_over(task)
        headers, path = self.version(task), f"/tasks/{task.id}/{call}"
        status: int | None
        if crash is None:
            status = self.ask("POST", path, task.recipient, body, **headers).status_code
        else:
            self.cut_off(path, task.recipient, body, headers, crash)
            ((state,),) = self.look("SELECT state FROM task WHERE id::text = $1", task.id)
            status = 200 if state != task.state else None
        expected = self.stepped(task, step, status)
        assert status in {expected, None}, (call, task.state, status, expected)

    @rule(data=st.data(), by_sender=st.booleans(), kind=st.sampled_from(["question", "answer", "clarification"]),
          to=st.sampled_from([None, "sender", "family", "recipient"]), crash=st.booleans())  # fmt: skip
    def somebody_says(self, data: st.DataObject, kind: str, to: str | None, *, by_sender: bool, crash: bool) -> None:
        """A message is kept once, however often it is sent."""
        task = data.draw(st.sampled_from(self.tasks))
        unit, by = (MIDWIFERY, Party.SENDER) if by_sender else (task.recipient, Party.RECIPIENT)
        piece = self.piece(data)
        asks = Party(to) if to and kind == "question" else None
        body = {"kind": kind, "information": [piece]} | ({"to": asks} if asks else {})
        path, once = f"/tasks/{task.id}/messages", {"Idempotency-Key": str(uuid4())}
        if crash:
            self.cut_off(path, unit, body, once, 0.006)
        answers = [self.ask("POST", path, unit, body, **once) for _ in range(2)]
        expected = self.said(task, by, kind, asks)
        assert [answer.status_code for answer in answers] == [expected] * 2
        if expected == 201:
            assert answers[0].json()["id"] == answers[1].json()["id"]
            self.pieces.append(Told(piece["text"], piece["subject"], piece["category"], unit, task.id))
        assert len(self.look("SELECT 1 FROM piece WHERE text = $1", piece["text"])) == (expected == 201)

    @rule(data=st.data())
    def the_sender_adds(self, data: st.DataObject) -> None:
        """More is told, and may be what lets a waiting task out."""
        piece = self.piece(data)
        body = {"information": [piece]}
        answer = self.ask("POST", f"/referrals/{self.number}/information", MIDWIFERY, body)
        assert answer.status_code == (409 if self.closed else 201)
        if self.closed:
            return
        self.pieces.append(Told(piece["text"], piece["subject"], piece["category"], MIDWIFERY))
        self.deliver()

    @rule(data=st.data(), unit=st.sampled_from([MIDWIFERY, *HOUSES, JOBCENTER]))
    def somebody_corrects(self, data: st.DataObject, unit: str) -> None:
        """One's own words are put right once, and the old ones are kept; another's are not there (R57)."""
        old = data.draw(st.sampled_from(self.pieces))
        ((number,),) = self.look("SELECT id::text FROM piece WHERE text = $1", old.text)
        text = self.piece(data)["text"]
        body = {"piece": number, "text": text}
        answer = self.ask("POST", f"/referrals/{self.number}/corrections", unit, body)
        party = unit == MIDWIFERY or bool(self.of(unit))
        its = party and old.author == unit
        right = its and old.text not in self.corrected
        assert answer.status_code == (204 if right else 409 if its else 404)
        if right:
            self.corrected.add(old.text)
            self.pieces.append(Told(text, old.subject, old.category, unit, old.task))
            if old.task is None:
                self.deliver()

    @rule()
    def a_draft_is_sent(self) -> None:
        """It goes out where it may, and waits where it may not."""
        drafts = [task for task in self.tasks if task.state is S.DRAFT]
        answer = self.ask("POST", f"/referrals/{self.number}/sending", MIDWIFERY, {})
        assert answer.status_code == (201 if drafts else 409)
        for task in drafts:
            task.to(S.AWAITING_CONSENT)
        if drafts:
            self.deliver()
            self.pending = True

    @rule()
    def the_sender_takes_it_back(self) -> None:
        """Always, unless all has ended and nothing was answered."""
        open_tasks = [task for task in self.tasks if not ended(task.state)]
        possible = open_tasks or any(task.answered for task in self.tasks)
        answer = self.ask("POST", f"/referrals/{self.number}/withdrawal", MIDWIFERY, {})
        assert answer.status_code == (201 if possible else 409)
        for task in open_tasks:
            self.take_back(task)

    @rule(unit=st.sampled_from(HOUSES))
    def the_sender_splits(self, unit: str) -> None:
        """Another recipient gets a task of its own, unless it has one, or one that may not be told of."""
        taken = any(
            task.recipient == unit and (not ended(task.state) or any(each.answered for each in self.told_by(task)))
            for task in self.tasks
        )
        answer = self.ask("POST", f"/referrals/{self.number}/recipients", MIDWIFERY, {"recipients": [unit]})
        assert answer.status_code == (409 if taken or self.closed else 201)
        if answer.is_success:
            self.learn(answer, unit)

    @rule(data=st.data())
    def the_sender_reopens(self, data: st.DataObject) -> None:
        """What has ended begins anew as another task; the old one stands as it ended."""
        task = data.draw(st.sampled_from(self.tasks))
        there = any(each.recipient == task.recipient and not ended(each.state) for each in self.tasks)
        possible = ended(task.state) and task.state is not S.ENTERED_IN_ERROR and not self.hidden(task) and not there
        others = [each for each in self.tasks if each is not task and each.recipient == task.recipient]
        possible = possible and not self.closed and not any(self.hidden(each) for each in others)
        answer = self.ask("POST", f"/tasks/{task.id}/reopening", MIDWIFERY, {"reason": "family_asked"})
        assert answer.status_code == (201 if possible else 409)
        if possible:
            self.learn(answer, task.recipient)

    @rule(data=st.data())
    def a_recipient_proposes(self, data: st.DataObject) -> None:
        """Another unit instead of a no; nothing moves by it."""
        task = data.draw(st.sampled_from(self.tasks))
        other = next(unit for unit in HOUSES if unit != task.recipient)
        body = {"proposed": {"unit": other}}
        answer = self.ask("POST", f"/tasks/{task.id}/proposal", task.recipient, body, **self.version(task))
        to = TO.get((task.state, St.PROPOSE_REDIRECT, Party.RECIPIENT))
        hidden = task.state in HIDDEN_FROM_RECIPIENT
        assert answer.status_code == (404 if hidden else 409 if to is None else 200)
        if to is not None and not hidden:
            task.to(to)
            task.ahead = other

    @precondition(lambda self: any(task.ahead for task in self.tasks))
    @rule(data=st.data(), yes=st.booleans())
    def the_sender_answers_a_proposal(self, data: st.DataObject, *, yes: bool) -> None:
        """Agreed, it is passed on to wait for consent to name the other (R19); refused, it is the recipient's turn."""
        task = data.draw(st.sampled_from([task for task in self.tasks if task.ahead]))
        path = f"/tasks/{task.id}/proposal/{'agreement' if yes else 'refusal'}"
        to = TO.get((task.state, St.AGREE if yes else St.DISAGREE, Party.SENDER))
        there = any(each.recipient == task.ahead and not ended(each.state) for each in self.tasks)
        there = there or any(each.recipient == task.ahead and self.hidden(each) for each in self.tasks)
        possible = to is not None and not self.hidden(task) and (not yes or (self.course(task) and not there))
        possible = possible and not (yes and self.closed)
        answer = self.ask("POST", path, MIDWIFERY, {}, **self.version(task))
        assert answer.status_code == ((201 if yes else 200) if possible else 409), answer.text
        if possible and to is not None:
            other, task.ahead = str(task.ahead), task.ahead if yes else None
            task.to(to if yes else self.turn(task))
            if yes:
                self.learn(answer, other)

    @rule()
    def the_sender_closes(self) -> None:
        """What nobody answered is taken back; after a handover only when the receiver has taken over."""
        going = [task for task in self.tasks if not ended(task.state) or task.state is S.COMPLETED]
        over = all(task.state in {S.IN_PROGRESS, S.COMPLETED} and not self.hidden(task) for task in going)
        possible = self.kind not in HANDED_OVER or over
        answer = self.ask("POST", f"/referrals/{self.number}/closing", MIDWIFERY, {})
        assert answer.status_code == (201 if possible else 409)
        if possible:
            self.closed = True
            for task in self.tasks:
                if not ended(task.state) and not task.answered:
                    self.take_back(task)

    @invariant()
    def the_states_are_the_models(self) -> None:
        """Every task stands where the model says, and every piece that was acknowledged is there once."""
        found = self.look("SELECT id::text, state, answered FROM task WHERE referral_id::text = $1", self.number)
        assert {row["id"]: (row["state"], row["answered"]) for row in found} == {
            task.id: (task.state, task.answered) for task in self.tasks
        }
        texts = self.look("SELECT text FROM piece WHERE referral_id::text = $1", self.number)
        assert sorted(row["text"] for row in texts) == sorted(each.text for each in self.pieces)

    @rule()
    def nobody_outside_is_let_in(self) -> None:
        """Neither to the request nor to a thread, whatever was consented to."""
        paths = [f"/referrals/{self.number}", f"/tasks/{self.tasks[-1].id}/messages"]
        assert [self.ask("GET", path, JOBCENTER).status_code for path in paths] == [404, 404]

    def teardown(self) -> None:
        """See that everybody heard of what went out just once, and that the feed says no more than the reading."""
        if not self.number:
            return
        sql = (
            "SELECT task_id::text AS task, unit, kind, count(*) AS n FROM event WHERE referral_id::text = $1 "
            "GROUP BY 1, 2, 3"
        )
        heard = {(row["task"], row["unit"], row["kind"]): row["n"] for row in self.look(sql, self.number)}
        for task in self.tasks:
            went_out = task.state not in HIDDEN_FROM_RECIPIENT
            assert heard.get((task.id, task.recipient, "referral_arrived"), 0) == went_out
            assert heard.get((task.id, MIDWIFERY, "sent"), 0) == went_out
            assert heard.get((task.id, MIDWIFERY, "received"), 0) <= went_out
        told = self.run(self.world.play.events(self.world.play.sender(), self.number))
        for task in self.tasks:
            kinds = [each["kind"] for each in told if each["task"] == task.id]
            if self.hidden(task):
                assert not COURSE & set(kinds)
                assert kinds.count(None) <= 1


@pytest.fixture
def lived(dbs: Databases, keys: Keys, directory_url: str) -> Iterator[None]:
    """The referral service on a loop of its own, before a consent service that is told what to decide."""
    decider = Decider()
    with serving(lambda: decider) as server, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        begun = runner.run(stack.enter_async_context(story(dbs, keys, directory_url, server.url)))
        Lives.world, Lives.runner = World(begun, decider), runner
        yield
        runner.run(stack.aclose())


@pytest.mark.usefixtures("lived")
def test_every_life_of_a_request_goes_as_the_model_says() -> None:
    lives = int(os.environ.get("FAMILIEBRO_LIVES", "0"))
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=lives or 32, stateful_step_count=40 if lives else 24, deadline=None, database=None,
            derandomize=not lives, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if lives else (Phase.generate,),
        ),
    )  # fmt: skip
