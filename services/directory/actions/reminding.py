"""Keep the directory true: remind owners of what nobody has confirmed, whose money ends, and what has lost its unit."""

from datetime import date, datetime, timedelta
from typing import Any

from services.directory.domain.model import Catalogue
from services.directory.domain.rights import Editor, abandoned, editable
from services.directory.domain.succession import belonging, lawful_heirs
from services.directory.store import reference, reminders, showings, versions
from shared.clock import danish_date
from shared.db import Connection

FUNDING_SOON = timedelta(days=60)


async def remind(connection: Connection, at: datetime, unconfirmed_after: timedelta, again_after: timedelta) -> int:
    """Remind every owner who has not been reminded lately; return how many reminders were written.

    One worker at a time: another that comes meanwhile writes none.
    """
    if not await reminders.only_one(connection):
        return 0
    today = danish_date(at)
    catalogue = await reference.catalogue(connection)
    return await reminders.remind(
        connection, at, today, at - again_after, today - unconfirmed_after, today + FUNDING_SOON,
        abandoned(catalogue, today),
    )  # fmt: skip


async def follow_the_law(connection: Connection, at: datetime) -> bool:
    """Show the offers of an organisation that has ended as those of the one that follows it by law (R47).

    Return whether there were any.
    """
    today = danish_date(at)
    catalogue = await reference.catalogue(connection)
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    over = [number for number in heirs if belonging(number, heirs, today).organisation != number]
    if not over or not await showings.shown_as_of(connection, over):
        return False
    await versions.hold_units(connection, changing=True)  # no edit comes between reading and saying anew
    await showings.show_anew(connection, catalogue, today)
    return True


async def reminded(connection: Connection, editor: Editor, catalogue: Catalogue, today: date, limit: int) -> list[Any]:
    """Return what an editor has been reminded of and is still so: its own unit's offers, or its organisation's."""
    units = editable(editor, catalogue, today)
    return await reminders.of_units(connection, units, abandoned(catalogue, today), today, limit)
