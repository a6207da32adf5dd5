"""What may be told, asked of consent at this moment: made only by `upstream.ask`, and never kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.referral.domain.model import Ask, Missing, PersonId, Piece, UnitId, by_family
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

    def joined(self, later: "Permits") -> "Permits":
        """Return both decisions as one, under the later one's id; where both answer a question, the later holds."""
        return Permits(later.decision, {**self.reasons, **later.reasons}, {**self.ask, **later.ask})

    def reason(self, subject: PersonId, sender: UnitId, recipient: UnitId, category: Category) -> Reason:
        """Return why it may be told, or why not."""
        return self.reasons.get((subject, sender, recipient, category), Reason.NO_CONSENT)

    def allow(self, piece: Piece, reader: UnitId) -> bool:
        """Say whether `reader` may have the piece: its own, told by the family itself, or permitted now."""
        return piece.author == reader or by_family(piece.author) or self.why(piece, reader).permits

    def why(self, piece: Piece, reader: UnitId) -> Reason:
        """Return the reason for `piece` to `reader`."""
        return self.reason(piece.subject, piece.author, reader, piece.category)

    def missing(self, piece: Piece, reader: UnitId) -> Missing:
        """Return `piece` as something `reader` may not get, with whom to ask."""
        key = (piece.subject, piece.author, reader, piece.category)
        return Missing(piece.subject, piece.category, self.why(piece, reader), self.ask.get(key, ()))


NOTHING_ASKED = Permits(None, {})


def questions_for(pieces: Iterable[Piece], reader: UnitId) -> list[Question]:
    """Return what must be asked before `reader` gets `pieces`: one question per subject and author.

    What somebody of the family wrote to the parties is that person's own telling: nobody's silence is broken.
    """
    asked: dict[tuple[PersonId, UnitId], set[Category]] = {}
    for piece in pieces:
        if piece.author != reader and not by_family(piece.author):
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


def with_new(missing: tuple[Missing, ...], told: Iterable[Piece], new: Iterable[Piece]) -> tuple[Missing, ...]:
    """Return what is missing once there are new pieces and nobody has asked about them: their kinds, too.

    Not a kind that is told already: should it be missing now, then it is lost, and whoever looks next must see that.
    """
    known = kinds(missing) | {(each.subject, each.category) for each in told if not by_family(each.author)}
    added = {(each.subject, each.category) for each in new if not by_family(each.author)} - known
    return (*missing, *(Missing(*each, Reason.NO_CONSENT) for each in sorted(added)))


def kinds(missing: Iterable[Missing]) -> frozenset[tuple[PersonId, Category]]:
    """Return what is missing, without why: of whom, and of what kind."""
    return frozenset((each.subject, each.category) for each in missing)


def lost(before: Iterable[Missing], now: Iterable[Missing]) -> frozenset[tuple[PersonId, Category]]:
    """Return what may no longer be told: missing now, and not before."""
    return kinds(now) - kinds(before)


def may_go_out(pieces: Iterable[Piece], recipient: UnitId, permits: Permits) -> bool:
    """Say whether anything at all may reach the recipient: a referral nobody may read is not sent."""
    return any(permits.allow(piece, recipient) for piece in pieces)
