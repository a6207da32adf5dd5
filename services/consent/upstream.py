"""What consent asks of the directory: which units there are, and their sectors."""

from collections.abc import Collection, Mapping
from datetime import date

from services.consent.domain.errors import WholeOrganisation
from services.consent.domain.model import UnitFacts, UnitId
from shared.contracts import UnitOut
from shared.http import Upstream
from shared.problems import Unavailable
from shared.units import UnitMirror, closed

MOST_OF_AN_ORGANISATION = 5


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


def named_units(
    named: Collection[UnitId], units: Mapping[UnitId, UnitFacts], *, closes: bool = False
) -> frozenset[UnitId]:
    """Return the units somebody named: an organisation stands for all of its own, if they are of one kind.

    What `closes`, a refusal or a withdrawal, may name an organisation of any kind: a no is never too wide.

    Raises:
        WholeOrganisation: its units are of several kinds, or many: the person was not told which is meant (R19).
    """
    found: set[UnitId] = set()
    for name in named:
        own = [unit for unit in units.values() if unit.organisation == name and (closes or unit.closed is None)]
        if name in units or not own:
            found.add(name)
        elif not closes and (len(own) > MOST_OF_AN_ORGANISATION or len({unit.sector for unit in own}) > 1):
            raise WholeOrganisation
        else:
            found |= {unit.id for unit in own}
    return frozenset(found)


def _facts(unit: UnitOut, units: Mapping[str, UnitOut], on: date) -> UnitFacts:
    gone = closed(unit, units, on)
    return UnitFacts(
        UnitId(unit.id), unit.name, unit.sector, unit.organisation, unit.municipality,
        None if gone is None else gone.told(),
    )  # fmt: skip
