"""Who reports, by which provision and why: told by what the directory says of their unit (R29, R30, R37)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.concern.domain.errors import (
    NotAnAuthority,
    NotAnonymous,
    NotAReason,
    SameMunicipality,
    SummaryMissing,
    SummaryNotAsked,
)
from shared.vocabulary import Sector


class ReporterKind(StrEnum):
    """Who reports (underretter), by the provision that makes them."""

    PROFESSIONAL = "professional"
    PROFESSIONAL_B1602 = "professional_b1602"
    AUTHORITY_132 = "authority_132"
    CITIZEN_135 = "citizen_135"


class Subject(StrEnum):
    """Whom the concern is for: a child or young person under 18, or a child that is not born yet."""

    BORN = "born"
    UNBORN = "unborn"


class Ground(StrEnum):
    """Why somebody reports: a code, never words."""

    MAY_NEED_SUPPORT = "may_need_support"
    UNBORN_MAY_NEED_SUPPORT = "unborn_may_need_support"
    ABSENCE = "absence"
    ABUSE = "abuse"
    NEEDS_HELP = "needs_help"
    NEGLECT = "neglect"
    DEGRADING_TREATMENT = "degrading_treatment"
    DANGER = "danger"
    OTHER_CONCERN = "other_concern"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground as one kind of reporter states it.

    `provision` is as a lawyer writes it. `duty`: they must report; otherwise they may. `subjects`: for whom.
    """

    provision: str
    duty: bool
    subjects: frozenset[Subject]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of reporter states, and how: `by_name` where nobody of that kind is anonymous."""

    grounds: Mapping[Ground, Reason]
    by_name: bool
    rule: str


_CHILD = frozenset({Subject.BORN})
_COMING = frozenset({Subject.UNBORN})
_EITHER = frozenset(Subject)
# BL § 135 is everybody's: a doctor who sees neglect need not first weigh what help the law has for it. Its words are of
# a child under 18; whoever is concerned for a child to come, or for less, may say so, and is never turned away.
_ANYBODY: Mapping[Ground, Reason] = {
    Ground.NEGLECT: Reason("BL § 135", duty=True, subjects=_CHILD),
    Ground.DEGRADING_TREATMENT: Reason("BL § 135", duty=True, subjects=_CHILD),
    Ground.DANGER: Reason("BL § 135", duty=True, subjects=_CHILD),
    Ground.OTHER_CONCERN: Reason("BL § 135 (ret, ikke pligt)", duty=False, subjects=_EITHER),
}
KINDS: Mapping[ReporterKind, Kind] = {
    ReporterKind.PROFESSIONAL: Kind(
        {
            Ground.MAY_NEED_SUPPORT: Reason("BL § 133, stk. 1, nr. 1", duty=True, subjects=_CHILD),
            Ground.UNBORN_MAY_NEED_SUPPORT: Reason("BL § 133, stk. 1, nr. 2", duty=True, subjects=_COMING),
            Ground.ABSENCE: Reason("BL § 133, stk. 1, nr. 3", duty=True, subjects=_CHILD),
            Ground.ABUSE: Reason("BL § 133, stk. 1, nr. 4", duty=True, subjects=_CHILD),
        },
        by_name=True,
        rule="R29",
    ),
    ReporterKind.PROFESSIONAL_B1602: Kind(
        {Ground.NEEDS_HELP: Reason("BEK 1602/2023, § 1", duty=True, subjects=_EITHER), **_ANYBODY},
        by_name=True,
        rule="R30",
    ),
    ReporterKind.AUTHORITY_132: Kind(
        {Ground.MOVED: Reason("BL § 132", duty=True, subjects=_EITHER)}, by_name=True, rule="R37"
    ),
    ReporterKind.CITIZEN_135: Kind(_ANYBODY, by_name=False, rule="R30"),
}

KIND_DANISH: Mapping[ReporterKind, str] = {
    ReporterKind.PROFESSIONAL: "Fagperson i offentlig tjeneste eller hverv",
    ReporterKind.PROFESSIONAL_B1602: "Læge eller fagperson i et privat, selvejende eller udliciteret tilbud",
    ReporterKind.AUTHORITY_132: "Myndigheden i den kommune, familien er flyttet fra",
    ReporterKind.CITIZEN_135: "Borger eller frivillig",
}
GROUND_DANISH: Mapping[Ground, str] = {
    Ground.MAY_NEED_SUPPORT: "Barnet eller den unge kan have behov for særlig støtte",
    Ground.UNBORN_MAY_NEED_SUPPORT: "Barnet kan få behov for særlig støtte lige efter fødslen på grund af de "
    "kommende forældres forhold",
    Ground.ABSENCE: "Barnet eller den unge kan have behov for særlig støtte på grund af fravær fra skolen",
    Ground.ABUSE: "Barnet eller den unge kan have været udsat for overgreb",
    Ground.NEEDS_HELP: "Barnet, den unge eller den gravide kan have behov for hjælp efter barnets lov §§ 32, 46 "
    "eller 47",
    Ground.NEGLECT: "Barnet eller den unge får måske ikke den omsorg, det har brug for",
    Ground.DEGRADING_TREATMENT: "Barnet eller den unge bliver måske behandlet nedværdigende",
    Ground.DANGER: "Barnets eller den unges sundhed eller udvikling kan være i fare",
    Ground.OTHER_CONCERN: "Jeg er bekymret af en anden grund",
    Ground.MOVED: "Familien er flyttet, og myndigheden i den tidligere kommune ser et behov for særlig støtte",
}
SUBJECT_DANISH: Mapping[Subject, str] = {
    Subject.BORN: "Et barn eller en ung under 18 år",
    Subject.UNBORN: "Et barn, der ikke er født endnu",
}


class UnitSaid(Protocol):
    """What the directory says of a unit (`shared.contracts.UnitOut` is one); never what the caller says."""

    @property
    def sector(self) -> Sector:
        """Where it belongs."""

    @property
    def kind(self) -> str:
        """What it does."""

    @property
    def organisation_kind(self) -> str:
        """What runs it: `municipality`, `region`, `state`, `private` and others; empty where nobody has said."""

    @property
    def authority(self) -> bool:
        """It decides on help after barnets lov."""

    @property
    def party_11e(self) -> str:
        """Of what no authority runs itself: `in` where it solves an authority's task, by agreement or by what it is."""


