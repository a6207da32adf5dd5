"""How much one caller may ask: a token bucket each, in bounded memory."""

import math
from collections import OrderedDict

from gateway import problems
from gateway.problems import Refused

_MOST_CALLERS = 20_000


class Limiter:
    """Lets each caller through `per_minute` times a minute; a quiet minute's worth may come at once."""

    def __init__(self, per_minute: int, most_callers: int = _MOST_CALLERS) -> None:
        self._capacity = float(per_minute)
        self._per_s = per_minute / 60
        self._most = most_callers
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, at: float) -> None:
        """Take one from the caller's bucket at the moment `at`, in seconds that only grow.

        Raises:
            Refused: it is empty; `Retry-After` says for how long.
        """
        held = self._left.get(caller)
        left = self._capacity if held is None else min(self._capacity, held[0] + (at - held[1]) * self._per_s)
        if left < 1:
            wait = max(1, math.ceil((1 - left) / self._per_s))
            raise Refused(problems.RATE_LIMITED, {"Retry-After": str(wait)})
        self._left[caller] = (left - 1, at)
        self._left.move_to_end(caller)
        if len(self._left) > self._most:
            self._left.popitem(last=False)

    def __len__(self) -> int:
        """Return how many callers are remembered."""
        return len(self._left)
