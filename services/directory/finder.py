"""The offers in memory, ready to be searched, and what they are checked against; never older than the answer says.

Before an answer leaves, the number of the newest change is read from the database (`store.showings`). Where that is
another than the index had seen, the index is brought up to date and asked again; after a large import or a change of
units it is built anew beside the old one, which answers meanwhile. Texts shown are kept until something changes.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import structlog

from services.directory.domain.geography import Places
from services.directory.domain.index.entry import Entry, entry
from services.directory.domain.index.index import Found, Hit, Index
from services.directory.domain.matching import reach
from services.directory.domain.model import Catalogue, MunicipalityCode
from services.directory.domain.places import areas, middles
from services.directory.domain.search import Search
from services.directory.domain.succession import belonging, lawful_heirs
from services.directory.domain.text.analysis import Analysis, read_analysis
from services.directory.store import reference, showings
from services.directory.store.showings import Pulse, Shown, Told
from shared.clock import danish_date, now
from shared.db import Connection, Database
from shared.problems import Unavailable

log = structlog.get_logger()
DATA = Path(__file__).parent / "data"
_COMPOUNDS, _THESAURUS = "compounds.toml", "thesaurus.toml"
# More changes than this at once are taken in beside the running index: each costs it a millisecond or two.
_MOST_AT_ONCE = 25
# About 30 MB of texts.
_MOST_SHOWN = 12_000
_UNBUILT = Pulse(-1, -1)


def words() -> Analysis:
    """Return the reading of words that the maintained word lists make."""
    compounds, thesaurus = ((name, (DATA / name).read_text("utf-8")) for name in (_COMPOUNDS, _THESAURUS))
    return read_analysis(compounds, thesaurus)


class Finder:
    """The index and the catalogue (without offers) it is built with."""

    def __init__(self, database: Database, analysis: Analysis, demoted_after_days: int) -> None:
        self._database = database
        self._analysis = analysis
        self._demoted_after = demoted_after_days
        self._changing = asyncio.Lock()
        self._building: asyncio.Task[None] | None = None
        self._index = Index(analysis, demoted_after_days)
        self._keys: dict[str, list[str]] = {}
        self._shown: dict[str, Told] = {}
        self._newest = Newest(database)
        self._day = date.min
        self._areas: dict[date, dict[str, frozenset[str]]] = {}
        self.catalogue = Catalogue({}, {}, {}, {}, {})
        self.places = Places()
        self.seen = _UNBUILT

    async def open(self) -> None:
        """Build the index, if the database is there already; otherwise the first question does."""
        with suppress(Unavailable):
            async with self._database.connection() as connection:
                await self.refresh(connection, danish_date(now()))

    async def close(self) -> None:
        """Stop building."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.wait([self._building])

    @property
    def built(self) -> bool:
        """True once there is an index."""
        return self.seen != _UNBUILT

    def is_as_of(self, newest: Pulse, today: date) -> bool:
        """Say whether the index knows the newest change, and stands as offers are on that day."""
        return newest == self.seen and today == self._day

    def search(self, asked: Search, today: date) -> Found:
        """Search what the index holds now."""
        return self._index.search(asked, today, self._municipalities(asked.on) if asked.facets else None)

    async def page(self, hits: Sequence[Hit], on: date) -> tuple[Pulse, dict[str, Told]]:
        """Return what is shown of each hit, by its key, and the newest change as of a moment after the call.

        Texts are kept as long as nothing changes; where something has, whoever asks is to `refresh` and ask anew.
        """
        # Taken before anything is waited for: what is kept may be let go meanwhile.
        kept = {hit.key: self._shown[hit.key] for hit in hits if hit.key in self._shown}
        missing = [hit.key for hit in hits if hit.key not in kept]
        if not missing:
            return await self._newest.read(), kept
        async with self._database.connection() as connection:
            newest, told = await showings.page(connection, [offer_of(key) for key in missing], on)
        fetched = {key: told[offer_of(key)] for key in missing if offer_of(key) in told}
        if newest == self.seen:
            self._keep(fetched)
        return newest, kept | fetched

    def _keep(self, fetched: Mapping[str, Told]) -> None:
        self._shown.update(fetched)
        while len(self._shown) > _MOST_SHOWN:
            self._shown.pop(next(iter(self._shown)))

    async def refresh(self, connection: Connection, today: date) -> bool:
        """Take in what has changed; return whether the index is now as the database was at the call.

        False: a large change is being taken in beside it, and the old index answers meanwhile.
        """
        async with self._changing:
            if not self.built:
                await self._build(connection, today)
                return True
            if self.is_as_of(await showings.pulse(connection), today):
                return True
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                newest = await showings.pulse(connection)
                known = newest.base == self.seen.base and today == self._day
                changed = await self._few(connection, today) if known else None
            if changed is None:
                self._build_beside(today)
                return False
            self._take_in(changed, newest)
            return True

    async def renew(self, today: date) -> bool:
        """Take in what has changed, as `refresh` does, on a connection of its own."""
        async with self._database.connection() as connection:
            return await self.refresh(connection, today)

    async def _few(self, connection: Connection, today: date) -> list[Shown] | None:
        """Return what has changed, unless it is much."""
        changed: list[Shown] = []
        async for piece in showings.changed(connection, self.seen.change, today):
            if len(changed) + len(piece) > _MOST_AT_ONCE:
                return None
            changed += showings.read(piece)
        return changed

    async def settled(self) -> None:
        """Wait until what is being built beside has taken the old index's place."""
        if self._building is not None:
            await asyncio.wait([self._building])

    def _municipalities(self, on: date) -> dict[str, frozenset[str]]:
        """Return what an offer may name that reaches each municipality on a day."""
        if on not in self._areas:
            told = {code: areas(self.catalogue, code, on) for code in self.catalogue.municipalities}
            self._areas = {on: {MunicipalityCode(code): around for code, around in told.items() if around}}
        return self._areas[on]

    def _take_in(self, changed: list[Shown], newest: Pulse) -> None:
        for number in {each.offer for each in changed}:
            for key in self._keys.pop(number, []):
                self._index.remove(key)
                self._shown.pop(key, None)
        for made in _entries(changed, self.catalogue, self.places, self._day):
            self._index.put(made)
            self._keys.setdefault(made.offer, []).append(made.key)
        self.seen = newest

    def _build_beside(self, today: date) -> None:
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._built_beside(today))
            self._building.add_done_callback(_heard)

    async def _built_beside(self, today: date) -> None:
        async with self._database.connection() as connection:
            await self._build(connection, today)

    async def _build(self, connection: Connection, today: date) -> None:
        """Build everything anew from one snapshot; what takes long is done in a thread of its own, in pieces."""
        entries: list[Entry] = []
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            newest = await showings.pulse(connection)
            catalogue = await reference.catalogue(connection)
            places = middles(catalogue)
            async for piece in showings.changed(connection, -1, today):
                entries += await asyncio.to_thread(_read_entries, piece, catalogue, places, today)
        index = await asyncio.to_thread(Index.build, entries, self._analysis, self._demoted_after)
        keys: dict[str, list[str]] = {}
        for made in entries:
            keys.setdefault(made.offer, []).append(made.key)
        self._index, self._keys, self._areas, self._day, self._shown = index, keys, {}, today, {}
        self.catalogue, self.places, self.seen = catalogue, places, newest
        log.info("index_built", offers=len(entries))


