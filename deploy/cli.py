"""The command line: `familiebro demo | token | address | bench | chaos | mutants | docs | check-deploy | ...`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping

from deploy import checks, documents, mutants
from deploy.bench import run as bench
from deploy.chaos import run as chaos
from deploy.demo import identities
from deploy.demo import run as demo
from deploy.keys import Folder

Arguments = argparse.Namespace


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="familiebro", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="start everything, play the story, keep serving")
    token = commands.add_parser("token", help="print a token for a demo identity")
    token.add_argument("who", nargs="?", choices=[identities.SYSTEM, *identities.PEOPLE])
    address = commands.add_parser("address", help="print where the running demo answers")
    address.add_argument("which", nargs="?", default="gateway")
    play = commands.add_parser("played", help="print an id of the last play, for the README's commands")
    play.add_argument("what", choices=["referral", "need", "thilde", "jonathan"])
    commands.add_parser("bench", help="measure everything, side by side with bare PostgreSQL")
    killing = commands.add_parser("chaos", help="kill every process at random moments; nothing may be lost or doubled")
    killing.add_argument("--kills", type=int, default=200)
    killing.add_argument("--minutes", type=float, default=20.0)
    killing.add_argument("--seed", type=int)
    broken = commands.add_parser("mutants", help="break the rules of consent, and see that a test notices each")
    broken.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(mutants.MODULES)}; all by default")
    docs = commands.add_parser("docs", help="write the pages made from the code")
    docs.add_argument("--check", action="store_true", help="only compare")
    commands.add_parser("check-deploy", help="check images and compose as far as can be without an engine")
    commands.add_parser("check-personal", help="look for personal numbers and machine names in the tree")
    given = parser.parse_args()
    sys.exit(_COMMANDS[given.command](given))


def _demo(_given: Arguments) -> int:
    return demo.run()


def _token(given: Arguments) -> int:
    if given.who is None:
        print(f"{identities.SYSTEM:18} Jordemødrenes journalsystem (kræver {', '.join(identities.ACTING)})")
        for name, person in identities.PEOPLE.items():
            print(f"{name:18} {person.danish}")
        return 0
    keys = Folder(demo.demo_folder() / "keys")
    if given.who == identities.SYSTEM:
        print(identities.system_token(keys, _addresses()["gateway"]))
    else:
        print(identities.token(keys, given.who, logins=identities.logins_of(demo.demo_folder())))
    return 0


def _address(given: Arguments) -> int:
    print(_addresses()[given.which])
    return 0


def _played(given: Arguments) -> int:
    print(json.loads((demo.demo_folder() / "play.json").read_text())[given.what])
    return 0


def _addresses() -> Mapping[str, str]:
    file = demo.demo_folder() / "addresses.json"
    if not file.exists():
        sys.exit("No demo has been started here; run make demo first.")
    addresses: Mapping[str, str] = json.loads(file.read_text())
    return addresses


def _bench(_given: Arguments) -> int:
    return bench.run()


def _chaos(given: Arguments) -> int:
    return chaos.run(given.kills, given.minutes, seed=given.seed)


def _mutants(given: Arguments) -> int:
    return mutants.run(given.modules)


def _docs(given: Arguments) -> int:
    return documents.check() if given.check else documents.write()


def _check_deploy(_given: Arguments) -> int:
    return _findings(checks.check_deploy())


def _check_personal(_given: Arguments) -> int:
    return _findings(checks.check_personal())


def _findings(found: list[str]) -> int:
    for line in found:
        print(line)
    return 1 if found else 0


_COMMANDS: Mapping[str, Callable[[Arguments], int]] = {
    "bench": _bench,
    "chaos": _chaos,
    "docs": _docs,
    "check-deploy": _check_deploy,
    "check-personal": _check_personal,
    "demo": _demo,
    "mutants": _mutants,
    "token": _token,
    "address": _address,
    "played": _played,
}

if __name__ == "__main__":
    main()
