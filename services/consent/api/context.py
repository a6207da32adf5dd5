"""What the routes share: who asks, and the directory's units, asked before a transaction is opened."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from services.consent import upstream
from services.consent.actions.context import Request as Asked
from services.consent.actions.context import refuse
from services.consent.domain import errors
from services.consent.domain.model import UnitFacts, UnitId
from services.consent.vault import Vault
from shared.auth import Caller, Role, VerifiedClaims, with_role
from shared.clock import Now, danish_date, moment_of
from shared.contracts import UnitOut
from shared.db import Database, undo
from shared.problems import Unavailable, request_id_of

_NOT_THEIRS = (
    errors.UnknownConsent, errors.UnknownPerson, errors.UnknownOverride, errors.UnknownReminder, errors.ForeignSender,
    errors.IdentifierTaken, errors.LoginTaken, errors.NotForThisUnit,
)  # fmt: skip


class Noted(APIRoute):
    """A route whose refusals are on the ledger: somebody reached for what is not theirs (R50).

    What the request wrote is undone by then; the entry is committed by itself before the answer leaves.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the note around it."""
        answer = super().get_route_handler()

        async def noted(request: Request) -> Response:
            try:
                return await answer(request)
            except _NOT_THEIRS as error:
                await undo(request, error)
                caller = request.scope.get("familiebro.caller")
                if caller is not None:
                    asked = Asked(caller, moment_of(request), request_id_of(request))
                    database: Database = request.app.state.database
                    async with database.connection() as connection:
                        await refuse(connection, asked, address=f"{request.method} {self.path}", **_named(request))
                raise

        return noted


def _named(request: Request) -> dict[str, str]:
    """Return the ids in the address; what is no id is not told."""
    found = {}
    for name, written in request.path_params.items():
        with suppress(ValueError):
            found[name] = str(UUID(str(written)))
    return found


Recorder = Annotated[VerifiedClaims, Depends(with_role(Role.RECORD_CONSENT))]
Citizen = Annotated[VerifiedClaims, Depends(with_role(Role.CITIZEN))]
Overrider = Annotated[VerifiedClaims, Depends(with_role(Role.LEGAL_OVERRIDE))]


_Either = Annotated[VerifiedClaims, Depends(with_role(Role.RECORD_CONSENT, Role.LEGAL_OVERRIDE))]


async def _either(request: Request, caller: _Either, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _recorder(request: Request, caller: Recorder, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _citizen(request: Request, caller: Citizen, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _overrider(request: Request, caller: Overrider, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _anybody(request: Request, caller: Caller, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


ByRecorder = Annotated[Asked, Depends(_recorder)]
ByEither = Annotated[Asked, Depends(_either)]
ByCitizen = Annotated[Asked, Depends(_citizen)]
ByOverrider = Annotated[Asked, Depends(_overrider)]
ByAnybody = Annotated[Asked, Depends(_anybody)]


async def _facts(request: Request, at: Now) -> Mapping[UnitId, UnitFacts]:
    state = request.app.state
    return await upstream.facts(state.units, state.directory, request_id_of(request), danish_date(at))


async def _known(request: Request) -> Mapping[str, UnitOut]:
    state = request.app.state
    return await upstream.known(state.units, state.directory, request_id_of(request))


async def _facts_if_known(request: Request, at: Now) -> Mapping[UnitId, UnitFacts]:
    try:
        return await _facts(request, at)
    except Unavailable:
        return {}


async def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


# Units as rules need them: without the directory nothing is recorded. As readers are told them: it can wait.
UnitsToday = Annotated[Mapping[UnitId, UnitFacts], Depends(_facts)]
# Whoever is not known is taken for nobody.
UnitsIfKnown = Annotated[Mapping[UnitId, UnitFacts], Depends(_facts_if_known)]
KnownUnits = Annotated[Mapping[str, UnitOut], Depends(_known)]
TheVault = Annotated[Vault, Depends(_vault)]
