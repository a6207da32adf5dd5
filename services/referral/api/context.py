"""Build a use case's surroundings from the request."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.referral import upstream
from services.referral.actions.context import Context
from services.referral.api.roles import Citizen
from services.referral.domain.model import PersonId, UnitId, as_author
from shared.auth import Caller, VerifiedClaims, unit_of
from shared.clock import Now, moment_of
from shared.problems import MissingScope, request_id_of

# A citizen of whom nothing is kept is nobody's author, and speaks for nobody.
_NOBODY = PersonId(UUID(int=0))


async def _context(request: Request, caller: Caller, at: Now) -> Context:
    return _around(request, caller, at)


def _around(request: Request, caller: VerifiedClaims, at: datetime) -> Context:
    state = request.app.state
    return Context(
        state.database, state.consent, state.directory, state.units, caller, at, request_id_of(request),
        UnitId(unit_of(caller)), state.terms, state.offers,
    )  # fmt: skip


def surroundings(request: Request, caller: VerifiedClaims) -> Context:
    """Return them for a route that takes its request apart itself."""
    return _around(request, caller, moment_of(request))


async def _of_family(request: Request, caller: Citizen, at: Now) -> Context:
    """Ask consent at this moment who the login is, and for whom that person speaks."""
    state, number = request.app.state, request_id_of(request)
    if caller.citizen is None:
        raise MissingScope
    person, reader = await upstream.speaker(state.consent, caller.citizen, caller.user, number)
    me = as_author(_NOBODY if person is None else person)
    return Context(
        state.database, state.consent, state.directory, state.units, caller, at, number, me, state.terms,
        state.offers, reader.speaks_for, reader.myself, reader.protected,
    )  # fmt: skip


Surroundings = Annotated[Context, Depends(_context)]
OfFamily = Annotated[Context, Depends(_of_family)]
