"""What the benchmarks make of their measurements; how long anything takes is no test's business."""

import asyncio
import json
from pathlib import Path

import pytest

from deploy.bench import bare, costs, deciding, family, figures, pgbench, wire
from deploy.bench.family import Kind, number
from deploy.bench.figures import Mark, Round, Row, percentile
from deploy.bench.load import Client, Tally
from deploy.bench.seeding import Seeded
from services.consent.domain.decision import decide
from shared.clock import now

PRINTED = """pgbench (18.0)
transaction type: bare.sql
scaling factor: 1
query mode: prepared
number of clients: 8
number of transactions actually processed: 15811
number of failed transactions: 0 (0.000%)
latency average = 1.517 ms
initial connection time = 15.027 ms
tps = 5271.303841 (without initial connection time)
"""


def _row(*, ratio: float | None = 0.15, p99_ms: float | None = 60.0) -> Row:
    ours = [
        Round(100, 1.0, [1.0] * 99 + [50.0], {"consent": 0.05, "PostgreSQL for consent": 0.02}),
        Round(300, 1.0, [2.0] * 300, {"consent": 0.15, "PostgreSQL for consent": 0.06}),
        Round(400, 2.0, [3.0] * 400, {"consent": 0.20, "PostgreSQL for consent": 0.08}),
    ]
    return Row(
        "decision over HTTP", ours, [1000.0, 1000.0, 1000.0], "bare PostgreSQL", Mark(ratio, p99_ms),
        {"consent": 81.5, "gateway": 93.5}, frozenset({"consent", "gateway"}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5.0], 0.99, 5.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), ([float(n) for n in range(1, 101)], 0.99, 99.0),
     ([float(n) for n in range(1, 101)], 1.0, 100.0), ([1.0, 2.0], 0.0, 1.0)],
)  # fmt: skip
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_ratios_are_taken_pair_by_pair_and_the_middle_one_is_told() -> None:
    row = _row()
    assert row.ratios == [0.1, 0.3, 0.2]
    assert row.ratio == 0.2
    assert row.rate == 200.0


def test_the_systems_cpu_is_told_apart_from_postgresqls() -> None:
    row = _row()
    assert row.cpu_us == pytest.approx({"consent": 500.0, "PostgreSQL for consent": 200.0})
    assert row.own_cpu_us == pytest.approx(500.0)


def test_the_table_has_a_line_a_row_and_says_what_it_was_measured_against() -> None:
    lines = figures.table([_row(), _row()]).splitlines()
    assert lines[2].startswith("decision over HTTP [1]")
    assert lines[3].startswith("decision over HTTP [2]")
    assert "20.0%" in lines[2]
    assert "10.0%–30.0%" in lines[2]
    assert lines[-1] == "[2] against bare PostgreSQL"
    assert len({len(line) for line in lines[:4]}) == 1


def test_a_row_without_latencies_or_memory_can_be_told() -> None:
    row = Row("seal", [Round(5000, 1.0)], [100.0], "the writers")
    assert "–" in figures.table([row])
    assert figures.as_json([row])["seal"]["p99_ms"] is None
    assert row.marks() == []


def test_marks_are_told_met_or_missed() -> None:
    met = figures.mark_lines([_row()])
    assert "MISSED" not in met
    assert "memory in MB" in met
    missed = figures.mark_lines([_row(ratio=0.25, p99_ms=2.5)])
    assert missed.count("MISSED") == 2


def test_where_the_time_goes_names_the_costliest_process_first() -> None:
    told = figures.where_it_goes(_row()).splitlines()
    assert told[1].endswith("consent")
    assert "71.4%" in told[1]
    assert "the consent process does most of it" in told[-1]


def test_the_report_has_what_later_benchmarks_compare_themselves_with() -> None:
    told = json.loads(json.dumps(figures.as_json([_row()])))
    assert {"rate", "p50_ms", "p99_ms", "cpu_us", "rss_mb", "ratio", "against"} <= told["decision over HTTP"].keys()
    assert told["decision over HTTP"]["rss_mb"] == 93.5


def test_pgbenchs_rate_is_read_from_what_it_prints() -> None:
    assert pgbench.rate_of(PRINTED) == 5271.303841


@pytest.mark.parametrize(
    "printed", ["", PRINTED.replace("transactions: 0 (0.000%)", "transactions: 3 (0.019%)"), "FATAL: no"]
)
def test_a_pgbench_that_failed_has_no_rate(printed: str) -> None:
    with pytest.raises(RuntimeError):
        pgbench.rate_of(printed)


