"""What consent asks of the directory: which units there are, and their sectors."""

from collections.abc import Mapping
from datetime import date

from services.consent.domain.model import UnitFacts, UnitId
from shared.contracts import UnitOut
from shared.http import Upstream
from shared.problems import Unavailable
from shared.units import UnitMirror, closed


async def facts(mirror: UnitMirror, directory: Upstream, request_id: str, on: date) -> dict[UnitId, UnitFacts]:
    """Return every unit by id, as it is on the day.

    Raises:
        Unavailable: the directory has never answered.
    """
    units = await mirror.all(directory, request_id)
    return {UnitId(number): _facts(unit, units, on) for number, unit in units.items()}


async def known(mirror: UnitMirror, directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
    """Return every unit by id; none, if the directory has never answered: what is only told beside can wait."""
    try:
        return await mirror.all(directory, request_id)
    except Unavailable:
        return {}


def _facts(unit: UnitOut, units: Mapping[str, UnitOut], on: date) -> UnitFacts:
    gone = closed(unit, units, on)
    return UnitFacts(UnitId(unit.id), unit.name, unit.sector, None if gone is None else gone.told())
