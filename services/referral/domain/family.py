"""What somebody of the family sees of a request, and may do: their own, and that of those they speak for today.

Nothing about anybody else is shown or counted, the other parent included, nor what the other parent has said (R57).
No level and no assessment is told here (requirement 27; R67). The names of where it stands are the family's own: plain,
and nobody's fault.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from services.referral.domain.courses import Coordinator
from services.referral.domain.lifecycle import Party, Step, TaskState, allowed, ended
from services.referral.domain.model import (
    Ahead,
    Message,
    MessageId,
    MessageKind,
    PersonId,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
    as_author,
    by_family,
)
from services.referral.domain.permit import Permits, Question, questions_for
from services.referral.domain.thread import open_questions
from shared.vocabulary import Category, Reason


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: every id the person is known by, and whom they speak for (themselves from fifteen years on).

    `protected`: children of theirs of whom nobody tells them where they live (R45); they speak for none of them here.
    """

    myself: frozenset[PersonId]
    speaks_for: frozenset[PersonId]
    protected: frozenset[PersonId] = frozenset()

    def wrote(self, author: UnitId) -> bool:
        """Say whether the person is the author."""
        return author in {as_author(person) for person in self.myself}


class Stage(StrEnum):
    """Where a task stands, as a family is told."""

    WAITS_FOR_YES = "waits_for_yes"
    SENT = "sent"
    BEING_READ = "being_read"
    THEY_TALK = "they_talk"
    YOU_ARE_ASKED = "you_are_asked"
    ANOTHER_WAY = "another_way"
    SAID_YES = "said_yes"
    ON_THE_LIST = "on_the_list"
    UNDER_WAY = "under_way"
    DONE = "done"
    NOT_HERE = "not_here"
    NO_THANK_YOU = "no_thank_you"
    STOPPED = "stopped"
    NOT_REACHED = "not_reached"
    PASSED_ON = "passed_on"
    TAKEN_BACK = "taken_back"
    NO_LONGER_SHARED = "no_longer_shared"
    MISTAKE = "mistake"
    ENDED = "ended"


class Whose(StrEnum):
    """Who does the next thing."""

    YOU = "you"
    PLACE = "place"
    SENDER = "sender"
    NOBODY = "nobody"


class May(StrEnum):
    """What somebody of the family can do with a task."""

    WRITE = "write"
    ANSWER = "answer"
    DECLINE = "decline"
    DROP_OUT = "drop_out"
    REFUSE_PROPOSAL = "refuse_proposal"
    AGREE = "agree"


STAGE_DANISH: Mapping[Stage, str] = {
    Stage.WAITS_FOR_YES: "Venter på et ja til, hvad der må fortælles",
    Stage.SENT: "Sendt. De har ikke læst det endnu",
    Stage.BEING_READ: "De har læst det og ser på, hvad de kan hjælpe med",
    Stage.THEY_TALK: "De har spurgt dem, der skrev, og venter på svar",
    Stage.YOU_ARE_ASKED: "De har spurgt dig om noget",
    Stage.ANOTHER_WAY: "De foreslår noget andet",
    Stage.SAID_YES: "De har sagt ja og vil gerne hjælpe",
    Stage.ON_THE_LIST: "De har sagt ja, og der er ventetid",
    Stage.UNDER_WAY: "I er i gang",
    Stage.DONE: "Forløbet er slut",
    Stage.NOT_HERE: "De kan ikke hjælpe med det her",
    Stage.NO_THANK_YOU: "Der er sagt nej tak",
    Stage.STOPPED: "Forløbet er stoppet før tid",
    Stage.NOT_REACHED: "De har ikke fået fat i jer. Ring eller skriv, hvis I stadig gerne vil",
    Stage.PASSED_ON: "Det er givet videre til et andet sted",
    Stage.TAKEN_BACK: "Det er trukket tilbage",
    Stage.NO_LONGER_SHARED: "Der er ikke længere et ja, så der fortælles ikke mere",
    Stage.MISTAKE: "Det blev oprettet ved en fejl",
    Stage.ENDED: "Det er slut her",
}

