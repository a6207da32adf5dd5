"""What the reporter has said: the original stays, and additions and corrections are kept beside it (R57)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.concern.domain.errors import NothingToCorrect, OriginalKept
from services.concern.domain.lifecycle import Step


class SaidAs(StrEnum):
    """What a piece of a report is."""

    ORIGINAL = "original"
    ADDITION = "addition"
    CORRECTION = "correction"


SAID_AS_DANISH: Mapping[SaidAs, str] = {
    SaidAs.ORIGINAL: "Underretningen, som den blev sendt",
    SaidAs.ADDITION: "Tilføjet af underretteren",
    SaidAs.CORRECTION: "Rettet af underretteren",
}
STEP_OF: Mapping[SaidAs, Step] = {SaidAs.ADDITION: Step.ADD, SaidAs.CORRECTION: Step.CORRECT}


@dataclass(frozen=True, slots=True)
class Said:
    """One piece by its id, what it is, and which earlier piece it corrects."""

    id: UUID
    said_as: SaidAs
    corrects: UUID | None = None


def must_be_added(earlier: Sequence[Said], new: Said) -> None:
    """Let pass a new piece, oldest first: one original, then what is added to it.

    Raises:
        OriginalKept: it would be a second original, or something before the first.
        NothingToCorrect: a correction that names no piece of this report, or one corrected before; or something else
            that names one.
    """
    if (new.said_as is SaidAs.ORIGINAL) != (not earlier):
        raise OriginalKept
    standing = {each.id for each in standing_now(earlier)}
    if new.said_as is SaidAs.CORRECTION:
        if new.corrects not in standing:
            raise NothingToCorrect
    elif new.corrects is not None:
        raise NothingToCorrect


def standing_now(said: Sequence[Said]) -> tuple[Said, ...]:
    """Return the pieces that nothing has corrected, oldest first; the others are shown as corrected, never removed."""
    corrected = {each.corrects for each in said}
    return tuple(each for each in said if each.id not in corrected)
