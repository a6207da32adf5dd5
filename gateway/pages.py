"""The gateway's own pages: the start page, the API documentation, and the files they need; nothing from outside."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from string import Template

import orjson

from gateway.exchange import Answer, Headers, Request
from gateway.openapi import public_document
from gateway.routes import SERVICES
from gateway.upstream import Upstreams
from shared.clock import monotonic
from shared.problems import Unavailable

_OWN = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
}
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
_KEPT_S = 30.0
_PATIENCE_S = 4.0
_LARGEST_DOCUMENT = 4 * 1024 * 1024
_TITLES = {
    "directory": ("Kataloget", "Tilbud, kommuner, regioner og enheder"),
    "consent": ("Samtykke", "Hvad hver person har sagt ja og nej til, og hvem der har fået hvad at vide"),
    "referral": ("Henvisning", "Henvisninger, svar og opgaver"),
    "concern": ("Underretning", "Underretninger til myndigheden: modtaget, vurderet i tide og besvaret"),
}


class Pages:
    """Everything a person with a browser finds here."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._documents: dict[str, tuple[float, bytes]] = {}
        self._answers: dict[str, Answer] = {}

    def addresses(self) -> Mapping[str, Callable[[Request], Awaitable[Answer]]]:
        """Return each address with what answers there."""
        found = {"/": _page("start"), "/docs": _page("docs", items=_items())}
        for name, (title, about) in _TITLES.items():
            found[f"/docs/{name}"] = _page("swagger", service=name, title=title, about=about)
        files = [file for file in _OWN.iterdir() if file.suffix in _TYPES]
        files += [_swagger_folder() / name for name in _SWAGGER]
        found |= {f"/static/{file.name}": _file(file) for file in files}
        answers = {place: partial(_fixed, answer) for place, answer in found.items()}
        documents = {f"/openapi/{name}.json": partial(self._document, name) for name in SERVICES}
        return {**answers, **documents}

    async def _document(self, service: str, request: Request) -> Answer:
        """Return a service's API description as the public sees it."""
        at = monotonic()
        held = self._documents.get(service)
        if held is None or at - held[0] > _KEPT_S:
            held = (at, await self._fetch(service, request.request_id))
            self._documents[service] = held
        return Answer(200, [(b"content-type", b"application/json"), (b"cache-control", b"public, max-age=30")], held[1])

    async def _fetch(self, service: str, request_id: str) -> bytes:
        asked = {"X-Request-Id": request_id, "Accept": "application/json"}
        raw, status = await self._upstreams.read(
            service, "/openapi.json", headers=asked, patience_s=_PATIENCE_S, most=_LARGEST_DOCUMENT
        )
        if status != HTTPStatus.OK:
            raise Unavailable(service)
        try:
            return orjson.dumps(public_document(service, orjson.loads(raw)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(service) from error


async def _fixed(answer: Answer, request: Request) -> Answer:
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    if tag is not None and request.headers.get("if-none-match") == tag.decode():
        return Answer(304, answer.headers)
    return answer


def _swagger_folder() -> Path:
    """Find the files in the package without importing it."""
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        msg = "fastapi-offline is not installed; the gateway needs its files"
        raise RuntimeError(msg)
    return Path(found.origin).parent / "static"


def _page(name: str, **words: str) -> Answer:
    text = Template((_OWN / f"{name}.html").read_text(encoding="utf-8")).substitute(words)
    headers: Headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", b"da"),
        (b"content-security-policy", _POLICY.encode()),
        (b"cache-control", b"no-cache"),
    ]
    return Answer(200, headers, text.encode())


def _file(file: Path) -> Answer:
    content = file.read_bytes()
    headers = [
        (b"content-type", _TYPES[file.suffix]),
        (b"cache-control", b"public, max-age=3600"),
        (b"etag", b'"' + hashlib.sha256(content).hexdigest()[:32].encode() + b'"'),
    ]
    return Answer(200, headers, content)


def _items() -> str:
    return "\n".join(
        f'<li><a href="/docs/{name}">{title}</a>: {about}. '
        f'<a href="/openapi/{name}.json">OpenAPI (JSON)<span class="unseen"> for {title}</span></a></li>'
        for name, (title, about) in _TITLES.items()
    )
