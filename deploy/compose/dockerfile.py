"""Read a Dockerfile: its stages, and which files of the tree each one holds."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_CONTINUED = re.compile(r"\\\n")
_COMMENT = re.compile(r"^\s*#.*\n?", re.MULTILINE)
_FROM = re.compile(r"(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)


@dataclass(slots=True)
class Stage:
    """One stage: what it starts from (a stage's name or an image), and its instructions in order."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)


def stages(text: str) -> dict[str, Stage]:
    """Return the stages by name, in the file's order."""
    found: list[Stage] = []
    for line in _CONTINUED.sub(" ", _COMMENT.sub("", text)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "FROM" and (named := _FROM.fullmatch(rest.strip())):
            found.append(Stage(named[2] or str(len(found)), named[1]))
        elif word and found:
            found[-1].instructions.append((word.upper(), rest.strip()))
    return {stage.name: stage for stage in found}


def said(text: str, target: str, word: str) -> Iterator[str]:
    """Yield what `target` and the stages it starts from say with one instruction, the nearest first."""
    known = stages(text)
    while target in known:
        yield from (rest for found, rest in reversed(known[target].instructions) if found == word)
        target = known[target].base


def copied(text: str, target: str) -> set[str]:
    """Return the paths in the tree that end up in `target`, through other stages too; folders end in a slash."""
    found: set[str] = set()
    for rest in said(text, target, "COPY"):
        parts = rest.split()
        if parts[0].startswith("--from="):
            found |= copied(text, parts[0].removeprefix("--from="))
        else:
            found |= {part for part in parts[:-1] if not part.startswith("--")}
    return found


def command(rest: str) -> Sequence[str]:
    """Return an instruction's command in exec form, or nothing if it is not one."""
    try:
        words = json.loads(rest)
    except json.JSONDecodeError:
        return ()
    return words if isinstance(words, list) else ()
