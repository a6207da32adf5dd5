"""Every address of the HSDS 3.0 API document with every parameter, each answer valid by the schemas, strictly too.

The document and its schemas are read from ../shared/standards/hsds-3.0 beside this checkout; where the folder is
absent the tests are skipped. The document refers `/service_at_locations/{id}` to service.json, which is a known slip
of 3.0 (repaired later): here it is held to service_at_location.json.
"""

import copy
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from services.directory.domain.model import Catalogue
from tests.conftest import Databases
from tests.directory.hsds_world import pages, rich, told

STANDARD = Path(__file__).parents[3] / "shared" / "standards" / "hsds-3.0"
BASE = "/hsds/3.0"
RAW = "https://raw.githubusercontent.com/openreferral/specification/3.0/schema/"
PAGE_KEYS = {"total_items", "total_pages", "page_number", "size", "first_page", "last_page", "empty", "contents"}

pytestmark = pytest.mark.skipif(
    not (STANDARD / "openapi.json").is_file(), reason="the standard is not beside this checkout: ../shared/standards"
)


@cache
def document() -> Any:
    """Return the standard's API document."""
    return json.loads((STANDARD / "openapi.json").read_text("utf-8"))


@cache
def schema(name: str) -> Any:
    """Return one of the standard's schemas."""
    return json.loads((STANDARD / name).read_text("utf-8"))


def strictly(told: Any) -> Any:
    """Return a schema that lets no unknown field pass."""
    if isinstance(told, list):
        return [strictly(each) for each in told]
    if not isinstance(told, dict):
        return told
    made = {key: strictly(value) for key, value in told.items()}
    if isinstance(made.get("properties"), dict) and "type" in made and made["type"] == "object":
        made["additionalProperties"] = False
    return made


