"""Whether the sender may hear what a recipient has answered, and a recipient anything: asked of consent now."""

from dataclasses import replace

from services.referral import upstream
from services.referral.actions.context import Context
from services.referral.domain import errors
from services.referral.domain.lifecycle import Party
from services.referral.domain.model import Referral, Task
from services.referral.domain.permit import missing_for, questions_for
from services.referral.domain.view import course_questions, hidden_from_sender, tells_of_an_answer
from shared.vocabulary import Occasion, Reason


async def hidden(
    context: Context, referral: Referral, task: Task, by: Party = Party.SENDER, *, told: bool = False
) -> Reason | None:
    """Return why the caller may not hear of the task's course now; None, if it may.

    `told`: the recipient has told something without an answer: a tick, a screening, a coordinator. It is the course
    as much as an answer is.

    Raises:
        Unavailable: consent does not answer.
    """
    if by is not Party.SENDER:
        return None
    if told:
        task = replace(task, answered=True)
        referral = replace(referral, tasks=tuple(task if each.id == task.id else each for each in referral.tasks))
    asked = course_questions(referral, task) if tells_of_an_answer(referral, task) else []
    if not asked:
        return None
    permits = await upstream.ask(context.consent, referral, asked, Occasion.HEAR, context.actor, context.request_id)
    return hidden_from_sender(referral, task, permits)


async def is_hidden(context: Context, referral: Referral, task: Task) -> bool:
    """Say whether the task's course may not be told the sender now.

    Raises:
        Unavailable: consent does not answer.
    """
    return await hidden(context, referral, task) is not None


async def must_know(context: Context, referral: Referral, task: Task, by: Party) -> None:
    """Let the sender step only where it may know how the task stands: a refusal would tell it otherwise.

    Raises:
        WrongState: it may not know; nothing is told of the state.
        Unavailable: consent does not answer.
    """
    if await hidden(context, referral, task, by) is not None:
        raise errors.WrongState(None, [])


async def unreadable(context: Context, referral: Referral) -> Reason | None:
    """Return why the caller, a recipient, may have nothing of what was sent at this moment; None, if some of it.

    What hangs on the request, a handover or a meeting, is told no more than the request itself (R23, R59).

    Raises:
        Unavailable: consent does not answer: nothing is shown.
    """
    sent = [piece for piece in referral.own if piece.author != context.me]
    asked = [] if context.me == referral.sender else questions_for(sent, context.me)
    if not asked:
        return None
    permits = await upstream.ask(context.consent, referral, asked, Occasion.READ, context.actor, context.request_id)
    if any(permits.allow(piece, context.me) for piece in sent):
        return None
    return missing_for(sent, context.me, permits)[0].reason
