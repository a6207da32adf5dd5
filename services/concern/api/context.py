"""What the routes share: who asks, in which role, the directory's units, and the seal."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from services.concern.actions.context import Nobody, refuse, refuse_step
from services.concern.actions.context import Request as Asked
from services.concern.actions.knowing import KnownUnits as AllUnits
from services.concern.api.problems import PROBLEMS
from services.concern.domain import errors
from services.concern.sealing import Seal
from shared.auth import Role, VerifiedClaims, verified, with_role
from shared.clock import Now, moment_of
from shared.contracts import UnitOut
from shared.db import Database, InTransaction
from shared.problems import MissingScope, Unavailable, request_id_of

# What a caller reached for and may not have: refused on the ledger. Whoever adds such an error adds it here.
_NOT_THEIRS: tuple[type[Exception], ...] = (errors.UnknownReport, errors.NotTheAuthority)


class Noted(APIRoute):
    """A route whose refusals are on the ledger: of what is not theirs (R50), and of what the rules do not allow.

    What the request wrote is undone by then; the entry is committed by itself before the answer leaves.
    """

    names_caller = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the note around it."""
        answer = super().get_route_handler()

        async def noted(request: Request) -> Response:
            try:
                return await answer(request)
            except errors.ConcernError as error:
                await self._note(request, error)
                raise
            except MissingScope:
                await self._note_role(request)
                raise

        return noted

    async def _note_role(self, request: Request) -> None:
        """Keep that somebody without the role reached for it (R50), where the address names who asks."""
        caller: VerifiedClaims | None = request.scope.get("familiebro.caller") if self.names_caller else None
        if caller is None:
            return
        asked = Asked(caller, moment_of(request), request_id_of(request))
        told = {"address": f"{request.method} {self.path}", "code": "missing_scope", **_named(request)}
        database: Database = request.app.state.database
        async with database.connection() as connection:
            await refuse(connection, asked, **told)

    async def _note(self, request: Request, error: errors.ConcernError) -> None:
        at, number = moment_of(request), request_id_of(request)
        caller: VerifiedClaims | None = request.scope.get("familiebro.caller") if self.names_caller else None
        asked = Nobody(at, number) if caller is None else Asked(caller, at, number)
        told = {"address": f"{request.method} {self.path}", **_named(request)}
        database: Database = request.app.state.database
        async with database.connection() as connection:
            if isinstance(error, _NOT_THEIRS):
                await refuse(connection, asked, **told)
            else:
                await refuse_step(connection, asked, PROBLEMS[type(error)].code, error.rule, **told)


class NotedOpen(Noted):
    """The same where nobody need say who they are, and so nobody is named, whoever is logged in.

    An anonymous report leaves no trace of a login on the ledger, one that was refused included (R36).
    """

    names_caller = False


def _named(request: Request) -> dict[str, str]:
    """Return the ids in the address; what is no id is not told."""
    found = {}
    for name, written in request.path_params.items():
        with suppress(ValueError):
            found[name] = str(UUID(str(written)))
    return found


Reporter = Annotated[VerifiedClaims, Depends(with_role(Role.REPORT))]
Reception = Annotated[VerifiedClaims, Depends(with_role(Role.RECEIVE_REPORTS))]
Leader = Annotated[VerifiedClaims, Depends(with_role(Role.LEAD))]
Overseer = Annotated[VerifiedClaims, Depends(with_role(Role.LEAD, Role.RECEIVE_REPORTS))]
Citizen = Annotated[VerifiedClaims, Depends(with_role(Role.CITIZEN))]
_OwnSide = Annotated[VerifiedClaims, Depends(with_role(Role.REPORT, Role.CITIZEN))]
_Reader = Annotated[VerifiedClaims, Depends(with_role(Role.RECEIVE_REPORTS, Role.REPORT, Role.CITIZEN))]


async def _reporter(request: Request, caller: Reporter, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _reception(request: Request, caller: Reception, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _leader(request: Request, caller: Leader, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _overseer(request: Request, caller: Overseer, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _citizen(request: Request, caller: Citizen, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _own_side(request: Request, caller: _OwnSide, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _reader(request: Request, caller: _Reader, at: Now) -> Asked:
    return Asked(caller, at, request_id_of(request))


async def _anybody(request: Request, at: Now) -> Asked | Nobody:
    """Return a citizen by their login, or nobody where no token came; a token that is none opens nothing (R36)."""
    if "authorization" not in request.headers:
        return Nobody(at, request_id_of(request))
    caller = verified(request)
    if Role.CITIZEN not in caller.roles or caller.citizen is None or caller.unit is not None:
        raise MissingScope  # whoever acts for a unit reports for it, by name
    return Asked(caller, at, request_id_of(request))


ByReporter = Annotated[Asked, Depends(_reporter)]
ByReception = Annotated[Asked, Depends(_reception)]
ByLeader = Annotated[Asked, Depends(_leader)]
ByOverseer = Annotated[Asked, Depends(_overseer)]
ByCitizen = Annotated[Asked, Depends(_citizen)]
# Whoever has reported, with a unit or with a login; whoever may read; and whoever comes, with a login or without.
ByOwnSide = Annotated[Asked, Depends(_own_side)]
ByReader = Annotated[Asked, Depends(_reader)]
ByAnybody = Annotated[Asked | Nobody, Depends(_anybody)]


async def _units(request: Request, transaction: InTransaction, at: Now) -> Mapping[str, UnitOut]:
    known: AllUnits = request.app.state.known_units
    return await known.all(transaction, request_id_of(request), at)


async def _known(request: Request, transaction: InTransaction, at: Now) -> Mapping[str, UnitOut]:
    try:
        return await _units(request, transaction, at)
    except Unavailable:
        return {}


async def _seal(request: Request) -> Seal:
    seal: Seal = request.app.state.seal
    return seal


# As rules need them; and as readers are told them, which can wait: none, where nobody has ever told of any.
Units = Annotated[Mapping[str, UnitOut], Depends(_units)]
KnownUnits = Annotated[Mapping[str, UnitOut], Depends(_known)]
TheSeal = Annotated[Seal, Depends(_seal)]


async def _request_id(request: Request) -> str:
    return request_id_of(request)


RequestId = Annotated[str, Depends(_request_id)]
