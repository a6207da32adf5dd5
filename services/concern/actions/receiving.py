"""Which unit takes a report in: the one the municipality has named, otherwise its own authority (R39)."""

from collections.abc import Collection, Mapping
from datetime import date

from services.concern.domain.errors import MunicipalityNotConnected, UnknownMunicipality
from services.concern.domain.municipalities import MUNICIPALITIES
from services.concern.store import reports
from shared.contracts import UnitOut
from shared.db import Connection
from shared.units import closed

_FIRST = "social_authority"


def must_be_municipalities(codes: Collection[str | None]) -> None:
    """Let pass codes of municipalities that there are; None: nobody knows which.

    Raises:
        UnknownMunicipality: one of them is none (R46).
    """
    if not {code for code in codes if code is not None} <= MUNICIPALITIES:
        raise UnknownMunicipality


async def receiving_unit(connection: Connection, municipality: str, units: Mapping[str, UnitOut], on: date) -> UnitOut:
    """Return the unit that takes reports in for the municipality on that day, and must read them.

    What the municipality last named, while that is open and still decides on help after barnets lov; otherwise an
    open unit there that does, a social authority first.

    Raises:
        MunicipalityNotConnected: there is none: a report that nobody reads is worse than one that is refused.
    """
    able = {
        each.id: each
        for each in units.values()
        if each.authority and each.municipality == municipality and closed(each, units, on) is None
    }
    named = await reports.reception_of(connection, municipality)
    if named is not None and named["unit"] in able:
        return able[named["unit"]]
    if not able:
        raise MunicipalityNotConnected(municipality)
    return min(able.values(), key=lambda each: (each.kind != _FIRST, each.id))
