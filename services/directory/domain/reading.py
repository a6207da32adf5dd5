"""Read the data files strictly, and check each against the others; opening them is somebody else's business."""

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from services.directory.domain import offers, records
from services.directory.domain.errors import BadData, Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue
from services.directory.domain.succession import broken

Record = TypeVar("Record")
REGIONS = "regions.csv"
MUNICIPALITIES = "municipalities.csv"
ORGANISATIONS = "organisations.toml"
UNITS = "units.toml"
OFFERS = "offers/"
POSTCODES = "postcodes.csv"
BASES = "legal_basis.toml"


def read(files: Mapping[str, str]) -> Catalogue:
    """Return what the files (name below the data folder -> text) say.

    Raises:
        BadData: everything that is wrong, a line each with file, table and field.
    """
    flaws: list[Flaw] = []
    catalogue = Catalogue({}, {}, {}, {}, {})
    tables = [
        (_rows(files, REGIONS, flaws), records.region, catalogue.regions),
        (_rows(files, MUNICIPALITIES, flaws), records.municipality, catalogue.municipalities),
        (_rows(files, POSTCODES, flaws), records.postcode, catalogue.postcodes),
        (_tables(files, BASES, "basis", flaws), records.basis, catalogue.bases),
        (_tables(files, ORGANISATIONS, "organisation", flaws), records.organisation, catalogue.organisations),
        (_tables(files, UNITS, "unit", flaws), records.unit, catalogue.units),
        (_all_offers(files, flaws), offers.editorial_offer, catalogue.offers),
    ]
    for told, make, kept in tables:
        _gather(told, make, catalogue, kept, flaws)  # type: ignore[arg-type] # each list holds its own kind
    flaws += records.broken_successions(catalogue.regions, REGIONS)
    flaws += broken(catalogue.organisations, ORGANISATIONS)
    flaws += broken(catalogue.units, UNITS)
    if flaws:
        raise BadData(flaws)
    return catalogue


def _gather(
    told: Iterable[Fields],
    make: Callable[[Fields, Catalogue], tuple[str, Record]],
    sofar: Catalogue,
    kept: dict[str, Record],
    flaws: list[Flaw],
) -> None:
    for fields in told:
        try:
            key, record = make(fields, sofar)
            fields.done()
        except BadData as error:
            flaws += error.flaws
            continue
        if key in kept:
            flaws.append(Flaw(fields.file, fields.table, "id", "findes to gange"))
        kept[key] = record


def _all_offers(files: Mapping[str, str], flaws: list[Flaw]) -> Iterator[Fields]:
    for name in sorted(files):
        if name.startswith(OFFERS):
            yield from _tables(files, name, "offer", flaws)


def _rows(files: Mapping[str, str], name: str, flaws: list[Flaw]) -> Iterator[Fields]:
    """Yield the rows of a CSV file; a row with too few or too many cells is a flaw."""
    if name not in files:
        flaws.append(Flaw(name, "file", "", "mangler"))
        return
    lines = csv.DictReader(io.StringIO(files[name]), restkey="for_mange_celler", strict=True)
    try:
        for row in lines:
            values = {key: value for key, value in row.items() if value is not None}
            yield Fields(name, f"line {lines.line_num}", values)
    except csv.Error as error:
        flaws.append(Flaw(name, f"after line {lines.line_num}", "", str(error)))


def _tables(files: Mapping[str, str], name: str, key: str, flaws: list[Flaw]) -> Iterator[Fields]:
    """Yield the records of a TOML file that holds nothing but `[[key]]` tables."""
    if name not in files:
        flaws.append(Flaw(name, "file", "", "mangler"))
        return
    try:
        document = Fields(name, "file", tomllib.loads(files[name]))
        held = document.parts(key)
        document.done()
    except tomllib.TOMLDecodeError as error:
        flaws.append(Flaw(name, "file", "", str(error)))
    except BadData as error:
        flaws.extend(error.flaws)
    else:
        yield from (each.called(f"{key} {place}") for place, each in enumerate(held, start=1))
