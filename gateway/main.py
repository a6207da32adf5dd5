"""Wire the gateway together: the only place where things meet."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog

from gateway import problems
from gateway.addresses import screen
from gateway.clients import read_clients
from gateway.door import Door
from gateway.exchange import Answer, Disconnected, Receive, Request, Scope, Send, deliver, headers_of, told
from gateway.health import Health
from gateway.identity import OUTSIDE, Reception
from gateway.limits import Limiter
from gateway.oauth import TokenDesk
from gateway.pages import Pages
from gateway.problems import Refused, refusal
from gateway.routes import is_api, is_unlinked
from gateway.settings import NAME, Settings
from gateway.upstream import Upstreams
from shared.app import accepted_request_id, calm_the_collector, safe_path
from shared.auth import TokenSigner, TokenVerifier
from shared.clock import monotonic
from shared.problems import INTERNAL, KitError

log = structlog.get_logger()
Answering = Callable[[Request], Awaitable[Answer]]
_QUIET = frozenset({"/health/live", "/health/ready"})
_READS = frozenset({"GET", "HEAD"})


class Gateway:
    """The ASGI application: an id for each request, an answer whatever happens, a log line without content."""

    def __init__(
        self,
        door: Door,
        desk: TokenDesk,
        own: Mapping[str, Answering],
        upstreams: Upstreams,
        strangers: Limiter,
        proxies: frozenset[str],
    ) -> None:
        self._door = door
        self._desk = desk
        self._own = own
        self._upstreams = upstreams
        self._strangers = strangers
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._upstreams.open()
        calm_the_collector()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._upstreams.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = monotonic()
        peer = scope["client"][0] if scope.get("client") else "unknown"
        request = Request(scope["method"], "", "", {}, peer, accepted_request_id(None), receive)
        status = 499
        try:
            answer = await self._answer(request, scope)
            status = answer.status
            await deliver(answer, request, send)
        except Disconnected:
            pass
        except KitError:
            # The service broke off in mid-answer: returning unfinished makes the server cut the connection.
            status = 502
        finally:
            if request.shown_path not in _QUIET:
                log.info(
                    "request",
                    method=request.method,
                    path=request.shown_path,
                    status=status,
                    ms=round((monotonic() - started) * 1000, 1),
                    unit=request.unit,
                    request_id=request.request_id,
                )

    async def _answer(self, request: Request, scope: Scope) -> Answer:
        try:
            request.headers = headers_of(scope["headers"])
            request.request_id = accepted_request_id(request.headers.get("x-request-id") or request.request_id)
            request.path, request.query = screen(scope["raw_path"], scope["query_string"])
            request.address = self._address(request)
            if is_unlinked(request.path):
                request.request_id = accepted_request_id(None)
            return await self._find(request)
        except Disconnected:
            raise
        except Exception as error:  # the one place: whatever happens, the caller gets a problem
            refused = refusal(error)
            if refused.problem is INTERNAL:
                log.exception("failed", request_id=request.request_id)
            else:
                log.info("refused", code=refused.problem.code, what=refused.extra.get("what"),
                         request_id=request.request_id)  # fmt: skip
            return told(refused, request.request_id)

    async def _find(self, request: Request) -> Answer:
        if is_api(request.path):
            return await self._door.open_for(request)
        if request.path == "/oauth2/token":
            request.shown_path = request.path
            return await self._desk.serve(request)
        own = self._own.get(request.path)
        if request.path not in _QUIET:
            self._strangers.take(request.address, monotonic())
        if own is None:
            raise Refused(problems.NOT_THERE)
        request.shown_path = safe_path(request.path)
        if request.method not in _READS:
            raise Refused(problems.METHOD, {"Allow": "GET, HEAD"})
        return await own(request)

    def _address(self, request: Request) -> str:
        """Return what a stranger is counted by: the address, of IPv6 the network."""
        address = request.address
        if address in self._proxies:
            address = request.headers.get("x-forwarded-for", address).rpartition(",")[2].strip()
        if ":" in address:
            try:
                return str(ipaddress.ip_network(f"{address}/64", strict=False))
            except ValueError:
                return request.address
        return address


def create_app(settings: Settings) -> Gateway:
    """Return the application; nothing is connected before it starts.

    Raises:
        ValueError: an identity provider or the gateway itself has no key among the trusted ones, or a file is
            not as it should be.
    """
    issuers = [NAME, *settings.identity_providers]
    missing = set(issuers) - set(orjson.loads(settings.trusted_keys.read_bytes()))
    if missing:
        msg = f"no trusted key for {sorted(missing)}"
        raise ValueError(msg)
    clients = read_clients(settings.clients)
    signer = TokenSigner(NAME, orjson.loads(settings.identity_key.read_bytes()))
    verifier = TokenVerifier.from_file(OUTSIDE, settings.trusted_keys, issuers)
    upstreams = Upstreams(settings.upstreams)
    strangers = Limiter(settings.anonymous_requests_per_minute)
    health, pages = Health(upstreams), Pages(upstreams)
    return Gateway(
        Door(
            Reception(verifier, signer, NAME, clients),
            upstreams,
            Limiter(settings.requests_per_minute),
            strangers,
            settings.max_body_bytes,
        ),
        TokenDesk(clients, signer, strangers, Limiter(settings.token_requests_per_minute), settings.token_lifetime_s),
        {"/health/live": health.live, "/health/ready": health.ready, **pages.addresses()},
        upstreams,
        strangers,
        frozenset(settings.trusted_proxies),
    )
