"""What is answered. A newer service may add fields: they are passed over. Words are in no `repr`."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from familiebro_client.discreet import Discreet
from familiebro_client.lists import (
    AttachmentState,
    Category,
    DutyAnswer,
    Happening,
    Kind,
    Label,
    MediaType,
    MessageKind,
    Party,
    Priority,
    Purpose,
    Reason,
    Relation,
    Scale,
    Standing,
    TaskState,
    Topic,
    Turn,
    Why,
)


class Told(Discreet):
    """Something answered."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Withheld(Told):
    """A kind of information that may not be told now, why, and (in Danish) what one can do about it."""

    subject: UUID
    category: Category
    category_name: str
    reason: Reason
    why: str


class Ask(Told):
    """Whose word is missing: the person, and in what right."""

    person: UUID
    capacity: str


class Missing(Withheld):
    """What a recipient may not read, as the sender is told."""

    ask: list[Ask]


class LevelTold(Told):
    """An assessment on a scale."""

    scale: Scale
    level: str
    on: date
    assessor: str


class Piece(Told):
    """One piece of information the reader may have now."""

    id: UUID
    subject: UUID
    category: Category
    category_name: str
    author: str
    text: str
    offer: str | None
    label: Label | None
    level: LevelTold | None
    attachment: UUID | None
    corrects: UUID | None
    corrected_by: UUID | None


class DecidingUnit(Told):
    """A unit that takes a request to the authority, and (in Danish) for whom."""

    unit: str
    name: str
    says: str


class Hoped(Told):
    """Why an offer is a request to the authority and no booking, and whom to ask."""

    offer: str
    provisions: list[str]
    says: str
    ask: list[DecidingUnit]
    gaps: list[str]


class Ahead(Told):
    """What is proposed instead; `authority`, where that is a request to the authority, to whoever proposes it."""

    offer: str | None
    unit: str | None
    authority: Hoped | None = None


class Origin(Told):
    """The task this one comes from."""

    task: UUID
    relation: Relation
    reason: str | None


class Task(Told):
    """A recipient's task; where `withheld` says why, its course may not be told and `state` and `version` are None."""

    id: UUID
    recipient: str
    version: int | None
    state: TaskState | None
    state_name: str | None
    turn: Turn | None
    reason: str | None
    reason_name: str | None
    ended_by: Party | None
    withheld: Reason | None
    alternative: Ahead | None
    alternative_withheld: Reason | None
    origin: Origin | None
    answer_by: datetime | None
    offer_by: datetime | None
    stands_since: datetime | None
    overdue: str | None
    follow_up_owner: str | None
    run: UUID | None
    allowed: list[str] = Field(default_factory=list)
    missing: list[Missing]


class MessageTold(Told):
    """One turn in the dialogue."""

    id: UUID
    task: UUID
    kind: MessageKind
    author: str
    at: datetime
    to: Party | None
    answers: UUID | None
    words: str | None
    information: list[Piece]
    withheld: list[Withheld]


class Posted(Told):
    """A request as its sender has just written it; `need` is what consents are recorded under."""

    id: UUID
    need: UUID
    tasks: list[Task]
    notices: list[str] = Field(default_factory=list)


class ReferralLine(Told):
    """A request in the sender's own list."""

    id: UUID
    need: UUID
    tasks: list[Task]
    kind: Kind
    purpose: Purpose
    priority: Priority
    at: datetime
    closed_at: datetime | None
    serious_concern: bool | None
    duty_to_report: DutyAnswer | None
    duty_to_report_name: str | None


class StatedTold(Told):
    """What you stated at one time: whether there is serious concern, and whether there is a duty to report."""

    id: UUID
    at: datetime
    user: str
    serious_concern: bool
    answer: DutyAnswer | None
    answer_name: str | None
    reported_at: datetime | None
    reason: str | None


class DutyTold(Told):
    """What stands, and what you stated before."""

    stands: StatedTold | None
    earlier: list[StatedTold]
    notices: list[str]
    report_at: str


