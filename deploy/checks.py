"""The checks behind `familiebro check-deploy` and `familiebro check-personal`: each returns what it found."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deploy.compose import rules
from deploy.system import PROCESSES, ROOT

BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
# R44: what may stand in a file is a day plus 60, or one of the public test persons.
TEST_PERSONS = frozenset({"0201609995", "0201609996", "2512489996"})
_CPR = re.compile(r"(?<![0-9A-Fa-f])(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(\d\d)[ \-–.]?(\d{4})(?![0-9A-Fa-f])")
# Written apart, so that this file does not find itself.
_REGISTRIES = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("debian", "org"))
_HOST = re.compile("|".join(rf"\b{name}\.{end}\b" for name, end in _REGISTRIES), re.IGNORECASE)
_MACHINE = re.compile(r"(?<![\w.])/(?:(?:work|root|Users)/|home/\w)")


def check_deploy() -> list[str]:
    """Return what is wrong with the image build and docker-compose.yml, as far as it shows without an engine."""
    found = _tool("hadolint", "--no-color", str(DOCKERFILE))
    found += _tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
    document, faults = compose_document(COMPOSE)
    found += faults
    if document is not None:
        found += rules.all_findings(document, DOCKERFILE.read_text(), PROCESSES, ROOT)
    return found


def compose_document(file: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """Return what Compose makes of `file` with made-up secrets and no settings of this machine, and its complaints."""
    with tempfile.TemporaryDirectory() as made_up:
        secrets = Path(made_up, "secrets")
        secrets.mkdir()
        for name in re.findall(r"FAMILIEBRO_SECRETS[^}]*\}/([\w.-]+)", file.read_text()):
            (secrets / name).write_text("made up")
        done = subprocess.run(
            [_compose(), "--project-directory", ROOT, "--env-file", os.devnull, "-f", file,
             "config", "--format", "json"],
            env={"PATH": os.environ["PATH"], "HOME": made_up, "FAMILIEBRO_SECRETS": str(secrets)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return None, _lines("compose", done.stderr)
        document: dict[str, Any] = json.loads(done.stdout)
        lost = [name for name, it in document.get("secrets", {}).items() if not Path(it.get("file", "")).is_file()]
    return document, _lines("compose", done.stderr) + [f"compose: the secret {name} has no file" for name in lost]


def check_personal() -> list[str]:
    """Return where a file in git has a civil registration number, a registry's host name or a machine's path.

    Hashes of packages need no exception: their digits stand among letters a–f, where a number never does.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return list(personal_findings(ROOT, filter(None, listed.split("\0"))))


def personal_findings(root: Path, files: Iterable[str]) -> Iterable[str]:
    """Yield file, line and kind of each fault; a number found is not repeated."""
    for name in files:
        file = root / name
        content = file.read_bytes() if file.is_file() else b""
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if any("".join(found.groups()) not in TEST_PERSONS for found in _CPR.finditer(line)):
                yield f"{name}:{number}: digits like a civil registration number; R44 says which may stand in a file"
            if _HOST.search(line):
                yield f"{name}:{number}: a package registry's host name"
            if _MACHINE.search(line):
                yield f"{name}:{number}: a path on somebody's machine"


def _compose() -> Path:
    """Return the real program: the script the package installs ends with 0 whatever Compose said."""
    found = find_spec("compose")
    if found is None or found.origin is None:
        msg = "Compose is not installed; run make setup"
        raise RuntimeError(msg)
    return Path(found.origin).parent / "docker-compose"


def _tool(name: str, *arguments: str) -> list[str]:
    done = subprocess.run([BIN / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return _lines(name, done.stdout + done.stderr) or [f"{name}: failed"] if done.returncode else []


def _lines(tool: str, text: str) -> list[str]:
    return [f"{tool}: {line}" for line in text.splitlines() if line.strip()]