class Newest:
    """The newest change, read once for all who ask meanwhile; each hears of one that was read after it asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[Pulse] | None = None

    async def read(self) -> Pulse:
        """Return the newest change there is.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        return await asyncio.shield(self._next)

    async def _read(self) -> Pulse:
        async with self._one_at_a_time:
            self._next = None
            async with self._database.connection() as connection:
                return await showings.pulse(connection)


def _heard(building: asyncio.Task[None]) -> None:
    """Log why a new index was not built: the old one answers meanwhile."""
    error = None if building.cancelled() else building.exception()
    if error is not None:
        log.error("index_not_built", error=type(error).__qualname__)


def offer_of(key: str) -> str:
    """Return the offer an index's key is about: a key is the offer and the first day it is shown so."""
    return key.partition(".")[0]


def _read_entries(piece: Sequence[showings.Row], catalogue: Catalogue, places: Places, day: date) -> list[Entry]:
    return _entries(showings.read(piece), catalogue, places, day)


def _entries(told: Iterable[Shown], catalogue: Catalogue, places: Places, day: date) -> list[Entry]:
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    made = []
    for each in told:
        if each.said is not None and each.from_day is not None:
            key = f"{each.offer}.{each.from_day.isoformat()}"
            at = reach(each.said, day, places)
            one = entry(each.said, at, catalogue, key, each.said_on, (each.from_day, each.to_day))
            whose = belonging(catalogue.units[each.said.unit].organisation, heirs, day).organisation
            made.append(one if whose == one.organisation else replace(one, organisation=whose))
    return made
