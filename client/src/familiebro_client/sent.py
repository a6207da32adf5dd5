"""What is sent: checked here as the service checks it, so that a mistake shows before anything leaves the house.

No model tells its words in a `repr` or in a validation error: both end in logs.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    SecretStr,
    SerializationInfo,
    StrictBool,
    StringConstraints,
    field_serializer,
    field_validator,
    model_validator,
)

from familiebro_client.discreet import Discreet
from familiebro_client.lists import (
    Category,
    DeclineReason,
    DropOutReason,
    DutyAnswer,
    FamilyReason,
    Happening,
    Issuer,
    Kind,
    MediaType,
    OpenList,
    Outcome,
    Party,
    Priority,
    Purpose,
    ReopenReason,
    Scale,
    Topic,
)

Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
REVEAL = "reveal"
"""In the context of a dump: write the numbers out, as the wire needs them."""


class Sent(Discreet):
    """Something sent: nothing beyond the named fields, and no word that this version does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _known(cls, value: object) -> object:
        for each in value if isinstance(value, list | tuple | frozenset) else (value,):
            if isinstance(each, OpenList) and not each.is_known:
                msg = "is not one of the codes of this list"
                raise ValueError(msg)
        return value


def _need(what: str, *, so: bool) -> None:
    if not so:
        raise ValueError(what)


class Level(Sent):
    """An assessment on a scale in use."""

    scale: Scale
    level: Code = Field(description="`green`, `yellow`, `red`; or `1` to `4` in pregnancy care")
    on: date
    assessor: Code = Field(description="the profession that assessed")


class Information(Sent):
    """One piece of information: whom it is about, of what kind, and the words."""

    subject: UUID
    category: Category
    text: Words
    level: Level | None = None


class OwnWords(Sent):
    """What the family itself says and wishes, in its own words."""

    subject: UUID
    text: Words


class Wish(Sent):
    """An offer somebody hopes for, with the kind of information it gives away."""

    subject: UUID
    category: Category
    offer: Code


class DutyToReport(Sent):
    """Your answer to whether there is a duty to report. It makes no report: that is a flow of its own."""

    answer: DutyAnswer
    reported_at: AwareDatetime | None = Field(default=None, description="with `reported`, and only there")
    reason: Words | None = Field(default=None, description="with `no_duty`, and only there; yours alone to read")

    @model_validator(mode="after")
    def _whole(self) -> "DutyToReport":
        at, why = self.reported_at is not None, self.reason is not None
        _need("the moment goes with `reported`, and only there", so=at is (self.answer is DutyAnswer.REPORTED))
        _need("the reason goes with `no_duty`, and only there", so=why is (self.answer is DutyAnswer.NO_DUTY))
        return self


class Stated(Sent):
    """Whether there is serious concern for a child, and then whether there is a duty to report."""

    serious_concern: StrictBool
    duty_to_report: DutyToReport | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Stated":
        _need("the answer goes with serious concern", so=self.serious_concern or self.duty_to_report is None)
        return self


class Referral(Sent):
    """A request. It is kept at once, and reaches nobody before consent covers something of it."""

    kind: Kind = Kind.REFERRAL
    need: UUID | None = Field(default=None, description="what consents are recorded under; made if not given")
    purpose: Purpose
    recipients: list[Code] = Field(min_length=1, max_length=10, description="units, from the directory")
    offers: list[Wish] = Field(default=[], max_length=20)
    own_words: OwnWords | None = Field(default=None, description="needed by every kind but sparring")
    seen_by_family_at: AwareDatetime | None = None
    information: list[Information] = Field(default=[], max_length=60)
    priority: Priority = Priority.ROUTINE
    first_accepts: StrictBool = Field(default=False, description="the first who takes it on has it")
    follow_up_owner: Code | None = Field(default=None, description="a user of yours; whoever acts, if not given")
    continues: UUID | None = Field(default=None, description="your earlier request that led to this one")
    discussed_with_parents_at: AwareDatetime | None = None
    topic: Topic | None = Field(default=None, description="of an anonymous consultation")
    question: Words | None = Field(default=None, description="of an anonymous consultation: about nobody")
    draft: StrictBool = Field(default=False, description="keep it unsent, until `Sending`")
    serious_concern: StrictBool | None = Field(default=None, description="needed to an authority; recipients never see")
    duty_to_report: DutyToReport | None = Field(default=None, description="needed where there is serious concern")

    @model_validator(mode="after")
    def _whole(self) -> "Referral":
        _need("a recipient is named twice", so=len(set(self.recipients)) == len(self.recipients))
        _need("the family's own words are missing", so=self.own_words is not None or self.kind is Kind.SPARRING)
        _need("the answer goes with serious concern", so=bool(self.serious_concern) or self.duty_to_report is None)
        return self


