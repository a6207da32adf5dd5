"""docs/law.md: which code enforces each rule of law and which test shows it, read from the marks the tests carry.

A test says `@pytest.mark.rule("R6", enforced_by="services.consent.domain.section11e:quota")`. The marks are read from
the syntax of the test files: no test is imported, and a mark that cannot be read that way is told as a fault.
"""

import ast
import importlib
import inspect
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.system import ROOT

# The rules that the page tells of even before any test shows them.
WANTED = frozenset(f"R{number}" for number in range(1, 40))
# The rules that must have a test: `familiebro docs --check` fails without. None is ever taken out.
REQUIRED = WANTED

SECTIONS = (
    ("The meeting under retssikkerhedsloven § 11 e", 1, 14),
    ("Consent (samtykke)", 15, 28),
    ("Concern reports and help from the authority (underretning)", 29, 36),
    ("Families that move", 37, 39),
    ("What else is shown", 40, 99),
)
_OURS = ("services.", "gateway.", "shared.")
_CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_SKIPS = ("mark.skip", "mark.skipif", "mark.xfail", "pytest.skip", "pytest.xfail", "pytest.importorskip")
_PREFACE = """\
# The law, the code and the tests

For an auditor, a jurist or whoever takes the system over: what each rule says, where the code enforces it, and which
test would fail if it no longer did. The page is made from the tests themselves and held against them on every check, so
it cannot promise what nothing shows. [rules.md](rules.md) says what the abbreviations of the acts stand for.

**This is not legal advice.** It is how the law was read by those who built the system. A test shows that the code does
what the rule says here; it cannot show that the rule says what the law means.

Where the reading is in doubt, the rule is marked **open**, and the question stands under
[Open for a jurist](#open-for-a-jurist): what is asked, and what the system does until it is answered. Such a question
looks like this: "Does § 11 e cover a child that is not yet born?" Whoever answers one changes its row in rules.md, then
the code and the test, so that all three say the same again.

Several pieces of code in one cell work together: the tests beside them show the whole. Each link leads to the file, and
ends with the name of what is meant. `python -m pytest -m rule` runs every test on this page.
"""


@dataclass(frozen=True)
class Rule:
    """A row of docs/rules.md; `open_question` and `meanwhile` where a jurist has still to answer."""

    name: str
    says: str
    rests_on: str
    open_question: str | None = None
    meanwhile: str | None = None


@dataclass(frozen=True)
class Shown:
    """A test that shows a rule.

    `code`: what enforces it, each as `module:name`. `file`: relative to the root. `test`: as pytest names it within
    the file, `TestOfSomething::test_it`. `case`: where one case of a parametrised test alone bears the mark.
    """

    rule: str
    code: tuple[str, ...]
    file: str
    test: str
    case: str | None = None


