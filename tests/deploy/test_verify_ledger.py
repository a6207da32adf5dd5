"""The auditor's verifier: a clean ledger verifies, and whatever was done to one is found and named."""

import ast
import asyncio
import json
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from deploy import databases, postgres, verify_ledger
from shared import audit
from shared.db import Database
from shared.ids import new_id
from shared.ledger import Actor, Entry, append, entry
from shared.merkle import leaf_hash, root_of
from shared.migrations import upgrade
from shared.sealer import NoteSigner, Sealer, gap_content, make_log_key
from tests.conftest import PASSWORD, SERVICES_DIR

ORIGIN = "familiebro/test"
SCRATCH = "verifier_test"
AT = datetime(2026, 1, 1, tzinfo=UTC)
Line = dict[str, Any]


def make_entry(kind: str = "tried", **facts: Any) -> Entry:
    """Return an entry like any other."""
    return entry(kind, at=AT, actor=Actor("unit", "user"), request_id=str(new_id()), **facts)


@dataclass(frozen=True, slots=True)
class Log:
    """Writes exports as the service does, and runs the verifier on them."""

    folder: Path
    signer: NoteSigner
    key: str
    capture: pytest.CaptureFixture[str]

    def lines(self, count: int, gaps: Sequence[int] = ()) -> list[Line]:
        """Return an export of `count` leaves; those at `gaps` are gaps."""
        made = []
        for seq in range(count):
            content = gap_content(seq) if seq in gaps else make_entry(number=seq, word="blåbær").text.encode()
            what: Line = {"gap": seq} if seq in gaps else {"entry": content.decode()}
            made.append({"seq": seq, "hash": leaf_hash(content).hex(), **what})
        return [*made, self.checkpoint(made)]

    def checkpoint(self, leaves: Sequence[Line], size: int | None = None) -> Line:
        """Return the line with the signed checkpoint over the leaves."""
        root = root_of([bytes.fromhex(leaf["hash"]) for leaf in leaves])
        return {"checkpoint": self.signer.checkpoint(len(leaves) if size is None else size, root, AT)}

    def write(self, lines: Sequence[Line], name: str = "export.ndjson") -> Path:
        """Write an export."""
        path = self.folder / name
        path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        return path

    def run(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        """Run the verifier; return its exit code and its JSON document."""
        code = verify_ledger.main([*map(str, arguments), "--key", self.key, "--json"])
        out = self.capture.readouterr().out
        return code, json.loads(out) if out else {}

    def found(self, lines: Sequence[Line], *arguments: object) -> list[Line]:
        """Verify an export that must not verify; return what was wrong."""
        code, said = self.run(self.write(lines), *arguments)
        assert code == verify_ledger.WRONG
        assert said["verified"] is False
        assert said["problems"] > 0
        return [finding for finding in said["findings"] if finding["wrong"]]


def kinds(findings: Sequence[Line]) -> list[str]:
    """Return what was found, in one word each."""
    return [finding["what"] for finding in findings]


def reseal(line: Line, text: str) -> Line:
    """Return the leaf with another text and the hash that goes with it."""
    return {**line, "entry": text, "hash": leaf_hash(text.encode()).hex()}


def id_of(line: Line) -> str:
    """Return the id in a leaf's text."""
    return str(json.loads(line["entry"])["id"])


@pytest.fixture
def log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Log:
    """Give a log with a key of its own."""
    private, public = make_log_key()
    (tmp_path / "log.key").write_text(private)
    return Log(tmp_path, NoteSigner(ORIGIN, tmp_path / "log.key"), public, capsys)


# --- exports ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(71))
def test_the_verifier_agrees_with_the_writer_on_every_size(log: Log, count: int) -> None:
    code, said = log.run(log.write(log.lines(count)), "--origin", ORIGIN)
    assert (code, said["verified"], said["size"], said["problems"]) == (0, True, count, 0)


def test_a_clean_export_is_summed_up(log: Log) -> None:
    path = log.write(log.lines(9, gaps=[4]))
    assert verify_ledger.main([str(path), "--key", log.key]) == verify_ledger.VERIFIED
    said = log.capture.readouterr().out
    for expected in ("notice: gap: seq 4: row number 4", f"origin         {ORIGIN}", "size           9", "tried 8",
                     "gaps           1", f"sealed at      {AT.isoformat()}"):  # fmt: skip
        assert expected in said
    assert said.endswith("\nVERIFIED\n")


def test_the_key_may_be_in_a_file(log: Log) -> None:
    (log.folder / "public").write_text(f"{log.key}\n")
    assert verify_ledger.main([str(log.write(log.lines(2))), "--key", str(log.folder / "public")]) == 0


def test_a_gap_is_a_notice_and_wrong_only_if_strict(log: Log) -> None:
    path = log.write(log.lines(3, gaps=[1]))
    code, said = log.run(path)
    assert (code, kinds(said["findings"]), said["notices"]) == (0, ["gap"], 1)
    code, said = log.run(path, "--strict")
    assert (code, kinds(said["findings"])) == (1, ["gap"])


def test_a_changed_entry_is_named(log: Log) -> None:
    lines = log.lines(8)
    lines[5]["entry"] = lines[5]["entry"].replace("tried", "given")
    (finding,) = log.found(lines)
    assert (finding["what"], finding["seq"], finding["kind"]) == ("changed", 5, "given")
    assert id_of(lines[5]) == finding["entry"]
    assert id_of(lines[5]) in finding["text"]


def test_a_changed_gap_is_named(log: Log) -> None:
    lines = log.lines(4, gaps=[2])
    lines[2]["gap"] = 7
    assert [(f["what"], f["seq"]) for f in log.found(lines)] == [("changed", 2)]


def test_an_entry_that_is_gone_is_named(log: Log) -> None:
    lines = log.lines(4)
    kept = log.write(lines, "kept")
    lost = id_of(lines[2])
    lines[2]["entry"] = None
    (finding,) = log.found(lines)
    assert (finding["what"], finding["seq"]) == ("missing", 2)
    (finding,) = log.found(lines, "--earlier", kept)
    assert (finding["what"], finding["seq"], finding["entry"]) == ("missing", 2, lost)


def test_changed_leaf_hashes_are_told_from_changed_entries(log: Log) -> None:
    lines = log.lines(6)
    lines[3]["hash"] = leaf_hash(b"other").hex()
    assert kinds(log.found(lines)) == ["changed", "leaf-hash"]


def test_removed_leaves_are_named(log: Log) -> None:
    lines = log.lines(9)
    found = log.found([*lines[:3], *lines[5:]])
    assert [(f["what"], f["first"], f["last"]) for f in found] == [("leaves-missing", 3, 4)]


def test_leaves_cut_off_at_the_end_are_named(log: Log) -> None:
    lines = log.lines(9)
    found = log.found([*lines[:6], lines[-1]])
    assert [(f["what"], f["first"], f["last"]) for f in found] == [("leaves-missing", 6, 8)]


def test_a_duplicated_leaf_is_named(log: Log) -> None:
    lines = log.lines(5)
    found = log.found([*lines[:3], lines[2], *lines[3:]])
    assert ("duplicated", 2) in [(f["what"], f.get("seq")) for f in found]


def test_leaves_out_of_order_are_named(log: Log) -> None:
    lines = log.lines(6)
    lines[2], lines[3] = lines[3], lines[2]
    assert [(f["what"], f["seq"]) for f in log.found(lines)] == [("out-of-order", 2)]


def test_leaves_beyond_the_checkpoint_are_found(log: Log) -> None:
    lines = log.lines(6)
    found = log.found([*lines[:-1], log.checkpoint(lines[:4])])
    assert "leaves-beyond" in kinds(found)


def test_an_entry_changed_with_its_leaf_hash_is_found_and_named_by_what_the_auditor_kept(log: Log) -> None:
    lines = log.lines(12)
    kept = log.write([*lines[:10], log.checkpoint(lines[:10])], "kept")
    lines[7] = reseal(lines[7], lines[7]["entry"].replace("tried", "given"))
    assert kinds(log.found(lines)) == ["rewritten"]
    found = log.found(lines, "--earlier", kept)
    assert kinds(found) == ["differs", "not-an-extension", "rewritten"]
    assert (found[0]["seq"], found[0]["entry"]) == (7, id_of(lines[7]))


def test_a_history_rewritten_and_signed_anew_is_found_by_what_the_auditor_kept(log: Log) -> None:
    lines = log.lines(12)
    kept = log.write([*lines[:8], log.checkpoint(lines[:8])], "kept")
    note = log.folder / "note"
    note.write_text(log.checkpoint(lines[:8])["checkpoint"])
    lines[7] = reseal(lines[7], lines[7]["entry"].replace("tried", "given"))
    lines[-1] = log.checkpoint(lines[:-1])
    assert log.run(log.write(lines))[0] == verify_ledger.VERIFIED
    assert kinds(log.found(lines, "--earlier", kept)) == ["differs", "not-an-extension"]
    assert kinds(log.found(lines, "--earlier", note)) == ["not-an-extension"]
    assert log.run(log.write(lines), "--earlier", note)[1]["evidence"][0] == note.read_text()


def test_a_log_that_grew_verifies_against_what_the_auditor_kept(log: Log) -> None:
    lines = log.lines(40, gaps=[3])
    for size in range(41):
        earlier = [*lines[:size], log.checkpoint(lines[:size])]
        assert log.run(log.write(lines), "--earlier", log.write(earlier, "kept"))[0] == 0
        (log.folder / "note").write_text(earlier[-1]["checkpoint"])
        assert log.run(log.write(lines), "--earlier", log.folder / "note")[0] == 0


def test_a_log_that_shrank_is_found_and_what_it_lost_is_named(log: Log) -> None:
    lines = log.lines(9)
    kept = log.write(lines, "kept")
    found = log.found([*lines[:6], log.checkpoint(lines[:6])], "--earlier", kept)
    assert [(f["what"], f.get("seq")) for f in found] == [
        ("removed", 6), ("removed", 7), ("removed", 8), ("shorter", None),
    ]  # fmt: skip


def test_removed_leaves_are_named_by_what_the_auditor_kept(log: Log) -> None:
    lines = log.lines(9)
    found = log.found([*lines[:3], *lines[4:]], "--earlier", log.write(lines, "kept"))
    assert [(f["what"], f.get("seq")) for f in found] == [("removed", 3), ("leaves-missing", None)]
    assert id_of(lines[3]) in found[0]["text"]


def test_what_was_kept_of_another_log_is_no_measure(log: Log) -> None:
    lines = log.lines(4)
    other = Log(log.folder, NoteSigner("familiebro/other", log.folder / "log.key"), log.key, log.capture)
    kept = log.write([*lines[:-1], other.checkpoint(lines[:-1])], "kept")
    assert kinds(log.found(lines, "--earlier", kept)) == ["origin"]


def test_an_earlier_export_that_does_not_verify_itself_is_no_measure(log: Log) -> None:
    lines = log.lines(9)
    bad = [*lines[:4], {**lines[4], "entry": lines[4]["entry"].replace("tried", "given")}, *lines[5:]]
    assert kinds(log.found(lines, "--earlier", log.write(bad, "kept"))) == ["earlier"]
    assert kinds(log.found(lines, "--earlier", log.write(lines[:-1], "kept"))) == ["earlier"]


def test_a_false_signature_is_found(log: Log) -> None:
    lines = log.lines(3)
    lines[-1]["checkpoint"] = lines[-1]["checkpoint"].replace("2026", "2025")
    assert kinds(log.found(lines)) == ["signature"]


def test_another_logs_key_is_found(log: Log) -> None:
    lines = log.lines(3)
    (log.folder / "other.key").write_text(make_log_key()[0])
    other = Log(log.folder, NoteSigner(ORIGIN, log.folder / "other.key"), log.key, log.capture)
    lines[-1] = other.checkpoint(lines[:-1])
    (finding,) = log.found(lines)
    assert finding["what"] == "signature"
    assert "another key" in finding["text"]


def test_a_signature_of_a_witness_is_passed_over(log: Log) -> None:
    lines = log.lines(3)
    lines[-1]["checkpoint"] += f"— witness.example {b64encode(bytes(76)).decode()}\n"
    assert log.run(log.write(lines))[0] == verify_ledger.VERIFIED


def test_an_unexpected_origin_is_found(log: Log) -> None:
    assert kinds(log.found(log.lines(3), "--origin", "familiebro/other")) == ["origin"]


def test_a_checkpoint_cut_short_anywhere_is_found(log: Log) -> None:
    lines = log.lines(3)
    note = lines[-1]["checkpoint"]
    for end in range(len(note)):
        found = log.found([*lines[:-1], {"checkpoint": note[:end]}])
        assert set(kinds(found)) <= {"checkpoint", "signature"}


def test_an_export_without_its_checkpoint_is_found(log: Log) -> None:
    assert kinds(log.found(log.lines(3)[:-1])) == ["checkpoint"]


def test_what_stands_after_the_checkpoint_is_found(log: Log) -> None:
    lines = log.lines(3)
    assert "after-checkpoint" in kinds(log.found([*lines, lines[1]]))
    assert "after-checkpoint" in kinds(log.found([*lines, lines[-1]]))


def test_two_entries_with_one_id_are_named(log: Log) -> None:
    lines = log.lines(300)
    lines[250] = reseal(lines[250], lines[20]["entry"].replace("tried", "given"))
    lines[-1] = log.checkpoint(lines[:-1])
    (finding,) = log.found(lines)
    assert (finding["what"], finding["entry"]) == ("same-id", id_of(lines[20]))
    assert "20, 250" in finding["text"]


@pytest.mark.parametrize("text", ['{"kind":"gap","n":7}', "[]", "no json", '{"id":7}'])
def test_an_entry_that_does_not_say_which_it_is_is_found(log: Log, text: str) -> None:
    lines = log.lines(4)
    lines[2] = reseal(lines[2], text)
    lines[-1] = log.checkpoint(lines[:-1])
    assert [(f["what"], f["seq"]) for f in log.found(lines)] == [("no-id", 2)]


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"null", b'{"seq":1}', b'{"seq":1.0,"hash":"00","entry":""}', b'{"checkpoint":null}', b"\xff",
     b'{"seq":1,"seq":2,"hash":"%s","entry":"x"}' % (b"0" * 64), b'{"seq":1,"hash":"%s","entry":"x"}' % (b"A" * 64),
     b'{"seq":1,"hash":"%s","entry":"\\ud800"}' % (b"0" * 64), b'{"seq":true,"hash":"%s","entry":"x"}' % (b"0" * 64),
     b'{"seq":1,"hash":"%s","gap":null}' % (b"0" * 64), b'{"seq":1,"hash":null,"entry":"x"}', b"[" * 100_000],
)  # fmt: skip
def test_a_line_that_is_neither_leaf_nor_checkpoint_is_named(log: Log, line: bytes) -> None:
    path = log.write(log.lines(4))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], line + b"\n", *lines[2:]]))
    code, said = log.run(path)
    assert code == verify_ledger.WRONG
    assert kinds(said["findings"]) == ["unreadable", "leaves-missing"]


