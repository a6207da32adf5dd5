"""A made-up directory of the whole country, for benchmarks and load: the same for the same seed."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from random import Random

import asyncpg

from deploy.bench.country import SEED, Country, country
from deploy.bench.offering import offering
from services.directory.domain import offers as reading
from services.directory.domain.document import Document
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue, Offer
from services.directory.domain.versions import ALWAYS, Confirmation, Kind
from services.directory.load import load
from services.directory.store import versions
from services.directory.store.versions import NewVersion
from shared.clock import now
from shared.db import Connection, teach_json
from shared.ids import new_id
from shared.ledger import Actor

BATCH = 500
MAKER = Actor(None, "national-generator")
Tell = Callable[[str], None]


def national(seed: int, offers: int, within: Country | None = None) -> Iterator[Document]:
    """Yield that many offers as documents that `domain.offers.offer` reads with `country(seed)`'s catalogue.

    A longer directory begins with the offers of a shorter one of the same seed.
    """
    land = within or country(seed)
    # A municipality with more postcodes has more offers, though not as many times more.
    weights = list(accumulate(1 + min(len(place.postcodes), 40) ** 0.5 for place in land.places))
    for number in range(offers):
        rng = Random(f"{seed} {number}")  # noqa: S311 - likewise
        yield offering(rng, number, rng.choices(land.places, cum_weights=weights)[0], land)


async def fill(owner_url: str, offers: int, tell: Tell, seed: int = SEED) -> int:
    """Put the real data and a made-up directory into a database, as its owner; return how many offers were written.

    Offers go through the store's one way to write, `BATCH` a transaction; those that are there already stay.
    """
    land = country(seed)
    tell(f"{len(land.catalogue.units)} units, {len(land.catalogue.offers)} real offers ...")
    await load(land.catalogue, owner_url, now())
    connection: Connection = await asyncpg.connect(owner_url)
    await teach_json(connection)
    written, made = 0, national(seed, offers, land)
    try:
        for first in range(0, offers, BATCH):
            batch = [read(document, land.catalogue) for document in islice(made, BATCH)]
            async with connection.transaction():
                written += await _write(connection, batch, land.catalogue)
            tell(f"{min(first + BATCH, offers)} of {offers} offers")
        for table in ("offer", "offer_version", "showing"):
            await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()
    return written


def read(document: Document, catalogue: Catalogue) -> Offer:
    """Return the offer a document tells of.

    Raises:
        BadData: it has a flaw, which would be the generator's.
    """
    fields = Fields("national", document["id"], document)
    _, made = reading.offer(fields, catalogue)
    fields.done()
    return made


async def _write(connection: Connection, batch: Sequence[Offer], catalogue: Catalogue) -> int:
    held = await versions.heads(connection, [offer.id for offer in batch])
    at, request = now(), str(new_id())
    new = [
        NewVersion(1, Kind.CREATED, offer, ALWAYS, at, MAKER, None, request, Confirmation(offer.as_of, offer.unit))
        for offer in batch
        if offer.id not in held
    ]
    if new:
        await versions.add(connection, new, catalogue)
    return len(new)
