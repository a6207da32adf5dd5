"""The demo as a person runs it: started, stopped, killed, started again, and the README's commands typed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.system import ROOT

pytestmark = pytest.mark.journey
BIN = Path(sys.executable).parent
IN_TIME_S = 90.0


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the demo, and wait until it serves."""
    told = folder.with_suffix(".out")
    with told.open("w") as out:
        started = subprocess.Popen(
            [BIN / "familiebro", "demo"], env=environment(folder), stdout=out, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + IN_TIME_S
        while "Ctrl-C" not in told.read_text():
            assert started.poll() is None, told.read_text()
            assert time.monotonic() < deadline, told.read_text()
            time.sleep(0.1)
        assert "kom ud som fortalt" in told.read_text(), told.read_text()
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
        started.wait(30)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of somebody who follows the README."""
    return {**os.environ, "DEMO_FOLDER": str(folder), "PATH": f"{BIN}:{os.environ['PATH']}"}


def left_running(folder: Path) -> list[str]:
    """Return the processes that still work in the folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        about = " ".join(process.info["cmdline"] or []) + " ".join((process.info["environ"] or {}).values())
        if str(folder) in about and process.pid != os.getpid() and "pytest" not in about.split(str(folder))[0]:
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def wait_until_nothing_runs(folder: Path) -> None:
    """Wait for what the kernel was asked to end."""
    deadline = time.monotonic() + IN_TIME_S
    while [line for line in left_running(folder) if "postgres" not in line]:
        assert time.monotonic() < deadline, left_running(folder)
        time.sleep(0.1)


# What helped Michelle (case 3 of seed 001), what a caseworker asks, and what an owner sees.
WALKED = (
    "Netværksgruppe for forældre, der er alene", "Workshop om at få hverdagen til at hænge sammen",
    "Frivillig familieven", "Babycafé med sundhedsplejerske", "'matched': ['municipality'", "Familiehusets koordinator",
    "no_data", "first a decision: True", "Region Østdanmark | before: Region Hovedstaden | § 11 e: out",
    "offers in what is then Region Østdanmark", "Babycafé om torsdagen | open", "412 Nogen har ændret dette",
    "13:00", "2 changed helsingoer-smaaboernshuset Længere åbent ['dose']", "unconfirmed",
    "slutter før child_age_months_from", "id;version;name;aliases", "Babycafé",
)  # fmt: skip

# Whose turn it is, what moves with the family's yes, what a family sees of its own, what a stranger finds.
REFERRED = (
    "helsingoer-smaaboernshuset | withheld: withdrawn | None |", "helsingoer-sundhedstjenesten | Sendt | recipient |",
    "Venter på svar fra afsender | clock stands: True", "Modtaget | clock stands: False",
    "Et andet tilbud er foreslået sender", "helsingoer-sundhedstjenesten | Givet videre | nobody |",
    "helsingoer-smaaboernshuset | Sendt | recipient |", "bedst efter kl. 15.'] withheld: ['Netværk og familie']",
    "proposed [{'unit': 'noh-jordemodercenter', 'comes': True", "familys_view | Jeg er bange",
    "professionals_view | Der er brug for ro", "next_step | Huset ringer", "422 identity_refused",
    "bange for at møde andre? about: []", "Afsluttet | Der er givet råd", "1 continues the consultation",
    "case3-familiehuset | Sendt. De har ikke læst det endnu | place |", "De har spurgt dig om noget | you | write",
    "hvad de kan hjælpe med | place", "sent received question", "signed: test", "signed: clarification",
    "422 webhook_refused", "404 not_there", "access_refused helsingoer-jobcenter",
)  # fmt: skip
STRANGERS, FEWEST_BLOCKS = 5, 4


def test_ctrl_c_leaves_nothing_a_kill_is_survived_and_the_readmes_commands_work(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as first:
        assert left_running(folder)
        first.send_signal(signal.SIGINT)
        assert first.wait(30) == 0
    assert left_running(folder) == []
    with demo(folder) as second:
        second.kill()
        second.wait()
        wait_until_nothing_runs(folder)
    with demo(folder):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", readme_commands(folder)], cwd=ROOT, env=environment(folder),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        for said in ("Netværksgruppe for kommende", '"tasks":[{', '"information":[{', '"not_there"', '"events":[{',
                     '"consents":[{', '"disclosures":[{', "VERIFIED"):  # fmt: skip
            assert said in done.stdout, said
        assert "NOT VERIFIED" not in done.stdout
        walk("directory.md", folder, WALKED)
        told = walk("referral.md", folder, REFERRED)
        assert told.count("404 not_there") == STRANGERS
    assert left_running(folder) == []


def walk(page: str, folder: Path, expected: tuple[str, ...]) -> str:
    """Type a page's commands against the running demo; return what they print, once all that is expected is in it."""
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walk_commands(page, folder)], cwd=ROOT, env=environment(folder),
        capture_output=True, text=True, check=False, timeout=IN_TIME_S * 2,
    )  # fmt: skip
    assert walked.returncode == 0, walked.stdout + walked.stderr
    for said in expected:
        assert said in walked.stdout, (said, walked.stdout)
    assert walked.stderr == ""
    return walked.stdout


def walk_commands(page: str, folder: Path) -> str:
    """Return every shell block of a page's walk, with the demo's folder where it says .demo."""
    text = (ROOT / "docs" / page).read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= FEWEST_BLOCKS
    return "\n".join(blocks).replace(".demo/", f"{folder}/")


def readme_commands(folder: Path) -> str:
    """Return the shell block under "Try it yourself", with the demo's folder where it says .demo."""
    text = (ROOT / "README.md").read_text()
    block = re.search(r"## Try it yourself.*?```sh\n(.*?)```", text, re.DOTALL)
    assert block
    return block.group(1).replace(".demo/", f"{folder}/")