_STAGES: Mapping[TaskState, tuple[Stage, Whose]] = {
    TaskState.AWAITING_CONSENT: (Stage.WAITS_FOR_YES, Whose.SENDER),
    TaskState.SENT: (Stage.SENT, Whose.PLACE),
    TaskState.RECEIVED: (Stage.BEING_READ, Whose.PLACE),
    TaskState.IN_DIALOGUE: (Stage.THEY_TALK, Whose.SENDER),
    # Somebody else of the family is asked: that is theirs to tell.
    TaskState.AWAITING_FAMILY: (Stage.BEING_READ, Whose.PLACE),
    TaskState.ALTERNATIVE_PROPOSED: (Stage.ANOTHER_WAY, Whose.SENDER),
    TaskState.REDIRECT_PROPOSED: (Stage.ANOTHER_WAY, Whose.SENDER),
    TaskState.ACCEPTED: (Stage.SAID_YES, Whose.PLACE),
    TaskState.WAITING: (Stage.ON_THE_LIST, Whose.PLACE),
    TaskState.IN_PROGRESS: (Stage.UNDER_WAY, Whose.PLACE),
    TaskState.COMPLETED: (Stage.DONE, Whose.NOBODY),
    TaskState.DECLINED: (Stage.NOT_HERE, Whose.NOBODY),
    TaskState.FAMILY_DECLINED: (Stage.NO_THANK_YOU, Whose.NOBODY),
    TaskState.DROPPED_OUT: (Stage.STOPPED, Whose.NOBODY),
    TaskState.NOT_REACHED: (Stage.NOT_REACHED, Whose.NOBODY),
    TaskState.PASSED_ON: (Stage.PASSED_ON, Whose.NOBODY),
    TaskState.WITHDRAWN: (Stage.TAKEN_BACK, Whose.NOBODY),
    TaskState.NEVER_SENT: (Stage.TAKEN_BACK, Whose.NOBODY),
    TaskState.CONSENT_ENDED: (Stage.NO_LONGER_SHARED, Whose.NOBODY),
    TaskState.ENTERED_IN_ERROR: (Stage.MISTAKE, Whose.NOBODY),
}
# These tell of what one of the family did or did not do: where others are concerned, too, it may be theirs.
_SOMEBODYS_DOING = frozenset(
    {TaskState.FAMILY_DECLINED, TaskState.DROPPED_OUT, TaskState.NOT_REACHED, TaskState.CONSENT_ENDED}
)
# What the family has said of why: it is for whoever said it.
_FAMILYS_REASON = frozenset({TaskState.FAMILY_DECLINED, TaskState.DROPPED_OUT})
_PROPOSED = frozenset({TaskState.ALTERNATIVE_PROPOSED, TaskState.REDIRECT_PROPOSED})
_NOT_OUT = frozenset({TaskState.DRAFT, TaskState.AWAITING_CONSENT})


@dataclass(frozen=True, slots=True)
class FamilyTask:
    """A task as the reader is told of it; `proposed` and `reason` only where it concerns nobody else."""

    task: Task
    stage: Stage
    turn: Whose
    proposed: Ahead | None
    reason: str | None
    allowed: tuple[May, ...]