class Said(Sent):
    """What may be said in a thread: in pieces, or, in an anonymous consultation, about nobody."""

    information: list[Information] = Field(default=[], max_length=60)
    words: Words | None = None


class Message(Said):
    """A question, an answer, a clarification or advice."""

    kind: Literal["question", "answer", "clarification", "advice"]
    to: Party | None = Field(default=None, description="of a question: who must answer")
    answers: UUID | None = Field(default=None, description="of an answer: the question; all to you, if not given")

    @model_validator(mode="after")
    def _whole(self) -> "Message":
        _need("nothing is said", so=bool(self.information) or self.words is not None)
        _need(
            "only a question names who must answer",
            so=self.to is None or (self.kind == "question" and self.to is not Party.SYSTEM),
        )
        _need("only an answer names what it answers", so=self.answers is None or self.kind == "answer")
        return self


class Change(Sent):
    """What a sender does to its own request; `address` is where it is posted."""

    address: ClassVar[str]


class Withdrawal(Change):
    """Take the request back: every task that has not ended ends."""

    address = "withdrawal"


class Sending(Change):
    """Send a draft."""

    address = "sending"


class Addition(Change):
    """More of what the sender tells."""

    address = "information"
    information: list[Information] = Field(min_length=1, max_length=60)


class Recipients(Change):
    """More recipients of the same request: each gets a task of its own."""

    address = "recipients"
    recipients: list[Code] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _no_recipient_twice(self) -> "Recipients":
        _need("a recipient is named twice", so=len(set(self.recipients)) == len(self.recipients))
        return self


class Closing(Change):
    """Close it: what nobody has answered is taken back; a handover only when the receiver has taken over."""

    address = "closing"


class Correction(Sent):
    """Words in place of others of one's own; the old ones are kept, and shown as corrected."""

    piece: UUID
    text: Words


class Step(Sent):
    """A step of a task; `address` is where it is posted."""

    address: ClassVar[str]


class Accept(Step):
    """Take the task on (recipient)."""

    address = "acceptance"


class Proposed(Sent):
    """What is proposed instead: an offer, a unit, or both; of the directory."""

    offer: Code | None = None
    unit: Code | None = None

    @model_validator(mode="after")
    def _something(self) -> "Proposed":
        _need("names neither an offer nor a unit", so=self.offer is not None or self.unit is not None)
        return self


class Decline(Step):
    """A no, with another way or word that there is none (recipient)."""

    address = "decline"
    reason: DeclineReason
    family_reason: FamilyReason | None = Field(default=None, description="where it is the family that said no")
    alternative: Proposed | None = None
    no_alternative: StrictBool = False

    @model_validator(mode="after")
    def _another_way_or_none(self) -> "Decline":
        by_family = self.reason is DeclineReason.FAMILY_DECLINED
        told = self.family_reason is not None
        _need("the family's reason goes with the family's no, and only there", so=by_family is told)
        _need("with the family's own no, another way is not named", so=not by_family or self.alternative is None)
        if not by_family and (self.alternative is None) is not self.no_alternative:
            msg = "name another way, or say that there is none"
            raise ValueError(msg)
        return self


