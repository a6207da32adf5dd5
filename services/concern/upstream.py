"""What the concern service asks of others: only the directory, which units there are and what they are."""

from collections.abc import Mapping

from shared.contracts import UnitOut
from shared.http import Upstream
from shared.units import UnitMirror


async def units(mirror: UnitMirror, directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
    """Return every unit by id, as last told; the directory may be down meanwhile.

    Raises:
        Unavailable: the directory does not answer and never has.
    """
    return await mirror.all(directory, request_id)
