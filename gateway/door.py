"""The way through: from a public address to a service and back, for those who may."""

from collections.abc import AsyncIterator, Mapping

from gateway import problems
from gateway.addresses import holds_cpr
from gateway.exchange import Answer, Request
from gateway.identity import Reception, Visitor
from gateway.limits import Limiter
from gateway.problems import Refused
from gateway.routes import METHODS, Route, find, is_open
from gateway.upstream import TO_SERVICE, Upstreams
from shared.app import safe_path
from shared.clock import monotonic
from shared.problems import PersonalNumberRefused, TokenRefused, Unavailable

_ALLOWED = ", ".join(sorted(METHODS))


class Door:
    """Lets requests through to the services, each with an identity the services trust."""

    def __init__(
        self, reception: Reception, upstreams: Upstreams, known: Limiter, strangers: Limiter, max_body_bytes: int
    ) -> None:
        self._reception = reception
        self._upstreams = upstreams
        self._known = known
        self._strangers = strangers
        self._limit = max_body_bytes

    async def open_for(self, request: Request) -> Answer:
        """Return the service's answer.

        Raises:
            Refused: the gateway's own no.
            TokenRefused: no token, or none that opens this.
            Unavailable: the service did not answer.
        """
        visitor = self._visitor(request)
        found = find(request.path)
        if found is None:
            raise Refused(problems.NOT_THERE)
        route, inner = found
        request.shown_path = safe_path(request.path)
        if request.method not in METHODS:
            raise Refused(problems.METHOD, {"Allow": _ALLOWED})
        if visitor is None and not is_open(route, request.method, inner):
            raise TokenRefused
        body = await self._body(request, route)
        headers = _passed_on(request)
        if visitor is not None:
            request.unit = visitor.claims.unit
            headers["Authorization"] = self._reception.inner_token(visitor, route.service)
        target = f"{inner}?{request.query}" if request.query else inner
        try:
            return await self._upstreams.pass_on(
                route.service, request.method, target, headers=headers, body=body, patience_s=route.patience_s
            )
        except Unavailable:
            if request.refused is not None:
                raise request.refused from None
            raise

    def _visitor(self, request: Request) -> Visitor | None:
        """Return who calls, once they have paid: strangers, and whoever shows a bad token, pay by address."""
        try:
            visitor = self._reception.identify(request.headers)
        except (TokenRefused, Refused):
            self._strangers.take(request.address, monotonic())
            raise
        if visitor is None:
            self._strangers.take(request.address, monotonic())
        else:
            self._known.take(visitor.key, monotonic())
        return visitor

    async def _body(self, request: Request, route: Route) -> bytes | AsyncIterator[bytes] | None:
        if request.method == "GET":
            return None
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refused(problems.ENCODED)
        if route.largest_body is None:
            return await request.body(self._limit)
        declared = request.headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > route.largest_body:
            return await request.body(route.largest_body)
        return request.pieces(route.largest_body)


def _passed_on(request: Request) -> dict[str, str]:
    """Return the headers a service gets: the named ones, and the id the request is followed by."""
    given: Mapping[str, str] = request.headers
    if "idempotency-key" in given and holds_cpr(given["idempotency-key"]):
        raise PersonalNumberRefused
    headers = {name: given[name] for name in TO_SERVICE if name in given}
    headers["X-Request-Id"] = request.request_id
    return headers
