"""The values the rules of consent are about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from shared.vocabulary import Category, Purpose, Reason, Sector

PersonId = NewType("PersonId", UUID)
ConsentId = NewType("ConsentId", UUID)
NeedId = NewType("NeedId", UUID)
UnitId = NewType("UnitId", str)
Road = tuple[UnitId, UnitId]


class Effect(StrEnum):
    """Whether a record opens or closes."""

    PERMIT = "permit"
    FORBID = "forbid"


class Method(StrEnum):
    """How the word was given (R19)."""

    WRITTEN = "written"
    ORAL = "oral"
    DIGITAL = "digital"


class Regime(StrEnum):
    """Which law governs an exchange, by sender and receiver (the rows of R15)."""

    HEALTH_TO_HEALTH = "SUL § 41, stk. 1"
    HEALTH_TO_OTHER = "SUL § 43, stk. 1, og § 44"
    AUTHORITY_TO_AUTHORITY = "FVL § 28, stk. 1"
    TO_CIVIL_SOCIETY = "GDPR art. 6, stk. 1, litra a"
    FROM_CIVIL_SOCIETY = "GDPR art. 6"


@dataclass(frozen=True, slots=True)
class Record:
    """One person's word about the information on himself or herself (samtykke, or a refusal).

    A yes names sender, recipients, categories, purpose, need and period (R19, R20). `mutual` says that
    the recipients may also tell the sender. `valid_until` is the first moment it no longer holds; a no
    has none. `basis` names the law per road (from, to).
    `withdrawn_at` and `superseded_at` are events written later; the record itself is never changed (R24).
    """

    id: ConsentId
    effect: Effect
    subject: PersonId
    sender: UnitId
    recipients: frozenset[UnitId]
    categories: frozenset[Category]
    purpose: Purpose
    need: NeedId
    valid_from: datetime
    valid_until: datetime | None
    mutual: bool = False
    withdrawn_at: datetime | None = None
    superseded_at: datetime | None = None
    basis: Mapping[Road, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A question: may `sender` tell `recipient` these categories about `subject`? (videregivelse).

    `back` says that the recipient sent the referral it is about: only then does the way back of a mutual consent count.
    """

    subject: PersonId
    sender: UnitId
    recipient: UnitId
    purpose: Purpose
    need: NeedId
    categories: frozenset[Category]
    back: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one category, with the records that decided it."""

    category: Category
    reason: Reason
    records: frozenset[ConsentId] = frozenset()
    basis: tuple[str, ...] = ()

    @property
    def permitted(self) -> bool:
        """True only when a consent in force covers it."""
        return self.reason is Reason.COVERED


@dataclass(frozen=True, slots=True)
class Person:
    """Someone the information is about."""

    id: PersonId
    birth_date: date


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the directory says of a unit on the day asked: never what the caller says of itself.

    `closed` says why it is nobody's sender or recipient that day, and who took over; None while it is open.
    """

    id: UnitId
    name: str
    sector: Sector
    closed: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said, as it was recorded: everything R19 asks for, before it is accepted.

    `oral_note` says where, when and what was said (R24); `not_written_because` why a consent that the law
    wants in writing is oral (SUL § 44, stk. 1).
    """

    effect: Effect
    subject: PersonId
    given_by: PersonId
    sender: UnitId
    recipients: frozenset[UnitId]
    categories: frozenset[Category]
    purpose: Purpose
    need: NeedId
    mutual: bool
    method: Method
    given_at: datetime
    valid_until: datetime | None
    told_of_withdrawal: bool
    notice: str
    oral_note: str | None = None
    not_written_because: str | None = None
    supersedes: frozenset[ConsentId] = frozenset()
