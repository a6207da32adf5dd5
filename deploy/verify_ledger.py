"""Verify a ledger offline: an auditor's program, which shares no code with what writes the ledger.

    python deploy/verify_ledger.py EXPORT --key PUBLIC_KEY [--earlier KEPT] [--origin NAME] [--strict] [--json]
    python deploy/verify_ledger.py --database URL --key PUBLIC_KEY ...

EXPORT is what GET /audit/ledger/export answers. PUBLIC_KEY is 64 hexadecimal digits, or a file that holds them.
KEPT is an export, or only a signed checkpoint, that the auditor kept from before. URL names the database or a
copy of it, as any role that may SELECT the three ledger tables. Exit code: 0 verified, 1 something is wrong,
2 the input could not be read.

What is checked: each entry's text against its leaf (SHA-256 over 0x00 and the text), the leaves against the
Merkle root (RFC 9162, 2.1.1), the root against the signed checkpoint (C2SP tlog-checkpoint and signed-note,
Ed25519), and the whole against what the auditor kept. What only the last can find: whoever holds both database
and key can write and sign a new history, and whoever holds the database can cut the log back to an older
checkpoint. So keep each checkpoint, away from the machine it came from.

Memory: the right edge of the tree, and eight bytes a leaf to find an id that is used twice.
"""

import argparse
import asyncio
import json
import re
import sys
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    import asyncpg

VERIFIED, WRONG, UNREADABLE = 0, 1, 2
_SHOWN = 1000
_LONGEST_LINE = 16 * 1024 * 1024
_PAGE = 2000
_EVERY = 20_000
_HASH_HEX = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_PLAIN = re.compile(r"[\w.:+/ -]{1,80}", re.ASCII)
_SIGNATURE = re.compile(r"— (\S+) (\S+)")
_ED25519 = b"\x01"

_ROOT_LINE, _HASH_BYTES = 2, 32
_CHECKPOINTS = "SELECT size, horizon::text AS horizon, edge, note FROM ledger_checkpoint ORDER BY size"
_LEAVES = """
SELECT coalesce(l.seq, -1) AS seq, l.hash, l.gap, l.entry_id::text AS entry_id,
       e.entry::text AS entry, e.xid::text AS xid
FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.seq, e.n
"""
_SAME_ID = "SELECT id::text AS id, count(*) AS times FROM ledger_entry GROUP BY id HAVING count(*) > 1"
_SEALED_TWICE = """
SELECT entry_id::text AS id, array_agg(seq ORDER BY seq) AS seqs FROM ledger_leaf
WHERE entry_id IS NOT NULL GROUP BY entry_id HAVING count(*) > 1
"""
_UNSEALED = """
SELECT e.id::text AS id, e.n, e.xid::text AS xid, e.entry::text AS entry, e.xid < $1::text::xid8 AS late,
       e.xid >= pg_snapshot_xmax(pg_current_snapshot())
       AND $1::text::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) AS ahead
FROM ledger_entry e WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.n
"""
_FILLED_GAPS = """
SELECT l.seq, l.gap, e.id::text AS id, e.entry::text AS entry
FROM ledger_leaf l JOIN ledger_entry e ON e.n = l.gap ORDER BY l.seq
"""

# A number below the highest sealed one is a row's, a sealed gap's, or not settled yet; the writer keeps those.
_UNACCOUNTED = """
WITH known AS (
    SELECT n FROM ledger_entry UNION ALL SELECT gap FROM ledger_leaf WHERE gap IS NOT NULL UNION ALL SELECT 0
), holes AS (SELECT n + 1 AS first, lead(n) OVER (ORDER BY n) - 1 AS last FROM known)
SELECT first, last FROM holes
WHERE first <= last AND last < (SELECT max(e.n) FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id)
ORDER BY first
"""

_PENDING = """
SELECT jsonb_object_keys(pending_gaps) AS n FROM ledger_checkpoint
WHERE size = (SELECT max(size) FROM ledger_checkpoint)
"""


class CannotRead(Exception):
    """What was given cannot be read: nothing was verified."""


class Leaf(NamedTuple):
    """One leaf, as an export or a database states it."""

    seq: int
    hash: bytes
    entry: str | None
    gap: int | None = None
    row_id: str | None = None
    xid: int | None = None


