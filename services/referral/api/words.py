"""The wire models of what callers write: pieces, levels, requests and messages."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions.dialogue import Saying
from services.referral.actions.dialogue import Words as Said
from services.referral.domain.asking import Draft, Told
from services.referral.domain.duty import CHOICES_DANISH, DutyAnswer, Stated
from services.referral.domain.kinds import KINDS, TOPIC_DANISH, Kind, Priority, Topic
from services.referral.domain.lifecycle import Party
from services.referral.domain.model import (
    LEVELS,
    Level,
    MessageId,
    MessageKind,
    PersonId,
    ReferralId,
    Scale,
    UnitId,
)
from shared.text import Code, Day, Moment, Truth, WireIn, Words
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose, glossed

MOST_PIECES = 60
MOST_RECIPIENTS = 10
MOST_OFFERS = 20
THILDE = "01a20262-ff72-74e6-9f69-e7e0788311b4"
_EXAMPLE: dict[str, Any] = {
    "purpose": "early_support",
    "recipients": ["helsingoer-smaaboernshuset"],
    "offers": [{"subject": THILDE, "category": "own_wish", "offer": "helsingoer-gravidgruppe"}],
    "own_words": {"subject": THILDE, "text": "Jeg vil gerne møde andre unge, der venter barn."},
    "seen_by_family_at": "2026-11-22T09:30:00+01:00",
    "serious_concern": False,
    "information": [
        {"subject": THILDE, "category": "contact", "text": "Træffes bedst på telefon efter kl. 15."},
        {"subject": THILDE, "category": "pregnancy", "text": "Gravid i 17. uge, første barn."},
    ],
}


class LevelIn(WireIn):
    """An assessment on a scale in use; it is never told to the family in a message (R67)."""

    scale: Scale = Field(description="which scale")
    level: Code = Field(description="`green`, `yellow`, `red`; or `1` to `4` in pregnancy care")
    on: Day = Field(description="the day of the assessment")
    assessor: Code = Field(description="the profession that assessed")

    @model_validator(mode="after")
    def _on_the_scale(self) -> "LevelIn":
        if self.level not in LEVELS[self.scale]:
            raise PydanticCustomError("off_the_scale", "is not a level of that scale")
        return self

    def told(self) -> Level:
        """Return it as the rules know it."""
        return Level(self.scale, self.level, self.on, self.assessor)


class InformationIn(WireIn):
    """One piece of information: whom it is about, of what kind, and the words."""

    subject: UUID = Field(description="whom it is about: a person's id from `POST /persons`")
    category: Category = Field(description="its kind, which consent names: " + glossed(CATEGORY_DANISH.items()))
    text: Words = Field(description="plain text, no civil registration number (R45)")
    level: LevelIn | None = Field(default=None, description="an assessment on a scale, where the piece is one")

    def told(self) -> Told:
        """Return it as the rules know it."""
        level = None if self.level is None else self.level.told()
        return Told(PersonId(self.subject), self.category, self.text, level=level)


class OwnWordsIn(WireIn):
    """What the family itself says and wishes, in its own words (BL § 2, stk. 4; R73)."""

    subject: UUID = Field(description="who says it; of the kind `own_wish`")
    text: Words = Field(description="as it was said")


class WishIn(WireIn):
    """An offer somebody hopes for. Which offer it is may tell as much as words do, so it has a kind as they have."""

    subject: UUID = Field(description="who hopes for it")
    category: Category = Field(description="the kind of information that the wish gives away")
    offer: Code = Field(description="an offer's id, from the directory")


class DutyToReportIn(WireIn):
    """The sender's answer to whether there is a duty to report (BL § 133; R29, R31). It makes no report."""

    answer: DutyAnswer = Field(description="; ".join(f"`{each}` {said}" for each, said in CHOICES_DANISH.items()))
    reported_at: Moment | None = Field(
        default=None, description="when it was reported; with `reported`, and only there"
    )
    reason: Words | None = Field(
        default=None, description="why there is no duty; with `no_duty`, and only there. The sender's own words"
    )

    @model_validator(mode="after")
    def _whole(self) -> "DutyToReportIn":
        if (self.reported_at is not None) is not (self.answer is DutyAnswer.REPORTED):
            raise PydanticCustomError("reported_at", "the moment goes with `reported`, and only there")
        if (self.reason is not None) is not (self.answer is DutyAnswer.NO_DUTY):
            raise PydanticCustomError("reason", "the reason goes with `no_duty`, and only there")
        return self


