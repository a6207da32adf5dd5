"""Who the system is, and for whom it acts (R66)."""

import asyncio
import base64

import httpx
import pytest

from familiebro_client import Acting, Bearer, ClientCredentials, Familiebro, NotAuthenticated, TokenDenied
from tests.client.support import ADDRESS, MIDWIFE, MOTHER, SECRET, Desk, Standing, posted, problem

EMPTY = httpx.Response(200, json={"events": []})


def test_one_token_serves_many_calls_until_shortly_before_it_ends(client: Standing) -> None:
    desk, at = Desk([EMPTY], lifetime_s=600), [0.0]
    tokens = ClientCredentials(ADDRESS, "region", SECRET, monotonic=lambda: at[0])
    for moment, fetched in ((0.0, 1), (539.0, 1), (541.0, 2), (541.0, 2)):
        at[0] = moment
        client.do(desk, lambda familiebro: familiebro.events(), tokens=tokens)
        assert desk.tokens == fetched
    assert desk.asked[-1].headers["authorization"] == "Bearer token-2"


def test_a_short_token_is_used_for_half_its_life(client: Standing) -> None:
    desk, at = Desk([EMPTY], lifetime_s=40), [0.0]
    tokens = ClientCredentials(ADDRESS, "region", SECRET, monotonic=lambda: at[0])
    for moment, fetched in ((0.0, 1), (19.0, 1), (21.0, 2)):
        at[0] = moment
        client.do(desk, lambda familiebro: familiebro.events(), tokens=tokens)
        assert desk.tokens == fetched


def test_a_token_refused_meanwhile_is_fetched_anew_once(client: Standing) -> None:
    desk = Desk([EMPTY], refuses={"token-1"})
    assert client.do(desk, lambda familiebro: familiebro.events()) == []
    assert desk.tokens == 2
    desk = Desk([EMPTY], refuses={"token-1", "token-2"})
    with pytest.raises(NotAuthenticated):
        client.do(desk, lambda familiebro: familiebro.events())
    assert desk.tokens == 2


async def test_calls_at_once_wait_for_one_token() -> None:
    desk = Desk([EMPTY])

    async def slowly(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return desk(request)

    tokens = ClientCredentials(ADDRESS, "region", SECRET)
    async with Familiebro(ADDRESS, tokens, transport=httpx.MockTransport(slowly)) as familiebro:
        await asyncio.gather(*(familiebro.request("GET", "/events") for _ in range(20)))
    assert (desk.tokens, len(desk.asked)) == (1, 20)


def test_an_unknown_client_is_told_once(client: Standing, waits: list[float]) -> None:
    desk = Desk([EMPTY], denied=httpx.Response(401, json={"error": "invalid_client", "error_description": SECRET}))
    with pytest.raises(TokenDenied) as denied:
        client.do(desk, lambda familiebro: familiebro.events())
    assert denied.value.error == "invalid_client"
    assert SECRET not in repr(denied.value)
    assert (desk.asked, waits) == ([], [])


def test_a_busy_token_desk_is_waited_for(client: Standing, waits: list[float]) -> None:
    desk = Desk([EMPTY], denied=problem(429, "rate_limited", {"Retry-After": "4"}))
    tried: list[None] = []

    def recovering(request: httpx.Request) -> httpx.Response:
        tried.append(None)
        if len(tried) == 2:
            desk.denied = None
        return desk(request)

    client.do(recovering, lambda familiebro: familiebro.events())
    assert (waits, desk.tokens) == ([4.5], 1)


def test_the_client_proves_itself_as_the_token_desk_wants_it(client: Standing) -> None:
    seen: list[httpx.Request] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return Desk([EMPTY])(request)

    client.do(look, lambda familiebro: familiebro.events(), tokens=ClientCredentials(ADDRESS, "a b", "s:å"))
    assert str(seen[0].url) == ADDRESS + "/oauth2/token"
    assert seen[0].content == b"grant_type=client_credentials"
    assert base64.b64decode(seen[0].headers["authorization"].removeprefix("Basic ")) == b"a+b:s%3A%C3%A5"
    assert "familiebro-acting-user" not in seen[0].headers


def test_every_call_names_the_person_who_acts(client: Standing) -> None:
    desk = Desk([EMPTY])
    client.do(desk, lambda familiebro: familiebro.events(), acting=None)
    client.do(desk, lambda familiebro: familiebro.acting(Acting("LG-1", "99990000001")).events())
    assert "familiebro-acting-user" not in desk.asked[0].headers
    assert desk.asked[1].headers["familiebro-acting-user"] == "LG-1"
    assert desk.asked[1].headers["familiebro-acting-organisation"] == "99990000001"


@pytest.mark.parametrize(("user", "organisation"), [("", "99990000001"), ("a b", "99990000001"), ("a", "12"),
                                                    ("a\n", "99990000001"), ("a" * 65, "99990000001")])  # fmt: skip
def test_a_person_without_form_is_nobody(user: str, organisation: str) -> None:
    with pytest.raises(ValueError, match=r"user|organisation"):
        Acting(user, organisation)


def test_a_users_own_token_is_asked_for_each_time(client: Standing) -> None:
    desk, own = Desk([EMPTY]), iter(["one", "two"])
    tokens = Bearer(lambda: next(own))
    for name in ("one", "two"):
        client.do(desk, lambda familiebro: familiebro.events(), tokens=tokens, acting=None)
        assert desk.asked[-1].headers["authorization"] == "Bearer " + name


@pytest.mark.parametrize("address", ["http://familiebro.example", "ftp://127.0.0.1", "familiebro.example", ""])
def test_nothing_travels_in_the_clear(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        ClientCredentials(address, "region", SECRET)
    with pytest.raises(ValueError, match="https"):
        Familiebro(address, Bearer(lambda: "x"), acting=MIDWIFE)


def test_a_redirect_is_not_followed(client: Standing) -> None:
    desk = Desk([httpx.Response(307, headers={"Location": "https://elsewhere.example/"}), posted()])
    with pytest.raises(Exception, match="307"):
        client.do(desk, lambda familiebro: familiebro.read(MOTHER))
    assert len(desk.asked) == 1