class Stated(NamedTuple):
    """What an entry's text says of itself."""

    id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose form is right, and the key that must have signed it."""

    origin: str
    size: int
    root: bytes
    sealed_at: str
    note: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor trusts beforehand: the log's public key, and its name."""

    key: bytes
    origin: str | None


class Tree:
    """A Merkle tree that only grows: the roots of its full subtrees, the largest first (RFC 9162, 2.1.1)."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> None:
        """Add a leaf, given its hash; each full pair below it becomes one subtree."""
        self.peaks.append(leaf)
        self.size += 1
        pairs = self.size
        while not pairs & 1:
            right = self.peaks.pop()
            self.peaks[-1] = sha256(b"\x01" + self.peaks[-1] + right).digest()
            pairs >>= 1

    def root(self) -> bytes:
        """Return the root over all leaves."""
        if not self.peaks:
            return sha256().digest()
        root, *larger = reversed(self.peaks)
        for left in larger:
            root = sha256(b"\x01" + left + root).digest()
        return root

    def fork(self) -> "Tree":
        """Return a copy that grows on its own."""
        return Tree(self.size, self.peaks)


@dataclass(slots=True)
class Report:
    """What was found; printed as it is found, or kept for one JSON document."""

    as_json: bool
    strict: bool
    wrong: int = 0
    noticed: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)

    def problem(self, what: str, text: str, **facts: object) -> None:
        """Say what is wrong: the ledger is not verified."""
        self.wrong += 1
        self._say(self.wrong, {"what": what, "wrong": True, "text": text, **facts})

    def notice(self, what: str, text: str, **facts: object) -> None:
        """Say what an auditor should know; with --strict it counts as wrong."""
        if self.strict:
            self.problem(what, text, **facts)
            return
        self.noticed += 1
        self._say(self.noticed, {"what": what, "wrong": False, "text": text, **facts})

    def _say(self, number: int, finding: dict[str, Any]) -> None:
        if number > _SHOWN:
            return
        if self.as_json:
            self.kept.append(finding)
        else:
            print(f"{'' if finding['wrong'] else 'notice: '}{finding['what']}: {finding['text']}")

    def close(self) -> int:
        """Print the summary and the verdict; return the exit code."""
        verdict = {"verified": not self.wrong, "problems": self.wrong, "notices": self.noticed}
        if self.as_json:
            print(json.dumps({**verdict, **self.summary, "findings": self.kept, "evidence": self.evidence}, indent=1))
            return WRONG if self.wrong else VERIFIED
        for number, kind in ((self.wrong, "problems"), (self.noticed, "notices")):
            if number > _SHOWN:
                print(f"... and {number - _SHOWN} more {kind}")
        for note in self.evidence:
            print("evidence, a signed checkpoint:", *(f"  {_safe(line)}" for line in note.split("\n")), sep="\n")
        for name, value in self.summary.items():
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) or "none" if isinstance(value, dict) else value
            print(f"{name.replace('_', ' '):<15}{shown}")
        print(f"NOT VERIFIED: {self.wrong} problem(s)" if self.wrong else "VERIFIED")
        return WRONG if self.wrong else VERIFIED


class Ids:
    """Finds entries with one id among millions: a fingerprint each, sorted a bucket at a time."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(256)]

    def add(self, entry_id: str) -> None:
        """Remember an id by its fingerprint."""
        fingerprint = hash(entry_id)
        self._buckets[fingerprint & 255].append(fingerprint)

    def repeated(self) -> set[int]:
        """Return the fingerprints that came more than once; equal ids are among them."""
        found = set()
        for bucket in self._buckets:
            ordered = sorted(bucket)
            found |= {one for one, next_one in pairwise(ordered) if one == next_one}
        return found


