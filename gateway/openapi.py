"""A service's API description, as those outside see it: public paths, and how to identify oneself."""

from typing import Any

from gateway.routes import PREFIX, find, is_open, public

_IDENTITY = {
    "person": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's token from an accepted identity provider, audience `familiebro`.",
    },
    "system": {
        "type": "oauth2",
        "description": "A registered system. Each call names who acts: the headers `Familiebro-Acting-User` "
        "(authorisation id) and `Familiebro-Acting-Organisation` (SOR).",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}},
    },
}
_ACTING: list[dict[str, Any]] = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": f"{what}: required whenever a system calls (R66), refused from a person.",
        "schema": {"type": "string"},
    }
    for name, what in (
        ("Familiebro-Acting-User", "Authorisation id of the person who acts, never a CPR number"),
        ("Familiebro-Acting-Organisation", "SOR code of the organisation the system is registered for"),
    )
]
_EITHER: list[dict[str, list[str]]] = [{"person": []}, {"system": []}]
_VERBS = frozenset({"get", "post", "put", "patch", "delete"})


def public_document(service: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with the paths that can be reached from outside, as they are reached."""
    paths = {}
    for inner, item in document["paths"].items():
        shown = public(service, inner)
        found = find(shown)
        if found is None or found[0].service != service:
            continue
        route = found[0]
        for verb in _VERBS & item.keys():
            anyone: list[dict[str, list[str]]] = [{}] if is_open(route, verb.upper(), inner) else []
            item[verb]["security"] = _EITHER + anyone
            item[verb]["parameters"] = [*item[verb].get("parameters", []), *_ACTING]
        paths[shown.removeprefix(PREFIX)] = item
    parts = {**document.get("components", {}), "securitySchemes": _IDENTITY}
    return {**document, "servers": [{"url": PREFIX}], "paths": paths, "components": parts}
