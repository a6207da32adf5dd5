"""The pages: readable by anybody, and nothing in them comes from elsewhere."""

import json
import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.gateway.support import Echo, Issuers, app, serving

PAGES = ["/", "/docs", "/docs/directory", "/docs/consent", "/docs/referral", "/docs/concern"]
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "consent", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:8001"}],
    "paths": {
        "/consents": {"get": {"responses": {}}},
        "/audit/ledger/export": {"get": {"responses": {}}},
        "/internal/decisions": {"post": {"responses": {}}},
        "/health/ready": {"get": {"responses": {}}},
        "/offers": {"get": {"responses": {}}},
    },
    "components": {"schemas": {"A": {}}},
}


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_from_elsewhere(door: httpx.Client, page: str) -> None:
    got = door.get(page)
    assert got.status_code == 200
    seen = Seen(got.text)
    loaded = [tag[name] for tag in seen.all("script") + seen.all("link") + seen.all("img") for name in ("src", "href")
              if tag.get(name)]  # fmt: skip
    assert loaded
    for address in loaded:
        assert address is not None
        assert address.startswith("/static/")
        assert door.get(address).status_code == 200
    assert "//" not in re.sub(r"<!--.*?-->", "", got.text)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_no_script_of_its_own_and_the_policy_says_so(door: httpx.Client, page: str) -> None:
    got = door.get(page)
    assert "script-src 'self';" in got.headers["content-security-policy"]
    assert all(script.get("src") for script in Seen(got.text).all("script"))
    assert not re.search(r"\son[a-z]+=", got.text)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read_aloud_and_walked_by_keyboard(door: httpx.Client, page: str) -> None:
    seen = Seen(door.get(page).text)
    assert seen.all("html")[0]["lang"] == "da"
    assert len(seen.all("main")) == len(seen.all("h1")) == len(seen.all("title")) == 1
    assert seen.all("header")
    assert seen.all("a")[0] == {"class": "skip", "href": f"#{seen.all('main')[0]['id']}"}
    assert "viewport" in {meta.get("name") for meta in seen.all("meta")}


def test_the_start_page_says_what_this_is_and_warns_of_personal_numbers(door: httpx.Client) -> None:
    text = door.get("/").text
    assert "Familiebro" in text
    assert "CPR" in text
    assert 'href="/docs"' in text
    assert 'lang="en"' in text


def test_a_static_file_is_not_sent_twice(door: httpx.Client) -> None:
    first = door.get("/static/swagger-ui-bundle.js")
    again = door.get("/static/swagger-ui-bundle.js", headers={"If-None-Match": first.headers["etag"]})
    assert len(first.content) > 100_000
    assert again.status_code == 304
    assert again.content == b""


def test_a_page_answers_head_and_takes_no_post(door: httpx.Client) -> None:
    assert door.head("/").status_code == 200
    assert door.head("/").content == b""
    assert door.post("/").status_code == 405


def test_a_description_shows_public_paths_only(issuers: Issuers, upstreams: dict[str, str], echo: Echo) -> None:
    echo.says("/openapi.json", 200, {}, json.dumps(DOCUMENT).encode())
    with serving(app(issuers, upstreams)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as door:
        shown = [door.get("/openapi/consent.json") for _ in range(3)]
        directory = door.get("/openapi/directory.json").json()
    assert [each.status_code for each in shown] == [200, 200, 200]
    told = shown[0].json()
    assert told["servers"] == [{"url": "/api/v1"}]
    assert set(told["paths"]) == {"/consents", "/audit/consent/ledger/export"}
    assert told["paths"]["/consents"]["get"]["security"] == [{"person": []}, {"system": []}]
    assert set(told["components"]) == {"schemas", "securitySchemes"}
    assert set(directory["paths"]) == {"/offers", "/audit/directory/ledger/export"}
    assert {} in directory["paths"]["/offers"]["get"]["security"]
    assert [each["path"] for each in echo.seen] == ["/openapi.json"] * 2
    assert "authorization" not in dict(echo.seen[0]["headers"])


@pytest.mark.parametrize("broken", [b"no json", b"[]", b'{"paths": 1}', b"x" * 5_000_000])
def test_a_broken_description_is_503(issuers: Issuers, upstreams: dict[str, str], echo: Echo, broken: bytes) -> None:
    echo.says("/openapi.json", 200, {}, broken)
    with serving(app(issuers, upstreams)) as port:
        got = httpx.get(f"http://127.0.0.1:{port}/openapi/consent.json")
    assert got.status_code == 503
    assert "retry-after" in got.headers
