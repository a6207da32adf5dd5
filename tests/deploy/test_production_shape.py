"""The production shape holds, and each check of it finds what it is there to find."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from deploy import checks, databases, postgres
from deploy.compose import dockerfile, lag, make_secrets, prepare, rules
from deploy.system import PROCESSES, ROOT
from gateway.clients import read_clients
from shared.db import Database
from shared.ids import new_id
from shared.migrations import upgrade
from shared.sealer import NoteSigner, Sealer
from tests.conftest import PASSWORD, SERVICES_DIR, Databases

Document = dict[str, Any]
DOCKERFILE = checks.DOCKERFILE.read_text()
POSTGRESQL_CONF = ROOT / "deploy" / "compose" / "postgresql.conf"


@pytest.fixture(scope="module")
def whole() -> Document:
    document, faults = checks.compose_document(checks.COMPOSE)
    assert document is not None
    assert not faults
    return document


@pytest.fixture(scope="module", autouse=True)
def _imports_followed_once() -> Iterator[None]:
    """The tree stays as it is while the checks are broken: whose imports lead where is read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "imported", cache(rules.imported))
        yield


@pytest.fixture
def document(whole: Document) -> Document:
    return copy.deepcopy(whole)


def _found(document: Document, text: str = DOCKERFILE) -> list[str]:
    return rules.all_findings(document, text, PROCESSES, ROOT)


def test_the_tree_as_it_is_has_no_fault() -> None:
    assert checks.check_deploy() == []


def _in(name: str, **parts: object) -> Callable[[Document], None]:
    return lambda document: document["services"][name].update(parts)


def _variable(name: str, key: str, value: str | None) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        told = document["services"][name]["environment"]
        told.pop(key) if value is None else told.update({key: value})

    return change


