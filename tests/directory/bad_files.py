"""Files no import takes, each with its format and the code of what is found in it."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import orjson

from services.directory.domain.transfer.rows import Format

UNIT, OTHER = "helsingoer-sundhedstjenesten", "ballerup-sundhedsplejen"
GOOD: Mapping[str, Any] = {
    "id": "babycafe", "name": "Babycafé om torsdagen", "unit": UNIT, "municipalities": ["0217"],
    "summary": "Kom forbi med dit barn.", "themes": ["network"], "as_of": "2026-11-01",
}  # fmt: skip
SECOND = {**GOOD, "id": "fars-legestue", "name": "Fars legestue"}


def _bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\x00" * 150_000_000)
    return made.getvalue()


def a_row(**change: str) -> bytes:
    """Return a CSV file of one good row, but for the changes."""
    said = {"id": "a", "navn": "A", "enhed": UNIT, "beskrivelse": "B", "temaer": "network", **change}
    return (";".join(said) + "\n" + ";".join(said.values()) + "\n").encode()


BAD_FILES: Mapping[str, tuple[bytes, Format, str]] = {
    "an unknown code": (a_row(temaer="grieff"), Format.CSV, "invalid"),
    "a contradictory range": (a_row(**{"gange fra": "9", "gange til": "1"}), Format.CSV, "invalid"),
    "a run that ends before it starts": (
        a_row(**{"hold.1.navn": "x", "hold.1.oplyst dato": "2026-11-01", "hold.1.begynder": "2026-12-02",
                "hold.1.slutter": "2026-12-01"}), Format.CSV, "invalid",
    ),
    "an address outside Denmark": (a_row(**{"sted.1.postnummer": "21120"}), Format.CSV, "invalid"),
    "a script": (a_row(beskrivelse="<script>x</script>"), Format.CSV, "invalid"),
    "another encoding": (a_row(navn="Mødre").decode().encode("latin-1"), Format.CSV, "encoding"),
    "a zip bomb": (_bomb(), Format.XLSX, "unsafe_archive"),
    "half a file": (b'{"offers": [', Format.JSON, "unreadable"),
    "another's unit": (orjson.dumps([{**GOOD, "unit": OTHER}]), Format.JSON, "not_yours"),
    "one bad among good": (orjson.dumps([GOOD, SECOND, {**GOOD, "id": "c", "price_kr": -1}]), Format.JSON, "invalid"),
    "the same id twice": (orjson.dumps([GOOD, {**GOOD, "name": "En anden"}]), Format.JSON, "id_twice"),
}  # fmt: skip
