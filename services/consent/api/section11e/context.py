"""What the routes of § 11 e share: who asks, the units as parties, and a note of whatever is refused."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.consent.actions.context import Request as Asked
from services.consent.actions.context import refuse
from services.consent.actions.section11e.around import Parties, parties_of
from services.consent.actions.section11e.refusing import note
from services.consent.api.context import Noted
from services.consent.domain.section11e.errors import Section11eError, UnknownMeeting
from services.consent.upstream import known
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now, danish_date, moment_of
from shared.db import Database, undo
from shared.problems import MissingScope, request_id_of
from shared.units import UnitMirror


class Refused(Noted):
    """A route whose refusals are kept for the auditor: what the request wrote is undone, the refusal stands.

    A meeting whose time was up when somebody came too late is ended along with it (R12).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the note around it."""
        answer = super().get_route_handler()

        async def noted(request: Request) -> Response:
            try:
                return await answer(request)
            except (Section11eError, UnknownMeeting) as error:
                await undo(request, error)
                caller = request.scope.get("familiebro.caller")
                if caller is not None and caller.unit is not None:
                    asked = Asked(caller, moment_of(request), request_id_of(request))
                    database: Database = request.app.state.database
                    problem = request.app.state.problems[type(error)]
                    about = {name: _id(request.path_params.get(name)) for name in ("matter", "meeting")}
                    place = await _municipality(request, caller.unit)
                    async with database.transaction() as transaction:
                        await note(transaction, error, problem.code, about, asked, place)
                raise
            except MissingScope as error:
                await undo(request, error)
                await self._note_role(request)
                raise

        return noted

    async def _note_role(self, request: Request) -> None:
        """Keep that somebody without the role reached for it (R50): who is logged in is known, and what they asked."""
        caller = request.scope.get("familiebro.caller")
        if caller is None:
            return
        asked = Asked(caller, moment_of(request), request_id_of(request))
        database: Database = request.app.state.database
        ids = {name: str(_id(told)) for name, told in request.path_params.items() if _id(told) is not None}
        async with database.connection() as connection:
            await refuse(connection, asked, address=f"{request.method} {self.path}", code="missing_scope", **ids)


async def _municipality(request: Request, unit: str) -> str | None:
    state = request.app.state
    units = await known(state.units, state.directory, request_id_of(request))
    return units[unit].municipality if unit in units else None


def _id(written: object) -> UUID | None:
    try:
        return UUID(str(written))
    except ValueError:
        return None


_Convener = Annotated[VerifiedClaims, Depends(with_role(Role.CONVENE))]
_Leader = Annotated[VerifiedClaims, Depends(with_role(Role.LEAD))]
_Either = Annotated[VerifiedClaims, Depends(with_role(Role.CONVENE, Role.LEAD))]


async def _convener(request: Request, caller: _Convener, at: Now) -> Asked:
    return _person(request, caller, at)


async def _leader(request: Request, caller: _Leader, at: Now) -> Asked:
    return _person(request, caller, at)


async def _either(request: Request, caller: _Either, at: Now) -> Asked:
    return _person(request, caller, at)


def _person(request: Request, caller: VerifiedClaims, at: Any) -> Asked:  # noqa: ANN401 - a moment
    """Return who asks; a system is nobody in a room: each decides and answers personally (R11)."""
    if caller.system or caller.unit is None:
        raise MissingScope
    return Asked(caller, at, request_id_of(request))


async def _parties(request: Request, at: Now) -> Parties:
    """Ask the directory's mirror; one that never heard of the units says no to everybody (503)."""
    state = request.app.state
    mirror: UnitMirror = state.units
    return parties_of(await mirror.all(state.directory, request_id_of(request)), danish_date(at))


ByConvener = Annotated[Asked, Depends(_convener)]
ByLeader = Annotated[Asked, Depends(_leader)]
ByConvenerOrLeader = Annotated[Asked, Depends(_either)]
TheParties = Annotated[Parties, Depends(_parties)]
