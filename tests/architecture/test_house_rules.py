"""Rules of the house that no linter knows."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from shared import problems as kit

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("directory", "consent", "referral", "concern")
CODE = ("services", "gateway", "shared", "deploy", "client")
LONGEST_FILE = 420
LONGEST_FUNCTION = 60
# An auditor carries the verifier alone, and reads it from one end to the other.
IN_ONE_FILE = {"verify_ledger.py"}


def modules(*folders: str) -> Iterator[Path]:
    """Return every Python file we wrote below the folders."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "__pycache__" not in file.parts and "versions" not in file.parts:
                yield file


def tree(file: Path) -> ast.Module:
    """Return the file as a syntax tree."""
    return ast.parse(file.read_text(), str(file))


def calls(file: Path) -> Iterator[tuple[int, str]]:
    """Return the line and the dotted name of each call."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


@pytest.mark.parametrize("service", SERVICES)
def test_every_domain_error_is_told_by_a_row_of_the_problem_table(service: str) -> None:
    errors = importlib.import_module(f"services.{service}.domain.errors")
    table = importlib.import_module(f"services.{service}.api.problems").PROBLEMS
    defined = {kind for kind in _exceptions(errors) if kind.__subclasses__() == [] or kind in table}
    told = {kind for kind in defined if any(parent in table or parent in kit.PROBLEMS for parent in kind.__mro__)}
    assert defined
    assert defined == told


def test_every_rule_of_law_that_is_cited_is_explained() -> None:
    pages = [file for file in (ROOT / "docs").rglob("*.md") if file.name != "rules.md"]
    cited = {
        rule
        for file in (*modules(*CODE, "tests"), *pages, ROOT / "README.md")
        for rule in re.findall(r"\bR\d\d?\b", file.read_text())
    }
    explained = set(re.findall(r"^\| (R\d+) \|", (ROOT / "docs" / "rules.md").read_text(), re.MULTILINE))
    assert cited == explained


def test_every_error_of_the_kit_is_told() -> None:
    assert {kind for kind in _exceptions(kit) if kind is not kit.KitError} == set(kit.PROBLEMS)


def test_only_one_module_reads_the_clock() -> None:
    allowed = {"shared/clock.py", "shared/ids.py"}
    readers = {
        str(file.relative_to(ROOT))
        for file in modules("services", "gateway", "shared")
        for _, name in calls(file)
        if name in {"datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns", "datetime.today"}
    }
    assert readers == allowed


def test_only_one_module_makes_ids() -> None:
    """A UUID made from a name (version 5) is no new id: it is another spelling of one there is."""
    makers = {
        str(file.relative_to(ROOT))
        for file in modules("services", "gateway", "shared")
        for _, name in calls(file)
        if name.split(".")[-1] in {"uuid1", "uuid3", "uuid4", "uuid7"}
    }
    assert makers == set()


def test_trust_is_made_only_where_it_is_checked() -> None:
    made = {"VerifiedClaims": {"shared/auth.py"}, "Permits": {"services/referral/upstream.py"}}
    constant = {"services/referral/domain/permit.py"}  # NOTHING_ASKED: permits nothing
    for kind, places in made.items():
        found = {
            str(file.relative_to(ROOT))
            for file in modules("services", "gateway", "shared")
            for _, name in calls(file)
            if name.split(".")[-1] == kind
        }
        assert found - constant == places, kind


def test_store_and_actions_never_commit() -> None:
    for file in modules("services"):
        if file.name == "store.py" or file.parent.name == "actions" or file.name == "actions.py":
            assert not [name for _, name in calls(file) if name.endswith((".commit", ".rollback"))], file


def test_everything_is_caught_only_where_a_process_ends() -> None:
    broad = {
        str(file.relative_to(ROOT))
        for file in modules("services", "gateway", "shared")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")
    }
    # Each is the outermost place of its own process: what nobody foresaw is told as a problem, or tried again.
    assert broad <= {"shared/outbox.py", "gateway/main.py"}


def test_files_and_functions_stay_readable() -> None:
    for file in modules(*CODE):
        if file.name not in IN_ONE_FILE:
            assert len(file.read_text().splitlines()) <= LONGEST_FILE, file
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{file}: {node.name}"


def test_every_test_can_fail() -> None:
    """A test without an assertion, an expected exception, or a helper or a machine that asserts, can not."""
    toothless = [
        f"{file.relative_to(ROOT)}:{name}"
        for file in modules("tests")
        for functions in [_functions(file)]
        for name, node in functions.items()
        if name.startswith("test_") and not _can_fail(node, functions)
    ]
    assert toothless == []


def _functions(file: Path) -> dict[str, ast.AST]:
    nodes = list(ast.walk(tree(file)))
    machines: dict[str, ast.AST] = {_played(node.name): node for node in nodes if isinstance(node, ast.ClassDef)}
    return machines | {node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _played(machine: str) -> str:
    """Return what `_called` tells where a test has Hypothesis play a machine: its rules are then what asserts."""
    return f"the machine {machine}"


def _called(call: ast.Call) -> str:
    name = ast.unparse(call.func)
    return _played(ast.unparse(call.args[0])) if name == "run_state_machine_as_test" and call.args else name


def _can_fail(node: ast.AST, functions: dict[str, ast.AST]) -> bool:
    if any(isinstance(part, ast.Assert) for part in ast.walk(node)) or "raises(" in ast.unparse(node):
        return True
    called = {_called(part) for part in ast.walk(node) if isinstance(part, ast.Call)}
    return any(_can_fail(functions[name], {}) for name in called & functions.keys()) or any(
        name.startswith("assert_") for name in called
    )


def _exceptions(module: ModuleType) -> set[type[Exception]]:
    return {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }
