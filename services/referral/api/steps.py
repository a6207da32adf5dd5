"""The steps of a task: what a recipient answers and does, what is proposed instead, what is taken up again."""

from collections.abc import Mapping
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import answering, chaining, offers, reading
from services.referral.actions.context import Context
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.referrals import NothingIn
from services.referral.api.roles import Party, Recipient, Sender
from services.referral.api.words import SaidIn
from services.referral.domain.kinds import DeclineReason, DropOutReason, FamilyReason, Outcome, ReopenReason
from services.referral.domain.lifecycle import Step
from services.referral.domain.model import Ahead, MessageKind, Task, TaskId, UnitId
from services.referral.domain.view import SeenTask
from shared.text import Code, Truth, WireIn
from shared.version import ExpectedVersion, tag

router = APIRouter(tags=["steps"])
# Which address takes a step that `allowed` names; what is not here comes of consent.
ADDRESSES: Mapping[Step, str] = {
    Step.SEND: "/referrals/{referral}/sending",
    Step.READ: "/referrals/{referral}",
    Step.ASK_SENDER: "/tasks/{task}/messages",
    Step.ASK_FAMILY: "/tasks/{task}/messages",
    Step.HAVE_ANSWER: "/tasks/{task}/messages",
    Step.PROPOSE_ALTERNATIVE: "/tasks/{task}/proposal",
    Step.PROPOSE_REDIRECT: "/tasks/{task}/proposal",
    Step.AGREE: "/tasks/{task}/proposal/agreement",
    Step.DISAGREE: "/tasks/{task}/proposal/refusal",
    Step.ACCEPT: "/tasks/{task}/acceptance",
    Step.PUT_ON_LIST: "/tasks/{task}/waiting",
    Step.INVITE: "/tasks/{task}/place",
    Step.START: "/tasks/{task}/start",
    Step.COMPLETE: "/tasks/{task}/completion",
    Step.ADVISE: "/tasks/{task}/advice",
    Step.DECLINE: "/tasks/{task}/decline",
    Step.FAMILY_DECLINES: "/tasks/{task}/family-decline",
    Step.DROP_OUT: "/tasks/{task}/drop-out",
    Step.NOT_REACHED: "/tasks/{task}/not-reached",
    Step.WITHDRAW: "/tasks/{task}/withdrawal",
    Step.MARK_ERROR: "/tasks/{task}/error",
}


class AheadIn(WireIn):
    """What is proposed instead: another offer, another unit, or both; of the directory."""

    offer: Code | None = Field(default=None, description="an offer's id, from the directory")
    unit: Code | None = Field(default=None, description="a unit's id, from the directory")

    @model_validator(mode="after")
    def _something(self) -> "AheadIn":
        if self.offer is None and self.unit is None:
            raise PydanticCustomError("nothing_proposed", "names neither an offer nor a unit")
        return self

    def told(self) -> Ahead:
        """Return it as the rules know it."""
        return Ahead(self.offer, None if self.unit is None else UnitId(self.unit))


class DeclineIn(WireIn):
    """A no, with a reason from the closed list, and another way or word that there is none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_capacity", "no_alternative": True}]})

    reason: DeclineReason
    family_reason: FamilyReason | None = Field(
        default=None, description="the family's own reason, where it is the family that said no thank you"
    )
    alternative: AheadIn | None = Field(default=None, description="another way, where there is one")
    no_alternative: Truth = Field(default=False, description="said aloud that there is nothing else to offer")

    @model_validator(mode="after")
    def _another_way_or_none(self) -> "DeclineIn":
        by_family = self.reason is DeclineReason.FAMILY_DECLINED
        if by_family is not (self.family_reason is not None):
            raise PydanticCustomError("family_reason", "the family's reason goes with the family's no, and only there")
        if by_family and self.alternative is not None:
            raise PydanticCustomError("alternative", "with the family's own no, another way is not named")
        if not by_family and (self.alternative is None) is not self.no_alternative:
            raise PydanticCustomError("alternative", "name another way, or say that there is none")
        return self


class FamilyDeclineIn(WireIn):
    """The family said no thank you."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "timing"}]})

    reason: FamilyReason = Field(description="the family's own reason; it is never held against them")


class DropOutIn(WireIn):
    """A course stopped on the way; waiting is not dropping out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "moved"}]})

    reason: DropOutReason = Field(description="why it stopped")


class StartIn(WireIn):
    """It begins; a request to the authority begins under a decision (R35, R69)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision_ref": "2026-1234"}]})

    decision_ref: Code | None = Field(default=None, description="the authority's decision, by its case system's id")


class EndIn(WireIn):
    """How it ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "goal_reached"}]})

    outcome: Outcome = Field(description="how it ended")


class ProposalIn(SaidIn):
    """Another offer instead of a no, or the unit it belongs to; with words, if there is something to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"proposed": {"unit": "helsingoer-sundhedstjenesten"}}]})

    proposed: AheadIn = Field(description="what there is instead")

    @model_validator(mode="after")
    def _something_said(self) -> "ProposalIn":
        return self


class ReopenIn(WireIn):
    """What has ended is taken up again, as a new task."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "family_asked"}]})

    reason: ReopenReason = Field(description="why it is taken up again")


@router.post("/tasks/{task}/acceptance", response_model=shapes.TaskOut, summary="Take a task on")
async def accept(
    task: UUID, _body: NothingIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Take the task on; the sender hears of it, as far as consent covers."""
    return _done(around, await answering.accept(around, TaskId(task), version))


