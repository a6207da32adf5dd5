"""A municipality names who takes its concern reports in, and who hears when a clock has run out (R32)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.concern.actions.context import Request
from services.concern.actions.receiving import receiving_unit
from services.concern.domain.errors import MunicipalityNotConnected, NotAReception, NotTheAuthority, OnePersonTwice
from services.concern.store import reception, reports
from services.concern.store.reception import Reception
from services.concern.store.reports import By
from shared import ledger
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Connection, Transaction
from shared.units import closed


@dataclass(frozen=True, slots=True)
class Standing:
    """Who takes reports in today.

    `receives`: the unit that would get the next one; None: none is able to. `named`: what was last recorded; None:
    nobody has. They differ where the unit that was named is closed, or decides on no help any more.
    """

    municipality: str
    receives: str | None
    named: Reception | None
    recorded_at: datetime | None


def municipality_of(units: Mapping[str, UnitOut], request: Request) -> str:
    """Return the municipality whose authority the caller's unit is, by what the directory says.

    Raises:
        NotTheAuthority: it decides on no help after barnets lov, or nobody has said where it belongs.
    """
    unit = units.get(request.unit)
    if unit is None or not unit.authority or unit.municipality is None:
        raise NotTheAuthority
    return unit.municipality


async def name(
    transaction: Transaction, units: Mapping[str, UnitOut], request: Request, unit: str, responsible: str, to: str
) -> Standing:
    """Keep who takes reports in from now on; reports that are there already stay where they are.

    `responsible` and `to`, who hears of what is late, are users, as their logins name them.

    Raises:
        NotTheAuthority: the caller's unit is no authority.
        NotAReception: the unit is none of the same municipality that is open and decides on help.
        OnePersonTwice: the two are one.
    """
    municipality = municipality_of(units, request)
    named = units.get(unit)
    on = danish_date(request.at)
    if named is None or named.municipality != municipality or not named.authority or closed(named, units, on):
        raise NotAReception
    if responsible == to:
        raise OnePersonTwice
    entry = request.entry(
        "concern_reception_named", municipality=municipality, to=unit, responsible=responsible, escalates_to=to
    )
    told = Reception(municipality, unit, responsible, to)
    await reception.add(transaction, told, By(request.unit, request.user, request.at, entry.id))
    await ledger.append(transaction, entry)
    return Standing(municipality, unit, told, request.at)


async def read(connection: Connection, units: Mapping[str, UnitOut], request: Request) -> Standing:
    """Return who takes reports in for the caller's municipality.

    Raises:
        NotTheAuthority: the caller's unit is no authority.
    """
    municipality = municipality_of(units, request)
    row = await reports.reception_of(connection, municipality)
    named = None
    if row is not None:
        named = Reception(municipality, row["unit"], row["responsible"], row["escalates_to"])
    try:
        receives = (await receiving_unit(connection, municipality, units, danish_date(request.at))).id
    except MunicipalityNotConnected:
        receives = None
    return Standing(municipality, receives, named, None if row is None else row["at"])