@cache
def validator(name: str, *, strict: bool) -> Validator:
    """Return what judges by a schema, formats too. What a taxonomy refers to stands in files beside it."""
    wanted = strictly if strict else copy.deepcopy
    # metadata.json is not among the files at hand; we tell no metadata, and an answer that does is refused.
    held = [("taxonomy.json", wanted(schema("taxonomy.json"))), ("metadata.json", {"not": {}})]
    registry: Registry[Any] = Registry().with_resources(
        [(uri, DRAFT202012.create_resource(told)) for uri, told in held]
    )
    made = wanted(schema(name))
    return Draft202012Validator(made, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


def valid(told: Any, name: str) -> None:
    """Hold an answer to a schema, plainly and strictly."""
    for strict in (False, True):
        flaws = [f"{each.json_path}: {each.message[:200]}" for each in validator(name, strict=strict).iter_errors(told)]
        assert flaws == [], (name, strict)


def parameters(path: str) -> list[str]:
    """Return the query parameters the document gives an address."""
    held = []
    for each in [
        *document()["paths"][path].get("parameters", ()),
        *document()["paths"][path]["get"].get("parameters", ()),
    ]:
        at = document()["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        held += [at["name"]] if at["in"] == "query" else []
    return held


def schema_of(path: str) -> str:
    """Return the file of the schema the document gives an address's answer, or the entries of its page."""
    told = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    reference = told.get("$ref") or told["properties"]["contents"]["items"]["$ref"]
    assert reference.startswith(RAW)
    name = str(Path(reference).name)
    return "service_at_location.json" if path == "/service_at_locations/{id}" else name


@pytest.fixture
async def hsds_client(app: FastAPI, loaded: Databases, catalogue: Catalogue) -> AsyncIterator[httpx.AsyncClient]:
    """The service with the standard's addresses, and offers that say all there is to say."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://it" + BASE)
    async with rich(loaded, catalogue), http as made:
        yield made


LISTS = ["/services", "/taxonomies", "/taxonomy_terms", "/organizations", "/service_at_locations"]
FULL = {"/services": "service.json", "/organizations": "organization.json",
        "/service_at_locations": "service_at_location.json"}  # fmt: skip


def test_the_document_names_what_is_tested_here() -> None:
    assert set(document()["paths"]) == {"/", *LISTS, *(f"{path}/{{id}}" for path in LISTS)}


@pytest.mark.parametrize("public", [None, "https://familiebro.example", "https://familiebro.example/"])
async def test_the_root_tells_what_this_is(hsds_client: httpx.AsyncClient, app: FastAPI, public: str | None) -> None:
    app.state.public_url = public
    made = await told(hsds_client, "/")
    shape = document()["paths"]["/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    judge = Draft202012Validator(strictly(shape), format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert list(judge.iter_errors(made)) == []
    assert made["version"] == "3.0"
    # No inner address is told: where ours in the world is not known, the description's is left out.
    url = {} if public is None else {"openapi_url": "https://familiebro.example/openapi/directory.json"}
    assert made == {"version": "3.0", "profile": "urn:familiebro:hsds:profile:3.0", **url}


@pytest.mark.parametrize("path", LISTS)
async def test_every_entry_of_every_list_is_valid(hsds_client: httpx.AsyncClient, path: str) -> None:
    whole = [each async for some in pages(hsds_client, path) for each in some["contents"]]
    assert whole
    for each in whole:
        valid(each, schema_of(path))


@pytest.mark.parametrize("path", FULL)
async def test_every_entry_is_valid_with_all_there_is_of_it(hsds_client: httpx.AsyncClient, path: str) -> None:
    asked = {"full": "true"} | ({"full_service": "true"} if path == "/organizations" else {})
    answer = await hsds_client.get(path, params={**asked, "format": "ndjson"})
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert entries
    for each in entries[:: max(1, len(entries) // 80)]:
        valid(each, FULL[path])


@pytest.mark.parametrize("path", LISTS)
async def test_an_entry_by_its_id_is_valid_and_the_same_thing(hsds_client: httpx.AsyncClient, path: str) -> None:
    listed = (await told(hsds_client, path, per_page=500))["contents"]
    for each in listed[:: max(1, len(listed) // 40)]:
        one = await told(hsds_client, f"{path}/{each['id']}")
        assert one["id"] == each["id"]
        assert {key: one[key] for key in each if key not in {"organization", "location", "service"}} == {
            key: value for key, value in each.items() if key not in {"organization", "location", "service"}
        }
        valid(one, schema_of(f"{path}/{{id}}"))
    for unknown in ("00000000-0000-0000-0000-000000000000", "no-such-thing"):
        assert (await hsds_client.get(f"{path}/{unknown}")).status_code == 404


async def test_an_organization_with_its_services_in_full_is_valid(hsds_client: httpx.AsyncClient) -> None:
    listed = (await told(hsds_client, "/organizations", per_page=500, full="true"))["contents"]
    one = next(each for each in listed if len(each["services"]) > 1)
    short = await told(hsds_client, f"/organizations/{one['id']}")
    long = await told(hsds_client, f"/organizations/{one['id']}", full_service="true")
    assert [each["id"] for each in short["services"]] == [each["id"] for each in long["services"]]
    assert "attributes" in long["services"][0]
    valid(short, "organization.json")
    valid(long, "organization.json")


@pytest.mark.parametrize("path", LISTS)
async def test_first_middle_and_last_page_make_the_whole(hsds_client: httpx.AsyncClient, path: str) -> None:
    held = [each async for each in pages(hsds_client, path, per_page=7)]
    assert len(held) >= 3 or path == "/taxonomies"
    ids = [each["id"] for some in held for each in some["contents"]]
    assert len(ids) == len(set(ids)) == held[0]["total_items"]
    for number, each in enumerate(held, start=1):
        assert set(each) == PAGE_KEYS
        page_schema = document()["components"]["schemas"]["Page"]
        assert list(Draft202012Validator(page_schema).iter_errors(each)) == []
        assert (each["page_number"], each["total_pages"]) == (number, len(held))
        assert (each["first_page"], each["last_page"]) == (number == 1, number == len(held))
        assert each["size"] == len(each["contents"]) == (7 if number < len(held) else len(ids) - 7 * (len(held) - 1))
        assert each["empty"] is False
    beyond = await told(hsds_client, path, page=len(held) + 1, per_page=7)
    assert (beyond["contents"], beyond["empty"], beyond["size"]) == ([], True, 0)
    assert (beyond["total_items"], beyond["first_page"], beyond["last_page"]) == (len(ids), False, False)
    streamed = await hsds_client.get(path, params={"format": "ndjson"})
    assert streamed.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["id"] for line in streamed.text.splitlines()] == ids


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "bad", [{"page": 0}, {"page": -1}, {"page": "to"}, {"per_page": 0}, {"per_page": 1000000}, {"format": "xml"},
            {"search": ""}, {"unheard_of": "1"}, {"search": "6101901234"}],
)  # fmt: skip
async def test_a_wrong_value_is_refused_as_a_problem(
    hsds_client: httpx.AsyncClient, path: str, bad: Mapping[str, Any]
) -> None:
    answer = await hsds_client.get(path, params=dict(bad))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "6101901234" not in answer.text


def cases() -> Iterator[tuple[str, str]]:
    """Yield every address with each of its query parameters."""
    if not (STANDARD / "openapi.json").is_file():
        return
    for path in document()["paths"]:
        for name in parameters(path):
            yield path, name


async def example(client: httpx.AsyncClient, path: str, name: str) -> dict[str, Any]:
    """Return a sensible value of a parameter, and what must go with it."""
    if name in {"minimal", "full", "full_service", "top_only"}:
        return {name: "true"}
    if name == "postcode":
        return {"postcode": "3000"}
    if name == "proximity":
        return {"postcode": "3000", "proximity": "5000"}
    if name in {"taxonomy_term_id", "parent_id"}:
        terms = (await told(client, "/taxonomy_terms", per_page=500))["contents"]
        wanted = "theme:pregnancy" if name == "taxonomy_term_id" else "legal_basis:SUL"
        return {name: next(each["id"] for each in terms if each["code"] == wanted)}
    words = {"/taxonomies": "adgang", "/taxonomy_terms": "graviditet", "/organizations": "helsingør kommune"}
    fixed: dict[str, Any] = {"search": words.get(path, "gravid"), "page": 1, "per_page": 3, "format": "ndjson",
                             "modified_after": "2020-01-01T00:00:00+01:00"}  # fmt: skip
    if name in fixed:
        return {name: fixed[name]}
    other = {"taxonomy_id": "/taxonomies", "organization_id": "/organizations"}[name]
    listed = (await told(client, other, per_page=500))["contents"]
    if name == "organization_id":
        listed = [each for each in listed if each["name"] == "Helsingør Kommune"]
    return {name: listed[0]["id"]}


@pytest.mark.parametrize(("path", "name"), list(cases()))
async def test_every_parameter_is_taken_and_the_answer_is_valid(
    hsds_client: httpx.AsyncClient, path: str, name: str
) -> None:
    asked = await example(hsds_client, path, name)
    plain = path.removesuffix("/{id}")
    if path.endswith("{id}"):
        some = (await told(hsds_client, plain))["contents"][0]
        valid(await told(hsds_client, f"{plain}/{some['id']}", **asked), schema_of(path))
        return
    answer = await hsds_client.get(path, params=asked)
    assert answer.status_code == 200, answer.text[:300]
    entries = [json.loads(line) for line in answer.text.splitlines()] if name == "format" else answer.json()["contents"]
    assert entries
    for each in entries[:20]:
        valid(each, FULL[path] if name in {"full", "full_service"} else schema_of(path))
