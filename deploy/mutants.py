"""Break the rules of consent, one small piece at a time, and see that a test notices each (`make mutants`).

mutmut makes and runs the mutants, on a copy in build/mutants: of a function's operators, constants, arguments,
conditions and values. It leaves properties alone; in the copy they become methods, so that they are broken, too. What
stands outside a function (tables, errors' rules, defaults) it never breaks: those are said word for word in tests.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutants"
RULES = Path("services/consent/domain")
MODULES = ("decision", "errors", "following", "giving", "grounds", "model", "people", "regimes", "told")
# The tests that need no database and are done in a moment; the small worlds seen whole are for `make test`.
TESTS = (
    "decision", "following", "giving", "giving_days", "grounds", "people", "regimes", "rules_named", "timeline",
    "told", "voices",
)  # fmt: skip
# Imported as it is; everything else the rules may not know.
_NEEDED = ("services/__init__.py", "services/consent/__init__.py", "shared/__init__.py", "shared/vocabulary.py",
           "tests/__init__.py", "tests/consent/__init__.py", "tests/support",
           "services/directory/data/municipalities.csv")  # fmt: skip
_CONFIG = """
[tool.pytest.ini_options]
filterwarnings = ["error"]
addopts = ["--strict-markers", "--import-mode=importlib", "--noconftest", "-p", "no:asyncio", "-p", "no:cacheprovider"]
pythonpath = ["."]

[tool.mutmut]
source_paths = ["services/consent/domain"]
only_mutate = [{only}]
also_copy = ["services", "shared", "tests"]
pytest_add_cli_args_test_selection = [{tests}]
use_git_change_detection = false
"""
# Neither is an alarm: killed, or (told by mutmut as timeout) running for ever.
_CAUGHT = frozenset({"killed", "timeout"})


def run(modules: Sequence[str] = ()) -> int:
    """Break the modules (all, where none is named), print what nobody noticed; 0: nothing, 1: something."""
    unknown = set(modules) - set(MODULES)
    if unknown:
        print(f"No such rules: {', '.join(sorted(unknown))}. There are: {', '.join(MODULES)}.", file=sys.stderr)
        return 2
    lay_out(ROOT, PLACE, modules or MODULES)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    children = str(os.cpu_count() or 1)
    ran = subprocess.run([mutmut, "run", "--max-children", children], cwd=PLACE, check=False)
    told = subprocess.run([mutmut, "results", "--all", "true"], cwd=PLACE, check=True, capture_output=True, text=True)
    mutants = results(told.stdout)
    alive = [name for name, state in mutants if state not in _CAUGHT]
    for name in alive:
        subprocess.run([mutmut, "show", name], cwd=PLACE, check=False)
    print(f"{len(mutants)} mutants, {len(alive)} not noticed.")
    return 0 if mutants and not alive and ran.returncode == 0 else 1


def lay_out(root: Path, place: Path, modules: Iterable[str]) -> None:
    """Copy the rules and their tests to `place`, ready for mutmut to break just the modules."""
    shutil.rmtree(place, ignore_errors=True)
    (place / RULES).mkdir(parents=True)
    tests = [f"tests/consent/test_{name}.py" for name in TESTS]
    for each in (*_NEEDED, *tests):
        target = place / each
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / each).is_dir():
            shutil.copytree(root / each, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / each, target)
    for file in (root / RULES).glob("*.py"):
        (place / RULES / file.name).write_text(with_methods(file.read_text()))
    only = ", ".join(f'"{RULES / name}.py"' for name in modules)
    config = _CONFIG.format(only=only, tests=", ".join(f'"{each}"' for each in tests))
    (place / "pyproject.toml").write_text(config)


def with_methods(source: str) -> str:
    """Return the source with each property `x` as a method `_x`, and `x = property(_x)` below it."""
    lines = source.splitlines()
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and [ast.unparse(each) for each in node.decorator_list] == ["property"]
    ]
    for node in sorted(found, key=lambda each: each.lineno, reverse=True):
        indent = " " * node.col_offset
        lines.insert(node.end_lineno or node.lineno, f"{indent}{node.name} = property(_{node.name})")
        lines[node.lineno - 1] = lines[node.lineno - 1].replace(f"def {node.name}(", f"def _{node.name}(")
        del lines[node.decorator_list[0].lineno - 1]
    return "\n".join(lines) + "\n"


def results(told: str) -> list[tuple[str, str]]:
    """Return each mutant's name and what became of it, as `mutmut results --all true` tells it."""
    rows = (line.strip().rpartition(": ") for line in told.splitlines() if "__mutmut_" in line)
    return [(name, state) for name, _, state in rows]
