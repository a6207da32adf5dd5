"""What must be true of docker-compose.yml and the Dockerfile, as functions that tell the faults.

`document` is what the real Compose makes of the file (`config --format json`): merged, with nothing left to fill in.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings

from deploy.compose import dockerfile, prepare
from gateway.settings import Settings as Gateway
from services.concern import settings as concern
from services.consent import settings as consent
from services.directory import settings as directory
from services.referral import settings as referral

Document = Mapping[str, Any]
Findings = Iterator[str]
DATABASE = "postgres"
FACING_OUT = "gateway"
READS: Mapping[str, type[BaseSettings]] = {
    "gateway": Gateway,
    "services.directory": directory.Settings,
    "services.directory.worker": directory.WorkerSettings,
    "services.directory.migrate": directory.Migrations,
    "services.directory.load": directory.Migrations,
    "services.consent": consent.Settings,
    "services.consent.worker": consent.WorkerSettings,
    "services.consent.migrate": consent.Migrations,
    "services.referral": referral.Settings,
    "services.referral.worker": referral.WorkerSettings,
    "services.referral.migrate": referral.Migrations,
    "services.concern": concern.Settings,
    "services.concern.worker": concern.WorkerSettings,
    "services.concern.migrate": concern.Migrations,
    "deploy.compose.prepare": prepare.Settings,
}
_IMAGE_READS = frozenset({"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"})
_MOUNTED = "/run/secrets/"
_SECRET_NAME = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|(?:PRIVATE|IDENTITY|IDENTIFIER|LEDGER|SEAL)_KEY", re.IGNORECASE
)
_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_USUAL = re.compile(r"postgres|passw[o0]rd|change_?me|secret|admin|root|example|test|1234\d*", re.IGNORECASE)
_NUMBERED_USER = re.compile(r"[1-9]\d*:[1-9]\d*")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def module_of(service: Document) -> str | None:
    """Return the module a service runs, if it runs one."""
    match service.get("command"):
        case ["python", "-m", str(module), *_]:
            return module
    return None


def is_ours(service: Document) -> bool:
    """Say whether a service runs one of the images built here."""
    return str(service.get("image", "")).startswith("familiebro-")


def runs_on(service: Document) -> bool:
    """Say whether a service is to run for good, and not once."""
    return service.get("restart") not in (None, "no")


def processes(document: Document, expected: Mapping[str, str]) -> Findings:
    """The long-running processes are those that `make demo` runs, no more and no fewer."""
    running = {name: module_of(it) for name, it in document["services"].items() if is_ours(it) and runs_on(it)}
    for name in sorted(running.keys() | expected.keys()):
        if running.get(name) != expected.get(name):
            yield f"{name}: runs {running.get(name)} here and {expected.get(name)} in deploy/system.py"


def settings(document: Document) -> Findings:
    """Each variable and secret is one that the process reads, and nothing that it needs is missing."""
    for name, service in document["services"].items():
        told: Mapping[str, str | None] = service.get("environment") or {}
        mounted = {secret["target"].removeprefix(_MOUNTED) for secret in service.get("secrets", ())}
        reads = READS.get(module_of(service) or "")
        if not is_ours(service):
            yield from (f"{name}: {key} is not a variable its image reads" for key in told if key not in _IMAGE_READS)
            fields: Mapping[str, bool] = {}
        elif reads is None:
            yield f"{name}: runs {module_of(service)}, of which nobody has said which settings it reads"
            continue
        else:
            prefix = reads.model_config.get("env_prefix", "").lower()
            fields = {f"{prefix}{field}": info.is_required() for field, info in reads.model_fields.items()}
            yield from (f"{name}: {key} is a variable nobody reads" for key in told if key.lower() not in fields)
            given = {key.lower() for key in told} | mounted
            yield from (f"{name}: {key} is needed, and not given" for key, must in fields.items()
                        if must and key not in given)  # fmt: skip
        pointed = {str(value).removeprefix(_MOUNTED) for value in told.values() if str(value).startswith(_MOUNTED)}
        yield from (f"{name}: points at the secret {key}, which is not mounted" for key in sorted(pointed - mounted))
        unused = sorted(mounted - pointed - fields.keys())
        yield from (f"{name}: is given the secret {key} and does not read it" for key in unused)


def passwords(document: Document, text: str) -> Findings:
    """No secret stands in a file that is in git: only the paths of mounted ones do."""
    told = [(name, str(key), str(value)) for name, it in document["services"].items()
            for key, value in (it.get("environment") or {}).items()]  # fmt: skip
    for stage in dockerfile.stages(text).values():
        for word, rest in stage.instructions:
            if word in ("ENV", "ARG"):
                pairs = [part.partition("=") for part in rest.split()]
                told += [(f"Dockerfile {stage.name}", key, value) for key, _, value in pairs]
    for place, key, value in told:
        bare = value.strip("'\"")
        if _WITH_PASSWORD.search(bare) or _USUAL.fullmatch(bare):
            yield f"{place}: {key} holds what looks like a password"
        elif _SECRET_NAME.search(key) and not bare.startswith(_MOUNTED):
            yield f"{place}: {key} holds a secret itself and not where it is mounted"
    for name, secret in document.get("secrets", {}).items():
        if "file" not in secret:
            yield f"secret {name}: comes from something other than a file"


def hardened(document: Document) -> Findings:
    """No root, nothing writable but what is named, no rights, and a bound on everything."""
    for name, service in document["services"].items():
        wanted = {
            "runs as root, or as a user without a number": _NUMBERED_USER.fullmatch(str(service.get("user", ""))),
            "its file system can be written": service.get("read_only") is True,
            "keeps capabilities": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
            "may gain privileges": "no-new-privileges:true" in service.get("security_opt", ())
            and not service.get("privileged"),
            "shares the host's network, processes or memory": not {"network_mode", "pid", "ipc"} & service.keys(),
            "is given a part of the host": all(it["type"] == "volume" for it in service.get("volumes", ())),
            "has no memory limit": int(service.get("mem_limit", 0)) > 0,
            "has no limit of processes": int(service.get("pids_limit", 0)) > 0,
            "has no bound on its log": "max-size" in service.get("logging", {}).get("options", {}),
            "does not say whether it is started again": "restart" in service,
        }
        yield from (f"{name}: {fault}" for fault, good in wanted.items() if not good)
        check = service.get("healthcheck", {})
        if runs_on(service) and (check.get("disable") or check.get("test", ["NONE"])[0] == "NONE"):
            yield f"{name}: has no health check"


# Webhooks go out from the one, and the other looks up where their names lead; nobody comes in that way.
_OUTWARD = {name: {"outward"} for name in ("referral", "referral-worker")}


def networks(document: Document) -> Findings:
    """Only the gateway can be reached from outside, on loopback by default; it cannot reach the database."""
    services = document["services"]
    inner = {name for name, it in document.get("networks", {}).items() if (it or {}).get("internal")}
    shared = set(services[DATABASE].get("networks", {})) & set(services[FACING_OUT].get("networks", {}))
    if shared:
        yield f"{FACING_OUT}: shares the network {', '.join(sorted(shared))} with the database"
    for name, service in services.items():
        if name != FACING_OUT:
            if service.get("ports"):
                yield f"{name}: publishes a port"
            if not service.get("networks") or not service["networks"].keys() <= inner | _OUTWARD.get(name, set()):
                yield f"{name}: is on a network that leads out"
        elif any(port.get("host_ip") not in _LOOPBACK for port in service.get("ports", ())):
            yield f"{name}: is published beyond this machine by default"


def images(document: Document, text: str) -> Findings:
    """Every image has a version, and is built from a stage that is there, without root."""
    known = dockerfile.stages(text)
    named = [(name, str(it.get("image", ""))) for name, it in document["services"].items()]
    named += [(f"Dockerfile {stage.name}", stage.base) for stage in known.values() if stage.base not in known]
    for place, image in named:
        tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
        if tag in ("", "latest"):
            yield f"{place}: the image {image} has no version"
    for target in targets(document).values():
        if target not in known:
            yield f"Dockerfile: there is no stage {target}"
            continue
        if not _NUMBERED_USER.fullmatch(next(dockerfile.said(text, target, "USER"), "")):
            yield f"Dockerfile {target}: runs as root, or as a user without a number"
        for word in ("HEALTHCHECK", "CMD"):
            told = next(dockerfile.said(text, target, word), "").rpartition("CMD ")[2]
            if not dockerfile.command(told):
                yield f"Dockerfile {target}: has no {word} in exec form"


def targets(document: Document) -> Mapping[str, str]:
    """Return image -> the Dockerfile's stage it is built from."""
    return {it["image"]: it["build"]["target"] for it in document["services"].values() if "build" in it}