class Kept:
    """What the auditor kept from before, read in step with the ledger of now."""

    def __init__(self, path: Path, trust: Trust, report: Report) -> None:
        self._trust, self._report = trust, report
        self.checkpoint: Checkpoint | None = None
        self._walk = Walk(Report(as_json=True, strict=False))
        self._lines: Iterator[Leaf | str] = iter(())
        self._ahead: Leaf | None = None
        note = _bare_note(path)
        if note is None:
            self._lines = read_export(path, self._walk.report)
            self._advance()
        else:
            self.checkpoint = read_checkpoint(note, trust, report, "the earlier checkpoint")

    def at(self, seq: int) -> Leaf | None:
        """Return the leaf that stood at `seq`; name those before it that are passed over."""
        while self._ahead is not None and self._ahead.seq < seq:
            self._removed(self._ahead)
            self._advance()
        if self._ahead is None or self._ahead.seq != seq:
            return None
        found = self._ahead
        self._advance()
        return found

    def compare(self, tree: Tree) -> None:
        """Compare the roots when the ledger of now has just as many leaves as the one kept."""
        if self.checkpoint and tree.size == self.checkpoint.size and tree.root() != self.checkpoint.root:
            size = self.checkpoint.size
            self._report.problem(
                "not-an-extension",
                f"the ledger's first {size} leaves are not those of the earlier checkpoint",
                size=size,
            )
            self._report.evidence.append(self.checkpoint.note)

    def finish(self, checkpoint: Checkpoint | None) -> None:
        """Name what is left over, what was wrong with the earlier export itself, and a log that shrank."""
        while self._ahead is not None:
            self._removed(self._ahead)
            self._advance()
        if self._walk.report.wrong:
            first = next(finding for finding in self._walk.report.kept if finding["wrong"])
            self._report.problem("earlier", f"the earlier export does not verify: {first['what']}: {first['text']}")
        if checkpoint and self.checkpoint and checkpoint.origin != self.checkpoint.origin:
            self._report.problem("origin", f"what was kept from before is of {_safe(self.checkpoint.origin)}")
        if checkpoint and self.checkpoint and checkpoint.size < self.checkpoint.size:
            self._report.problem(
                "shorter", f"the ledger has {checkpoint.size} leaves, the earlier one had {self.checkpoint.size}"
            )
            self._report.evidence.append(self.checkpoint.note)

    def _advance(self) -> None:
        self._ahead = None
        for line in self._lines:
            if isinstance(line, Leaf):
                self._walk.take(line)
                self._ahead = line
                return
            self.checkpoint = read_checkpoint(line, self._trust, self._walk.report, "its checkpoint")
            self._walk.finish(self.checkpoint)
        if self.checkpoint is None:
            self._walk.report.problem("checkpoint", "it has no checkpoint that can be read")

    def _removed(self, leaf: Leaf) -> None:
        self._report.problem(
            "removed", f"seq {leaf.seq}: {_describe(leaf)} of the earlier export is not in its place", seq=leaf.seq
        )


