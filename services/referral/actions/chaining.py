"""Tasks that come from others: passed on by a proposal, split off, taken up again. The chain is never cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.referral import upstream
from services.referral.actions import duty
from services.referral.actions.answering import check_ahead, take_back
from services.referral.actions.context import Context, find, find_by_task, party_to, refuse
from services.referral.actions.course import is_hidden, must_know
from services.referral.actions.dialogue import Saying, check, pieces_of, put, written
from services.referral.actions.offers import may_go_to, pointed_to
from services.referral.actions.posting import ADDRESS, RECONSIDER, check_recipients, considered
from services.referral.actions.stepping import tell
from services.referral.domain import errors
from services.referral.domain.deadlines import first_clock, stands, ticking
from services.referral.domain.kinds import Relation, ReopenReason
from services.referral.domain.lifecycle import (
    HIDDEN_FROM_RECIPIENT,
    KNOWN_TO_SENDER,
    Party,
    Step,
    TaskState,
    after_talking,
    allowed,
    ended,
    take,
)
from services.referral.domain.model import (
    Ahead,
    Message,
    MessageId,
    MessageKind,
    Origin,
    Referral,
    ReferralId,
    Task,
    TaskId,
    UnitId,
)
from services.referral.domain.permit import Permits, questions_for
from services.referral.domain.thread import waits_for
from services.referral.domain.view import course_questions, course_reason, tells_of_an_answer
from services.referral.store import events, referrals, tasks
from shared import ledger, outbox
from shared.db import Transaction
from shared.ids import new_id
from shared.problems import StaleVersion, Unavailable
from shared.vocabulary import Occasion


@dataclass(frozen=True, slots=True)
class Chained:
    """The referral with its new tasks, and those alone."""

    referral: Referral
    tasks: tuple[Task, ...]


async def propose(context: Context, number: TaskId, version: int, ahead: Ahead, saying: Saying | None) -> Task:
    """Propose another offer, or another unit, instead of a no; nothing moves before the sender has agreed.

    Raises:
        UnknownRecipient, UnknownOffer: the unit or the offer is not in the directory.
        SenderAmongRecipients: it is the caller's own, or the sender's.
        NotAParty, StaleVersion, WrongState, NotYourTurn, OwnUnitClosed.
    """
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    await context.may_read()
    await check_ahead(context, ahead)
    ahead = await _with_its_unit(context, ahead)
    if ahead.unit == referral.sender or (ahead.offer is None and ahead.unit == context.me):
        raise errors.SenderAmongRecipients
    if task.version != version:
        raise StaleVersion
    step = Step.PROPOSE_REDIRECT if ahead.offer is None else Step.PROPOSE_ALTERNATIVE
    after = replace(
        task, state=take(task.state, step, by, referral.rule.without), ahead=ahead, run=None,
        clock=ticking(task.clock, context.at, stands=True),
    )  # fmt: skip
    if saying is not None:
        check(context, referral, task, saying, by)
    async with context.database.transaction() as transaction:
        if saying is not None:
            message = written(context, task, saying, by)
            task = await put(transaction, context, referral, task, message, pieces_of(context, message, saying), by)
        changed = await tasks.change(transaction, task, after, context.at)
        await tell(transaction, context, referral, changed, by)
        written_down = context.entry(f"task_{after.state}", referral, task=str(task.id), proposes=ahead.unit)
        await ledger.append(transaction, written_down)
    return changed


async def agree(context: Context, number: TaskId, version: int) -> Chained:
    """Pass the task on as proposed: it waits for consent to name the new recipient before anything moves.

    Raises:
        StepRefused: what is proposed may not be told the sender, or names no unit.
        AlreadyThere: the proposed unit has an open task of this referral.
        NeedsAuthority, KindRefused: the offer is the authority's to open, and the unit is none (R69).
        DutyUnanswered: it would reach an authority, and the sender has not answered of the duty to report (R31).
        NotAParty, StaleVersion, WrongState, NotYourTurn, ClosedUnit, OwnUnitClosed.
        Unavailable: consent does not answer; nothing has moved.
    """
    referral, task, by = await _at(context, number, version)
    after = replace(task, state=take(task.state, Step.AGREE, by), reason=None)
    unit = None if task.ahead is None else task.ahead.unit
    await _must_see_the_proposal(context, referral, task)
    if unit is None:
        raise errors.StepRefused(["unit"])
    made = await _new(context, referral, [unit], Origin(task.id, Relation.PASSED_ON), task.ahead)
    async with context.database.transaction() as transaction:
        changed = await tasks.change(transaction, task, after, context.at)
        event = events.Event(new_id(), task.recipient, after.state.value, task.id)
        await events.add(transaction, event, referral.id, context.at)
        await ledger.append(transaction, context.entry(f"task_{after.state}", referral, task=str(task.id), to=unit))
        await _write(transaction, context, referral, made)
    whole = replace(referral, tasks=tuple(changed if each.id == task.id else each for each in referral.tasks) + made)
    return Chained(whole, made)


async def disagree(context: Context, number: TaskId, version: int) -> Task:
    """Say no to a proposal, or take one's own back: it is the recipient's turn again.

    Raises:
        NotAParty, StaleVersion, WrongState, NotYourTurn, OwnUnitClosed.
    """
    referral, task, by = await _at(context, number, version)
    waits = waits_for(referral, referral.thread(task.id))
    state = after_talking(take(task.state, Step.DISAGREE, by), waits)
    clock = ticking(task.clock, context.at, stands=stands(state, waits))
    after = replace(task, state=state, ahead=None, clock=clock)
    async with context.database.transaction() as transaction:
        changed = await tasks.change(transaction, task, after, context.at)
        await tell(transaction, context, referral, changed, by)
        await ledger.append(transaction, context.entry("proposal_refused", referral, task=str(task.id)))
    return changed


async def split(context: Context, number: ReferralId, recipients: Sequence[UnitId]) -> Chained:
    """Send the same request to more recipients: each gets a task of its own.

    Raises:
        NotAParty: the referral is not this sender's.
        ReferralClosed: its sender has closed it.
        AlreadyThere: one of them has an open task, or one whose course may not be told.
        NeedsAuthority, KindRefused: what is hoped for is the authority's to open, and they are none (R69).
        DutyUnanswered: it would reach an authority, and the sender has not answered of the duty to report (R31).
        SenderAmongRecipients, UnknownRecipient, ClosedUnit, OwnUnitClosed.
        Unavailable: consent or the directory does not answer; nothing has moved.
    """
    referral = await own(context, number)
    still_open(referral)
    made = await _new(context, referral, recipients, Origin(referral.tasks[0].id, Relation.SPLIT))
    async with context.database.transaction() as transaction:
        await _write(transaction, context, referral, made)
    return Chained(replace(referral, tasks=referral.tasks + made), made)


async def reopen(context: Context, number: TaskId, reason: ReopenReason) -> Chained:
    """Take up again what has ended, as a new task with a reason; the old one stands as it ended.

    Raises:
        NotAParty: the task is not this sender's.
        WrongState: it has not ended, or its course may not be told the sender.
        ReferralClosed: its sender has closed the request.
        AlreadyThere: its recipient has an open task of this referral.
        DutyUnanswered: it would reach an authority, and the sender has not answered of the duty to report (R31).
        Unavailable: consent or the directory does not answer; nothing has moved.
    """
    referral = await find_by_task(context, number)
    task = referral.task(number)
    if await party_to(context, referral, task) is not Party.SENDER:
        raise errors.NotYourTurn
    if await is_hidden(context, referral, task):
        raise errors.WrongState(None, [])
    still_open(referral)
    if not ended(task.state) or task.state is TaskState.ENTERED_IN_ERROR:
        raise errors.WrongState(task.state, allowed(task.state, Party.SENDER, referral.rule.without))
    made = await _new(context, referral, [task.recipient], Origin(task.id, Relation.REOPENED, reason))
    async with context.database.transaction() as transaction:
        await _write(transaction, context, referral, made)
    return Chained(replace(referral, tasks=referral.tasks + made), made)


async def close(context: Context, number: ReferralId) -> Referral:
    """Close the request: what nobody has answered is taken back, what has begun goes on without the sender.

    Raises:
        NotAParty: it is not this sender's.
        StillOpen: somebody shall take over before the sender lets go, and has not, or may not tell that it has.
        Unavailable: consent does not answer, where a handover's course must be known.
    """
    referral = await own(context, number)
    if referral.rule.handed_over and not await _taken_over(context, referral):
        raise errors.StillOpen
    async with context.database.transaction() as transaction:
        await referrals.lock(transaction, referral.id)
        for task in referral.tasks:
            if not ended(task.state) and not task.answered and task.state in KNOWN_TO_SENDER:
                await take_back(transaction, context, referral, task)
            elif not ended(task.state) and task.state not in HIDDEN_FROM_RECIPIENT:
                event = events.Event(new_id(), task.recipient, "closed", task.id)
                await events.add(transaction, event, referral.id, context.at)
        await referrals.close(transaction, referral.id, context.me, context.caller.user, context.at)
        await ledger.append(transaction, context.entry("referral_closed", referral))
    return await find(context, number)


def still_open(referral: Referral) -> None:
    """Let pass a request its sender has not closed.

    Raises:
        ReferralClosed: it has.
    """
    if referral.closed_at is not None:
        raise errors.ReferralClosed


async def own(context: Context, number: ReferralId) -> Referral:
    """Return the caller's own referral.

    Raises:
        NotAParty: it is not; the attempt is on the ledger.
    """
    referral = await find(context, number)
    if referral.sender != context.me:
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    return referral


async def _at(context: Context, number: TaskId, version: int) -> tuple[Referral, Task, Party]:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    await context.may_read()
    await must_know(context, referral, task, by)
    if task.version != version:
        raise StaleVersion
    return referral, task, by


async def _taken_over(context: Context, referral: Referral) -> bool:
    begun = {TaskState.IN_PROGRESS, TaskState.COMPLETED}
    open_ones = [task for task in referral.tasks if not ended(task.state) or task.state is TaskState.COMPLETED]
    hidden = [task for task in open_ones if await is_hidden(context, referral, task)]
    return not hidden and all(task.state in begun for task in open_ones)


async def _with_its_unit(context: Context, ahead: Ahead) -> Ahead:
    """Return a proposal with a unit to go to: where an offer alone is named, the one that has it."""
    hoped = None if ahead.unit is not None else await pointed_to(context, ahead)
    return ahead if hoped is None or hoped.unit is None else Ahead(ahead.offer, UnitId(hoped.unit))


async def _must_see_the_proposal(context: Context, referral: Referral, task: Task) -> None:
    asked = course_questions(referral, task)
    permits = await upstream.ask(context.consent, referral, asked, Occasion.HEAR, context.actor, context.request_id)
    if not course_reason(referral, task, permits).permits:
        raise errors.StepRefused(["proposal_withheld"])


async def _new(
    context: Context,
    referral: Referral,
    recipients: Sequence[UnitId],
    origin: Origin,
    ahead: Ahead | None = None,
) -> tuple[Task, ...]:
    """Return new tasks, each as consent lets it stand now; of a draft, the duty to report is asked when it is sent."""
    await check_recipients(context, recipients)
    await may_go_to(context, referral, recipients, ahead)
    if await _taken(context, referral, recipients, origin):
        raise errors.AlreadyThere
    clock = first_clock(context.terms, referral.priority, context.at, stands=True)
    owner = referral.tasks[0].owner
    draft = all(task.state is TaskState.DRAFT for task in referral.tasks)
    state = TaskState.DRAFT if draft else TaskState.AWAITING_CONSENT
    made = [
        Task(TaskId(new_id()), to, state, 1, clock=clock, origin=origin, owner=owner, request=referral.kind)
        for to in recipients
    ]
    if draft:
        return tuple(made)
    await duty.must_be_answered(context, referral, recipients)
    permits = await _ask(context, referral, made)
    return tuple(considered(task, replace(referral, at=context.at), permits) for task in made)


async def _taken(context: Context, referral: Referral, recipients: Sequence[UnitId], origin: Origin) -> bool:
    """Say whether one of them has an open task, or another one that may be open for all the sender may know."""
    for task in referral.tasks:
        passed_on = origin.relation is Relation.PASSED_ON and task.id == origin.task
        if task.recipient not in recipients or passed_on:
            continue
        if not ended(task.state):
            return True
        if origin.relation is Relation.SPLIT and tells_of_an_answer(referral, task):
            return True  # taken up again is another thing, with a reason of its own
        if task.id != origin.task and await is_hidden(context, referral, task):
            return True
    return False


async def _ask(context: Context, referral: Referral, made: Sequence[Task]) -> Permits:
    questions = [question for task in made for question in questions_for(referral.own, task.recipient)]
    try:
        return await upstream.ask(
            context.consent, referral, questions, Occasion.SEND, context.actor, context.request_id
        )
    except Unavailable as error:
        raise Unavailable(error.what, ADDRESS + str(referral.id)) from error


async def _write(transaction: Transaction, context: Context, referral: Referral, made: Sequence[Task]) -> None:
    """Write new tasks; what is said or withdrawn meanwhile is found when the worker looks once more.

    Raises:
        ReferralClosed: its sender has closed it meanwhile.
    """
    await referrals.lock(transaction, referral.id)
    if await referrals.closed(transaction, referral.id):
        raise errors.ReferralClosed
    await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, context.request_id)
    await tasks.add(transaction, referral.id, made, context.at)
    asked = next((each.words for each in referral.thread(referral.tasks[0].id) if each.words is not None), None)
    for task in made:
        if referral.rule.anonymous:
            opening = Message(
                MessageId(new_id()), task.id, MessageKind.QUESTION, context.me, context.at, Party.RECIPIENT,
                words=asked,
            )  # fmt: skip
            await tasks.say(transaction, opening, (), referral.id, context.caller.user)
        if task.state is TaskState.SENT:
            for unit, kind in ((task.recipient, "referral_arrived"), (referral.sender, "sent")):
                await events.add(transaction, events.Event(new_id(), unit, kind, task.id), referral.id, context.at)
        origin = task.origin
        written = context.entry(
            "task_made", referral, task=str(task.id), recipient=task.recipient, state=task.state,
            origin=origin and str(origin.task), relation=origin and origin.relation, reason=origin and origin.reason,
        )  # fmt: skip
        await ledger.append(transaction, written)
