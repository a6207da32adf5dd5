"""The catalogue without its offers: places, provisions, organisations and units, as the database has them."""

from services.directory.domain import records
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue, Municipality, Postcode, Region
from shared.db import Connection

_REGIONS = "SELECT code, name, valid_from, valid_to, successor, source FROM region ORDER BY sort_name, code"
_MUNICIPALITIES = """
SELECT code, name, region, valid_from, valid_to, source, latitude, longitude FROM municipality ORDER BY sort_name, code
"""
_POSTCODES = "SELECT code, name, municipality, latitude, longitude FROM postcode ORDER BY code"
_BASES = "SELECT said FROM legal_basis ORDER BY code"
_ORGANISATIONS = "SELECT said FROM organisation ORDER BY sort_name, id"
_UNITS = "SELECT said FROM unit ORDER BY sort_name, id"


async def catalogue(connection: Connection) -> Catalogue:
    """Return what offers are checked against and shown with, each list in Danish order; no offers."""
    made = Catalogue({}, {}, {}, {}, {})
    for row in await connection.fetch(_REGIONS):
        made.regions[row["code"]] = Region(**row)
    for row in await connection.fetch(_MUNICIPALITIES):
        made.municipalities[row["code"]] = Municipality(**row)
    for row in await connection.fetch(_POSTCODES):
        made.postcodes[row["code"]] = Postcode(**row)
    for row in await connection.fetch(_BASES):
        basis, one = records.basis(Fields("legal_basis", "", row["said"]), made)
        made.bases[basis] = one
    for row in await connection.fetch(_ORGANISATIONS):
        organisation, owner = records.organisation(Fields("organisation", "", row["said"]), made)
        made.organisations[organisation] = owner
    for row in await connection.fetch(_UNITS):
        unit, place = records.unit(Fields("unit", "", row["said"]), made)
        made.units[unit] = place
    return made