class Walk:
    """Takes leaves in the order they come: checks each, and grows the tree over them."""

    def __init__(self, report: Report, *, ids: Ids | None = None, kept: Kept | None = None) -> None:
        self.report, self._ids, self._kept = report, ids, kept
        self.tree = Tree()
        self._texts: Tree | None = None
        self.kinds: Counter[str] = Counter()
        self.count = self.gaps = self._expected = 0
        self._holes: list[tuple[int, int]] = []
        self.in_order = True
        if kept:
            kept.compare(self.tree)

    def take(self, leaf: Leaf) -> None:
        """Check one leaf and add it."""
        if leaf.seq == self._expected:
            self._expected += 1
        else:
            self._misplaced(leaf.seq)
        before = self._kept.at(leaf.seq) if self._kept else None
        computed = self._judge(leaf, before)
        if before is not None and (before.hash, before.gap) != (leaf.hash, leaf.gap):
            self.report.problem(
                "differs", f"seq {leaf.seq}: the earlier export has {_describe(before)}, this one {_describe(leaf)}",
                seq=leaf.seq, entry=_stated(leaf.entry).id, earlier=_stated(before.entry).id,
            )  # fmt: skip
        self._grow(leaf.hash, computed)
        if self._kept and self.in_order:
            self._kept.compare(self.tree)
        if not self.count % _EVERY:
            _progress(self.count)

    def finish(self, checkpoint: Checkpoint | None, where: str = "") -> None:
        """Compare what came with the signed checkpoint; `where` says what is known of the place of a difference."""
        size = checkpoint.size if checkpoint else self._expected
        if self._expected < size:
            self._holes.append((self._expected, size))
        for first, end in self._holes:
            self.report.problem("leaves-missing", f"{_range(first, end)} not there", first=first, last=end - 1)
        if self.count > size:
            self.report.problem("leaves-beyond", f"{self.count} leaves, but the signed checkpoint speaks of {size}")
        if checkpoint is None or not self.in_order or self.tree.size != size or self.tree.root() == checkpoint.root:
            return
        self.report.evidence.append(checkpoint.note)
        if self._texts is not None and self._texts.root() == checkpoint.root:
            self.report.problem(
                "leaf-hash", "leaf hashes were changed; over the texts as they stand the root is the signed one"
            )
            return
        self.report.problem(
            "rewritten", "the root over these leaves is not the one that was signed: entries were changed along with "
            f"their leaf hashes. {where or 'An export kept from before (--earlier) names them'}",
        )  # fmt: skip

    def _judge(self, leaf: Leaf, before: Leaf | None) -> bytes:
        """Check what is hashed against the leaf's hash; return the hash of what is there."""
        if leaf.gap is not None:
            self._gap(leaf)
            content = f'{{"kind":"gap","n":{leaf.gap}}}'.encode()
        elif leaf.entry is None:
            entry_id = leaf.row_id or (_stated(before.entry).id if before else None)
            named = f"entry {_safe(entry_id)}" if entry_id else "an entry (its id stands in an export from before)"
            self.report.problem(
                "missing", f"seq {leaf.seq}: {named} was sealed and is gone", seq=leaf.seq, entry=entry_id
            )
            return leaf.hash
        else:
            self._entry(leaf)
            content = leaf.entry.encode()
        computed = sha256(b"\x00" + content).digest()
        if computed != leaf.hash:
            stated = _stated(leaf.entry)
            self.report.problem(
                "changed", f"seq {leaf.seq}: {_describe(leaf)}: its text no longer gives its leaf hash",
                seq=leaf.seq, entry=stated.id or leaf.row_id, kind=stated.kind,
            )  # fmt: skip
        return computed

    def _gap(self, leaf: Leaf) -> None:
        self.gaps += 1
        self.report.notice(
            "gap", f"seq {leaf.seq}: row number {leaf.gap} never came: its transaction was rolled back, the server "
            "stopped hard, or the row was removed before it was sealed", seq=leaf.seq, n=leaf.gap,
        )  # fmt: skip

    def _entry(self, leaf: Leaf) -> None:
        stated = _stated(leaf.entry)
        self.kinds[_safe(stated.kind)] += 1
        if stated.id is None:
            self.report.problem("no-id", f"seq {leaf.seq}: {_describe(leaf)} does not state its id", seq=leaf.seq)
        elif leaf.row_id is not None and leaf.row_id != stated.id:
            self.report.problem(
                "other-id", f"seq {leaf.seq}: the row is {leaf.row_id}, its text says {_describe(leaf)}",
                seq=leaf.seq, entry=leaf.row_id, stated=stated.id,
            )  # fmt: skip
        elif self._ids is not None:
            self._ids.add(stated.id)

    def _misplaced(self, seq: int) -> None:
        self.in_order = False
        if seq > self._expected:
            self._holes.append((self._expected, seq))
            self._expected = seq + 1
            return
        hole = next((hole for hole in self._holes if hole[0] <= seq < hole[1]), None)
        if hole is None:
            self.report.problem("duplicated", f"leaf {seq} stands more than once", seq=seq)
            return
        self._holes.remove(hole)
        self._holes += [(a, b) for a, b in ((hole[0], seq), (seq + 1, hole[1])) if a < b]
        self.report.problem("out-of-order", f"leaf {seq} stands after leaf {self._expected - 1}", seq=seq)

    def _grow(self, stated: bytes, computed: bytes) -> None:
        if self._texts is None and stated != computed:
            self._texts = self.tree.fork()
        if self._texts is not None:
            self._texts.add(computed)
        self.tree.add(stated)
        self.count += 1


