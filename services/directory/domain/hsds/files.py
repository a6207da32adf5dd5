"""An HSDS file as rows of offer documents: services as a list, a page, lines, or nested in what else HSDS has."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from services.directory.domain.hsds.facts import Document
from services.directory.domain.hsds.foreign import Note, from_foreign
from services.directory.domain.hsds.returning import is_ours, to_offer_document
from services.directory.domain.hsds.taxonomies import TERMS
from services.directory.domain.model import Catalogue

# What a service of ours never says: whoever has added it must know that it is not kept.
_ADDED = ("accreditations", "licenses", "fees", "program", "program_id", "required_documents", "metadata")


class Row(NamedTuple):
    """One service: its place in the file, counted from 1, its offer's document unchecked, and what to know of it."""

    place: int
    offer: Document
    notes: tuple[Note, ...]


# As many as a file may have rows (domain/transfer/rows.py: MOST_ROWS).
MOST_ENTRIES = 20_000


def read_hsds(document: object, catalogue: Catalogue) -> list[Row]:
    """Return the offers of an HSDS document: a service, a list or page of them, or what they are nested in.

    The lines of an ndjson file are a list too. A service of ours comes back exactly as it was; of another's, what
    has a home here, and a note for each thing that has not. An entry that is no service is an empty document.
    Of more than `MOST_ENTRIES` only one more is read: enough to tell that there are too many.
    """
    entries = islice(_entries(document), MOST_ENTRIES + 1)
    return [_row(place, each, catalogue) for place, each in enumerate(entries, start=1)]


def _row(place: int, entry: object, catalogue: Catalogue) -> Row:
    if not isinstance(entry, dict):
        return Row(place, {}, (Note("", "Er ikke et objekt; her skal stå en service."),))
    service = _at_its_places(entry)
    if is_ours(service):
        try:
            return Row(place, to_offer_document(service), tuple(_added(service)))
        except (ValueError, KeyError, TypeError, AttributeError):
            note = Note("", "Er lavet af os, men ændret, så det ikke kan læses helt. Læst som andres.")
            made, notes = from_foreign(service, catalogue)
            return Row(place, made, (note, *notes))
    made, notes = from_foreign(service, catalogue)
    return Row(place, made, tuple(notes))


def _entries(document: object) -> Iterator[object]:
    page = document.get("contents") if isinstance(document, dict) else None
    listed = page if isinstance(page, list) else document
    for each in listed if isinstance(listed, list) else [listed]:
        if not isinstance(each, dict) or not isinstance(each.get("services"), list):
            yield each
            continue
        services = each["services"]
        owner = {key: value for key, value in each.items() if key != "services"}
        for service in services:
            yield {"organization": owner} | service if isinstance(service, dict) else service


def _at_its_places(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the service a service at a location tells of, with that place; a service is itself."""
    service = entry.get("service")
    if not isinstance(service, dict) or "location" not in entry:
        return entry
    place = {key: value for key, value in entry.items() if key != "service"}
    held = service.get("service_at_locations")
    return {**service, "service_at_locations": [*(held if isinstance(held, list) else []), place]}


def _added(service: dict[str, Any]) -> Iterator[Note]:
    for name in _ADDED:
        if service.get(name):
            yield Note(name, "Har ingen plads hos os og er ikke taget med.")
    others = [each for each in service["attributes"] if not _is_term_of_ours(each)]
    if others:
        yield Note("attributes", f"{len(others)} har ingen plads hos os og er ikke taget med.")


def _is_term_of_ours(attribute: object) -> bool:
    term = attribute.get("taxonomy_term") if isinstance(attribute, dict) else None
    return isinstance(term, dict) and term.get("code") in TERMS