@router.post("/tasks/{task}/decline", response_model=shapes.TaskOut, summary="Decline a task")
async def decline(
    task: UUID, body: DeclineIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Decline with a reason, and another way; the sender hears of it, as far as consent covers."""
    if body.family_reason is not None:
        return _done(around, await answering.family_declines(around, TaskId(task), version, body.family_reason))
    ahead = None if body.alternative is None else body.alternative.told()
    return await _pointed(around, await answering.decline(around, TaskId(task), version, body.reason, ahead))


@router.post("/tasks/{task}/family-decline", response_model=shapes.TaskOut, summary="The family said no thank you")
async def family_declines(
    task: UUID, body: FamilyDeclineIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Note it, with the family's own reason."""
    return _done(around, await answering.family_declines(around, TaskId(task), version, body.reason))


@router.post("/tasks/{task}/start", response_model=shapes.TaskOut, summary="Begin")
async def start(
    task: UUID, body: StartIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Begin what was taken on."""
    return _done(around, await answering.start(around, TaskId(task), version, body.decision_ref))


@router.post("/tasks/{task}/completion", response_model=shapes.TaskOut, summary="End with an outcome")
async def complete(
    task: UUID, body: EndIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """End what has begun; the sender hears of it, as far as consent covers."""
    return _done(around, await answering.complete(around, TaskId(task), version, body.outcome))


@router.post("/tasks/{task}/advice", response_model=shapes.TaskOut, summary="End with advice alone")
async def advise(
    task: UUID, body: EndIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """End a request for advice, or a meeting's point, without taking anything on."""
    return _done(around, await answering.advise(around, TaskId(task), version, body.outcome))


@router.post("/tasks/{task}/drop-out", response_model=shapes.TaskOut, summary="A course stopped on the way")
async def drop_out(
    task: UUID, body: DropOutIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Note that it stopped, and why."""
    return _done(around, await answering.drop_out(around, TaskId(task), version, body.reason))


@router.post("/tasks/{task}/not-reached", response_model=shapes.TaskOut, summary="Nobody could be reached")
async def not_reached(
    task: UUID, _body: NothingIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Note that the family was not reached."""
    return _done(around, await answering.not_reached(around, TaskId(task), version))


@router.post("/tasks/{task}/error", response_model=shapes.TaskOut, summary="Mark a task as made in error")
async def mark_error(
    task: UUID, _body: NothingIn, around: Surroundings, _caller: Sender, version: ExpectedVersion
) -> Response:
    """Keep it, marked; its recipient is told of it no longer."""
    return _to_sender(around, await answering.mark_error(around, TaskId(task), version))


@router.post("/tasks/{task}/withdrawal", response_model=shapes.TaskOut, summary="Take it back from one recipient")
async def withdraw(
    task: UUID, _body: NothingIn, around: Surroundings, _caller: Sender, version: ExpectedVersion
) -> Response:
    """End one recipient's task; the others go on."""
    return _to_sender(around, await answering.withdraw_task(around, TaskId(task), version))


@router.post("/tasks/{task}/proposal", response_model=shapes.TaskOut, summary="Propose another offer or unit")
async def propose(
    task: UUID, body: ProposalIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Propose it instead of a no; nothing moves before the sender has agreed and consent names the unit."""
    said = body.said(MessageKind.PROPOSAL) if body.information or body.words is not None else None
    return await _pointed(around, await chaining.propose(around, TaskId(task), version, body.proposed.told(), said))


@router.post("/tasks/{task}/proposal/agreement", status_code=201, response_model=shapes.PostedOut,
             summary="Agree: pass the task on as proposed")  # fmt: skip
async def agree(
    task: UUID, _body: NothingIn, around: Surroundings, _caller: Sender, version: ExpectedVersion
) -> Response:
    """End this task and make one for the proposed unit, which waits for consent to name it."""
    return await _chained(around, await chaining.agree(around, TaskId(task), version))


@router.post("/tasks/{task}/proposal/refusal", response_model=shapes.TaskOut, summary="Say no to a proposal")
async def disagree(
    task: UUID, _body: NothingIn, around: Surroundings, caller: Party, version: ExpectedVersion
) -> Response:
    """Say no, or take one's own back: it is the recipient's turn again."""
    changed = await chaining.disagree(around, TaskId(task), version)
    return _done(around, changed) if changed.recipient == caller.unit else _to_sender(around, changed)


@router.post("/tasks/{task}/reopening", status_code=201, response_model=shapes.PostedOut,
             summary="Take up again what has ended")  # fmt: skip
async def reopen(task: UUID, body: ReopenIn, around: Surroundings, _caller: Sender) -> Response:
    """Make a new task, with a reason; the old one stands as it ended."""
    return await _chained(around, await chaining.reopen(around, TaskId(task), body.reason))


def _done(around: Context, task: Task) -> Response:
    body = orjson.dumps(shapes.task(SeenTask(task, None), around.at, to_sender=False))
    return Response(body, 200, {"ETag": tag(task.version)}, "application/json")


async def _pointed(around: Context, task: Task) -> Response:
    """Answer who named something instead: an offer after barnets lov §§ 30-32 is a request to the authority (R69)."""
    told = shapes.task(SeenTask(task, None), around.at, to_sender=False)
    hoped = await offers.pointed_to(around, task.ahead)
    if hoped is not None and hoped.provisions:
        told["alternative"] |= {"authority": hoped.told()}
    return Response(orjson.dumps(told), 200, {"ETag": tag(task.version)}, "application/json")


def _to_sender(around: Context, task: Task) -> Response:
    """Answer the sender; after a step of its own, there is nothing of the course in where the task stands."""
    body = orjson.dumps(shapes.task(SeenTask(task, None), around.at, to_sender=True))
    return Response(body, 200, {"ETag": tag(task.version)}, "application/json")


async def _chained(around: Context, made: chaining.Chained) -> Response:
    told = shapes.posted(made.referral, await reading.own_tasks(around, made.referral), around.at)
    return Response(orjson.dumps(told), 201, media_type="application/json")
