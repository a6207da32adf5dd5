"""What consent asks of the directory: which units there are, and their sectors."""

from services.consent.domain.model import UnitFacts, UnitId
from shared.http import Upstream
from shared.units import UnitMirror


async def facts(mirror: UnitMirror, directory: Upstream, request_id: str) -> dict[UnitId, UnitFacts]:
    """Return every unit by id.

    Raises:
        Unavailable: the directory has never answered.
    """
    units = await mirror.all(directory, request_id)
    return {UnitId(unit.id): UnitFacts(UnitId(unit.id), unit.name, unit.sector) for unit in units.values()}
