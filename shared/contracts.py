"""What services say to one another, as wire models both ends check: published, versioned, no behaviour."""

from datetime import date
from typing import Literal
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


class AskOut(WireOut):
    """Somebody whose word is missing: the person, and in what right he or she would speak (R26)."""

    person: UUID
    capacity: str


class AnswerOut(WireOut):
    """The answer for one category of one question (counted from 0); `ask` says, for a no, whose word is missing."""

    question: int
    category: Category
    permitted: bool
    reason: Reason
    basis: tuple[str, ...] = ()
    records: tuple[UUID, ...] = ()
    ask: tuple[AskOut, ...] = ()


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


class TaskEndingIn(WireIn):
    """What a withdrawal has stopped: a task `ended`, or `narrowed` to what may still be told; ids only (R23).

    `subjects` are those of whom less may be told than before. The same `id` told twice is one ending.
    """

    id: UUID
    kind: Literal["ended", "narrowed"]
    need: UUID
    referral: UUID
    task: UUID
    recipient: Code
    subjects: tuple[UUID, ...]
    at: Moment


class SpeakerIn(WireIn):
    """Who is the person with this login? `user` is who asks, as the ledger names them."""

    citizen: Code
    user: Code


class KnownOut(WireOut):
    """Somebody, with the other ids they have been known by; `protected`: where they live is not told to others."""

    person: UUID
    also: tuple[UUID, ...] = ()
    protected: bool


class SpeakerOut(WireOut):
    """Who a login is, and for whom that person speaks today: itself from fifteen years on, and others (R26, R27)."""

    me: KnownOut | None
    speaks_for: tuple[KnownOut, ...]


class UnitOut(WireOut):
    """What the other services must know of a unit (enhed) on the day they ask; public knowledge.

    `party_11e`: `in`, `conditional` or `out` (R2); only `in` is a party, the reason is in Danish, and `party_11e_row`
    names the row of R2's table. The unit is there from `valid_from` to before `valid_to`, and `successor` took over
    what it did, not what was told to it.
    Where the law has moved it from one organisation to another, it is the same unit still: `organisation_was` until
    the day `organisation_since` (R47). `authority`: it decides on help after barnets lov, whatever its kind.
    `organisation_kind`: what runs it, `municipality`, `private` or another; empty from a directory that did not say.
    """

    id: str
    name: str
    organisation: str
    organisation_name: str
    kind: str
    sector: Sector
    municipality: str | None = None
    region: str | None = None
    cvr: str | None = None
    sor: str | None = None
    gln: str | None = None
    party_11e: Literal["in", "conditional", "out"] = "out"
    party_11e_reason: str = ""
    party_11e_row: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    organisation_was: str | None = None
    organisation_was_name: str | None = None
    organisation_since: date | None = None
    authority: bool = False
    organisation_kind: str = ""


class OffersAskedIn(WireIn):
    """Which offers; in a body, as which ones somebody hopes for is nobody else's to read."""

    ids: tuple[Code, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)


class AuthorityOut(WireOut):
    """A unit that decides on help after barnets lov, and for whom, in Danish."""

    unit: str
    name: str
    says: str


class OfferFactOut(WireOut):
    """What must be known of an offer before anybody is referred to it; public knowledge.

    `needs_authority`: the provisions under which the authority assesses or decides first (R35, R69); then
    `authorities` are whom to ask, and `gaps` say in Danish where nobody is named.
    """

    id: str
    name: str
    unit: str
    municipalities: tuple[str, ...]
    legal_basis: tuple[str, ...]
    ended: bool
    needs_authority: tuple[str, ...]
    authorities: tuple[AuthorityOut, ...]
    gaps: tuple[str, ...]


class OfferFactsOut(WireOut):
    """The offers asked about, but for those that are not there."""

    offers: tuple[OfferFactOut, ...]
