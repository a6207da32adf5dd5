"""What stands behind each UUID of the HSDS addresses."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from services.directory.domain.danish import fold, sort_name
from services.directory.domain.hsds.ids import as_uuid, organization_id, place_id, service_id, unit_id
from services.directory.domain.hsds.world import World, world
from services.directory.domain.model import Catalogue, Organisation, Unit
from services.directory.finder import Finder
from services.directory.store import hsds as store
from shared.db import Connection
from shared.problems import NotThere

Known = TypeVar("Known")


class Register:
    """What stands behind each UUID: made from our ids, they cannot be read back, so they are kept."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self._seen = -1
        self._services: dict[str, str] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._catalogue: Catalogue | None = None
        self._parties: dict[str, Organisation | Unit] = {}
        self._worlds: dict[date, World] = {}

    async def service(self, connection: Connection, number: str) -> str:
        """Return the offer a service is.

        Raises:
            NotThere: there is none.
        """
        return await self._known(connection, number, self._services)

    async def place(self, connection: Connection, number: str) -> tuple[str, int]:
        """Return the offer and the number of its venue that a service at a location is.

        Raises:
            NotThere: there is none.
        """
        return await self._known(connection, number, self._places)

    def parties(self) -> Mapping[str, Organisation | Unit]:
        """Return every organisation and every unit by its UUID, in Danish order."""
        self._look()
        return self._parties

    def named(self, text: str | None) -> list[Organisation | Unit]:
        """Return every organisation and unit whose name, or other name, has each word of the text."""
        words = fold(text or "").split()
        return [one for one in self.parties().values() if all(word in _named(one) for word in words)]

    def world(self, day: date) -> World:
        """Return the catalogue as it is on a day."""
        self._look()
        if day not in self._worlds:
            self._worlds = {day: world(self.finder.catalogue, day)}
        return self._worlds[day]

    def _look(self) -> None:
        """Begin anew where the catalogue is another."""
        catalogue = self.finder.catalogue
        if self._catalogue is catalogue:
            return
        everyone: list[Organisation | Unit] = [*catalogue.organisations.values(), *catalogue.units.values()]
        self._parties = {_uuid(one): one for one in sorted(everyone, key=lambda each: (sort_name(each.name), each.id))}
        self._catalogue, self._worlds = catalogue, {}

    async def _known(self, connection: Connection, number: str, held: Mapping[str, Known]) -> Known:
        wanted = as_uuid(number)
        if wanted not in held:
            await self._learn(connection)
        if wanted is None or wanted not in held:
            raise NotThere
        return held[wanted]

    async def _learn(self, connection: Connection) -> None:
        """Take in the offers that have changed since; there are none to take in when all are known."""
        for offer, change, venues in await store.numbered(connection, self._seen):
            self._services[service_id(offer)] = offer
            self._places |= {place_id(offer, at): (offer, at) for at in range(venues)}
            self._seen = change


def _uuid(one: Organisation | Unit) -> str:
    return unit_id(one.id) if isinstance(one, Unit) else organization_id(one.id)


def _named(one: Organisation | Unit) -> str:
    aliases = one.aliases if isinstance(one, Unit) else ()
    return fold(" ".join((one.name, *aliases)))
