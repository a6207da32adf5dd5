"""A party prints a referral: a reading as any other, with the names of the units and what is known of its files."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from services.referral.actions import reading
from services.referral.actions.context import Context
from services.referral.domain.attachments import Attachment
from services.referral.domain.model import ReferralId
from services.referral.domain.view import View
from services.referral.store import attachments
from shared.contracts import UnitOut
from shared.problems import Unavailable


@dataclass(frozen=True, slots=True)
class Printed:
    """What the caller may see now, and what it takes to write it out. `files`: only those that are in view."""

    seen: View
    units: Mapping[str, UnitOut]
    notices: tuple[str, ...]
    files: Mapping[UUID, Attachment]


async def printed(context: Context, number: ReferralId) -> Printed:
    """Return a referral to be printed; raises as `reading.read`, and is on the ledger as that."""
    seen = await reading.read(context, number)
    shown = {each.attachment for each in seen.pieces}
    shown |= {each.attachment for said in seen.messages for each in said.pieces}
    async with context.database.connection() as connection:
        found = await attachments.of_referral(connection, number) if shown - {None} else []
    units: Mapping[str, UnitOut] = {}
    with suppress(Unavailable):
        units = await context.units()
    named = [seen.referral.sender, *(each.task.recipient for each in seen.tasks)]
    notices = await context.notices(named)
    return Printed(seen, units, tuple(notices), {each.id: each for each in found if each.id in shown})