def contents(document: Document, text: str, root: Path) -> Findings:
    """Each image holds every module that its processes import, and the gateway's no more of the kit than that."""
    for image, target in targets(document).items():
        copied = dockerfile.copied(text, target)
        yield from (f"Dockerfile {target}: copies {path}, which is not there" for path in sorted(copied)
                    if not (root / path).exists())  # fmt: skip
        start = [dockerfile.command(next(dockerfile.said(text, target, "CMD"), ""))]
        for service in document["services"].values():
            if service.get("image") == image:
                start += [service.get("command") or [], service.get("healthcheck", {}).get("test", [])[1:]]
        needed: set[str] = set()
        for words in start:
            if words[1:2] == ["-m"] and not (found := imported(str(words[2]), root)):
                yield f"Dockerfile {target}: is to run {words[2]}, which is not there"
            elif words[1:2] == ["-m"]:
                needed |= found
        missing = {path for path in needed if path not in copied and not any(
            path.startswith(folder) for folder in copied if folder.endswith("/"))}  # fmt: skip
        yield from (f"Dockerfile {target}: {path} is imported, and not copied" for path in sorted(missing))
        if target == FACING_OUT:
            kit = {path for path in copied if path.startswith("shared/")}
            yield from (f"Dockerfile {target}: {path} is copied, and not imported" for path in sorted(kit - needed))


def imported(module: str, root: Path) -> set[str]:
    """Return the files below `root` that running `module` may import, its own among them; none if it is not there."""
    waiting, found = [module, f"{module}.__main__"], set[str]()
    while waiting:
        parts = waiting.pop().split(".")
        for length in range(1, len(parts) + 1):
            place = Path(*parts[:length])
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                name = file.as_posix()
                if name not in found and (root / file).is_file():
                    found.add(name)
                    waiting += _imports((root / file).read_text())
    runnable = {f"{module.replace('.', '/')}.py", f"{module.replace('.', '/')}/__main__.py"}
    return found if found & runnable else set()


@cache
def _imports(program: str) -> Sequence[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def all_findings(document: Document, text: str, expected: Mapping[str, str], root: Path) -> list[str]:
    """Return what every rule finds."""
    return [
        *processes(document, expected),
        *settings(document),
        *passwords(document, text),
        *hardened(document),
        *networks(document),
        *images(document, text),
        *contents(document, text, root),
    ]
