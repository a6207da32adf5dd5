"""What services say to one another, as wire models both ends check: published, versioned, no behaviour."""

from uuid import UUID

from pydantic import Field

from shared.text import Code, Moment, Truth, WireIn, WireOut
from shared.vocabulary import Category, Occasion, Purpose, Reason, Sector

MOST_QUESTIONS = 200


class QuestionIn(WireIn):
    """May `sender` tell `recipient` this about `subject`, for this purpose and need?

    `back` says that the recipient is the one who sent what this answers.
    """

    subject: UUID
    sender: Code
    recipient: Code
    purpose: Purpose
    need: UUID
    categories: frozenset[Category] = Field(min_length=1)
    back: Truth = False


class DecisionIn(WireIn):
    """Questions asked together, about one exchange, at one moment."""

    occasion: Occasion
    unit: Code
    user: Code
    referral: UUID
    questions: tuple[QuestionIn, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)


class AnswerOut(WireOut):
    """The answer for one category of one question (counted from 0)."""

    question: int
    category: Category
    permitted: bool
    reason: Reason
    basis: tuple[str, ...] = ()
    records: tuple[UUID, ...] = ()


class DecisionOut(WireOut):
    """Permit or deny, per subject and category; on the ledger under `id` before it was answered."""

    id: UUID
    at: Moment
    answers: tuple[AnswerOut, ...]


class ConsentEventIn(WireIn):
    """Something happened to the consents under a need; ids only."""

    id: UUID
    kind: Code
    need: UUID
    subject: UUID


class UnitOut(WireOut):
    """What the other services must know of a unit (enhed); public knowledge."""

    id: str
    name: str
    organisation: str
    organisation_name: str
    kind: str
    sector: Sector
    municipality: str | None = None
    region: str | None = None