# Owners that are the public itself, and the sectors that are where nobody has said who owns.
_PUBLIC_OWNERS = frozenset({"municipality", "region", "state"})
_PRIVATE_SECTORS = frozenset({Sector.PRIVATE, Sector.PRIVATE_HEALTH, Sector.CIVIL_SOCIETY})
# Daycare by DTL, schools and what goes with them, whoever runs them; and doctors.
_NAMED_B1602 = frozenset({"daycare", "school", "after_school_care", "general_practice"})


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody states when reporting; `to` is the municipality that receives, by code.

    `reporter_in` is the municipality of the reporter's unit. `summary`: a summary of assessments comes along.
    """

    kind: ReporterKind
    ground: Ground
    subject: Subject
    to: str
    reporter_in: str | None = None
    anonymous: bool = False
    summary: bool = False


def reporter_kind(unit: UnitSaid | None, *, moving: bool = False) -> ReporterKind:
    """Return which kind of reporter somebody of that unit is; without a unit, a citizen.

    `moving`: it tells that a family it knows has moved (BL § 132). A unit that no authority runs and that solves no
    task for one reports as anybody may (BL § 135; BEK 1602/2023, § 1, nr. 5). General practice never is public.

    Raises:
        NotAnAuthority: the family has moved, and the unit decides on no help after barnets lov (R37).
    """
    if moving:
        if unit is None or not unit.authority:
            raise NotAnAuthority
        return ReporterKind.AUTHORITY_132
    if unit is None:
        return ReporterKind.CITIZEN_135
    if _public(unit):
        return ReporterKind.PROFESSIONAL
    if unit.kind in _NAMED_B1602 or unit.party_11e == "in":
        return ReporterKind.PROFESSIONAL_B1602
    return ReporterKind.CITIZEN_135


def _public(unit: UnitSaid) -> bool:
    """Say whether who works there is in public service (offentlig tjeneste eller hverv); both must say so."""
    owned = unit.organisation_kind in _PUBLIC_OWNERS or not unit.organisation_kind
    return owned and unit.sector not in _PRIVATE_SECTORS and unit.kind != "general_practice"


def reasons(kind: ReporterKind, subject: Subject) -> Mapping[Ground, Reason]:
    """Return what that kind of reporter may state as the reason, for a child born or not."""
    return {ground: reason for ground, reason in KINDS[kind].grounds.items() if subject in reason.subjects}


def provision(kind: ReporterKind, ground: Ground) -> str:
    """Return the provision as a lawyer writes it: `BL § 133, stk. 1, nr. 2`.

    Raises:
        NotAReason: that kind of reporter has no such reason.
    """
    known = KINDS[kind]
    if ground not in known.grounds:
        raise NotAReason(sorted(known.grounds), known.rule)
    return known.grounds[ground].provision


def must_be_stated(stated: Stated) -> None:
    """Let pass what this kind of reporter may report; how little is known about the child never matters here.

    Raises:
        NotAnonymous: a professional without a name (R36).
        NotAReason: the reason is another kind's, or none for a child born, or not born (R29, R30, R37).
        SameMunicipality: nobody moved: the family's new municipality is the one that tells (R37).
        SummaryMissing: the old authority's summary is missing (R37).
        SummaryNotAsked: somebody who is no authority sends one along (R37).
    """
    known = KINDS[stated.kind]
    if known.by_name and stated.anonymous:
        raise NotAnonymous
    fits = reasons(stated.kind, stated.subject)
    if stated.ground not in fits:
        raise NotAReason(sorted(fits), known.rule)
    if stated.kind is not ReporterKind.AUTHORITY_132:
        if stated.summary:
            raise SummaryNotAsked
        return
    if stated.reporter_in is None or stated.reporter_in == stated.to:
        raise SameMunicipality
    if not stated.summary:
        raise SummaryMissing
