"""The command line: `familiebro demo | token | address | bench | docs | check-deploy | check-personal`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping

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
    keys = Folder(demo.FOLDER / "keys")
    if given.who == identities.SYSTEM:
        print(identities.system_token(keys, _addresses()["gateway"]))
    else:
        print(identities.token(keys, given.who, logins=identities.logins_of(demo.FOLDER)))
    return 0


def _address(given: Arguments) -> int:
    print(_addresses()[given.which])
    return 0


def _played(given: Arguments) -> int:
    print(json.loads((demo.FOLDER / "play.json").read_text())[given.what])
    return 0


def _addresses() -> Mapping[str, str]:
    file = demo.FOLDER / "addresses.json"
    if not file.exists():
        sys.exit("No demo has been started here; run make demo first.")
    addresses: Mapping[str, str] = json.loads(file.read_text())
    return addresses


_COMMANDS: Mapping[str, Callable[[Arguments], int]] = {
    "demo": _demo,
    "token": _token,
    "address": _address,
    "played": _played,
}

if __name__ == "__main__":
    main()
