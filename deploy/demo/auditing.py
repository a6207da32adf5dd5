"""The auditor: lists who got what and who was refused, verifies the ledger offline, and finds what was changed."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy import postgres
from deploy.demo.playing import HEALTH_VISITING, HOUSE, UNIT_NAMES, Play, wait_for
from deploy.system import ROOT
from shared.clock import COPENHAGEN
from shared.vocabulary import CATEGORY_DANISH, REASON_DANISH, Category, Reason

_WAIT_S = 15.0
_SHOWN = 14
_DANISH_OCCASIONS = {"send": "afsendt", "deliver": "leveret", "read": "læst", "hear": "hørt", "check": "spurgt"}
LOGS = ("directory", "consent", "referral")
_TAMPER = """
UPDATE ledger_entry SET entry = replace(entry::text, '"reason":"withdrawn"', '"reason":"covered"')::json
WHERE id = (SELECT id FROM ledger_entry WHERE entry::text LIKE '%"reason":"withdrawn"%' ORDER BY id DESC LIMIT 1)
RETURNING id
"""


def play(playing: Play) -> None:
    """List, verify, break a copy, and find the break."""
    _list(playing)
    for service in LOGS:
        verify_export(playing, service)
    _tamper_with_copy(playing, playing.system.folder / "audit")


def _list(playing: Play) -> None:
    tell, made = playing.tell, playing.made
    tell.expect("Alle afgørelser er forseglet i loggen", true=wait_for(lambda: _all_sealed(playing), _WAIT_S))
    rows = _disclosures(playing)
    names = {made["thilde"]: "Thilde", made["jonathan"]: "Jonathan"}
    told = Counter((_clock(row["at"]), row["occasion"], row["told_by"], row["told_to"], names[row["subject"]],
                    row["permitted"], row["reason"], "; ".join(row["basis"])) for row in rows)  # fmt: skip
    tell.say(f"{len(rows)} svar på »må X fortælle Y dette om Z?« i denne henvisning. De seneste:")
    for at, occasion, giver, to, who, permitted, reason, basis in list(told)[-_SHOWN:]:
        kinds = _kinds(rows, at, occasion, giver, to, who, names, reason)
        why = basis if permitted else REASON_DANISH[Reason(reason)]
        road = f"{at} {_DANISH_OCCASIONS[occasion]:7} {UNIT_NAMES[giver]} → {UNIT_NAMES[to]}"
        tell.quote(road, f"{'ja' if permitted else 'nej'} om {who}: {kinds} – {why}")
    got = {(row["unit"], row["subject"]) for row in rows if row["permitted"] and row["occasion"] == "read"}
    tell.expect(
        "Listen viser, at huset og sundhedsplejen læste, om hvem, og hvorfor de måtte",
        true={(unit, made[who]) for unit in (HOUSE, HEALTH_VISITING) for who in ("thilde", "jonathan")} <= got,
    )
    refusals = {row["reason"] for row in rows if not row["permitted"]}
    tell.expect("Og afslagene med grund", true={"no_consent", "category_not_named", "withdrawn"} <= refusals)
    auditor, mine = playing.as_("auditor"), (made["referral"], *made["tasks"].values())
    refused = {
        row["unit"]
        for each in mine
        for row in auditor.get("/audit/referral/accesses", params={"referral": each}).json()["accesses"]
        if row["kind"] == "access_refused"
    }
    tell.expect("Jobcenterets afviste forsøg står der også", true="helsingoer-jobcenter" in refused)


def _kinds(
    rows: list[dict[str, Any]], at: str, occasion: str, giver: str, to: str, who: str, names: Mapping[str, str],
    reason: str,
) -> str:  # fmt: skip
    kinds = {
        row["category"]
        for row in rows
        if (_clock(row["at"]), row["occasion"], row["told_by"], row["told_to"], names[row["subject"]], row["reason"])
        == (at, occasion, giver, to, who, reason)
    }
    return ", ".join(CATEGORY_DANISH[Category(kind)].lower() for kind in sorted(kinds))


def _clock(at: str) -> str:
    """Return the time of day in Denmark."""
    return datetime.fromisoformat(at).astimezone(COPENHAGEN).strftime("%H:%M:%S")


def _disclosures(playing: Play) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        asked = {"referral": playing.made["referral"], "limit": 500, **({"after": after} if after else {})}
        page = playing.as_("auditor").get("/audit/consent/disclosures", params=asked).json()
        found += page["disclosures"]
        after = page["next"]
        if after is None:
            return found


def _all_sealed(playing: Play) -> bool:
    return all(row["place"] is not None for row in _disclosures(playing))


def verify_export(playing: Play, service: str) -> None:
    """Take a service's ledger out as an auditor does, and verify it offline."""
    folder = playing.system.folder / "audit"
    folder.mkdir(exist_ok=True)
    answer = playing.as_("auditor").get(f"/audit/{service}/ledger/export")
    export = folder / f"{service}.ndjson"
    export.write_bytes(answer.content)
    done = verifier(str(export), "--key", str(playing.system.keys.ledger_public(service)))
    playing.tell.say(f"python deploy/verify_ledger.py {_shown(export)} --key …: " + _last_line(done.stdout))
    playing.tell.expect(f"Loggen i {service} er hel, efterprøvet uden systemets egen kode", true=done.returncode == 0)


def _tamper_with_copy(playing: Play, folder: Path) -> None:
    """Change one row as superuser on a copy of the whole cluster, and let the verifier find it."""
    system, tell = playing.system, playing.tell
    copy = folder / "copy"
    postgres.copy(system.server, copy)
    server = postgres.start(copy, system.server.password, postgres.free_port())
    try:
        changed = run_as_superuser(server.url("consent"), _TAMPER)
        tell.say("På en kopi retter en superbruger et nej til et ja i en enkelt række, bag om systemet.")
        done = verifier("--database", server.url("consent"), "--key", str(system.keys.ledger_public("consent")))
        tell.quote("Efterprøvningen", next((line for line in done.stdout.splitlines() if changed in line), done.stdout))
        tell.expect("Den ændrede række er fundet og nævnt", true=done.returncode == 1 and changed in done.stdout)
    finally:
        postgres.stop(copy, mode="immediate")
        postgres.remove(copy)


def run_as_superuser(url: str, statement: str) -> str:
    """Run a statement with every trigger asleep; return the id it gives back."""

    async def run() -> str:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SET session_replication_role = replica")
            return str(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(run())


def verifier(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the offline verifier as its own program."""
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "verify_ledger.py"), *arguments], check=False, capture_output=True,
        text=True, env={"PATH": "", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
