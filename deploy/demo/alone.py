"""Case 3 of seed 001, chapter 6 (lines 3032–3095): Michelle, 36, alone with Noah, nine months, and new to the area.

The case does not name its municipality; here it is Roskilde, as in the directory's examples. What people say is
invented after the case. Nobody refers her: she asks for help herself, and decides herself who hears of it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from deploy.demo import identities
from deploy.demo.playing import Play, all_tasks, wait_for
from deploy.demo.telling import Telling
from deploy.system import System
from shared.ids import new_id

CHAPTERS = 5
HOUSE, SOCIETY = "case3-familiehuset", "case3-forening"
GROUP, CAFE = "case3-netvaerksgruppe-enlige", "case3-babycafe"
_COORDINATOR, _VOLUNTEER, _MICHELLE, _ANOTHER = "coordinator", "association", "michelle", "sofie"
_WAIT_S = 20.0
_OWN = "Jeg er alene med Noah og kender ikke nogen her. Jeg vil gerne møde andre, der også er alene med deres barn."
_CALL = "Ring helst, mens Noah sover til middag."
_IMPRESSION = "Virker træt og ked af det. Vil vi høre, hvordan det går med at komme i gang igen?"


def play(system: System, tell: Telling, *, first: int = 1) -> None:
    """Play the whole story, its chapters numbered from `first`; `tell.failures` says what did not come out as told."""
    playing = Play(system, tell)
    try:
        for number, chapter in enumerate((_looks, _asks, _talks, _goes_on, _open_door), first):
            chapter(playing, number)
    finally:
        playing.close()


def _looks(playing: Play, number: int) -> None:
    tell = playing.tell
    tell.chapter(
        number, "Michelle, alene med Noah på ni måneder, leder selv",
        "the directory is open: no login, nothing kept about who asks",
    )  # fmt: skip
    asked = {"municipality": "0265", "child_age_months": 9, "include_examples": True, "limit": 100}
    answer = httpx.post(playing.system.url("gateway") + "/api/v1/offers/search", json=asked, timeout=15)
    found = {offer["id"]: offer for offer in answer.json().get("offers", [])}
    playing.made["found"] = found
    tell.expect("Uden login finder hun det, der er for hende og Noah", true={GROUP, CAFE} <= found.keys())
    tell.quote(found[GROUP]["unit"]["name"], found[GROUP]["name"])


def _asks(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Hun ringer til familiehuset og skriver derefter selv",
        "a self-referral needs nobody's consent: she tells it herself (R25, R73)",
    )  # fmt: skip
    made["logins"] = {who: f"{who}-{new_id()}" for who in (_MICHELLE, _ANOTHER)}
    identities.remember_logins(playing.system.folder, {_MICHELLE: made["logins"][_MICHELLE]})
    noah = (datetime.now(UTC) - timedelta(days=275)).date().isoformat()
    born = {_MICHELLE: {"birth_date": "1990-06-11", "login": made["logins"][_MICHELLE]}, "noah": {"birth_date": noah},
            _ANOTHER: {"birth_date": "1994-05-02", "login": made["logins"][_ANOTHER]}}  # fmt: skip
    for who, body in born.items():
        made[who] = playing.post(_COORDINATOR, "/persons", body).json()["id"]
    custody = {"holders": [made[_MICHELLE]], "since": noah}
    known = playing.post(_COORDINATOR, f"/persons/{made['noah']}/custody", custody)
    tell.expect("Hun har forældremyndigheden alene", true=known.status_code == httpx.codes.CREATED)
    written = {
        "purpose": "early_support", "recipients": [HOUSE], "own_words": {"text": _OWN},
        "information": [{"category": "contact", "text": _CALL}],
        "offers": [{"category": "network", "offer": GROUP}],
    }  # fmt: skip
    answer = playing.post(_MICHELLE, "/my/referrals", written)
    made["referral"] = answer.json().get("id")
    states = [task["state"] for task in answer.json().get("tasks", [])]
    tell.expect("Det er sendt med det samme, uden at nogen skal give lov", true=states == ["sent"])
    listed = [task["referral"] for task in all_tasks(playing, _COORDINATOR)]
    tell.expect("Koordinatoren har det på sin arbejdsliste", true=made["referral"] in listed)
    tell.expect("Foreningen ser intet (404)", true=_reads(playing, _VOLUNTEER) is None)


def _talks(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Koordinatoren læser hendes ord og spørger hende selv",
        "a question to the family: it is her turn, and the clock stands while she thinks",
    )  # fmt: skip
    seen = _reads(playing, _COORDINATOR) or {}
    texts = [piece["text"] for piece in seen.get("information", [])]
    tell.quote("Michelles egne ord", _OWN)
    tell.expect("Hun læser det, Michelle har skrevet, og intet er holdt tilbage",
                true={_OWN, _CALL} <= set(texts) and seen.get("withheld") == [])  # fmt: skip
    made["task"] = seen["tasks"][0]["id"]
    asks = {
        "kind": "question",
        "to": "family",
        "information": [
            {"subject": made[_MICHELLE], "category": "own_wish", "text": "Vil du og Noah komme på besøg på torsdag?"}
        ],
    }
    asked = playing.post(_COORDINATOR, f"/tasks/{made['task']}/messages", asks)
    tell.expect("Hun inviterer på besøg", true=asked.status_code == httpx.codes.CREATED)
    mine = _mine(playing)
    tell.expect("Michelle ser, at det er hendes tur", true=mine["tasks"][0]["turn"] == "you")
    says = {"kind": "answer", "information": [{"category": "own_wish", "text": "Ja tak, vi kommer klokken ti."}]}
    said = playing.post(_MICHELLE, f"/my/tasks/{made['task']}/messages", says)
    tell.expect("Hun svarer selv", true=said.status_code == httpx.codes.CREATED)


def _goes_on(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Efter rundvisningen foreslår koordinatoren foreningens gruppe for enlige forældre",
        "another offer instead of a no; she decides, and only her own words go along",
    )  # fmt: skip
    version = f'"{(_reads(playing, _COORDINATOR) or {})["tasks"][0]["version"]}"'
    proposal = {
        "proposed": {"unit": SOCIETY, "offer": GROUP},
        "information": [{"subject": made[_MICHELLE], "category": "wellbeing", "text": _IMPRESSION}],
    }  # fmt: skip
    proposed = playing.post(_COORDINATOR, f"/tasks/{made['task']}/proposal", proposal, **{"If-Match": version})
    tell.expect("Forslaget er givet", true=proposed.is_success)
    task = _mine(playing)["tasks"][0]
    tell.expect(
        "Michelle ser forslaget og kan sige ja eller nej",
        true=(task["proposed"] or {}).get("unit") == SOCIETY and {"agree", "refuse_proposal"} <= {*task["allowed"]},
    )
    tell.expect("Før hun har svaret, ser foreningen intet", true=_reads(playing, _VOLUNTEER) is None)
    agreed = playing.post(_MICHELLE, f"/my/tasks/{made['task']}/proposal/agreement", {},
                          **{"If-Match": f'"{task["version"]}"'})  # fmt: skip
    tell.expect("Hun siger ja", true=agreed.status_code == httpx.codes.CREATED)
    tell.expect("Foreningen får det", true=wait_for(lambda: _reads(playing, _VOLUNTEER) is not None, _WAIT_S))
    seen = _reads(playing, _VOLUNTEER) or {"information": [], "dialogue": [], "tasks": []}
    told = [piece["text"] for part in (seen, *seen["dialogue"]) for piece in part["information"]]
    tell.expect("Hendes egne ord gik med", true=_OWN in told)
    tell.expect("Det, koordinatoren skrev om hende, gik ikke med", true=_IMPRESSION not in told)
    for step, body in (("acceptance", {}), ("start", {}), ("completion", {"outcome": "goal_reached"})):
        task = (_reads(playing, _VOLUNTEER) or {})["tasks"][0]
        answer = playing.post(_VOLUNTEER, f"/tasks/{task['id']}/{step}", body, **{"If-Match": f'"{task["version"]}"'})
        stage = next((each for each in _mine(playing)["tasks"] if each["place"] == SOCIETY), {"state_name": "?"})
        tell.expect(f"Michelle følger med: »{stage['state_name']}«", true=answer.is_success)
    steps = [each["kind"] for each in _heard(playing)]
    tell.expect("Hun har hørt om hvert skridt", true={"accepted", "in_progress", "completed"} <= set(steps))


def _open_door(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Noah vil ikke spise: babycaféen er en åben dør",
        "some help needs no referral, and leaves no trace of who came",
    )  # fmt: skip
    cafe = made["found"][CAFE]
    tell.quote(cafe["unit"]["name"], cafe["name"])
    mine = playing.as_(_MICHELLE).get("/my/referrals").json()["referrals"]
    tell.expect("Hun går bare ind; der er ingen henvisning om Noahs mad", true=[each["id"] for each in mine]
                == [made["referral"]])  # fmt: skip
    other = playing.as_(_ANOTHER).get(f"/my/referrals/{made['referral']}")
    tell.expect("Ingen anden forælder kan se hendes (404)", true=other.status_code == httpx.codes.NOT_FOUND)


def _reads(playing: Play, who: str) -> dict[str, Any] | None:
    """Return what a place reads now; None, while there is nothing."""
    answer = playing.as_(who).get(f"/referrals/{playing.made['referral']}")
    if answer.status_code != httpx.codes.OK:
        return None
    read: dict[str, Any] = answer.json()
    return read


def _mine(playing: Play) -> dict[str, Any]:
    """Return what Michelle sees of what she asked for."""
    mine: dict[str, Any] = playing.as_(_MICHELLE).get(f"/my/referrals/{playing.made['referral']}").json()
    return mine


def _heard(playing: Play) -> list[dict[str, Any]]:
    """Return what Michelle has heard."""
    heard: list[dict[str, Any]] = playing.as_(_MICHELLE).get("/my/events", params={"limit": 200}).json()["events"]
    return heard