class Earlier(Told):
    """A thread in which more was said before a message: go on with `messages(task, before)`."""

    task: UUID
    before: UUID


class MessagePage(Told):
    """A part of a thread, oldest first."""

    messages: list[MessageTold]
    next: UUID | None


class ReferralRead(Told):
    """A request as the reader may see it at this moment."""

    id: UUID
    kind: Kind
    kind_name: str
    need: UUID
    purpose: Purpose
    priority: Priority
    topic: Topic | None
    sender: str
    you_are: str
    at: datetime
    seen_by_family_at: datetime | None
    discussed_with_parents_at: datetime | None
    continues: UUID | None
    first_accepts: bool
    closed_at: datetime | None
    serious_concern: bool | None
    duty_to_report: DutyAnswer | None
    duty_to_report_name: str | None
    information: list[Piece]
    withheld: list[Withheld]
    tasks: list[Task]
    dialogue: list[MessageTold]
    dialogue_next: list[Earlier]
    notices: list[str] = Field(default_factory=list)


class TaskLine(Told):
    """A task in a work list: ids and states, nothing about a person."""

    id: UUID
    referral: UUID
    sender: str
    purpose: Purpose
    kind: Kind
    priority: Priority
    state: TaskState
    turn: Turn
    version: int
    changed_at: datetime
    answer_by: datetime | None
    offer_by: datetime | None
    overdue: str | None
    allowed: list[str] = Field(default_factory=list)


class SaidTold(Told):
    """The message as kept, where the task stands, and what of it the other party may not read now."""

    id: UUID
    task: Task
    withheld: list[Withheld]


class Declared(Told):
    """An attachment that was declared, and where its content is put."""

    id: UUID
    upload: str
    state: AttachmentState


class AttachmentTold(Told):
    """A file and where it stands; `why` (and in Danish `said`) where it was refused."""

    id: UUID
    referral: UUID
    task: UUID | None
    subject: UUID
    category: Category
    name: str
    media_type: MediaType
    size: int
    author: str
    at: datetime
    state: AttachmentState
    why: Why | None
    said: str | None
    scanned: bool


class WebhookTold(Told):
    """A webhook of the unit, and how it is doing."""

    id: UUID
    url: str | None
    kinds: list[str] | None
    at: datetime
    standing: Standing
    off_why: str | None
    failing_since: datetime | None
    waiting: int
    both_sign_until: datetime | None
    test_asked_at: datetime | None
    tested_at: datetime | None
    test_status: int | None
    test_failure: str | None


class WebhookMade(WebhookTold):
    """A webhook with its secret, told this once; no `repr` shows it."""

    secret: str


class WebhookList(Told):
    """The unit's webhooks."""

    webhooks: list[WebhookTold]


class TaskAt(Told):
    """A task and the version that was read, as one keeps it in a table of one's own."""

    id: UUID
    version: int | None


class Event(Told):
    """One event: ids and a code. Keep the last one's `cursor` with what you did about it."""

    id: UUID
    kind: Happening | None
    withheld: Reason | None
    referral: UUID
    task: UUID
    at: datetime
    cursor: str


class Registered(Told):
    """A person's id, and (in Danish) what is worth a second look."""

    id: UUID
    warnings: list[str] = Field(default=[])


class StillToAsk(Ask):
    """Somebody whose word is still to be asked for."""

    capacity_danish: str


class Recorded(Told):
    """A consent's id, and who is still to be asked before it opens anything."""

    id: UUID
    still_to_ask: list[StillToAsk] = Field(default=[])


class ReferralPage(Told):
    """A page of the sender's own list."""

    referrals: list[ReferralLine]
    next: UUID | None


class TaskPage(Told):
    """A page of the work list."""

    tasks: list[TaskLine]
    next: UUID | None


class EventPage(Told):
    """A page of the feed."""

    events: list[Event]
