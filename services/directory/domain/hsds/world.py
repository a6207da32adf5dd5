"""The catalogue as it is on a day: which region a place is in, and whose a unit is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.directory.domain.model import Catalogue, MunicipalityCode, Organisation, OrganisationId, Unit, UnitId
from services.directory.domain.places import region_of
from services.directory.domain.succession import Heir, belonging, lawful_heirs

COUNTRY, COUNTRY_NAME = "DK", "Danmark"


@dataclass(frozen=True, slots=True)
class World:
    """Everything but the offers, and the day it is looked at on; `units_of`: each organisation's units that day."""

    catalogue: Catalogue
    day: date
    heirs: Mapping[OrganisationId, Heir]
    units_of: dict[OrganisationId, list[UnitId]] = field(default_factory=dict)

    def owner(self, unit: Unit) -> Organisation:
        """Return the organisation a unit belongs to on the day (R47)."""
        return self.catalogue.organisations[belonging(unit.organisation, self.heirs, self.day).organisation]

    def region_name(self, municipality: MunicipalityCode | None) -> str:
        """Return the name of the region a municipality is in on the day; the country's where nobody knows."""
        region = None if municipality is None else region_of(self.catalogue, municipality, self.day)
        return COUNTRY_NAME if region is None else region.name


def world(catalogue: Catalogue, day: date) -> World:
    """Return the catalogue as it is on the day.

    Raises:
        BadData: the organisations contradict the law's succession of regions.
    """
    made = World(catalogue, day, lawful_heirs(catalogue.organisations, catalogue.regions))
    for unit in catalogue.units.values():
        made.units_of.setdefault(made.owner(unit).id, []).append(unit.id)
    return made