class StatedIn(WireIn):
    """Whether there is serious concern for a child and, where there is, whether there is a duty to report (R31)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"serious_concern": False},
                {"serious_concern": True,
                 "duty_to_report": {"answer": "reported", "reported_at": "2026-11-22T08:15:00+01:00"}},
            ]
        }
    )  # fmt: skip

    serious_concern: Truth = Field(description="whether there is serious concern for a child, born or expected")
    duty_to_report: DutyToReportIn | None = Field(default=None, description="needed where there is serious concern")

    @model_validator(mode="after")
    def _concern_first(self) -> "StatedIn":
        _goes_with_concern(self.serious_concern, self.duty_to_report)
        return self

    def stated(self) -> Stated:
        """Return it as the rules know it."""
        return _stated(self.duty_to_report, serious=self.serious_concern)


def _goes_with_concern(serious: bool | None, told: DutyToReportIn | None) -> None:  # noqa: FBT001 - what was sent
    if told is not None and not serious:
        raise PydanticCustomError("without_concern", "the answer goes with serious concern, and only there")


def _stated(told: DutyToReportIn | None, *, serious: bool) -> Stated:
    if told is None:
        return Stated(serious)
    return Stated(serious, told.answer, told.reported_at, told.reason)


class ReferralIn(WireIn):
    """A request. It is kept at once, and reaches nobody before consent covers something of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: Kind = Field(
        default=Kind.REFERRAL, description="what it is: " + "; ".join(f"`{k}` {KINDS[k].danish}" for k in Kind)
    )
    need: UUID | None = Field(default=None, description="what consents are recorded under; made if not given (R20)")
    purpose: Purpose = Field(description="what it is for: " + glossed(PURPOSE_DANISH.items()))
    recipients: list[Code] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="units, from the directory")
    offers: list[WishIn] = Field(default=[], max_length=MOST_OFFERS, description="offers the family hopes for")
    own_words: OwnWordsIn | None = Field(default=None, description="what the family itself says (R73)")
    seen_by_family_at: Moment | None = Field(default=None, description="when the family saw what is written (R73)")
    information: list[InformationIn] = Field(
        default=[], max_length=MOST_PIECES, description="what the sender tells, in pieces"
    )
    priority: Priority = Field(default=Priority.ROUTINE, description="how soon; a flag, it opens nothing")
    first_accepts: Truth = Field(default=False, description="several candidates: the first who takes it on has it")
    follow_up_owner: Code | None = Field(
        default=None, description="who follows up when it is late: a user of the sender's; the caller, if not given"
    )
    continues: UUID | None = Field(default=None, description="the sender's earlier request that led to this one")
    discussed_with_parents_at: Moment | None = Field(
        default=None, description="when daycare talked with the parents about it; daycare must (R71)"
    )
    topic: Topic | None = Field(
        default=None, description="of an anonymous consultation: " + glossed(TOPIC_DANISH.items())
    )
    question: Words | None = Field(default=None, description="of an anonymous consultation: about nobody (R36)")
    draft: Truth = Field(default=False, description="keep it unsent, until `POST /referrals/{id}/sending`")
    serious_concern: Truth | None = Field(
        default=None,
        description="whether there is serious concern for a child, born or expected. Needed where a unit writes to an "
        "authority about somebody; of a draft, before it is sent. Silence is no answer (R31). Recipients are not told",
    )
    duty_to_report: DutyToReportIn | None = Field(
        default=None, description="needed where there is serious concern: the recipient is not told (R31)"
    )

    @model_validator(mode="after")
    def _no_recipient_twice(self) -> "ReferralIn":
        if len(set(self.recipients)) != len(self.recipients):
            raise PydanticCustomError("recipient_twice", "a recipient is named twice")
        return self

    @model_validator(mode="after")
    def _in_the_familys_words(self) -> "ReferralIn":
        if self.own_words is None and not KINDS[self.kind].anonymous:
            raise PydanticCustomError("own_words_missing", "the family's own words are missing (R73)")
        return self

    @model_validator(mode="after")
    def _concern_first(self) -> "ReferralIn":
        _goes_with_concern(self.serious_concern, self.duty_to_report)
        return self

    def drafted(self) -> Draft:
        """Return what the sender wrote, the family's own words first."""
        own = self.own_words
        spoken = () if own is None else (Told(PersonId(own.subject), Category.OWN_WISH, own.text),)
        hoped = (Told(PersonId(each.subject), each.category, "", each.offer) for each in self.offers)
        return Draft(
            need=self.need,
            purpose=self.purpose,
            recipients=tuple(map(UnitId, self.recipients)),
            seen_by_family_at=self.seen_by_family_at,
            told=(*spoken, *(each.told() for each in self.information), *hoped),
            kind=self.kind,
            priority=self.priority,
            topic=self.topic,
            words=self.question,
            continues=None if self.continues is None else ReferralId(self.continues),
            first_accepts=self.first_accepts,
            discussed_with_parents_at=self.discussed_with_parents_at,
            owner=self.follow_up_owner,
            unsent=self.draft,
            stated=None if self.serious_concern is None else _stated(self.duty_to_report, serious=self.serious_concern),
        )


class SaidIn(WireIn):
    """What may be said by anybody in a thread: in pieces, or about nobody."""

    information: list[InformationIn] = Field(
        default=[], max_length=MOST_PIECES, description="the words, in pieces: each about one person, of one kind"
    )
    words: Words | None = Field(default=None, description="in an anonymous consultation: about nobody (R36)")

    @model_validator(mode="after")
    def _something_said(self) -> "SaidIn":
        if not self.information and self.words is None:
            raise PydanticCustomError("nothing_said", "nothing is said")
        return self

    def said(self, kind: MessageKind, to: Party | None = None, answers: UUID | None = None) -> Saying:
        """Return it as the rules know it."""
        words = tuple(Said(each.told()) for each in self.information)
        return Saying(kind, words, to, None if answers is None else MessageId(answers), self.words)
