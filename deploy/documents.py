"""Pages that are made from the code: `familiebro docs` writes them, `familiebro docs --check` compares."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

import gateway.problems
import gateway.settings
import services.concern.api.problems
import services.concern.settings
import services.consent.api.problems
import services.consent.settings
import services.directory.api.problems
import services.directory.settings
import services.referral.api.problems
import services.referral.settings
from deploy import lawtable
from deploy.system import ROOT
from services.concern.domain import feedback
from services.concern.domain import kinds as reporters
from services.concern.domain import lifecycle as reports
from services.consent.domain import grounds, regimes
from services.consent.domain.decision import RULE_OF
from services.consent.domain.section11e import meetings
from services.referral.api.steps import ADDRESSES
from services.referral.domain.kinds import KINDS, DeclineReason, DropOutReason, FamilyReason, Outcome, ReopenReason
from services.referral.domain.lifecycle import DANISH, TRANSITIONS, TURN, TaskState, ended
from shared import problems as kit
from shared.vocabulary import REASON_DANISH, Reason, Sector

_MADE = "<!-- Made by `familiebro docs` from the code; do not edit. -->\n"
_SETTINGS: Mapping[str, type[BaseSettings]] = {
    "gateway": gateway.settings.Settings,
    "directory": services.directory.settings.Settings,
    "directory, migration and loader": services.directory.settings.Migrations,
    "consent": services.consent.settings.Settings,
    "directory worker": services.directory.settings.WorkerSettings,
    "consent worker": services.consent.settings.WorkerSettings,
    "consent, migration": services.consent.settings.Migrations,
    "referral": services.referral.settings.Settings,
    "referral worker": services.referral.settings.WorkerSettings,
    "referral, migration": services.referral.settings.Migrations,
    "concern": services.concern.settings.Settings,
    "concern worker": services.concern.settings.WorkerSettings,
    "concern, migration": services.concern.settings.Migrations,
}


def states() -> str:
    """Return the life of a task as a diagram and a table (services/referral/domain/lifecycle.py)."""
    lines = [_MADE, "# The life of a task", "", *_diagram().splitlines()]
    lines += ["", "| State | Dansk | Whose turn |", "|---|---|---|"]
    lines += [f"| `{state}` | {DANISH[state]} | {TURN[state]} |" for state in TaskState]
    lines += ["", "| Step | From | To | By | Address |", "|---|---|---|---|---|"]
    for row in TRANSITIONS:
        sources = ", ".join(f"`{state}`" for state in sorted(row.sources))
        address = f"`{ADDRESSES[row.step]}`" if row.step in ADDRESSES else "–"
        lines.append(f"| `{row.step}` | {sources} | `{row.to}` | {', '.join(sorted(row.by))} | {address} |")
    return "\n".join(lines) + "\n"


def problems() -> str:
    """Return every problem code of every service (RFC 9457)."""
    tables: Mapping[str, Mapping[Any, kit.Problem]] = {
        "everywhere": {problem.code: problem for problem in kit.EVERYWHERE},
        "gateway": {problem.code: problem for problem in _problems_in(gateway.problems)},
        "directory": services.directory.api.problems.PROBLEMS,
        "consent": services.consent.api.problems.PROBLEMS,
        "referral": services.referral.api.problems.PROBLEMS,
        "concern": services.concern.api.problems.PROBLEMS,
    }
    lines = [
        _MADE,
        "# Problems",
        "",
        "`type` is `urn:familiebro:problem:` and the code; `fix_by` says whose move it is.",
    ]
    for name, table in tables.items():
        lines += [
            "",
            f"## {name}",
            "",
            "| Code | Status | Fix by | Meaning | Told to the user |",
            "|---|---|---|---|---|",
        ]
        shared = [] if name == "everywhere" else kit.EVERYWHERE
        told = {problem.code: problem for problem in table.values() if problem not in shared}
        for code, problem in sorted(told.items()):
            lines.append(f"| `{code}` | {problem.status} | {problem.fix_by} | {problem.title} | {problem.detail} |")
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Return every environment variable each process reads."""
    lines = [_MADE, "# Settings", "", "Each is an environment variable, or a file of that name in `/run/secrets`."]
    for name, model in _SETTINGS.items():
        prefix = str(model.model_config.get("env_prefix", ""))
        lines += ["", f"## {name}", "", "| Variable | Default | Meaning |", "|---|---|---|"]
        for field_name, field in sorted(model.model_fields.items()):
            default = "**required**" if field.default is PydanticUndefined else f"`{field.default}`"
            lines.append(f"| `{(prefix + field_name).upper()}` | {default} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def law() -> str:
    """Return which code enforces each rule of law and which test shows it, as the tests' own marks say."""
    return _MADE + lawtable.page()


def consent(folder: Path = ROOT / "docs") -> str:
    """Return docs/consent.md with its tables as the code says now; the words around them are written by hand."""
    return _filled(folder / "consent.md", _CONSENT_TABLES)


def referral(folder: Path = ROOT / "docs") -> str:
    """Return docs/referral.md with its diagram and tables as the code says now."""
    return _filled(folder / "referral.md", _REFERRAL_TABLES)


def section11e(folder: Path = ROOT / "docs") -> str:
    """Return docs/section-11e.md with the life of a meeting as the code says now."""
    return _filled(folder / "section-11e.md", {"section-11e": _meetings})


def concern(folder: Path = ROOT / "docs") -> str:
    """Return docs/concern-reports.md with its tables as the code says now."""
    tables = {"reporters": _reporters, "report": _report, "feedback": _feedback}
    return _filled(folder / "concern-reports.md", tables)


def _reporters() -> str:
    """Return each kind of reporter with the reasons it may state."""
    lines = ["| Who | Reason | By | Must |", "|---|---|---|---|"]
    for kind, known in reporters.KINDS.items():
        for ground, reason in known.grounds.items():
            named = f"{reporters.KIND_DANISH[kind]} (`{kind}`)"
            must = "yes" if reason.duty else "may"
            lines.append(f"| {named} | {reporters.GROUND_DANISH[ground]} (`{ground}`) | {reason.provision} | {must} |")
    return "\n".join(lines) + "\n"


def _report() -> str:
    """Return every step of a report: from where, to where, by whom."""
    lines = ["| Step | From | To | By |", "|---|---|---|---|"]
    for row in reports.TRANSITIONS:
        sources = ", ".join(f"`{each}`" for each in reports.ReportState if each in row.sources)
        by = ", ".join(sorted(row.by))
        lines.append(f"| `{row.step}` | {sources} | {f'`{row.to}`' if row.to else 'stays'} | {by} |")
    return "\n".join(lines) + "\n"


def _feedback() -> str:
    """Return what each kind of reporter is owed."""
    lines = ["| Who | Whether anything was begun | Type and length | Says |", "|---|---|---|---|"]
    for kind, owed in feedback.OWING.items():
        lines.append(f"| `{kind}` | {owed.begun} | {owed.more} | {owed.says} |")
    return "\n".join(lines) + "\n"


def _meetings() -> str:
    """Return where a meeting stands and what can be done from there."""
    lines = ["| Where it stands | Takes the place | What can be done |", "|---|---|---|"]
    for state in meetings.State:
        steps = ", ".join(f"`{each}`" for each in meetings.allowed(state)) or "–"
        place = "for good" if state is meetings.State.HELD else "yes" if state in meetings.TAKES_PLACE else "no"
        lines.append(f"| `{state}` | {place} | {steps} |")
    return "\n".join(lines) + "\n"


def _filled(page: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    text = page.read_text()
    for name, made in tables.items():
        begin, end = f"<!-- table: {name}, made by `familiebro docs` -->\n", "<!-- end of table -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            msg = f"docs/{page.name} has no place for the table {name}"
            raise ValueError(msg)
        text = f"{before}{begin}{made()}{end}{after}"
    return text


def _diagram() -> str:
    """Return the life of a task as a Mermaid diagram: an arrow per pair of states, with the steps that make it."""
    steps: dict[tuple[TaskState, TaskState], set[str]] = {}
    for row in TRANSITIONS:
        for state in row.sources:
            steps.setdefault((state, row.to), set()).add(row.step.value)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> draft", "    [*] --> awaiting_consent"]
    lines += [f"    {state} --> {to}: {' / '.join(sorted(steps[state, to]))}" for state, to in sorted(steps)]
    lines += [f"    {state} --> [*]" for state in TaskState if ended(state)]
    return "\n".join([*lines, "```"]) + "\n"


def _kinds() -> str:
    lines = ["| Kind | Dansk | What is its own |", "|---|---|---|"]
    own = {
        "anonymous": "about nobody: stores no identity (R36)", "by_family": "the family itself sends it",
        "handed_over": "starts when the receiver has taken over; only then the sender lets go",
        "advises": "may end with advice or a decision alone", "forum": "dealt with at a meeting of several units",
    }  # fmt: skip
    for kind, rule in KINDS.items():
        told = [words for name, words in own.items() if getattr(rule, name)]
        told += [] if rule.books else ["never a booking: begins under the authority's decision (R35, R69)"]
        lines.append(f"| `{kind}` | {rule.danish} | {'; '.join(told) or '–'} |")
    return "\n".join(lines) + "\n"


def _closed_lists() -> str:
    lines = ["| List | Codes |", "|---|---|"]
    for name, codes in (
        ("Why a recipient declines", DeclineReason), ("Why a family says no thank you", FamilyReason),
        ("Why a course stopped on the way", DropOutReason), ("How a task was completed", Outcome),
        ("Why it is taken up again", ReopenReason),
    ):  # fmt: skip
        lines.append(f"| {name} | {', '.join(f'`{each}`' for each in codes)} |")
    return "\n".join(lines) + "\n"


_REFERRAL_TABLES: Mapping[str, Callable[[], str]] = {
    "lifecycle": _diagram, "kinds": _kinds, "reasons": _closed_lists,
}  # fmt: skip


def _regimes() -> str:
    lines = ["| R15 | Between | Law | Form | Holds at most | Without consent |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.letter} | {row.between} | {law} | {row.form} | {row.longest} | {row.without_consent} |"
        for law, row in regimes.ROWS.items()
    ]
    return "\n".join(lines) + "\n"


def _roads() -> str:
    """Return which row governs each sector's telling each other sector."""
    sectors = list(Sector)
    lines = ["| from \\ to | " + " | ".join(f"`{each}`" for each in sectors) + " |", "|---" * (len(sectors) + 1) + "|"]
    for sender in sectors:
        told = (regimes.ROWS[regimes.regime(sender, to)].letter for to in sectors)
        lines.append(f"| `{sender}` | " + " | ".join(told) + " |")
    return "\n".join(lines) + "\n"


def _reasons() -> str:
    lines = ["| Reason | Opens | Rule | Told to the caseworker |", "|---|---|---|---|"]
    lines += [
        f"| `{each}` | {'yes' if each.permits else 'no'} | {RULE_OF[each]} | {REASON_DANISH[each]} |" for each in Reason
    ]
    return "\n".join(lines) + "\n"


def _grounds() -> str:
    lines = ["| Ground | Law | In Danish | From | To | Against a no | Asks for |", "|---|---|---|---|---|---|---|"]
    for ground, terms in grounds.TERMS.items():
        wants = [
            name
            for name, wanted in (
                ("the person is told, or why not", terms.informs), ("consent was sought first", terms.tries_consent),
                ("another municipality", terms.elsewhere),
            )
            if wanted
        ]  # fmt: skip
        parties = [
            ", ".join(f"`{each}`" for each in Sector if each in some) for some in (terms.senders, terms.recipients)
        ]
        against = "yes" if terms.despite_refusal else "no"
        asked = "; ".join(["a reason", *wants])
        lines.append(
            f"| `{ground}` | {terms.law} | {terms.danish} | {parties[0]} | {parties[1]} | {against} | {asked} |"
        )
    return "\n".join(lines) + "\n"


_CONSENT_TABLES: Mapping[str, Callable[[], str]] = {
    "regimes": _regimes, "roads": _roads, "reasons": _reasons, "grounds": _grounds,
}  # fmt: skip
PAGES: Mapping[str, Callable[[], str]] = {
    "states.md": states, "problems.md": problems, "settings.md": settings, "consent.md": consent,
    "referral.md": referral, "law.md": law, "section-11e.md": section11e, "concern-reports.md": concern,
}  # fmt: skip


def write(folder: Path = ROOT / "docs") -> int:
    """Write every page; return 0, or 1 if a rule of law that must have a test has none, or a mark says nothing."""
    folder.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (folder / name).write_text(made())
        print(f"docs/{name}")
    return _wanting()


def check(folder: Path = ROOT / "docs") -> int:
    """Compare every page with what the code says now; return 0 if all agree and every rule of law has its test."""
    stale = [
        name for name, made in PAGES.items() if not (folder / name).exists() or (folder / name).read_text() != made()
    ]
    for name in stale:
        print(f"docs/{name} is not what the code says; run make docs")
    return _wanting() or (1 if stale else 0)


def _wanting() -> int:
    found = lawtable.findings()
    for line in found:
        print(line)
    return 1 if found else 0


def _problems_in(module: object) -> list[kit.Problem]:
    found: list[kit.Problem] = []
    for value in vars(module).values():
        if isinstance(value, kit.Problem):
            found.append(value)
        elif isinstance(value, Mapping):
            found += [each for each in value.values() if isinstance(each, kit.Problem)]
    return found