def read_checkpoint(note: str, trust: Trust, report: Report, whose: str = "the checkpoint") -> Checkpoint | None:
    """Parse a signed note and check its signature; report what is wrong, and return None if its form is."""
    text, blank, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    signed = [_SIGNATURE.fullmatch(line) for line in signatures.split("\n")[:-1]]
    root = _decode(lines[_ROOT_LINE]) if len(lines) > _ROOT_LINE else None
    if (
        not blank
        or not note.endswith("\n")
        or not signed
        or not all(signed)
        or root is None
        or len(root) != _HASH_BYTES
    ):
        report.problem("checkpoint", f"{whose} is cut short or malformed: no checkpoint of a signed note's form")
        return None
    if not _SIZE.fullmatch(lines[1]) or not lines[0]:
        report.problem("checkpoint", f"{whose} is malformed: it needs a name, and a size in plain digits")
        return None
    sealed_at = next((line.removeprefix("sealed-at ") for line in lines[3:] if line.startswith("sealed-at ")), "")
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, sealed_at, note)
    if trust.origin is not None and checkpoint.origin != trust.origin:
        report.problem("origin", f"{whose} is of {_safe(checkpoint.origin)}, not of {_safe(trust.origin)}")
    reason = _signature_fails(checkpoint, f"{text}\n", [found.groups() for found in signed if found], trust.key)
    if reason:
        report.problem("signature", f"{whose} (size {checkpoint.size}) {reason}")
    return checkpoint


def _signature_fails(checkpoint: Checkpoint, text: str, signatures: list[Any], key: bytes) -> str | None:
    """Return why no signature convinces; those by keys we do not know (witnesses) are passed over."""
    key_id = sha256(checkpoint.origin.encode(errors="replace") + b"\n" + _ED25519 + key).digest()[:4]
    decoded = [(name, _decode(signature) or b"") for name, signature in signatures]
    ours = [signature[4:] for name, signature in decoded if name == checkpoint.origin and signature[:4] == key_id]
    if not ours:
        others = ", ".join(f"{_safe(name)} {signature[:4].hex()}" for name, signature in decoded)
        return f"is signed by another key: {others}, not {_safe(checkpoint.origin)} {key_id.hex()}"
    try:
        for signature in ours:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, text.encode(errors="replace"))
    except InvalidSignature:
        return "has a false signature: what it says is not what was signed"
    return None


def read_export(path: Path, report: Report) -> Iterator[Leaf | str]:
    """Yield an export's leaves, and its checkpoint's text; a line that is neither is reported and left out."""
    try:
        with path.open("rb") as file:
            closed = False
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                found = _line(line)
                if found is None:
                    report.problem("unreadable", f"line {number} is neither a leaf nor a checkpoint", line=number)
                    continue
                if closed:
                    report.problem("after-checkpoint", f"line {number} stands after the checkpoint", line=number)
                    return
                closed = isinstance(found, str)
                yield found
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise CannotRead(msg) from error


def _line(line: bytes) -> Leaf | str | None:
    try:
        read = json.loads(line.decode(), object_pairs_hook=_once)
        keys = set(read)
        if keys == {"checkpoint"} and isinstance(read["checkpoint"], str):
            return str(read["checkpoint"])
        content, gap = read.get("entry"), read.get("gap")
        if keys not in ({"seq", "hash", "entry"}, {"seq", "hash", "gap"}) or not _HASH_HEX.fullmatch(read["hash"]):
            return None
        if type(read["seq"]) is not int or ("gap" in keys and type(gap) is not int):
            return None
        if content is not None:
            content.encode()
        return Leaf(read["seq"], bytes.fromhex(read["hash"]), content, gap)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def verify_export(path: Path, trust: Trust, report: Report, kept: Kept | None) -> None:
    """Verify an export, and against what the auditor kept."""
    ids = Ids()
    walk = Walk(report, ids=ids, kept=kept)
    checkpoint, seen = None, False
    for line in read_export(path, report):
        seen = True
        if isinstance(line, Leaf):
            walk.take(line)
        else:
            checkpoint = read_checkpoint(line, trust, report)
            if checkpoint is None:
                break
    else:
        if checkpoint is None:
            report.problem("checkpoint", "the export has no checkpoint as its last line: it is cut short")
    if not seen:
        msg = f"{path}: this is no export of a ledger"
        raise CannotRead(msg)
    _name_repeated(path, ids.repeated(), report)
    _close(walk, checkpoint, report, kept)


