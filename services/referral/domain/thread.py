"""A task's thread: which questions are open, and whom they wait for."""

from collections.abc import Iterable

from services.referral.domain.lifecycle import Party
from services.referral.domain.model import Message, MessageKind, Referral, UnitId, by_family

_ASKS = frozenset({MessageKind.QUESTION})


def party(referral: Referral, unit: UnitId) -> Party:
    """Return what an author is in the thread; the family that sends for itself is the sender."""
    if unit == referral.sender:
        return Party.SENDER
    return Party.FAMILY if by_family(unit) else Party.RECIPIENT


def open_questions(referral: Referral, thread: Iterable[Message]) -> list[Message]:
    """Return the questions nobody has answered, the oldest first.

    An answer that names no question answers all that waited for its author by then.
    """
    waiting: list[Message] = []
    for message in thread:
        if message.kind in _ASKS:
            waiting.append(message)
        elif message.kind is MessageKind.ANSWER:
            who = party(referral, message.author)
            if message.answers is None:
                waiting = [each for each in waiting if each.to is not who]
            else:
                waiting = [each for each in waiting if each.id != message.answers]
    return waiting


def waits_for(referral: Referral, thread: Iterable[Message]) -> frozenset[Party]:
    """Return whom the open questions wait for."""
    return frozenset(each.to for each in open_questions(referral, thread) if each.to is not None)