def test_any_flipped_bit_in_an_export_is_found(log: Log) -> None:
    whole = log.write(log.lines(3, gaps=[1])).read_bytes()
    path = log.folder / "flipped"
    trust = verify_ledger.Trust(bytes.fromhex(log.key), None)

    def wrong() -> int:
        report = verify_ledger.Report(as_json=True, strict=False)
        verify_ledger.verify_export(path, trust, report, None)
        return report.wrong

    path.write_bytes(whole)
    assert wrong() == 0
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert wrong(), f"bit {bit}: {bytes(changed[bit // 8 - 30 : bit // 8 + 30])!r}"


def test_any_flipped_bit_in_an_entrys_text_is_named_by_its_seq(log: Log) -> None:
    lines = log.lines(40)
    chance = random.Random(7)  # noqa: S311 - a repeatable run
    tried = 0
    while tried < 200:
        seq = chance.randrange(40)
        raw = bytearray(lines[seq]["entry"].encode())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            continue
        tried += 1
        found = log.found([*lines[:seq], {**lines[seq], "entry": text}, *lines[seq + 1 :]])
        assert ("changed", seq) in [(f["what"], f["seq"]) for f in found]


def test_what_an_attacker_wrote_reaches_the_terminal_only_as_plain_text(log: Log) -> None:
    lines = log.lines(2)
    lines[1]["entry"] = json.dumps({"id": "\x1b[2J", "kind": "\x1b]0;x\x07"})
    assert verify_ledger.main([str(log.write(lines)), "--key", log.key]) == verify_ledger.WRONG
    assert "\x1b" not in log.capture.readouterr().out