def _close(walk: Walk, checkpoint: Checkpoint | None, report: Report, kept: Kept | None, where: str = "") -> None:
    walk.finish(checkpoint, where)
    if kept:
        kept.finish(checkpoint)
    report.summary = {
        "origin": _safe(checkpoint.origin) if checkpoint else "unknown",
        "size": checkpoint.size if checkpoint else walk.count,
        "root": b64encode(checkpoint.root).decode() if checkpoint else "unknown",
        "sealed_at": _safe(checkpoint.sealed_at) if checkpoint else "unknown",
        "kinds": dict(walk.kinds.most_common()),
        "gaps": walk.gaps,
        **report.summary,
    }


def _name_repeated(path: Path, fingerprints: set[int], report: Report) -> None:
    """Read the export once more to name the entries that share an id; most often there is nothing to do."""
    if not fingerprints:
        return
    places: dict[str, list[int]] = {}
    for line in read_export(path, Report(as_json=True, strict=False)):
        stated = _stated(line.entry).id if isinstance(line, Leaf) else None
        if isinstance(line, Leaf) and stated is not None and hash(stated) in fingerprints:
            places.setdefault(stated, []).append(line.seq)
    for entry_id, seqs in places.items():
        if len(set(seqs)) > 1:
            report.problem(
                "same-id", f"entry {_safe(entry_id)} stands at seq {', '.join(map(str, seqs))}", entry=entry_id
            )


class Marks:
    """The signed checkpoints of a database, met one by one as the leaves reach their sizes."""

    def __init__(self, trust: Trust, report: Report, rows: AsyncIterator[Any]) -> None:
        self._trust, self._report, self._rows = trust, report, rows
        self.newest: Checkpoint | None = None
        self.horizon = self.floor = 0
        self.size = 0
        self._agreed = 0
        self.where = ""

    async def next(self) -> bool:
        """Go to the next checkpoint; say whether there is one."""
        row = await anext(self._rows, None)
        if row is None:
            return False
        self.floor, self.horizon, self.size = self.horizon, int(row["horizon"]), row["size"]
        if self.horizon < self.floor:
            self._report.problem(
                "horizon", f"the checkpoint of size {self.size} has a lower horizon than the one before it"
            )
        self.newest = read_checkpoint(row["note"], self._trust, self._report, f"the checkpoint of row {self.size}")
        if self.newest is None:
            return True
        if self.newest.size != self.size:
            self._report.problem("checkpoint", f"the checkpoint of row {self.size} speaks of {self.newest.size} leaves")
        edge = [bytes(peak or b"") for peak in row["edge"] or ()]
        if Tree(self.size, edge).root() != self.newest.root or len(edge) != self.size.bit_count():
            self._report.problem(
                "edge", f"the checkpoint of row {self.size} keeps an edge that does not give its signed root"
            )
        return True

    def compare(self, tree: Tree) -> None:
        """Compare the tree with the checkpoint it has just reached; remember where the two first part."""
        if self.newest is None or self.where:
            return
        if tree.root() == self.newest.root:
            self._agreed = tree.size
        else:
            self.where = f"History differs first in seq {self._agreed}..{tree.size - 1}"

    def covers(self, leaf: Leaf) -> bool:
        """Say whether the leaf's transaction belongs to the batch this checkpoint sealed."""
        return leaf.xid is None or leaf.seq >= self.size or self.floor <= leaf.xid < self.horizon


async def verify_database(url: str, trust: Trust, report: Report, kept: Kept | None) -> None:
    """Verify the ledger's tables, all as they were at one moment."""
    # Only this branch needs a driver: an auditor with an export needs nothing but `cryptography`.
    import asyncpg  # noqa: PLC0415

    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings={"default_transaction_read_only": "on"})
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        msg = f"the database cannot be reached: {type(error).__name__}"
        raise CannotRead(msg) from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _verify_tables(connection, trust, report, kept)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        msg = f"the database cannot be read: {type(error).__name__}: {error}"
        raise CannotRead(msg) from error
    finally:
        await connection.close()


