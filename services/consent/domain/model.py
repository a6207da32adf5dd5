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
# Looked up once: an enumeration's members are slow to reach, and every answer is asked whether it permits.
_COVERED, _LEGAL_GROUND = Reason.COVERED, Reason.LEGAL_GROUND


class Effect(StrEnum):
    """Whether a record opens or closes."""

    PERMIT = "permit"
    FORBID = "forbid"


class Method(StrEnum):
    """How the word was given (R19)."""

    WRITTEN = "written"
    ORAL = "oral"
    DIGITAL = "digital"


class Capacity(StrEnum):
    """In what right somebody speaks about a person's information (R26, R28)."""

    SELF = "self"
    PREGNANT = "pregnant"
    CUSTODY = "custody"
    REPRESENTATIVE = "representative"


CAPACITY_DANISH: Mapping[Capacity, str] = {
    Capacity.SELF: "personen selv",
    Capacity.PREGNANT: "den gravide",
    Capacity.CUSTODY: "forældremyndighedens indehaver",
    Capacity.REPRESENTATIVE: "personens repræsentant",
}


class Regime(StrEnum):
    """Which law governs an exchange, by sender and receiver (the rows of R15)."""

    HEALTH_TO_HEALTH = "SUL § 41, stk. 1"
    HEALTH_TO_OTHER = "SUL § 43, stk. 1, og § 44"
    AUTHORITY_TO_AUTHORITY = "FVL § 28, stk. 1"
    COLLECTION = "RSL § 11 a, stk. 1"
    TO_CIVIL_SOCIETY = "GDPR art. 6, stk. 1, litra a"
    FROM_CIVIL_SOCIETY = "GDPR art. 6"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A word taken back from a moment on: all of it, or only towards some recipients or about some categories.

    None stands for all of them (R23).
    """

    at: datetime
    recipients: frozenset[UnitId] | None = None
    categories: frozenset[Category] | None = None

    def touches(self, other: UnitId, category: Category) -> bool:
        """Say whether it is about what is exchanged with the recipient `other` of this kind."""
        return (self.recipients is None or other in self.recipients) and (
            self.categories is None or category in self.categories
        )

    @property
    def whole(self) -> bool:
        """True when nothing is left."""
        return self.recipients is None and self.categories is None


@dataclass(frozen=True, slots=True)
class Record:
    """One person's word about the information on a person he or she speaks for (samtykke, or a refusal).

    A yes names sender, recipients, categories, purpose, need and period (R19, R20). `mutual` says that the
    recipients may also tell the sender. `alone`: one custody holder's word is enough, for a reason that was recorded
    (R27). `address`: the giver knew that a protected name or address is told along. `valid_until` is the first moment
    it no longer holds; a no has none. `basis` names the law per road (from, to). What follows is written later, and
    the record itself never changed (R24): `withdrawals`, `superseded_at`, `invalidated_at`.
    """

    id: ConsentId
    effect: Effect
    subject: PersonId
    given_by: PersonId
    capacity: Capacity
    sender: UnitId
    recipients: frozenset[UnitId]
    categories: frozenset[Category]
    purpose: Purpose
    need: NeedId
    valid_from: datetime
    valid_until: datetime | None
    mutual: bool = False
    alone: bool = False
    address: bool = False
    withdrawals: tuple[Withdrawal, ...] = ()
    superseded_at: datetime | None = None
    invalidated_at: datetime | None = None
    basis: Mapping[Road, str] = field(default_factory=dict)

    @property
    def withdrawn_at(self) -> datetime | None:
        """When all of it was taken back; None while any of it stands."""
        return min((each.at for each in self.withdrawals if each.whole), default=None)


@dataclass(frozen=True, slots=True)
class Override:
    """A telling that rests on another legal ground than consent: reasoned, role-bound, short (R17, R37, R74).

    `despite_refusal` says that the ground holds against a no, too; `law` is the provision.
    """

    id: ConsentId
    subject: PersonId
    sender: UnitId
    recipients: frozenset[UnitId]
    categories: frozenset[Category]
    need: NeedId
    valid_from: datetime
    valid_until: datetime
    law: str
    despite_refusal: bool
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A question: may `sender` tell `recipient` these categories about `subject`? (videregivelse).

    `back` says that the recipient sent the referral it is about: only then does the way back of a mutual consent
    count. `key` names the road of the question; it is made once, so that a lookup costs next to nothing.
    """

    subject: PersonId
    sender: UnitId
    recipient: UnitId
    purpose: Purpose
    need: NeedId
    categories: frozenset[Category]
    back: bool = False
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        back = "<" if self.back else ">"
        key = f"{self.subject.hex}{self.need.hex}{self.purpose.value}|{self.sender}{back}{self.recipient}"
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody whose word is needed, in what right, and the first day from which a word of theirs counts."""

    person: PersonId
    capacity: Capacity
    since: date


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one category, with the records that decided it and, for a no, whose word is still to be asked."""

    category: Category
    reason: Reason
    records: frozenset[ConsentId] = frozenset()
    basis: tuple[str, ...] = ()
    ask: tuple[Voice, ...] = ()

    @property
    def permitted(self) -> bool:
        """True only when a consent in force, or another legal ground, covers it."""
        return self.reason is _COVERED or self.reason is _LEGAL_GROUND


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the directory says of a unit on the day asked: never what the caller says of itself.

    `closed` says why it is nobody's sender or recipient that day, and who took over; None while it is open.
    """

    id: UnitId
    name: str
    sector: Sector
    organisation: str = ""
    municipality: str | None = None
    closed: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said, as it was recorded: everything R19 asks for, before it is accepted.

    `oral_note` says where, when and what was said (R24); `not_written_because` why a consent that the law
    wants in writing is oral (SUL § 44, stk. 1); `alone_because` why one custody holder is enough (R27).
    `active` says that the person chose it: nothing was ticked beforehand (R21). `collected`: the recipient, an
    authority, asked for it (RSL § 11 a).
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
    active: bool = False
    collected: bool = False
    address: bool = False
    oral_note: str | None = None
    not_written_because: str | None = None
    alone_because: str | None = None
    supersedes: frozenset[ConsentId] = frozenset()
