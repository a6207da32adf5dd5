"""Build a use case's surroundings from the request."""

from typing import Annotated

from fastapi import Depends, Request

from services.referral.actions.context import Context
from shared.auth import Caller, unit_of
from shared.clock import Now
from shared.problems import request_id_of


async def _context(request: Request, caller: Caller, at: Now) -> Context:
    state = request.app.state
    unit_of(caller)
    return Context(state.database, state.consent, state.directory, state.units, caller, at, request_id_of(request))


Surroundings = Annotated[Context, Depends(_context)]
