"""Which units there are: as the directory tells, and as it last told any process of this service when it is down.

A process that starts while the directory is down receives reports all the same (R29): what was last told is kept in
the service's own database.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from services.concern.store import known
from shared.clock import monotonic
from shared.contracts import UnitOut
from shared.db import Connection
from shared.problems import Unavailable

_RETRY_S = 5.0
Asking = Callable[[str], Awaitable[Mapping[str, UnitOut]]]


class KnownUnits:
    """What the directory tells of units, and behind it what is kept."""

    def __init__(self, ask: Asking) -> None:
        """Take how the directory is asked, by the request's id; the same mapping again is nothing new."""
        self._ask = ask
        self._kept: Mapping[str, UnitOut] = {}
        self._last: Mapping[str, UnitOut] = {}
        self._ask_again_at = 0.0

    async def all(self, connection: Connection, request_id: str, at: datetime) -> Mapping[str, UnitOut]:
        """Return every unit by id; what is new is kept in the transaction that `connection` is in.

        A directory that knows no unit at all is as one that is down: a report would reach nobody.

        Raises:
            Unavailable: the directory does not answer, and never has answered any process of this service.
        """
        if self._last and monotonic() < self._ask_again_at:
            return self._last
        try:
            found = await self._ask(request_id)
        except Unavailable:
            found = {}
        if not found:
            self._last, self._ask_again_at = await known.last(connection), monotonic() + _RETRY_S
            if not self._last:
                raise Unavailable("directory")
            return self._last
        if found is not self._kept:  # asked anew: kept again, as what was kept may have been undone with its request
            await known.keep(connection, found, at)
            self._kept, self._last = found, {}
        return found