def test_a_flood_of_findings_is_counted_and_not_all_shown(log: Log) -> None:
    lines = [{**line, "hash": "0" * 64} if "hash" in line else line for line in log.lines(1500)]
    assert verify_ledger.main([str(log.write(lines)), "--key", log.key]) == verify_ledger.WRONG
    said = log.capture.readouterr().out
    assert said.count("\n") < 1100
    assert "... and 501 more problems" in said


@pytest.mark.parametrize(
    "arguments",
    [[], ["x", "--key", "zz"], ["{export}"], ["{folder}/none", "--key", "{key}"], ["{folder}", "--key", "{key}"],
     ["{export}", "--key", "{folder}/none"], ["{export}", "--key", "{key}", "--earlier", "{folder}/none"],
     ["{export}", "--database", "postgresql://x", "--key", "{key}"], ["{folder}/empty", "--key", "{key}"],
     ["--database", "postgresql://nobody:x@127.0.0.1:1/none", "--key", "{key}"], ["--database", "%", "--key", "{key}"]],
)  # fmt: skip
def test_what_cannot_be_read_is_neither_verified_nor_wrong(log: Log, arguments: list[str]) -> None:
    export = log.write(log.lines(1))
    (log.folder / "empty").touch()
    given = [part.format(export=export, folder=log.folder, key=log.key) for part in arguments]
    assert verify_ledger.main(given) == verify_ledger.UNREADABLE
    assert "VERIFIED" not in log.capture.readouterr().out


