"""Look through every row of a file by the rules any offer keeps, and say what would become of it; write nothing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.directory.domain import offers
from services.directory.domain.document import to_document
from services.directory.domain.errors import Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.hsds.names import day
from services.directory.domain.model import Catalogue, Offer, OfferId, UnitId
from services.directory.domain.succession import there
from services.directory.domain.transfer.duplicates import Known, known, suspects
from services.directory.domain.transfer.findings import Code, Finding, Other, Severity, shown, too_much
from services.directory.domain.transfer.rows import MOST_FOUND, VERSION, Read, Row

MOST_LISTED = 1000
_ROW = "row"


@dataclass(frozen=True, slots=True)
class Held:
    """An offer the directory has: whose it is and what it says today, and its newest version's number.

    `planned` are the days from which it is to say something else.
    """

    unit: UnitId
    version: int
    said: Mapping[str, Any]
    planned: Sequence[date] = ()


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
    whether the sender may write a unit's offers; `progress` hears the rows looked at. A row that says what holds
    today is passed over, whoever's the offer is.
    """
    findings = list(read.findings)
    made: dict[OfferId, _Looked] = {}
    for at, row in enumerate(read.rows, start=1):
        looked = _looked(row, catalogue, held, may_edit, today)
        findings += looked.findings
        if len(findings) > MOST_FOUND:
            return refused(too_much(MOST_FOUND, "fejl og advarsler", row.line).finding)
        if looked.number and looked.number in made:
            said = f"er også i linje {made[looked.number].row.line}; giv hver sit id"
            findings.append(Finding(row.line, _header(row, "id"), said, Code.ID_TWICE))
        elif looked.said is not None:
            made[looked.number] = looked
        progress(at)
    findings += _suspected(made.values(), others, catalogue)
    counts = Counter(finding.severity for finding in findings)
    written = [(number, looked.offer) for number, looked in made.items() if looked.offer is not None]
    return Checked(
        rows=len(read.rows),
        created=[one for number, one in written if number not in held],
        changed=[one for number, one in written if number in held],
        unchanged=len(made) - len(written),
        held={number: held[number].version if number in held else 0 for number in made},
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        listed=sorted(findings, key=_gravest_first)[:MOST_LISTED],
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """A row that was looked at: what it says (None: it is no offer), and the offer to write (None: nothing new)."""

    row: Row
    number: OfferId
    said: Mapping[str, Any] | None
    offer: Offer | None
    findings: Sequence[Finding]


def _looked(
    row: Row, catalogue: Catalogue, held: Mapping[OfferId, Held], may_edit: Callable[[UnitId], bool], today: date
) -> _Looked:
    known = held.get(OfferId(str(row.said.get("id"))))
    if known is not None and dict(known.said) == {"as_of": known.said["as_of"], **row.said}:
        return _Looked(row, OfferId(known.said["id"]), known.said, None, ())
    flaws: list[Flaw] = []
    fields = Fields("import", _ROW, {"as_of": today.isoformat(), **row.said}, flaws)
    number, one = offers.offer(fields, catalogue)
    offers.refuse_the_future(fields, one, today)
    if one.unit in catalogue.units and not there(catalogue.units[one.unit], today):
        fields.refuse("unit", "er lukket")
    fields.end()
    findings = [_found(row, flaw) for flaw in flaws]
    sound = all(flaw.warning for flaw in flaws)
    if sound and known is not None and _says(known.said, one, as_of_too="as_of" in row.said):
        return _Looked(row, number, known.said, None, findings)
    findings += _rights(row, number, one, held, may_edit)
    if sound and known is not None:
        findings += _replacing(row, known)
    return _Looked(row, number, to_document(one) if sound else None, one if sound else None, findings)


def _says(held: Mapping[str, Any], one: Offer, *, as_of_too: bool) -> bool:
    """Say whether an offer is what is held; of another day it may be where the row does not say the day."""
    told = one if as_of_too else replace(one, as_of=date.fromisoformat(held["as_of"]))
    return dict(held) == to_document(told)


def _replacing(row: Row, known: Held) -> Iterator[Finding]:
    """Yield what the sender is told who replaces what holds today: whether others have said something meanwhile."""
    if row.version is None:
        said = "filen siger ikke, hvilken udgave den er lavet efter; det, der står nu, bliver erstattet"
        yield Finding(row.line, _header(row, VERSION), said, Code.NO_VERSION, Severity.WARNING)
    elif row.version != known.version:
        numbers = f"udgave {known.version}; filen har {row.version}"
        said = f"er ændret, siden filen blev hentet ({numbers}). Hent tilbuddet igen."
        yield Finding(row.line, _header(row, "id"), said, Code.CHANGED_SINCE)
    for planned in known.planned:
        said = f"en ændring, der skulle gælde fra {day(planned)}, bortfalder"
        yield Finding(row.line, _header(row, "id"), said, Code.PLANNED_LOST, Severity.WARNING)


def _gravest_first(each: Finding) -> tuple[bool, bool, int]:
    """Errors, then warnings; last the one that every changed row of a file without versions gets."""
    return each.severity is not Severity.ERROR, each.code is Code.NO_VERSION, each.line


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


def _suspected(made: Collection[_Looked], others: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> list[Finding]:
    lines = {looked.number: looked.row for looked in made}
    new = [known(looked.said, catalogue, looked.row.line) for looked in made if looked.said is not None]
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
    return replace(row, said={**row.said, "id": slug(unit, name)})