async def _verify_tables(
    connection: "asyncpg.Connection[Any]", trust: Trust, report: Report, kept: Kept | None
) -> None:
    marks = Marks(trust, report, _rows(connection, _CHECKPOINTS))
    walk = Walk(report, kept=kept)
    more = await marks.next()
    async for leaf in _leaves(connection):
        while more and marks.size <= leaf.seq:
            more = await marks.next()
        if more and walk.in_order and not marks.covers(leaf):
            report.problem(
                "misplaced", f"seq {leaf.seq}: {_describe(leaf)}: its transaction {leaf.xid} is not of the batch it "
                f"was sealed in ({marks.floor} to {marks.horizon})", seq=leaf.seq, entry=leaf.row_id,
            )  # fmt: skip
        walk.take(leaf)
        if more and walk.in_order and walk.tree.size == marks.size:
            marks.compare(walk.tree)
    while await marks.next():
        pass
    if marks.newest is None and not marks.size:
        report.problem("checkpoint", "there is no signed checkpoint")
    await _verify_entries(connection, marks.horizon, report)
    if marks.where and not (marks.newest and walk.in_order and walk.tree.size == marks.size):
        report.problem("rewritten", marks.where)
    elif marks.where and marks.newest and walk.tree.root() == marks.newest.root:
        report.problem("rewritten", f"{marks.where}, though the newest checkpoint signs it: two histories were signed")
    _close(walk, marks.newest, report, kept, marks.where)


async def _leaves(connection: "asyncpg.Connection[Any]") -> AsyncIterator[Leaf]:
    """Yield the leaves by seq; where several rows have one id, the one that was sealed stands for them."""
    waiting: Leaf | None = None
    async for row in _rows(connection, _LEAVES):
        xid = None if row["xid"] is None else int(row["xid"])
        leaf = Leaf(row["seq"], bytes(row["hash"] or b""), row["entry"], row["gap"], row["entry_id"], xid)
        if waiting is not None and waiting[:2] == leaf[:2] and waiting.row_id == leaf.row_id:
            text = (leaf.entry or "").encode()
            waiting = leaf if sha256(b"\x00" + text).digest() == leaf.hash else waiting
            continue
        if waiting is not None:
            yield waiting
        waiting = leaf
    if waiting is not None:
        yield waiting


async def _verify_entries(connection: "asyncpg.Connection[Any]", horizon: int, report: Report) -> None:
    """Check the rows that have no leaf, and those that share what must be their own."""
    for row in await connection.fetch(_SAME_ID):
        report.problem("same-id", f"entry {row['id']} stands in {row['times']} rows", entry=row["id"])
    for row in await connection.fetch(_SEALED_TWICE):
        report.problem(
            "duplicated", f"entry {row['id']} is sealed at seq {', '.join(map(str, row['seqs']))}", entry=row["id"]
        )
    for row in await connection.fetch(_FILLED_GAPS):
        report.problem(
            "gap-filled", f"seq {row['seq']}: row number {row['gap']} was sealed as absent, yet {row['id']} has it",
            seq=row["seq"], entry=row["id"],
        )  # fmt: skip
    await _verify_numbers(connection, report)
    waiting = 0
    async for row in _rows(connection, _UNSEALED, str(horizon)):
        what = f"entry {row['id']} ({_safe(_stated(row['entry']).kind)}), row number {row['n']}"
        if row["late"]:
            report.problem(
                "unsealed", f"{what}, is older than what has been sealed and has no leaf: it was put in afterwards, "
                f"under an old transaction number ({row['xid']})", entry=row["id"], n=row["n"],
            )  # fmt: skip
        elif row["ahead"]:
            report.problem(
                "unsealed", f"{what}, bears a transaction number no transaction has had yet ({row['xid']}): it would "
                "not be sealed", entry=row["id"], n=row["n"],
            )  # fmt: skip
        else:
            waiting += 1
    report.summary["not_yet_sealed"] = waiting


async def _verify_numbers(connection: "asyncpg.Connection[Any]", report: Report) -> None:
    """Check that each row number below the highest sealed one has a row, a sealed gap, or is still waited for."""
    pending = await connection.fetch(_PENDING)
    awaited = {int(row["n"]) for row in pending if row["n"].isdecimal()}
    unsettled = 0
    async for row in _rows(connection, _UNACCOUNTED):
        first, last = row["first"], row["last"]
        if last - first >= _SHOWN:
            report.problem("unaccounted", f"row numbers {first}..{last} have no rows, nor sealed absences", n=first)
            continue
        for n in range(first, last + 1):
            if n in awaited:
                unsettled += 1
            else:
                text = f"row number {n} has no row, and its absence was never sealed"
                report.problem("unaccounted", text, n=n)
    if unsettled:
        report.notice("unsettled", f"{unsettled} row number(s) are held by the sealer as not settled yet")


