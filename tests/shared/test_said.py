"""What is said of a field that did not pass: a fixed word for every rule of our own, and never the input."""

import ast
from pathlib import Path

import pytest
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from shared.problems import told

ROOT = Path(__file__).parents[2]
NO_WORD = "does not have the expected form"


def _rules() -> list[tuple[str, ast.Call]]:
    """Return where in the tree a rule of our own is broken, and the call that says so."""
    return [
        (f"{file.relative_to(ROOT)}:{node.lineno}", node)
        for part in ("services", "shared", "gateway")
        for file in sorted((ROOT / part).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "PydanticCustomError"
    ]


RULES = _rules()


def _said(error: PydanticCustomError, given: str = "6101901234") -> list[dict[str, object]]:
    details = InitErrorDetails(type=error, loc=("body", "words"), input=given)
    return told(ValidationError.from_exception_data("Words", [details]).errors())


def test_the_tree_has_rules_of_its_own() -> None:
    assert {"services/referral", "services/directory"} <= {"/".join(place.split("/")[:2]) for place, _ in RULES}


@pytest.mark.parametrize("call", [call for _, call in RULES], ids=[place for place, _ in RULES])
def test_every_rule_of_our_own_arrives_with_its_own_fixed_word(call: ast.Call) -> None:
    code, word = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
    assert isinstance(code, str)
    assert isinstance(word, str), "the word is written out where the rule is, so that it can never hold the input"
    assert "{" not in word
    assert not call.keywords
    [said] = _said(PydanticCustomError(code, word))
    assert said["kind"] == code
    assert said["said"] != NO_WORD
    assert "6101901234" not in str(said)


def test_a_word_that_takes_something_up_of_the_input_is_not_told() -> None:
    [said] = _said(PydanticCustomError("of_a_library", "cannot read {given}", {"given": "6101901234"}))
    assert said["said"] == NO_WORD


def test_what_the_library_says_is_not_told() -> None:
    [said] = told([{"type": "value_error", "loc": ("body", "day"), "msg": "Value error, 6101901234"}])
    assert said["said"] == NO_WORD
