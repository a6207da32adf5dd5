"""Who takes part in the demo, and their tokens.

The persons are invented; the units are real and stand in the directory. People get their tokens from the
demo's identity provider, as they would from NemLog-in or a municipality's own; the midwives' system gets
its own from the gateway by client credentials.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from deploy.keys import SYSTEM_CLIENT, SYSTEM_SOR, Folder
from shared.auth import Assurance, Role, TokenSigner

LIFETIME = timedelta(hours=8)
AUDIENCE = "familiebro"
SYSTEM = "midwife-system"
MIDWIFE = "JM-0417"
# What a system says of the person behind it, on each call (R66).
ACTING = {"Familiebro-Acting-User": MIDWIFE, "Familiebro-Acting-Organisation": SYSTEM_SOR}


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who logs in: what the identity provider says of them."""

    user: str
    roles: tuple[Role, ...]
    danish: str
    unit: str | None = None
    profession: str | None = None


PEOPLE: Mapping[str, Identity] = {
    "family-therapist": Identity(
        "ft-12", (Role.RECEIVE, Role.RECORD_CONSENT), "Familieterapeuten i Småbørnshuset",
        "helsingoer-smaaboernshuset", "family_therapist",
    ),
    "health-visitor": Identity(
        "sp-31", (Role.RECEIVE, Role.RECORD_CONSENT, Role.CONVENE, Role.REPORT), "Sundhedsplejersken i Helsingør",
        "helsingoer-sundhedstjenesten", "health_visitor",
    ),
    "jobcenter": Identity(
        "jc-07", (Role.RECEIVE, Role.REFER, Role.CONVENE), "Sagsbehandleren i Jobcenter Helsingør",
        "helsingoer-jobcenter", "jobcenter_caseworker",
    ),
    "daycare-leader": Identity(
        "dt-04", (Role.REFER, Role.RECORD_CONSENT, Role.CONVENE), "Lederen af Jasmins vuggestue",
        "vejle-hele-familiens-dagtilbud", "daycare_staff",
    ),
    "divorce-therapist": Identity(
        "ft-20", (Role.RECEIVE, Role.RECORD_CONSENT), "Familieterapeuten i Jasmins familiehus", "case2-familiehuset",
        "family_therapist",
    ),
    "editor": Identity(
        "red-05", (Role.EDIT_OFFERS,), "Småbørnshusets redaktør", "helsingoer-smaaboernshuset", "family_therapist",
    ),
    "organisation-editor": Identity(
        "red-01", (Role.EDIT_ORGANISATION,), "Helsingør Kommunes redaktør", "helsingoer-smaaboernshuset",
    ),
    "coordinator": Identity(
        "ko-01", (Role.RECEIVE, Role.RECORD_CONSENT), "Koordinatoren i Michelles familiehus", "case3-familiehuset",
        "family_therapist",
    ),
    "association": Identity(
        "fr-03", (Role.RECEIVE,), "Den frivillige i Michelles forening", "case3-forening", "volunteer",
    ),
    "pedagogue": Identity(
        "pd-08", (Role.CONVENE, Role.REPORT), "Pædagogen i Livs børnehave", "helsingoer-dagtilbud", "daycare_staff",
    ),
    "midwife": Identity(
        "jm-09", (Role.CONVENE, Role.REPORT), "Jordemoderen på Nordsjællands Hospital", "noh-jordemodercenter",
        "midwife",
    ),
    "adviser": Identity(
        "raa-03", (Role.CONVENE, Role.REPORT, Role.RECEIVE_REPORTS), "Rådgiveren i Familierådgivningen i Helsingør",
        "helsingoer-familieraadgivningen", "social_worker",
    ),
    "leader": Identity(
        "led-02", (Role.LEAD,), "Lederen af Familierådgivningen i Helsingør", "helsingoer-familieraadgivningen",
    ),
    "adviser-elsewhere": Identity(
        "raa-51", (Role.RECEIVE_REPORTS,), "Rådgiveren i Aarhus", "aarhus-myndighed", "social_worker",
    ),
    "ida": Identity("ida", (Role.CITIZEN,), "Ida"),
    "thilde": Identity("thilde", (Role.CITIZEN,), "Thilde"),
    "jonathan": Identity("jonathan", (Role.CITIZEN,), "Jonathan"),
    "sofie": Identity("sofie", (Role.CITIZEN,), "Sofie"),
    "adam": Identity("adam", (Role.CITIZEN,), "Adam"),
    "michelle": Identity("michelle", (Role.CITIZEN,), "Michelle"),
    "auditor": Identity("revisor-1", (Role.AUDITOR,), "Revisoren", "revisionen"),
}  # fmt: skip


def token(keys: Folder, who: str, *, logins: Mapping[str, str] | None = None, lifetime: timedelta = LIFETIME) -> str:
    """Return a token for a person of the demo.

    Args:
        keys: the installation's keys.
        who: a name in PEOPLE.
        logins: a citizen's login, by name; without it the citizen is nobody the system knows.
        lifetime: how long it holds; a negative one has already ended.
    """
    person = PEOPLE[who]
    signer = TokenSigner(Folder.PROVIDER, json.loads(keys.identity(Folder.PROVIDER).read_text()))
    claims: dict[str, object] = {"roles": list(person.roles), "loa": Assurance.SUBSTANTIAL}
    if person.unit is not None:
        claims |= {"unit": person.unit, "profession": person.profession}
    if Role.CITIZEN in person.roles:
        claims["citizen"] = (logins or {}).get(who, who)
    return signer.sign(person.user, AUDIENCE, lifetime, claims)


def system_token(keys: Folder, gateway: str) -> str:
    """Return a token for the midwives' system, asked of the running gateway by client credentials."""
    answer = httpx.post(
        f"{gateway}/oauth2/token", data={"grant_type": "client_credentials"},
        auth=(SYSTEM_CLIENT, keys.secret(SYSTEM_CLIENT)), timeout=10,
    )  # fmt: skip
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def remember_logins(folder: Path, logins: Mapping[str, str]) -> None:
    """Keep citizens' logins beside those of the last play, so that their tokens open what is theirs."""
    played = folder / "play.json"
    told = json.loads(played.read_text()) if played.exists() else {}
    told["logins"] = {**told.get("logins", {}), **logins}
    played.write_text(json.dumps(told, indent=2))


def logins_of(folder: Path) -> Mapping[str, str]:
    """Return the citizens' logins of the last play."""
    played = folder / "play.json"
    if not played.exists():
        return {}
    told: Mapping[str, str] = json.loads(played.read_text())["logins"]
    return told