@dataclass(frozen=True, slots=True)
class FamilyMessage:
    """A message with the pieces that are the reader's to see; `answers` only what is shown, too."""

    message: Message
    pieces: tuple[Piece, ...]
    answers: MessageId | None


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A request as somebody of the family sees it now; `mine`: the reader has sent it.

    `coordinator`: who holds the threads of its course, where that unit is one of those the reader is told of.
    """

    referral: Referral
    mine: bool
    pieces: tuple[Piece, ...]
    tasks: tuple[FamilyTask, ...]
    messages: tuple[FamilyMessage, ...]
    coordinator: Coordinator | None = None

    @property
    def about(self) -> frozenset[PersonId]:
        """Whom what is shown is about."""
        told = [*self.pieces, *(piece for each in self.messages for piece in each.pieces)]
        return frozenset(piece.subject for piece in told)


def knows(referral: Referral, reader: Reader) -> bool:
    """Say whether it is there for the reader: they sent it, or it tells of them or of somebody they speak for.

    What another of the family has sent in their own name is there only for those who are told of themselves.
    A draft is nobody's but its writer's, taken back or not.
    """
    if all(_is_draft(task) for task in referral.tasks):
        return False
    if reader.wrote(referral.sender):
        return True
    near = reader.speaks_for & reader.myself if by_family(referral.sender) else reader.speaks_for
    return bool(referral.subjects & near)


def may_see(piece: Piece, reader: Reader) -> bool:
    """Say whether a piece is the reader's to see: about them or whom they speak for, and not another's own words.

    What another of the family wrote about a child is that other's; from fifteen years on the child sees it itself.
    """
    if piece.subject not in reader.speaks_for or piece.level is not None or piece.category is Category.CARE_LEVEL:
        return False
    return not by_family(piece.author) or reader.wrote(piece.author) or piece.subject in reader.myself


def questions(referral: Referral, reader: Reader) -> list[Question]:
    """Return what to ask consent before the reader is told to whom it goes: may those units be told of them now?"""
    own = _own(referral, reader)
    return [
        question
        for task in _needing_a_word(referral, reader)
        for question in questions_for(own, task.recipient)
    ]  # fmt: skip


def places(referral: Referral, reader: Reader, permits: Permits) -> frozenset[TaskId]:
    """Return the tasks whose place, stage and days the reader is told of.

    Who is merely mentioned in what another asks for is not told where that other goes: only of units that may be
    told of the reader, or of those they speak for, because somebody has said yes to that. Another legal ground
    opens a unit to nobody in the family: it is there because nobody could be asked.
    """
    own, needing = _own(referral, reader), _needing_a_word(referral, reader)
    closed = {
        task.id
        for task in needing
        if not any(by_family(each.author) or permits.why(each, task.recipient) is Reason.COVERED for each in own)
    }
    if _is_protected(referral, reader):
        closed = {task.id for task in referral.tasks}
    return frozenset(task.id for task in referral.tasks if task.id not in closed and not _is_draft(task))


def concerns_nobody_else(referral: Referral, reader: Reader) -> bool:
    """Say whether the reader speaks for everybody the request tells of: only then it is theirs to end."""
    return referral.subjects <= reader.speaks_for


def asked_of(referral: Referral, task: Task, reader: Reader) -> tuple[Message, ...]:
    """Return the open questions that wait for the reader and that they may see something of, the oldest first."""
    as_party = Party.SENDER if reader.wrote(referral.sender) else Party.FAMILY
    return tuple(
        question
        for question in open_questions(referral, referral.thread(task.id))
        if question.to is as_party and _pieces(referral, question, reader)
    )


def seen_task(referral: Referral, task: Task, reader: Reader) -> FamilyTask:
    """Return a task in the family's words."""
    alone = concerns_nobody_else(referral, reader)
    mine = reader.wrote(referral.sender)
    if _has_said_no(referral, task, reader) and not ended(task.state):
        return FamilyTask(task, Stage.NO_THANK_YOU, Whose.NOBODY, None, None, ())
    stage, turn = _STAGES[task.state]
    asked = bool(asked_of(referral, task, reader)) and not ended(task.state)
    if task.state in _SOMEBODYS_DOING and not alone:
        stage = Stage.ENDED
    elif asked:
        stage = Stage.YOU_ARE_ASKED if stage in {Stage.THEY_TALK, Stage.BEING_READ} else stage
        turn = Whose.YOU
    elif mine and task.state in {TaskState.IN_DIALOGUE, TaskState.AWAITING_FAMILY}:
        stage, turn = Stage.BEING_READ, Whose.PLACE
    elif (task.state is TaskState.AWAITING_CONSENT and _yes_is_missing(task, reader)) or (
        task.state in _PROPOSED and mine
    ):
        turn = Whose.YOU
    may = tuple(_may(referral, task, reader, asked=asked))
    return FamilyTask(task, stage, turn, task.ahead if alone else None, _reason(referral, task, reader), may)


def view(referral: Referral, reader: Reader, told: Collection[TaskId]) -> FamilyView:
    """Return what the reader sees of a request they know of; `told`: the tasks they are told of."""
    messages = [(each, _pieces(referral, each, reader)) for each in referral.messages if each.task in told]
    shown = [(each, pieces) for each, pieces in messages if pieces or reader.wrote(each.author)]
    numbers = {each.id for each, _ in shown}
    return FamilyView(
        referral,
        reader.wrote(referral.sender),
        tuple(piece for piece in referral.own if may_see(piece, reader)),
        tuple(seen_task(referral, task, reader) for task in referral.tasks if task.id in told),
        tuple(FamilyMessage(each, pieces, each.answers if each.answers in numbers else None) for each, pieces in shown),
    )