@dataclass(frozen=True)
class Reading:
    """What the marks of the tests say, and the faults of those that say nothing usable."""

    shown: tuple[Shown, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """Where in a file a test stands: what it inherits of marks, words and doubts from its class and module."""

    file: str
    names: Mapping[str, ast.expr]
    path: tuple[str, ...] = ()
    marks: tuple[ast.expr, ...] = ()
    words: str = ""
    doubts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Borne:
    """A mark on a test: `source` is the mark's own place in the syntax."""

    source: ast.Call
    shown: Shown | None
    faults: tuple[str, ...]


def rules(root: Path = ROOT) -> Mapping[str, Rule]:
    """Return every rule of docs/rules.md by its name, with the questions that stand open."""
    text, found = (root / "docs" / "rules.md").read_text(), dict[str, Rule]()
    said, _, asked = text.partition("## Open for a jurist")
    for name, says, rests_on in re.findall(r"^\| (R\d+) \| (.+?) \| (.+?) \|$", said, re.MULTILINE):
        found[name] = Rule(name, says, rests_on)
    for name, question, meanwhile in re.findall(r"^\| (R\d+) \| (.+?) \| (.+?) \|$", asked, re.MULTILINE):
        found[name] = replace(found[name], open_question=question, meanwhile=meanwhile)
    return found


def read(root: Path = ROOT) -> Reading:
    """Return what the marks of every test below `root`/tests say."""
    shown, faults = list[Shown](), list[str]()
    for file in sorted((root / "tests").rglob("*.py")):
        text = file.read_text()
        if "mark.rule" in text:
            name = file.relative_to(root).as_posix()
            tree = ast.parse(text, name)
            borne = list(_of_file(tree, name))
            shown += [each.shown for each in borne if each.shown]
            faults += [fault for each in borne for fault in each.faults]
            faults += _borne_by_none(tree, borne, name)
    return Reading(tuple(sorted(set(shown), key=_order)), tuple(dict.fromkeys(faults)))


def findings(root: Path = ROOT, required: Iterable[str] = REQUIRED) -> list[str]:
    """Return what is wrong: unusable marks, code that is not there, unknown rules, required rules without a test."""
    reading, known = read(root), rules(root)
    found = list(reading.faults)
    for each in reading.shown:
        where = f"{each.file}::{each.test}"
        if each.rule not in known:
            found.append(f"{where}: {each.rule} is no row of docs/rules.md")
        found += [f"{where}: {code} {fault}" for code in each.code if (fault := _unresolved(code))]
    having = {each.rule for each in reading.shown}
    found += [f"{rule} must have a test and has none" for rule in sorted(set(required) - having, key=_number)]
    return list(dict.fromkeys(found))


def page(root: Path = ROOT) -> str:
    """Return docs/law.md, without its first line."""
    known, shown = rules(root), read(root).shown
    lines = _PREFACE.splitlines()
    told = sorted((known.keys() & WANTED) | {each.rule for each in shown if each.rule in known}, key=_number)
    bare = [rule for rule in told if rule not in {each.rule for each in shown}]
    tests = {(each.file, each.test) for each in shown}
    lines += ["", f"{len(told) - len(bare)} rules, shown by {len(tests)} tests."]
    lines += [f"No test bears the mark of {', '.join(bare)} yet."] if bare else []
    for title, first, last in SECTIONS:
        here = [rule for rule in told if first <= _number(rule) <= last]
        if here:
            lines += ["", f"## {title}", "", "| Rule | What it says | Rests on | Enforced by | Shown by |"]
            lines += ["|---|---|---|---|---|"]
            lines += [row for rule in here for row in _rows(known[rule], [s for s in shown if s.rule == rule])]
    asked = [known[rule] for rule in told if known[rule].open_question]
    lines += ["", "## Open for a jurist", "", "| Rule | Question | Until it is answered |", "|---|---|---|"]
    lines += [f"| {each.name} | {each.open_question} | {each.meanwhile} |" for each in asked]
    return "\n".join(lines) + "\n"


def _rows(rule: Rule, shown: list[Shown]) -> Iterator[str]:
    """Yield a row for each set of code that enforces the rule together; only the first repeats what it says."""
    says = f"{rule.says} (**open**)" if rule.open_question else rule.says
    told, rests_on = says, rule.rests_on
    for code in sorted({each.code for each in shown}):
        tests = dict.fromkeys(_test_link(each) for each in shown if each.code == code)
        yield f"| {rule.name} | {told} | {rests_on} | {'<br>'.join(map(_code_link, code))} | {'<br>'.join(tests)} |"
        told = rests_on = ""
    if not shown:
        yield f"| {rule.name} | {says} | {rule.rests_on} | – | – |"


def _code_link(code: str) -> str:
    module, name = code.split(":")
    parts = module.split(".")
    service = parts[1] if parts[0] == "services" else parts[0]
    return f"{service} [`{parts[-1]}.{name}`](../{_file_of(module)}#{name})"


def _test_link(shown: Shown) -> str:
    name = shown.test.split("::")[-1]
    words = re.sub(rf"^test_({shown.rule.lower()}_)?", "", name).replace("_", " ")
    case = f" ({shown.case})" if shown.case else ""
    return f"[{words}{case}](../{shown.file}#{name})"


def _file_of(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if (ROOT / path / "__init__.py").exists() else f"{path}.py"


def _unresolved(code: str) -> str | None:
    """Return why the code that is named is not there; None if it is."""
    module, _, name = code.partition(":")
    if not module.startswith(_OURS):
        return "is none of the system's own code"
    try:
        loaded = importlib.import_module(module)
        operator.attrgetter(name)(loaded)
    except ImportError:
        return "names a module that cannot be imported"
    except AttributeError:
        return "names what its module does not have"
    first = getattr(loaded, name.partition(".")[0])
    home = first.__module__ if inspect.isfunction(first) or inspect.isclass(first) else module
    return None if home == module else f"is only passed on there: {home} defines it"


def _of_file(tree: ast.Module, file: str) -> Iterator[_Borne]:
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    told = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign
    doubts = {doubt for node in tree.body if not isinstance(node, told) for doubt in _doubts(node, {})}
    place = _Place(file, names, marks=_own_marks(tree.body), doubts=frozenset(doubts))
    yield from _of_body(tree.body, place)


def _of_body(body: list[ast.stmt], place: _Place) -> Iterator[_Borne]:
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    for node in body:
        if isinstance(node, ast.ClassDef):
            inner = replace(
                place, path=(*place.path, node.name), words=f"{place.words} {ast.get_docstring(node) or ''}",
                marks=(*place.marks, *node.decorator_list, *_own_marks(node.body)),
            )  # fmt: skip
            yield from _of_body(node.body, inner)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # What a class or a module bears is its tests', not its helpers'.
            here = place if node.name.startswith("test_") else replace(place, marks=())
            yield from _of_test(node, here, defined.count(node.name) > 1)


def _of_test(node: ast.FunctionDef | ast.AsyncFunctionDef, place: _Place, twice: bool) -> Iterator[_Borne]:  # noqa: FBT001
    borne = (*place.marks, *node.decorator_list)
    words = f"{place.words} {ast.get_docstring(node) or ''}"
    test = "::".join([*place.path, node.name])
    doubts = {*place.doubts, *(doubt for part in (*borne, *node.body) for doubt in _doubts(part, place.names))}
    for case, source in (*_plain(borne, place.names), *_cases(borne, place.names)):
        shown, faults = _said(source, place.file, test, case), list[str]()
        if shown is None:
            faults.append("a mark names one rule and its code by plain strings: rule('R6', enforced_by='module:name')")
        elif shown.rule.lower() not in node.name.split("_") and not re.search(rf"\b{shown.rule}\b", words):
            faults.append(f"neither its name nor its words say {shown.rule}")
        faults += [f"it may be skipped or excused ({doubt})" for doubt in sorted(doubts)]
        faults += _uncollected(place, node.name)
        faults += ["another of the same name takes its place"] if twice else []
        yield _Borne(source, None if faults else shown, tuple(f"{place.file}::{test}: {fault}" for fault in faults))


def _uncollected(place: _Place, name: str) -> list[str]:
    """Return why pytest would not run it."""
    found = [] if name.startswith("test_") else ["its name does not begin with test_"]
    found += [] if Path(place.file).name.startswith("test_") else ["its file's name does not begin with test_"]
    return found + [f"{each} does not begin with Test" for each in place.path if not each.startswith("Test")]


def _said(call: ast.Call, file: str, test: str, case: str | None) -> Shown | None:
    """Return what a mark says; None if it is not said by plain strings."""
    try:
        (rule,) = map(ast.literal_eval, call.args)
        told = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    except ValueError:
        return None
    code = told.get("enforced_by")
    codes = (code,) if isinstance(code, str) else code
    if told.keys() != {"enforced_by"} or not isinstance(rule, str) or not isinstance(codes, tuple) or not codes:
        return None
    if not re.fullmatch(r"R\d+", rule) or not all(isinstance(each, str) and _CODE.fullmatch(each) for each in codes):
        return None
    return Shown(rule, codes, file, test, case)


def _own_marks(body: list[ast.stmt]) -> tuple[ast.expr, ...]:
    """Return what a module or a class assigns to `pytestmark`."""
    return tuple(
        node.value
        for node in body
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["pytestmark"]
    )


def _plain(borne: Iterable[ast.expr], names: Mapping[str, ast.expr]) -> Iterator[tuple[None, ast.Call]]:
    for expression in borne:
        for each in _spread(expression, names):
            if _is_rule(each):
                yield None, each


def _cases(borne: Iterable[ast.expr], names: Mapping[str, ast.expr]) -> Iterator[tuple[str, ast.Call]]:
    """Yield the marks of single cases: `pytest.param(..., marks=..., id="...")`."""
    for expression in borne:
        if not (isinstance(expression, ast.Call) and ast.unparse(expression.func).endswith("mark.parametrize")):
            continue
        values = [names.get(each.id, each) if isinstance(each, ast.Name) else each for each in expression.args]
        params = [part for value in values for part in ast.walk(value) if isinstance(part, ast.Call)]
        for number, each in enumerate(each for each in params if ast.unparse(each.func).endswith("pytest.param")):
            told = {word.arg: word.value for word in each.keywords}
            case = ast.unparse(told["id"]).strip("'\"") if "id" in told else f"case {number + 1}"
            marks = _spread(told["marks"], names) if "marks" in told else ()
            yield from ((case, mark) for mark in marks if _is_rule(mark))


def _spread(expression: ast.expr, names: Mapping[str, ast.expr]) -> Iterator[ast.Call]:
    """Yield each call of a mark, of a list of marks, or of a name that the file gave to either."""
    if isinstance(expression, ast.Name) and expression.id in names:
        yield from _spread(names[expression.id], {})
    elif isinstance(expression, ast.List | ast.Tuple):
        for each in expression.elts:
            yield from _spread(each, names)
    elif isinstance(expression, ast.Call):
        yield expression


def _is_rule(call: ast.Call) -> bool:
    return ast.unparse(call.func) == "pytest.mark.rule"


def _doubts(part: ast.AST, names: Mapping[str, ast.expr]) -> Iterator[str]:
    """Yield what in it may skip a test, or let it fail and pass all the same."""
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and (said := ast.unparse(node)).endswith(_SKIPS):
            yield said
        elif isinstance(node, ast.Name) and node.id in names:
            yield from _doubts(names[node.id], {})


def _borne_by_none(tree: ast.Module, borne: list[_Borne], file: str) -> list[str]:
    """Return a fault for each mark in the file that the tests found do not account for."""
    seen = {(each.source.lineno, each.source.col_offset) for each in borne}
    return [
        f"{file}: a mark of a rule stands where no test bears it: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("mark.rule")
        and (node.lineno, node.col_offset) not in seen
    ]


def _order(shown: Shown) -> tuple[int, str, str, str]:
    return _number(shown.rule), shown.file, shown.test, shown.case or ""


def _number(rule: str) -> int:
    return int(rule[1:])