def test_a_services_statement_becomes_one_line_with_every_place_filled() -> None:
    statement = "SELECT $1::uuid, $2 -- a note with $9\nFROM t WHERE n = $10 AND m = $1"
    assert (
        pgbench.filled(statement, {1: ":a", 2: "now()", 10: ":b"})
        == "SELECT :a::uuid, now() FROM t WHERE n = :b AND m = :a;"
    )
    with pytest.raises(KeyError):
        pgbench.filled(statement, {1: ":a"})


def test_lists_are_told_as_postgresql_reads_arrays() -> None:
    assert bare.as_text(["a, b", 'say "so"', "back\\slash", None]) == '{"a, b","say \\"so\\"","back\\\\slash",NULL}'
    assert bare.as_text(17) == "17"


def test_processes_of_postgresql_are_told_by_the_database_they_serve() -> None:
    assert costs.backend_name("postgres: consent_app consent 127.0.0.1(41244) idle") == "PostgreSQL for consent"
    assert costs.backend_name("postgres: walwriter ") == "PostgreSQL in the background"
    assert costs.between({"a": 1.0}, {"a": 1.5, "b": 0.25}) == {"a": 0.5, "b": 0.25}
    assert costs.between({"a": 2.0}, {"a": 0.5}) == {"a": 0.0}


def test_prepared_requests_come_back_as_they_were_written(tmp_path: Path) -> None:
    requests = [wire.request("POST", "/x", {"A": "b"}, {"å": 1}), wire.request("GET", "/y", {})]
    wire.write(tmp_path / "requests", requests)
    assert list(wire.read(tmp_path / "requests")) == requests
    assert requests[0].endswith(b'\r\nContent-Length: 8\r\n\r\n{"\xc3\xa5":1}')


def test_every_familys_ids_can_be_worked_out() -> None:
    ids = {number(kind, place) for kind in Kind for place in range(family.FAMILIES)}
    assert len(ids) == len(Kind) * family.FAMILIES
    assert str(number(Kind.NEED, 7)) == "00000000-0000-7000-8000-100000000007"


@pytest.mark.parametrize("count", [1, 50])
def test_the_question_that_is_measured_is_answered_with_yes(count: int) -> None:
    answers = decide(deciding.question(Kind.NEED), deciding.records(count, Kind.NEED), now())
    assert len(answers) == 6
    assert all(answer.permitted for answer in answers)


class _Wire(asyncio.Transport):
    """A transport that answers each request with what it was given."""

    def __init__(self, client: Client, answers: list[bytes]) -> None:
        super().__init__()
        self._client = client
        self._answers = iter(answers)
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))
        asyncio.get_running_loop().call_soon(self._client.data_received, next(self._answers))

    def is_closing(self) -> bool:
        return False


async def test_an_answer_that_is_not_a_yes_is_counted() -> None:
    client = Client(iter([b"one", b"two"]))
    transport = _Wire(client, [b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\ndown", b"HTTP/1.1 200 OK\r\n\r\n"])
    client.connection_made(transport)
    tally = Tally(0.0)
    await client.work(tally)
    assert dict(tally.wrong) == {"503 down": 1}
    assert len(tally.latencies) == 1
    assert transport.sent == [b"one"]


async def test_running_out_of_requests_is_counted() -> None:
    client = Client(iter([]))
    client.connection_made(_Wire(client, []))
    tally = Tally(0.0)
    await client.work(tally)
    assert tally.wrong.total() == 1


def test_bare_postgresql_is_given_the_services_own_statements_whole() -> None:
    piece = {"subject": number(Kind.THILDE, 0), "category": "contact", "text": "ord", "offer": None}
    tasks = [{"id": number(Kind.NEED, place), "recipient": f"unit-{place}", "missing": "[]"} for place in (0, 1)]
    events = [{"task_id": task["id"], "unit": task["recipient"], "kind": "sent"} for task in tasks]
    seeded = Seeded({}, {}, [], "{}", "{}", "{}", [piece], tasks, events)
    for script in (bare.posting(seeded), bare.reading(seeded), bare.deciding(seeded)):
        assert "$" not in script.text
        assert script.text.count("INTO consent.ledger_entry") == 1
    written = bare.posting(seeded).text
    assert all(f"INTO referral.{table}" in written for table in ("idempotency", "ledger_entry", "outbox"))
