"""The rows of the reference tables, made from the catalogue: places, provisions, organisations and units."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from services.directory.domain.danish import sort_name
from services.directory.domain.document import record
from services.directory.domain.model import Catalogue

Row = dict[str, Any]
KEYS: Mapping[str, str] = {
    "region": "code",
    "municipality": "code",
    "postcode": "code",
    "legal_basis": "code",
    "organisation": "id",
    "unit": "id",
}


def rows(catalogue: Catalogue) -> dict[str, list[Row]]:
    """Return every reference table's rows, in an order in which references are met."""
    return {
        "region": [asdict(each) | {"sort_name": sort_name(each.name)} for each in catalogue.regions.values()],
        "municipality": [
            asdict(each) | {"sort_name": sort_name(each.name)} for each in catalogue.municipalities.values()
        ],
        "postcode": [asdict(each) for each in catalogue.postcodes.values()],
        "legal_basis": [{"code": each.code, "said": _json(record(each))} for each in catalogue.bases.values()],
        "organisation": [
            {"id": each.id, "sort_name": sort_name(each.name), "said": _json(record(each))}
            for each in catalogue.organisations.values()
        ],
        "unit": [
            {
                "id": each.id,
                "organisation": each.organisation,
                "sort_name": sort_name(each.name),
                "said": _json(record(each)),
            }
            for each in catalogue.units.values()
        ],
    }


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
