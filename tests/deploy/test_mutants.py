"""What breaks the rules on purpose is right itself: the copy it breaks, and how it counts what nobody noticed."""

import ast
import tomllib
from pathlib import Path

import pytest

from deploy import mutants
from services.consent.domain import model

SOURCE = '''class Word:
    """A word."""

    @property
    def said(self) -> bool:
        """Say so."""
        return True

    def other(self) -> bool:
        return self.said
'''
RESULTS = """
    services.consent.domain.people.x_birthday__mutmut_8: killed
    services.consent.domain.people.x_birthday__mutmut_9: survived
    services.consent.domain.people.x_birthday__mutmut_10: no tests
Running
"""


def test_a_property_becomes_a_method_that_can_be_broken_and_stays_a_property() -> None:
    made = mutants.with_methods(SOURCE)
    assert "def _said(self)" in made
    assert "@property" not in made
    names: dict[str, type] = {}
    exec(compile(made, "made", "exec"), names)  # noqa: S102 - our own few lines
    assert names["Word"]().other() is True
    assert isinstance(vars(names["Word"])["said"], property)


def test_every_property_of_the_rules_is_made_a_method() -> None:
    for name in mutants.MODULES:
        source = (mutants.ROOT / mutants.RULES / f"{name}.py").read_text()
        made = ast.unparse(ast.parse(mutants.with_methods(source)))
        assert "@property" not in made
        assert made.count("= property(") == source.count("@property"), name


def test_what_was_found_is_read_with_its_state() -> None:
    stem = "services.consent.domain.people.x_birthday__mutmut"
    assert mutants.results(RESULTS) == [(f"{stem}_8", "killed"), (f"{stem}_9", "survived"), (f"{stem}_10", "no tests")]


def test_the_copy_holds_the_rules_their_tests_and_nothing_that_needs_a_database(tmp_path: Path) -> None:
    mutants.lay_out(mutants.ROOT, tmp_path, ["decision"])
    told = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert told["tool"]["mutmut"]["only_mutate"] == ["services/consent/domain/decision.py"]
    assert "--noconftest" in told["tool"]["pytest"]["ini_options"]["addopts"]
    tests = told["tool"]["mutmut"]["pytest_add_cli_args_test_selection"]
    assert all((tmp_path / each).is_file() for each in tests)
    assert not (tmp_path / "services/consent/store").exists()
    copied = (tmp_path / "services/consent/domain/model.py").read_text()
    assert copied == mutants.with_methods(Path(model.__file__).read_text())


def test_no_rules_of_another_name_are_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.run(["decisions"]) == 2
    assert "decisions" in capsys.readouterr().err
