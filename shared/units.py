"""A mirror of the directory's units: public knowledge, fetched anew when old, last known when the directory is down."""

from collections.abc import Mapping

from shared.clock import monotonic
from shared.contracts import UnitOut
from shared.http import Upstream, UpstreamRefused
from shared.problems import Unavailable

_FRESH_S = 60.0
_RETRY_S = 5.0


class UnitMirror:
    """Every unit the directory knew when last asked."""

    def __init__(self) -> None:
        self._units: Mapping[str, UnitOut] = {}
        self._ask_again_at = 0.0

    async def all(self, directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
        """Return the units by id.

        Raises:
            Unavailable: the directory does not answer and never has.
        """
        if monotonic() >= self._ask_again_at:
            try:
                self._units = await _ask(directory, request_id)
                self._ask_again_at = monotonic() + _FRESH_S
            except Unavailable:
                if not self._units:
                    raise
                self._ask_again_at = monotonic() + _RETRY_S
        return self._units


async def _ask(directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
    """Return the directory's units; an answer that cannot be read is no answer."""
    try:
        told = await directory.call("GET", "/internal/units", request_id=request_id)
        return {unit["id"]: UnitOut.model_validate(unit) for unit in told["units"]}
    except (UpstreamRefused, KeyError, TypeError, ValueError) as error:
        raise Unavailable("directory") from error
