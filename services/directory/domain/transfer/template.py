"""The template: a file with every column and an example; a spreadsheet also says what each column takes."""

from collections.abc import Iterator

from services.directory.domain.transfer import csvfile, xlsxwriter
from services.directory.domain.transfer.columns import Column, Kind, places
from services.directory.domain.transfer.flat import flatten
from services.directory.domain.transfer.naming import NAMES
from services.directory.domain.transfer.rows import Document

EXAMPLE: Document = {
    "name": "Mødregruppe for unge",
    "unit": "min-enhed",
    "municipalities": ["0217"],
    "summary": "Unge mødre mødes en formiddag om ugen med en sundhedsplejerske.",
    "themes": ["mothers", "network", "young_parents"],
    "access": ["professional_referral", "self_referral"],
    "referrers": ["health_visitor", "midwife"],
    "form": ["group"],
    "prevention_level": "selective",
    "languages": ["da"],
    "price_kr": 0,
    "as_of": "2026-11-01",
    "target": {
        "audience": ["mother"], "child_age_months_from": 0, "child_age_months_to": 12, "parent_age_to": 25,
        "criteria": ["Bor i kommunen"],
    },
    "dose": {"sessions_from": 10, "sessions_to": 10, "days": ["tue"], "starts_at": "10:00", "ends_at": "12:00"},
    "contact": {"function": "Sundhedsplejen", "phone": "12345678", "email": "sundhedsplejen@example.dk"},
    "venues": [{"name": "Familiehuset", "address": "Eksempelvej 1", "postcode": "3000", "city": "Helsingør"}],
    "runs": [{"label": "Foråret 2027", "said_on": "2026-11-01", "starts_on": "2027-02-02", "places": 8, "free": 3}],
}  # fmt: skip
_KINDS = {
    Kind.TEXT: "tekst",
    Kind.CODE: "kode eller kort tekst",
    Kind.LIST: "liste; '; ' imellem",
    Kind.WHOLE: "helt tal",
    Kind.WHOLES: "hele tal; '; ' imellem",
    Kind.NUMBER: "tal",
    Kind.DAY: "dato, ÅÅÅÅ-MM-DD",
    Kind.CLOCK: "klokkeslæt, TT:MM",
    Kind.FLAG: "ja eller nej; tom: det vides ikke",
}
_EITHER = "Skriv koden eller det danske navn, med store eller små bogstaver."


def as_csv() -> str:
    """Return the template as CSV."""
    columns = places()
    return csvfile.head(columns) + csvfile.row(columns, flatten(EXAMPLE))


def as_xlsx() -> bytes:
    """Return the template as a spreadsheet, with a second sheet that says what each column takes."""
    columns = places()
    book = xlsxwriter.Book()
    book.sheet("Tilbud", [xlsxwriter.header(columns), xlsxwriter.row(columns, flatten(EXAMPLE))])
    book.sheet("Vejledning", _guide())
    return book.end()


def _guide() -> Iterator[xlsxwriter.Cells]:
    yield _texts("kolonne", "dansk navn", "skal udfyldes", "indhold", "forklaring", "koder")
    for place in places():
        column = place.column
        danish = column.danish if place.group is None else f"{place.group}.{place.number}.{column.danish}"
        must = "ja" if column.must else ""
        told = column.told if column.codes is None else f"{column.told} {_EITHER}"
        yield _texts(place.header, danish, must, _KINDS[column.kind], told, _codes(column))


def _texts(*told: str) -> xlsxwriter.Cells:
    return [(Kind.TEXT, text) if text else None for text in told]


def _codes(column: Column) -> str:
    """Return the codes a column takes, each with its Danish name."""
    if column.codes is None:
        return ""
    danish = NAMES[column.codes]
    return "; ".join(f"{code} ({danish[code]})" for code in sorted(column.codes))