def coordinated(seen: FamilyView, named: Coordinator | None) -> FamilyView:
    """Return the request with who coordinates, if the reader is told of that unit by the request itself."""
    known = {seen.referral.sender, *(each.task.recipient for each in seen.tasks)}
    return replace(seen, coordinator=named) if named is not None and named.unit in known else seen


def speaks_of(referral: Referral, reader: Reader) -> PersonId:
    """Return in whose name the reader says no thank you: their own, else that of one they speak for.

    Raises:
        ValueError: it concerns nobody they speak for.
    """
    concerned = referral.subjects & reader.speaks_for
    return min(concerned & reader.myself or concerned)


def _pieces(referral: Referral, message: Message, reader: Reader) -> tuple[Piece, ...]:
    return tuple(piece for piece in referral.pieces if piece.message == message.id and may_see(piece, reader))


def _reason(referral: Referral, task: Task, reader: Reader) -> str | None:
    """Return why it stands as it does; a reason the family gave, only to whoever gave it.

    Where a unit wrote it down, it was said by somebody: it is told only to those who are alone in the request.
    """
    if not concerns_nobody_else(referral, reader):
        return None
    if task.state not in _FAMILYS_REASON:
        return task.reason
    said_by = None if task.ended_by is None else UnitId(task.ended_by)
    if said_by is not None and by_family(said_by):
        return task.reason if reader.wrote(said_by) else None
    return task.reason if _is_their_own(referral, reader) else None


def _is_draft(task: Task) -> bool:
    return task.state is TaskState.DRAFT or task.draft_only


def _is_their_own(referral: Referral, reader: Reader) -> bool:
    """Say whether it is about the reader, and about nobody they do not speak for: nobody else is to be guarded."""
    return bool(referral.subjects & reader.myself) and concerns_nobody_else(referral, reader)


def _is_protected(referral: Referral, reader: Reader) -> bool:
    """Say whether it tells of a child of the reader's whose address is protected: then no unit is told (R45)."""
    return not reader.wrote(referral.sender) and any(each.subject in reader.protected for each in referral.pieces)


def _own(referral: Referral, reader: Reader) -> tuple[Piece, ...]:
    """Return what the request itself tells of the reader, and of whom they speak for."""
    return tuple(each for each in referral.own if each.subject in reader.speaks_for)


def _needing_a_word(referral: Referral, reader: Reader) -> list[Task]:
    """Return the tasks the reader is told of only if consent says so.

    None of what they sent, or of what is about them alone; nor those in whose threads they have written.
    """
    if reader.wrote(referral.sender) or _is_their_own(referral, reader) or _is_protected(referral, reader):
        return []
    known = {message.task for message in referral.messages if reader.wrote(message.author)}
    return [task for task in referral.tasks if task.id not in known and not _is_draft(task)]


def _has_said_no(referral: Referral, task: Task, reader: Reader) -> bool:
    """Say whether the reader has said no thank you for their own part, where others go on."""
    return any(
        message.kind is MessageKind.NO_THANK_YOU and reader.wrote(message.author)
        for message in referral.thread(task.id)
    )


def _yes_is_missing(task: Task, reader: Reader) -> bool:
    whom = {each.person for missing in task.missing for each in missing.ask}
    return bool(whom & reader.myself) if whom else any(each.subject in reader.speaks_for for each in task.missing)


def _may(referral: Referral, task: Task, reader: Reader, *, asked: bool) -> Iterable[May]:
    """Return what the reader can do; a no for one's own part, where others go on, needs a task that has gone out."""
    steps = allowed(task.state, Party.FAMILY, referral.rule.without)
    alone = concerns_nobody_else(referral, reader)
    if not ended(task.state) and task.state not in _NOT_OUT | {TaskState.SENT}:
        yield May.WRITE
        if asked:
            yield May.ANSWER
    if alone or (task.state not in _NOT_OUT and referral.subjects & reader.speaks_for):
        if Step.FAMILY_DECLINES in steps:
            yield May.DECLINE
        if Step.DROP_OUT in steps:
            yield May.DROP_OUT
    if task.state in _PROPOSED and alone:
        yield May.REFUSE_PROPOSAL
        if reader.wrote(referral.sender):
            yield May.AGREE
