"""docs/law.md: every required rule has a test that pytest runs, and what a mark says is true."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import documents, lawtable
from deploy.lawtable import REQUIRED, WANTED, Shown
from deploy.system import ROOT

DECIDE = "services.consent.domain.decision:decide"
MARK = f'@pytest.mark.rule("R6", enforced_by="{DECIDE}")'
RULES = """\
| Rule | What it says | Rests on |
|---|---|---|
| R6 | Once and no more | RSL § 11 e |
| R7 | Perhaps once again | policy |

## Open for a jurist

| Rule | Question | Until it is answered |
|---|---|---|
| R7 | How often? | Once |
"""
Root = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """Return what makes a tree of one test file."""

    def made(test: str, name: str = "test_some.py") -> Path:
        (tmp_path / "tests").mkdir()
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "rules.md").write_text(RULES)
        (tmp_path / "tests" / name).write_text(test)
        return tmp_path

    return made


def found(root: Path) -> list[str]:
    return lawtable.findings(root, required=())


def test_nothing_is_wrong_in_our_own_tests() -> None:
    """Each mark is read, its code is there, its rule has a row; each required rule is shown."""
    assert lawtable.findings() == []


def test_what_is_required_is_wanted_and_explained() -> None:
    assert WANTED >= REQUIRED
    assert lawtable.rules().keys() >= WANTED


def test_pytest_collects_what_the_table_tells_and_nothing_else(request: pytest.FixtureRequest) -> None:
    """Of a run of everything, exactly that; of a part, nothing that the table does not tell."""
    collected = {
        (mark.args[0], item.path.relative_to(ROOT).as_posix(), _name(item))
        for item in request.session.items
        for mark in item.iter_markers("rule")
    }
    told = {(each.rule, each.file, each.test) for each in lawtable.read().shown}
    assert collected <= told
    config = request.config
    narrowed = any(config.getoption(each, None) for each in ("keyword", "markexpr", "deselect", "ignore", "lf"))
    if config.args == config.getini("testpaths") and not narrowed:
        assert collected == told


def _name(item: pytest.Item) -> str:
    return re.sub(r"\[.*", "", item.nodeid.split("::", 1)[1], flags=re.DOTALL)


@pytest.mark.parametrize(
    ("test", "shown"),
    [
        (f"{MARK}\ndef test_r6_holds(): ...", [("test_r6_holds", None)]),
        (f"{MARK}\nasync def test_it():\n    '''R6.'''", [("test_it", None)]),
        (f"{MARK}\n@pytest.mark.parametrize('x', [1, 2])\ndef test_r6_x(x): ...", [("test_r6_x", None)]),
        ((f"{MARK}\nclass TestR:\n    '''R6.'''\n    def test_a(self): ...\n    def test_b(self): ...\n"
         "    def ask(self): ..."),
         [("TestR::test_a", None), ("TestR::test_b", None)]),
        (f"class TestR:\n    pytestmark = {MARK[1:]}\n    def test_r6(self): ...", [("TestR::test_r6", None)]),
        (f"pytestmark = [pytest.mark.journey, {MARK[1:]}]\ndef test_r6(): ...\ndef help(): ...", [("test_r6", None)]),
        (f"ONCE = {MARK[1:]}\n@ONCE\ndef test_r6(): ...\n@ONCE\ndef test_r6_more(): ...",
         [("test_r6", None), ("test_r6_more", None)]),
        (f"@pytest.mark.parametrize('x', [1, pytest.param(2, marks={MARK[1:]}, id='two')])\ndef test_r6(x): ...",
         [("test_r6", "two")]),
        (f"CASES = [pytest.param(1, marks=[{MARK[1:]}]), 2]\n@pytest.mark.parametrize('x', CASES)\ndef test_r6(x): ...",
         [("test_r6", "case 1")]),
    ],
)  # fmt: skip
def test_a_mark_is_read_wherever_pytest_reads_it(root: Root, test: str, shown: list[tuple[str, str | None]]) -> None:
    here = root(test)
    told = [Shown("R6", (DECIDE,), "tests/test_some.py", name, case) for name, case in shown]
    assert list(lawtable.read(here).shown) == told
    assert found(here) == []


@pytest.mark.parametrize(
    ("test", "says"),
    [
        (f"{MARK}\ndef test_it(): ...", "neither its name nor its words say R6"),
        (f"{MARK}\ndef test_r66(): ...", "neither its name nor its words say R6"),
        (f"{MARK}\ndef check_r6(): ...", "does not begin with test_"),
        (f"{MARK}\n@pytest.mark.skip\ndef test_r6(): ...", "skipped or excused (pytest.mark.skip)"),
        (f"{MARK}\n@pytest.mark.xfail(strict=True)\ndef test_r6(): ...", "skipped or excused (pytest.mark.xfail)"),
        (f"LATER = pytest.mark.skipif(True, reason='x')\n{MARK}\n@LATER\ndef test_r6(): ...", "pytest.mark.skipif"),
        (f"{MARK}\ndef test_r6():\n    if 1:\n        pytest.skip('no')", "skipped or excused (pytest.skip)"),
        (f"pytest.importorskip('x')\n{MARK}\ndef test_r6(): ...", "skipped or excused (pytest.importorskip)"),
        (f"{MARK}\n@pytest.mark.skip\nclass TestR:\n    def test_r6(self): ...", "pytest.mark.skip"),
        (f"{MARK}\nclass Rules:\n    def test_r6(self): ...", "Rules does not begin with Test"),
        (f"{MARK}\ndef test_r6(): ...\ndef test_r6(): ...", "another of the same name takes its place"),
        (f"def test_a():\n    {MARK}\n    def test_r6(): ...", "where no test bears it"),
        (f"{MARK}\nclass TestR:\n    '''R6.'''", "where no test bears it"),
        (f"ONCE = {MARK[1:]}\ndef test_r6(): ...", "where no test bears it"),
        (f"from pytest import mark\n@{MARK.removeprefix('@pytest.')}\ndef test_r6(): ...", "where no test bears it"),
        ("@pytest.mark.rule('R6')\ndef test_r6(): ...", "plain strings"),
        (f"@pytest.mark.rule('R6', 'R7', enforced_by='{DECIDE}')\ndef test_r6(): ...", "plain strings"),
        (f"@pytest.mark.rule('6', enforced_by='{DECIDE}')\ndef test_r6(): ...", "plain strings"),
        ("@pytest.mark.rule('R6', enforced_by='services.consent')\ndef test_r6(): ...", "plain strings"),
        ("@pytest.mark.rule('R6', enforced_by=())\ndef test_r6(): ...", "plain strings"),
        ("@pytest.mark.rule('R6', enforced_by=CODE)\ndef test_r6(): ...", "plain strings"),
        (f"@pytest.mark.rule('R100', enforced_by='{DECIDE}')\ndef test_r100(): ...", "R100 is no row"),
        (f"{MARK.replace('decision:', 'gone:')}\ndef test_r6(): ...", "cannot be imported"),
        (f"{MARK.replace('decide', 'gone')}\ndef test_r6(): ...", "its module does not have"),
        (f"{MARK.replace('decide', 'Held.gone')}\ndef test_r6(): ...", "its module does not have"),
        (f"{MARK.replace('decide', 'Record')}\ndef test_r6(): ...", "services.consent.domain.model defines it"),
        (f"{MARK.replace(DECIDE, 'tests.conftest:Databases')}\ndef test_r6(): ...", "none of the system's own code"),
    ],
)
def test_a_mark_that_shows_nothing_is_told(root: Root, test: str, says: str) -> None:
    told = found(root(test))
    assert len(told) == 1, told
    assert says in told[0]
    assert "tests/test_some.py" in told[0]


def test_a_file_that_pytest_does_not_collect_shows_nothing(root: Root) -> None:
    here = root(f"{MARK}\ndef test_r6(): ...", "some.py")
    assert found(here) == ["tests/some.py::test_r6: its file's name does not begin with test_"]


def test_a_required_rule_without_a_test_is_told(root: Root) -> None:
    """One whose only test is skipped counts as having none."""
    here = root(f"{MARK}\n@pytest.mark.skip\ndef test_r6(): ...")
    told = lawtable.findings(here, required=("R7", "R6"))
    assert told[-2:] == ["R6 must have a test and has none", "R7 must have a test and has none"]


def test_the_page_tells_rule_code_and_test_without_line_numbers(root: Root) -> None:
    page = lawtable.page(root(f"{MARK}\ndef test_r6_is_once(): ..."))
    assert (
        "| R6 | Once and no more | RSL § 11 e "
        "| consent [`decision.decide`](../services/consent/domain/decision.py#decide) "
        "| [is once](../tests/test_some.py#test_r6_is_once) |"
    ) in page
    assert "| R7 | Perhaps once again (**open**) | policy | – | – |" in page
    assert "No test bears the mark of R7 yet." in page
    assert page.endswith("|---|---|---|\n| R7 | How often? | Once |\n")


def test_every_link_of_the_page_leads_to_a_file_that_has_what_it_names() -> None:
    page = lawtable.page()
    links = re.findall(r"\]\(\.\./([^)#]+)#([^)]+)\)", page)
    assert len(links) > len(REQUIRED)
    for file, name in set(links):
        text = (ROOT / file).read_text()
        assert re.search(rf"^\s*(async def|def|class)? ?{name.split('.')[0]}\b", text, re.MULTILINE), (file, name)


def test_the_docs_fail_where_a_required_rule_has_no_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "PAGES", {"law.md": documents.law})
    monkeypatch.setattr(lawtable, "findings", list)
    assert (documents.write(tmp_path), documents.check(tmp_path)) == (0, 0)
    monkeypatch.setattr(lawtable, "findings", lambda: ["R6 must have a test and has none"])
    capsys.readouterr()
    assert (documents.write(tmp_path), documents.check(tmp_path)) == (1, 1)
    assert capsys.readouterr().out.count("R6 must have a test") == len(["write", "check"])
