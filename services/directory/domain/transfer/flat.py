"""A document as the cells of a row, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.directory.domain.transfer.cells import join
from services.directory.domain.transfer.columns import GROUPS, LISTS, PLAIN, Place
from services.directory.domain.transfer.rows import Document

# A spreadsheet's cell holds 32,767 signs; a joined list may need an escape before each.
_MOST_SIGNS = 16_000


def flatten(said: Mapping[str, Any]) -> dict[Place, Any]:
    """Return the cells of a document: where each goes, and its value. A list too long for one goes on in the next."""
    cells: dict[Place, Any] = {}
    for column in PLAIN:
        value = _found(said, column.key)
        if value is not None:
            _put(cells, Place(column), value)
    for group in GROUPS:
        for number, record in enumerate(said.get(group.key, ()), start=1):
            for column in group.columns:
                if column.key in record:
                    _put(cells, Place(column, group.key, number), record[column.key])
    return cells


def telling(said: Mapping[str, Any]) -> Document:
    """Return a document without places that say nothing: older versions may have them, and no import takes them."""
    venues = [each for each in said.get("venues", ()) if each]
    kept = {key: value for key, value in said.items() if key != "venues"}
    return kept | ({"venues": venues} if venues else {})


def needed(documents: Iterable[Mapping[str, Any]]) -> set[Place]:
    """Return every column the documents need."""
    places: set[Place] = set()
    for said in documents:
        places.update(flatten(said))
    return places


def unflatten(cells: Mapping[Place, Any]) -> tuple[Document, dict[str, Place]]:
    """Return the document of a row's cells, and for each field of it the place it came from.

    Records are numbered as they stand: an empty one between two others is passed over.
    """
    made = _Made({}, {})
    numbers = {group.key: sorted({at.number for at in cells if at.group == group.key}) for group in GROUPS}
    for at in sorted(cells, key=lambda place: (place.number, place.piece)):
        made.put(at, cells[at], numbers)
    return made.said, made.places


@dataclass(frozen=True, slots=True)
class _Made:
    said: Document
    places: dict[str, Place]

    def put(self, at: Place, value: object, numbers: Mapping[str, Sequence[int]]) -> None:
        if at.group is None:
            head, _, tail = at.column.key.partition(".")
            holder, key = (self.said.setdefault(head, {}), tail) if tail else (self.said, head)
            path = at.column.key
        else:
            records, index = self.said.setdefault(at.group, []), numbers[at.group].index(at.number)
            while len(records) <= index:
                records.append({})
            holder, key, path = records[index], at.column.key, f"{at.group}[{index}].{at.column.key}"
        if at.piece > 1 and isinstance(holder.get(key), list) and isinstance(value, list):
            value = [*holder[key], *value]
        holder[key] = value
        self.places.setdefault(path, at)


def _found(said: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - any value of a document
    head, _, tail = key.partition(".")
    return said.get(head) if not tail else said.get(head, {}).get(tail)


def _put(cells: dict[Place, Any], at: Place, value: Any) -> None:  # noqa: ANN401 - any value of a document
    if at.column.kind not in LISTS:
        cells[at] = value
        return
    for piece, items in enumerate(_pieces(value), start=1):
        cells[Place(at.column, at.group, at.number, piece)] = items


def _pieces(items: Sequence[object]) -> Iterable[list[object]]:
    """Yield the list in pieces that fit a cell each."""
    held: list[object] = []
    signs = 0
    for item in items:
        length = len(join([item])) + 2
        if held and signs + length > _MOST_SIGNS:
            yield held
            held, signs = [], 0
        held.append(item)
        signs += length
    if held:
        yield held