class FamilyDeclines(Step):
    """The family said no thank you (recipient)."""

    address = "family-decline"
    reason: FamilyReason


class Start(Step):
    """Begin what was taken on (recipient)."""

    address = "start"
    decision_ref: Code | None = Field(default=None, description="the authority's decision, by its case system's id")


class Complete(Step):
    """End what has begun (recipient)."""

    address = "completion"
    outcome: Outcome


class Advise(Step):
    """End with advice alone (recipient)."""

    address = "advice"
    outcome: Outcome


class DropOut(Step):
    """A course stopped on the way (recipient)."""

    address = "drop-out"
    reason: DropOutReason


class NotReached(Step):
    """Nobody could be reached (recipient)."""

    address = "not-reached"


class MarkError(Step):
    """The task was made in error (sender)."""

    address = "error"


class Propose(Step, Said):
    """Propose another offer or unit instead of a no (recipient)."""

    address = "proposal"
    proposed: Proposed


class Disagree(Step):
    """Say no to a proposal (sender), or take one's own back (recipient)."""

    address = "proposal/refusal"


class Agree(Step):
    """Pass the task on as proposed (sender)."""

    address = "proposal/agreement"


class Reopen(Sent):
    """Take up again what has ended, as a new task (sender)."""

    reason: ReopenReason


class Attachment(Sent):
    """A file about somebody. Its name is words, too: readers get it as they get the file."""

    task: UUID | None = Field(default=None, description="in that task's thread; else to the request itself")
    subject: UUID
    category: Category
    name: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    media_type: MediaType
    size: int = Field(strict=True, ge=1, le=2**31 - 1, description="in bytes")


class NewWebhook(Sent):
    """Where to have events sent, and which; all, where nothing is said."""

    url: str = Field(min_length=1, max_length=500)
    kinds: frozenset[Happening | Literal["withheld"]] | None = Field(default=None, min_length=1)


class Identifier(Sent):
    """A number by which others know a person. It is masked in every `repr` and dump but the one for the wire."""

    kind: Literal["cpr", "x-ecpr", "d-ecpr"]
    value: SecretStr = Field(min_length=1, max_length=40)
    issuer: Issuer | None = Field(default=None, description="of a d-ecpr: whose it is")

    @field_serializer("value")
    def _only_for_the_wire(self, value: SecretStr, info: SerializationInfo) -> str:
        return value.get_secret_value() if (info.context or {}).get(REVEAL) else "**********"


class Expected(Sent):
    """A child that is not born."""

    mother: UUID
    due_date: date


class Person(Sent):
    """Somebody the information is about: born, or expected. Names stay where they are."""

    birth_date: date | None = None
    expected: Expected | None = None
    login: Code | None = Field(default=None, description="pseudonym of the person's own login")
    identifiers: tuple[Identifier, ...] = Field(default=(), max_length=3)


class Consent(Sent):
    """A specific consent, as it was given; nothing has a default that consents."""

    subject: UUID
    given_by: UUID
    sender: Code
    recipients: frozenset[Code] = Field(min_length=1, max_length=20)
    categories: frozenset[Category] = Field(min_length=1)
    purpose: Purpose
    need: UUID = Field(description="the referral's `need`")
    method: Literal["written", "oral", "digital"]
    given_at: AwareDatetime
    notice: Code = Field(description="the text that was shown or read aloud")
    oral_note: Words | None = None
    valid_until: AwareDatetime = Field(description="first moment it no longer holds; at most a year on")
    mutual: StrictBool = Field(description="may the recipients also tell the sender?")
    told_of_withdrawal: StrictBool
    active_choice: StrictBool
    collected: StrictBool = False
    protected_address: StrictBool = False
    alone_because: Literal["not_essential_decision"] | None = None
    not_written_because: Words | None = None
    supersedes: frozenset[UUID] = frozenset()
