"""Look through every row of a file by the rules any offer keeps, and say what would become of it; write nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.directory.domain import offers
from services.directory.domain.document import to_document
from services.directory.domain.errors import Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue, Offer, OfferId, UnitId
from services.directory.domain.transfer.duplicates import Known, known, suspects
from services.directory.domain.transfer.findings import Code, Finding, Other, Severity, shown
from services.directory.domain.transfer.rows import Document, Read, Row

MOST_LISTED = 1000
_ROW = "row"


@dataclass(frozen=True, slots=True)
class Held:
    """An offer the directory has: its owner unit, its version's number, and what it says."""

    unit: UnitId
    version: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What would become of a file: offers to be written (id -> held version, 0: none), and what was found.

    `listed` are the findings told, gravest and then first in the file first, at most `MOST_LISTED`.
    """

    rows: int
    created: Sequence[Offer]
    changed: Sequence[Offer]
    unchanged: int
    held: Mapping[OfferId, int]
    errors: int
    warnings: int
    listed: Sequence[Finding]

    @property
    def passed(self) -> bool:
        """True when nothing keeps the file out."""
        return not self.errors

    def told(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "rows": self.rows,
            "created": len(self.created),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [finding.told() for finding in self.listed],
        }


def refused(finding: Finding) -> Checked:
    """Return what becomes of a file that cannot be read at all: nothing."""
    return Checked(0, (), (), 0, {}, 1, 0, (finding,))


def identified(rows: Iterable[Row], slug: Callable[[str, str], str]) -> list[Row]:
    """Return the rows, each with an id: where none is given, the one `slug` makes of unit and name.

    So the same file sent again tells of the same offers.
    """
    return [row if row.said.get("id") not in (None, "") else _with_id(row, slug) for row in rows]


def check(
    read: Read,
    catalogue: Catalogue,
    held: Mapping[OfferId, Held],
    others: Iterable[Mapping[str, Any]],
    may_edit: Callable[[UnitId], bool],
    today: date,
    progress: Callable[[int], None] = lambda _row: None,
) -> Checked:
    """Return what would become of the file.

    A row that does not say what day it is about is about today. `read`'s rows are `identified`; `held` has the
    directory's offers that the rows name, `others` what `duplicates.known` takes of all it shows; `may_edit` says
    whether the sender may write a unit's offers; `progress` hears the rows looked at.
    """
    findings = list(read.findings)
    made: dict[OfferId, tuple[Row, Offer, Document]] = {}
    for at, row in enumerate(read.rows, start=1):
        flaws: list[Flaw] = []
        number, one = _made(row, catalogue, today, held, flaws)
        findings += [_found(row, flaw) for flaw in flaws]
        findings += _rights(row, number, one, held, may_edit)
        if number and number in made:
            said = f"er også i linje {made[number][0].line}; giv hver sit id"
            findings.append(Finding(row.line, _header(row, "id"), said, Code.ID_TWICE))
        elif all(flaw.warning for flaw in flaws):
            made[number] = (row, one, to_document(one))
        progress(at)
    findings += _suspected(made, others, catalogue)
    changed = [number for number, (_, _, said) in made.items() if number in held and _differ(held[number].said, said)]
    counts = Counter(finding.severity for finding in findings)
    return Checked(
        rows=len(read.rows),
        created=[one for number, (_, one, _) in made.items() if number not in held],
        changed=[made[number][1] for number in changed],
        unchanged=sum(number in held for number in made) - len(changed),
        held={number: held[number].version if number in held else 0 for number in made},
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        listed=sorted(findings, key=lambda each: (each.severity is not Severity.ERROR, each.line))[:MOST_LISTED],
    )


def _made(
    row: Row, catalogue: Catalogue, today: date, held: Mapping[OfferId, Held], flaws: list[Flaw]
) -> tuple[OfferId, Offer]:
    fields = Fields("import", _ROW, {"as_of": today.isoformat(), **row.said}, flaws)
    number, one = offers.offer(fields, catalogue)
    fields.end()
    if "as_of" not in row.said and number in held:
        as_before = replace(one, as_of=date.fromisoformat(held[number].said["as_of"]))
        if not _differ(held[number].said, to_document(as_before)):
            return number, as_before
    return number, one


def _differ(held: Mapping[str, Any], said: Document) -> bool:
    return dict(held) != said


def _rights(
    row: Row, number: OfferId, one: Offer, held: Mapping[OfferId, Held], may_edit: Callable[[UnitId], bool]
) -> list[Finding]:
    """Return what the sender may not do: write for another's unit, or change what is another's."""
    found = []
    if one.unit and not may_edit(one.unit):
        said = "er en enhed, som du ikke kan skrive tilbud for"
        found.append(Finding(row.line, _header(row, "unit"), said, Code.NOT_YOURS))
    if number in held and not may_edit(held[number].unit):
        said = "er et tilbud, som en anden enhed har ansvaret for"
        found.append(Finding(row.line, _header(row, "id"), said, Code.NOT_YOURS))
    return found


def _found(row: Row, flaw: Flaw) -> Finding:
    path = f"{flaw.table}.{flaw.field}".removeprefix(_ROW).strip(".")
    severity, code = (Severity.WARNING, Code.LOOKS_ODD) if flaw.warning else (Severity.ERROR, Code.INVALID)
    return Finding(row.line, _header(row, path), flaw.said, code, severity)


def _header(row: Row, path: str) -> str:
    """Return what the file calls a field: a table's header, or the path in a document."""
    return row.headers.get(path) or shown(path, "(ukendt felt)")


def _suspected(
    made: Mapping[OfferId, tuple[Row, Offer, Document]], others: Iterable[Mapping[str, Any]], catalogue: Catalogue
) -> list[Finding]:
    lines = {number: row for number, (row, _, _) in made.items()}
    new = [known(said, catalogue, row.line) for row, _, said in made.values()]
    found = suspects(new, (known(said, catalogue) for said in others))
    return [
        Finding(
            each.one.line or 0,
            _header(lines[OfferId(each.one.id)], "name"),
            f"er måske det samme tilbud som {each.other.name!r}: {each.why}",
            Code.SUSPECTED_DUPLICATE,
            Severity.WARNING,
            _other(each.other, catalogue),
        )
        for each in found
    ]


def _other(one: Known, catalogue: Catalogue) -> Other:
    unit = catalogue.units.get(UnitId(one.unit))
    name = "" if unit is None else catalogue.organisations[unit.organisation].name
    return Other(one.id, one.name, name, one.line)


def _with_id(row: Row, slug: Callable[[str, str], str]) -> Row:
    unit, name = row.said.get("unit"), row.said.get("name")
    if not isinstance(unit, str) or not isinstance(name, str):
        return row
    return Row(row.line, {**row.said, "id": slug(unit, name)}, row.headers)