async def _rows(connection: "asyncpg.Connection[Any]", query: str, *arguments: object) -> AsyncIterator[Any]:
    cursor = await connection.cursor(query, *arguments)
    while rows := await cursor.fetch(_PAGE):
        for row in rows:
            yield row


def _stated(text: str | None) -> Stated:
    """Return the id and the kind an entry's text states; "unknown" for what cannot be read."""
    if text is None:
        return Stated(None, "unknown")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return Stated(None, "unreadable")
    if not isinstance(read, dict):
        return Stated(None, "unreadable")
    entry_id, kind = read.get("id"), read.get("kind")
    return Stated(entry_id if isinstance(entry_id, str) else None, kind if isinstance(kind, str) else "unknown")


def _describe(leaf: Leaf) -> str:
    if leaf.gap is not None:
        return f"the gap of row number {leaf.gap}"
    if leaf.entry is None:
        return f"an entry that is gone ({leaf.row_id or 'id unknown'})"
    stated = _stated(leaf.entry)
    return f"entry {_safe(stated.id or leaf.row_id or 'without an id')} ({_safe(stated.kind)})"


def _safe(text: str) -> str:
    """Return text fit for a terminal: what comes out of a ledger may be an attacker's."""
    return text if _PLAIN.fullmatch(text) else ascii(text[:200])


def _range(first: int, end: int) -> str:
    return f"leaf {first} is" if end == first + 1 else f"leaves {first}..{end - 1} are"


def _decode(text: str) -> bytes | None:
    """Return what a base64 text holds; None if it is not the one right way to write it."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if b64encode(raw).decode() == text else None


def _bare_note(path: Path) -> str | None:
    """Return the file's text if it is a lone checkpoint; None if it looks like an export."""
    try:
        with path.open("rb") as file:
            start = file.read(65536)
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise CannotRead(msg) from error
    if start.startswith(b"{") or not start:
        return None
    try:
        return start.decode()
    except UnicodeDecodeError as error:
        msg = f"{path}: this is neither an export nor a checkpoint"
        raise CannotRead(msg) from error


def _progress(count: int) -> None:
    if count and sys.stderr.isatty():
        sys.stderr.write(f"\r{count:,} leaves ...\r")


def _key(given: str) -> bytes:
    try:
        text = given if re.fullmatch(r"[0-9a-fA-F]{64}", given) else Path(given).read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
        Ed25519PublicKey.from_public_bytes(key)
    except (OSError, ValueError) as error:
        msg = "--key is neither 64 hexadecimal digits nor a file that holds them"
        raise CannotRead(msg) from error
    return key


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify_ledger.py", description="Verify a ledger offline.")
    parser.add_argument("export", nargs="?", type=Path, help="the export (NDJSON)")
    parser.add_argument("--database", metavar="URL", help="read a database, or a copy of one, instead of an export")
    parser.add_argument("--key", required=True, help="the log's public key: 64 hexadecimal digits, or a file with them")
    parser.add_argument("--earlier", type=Path, help="an export, or a lone signed checkpoint, kept from before")
    parser.add_argument("--origin", help="the name the log must have")
    parser.add_argument("--strict", action="store_true", help="count notices (gaps) as wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(argv)
    if (given.export is None) == (given.database is None):
        parser.error("give either an export or --database")
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Verify what the command line names; return the exit code."""
    try:
        given = _arguments(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else UNREADABLE
    report = Report(as_json=given.json, strict=given.strict)
    try:
        trust = Trust(_key(given.key), given.origin)
        kept = Kept(given.earlier, trust, report) if given.earlier else None
        if given.export is not None:
            verify_export(given.export, trust, report, kept)
        else:
            asyncio.run(verify_database(given.database, trust, report, kept))
    except CannotRead as error:
        print(f"cannot verify: {error}", file=sys.stderr)
        return UNREADABLE
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
