"""Who may change an offer: the people of the unit that owns it, and their organisation's editors. Nobody else."""

from dataclasses import dataclass
from datetime import date

from services.directory.domain.model import Catalogue, OrganisationId, UnitId
from services.directory.domain.succession import belonging, lawful_heirs, owner, successors, there


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody who may change offers: of its own unit, or of its unit's whole organisation."""

    unit: UnitId
    whole_organisation: bool


def organisation_of(unit: UnitId, catalogue: Catalogue, on: date) -> OrganisationId:
    """Return whose a unit is on a day: its own organisation's, or the one's that follows that by law (R47)."""
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    return belonging(catalogue.units[unit].organisation, heirs, on).organisation


def also_known_as(organisation: str, catalogue: Catalogue, on: date, known_on: date) -> frozenset[str]:
    """Return whose offers answer for an organisation on a day, as organisations are known on another day (R47).

    Who asks for one that is no more is answered for the one that follows it by law.
    """
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    asked = belonging(OrganisationId(organisation), heirs, on).organisation
    same = [each for each in catalogue.organisations if belonging(each, heirs, on).organisation == asked]
    return frozenset({organisation, *(belonging(each, heirs, known_on).organisation for each in same)})


def owner_of(unit: UnitId, catalogue: Catalogue, on: date) -> UnitId | None:
    """Return the unit whose people own what was `unit`'s; None: it has closed, and its organisation's editors do."""
    return owner(unit, catalogue.units, on)


def may_edit(editor: Editor, unit: UnitId, catalogue: Catalogue, on: date) -> bool:
    """Say whether the editor may change the offers of `unit` on that day. A closed unit's people may change nothing."""
    known = editor.unit in catalogue.units and unit in catalogue.units
    if not known or not there(catalogue.units[editor.unit], on):
        return False
    if editor.whole_organisation:
        return organisation_of(editor.unit, catalogue, on) == organisation_of(unit, catalogue, on)
    return owner_of(unit, catalogue, on) == editor.unit


def editable(editor: Editor, catalogue: Catalogue, on: date) -> list[UnitId]:
    """Return the units whose offers the editor may change on that day: what `may_edit` says of each."""
    if editor.unit not in catalogue.units or not there(catalogue.units[editor.unit], on):
        return []
    if not editor.whole_organisation:
        return [unit for unit in catalogue.units if owner_of(unit, catalogue, on) == editor.unit]
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    own = organisation_of(editor.unit, catalogue, on)
    return [unit for unit, one in catalogue.units.items() if belonging(one.organisation, heirs, on).organisation == own]


def abandoned(catalogue: Catalogue, on: date) -> dict[UnitId, date]:
    """Return the units that have closed and that nobody took over, each with the day the last of its line closed."""
    found: dict[UnitId, date] = {}
    for unit in catalogue.units:
        if owner_of(unit, catalogue, on) is None:
            line = [catalogue.units[each].valid_to for each in successors(unit, catalogue.units)]
            found[unit] = max(day for day in line if day is not None and day <= on)
    return found
