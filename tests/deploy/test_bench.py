"""What the benchmarks make of their measurements; how long anything takes is no test's business."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.bench import (
    asking,
    bare,
    costs,
    deciding,
    family,
    figures,
    growth,
    importing,
    million,
    pgbench,
    plain,
    run,
    searching,
    stored,
    wire,
)
from deploy.bench.asking import Question
from deploy.bench.country import SEED, country
from deploy.bench.family import Kind, number
from deploy.bench.figures import Mark, Round, Row, percentile
from deploy.bench.load import Client, Tally
from deploy.bench.national import national
from deploy.bench.seeding import Seeded
from services.consent.domain.decision import decide
from services.directory.api.offers import SearchIn
from services.directory.domain.codes import Access, Audience, Profession, Theme
from services.directory.domain.matching import Reach, Span
from services.directory.domain.transfer.findings import Severity
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format
from shared.clock import now
from shared.contracts import DecisionIn

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
    answers = decide(deciding.question(Kind.NEED), deciding.held(count, Kind.NEED), now())
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
    seeded = Seeded({}, {}, [], "{}", "{}", "{}", [piece], tasks, events, [3, 3])
    for script in (bare.posting(seeded), bare.reading(seeded), bare.deciding(seeded)):
        assert "$" not in script.text
        assert script.text.count("INTO consent.ledger_entry") == 1
        assert script.text.count("INTO decision_about") == 1
        assert script.text.count("FOR SHARE") == 1
        assert script.values["versions"] == '{"3","3"}'
    written = bare.posting(seeded).text
    assert all(f"INTO referral.{table}" in written for table in ("idempotency", "ledger_entry", "outbox"))


def test_bare_postgresql_chooses_among_as_many_families_and_needs() -> None:
    seeded = Seeded({}, {}, [], "{}", "{}", "{}", [], [], [], [3, 3])
    lines = bare.deciding(seeded, 1000, stored.BOTH_NEEDS).text.splitlines()[:3]
    assert lines == [
        "\\set place random(0, 999)", "\\set which random(0, 1)", "\\set need :place + (1 + :which * 6) * 100000000000"
    ]  # fmt: skip
    assert "random(0, 0)" in bare.deciding(seeded).text
    assert f"random(0, {family.FAMILIES - 1})" in bare.deciding(seeded).text


def test_questions_are_spread_over_all_families_and_both_needs() -> None:
    asked = list(stored.questions(1000, stored.BOTH_NEEDS, 5000))
    needs = Counter(question["need"] for each in asked for question in each["questions"])
    kinds = {kind: {str(number(kind, place)) for place in range(1000)} for kind in stored.BOTH_NEEDS}
    assert all(len(needs.keys() & of_kind) > 900 for of_kind in kinds.values())
    assert needs.keys() <= kinds[Kind.NEED] | kinds[Kind.EARLIER_NEED]
    assert len({each["referral"] for each in asked}) > 900
    few = stored.questions(family.FAMILIES, stored.BOTH_NEEDS[:1], 500)
    assert {each["questions"][0]["need"] for each in few} <= {str(number(Kind.NEED, place)) for place in range(250)}


@pytest.mark.parametrize("size", [1, stored.BATCH])
def test_a_batch_about_many_families_is_about_as_many_people(size: int) -> None:
    calls = list(stored.about_many_families(100_000, 20, size))
    assert len(calls) == 20
    for call in calls:
        asked = DecisionIn.model_validate(call)
        assert len(asked.questions) == size
        assert len({question.subject for question in asked.questions}) == size


@pytest.mark.parametrize("size", [1, stored.BATCH])
def test_a_batch_about_one_family_asks_everything_once(size: int) -> None:
    calls = list(stored.about_one_family(100_000, 20, size))
    assert len(calls) == 20
    for call in calls:
        asked = DecisionIn.model_validate(call)
        roads = {(each.subject, each.sender, each.recipient, *each.categories) for each in asked.questions}
        assert len(roads) == len(asked.questions) == size
        assert all(len(each.categories) == 1 for each in asked.questions)
        assert len({each.need for each in asked.questions}) == 1
        assert len({each.subject for each in asked.questions}) == min(size, 2)


def test_a_million_consents_are_of_families_with_two_needs_each() -> None:
    assert million.families_for(million.CONSENTS) * family.CONSENTS * 2 == 1_000_000
    assert million.families_for(million.QUICK_CONSENTS) > family.FAMILIES
    assert million.families_for(million.CONSENTS) < family.PLACES


def test_a_factor_is_held_against_its_most() -> None:
    assert figures.Factor("many against few", 1.3, 1.3).mark() == ("many against few: 1.30 times, mark 1.3", True)
    assert not figures.Factor("many against few", 1.31, 1.3).mark()[1]


def _question(**other: object) -> Question:
    return replace(Question("0217", 6, Theme.NETWORK, "legestue"), **other)  # type: ignore[arg-type]


def test_the_questions_differ_and_are_the_same_each_time() -> None:
    codes = [f"{number:04}" for number in range(101, 199)]
    asked = asking.questions(codes)
    assert len(set(asked)) == asking.QUESTIONS
    assert asking.questions(codes[::-1]) == asked
    assert min(len({getattr(each, name) for each in asked}) for name in ("municipality", "theme", "text")) > 10
    assert len({each.child_age_months for each in asked}) > 5


def test_a_question_asks_for_three_filters_a_text_and_six_facets() -> None:
    body = _question().body()
    assert {"municipality", "child_age_months", "theme", "q"} <= body.keys()
    assert len(body["facets"]) == 6
    without = _question(text=None).body(facets=False)
    assert not {"q", "facets"} & without.keys()
    asked = SearchIn.model_validate(body)
    assert (asked.municipality, asked.child_age_months, asked.theme) == ("0217", 6, frozenset({Theme.NETWORK}))
    assert (asked.q, asked.facets) == ("legestue", frozenset(asking.FACETS))


def _reach(**said: object) -> Reach:
    nothing: frozenset[str] = frozenset()
    at: dict[str, object] = {
        "given_in": frozenset({"0217"}), "perhaps_in": nothing, "weeks": None, "months": None, "ages": None,
        "audience": nothing, "themes": nothing, "referrers": nothing, "perhaps_referrers": nothing, "access": nothing,
        "form": nothing, "prevention_level": None,
    }  # fmt: skip
    return Reach(**{**at, **said})  # type: ignore[arg-type]


AROUND = {"0217": frozenset({"0217", "1084", "DK"}), "0751": frozenset({"0751", "1082", "DK"})}


def test_the_plain_table_holds_every_code_an_offer_is_found_under() -> None:
    at = _reach(
        given_in=frozenset({"DK"}), perhaps_in=frozenset({"1084"}), months=Span(0, 12),
        audience=frozenset({Audience.FAMILY}), access=frozenset({Access.OPEN_ANONYMOUS}),
        referrers=frozenset({Profession.ANY}),
    )  # fmt: skip
    given, places, months, themes, municipalities, audience, access, form, referrers = plain.columns(at, AROUND)
    assert (given, places) == (["DK"], ["1084", "DK"])
    assert (months.lower, months.upper) == (0, 12)
    assert (themes, form) == ([], [])
    assert municipalities == ["0217", "0751"]
    assert {Audience.FATHER, Audience.FAMILY} <= set(audience)
    assert set(access) == {Access.OPEN, Access.OPEN_ANONYMOUS}
    assert set(referrers) == set(Profession)
    assert plain.columns(_reach(), AROUND)[2] is None


@pytest.mark.parametrize("facets", [True, False])
def test_plain_sql_is_given_every_value_of_a_question(facets: bool) -> None:  # noqa: FBT001 - a case
    day = now().date()
    land = country()
    first, second = plain.scripts([_question(), _question(text="mad")], land.catalogue, day, day, facets=facets)
    assert "$" not in first.text
    assert all(f":{name}" in first.text for name in first.values)
    assert not first.values.keys() & second.values.keys(), "all scripts of a run share one set of names"
    assert ("anywhere" in first.text) is facets
    assert "0217" in first.values["q0v1"]
    assert "websearch" not in plain.statement(text=False, facets=True)


def test_both_sides_answers_are_compared_whole() -> None:
    counted = {"theme": {"counts": [{"value": "sleep", "count": 2}], "unknown": 1}, "form": {"counts": []}}
    ours = {"total": 2, "offers": [{"id": "a"}, {"id": "b"}], "facets": counted}
    theirs = {"total": 2, "offers": [{"id": "b"}, {"id": "a"}], "facets": {"theme": {"sleep": 2}, "form": None}}
    assert searching.answer(ours) != searching.answer(theirs), "the order counts"
    assert searching.counts(ours) == searching.theirs_counts(theirs)
    assert searching.counts(ours) != searching.theirs_counts({"facets": {"theme": {"sleep": 3}, "form": None}})


def _size(offers: int, search_us: float) -> growth.Size:
    return growth.Size(offers, search_us, 2 * search_us, 1.0, 0.5, 1.0)


def test_a_curve_is_sublinear_when_every_step_is() -> None:
    flat = growth.Curve([_size(1000, 100.0), _size(10_000, 200.0), _size(100_000, 900.0)])
    assert flat.factors() == [(10.0, 2.0), (10.0, 4.5)]
    assert flat.mark()[1]
    assert not growth.Curve([_size(1000, 100.0), _size(10_000, 200.0), _size(100_000, 2000.0)]).mark()[1]
    assert flat.table().count("\n") == 3
    assert flat.as_json()[1]["time_factor"] == 2.0


def test_growth_measures_each_size() -> None:
    curve = growth.growing([50, 200], lambda _: None)
    assert [each.offers for each in curve.sizes] == [50, 200]
    assert curve.sizes[1].memory_mb > curve.sizes[0].memory_mb > 0


def test_memory_counts_what_is_held_once_and_no_code() -> None:
    text = "x" * 1000
    assert growth.held_bytes([text, text]) < 2 * 1000
    assert growth.held_bytes([text, "y" * 1000]) > 2 * 1000
    assert growth.held_bytes([Path, growth]) < 200


def test_the_file_sent_in_is_one_editors_and_reads_as_offers() -> None:
    file = importing.csv(importing.own(national(SEED + 1, 30)))
    read = open_file(file, Format.CSV, None, None)
    assert len(read.rows) == 30
    assert not [each for each in read.findings if each.severity is Severity.ERROR]
    catalogue = country().catalogue
    owners = {catalogue.units[row.said["unit"]].organisation for row in read.rows}
    assert len(owners) == 1
    assert len({row.said["id"] for row in read.rows}) == 30


def test_an_import_has_a_minute_for_ten_thousand() -> None:
    assert figures.Import(10_000, 1, 59.0, 0, {}).mark()[1]
    assert not figures.Import(10_000, 1, 60.0, 0, {}).mark()[1]
    assert not figures.Import(1_000, 1, 6.1, 0, {}).mark()[1]
    assert figures.Import(1_000, 1, 4.0, 0, {}).rate == 250.0


def test_the_directory_may_hold_more_memory_than_the_others() -> None:
    row = replace(_row(ratio=None, p99_ms=None), rss_mb={"directory": 199.0, "consent": 149.0})
    assert "MISSED" not in figures.mark_lines([row])
    assert "MISSED" in figures.mark_lines([replace(row, rss_mb={"directory": 201.0})])
    assert "MISSED" in figures.mark_lines([replace(row, rss_mb={"consent": 151.0})])
    assert figures.mark_lines([], [("further", False)]) == "MISSED  further"


def test_a_part_that_fails_leaves_the_others_their_figures() -> None:
    measured = run.Measured()

    def broken() -> int:
        raise RuntimeError("nothing there")

    assert measured.attempt("one", broken) is None
    assert measured.attempt("two", lambda: 2) == 2
    assert measured.failures == ["one: RuntimeError: nothing there"]


def test_what_pgbench_does_while_it_warms_up_does_not_count() -> None:
    rates = ((1.0, 500.0), (2.0, 700.5), (3.0, 900.0))
    late = "\n".join(f"progress: {at} s, {rate} tps, lat 1.5 ms stddev 0.5, 0 failed" for at, rate in rates)
    assert pgbench.rate_after(late, 1) == 800.25
    assert pgbench.rate_after(late, 2) == 900.0
    with pytest.raises(RuntimeError):
        pgbench.rate_after(late, 3)


def test_pgbenchs_rate_is_that_of_all_scripts_together() -> None:
    each = (
        "SQL script 1: bare-0.sql\n - 8120 transactions (51.4% of total)\n - number of failed transactions: 0 (0.000%)"
    )
    assert pgbench.rate_of(f"{PRINTED}{each}, tps = 2707.1)\n") == 5271.303841