def test_the_verifier_runs_on_its_own_and_imports_nothing_of_ours(log: Log) -> None:
    source = Path(verify_ledger.__file__)
    imported = set()
    for part in ast.walk(ast.parse(source.read_text())):
        if isinstance(part, ast.Import):
            imported |= {name.name.split(".")[0] for name in part.names}
        elif isinstance(part, ast.ImportFrom):
            assert part.level == 0
            imported.add(str(part.module).split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"cryptography", "asyncpg"}
    probe = (
        "import runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as stop: assert stop.code == 0, stop.code\n"
        "print(sorted({'asyncpg', 'shared', 'deploy', 'services', 'orjson'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", probe, str(source), str(log.write(log.lines(3))), "--key", log.key]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=log.folder)
    assert done.stdout.endswith("VERIFIED\n[]\n"), done.stderr


# --- databases -------------------------------------------------------------------------------------------------


class Sealed:
    """A sealed ledger in a database of this module's own, and a superuser who changes it."""

    def __init__(self, server: postgres.Server, log: Log) -> None:
        self.log = log
        self.app = server.url(SCRATCH, databases.app("consent"), PASSWORD)
        self.sealer = server.url(SCRATCH, databases.sealer("consent"), PASSWORD)
        self._admin = server.url(SCRATCH)

    def fetch(self, query: str) -> list[Any]:
        """Do something as a superuser who steps round the triggers."""

        async def work() -> list[Any]:
            connection = await asyncpg.connect(self._admin)
            try:
                await connection.execute("SET session_replication_role = replica")
                return list(await connection.fetch(query))
            finally:
                await connection.close()

        return asyncio.run(work())

    def write(self, rounds: Sequence[int], *, roll_back: bool = False) -> None:
        """Commit so many entries a round, and seal after each."""

        async def work() -> None:
            database, ledger = Database(self.app, 2, "test"), Database(self.sealer, 1, "test-sealer")
            await database.open()
            await ledger.open()
            sealer = Sealer(ledger, self.log.signer)
            for count in rounds:
                for _ in range(count):
                    async with database.connection() as connection:
                        await append(connection, make_entry())
                if roll_back:
                    async with database.connection() as connection:
                        transaction = connection.transaction()
                        await transaction.start()
                        await append(connection, make_entry())
                        await transaction.rollback()
                await sealer.seal()
            await database.close()
            await ledger.close()

        asyncio.run(work())

    def export(self) -> Path:
        """Write the export the service would answer."""

        async def work() -> bytes:
            database = Database(self.app, 2, "test")
            await database.open()
            async with database.connection() as connection:
                last = await connection.fetchrow("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
            assert last is not None
            lines: AsyncIterator[bytes] = audit._lines(database, 0, last["size"], last["note"])
            whole = b"".join([line async for line in lines])
            await database.close()
            return whole

        path = self.log.folder / "real.ndjson"
        path.write_bytes(asyncio.run(work()))
        return path

    def found(self, *arguments: object) -> list[Line]:
        """Verify a database that must not verify; return what was wrong."""
        code, said = self.log.run("--database", self.app, *arguments)
        assert code == verify_ledger.WRONG
        return [finding for finding in said["findings"] if finding["wrong"]]

    def entry_at(self, seq: int) -> str:
        """Return the id of the entry sealed at `seq`."""
        return str(self.fetch(f"SELECT entry_id FROM ledger_leaf WHERE seq = {seq}")[0]["entry_id"])

    def rewrite(self, seq: int) -> None:
        """Change an entry and its leaf hash."""
        text = "replace(entry::text, 'tried', 'given')"
        where = f"(SELECT entry_id FROM ledger_leaf WHERE seq = {seq})"
        self.fetch(f"UPDATE ledger_entry SET entry = {text}::json WHERE id = {where}")
        self.fetch(
            f"UPDATE ledger_leaf SET hash = sha256('\\x00'::bytea || convert_to((SELECT entry::text FROM ledger_entry "
            f"WHERE id = entry_id), 'UTF8')) WHERE seq = {seq}"
        )


@pytest.fixture(scope="module")
def scratch(server: postgres.Server) -> Iterator[postgres.Server]:
    """Make a database of this module's own, migrated by its owner."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(server.url(), dict.fromkeys(roles, PASSWORD), {"consent": SCRATCH})
    upgrade(SERVICES_DIR / "consent", server.url(SCRATCH, databases.owner("consent"), PASSWORD))
    yield server
    asyncio.run(_execute(server.url(), f"DROP DATABASE {SCRATCH} WITH (FORCE)"))


@pytest.fixture
def sealed(scratch: postgres.Server, log: Log) -> Iterator[Sealed]:
    """Give a ledger of four batches, 4 + 3 + 5 + 2 entries; its constraints may be dropped, they come back."""
    made = Sealed(scratch, log)
    made.fetch("TRUNCATE ledger_entry, ledger_leaf, ledger_checkpoint RESTART IDENTITY")
    made.write([4, 3, 5, 2])
    yield made
    for table, column in (("ledger_entry", "id"), ("ledger_leaf", "seq")):
        made.fetch(f"TRUNCATE {table}")
        made.fetch(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_pkey")
        made.fetch(f"ALTER TABLE {table} ADD PRIMARY KEY ({column})")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def test_a_clean_database_verifies_and_so_does_its_export(sealed: Sealed) -> None:
    code, said = sealed.log.run("--database", sealed.app, "--origin", ORIGIN)
    assert (code, said["findings"], said["not_yet_sealed"]) == (0, [], 0)
    assert (said["size"], said["kinds"]) == (14, {"tried": 14})
    assert sealed.log.run(sealed.export(), "--origin", ORIGIN)[0] == 0
    assert sealed.log.run("--database", sealed.app, "--earlier", sealed.export())[0] == 0


def test_rolled_back_transactions_are_noticed_and_the_database_verifies(sealed: Sealed) -> None:
    sealed.write([2, 2, 1, 1], roll_back=True)
    code, said = sealed.log.run("--database", sealed.app)
    assert (code, said["gaps"]) == (0, 3)
    assert kinds(said["findings"]) == ["gap"] * 3
    code, said = sealed.log.run(sealed.export())
    assert (code, said["gaps"]) == (0, 3)


def test_entries_younger_than_the_horizon_are_counted_as_not_yet_sealed(sealed: Sealed) -> None:
    asyncio.run(_execute(sealed.app, f"INSERT INTO ledger_entry (id, entry) VALUES ('{new_id()}', '{{}}')"))
    code, said = sealed.log.run("--database", sealed.app)
    assert (code, said["not_yet_sealed"]) == (0, 1)


def test_a_row_changed_by_a_superuser_is_named(sealed: Sealed) -> None:
    changed = sealed.entry_at(6)
    sealed.fetch(f"UPDATE ledger_entry SET entry = replace(entry::text, 'tried', 'given')::json WHERE id = '{changed}'")
    (finding,) = sealed.found()
    assert (finding["what"], finding["seq"], finding["entry"], finding["kind"]) == ("changed", 6, changed, "given")
    assert kinds(sealed.log.run(sealed.export())[1]["findings"]) == ["changed"]


def test_a_row_removed_by_a_superuser_is_named(sealed: Sealed) -> None:
    lost = sealed.entry_at(9)
    sealed.fetch(f"DELETE FROM ledger_entry WHERE id = '{lost}'")
    found = sealed.found()
    assert (found[0]["what"], found[0]["seq"], found[0]["entry"]) == ("missing", 9, lost)
    assert [(f["what"], f["n"]) for f in found[1:]] == [("unaccounted", 10)]


def test_a_leaf_removed_by_a_superuser_is_named(sealed: Sealed) -> None:
    without_leaf = sealed.entry_at(5)
    sealed.fetch("DELETE FROM ledger_leaf WHERE seq = 5")
    found = sealed.found()
    assert ("leaves-missing", 5, 5) in [(f["what"], f.get("first"), f.get("last")) for f in found]
    assert ("unsealed", without_leaf) in [(f["what"], f.get("entry")) for f in found]


@pytest.mark.parametrize(("seq", "batch"), [(0, "0..3"), (3, "0..3"), (4, "4..6"), (11, "7..11"), (13, "12..13")])
def test_a_row_changed_with_its_leaf_is_placed_between_two_signed_checkpoints(
    sealed: Sealed, seq: int, batch: str
) -> None:
    kept = sealed.export()
    sealed.rewrite(seq)
    (finding,) = sealed.found()
    assert finding["what"] == "rewritten"
    assert f"History differs first in seq {batch}" in finding["text"]
    found = sealed.found("--earlier", kept)
    assert [(f["what"], f["seq"]) for f in found if f["what"] == "differs"] == [("differs", seq)]


def test_a_changed_and_newly_signed_history_contradicts_the_older_checkpoints(sealed: Sealed) -> None:
    sealed.rewrite(5)
    hashes = [row["hash"] for row in sealed.fetch("SELECT hash FROM ledger_leaf ORDER BY seq")]
    note = sealed.log.signer.checkpoint(14, root_of(hashes), AT)
    sealed.fetch(f"UPDATE ledger_checkpoint SET note = '{note}' WHERE size = 14")
    found = sealed.found()
    assert kinds(found) == ["edge", "rewritten"]
    assert "seq 4..6" in found[1]["text"]
    assert "two histories" in found[1]["text"]


def test_a_changed_edge_is_found_before_the_sealer_would_go_on_from_it(sealed: Sealed) -> None:
    sealed.fetch("UPDATE ledger_checkpoint SET edge[1] = sha256('x') WHERE size = 14")
    assert kinds(sealed.found()) == ["edge"]


def test_an_edge_of_the_right_root_but_the_wrong_shape_is_found(sealed: Sealed) -> None:
    root = root_of([row["hash"] for row in sealed.fetch("SELECT hash FROM ledger_leaf ORDER BY seq")])
    sealed.fetch(f"UPDATE ledger_checkpoint SET edge = ARRAY['\\x{root.hex()}'::bytea] WHERE size = 14")
    assert kinds(sealed.found()) == ["edge"]


def test_a_horizon_set_back_is_found(sealed: Sealed) -> None:
    sealed.fetch("UPDATE ledger_checkpoint SET horizon = '3' WHERE size = 14")
    assert {"horizon", "misplaced"} <= set(kinds(sealed.found()))


def test_a_false_older_checkpoint_is_found(sealed: Sealed) -> None:
    sealed.fetch("UPDATE ledger_checkpoint SET note = replace(note, 'sealed-at 2', 'sealed-at 1') WHERE size = 7")
    (finding,) = sealed.found()
    assert finding["what"] == "signature"
    assert "row 7" in finding["text"]


def test_a_checkpoint_that_belongs_to_another_row_is_found(sealed: Sealed) -> None:
    sealed.fetch(
        "UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint WHERE size = 4) WHERE size = 7"
    )
    assert {"checkpoint", "edge"} <= set(kinds(sealed.found()))


def test_a_backdated_entry_put_in_behind_the_sealers_back_is_named(sealed: Sealed) -> None:
    late = str(new_id())
    sealed.fetch(f"INSERT INTO ledger_entry (xid, id, entry) VALUES ('7', '{late}', '{{\"kind\":\"x\"}}')")
    (finding,) = sealed.found()
    assert (finding["what"], finding["entry"]) == ("unsealed", late)


def test_an_entry_under_a_transaction_number_yet_to_come_is_named(sealed: Sealed) -> None:
    ahead = str(new_id())
    sealed.fetch(f"INSERT INTO ledger_entry (xid, id, entry) VALUES ('99999999999', '{ahead}', '{{}}')")
    (finding,) = sealed.found()
    assert (finding["what"], finding["entry"]) == ("unsealed", ahead)


def test_a_sealed_row_given_another_transaction_number_is_named(sealed: Sealed) -> None:
    moved = sealed.entry_at(6)
    sealed.fetch(f"UPDATE ledger_entry SET xid = '7' WHERE id = '{moved}'")
    assert [(f["what"], f["entry"]) for f in sealed.found()] == [("misplaced", moved)]


def test_a_row_whose_text_speaks_of_another_is_named(sealed: Sealed) -> None:
    row, stated = sealed.entry_at(3), sealed.entry_at(4)
    sealed.fetch(f"UPDATE ledger_entry SET entry = replace(entry::text, '{row}', '{stated}')::json WHERE id = '{row}'")
    found = sealed.found()
    assert ("other-id", row, stated) in [(f["what"], f["entry"], f.get("stated")) for f in found]


def test_two_rows_with_one_id_are_named(sealed: Sealed) -> None:
    twice = sealed.entry_at(8)
    sealed.fetch("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey")
    sealed.fetch(f"INSERT INTO ledger_entry (id, entry) VALUES ('{twice}', '{{}}')")
    assert [(f["what"], f["entry"]) for f in sealed.found()] == [("same-id", twice)]


def test_a_row_that_takes_the_number_of_a_sealed_gap_is_named(sealed: Sealed) -> None:
    sealed.write([1, 1, 1], roll_back=True)
    (gap, *_) = [row["gap"] for row in sealed.fetch("SELECT gap FROM ledger_leaf WHERE gap IS NOT NULL ORDER BY gap")]
    one = new_id()
    sealed.fetch(f"INSERT INTO ledger_entry (n, id, entry) OVERRIDING SYSTEM VALUE VALUES ({gap}, '{one}', '{{}}')")
    assert [(f["what"], f["entry"]) for f in sealed.found()] == [("gap-filled", str(one))]


def test_a_removed_row_whose_number_the_sealer_was_made_to_forget_is_found(sealed: Sealed) -> None:
    sealed.fetch("INSERT INTO ledger_entry (id, entry) VALUES (gen_random_uuid(), '{}')")
    sealed.fetch("DELETE FROM ledger_entry WHERE n = 15")
    sealed.fetch("UPDATE ledger_checkpoint SET highest_n = 15 WHERE size = 14")
    sealed.write([1])
    assert [(f["what"], f["n"]) for f in sealed.found()] == [("unaccounted", 15)]


def test_a_sealed_row_given_a_far_number_does_not_drown_the_verifier(sealed: Sealed) -> None:
    sealed.fetch("ALTER TABLE ledger_entry ALTER n SET GENERATED BY DEFAULT")
    sealed.fetch("UPDATE ledger_entry SET n = 900000000000 WHERE n = 14")
    sealed.fetch("ALTER TABLE ledger_entry ALTER n SET GENERATED ALWAYS")
    (finding,) = sealed.found()
    assert finding["what"] == "unaccounted"
    assert "14..899999999999" in finding["text"]


def test_a_number_the_sealer_still_waits_for_is_a_notice(sealed: Sealed) -> None:
    sealed.fetch("INSERT INTO ledger_entry (id, entry) VALUES (gen_random_uuid(), '{}')")
    sealed.fetch("DELETE FROM ledger_entry WHERE n = 15")
    sealed.fetch('UPDATE ledger_checkpoint SET highest_n = 15, pending_gaps = \'{"15": "99999999999"}\'')
    sealed.write([1])
    code, said = sealed.log.run("--database", sealed.app)
    assert (code, kinds(said["findings"])) == (0, ["unsettled"])


def test_checkpoints_cut_off_leave_leaves_beyond_what_is_signed(sealed: Sealed) -> None:
    sealed.fetch("DELETE FROM ledger_checkpoint WHERE size > 7")
    found = sealed.found()
    assert "leaves-beyond" in kinds(found)
    sealed.fetch("DELETE FROM ledger_checkpoint")
    assert "checkpoint" in kinds(sealed.found())


def test_a_log_cut_back_cleanly_is_found_by_what_the_auditor_kept(sealed: Sealed) -> None:
    kept = sealed.export()
    gone = [sealed.entry_at(seq) for seq in (12, 13)]
    sealed.fetch(f"DELETE FROM ledger_entry WHERE id IN ('{gone[0]}', '{gone[1]}')")
    sealed.fetch("DELETE FROM ledger_leaf WHERE seq >= 12")
    sealed.fetch("DELETE FROM ledger_checkpoint WHERE size = 14")
    assert sealed.log.run("--database", sealed.app)[0] == 0
    assert kinds(sealed.found("--earlier", kept)) == ["removed", "removed", "shorter"]


def test_tables_that_may_not_be_read_are_neither_verified_nor_wrong(sealed: Sealed, scratch: postgres.Server) -> None:
    empty = scratch.url("postgres")
    assert sealed.log.run("--database", empty)[0] == verify_ledger.UNREADABLE


@pytest.mark.parametrize("seed", range(12))
def test_whatever_single_thing_a_superuser_changes_is_found(sealed: Sealed, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable run
    seq = chance.randrange(14)
    where = f"WHERE id = '{sealed.entry_at(seq)}'"
    ways: list[Callable[[], object]] = [
        lambda: sealed.fetch(f"UPDATE ledger_entry SET entry = (entry::text || ' ')::json {where}"),
        lambda: sealed.fetch(f"DELETE FROM ledger_entry {where}"),
        lambda: sealed.fetch(f"UPDATE ledger_leaf SET hash = sha256(hash) WHERE seq = {seq}"),
        lambda: sealed.fetch(f"UPDATE ledger_leaf SET entry_id = gen_random_uuid() WHERE seq = {seq}"),
        lambda: sealed.fetch(f"UPDATE ledger_leaf SET seq = 99 WHERE seq = {seq}"),
        lambda: sealed.rewrite(seq),
    ]
    ways[seed % len(ways)]()
    assert sealed.found()


def test_the_leaf_hash_is_what_any_reader_of_the_rfc_would_compute() -> None:
    assert leaf_hash(b'{"a":1}') == sha256(b'\x00{"a":1}').digest()
