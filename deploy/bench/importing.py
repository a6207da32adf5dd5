"""Sending 10,000 offers in as one file: made by the exporter, sent through the gateway, written by the worker."""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

import httpx
import orjson

from deploy.bench.bench import Bench
from deploy.bench.country import SEED
from deploy.bench.figures import Import
from deploy.bench.national import national
from deploy.demo import identities
from deploy.keys import Folder
from services.directory.domain.document import Document
from services.directory.domain.transfer.closing import writer
from services.directory.domain.transfer.columns import places
from services.directory.domain.transfer.flat import needed
from services.directory.domain.transfer.rows import Format
from shared.auth import Assurance, Role, TokenSigner

OFFERS, QUICK_OFFERS = 10_000, 1_000
_MUNICIPALITY = "0751"
_UNITS = tuple(f"n{_MUNICIPALITY}-{stem}" for stem in ("familiehus", "sundhedspleje", "dagtilbud", "familieafdeling"))
_LONGEST_S = 300


class NotImported(Exception):
    """The file was not written; the text is the beginning of its report."""


def importing(bench: Bench, offers: int) -> Import:
    """Send in so many new offers of one organisation, into a directory that holds 10,000 of others; time it.

    Raises:
        NotImported: the file was refused, or not all of it was written.
    """
    file = csv(islice(own(national(SEED + 1, offers)), offers))
    bench.tell(f"import: a CSV of {offers:,} offers, {len(file) / 1e6:.1f} MB")
    headers = {"Authorization": f"Bearer {_editor(bench.system.keys)}", "Content-Type": "text/csv"}
    address = bench.system.url("gateway") + "/api/v1"
    phases: dict[str, float] = {}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        begun = time.perf_counter()
        sent = client.post("/imports", params={"dry_run": "false"}, content=file)
        told = _done(client, _read(sent), begun, phases)
        seconds = time.perf_counter() - begun
    report = told["report"] or {}
    if told["state"] != "done" or report.get("created") != offers:
        raise NotImported(orjson.dumps(told)[:1000].decode())
    bench.tell(f"import: {seconds:.1f} s")
    return Import(offers, len(file), seconds, report["warnings"], phases, bench.memory_mb())


def csv(documents: Iterator[Document]) -> bytes:
    """Return offers as the exporter writes them."""
    held = list(documents)
    made = writer(Format.CSV, places(needed(held)))
    return made.part(held) + made.end()


def own(documents: Iterator[Document]) -> Iterator[Document]:
    """Yield the offers as new ones of one municipality's units, so that one editor may send them all in."""
    for number, said in enumerate(documents):
        kept = {key: value for key, value in said.items() if key not in {"partners", "regions", "nationwide"}}
        yield kept | {
            "id": f"i-{number:06d}", "unit": _UNITS[number % len(_UNITS)], "municipalities": [_MUNICIPALITY],
        }  # fmt: skip


def _editor(keys: Folder) -> str:
    """Return a token for somebody who may change all offers of the municipality's."""
    signer = TokenSigner(Folder.PROVIDER, orjson.loads(keys.identity(Folder.PROVIDER).read_bytes()))
    claims = {"roles": [Role.EDIT_ORGANISATION], "loa": Assurance.SUBSTANTIAL, "unit": _UNITS[0]}
    return signer.sign("bench-editor", identities.AUDIENCE, identities.LIFETIME, claims)


def _done(client: httpx.Client, told: Mapping[str, Any], begun: float, phases: dict[str, float]) -> Mapping[str, Any]:
    """Ask until the file is done; note when each phase was first seen."""
    number = UUID(told["id"])
    while told["state"] in {"waiting", "running"} and time.perf_counter() - begun < _LONGEST_S:
        if told["progress"] is not None:
            phases.setdefault(told["progress"]["phase"], time.perf_counter() - begun)
        time.sleep(0.2)
        told = _read(client.get(f"/imports/{number}"))
    return told


def _read(answer: httpx.Response) -> Mapping[str, Any]:
    if not answer.is_success:
        msg = f"{answer.status_code} {answer.text[:1000]}"
        raise NotImported(msg)
    told: Mapping[str, Any] = answer.json()
    return told
