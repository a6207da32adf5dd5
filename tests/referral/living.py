"""One life of a request, as a model in plain words beside the real service: what `test_lives` plays."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from services.referral.domain.lifecycle import COURSE, HIDDEN_FROM_RECIPIENT, TALKING, Party, TaskState, ended
from services.referral.domain.lifecycle import Step as St
from shared.clock import now
from tests.referral.deciding import World
from tests.referral.test_lifecycle import TO, S
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, rows

_T = TypeVar("_T")
HOUSES = (FAMILY_HOUSE, VISITING)
KINDS = ("health", "own_wish")
STEPS: dict[str, tuple[St, dict[str, Any]]] = {
    "acceptance": (St.ACCEPT, {}),
    "decline": (St.DECLINE, {"reason": "no_capacity", "no_alternative": True}),
    "family-decline": (St.FAMILY_DECLINES, {"reason": "timing"}),
    "start": (St.START, {}),
    "completion": (St.COMPLETE, {"outcome": "goal_reached"}),
    "advice": (St.ADVISE, {"outcome": "advice_given"}),
    "drop-out": (St.DROP_OUT, {"reason": "moved"}),
    "not-reached": (St.NOT_REACHED, {}),
}
HANDED_OVER, ADVISES = {"bridging", "handover"}, {"advice", "agenda_item"}
# All that a sender is told of a task whose course it may not hear, but for which task it is and why it is withheld.
NOTHING: dict[str, Any] = {
    "version": None, "state": None, "state_name": None, "turn": None, "reason": None, "reason_name": None,
    "alternative": None, "alternative_withheld": None, "answer_by": None, "offer_by": None, "stands_since": None,
    "overdue": None, "allowed": [], "missing": [],
}  # fmt: skip


@dataclass
class Task:
    """A task as the model has it; `waits`: whom each open question waits for."""

    id: str
    recipient: str
    state: TaskState
    answered: bool = False
    ahead: str | None = None
    waits: list[Party] = field(default_factory=list)

    def to(self, state: TaskState) -> None:
        """Stand there from now on."""
        self.state = state
        self.answered = self.answered or state in COURSE


@dataclass(frozen=True)
class Told:
    """One piece as the model has it; `task` is the thread it was said in."""

    text: str
    subject: str
    category: str
    author: str
    task: str | None = None


class Life(RuleBasedStateMachine):
    """One request, its sender, two recipients, somebody outside, and consent's changing word."""

    world: World
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.subjects = [str(uuid4()), str(uuid4())]
        self.tasks: list[Task] = []
        self.pieces: list[Told] = []
        self.corrected: set[str] = set()
        self.number = ""
        self.need = str(uuid4())
        self.kind = "referral"
        self.first_accepts = self.closed = self.pending = False
        self.world.consent.down_for = frozenset()
        self.world.consent.permitted.clear()

    def run(self, doing: Coroutine[Any, Any, _T]) -> _T:
        """Do it on the loop the application lives on."""
        return self.runner.run(doing)

    def ask(self, method: str, path: str, unit: str, body: Any = None, **headers: str) -> httpx.Response:
        """Ask as a unit; what is changed has an entry on the ledger."""
        number = str(uuid4())
        play = self.world.play
        who = play.sender() if unit == MIDWIFERY else play.recipient(unit)
        told = who | headers | {"X-Request-Id": number}
        answer = self.run(play.referral.request(method, path, json=body, headers=told))
        assert answer.status_code < 500 or self.world.consent.down_for, answer.text
        if method == "POST" and answer.is_success and "idempotency-replayed" not in answer.headers:
            sql = "SELECT 1 FROM ledger_entry WHERE entry->>'request' = $1"
            assert self.look(sql, number), f"{path} changed something and left nothing on the ledger"
        return answer

    def hand_over(self, task: Task) -> None:
        """Let the recipient see to all that a warm handover needs."""
        path, today = f"/tasks/{task.id}/handover", now().date().isoformat()
        seen = self.ask("GET", path, task.recipient).json()
        there = {"sender": True, "recipient": True, "family": {"present": True}}
        body = {"ticked": [each["code"] for each in seen["checklist"]], "meeting_on": today, "attendance": there}
        answer = self.ask("PUT", path, task.recipient, body, **{"If-Match": f'"{seen["version"]}"'})
        assert answer.json()["lacks"] == [], answer.text

    def look(self, sql: str, *arguments: Any) -> list[Any]:
        """Look into the database."""
        return self.run(rows(self.world.play.dbs.admin("referral"), sql, *arguments))

    def may(self, told: Told, reader: str) -> bool:
        """Say whether the reader may have a piece now."""
        kinds = self.world.consent.permitted.get((told.author, reader), set())
        return told.author == reader or (told.subject, told.category) in kinds

    def course(self, task: Task) -> bool:
        """Say whether everybody lets the sender hear of the course (R26)."""
        kinds = self.world.consent.permitted.get((task.recipient, MIDWIFERY), set())
        return all((subject, "course") in kinds for subject in {each.subject for each in self.own})

    def hidden(self, task: Task) -> bool:
        """Say whether the sender may not hear how the task stands, or, among candidates, any of theirs."""
        return any(each.answered and not self.course(each) for each in self.told_by(task))

    def told_by(self, task: Task) -> list[Task]:
        """Return the tasks of whose answers this one's state tells."""
        return self.tasks if self.first_accepts else [task]

    @property
    def own(self) -> list[Told]:
        """What the request itself tells."""
        return [each for each in self.pieces if each.task is None]

    def reaches(self, unit: str) -> bool:
        """Say whether a recipient may read anything of the request."""
        return any(self.may(each, unit) for each in self.own)

    def deliver(self, *tasks: Task) -> None:
        """Let waiting tasks out that may go: these, or all."""
        for task in tasks or self.tasks:
            if task.state is S.AWAITING_CONSENT and self.reaches(task.recipient):
                task.to(S.SENT)

    def of(self, unit: str) -> list[Task]:
        """Return a recipient's tasks that it can see."""
        return [task for task in self.tasks if task.recipient == unit and task.state not in HIDDEN_FROM_RECIPIENT]

    def version(self, task: Task) -> dict[str, str]:
        """Return the header that names the task's version."""
        ((version,),) = self.look("SELECT version FROM task WHERE id::text = $1", task.id)
        return {"If-Match": f'"{version}"'}

    def take_back(self, task: Task) -> None:
        """Take a task back, as its sender."""
        task.to(TO[task.state, St.WITHDRAW, Party.SENDER])

    def learn(self, answer: httpx.Response, *recipients: str) -> None:
        """Take up the tasks an answer tells of that were not there before."""
        known = {task.id for task in self.tasks}
        new = [each for each in answer.json()["tasks"] if each["id"] not in known]
        assert sorted(each["recipient"] for each in new) == sorted(recipients)
        draft = bool(self.tasks) and all(task.state is S.DRAFT for task in self.tasks)
        made = [Task(each["id"], each["recipient"], S.DRAFT if draft else S.AWAITING_CONSENT) for each in new]
        self.tasks += made
        self.deliver(*made)
        self.pending = True

    def piece(self, data: st.DataObject) -> dict[str, str]:
        """Return a piece nobody has told before."""
        return {
            "subject": data.draw(st.sampled_from(self.subjects)),
            "category": data.draw(st.sampled_from(KINDS)),
            "text": f"ord {uuid4()}".translate(str.maketrans("0123456789", "ghijklmnop")),
        }

    def stepped(self, task: Task, step: St, status: int | None) -> int:
        """Return what the step is answered with, and take it in the model if it was taken."""
        if task.state in HIDDEN_FROM_RECIPIENT:
            return 404
        others = [each for each in self.tasks if each is not task and not ended(each.state)]
        taken = self.first_accepts and step is St.ACCEPT
        possible = (task.state, step, Party.RECIPIENT) in TO and (step is not St.ADVISE or self.kind in ADVISES)
        if not possible or (taken and any(each.answered for each in others)):
            return 409
        if status == 200:
            task.to(TO[task.state, step, Party.RECIPIENT])
            for each in others if taken else ():
                self.take_back(each)
                each.answered = True
        return 200

    def cut_off(self, path: str, unit: str, body: Any, headers: dict[str, str], after_s: float) -> None:
        """Send a request whose caller goes away, wherever it is by then."""
        play = self.world.play
        who = play.sender() if unit == MIDWIFERY else play.recipient(unit)

        async def doing() -> None:
            asked = asyncio.create_task(play.referral.post(path, json=body, headers=who | headers))
            await asyncio.sleep(after_s)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)

        self.run(doing())

    def said(self, task: Task, by: Party, kind: str, asks: Party | None) -> int:
        """Return what the message is answered with, and say it in the model."""
        if by is Party.RECIPIENT and task.state in HIDDEN_FROM_RECIPIENT:
            return 404
        if asks is by:
            return 409
        kept_unseen = by is Party.SENDER and any(each.answered for each in self.told_by(task))
        if not kept_unseen:
            if ended(task.state) or task.state in {S.DRAFT, S.AWAITING_CONSENT, S.SENT}:
                return 409
            if self.closed and kind == "question" and asks in {None, Party.SENDER}:
                return 409
            if kind == "answer" and by is Party.RECIPIENT and by not in task.waits:
                return 409
        if kind == "question":
            task.waits.append(asks or (Party.RECIPIENT if by is Party.SENDER else Party.SENDER))
        if kind == "answer":
            task.waits = [each for each in task.waits if each is not by]
        if task.state in TALKING:
            task.to(self.turn(task))
        return 201

    def turn(self, task: Task) -> TaskState:
        """Return where a task stands by whom its questions wait for."""
        waits = [S.IN_DIALOGUE] if Party.SENDER in task.waits else []
        waits += [S.AWAITING_FAMILY] if Party.FAMILY in task.waits else []
        return [*waits, S.RECEIVED][0]

    def tell(self) -> None:
        """Bring consent's word that something changed."""
        word = {"id": str(uuid4()), "kind": "consent_withdrawn", "need": self.need, "subject": self.subjects[0]}
        for _ in range(2):
            assert self.run(self.world.play.tell_of_consent(word)).status_code == 201
        self.pending = True


def read(answer: httpx.Response) -> list[str]:
    """Return every word an answer tells."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    said = [piece for message in body["dialogue"] for piece in message["information"]]
    return sorted(piece["text"] for piece in [*body["information"], *said])