def _without_secret(name: str, secret: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        kept = [it for it in document["services"][name]["secrets"] if it["source"] != secret]
        document["services"][name]["secrets"] = kept

    return change


def _with_secret(name: str, secret: str) -> Callable[[Document], None]:
    return lambda document: document["services"][name]["secrets"].append(
        {"source": secret, "target": f"/run/secrets/{secret}"}
    )


def _gone(name: str) -> Callable[[Document], None]:
    return lambda document: document["services"].pop(name)


def _lacking(name: str, part: str) -> Callable[[Document], None]:
    return lambda document: document["services"][name].pop(part)


def _on(name: str, network: str) -> Callable[[Document], None]:
    return lambda document: document["services"][name]["networks"].update({network: None})


def _open_inside(document: Document) -> None:
    document["networks"]["inside"] = {}


def _secret_from_environment(document: Document) -> None:
    document["secrets"]["postgres_password"] = {"environment": "POSTGRES_PASSWORD"}


def _another_worker(document: Document) -> None:
    document["services"]["spare"] = copy.deepcopy(document["services"]["consent-worker"])


BROKEN: dict[str, tuple[Callable[[Document], None], str]] = {
    "unknown variable": (_variable("consent", "CONSENT_PROT", "1"), "consent: CONSENT_PROT is a variable nobody reads"),
    "another's variable": (_variable("consent", "REFERRAL_PORT", "1"), "REFERRAL_PORT is a variable nobody reads"),
    "a server's variable": (_variable("postgres", "POSTGRES_PASWORD_FILE", "/run/secrets/postgres_password"), "reads"),
    "missing variable": (_variable("referral", "REFERRAL_CONSENT_URL", None), "referral_consent_url is needed"),
    "missing secret": (_without_secret("directory", "directory_database_url"), "directory_database_url is needed"),
    "secret not mounted": (_without_secret("gateway", "trusted_keys"), "points at the secret trusted_keys"),
    "secret too many": (_with_secret("gateway", "consent_identity"), "gateway: is given the secret consent_identity"),
    "plain password": (_variable("postgres", "POSTGRES_PASSWORD", "x7Kd"), "holds a secret itself"),
    "usual password": (_variable("gateway", "GATEWAY_HOST", "changeme"), "looks like a password"),
    "password in an address": (_variable("consent", "CONSENT_DIRECTORY_URL", "http://a:b@c"), "looks like a pass"),
    "secret from elsewhere": (_secret_from_environment, "something other than a file"),
    "wrong module": (_in("consent", command=["python", "-m", "services.consnet"]), "services.consnet, which is not"),
    "module that does not run": (_in("consent", command=["python", "-m", "services.consent.store"]), "nobody has said"),
    "no module": (_in("consent", command=["sleep", "infinity"]), "consent: runs None"),
    "another's module": (_in("consent", command=["python", "-m", "services.referral"]), "consent: runs services.ref"),
    "wrong health module": (
        _in("consent-worker", healthcheck={"test": ["CMD", "python", "-m", "deploy.compose.leg"]}), "deploy.compose.leg"
    ),
    "process left out": (_gone("referral-worker"), "referral-worker: runs None here"),
    "process too many": (_another_worker, "spare: runs services.consent.worker here and None"),
    "worker run once": (_in("referral-worker", restart="no"), "referral-worker: runs None here"),
    "root by number": (_in("gateway", user="0:0"), "gateway: runs as root"),
    "root by silence": (_lacking("postgres", "user"), "postgres: runs as root"),
    "a name for a user": (_in("consent", user="consent"), "consent: runs as root"),
    "writable": (_in("consent", read_only=False), "consent: its file system can be written"),
    "capabilities": (_in("consent", cap_add=["NET_ADMIN"]), "consent: keeps capabilities"),
    "capabilities kept": (_lacking("consent", "cap_drop"), "consent: keeps capabilities"),
    "privileges": (_in("consent", security_opt=[]), "consent: may gain privileges"),
    "privileged": (_in("consent", privileged=True), "consent: may gain privileges"),
    "the host's network": (_in("consent", network_mode="host"), "shares the host's network"),
    "the engine's socket": (
        _in("consent", volumes=[{"type": "bind", "source": "/var/run/docker.sock"}]), "given a part of the host"
    ),
    "no memory limit": (_lacking("consent", "mem_limit"), "no memory limit"),
    "no process limit": (_lacking("consent", "pids_limit"), "no limit of processes"),
    "no log limit": (_lacking("consent", "logging"), "no bound on its log"),
    "no restart": (_lacking("prepare", "restart"), "prepare: does not say"),
    "no health check": (_lacking("postgres", "healthcheck"), "postgres: has no health check"),
    "health check off": (_in("consent", healthcheck={"disable": True}), "consent: has no health check"),
    "published": (_in("consent", ports=[{"host_ip": "127.0.0.1", "published": "1"}]), "consent: publishes a port"),
    "published to all": (_in("gateway", ports=[{"published": "80", "target": 8000}]), "beyond this machine"),
    "gateway at the database": (_on("gateway", "data"), "shares the network data with the database"),
    "a way out": (_on("consent", "edge"), "consent: is on a network that leads out"),
    "inside led out": (_open_inside, "directory: is on a network that leads out"),
    "latest": (_in("postgres", image="postgres:latest"), "the image postgres:latest has no version"),
    "no version": (_in("postgres", image="registry:5000/postgres"), "has no version"),
    "no such stage": (_in("gateway", build={"target": "gatway"}), "there is no stage gatway"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_in_compose_is_found(name: str, document: Document) -> None:
    change, told = BROKEN[name]
    change(document)
    assert [line for line in _found(document) if told in line]


BROKEN_DOCKERFILE = {
    "root": ("USER 10001:10001\n", "", "runs as root"),
    "root at last": ("COPY --from=gateway-tree", "USER 0\nCOPY --from=gateway-tree", "gateway: runs as root"),
    "latest": ("python:3.13-slim-bookworm AS", "python:latest AS", "python:latest has no version"),
    "shell form": ('CMD ["python", "-m", "gateway"]', "CMD python -m gateway", "gateway: has no CMD in exec form"),
    "no health check": ("HEALTHCHECK --interval", "# HEALTHCHECK --interval", "has no HEALTHCHECK"),
    "wrong module": ('"services.directory"]', '"services.dir"]', "to run services.dir, which is not there"),
    "secret": ("WORKDIR /app", "WORKDIR /app\nENV ADMIN_TOKEN=7Yx", "ADMIN_TOKEN holds a secret"),
    "database in the gateway": ("shared/auth.py", "shared/auth.py shared/db.py", "shared/db.py is copied, and not imp"),
    "kit left out": (" shared/personal.py", "", "shared/personal.py is imported, and not copied"),
    "entry left out": ("deploy/compose/lag.py", "", "deploy/compose/lag.py is imported, and not copied"),
    "no such file": ("deploy/databases.py", "deploy/database.py", "copies deploy/database.py, which is not there"),
}


@pytest.mark.parametrize("name", BROKEN_DOCKERFILE)
def test_a_fault_in_the_dockerfile_is_found(name: str, document: Document) -> None:
    before, after, told = BROKEN_DOCKERFILE[name]
    broken = DOCKERFILE.replace("    CMD [", "#    CMD [") if name == "no health check" else DOCKERFILE
    broken = broken.replace(before, after)
    assert broken != DOCKERFILE
    assert [line for line in _found(document, broken) if told in line]


def test_compose_itself_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(checks.COMPOSE.read_text().replace("networks: [edge, inside]", "networks: [egde]"))
    document, faults = checks.compose_document(broken)
    assert document is None
    assert "egde" in faults[0]


def test_each_process_starts_with_what_compose_gives_it_and_nothing_else(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_secrets.make(tmp_path / "all", {})
    for key in os.environ:
        if key.startswith(tuple(f"{name.upper()}_" for name in (*databases.SERVICES, "gateway"))):
            monkeypatch.delenv(key)
    built = {}
    for name, service in document["services"].items():
        if not rules.is_ours(service):
            continue
        mounted = tmp_path / name
        mounted.mkdir()
        for secret in service["secrets"]:
            (mounted / secret["source"]).write_bytes((tmp_path / "all" / secret["source"]).read_bytes())
        with monkeypatch.context() as patch:
            for key, value in (service.get("environment") or {}).items():
                patch.setenv(key, value)
            built[name] = rules.READS[rules.module_of(service) or ""](_secrets_dir=mounted)
    assert built.keys() == document["services"].keys() - {"postgres"}
    assert built["gateway"].model_dump()["identity_providers"] == ()
    assert "consent_app" in built["consent-worker"].model_dump()["database_url"]


def test_the_gateway_s_image_can_import_the_gateway_without_any_database_driver(tmp_path: Path) -> None:
    for path in dockerfile.copied(DOCKERFILE, "gateway") - {"requirements/gateway.txt"}:
        target = tmp_path / path
        target.parent.mkdir(exist_ok=True, parents=True)
        if path.endswith("/"):
            target.symlink_to(ROOT / path, target_is_directory=True)
        else:
            target.write_bytes((ROOT / path).read_bytes())
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('asyncpg', 'sqlalchemy', 'alembic', 'services', 'deploy')));"
        "import gateway.main, gateway.settings, shared.serve; print(shared.serve.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    _Answer.status = 200


def test_the_health_check_says_what_the_service_says(document: Document, answering: int) -> None:
    in_image = dockerfile.command(next(dockerfile.said(DOCKERFILE, "service", "HEALTHCHECK")).rpartition("CMD ")[2])
    for command in (document["services"]["gateway"]["healthcheck"]["test"][1:], in_image):
        asked = [sys.executable, *(word.replace("8000", str(answering)) for word in command[1:])]
        codes = []
        for _Answer.status in (200, 503):
            codes.append(subprocess.run(asked, check=False).returncode)
        assert codes == [0, 1]


def test_the_secrets_made_are_those_that_compose_asks_for(document: Document, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets.make(folder, {})
    made = {file.name for file in folder.iterdir() if file.suffix not in (".pub", "") or not file.name.startswith(".")}
    assert {name for name in made if not name.endswith(".pub")} == document["secrets"].keys()
    assert (folder / ".gitignore").read_text() == "*\n"
    assert not [file for file in folder.iterdir() if file.stat().st_mode & 0o037]
    assert folder.stat().st_mode & 0o077 == 0
    assert read_clients(folder / "registered_systems") == {}
    assert NoteSigner("any", folder / "consent_ledger").origin == "any"
    assert "demo" not in (folder / "trusted_keys").read_text()


def test_making_the_secrets_again_changes_none_and_lets_a_provider_in(tmp_path: Path) -> None:
    make_secrets.make(tmp_path, {})
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    make_secrets.make(tmp_path, {"national-login": {"kty": "EC"}})
    make_secrets.make(tmp_path, {})
    after = {file.name: file.read_text() for file in tmp_path.iterdir()}
    trusted = json.loads(after.pop("trusted_keys"))
    assert {**after, "trusted_keys": before["trusted_keys"]} == before
    assert trusted.keys() == {"national-login", *make_secrets.CALLING}
    assert not any("d" in key for key in trusted.values())


@pytest.mark.parametrize(
    "wrong", [{"consent": {"kty": "EC"}}, {"outside": {"kty": "EC", "d": "private"}}, {"none": {}}]
)
def test_no_private_key_and_no_name_of_ours_is_let_in(wrong: dict[str, dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="public key"):
        make_secrets.make(tmp_path, wrong)
    assert not list(tmp_path.iterdir())


def _addresses(dbs: Databases) -> dict[str, str]:
    addresses = {"admin_database_url": dbs.server.url()}
    for service in databases.SERVICES:
        for role in databases.roles(service):
            addresses[databases.address_name(service, role)] = dbs.server.url(service, role, PASSWORD)
    return addresses


def test_prepare_makes_the_roles_with_the_passwords_of_their_addresses(
    dbs: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, address in _addresses(dbs).items():
        monkeypatch.setenv(name.upper(), address)
    prepare.main()
    assert set(prepare.passwords(dict(prepare.Settings())).values()) == {PASSWORD}
    assert "directory, consent, referral" in capsys.readouterr().out


def test_a_missing_setting_is_named_without_showing_the_others(dbs: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = _addresses(dbs)
    del addresses["consent_sealer_database_url"]
    for name, address in addresses.items():
        monkeypatch.setenv(name.upper(), address)
    with pytest.raises(ValueError, match="consent_sealer_database_url") as caught:
        prepare.main()
    assert "postgresql://" not in str(caught.value)


def test_prepare_refuses_an_address_of_another_role(dbs: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, address in (_addresses(dbs) | {"consent_database_url": dbs.owner("consent")}).items():
        monkeypatch.setenv(name.upper(), address)
    with pytest.raises(ValueError, match="role consent_app") as caught:
        prepare.main()
    assert PASSWORD not in str(caught.value)


@pytest.fixture
def fresh_consent(server: postgres.Server) -> str:
    """Return the app role's address at a consent database that no other test writes to."""
    names = {service: f"{service}_lag" for service in databases.SERVICES}
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(server.url(), dict.fromkeys(roles, PASSWORD), names)
    upgrade(SERVICES_DIR / "consent", server.url(names["consent"], "consent_owner", PASSWORD))
    return server.url(names["consent"], "consent_app", PASSWORD)


async def test_a_worker_is_ill_when_work_waits_too_long_and_well_when_it_is_done(
    fresh_consent: str, tmp_path: Path
) -> None:
    at_once = -1.0
    database = Database(fresh_consent, 1, "test")
    ledger = Database(fresh_consent.replace(databases.app("consent"), databases.sealer("consent")), 1, "test-sealer")
    await database.open()
    await ledger.open()
    assert await lag.waiting(fresh_consent, at_once) == []
    async with database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO outbox (id, topic, payload, request_id) VALUES ($1, 't', '{}', $1)", new_id()
        )
        await transaction.execute("INSERT INTO ledger_entry (id, entry) VALUES ($1, '{}')", new_id())
    assert await lag.waiting(fresh_consent, at_once) == ["messages", "ledger"]
    assert await lag.waiting(fresh_consent) == []
    make_secrets.make(tmp_path, {})
    assert await Sealer(ledger, NoteSigner("test", tmp_path / "consent_ledger")).seal() == 1
    assert await lag.waiting(fresh_consent, at_once) == ["messages"]
    async with database.transaction() as transaction:
        await transaction.execute("UPDATE outbox SET done_at = now()")
    assert await lag.waiting(fresh_consent, at_once) == []
    await database.close()
    await ledger.close()


def test_a_worker_without_its_database_is_ill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lag, "SECRETS", tmp_path)
    (tmp_path / "consent_database_url").write_text(
        f"postgresql://a:{PASSWORD}@127.0.0.1:{postgres.free_port()}/consent"
    )
    assert lag.main("consent") == 1
    assert PASSWORD not in capsys.readouterr().out


def test_the_server_knows_its_settings_and_has_those_of_the_demo(server: postgres.Server) -> None:
    asked = [*postgres.program("postgres"), "-D", str(server.data), "-c", f"config_file={POSTGRESQL_CONF}"]
    done = subprocess.run([*asked, "-C", "password_encryption"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "scram-sha-256", done.stderr
    lines = [line.partition(" = ") for line in POSTGRESQL_CONF.read_text().splitlines() if " = " in line]
    told = {key: value.strip("'") for key, _, value in lines}
    of_the_machine = {"listen_addresses", "unix_socket_directories", "shared_buffers"}
    assert {key: told.get(key) for key in postgres._SETTINGS if key not in of_the_machine} == {
        key: value for key, value in postgres._SETTINGS.items() if key not in of_the_machine
    }


def test_a_commit_runs_local_hooks_only() -> None:
    told = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in told["repos"]] == ["local"]
    entries = [hook["entry"] for repo in told["repos"] for hook in repo["hooks"] if hook["language"] == "system"]
    assert len(entries) == 5
    assert all(entry.startswith(".venv/bin/") for entry in entries)


PERSONAL = {
    "a number": ("0101" + "901234", "civil registration number"),
    "a number with a hyphen": ("cpr 0101" + "90-1234.", "civil registration number"),
    "a test person's number with another end": ("020160" + "9997", "civil registration number"),
    "a registry": ("https://files.python" + "hosted.org/packages", "registry"),
    "another registry": ("deb http://deb.debian" + ".org/debian", "registry"),
    "a machine's path": ('"/wo' + 'rk/main/deploy"', "path on somebody's machine"),
    "a home": ("/ho" + "me/anna/familiebro", "path on somebody's machine"),
}


@pytest.mark.parametrize("name", PERSONAL)
def test_what_does_not_belong_in_a_file_is_found_and_not_repeated(name: str, tmp_path: Path) -> None:
    text, told = PERSONAL[name]
    (tmp_path / "notes.md").write_text(f"first\n{text}\n")
    found = list(checks.personal_findings(tmp_path, ["notes.md", "gone.md"]))
    assert len(found) == 1
    assert found[0].startswith("notes.md:2: ")
    assert told in found[0]
    assert text not in found[0]


@pytest.mark.parametrize(
    "harmless",
    ["0201609995", "251248-9996", "610190-1234", "6101901234", "5790001234567", "01" * 20, "2026-01-01T00:00:00Z",
     "sha256:" + "010190" + "1234" + "ab" * 27, "019a0101-9012-7345-8abc-" + "010190" + "1234ff",
     "/api/v1/work/x", "pypi"],
)  # fmt: skip
def test_test_persons_replacement_numbers_and_hashes_may_stand(harmless: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(harmless)
    assert list(checks.personal_findings(tmp_path, ["notes.md"])) == []


def test_a_file_that_is_not_text_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\0" + b"0101" + b"901234")
    assert list(checks.personal_findings(tmp_path, ["picture.png"])) == []
