"""What may be told, asked of consent at this moment: made only by `upstream.ask`, and never kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.referral.domain.model import Ask, Missing, PersonId, Piece, UnitId
from shared.vocabulary import Category, Reason


@dataclass(frozen=True, slots=True)
class Question:
    """May `sender` tell `recipient` these categories about `subject`?"""

    subject: PersonId
    sender: UnitId
    recipient: UnitId
    categories: frozenset[Category]


Key = tuple[PersonId, UnitId, UnitId, Category]


@dataclass(frozen=True, slots=True)
class Permits:
    """Consent's decision for one exchange; what was not asked is not permitted. `ask` says whose word is missing."""

    decision: UUID | None
    reasons: Mapping[Key, Reason]
    ask: Mapping[Key, tuple[Ask, ...]] = field(default_factory=dict)

    def reason(self, subject: PersonId, sender: UnitId, recipient: UnitId, category: Category) -> Reason:
        """Return why it may be told, or why not."""
        return self.reasons.get((subject, sender, recipient, category), Reason.NO_CONSENT)

    def allow(self, piece: Piece, reader: UnitId) -> bool:
        """Say whether `reader` may have the piece: its own, or permitted now."""
        return piece.author == reader or self.why(piece, reader).permits

    def why(self, piece: Piece, reader: UnitId) -> Reason:
        """Return the reason for `piece` to `reader`."""
        return self.reason(piece.subject, piece.author, reader, piece.category)

    def missing(self, piece: Piece, reader: UnitId) -> Missing:
        """Return `piece` as something `reader` may not get, with whom to ask."""
        key = (piece.subject, piece.author, reader, piece.category)
        return Missing(piece.subject, piece.category, self.why(piece, reader), self.ask.get(key, ()))


NOTHING_ASKED = Permits(None, {})


def questions_for(pieces: Iterable[Piece], reader: UnitId) -> list[Question]:
    """Return what must be asked before `reader` gets `pieces`: one question per subject and author."""
    asked: dict[tuple[PersonId, UnitId], set[Category]] = {}
    for piece in pieces:
        if piece.author != reader:
            asked.setdefault((piece.subject, piece.author), set()).add(piece.category)
    return [
        Question(subject, author, reader, frozenset(categories))
        for (subject, author), categories in sorted(asked.items())
    ]


def missing_for(pieces: Iterable[Piece], reader: UnitId, permits: Permits) -> tuple[Missing, ...]:
    """Return what `reader` would not get of `pieces`, each kind once."""
    found = {
        (piece.subject, piece.category): permits.missing(piece, reader)
        for piece in pieces
        if not permits.allow(piece, reader)
    }
    return tuple(found[key] for key in sorted(found))


def kinds(missing: Iterable[Missing]) -> frozenset[tuple[PersonId, Category]]:
    """Return what is missing, without why: of whom, and of what kind."""
    return frozenset((each.subject, each.category) for each in missing)


def lost(before: Iterable[Missing], now: Iterable[Missing]) -> frozenset[tuple[PersonId, Category]]:
    """Return what may no longer be told: missing now, and not before."""
    return kinds(now) - kinds(before)


def may_go_out(pieces: Iterable[Piece], recipient: UnitId, permits: Permits) -> bool:
    """Say whether anything at all may reach the recipient: a referral nobody may read is not sent."""
    return any(permits.allow(piece, recipient) for piece in pieces)
