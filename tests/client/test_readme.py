"""What the README shows can be typed: it parses, what it imports is there, and so is every method it calls."""

import ast
import importlib
import re
from pathlib import Path

from familiebro_client import Familiebro, errors, webhooks

README = (Path(__file__).parents[2] / "client" / "README.md").read_text()
SHOWN = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def trees() -> list[ast.Module]:
    """Return each piece of code as a syntax tree; `async with` may stand alone, as it does in a page."""
    return [compile(each, "README", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT) for each in SHOWN]


def test_what_is_imported_is_there() -> None:
    found = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert len(found) > 3
    for node in found:
        for name in node.names:
            assert hasattr(importlib.import_module(node.module or ""), name.name), name.name


def test_every_method_that_is_called_is_there() -> None:
    called = {
        node.func.attr
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name) and node.func.value.id in {"midwife", "house", "familiebro"}
    }  # fmt: skip
    assert {"post", "read", "events", "take", "say", "attach", "report_concern", "say_more", "filed"} <= called
    assert {name for name in called if not hasattr(Familiebro, name)} == set()


def test_every_error_has_a_row() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    kinds = {
        each.__name__
        for module in (errors, webhooks)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, errors.FamiliebroError)
    }
    assert told == kinds - {"FamiliebroError", "ProblemAnswer"}
