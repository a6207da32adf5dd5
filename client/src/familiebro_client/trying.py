"""Whether to try again, and when: decided here for both clients, without clock or network."""

import random
from dataclasses import dataclass

import httpx

from familiebro_client.calls import Repeat
from familiebro_client.errors import (
    Conflict,
    ConnectionLost,
    FamiliebroError,
    NotThere,
    OutcomeUnknown,
    ProblemAnswer,
    Stale,
    TokenDenied,
    TooMany,
    Unavailable,
    UnexpectedAnswer,
)

_FIRST_S, _LONGEST_S = 0.5, 30.0
_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_OVERLOADED = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take with all its tries, in seconds, and how many tries it has."""

    seconds: float = 60.0
    tries: int = 6


class Trying:
    """One call's tries.

    Args:
        repeat: when it may be made again.
        patience: how long, and how often.
        began: when it began, on any clock that `wait_after` is asked on, too.
    """

    def __init__(self, repeat: Repeat, patience: Patience, began: float) -> None:
        self._repeat = repeat
        self._patience = patience
        self._until = began + patience.seconds
        self._tried = 0
        self._in_doubt = False

    def wait_after(self, error: httpx.TransportError | FamiliebroError, at: float) -> float:
        """Return how many seconds to wait before the next try.

        Raises:
            FamiliebroError: it is over.
        """
        told = _told(error)
        self._tried += 1
        if self._in_doubt and isinstance(told, Conflict | Stale | NotThere) and self._repeat is Repeat.GUARDED:
            raise OutcomeUnknown(told) from None
        doubtful = _may_have_been_done(told)
        if not _passes(told) or (doubtful and self._repeat is Repeat.NEVER):
            raise told from None
        self._in_doubt |= doubtful
        wait = self._pause(told)
        if self._tried >= self._patience.tries or at + wait > self._until:
            raise told from None
        return wait

    def _pause(self, told: FamiliebroError) -> float:
        """Return a random part of a doubling time, so that many callers do not come back as one; never too early."""
        most = min(_LONGEST_S, _FIRST_S * float(1 << (self._tried - 1)))
        jitter = most * random.random()  # noqa: S311 - it spreads load, it hides nothing
        return jitter if told.retry_after is None else told.retry_after + jitter


def _told(error: httpx.TransportError | FamiliebroError) -> FamiliebroError:
    if isinstance(error, FamiliebroError):
        return error
    return ConnectionLost(sent=not isinstance(error, _NEVER_ARRIVED))


def _passes(told: FamiliebroError) -> bool:
    """Say whether waiting may help. A no stays a no; what failed unforeseen (500) is for the operator."""
    if isinstance(told, UnexpectedAnswer):
        return told.status in _OVERLOADED
    return isinstance(told, ConnectionLost | TooMany | Unavailable)


def _may_have_been_done(told: FamiliebroError) -> bool:
    if isinstance(told, ConnectionLost):
        return told.sent
    if isinstance(told, TooMany | TokenDenied):
        return False
    return isinstance(told, ProblemAnswer | UnexpectedAnswer)
