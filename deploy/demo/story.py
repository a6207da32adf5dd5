"""Case 1 of seed 001, chapter 6 (lines 2754–2889): Thilde and Jonathan, played through the public API.

The case does not name its municipality; here it is Helsingør, whose house and units are in the directory.
What people say is invented after the case. Every call goes through the gateway, each party with its own
identity; nothing is looked up behind the system's back except where the story says so.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from deploy.demo import auditing, identities, refusing
from deploy.demo.playing import HEALTH_VISITING, HOUSE, MIDWIVES, UNIT_NAMES, Play, all_tasks, events, read, wait_for
from deploy.demo.telling import Telling
from deploy.system import System
from familiebro_client import new_key, sent
from shared.ids import new_id
from shared.vocabulary import CATEGORY_DANISH, Category

NETWORK_GROUP = "case1-netvaerksgruppe-anbragte-moedre"
FATHERS_GROUP = "case1-frivillig-faedregruppe"
PURPOSE = "early_support"
CHAPTERS = 7
_WAIT_S = 20.0
_DANISH_STEPS = {"sent": "sendt", "received": "modtaget", "question": "spørgsmål", "accepted": "taget imod"}


def play(system: System, tell: Telling) -> None:
    """Play the whole story; `tell.failures` says what did not come out as told."""
    playing = Play(system, tell)
    try:
        for chapter in (_search, _refer, _consent, _goes_out, _others, _withdraws, _audit):
            chapter(playing)
    finally:
        playing.close()


def _search(playing: Play) -> None:
    tell = playing.tell
    tell.chapter(
        1, "Jordemoderen leder efter tilbud til Thilde, 21 år, i 17. uge",
        "the region's midwife system, acting for a named midwife, searches across sectors",
    )  # fmt: skip
    asked = {"municipality": "0217", "gestation_week": 17, "parent_age": 21, "referrer": "midwife", "limit": 100,
             "include_examples": True}  # fmt: skip
    answer = playing.as_(identities.SYSTEM).post("/offers/search", json=asked)
    found = {offer["id"]: offer for offer in answer.json().get("offers", [])}
    real = [offer for offer in found.values() if not offer["example"]]
    tell.say(f"{len(real)} tilbud passer på kommune, uge, alder og henviser, og {len(found) - len(real)} eksempler fra "
             "vejledningens historier. Blandt dem:")  # fmt: skip
    for offer in real[:6]:
        tell.quote(offer["unit"]["name"], offer["name"])
    playing.made["offers"] = {number: offer["name"] for number, offer in found.items()}
    for wanted in (NETWORK_GROUP, FATHERS_GROUP):
        name = found.get(wanted, {}).get("name", wanted)
        tell.expect(f"»{name}« er blandt svarene", true=wanted in found)


def _refer(playing: Play) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        2, "Jordemoderen skriver henvisningen sammen med parret",
        "posted without any consent: kept, waiting, and nobody can read it",
    )  # fmt: skip
    made["logins"] = {who: f"{who}-{new_id()}" for who in ("thilde", "jonathan")}
    for who, born in (("thilde", "2005-03-14"), ("jonathan", "2006-01-27")):
        person = sent.Person.model_validate({"birth_date": born, "login": made["logins"][who]})
        made[who] = str(playing.midwife.register(person, key=new_key()).id)
    silent = {name: told for name, told in referral_of(made).items() if name != "serious_concern"}
    unanswered = playing.post(identities.SYSTEM, "/referrals", silent)
    tell.expect("Småbørnshuset er også myndighed: uden svar på, om der er alvorlig bekymring, siger systemet nej (R31)",
                true=unanswered.json().get("code") == "duty_to_report_unanswered")  # fmt: skip
    written, key = sent.Referral.model_validate(referral_of(made)), new_key()
    posted = playing.midwife.post(written, key=key)
    made |= {"referral": str(posted.id), "need": str(posted.need)}
    again = playing.midwife.post(written, key=key)
    tell.expect("Henvisningen er gemt – én gang, selv om systemet sender den to", true=again.id == posted.id)
    states = {task.recipient: task.state for task in posted.tasks}
    made["tasks"] = {task.recipient: str(task.id) for task in posted.tasks}
    tell.expect("Den venter på samtykke hos begge modtagere", true=set(states.values()) == {"awaiting_consent"})
    unseen = playing.as_("family-therapist").get(f"/referrals/{made['referral']}")
    tell.expect("Familieterapeuten ser intet endnu (404)", true=unseen.status_code == httpx.codes.NOT_FOUND)
    listed = [task["referral"] for task in all_tasks(playing, "family-therapist")]
    tell.expect("Heller ikke på sin arbejdsliste", true=made["referral"] not in listed)


def referral_of(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the referral as it is sent; `made` has the persons' ids."""
    thilde, jonathan = made["thilde"], made["jonathan"]
    told = [
        (thilde, "contact", "Thilde, 21 år. Træffes bedst på telefon efter kl. 15."),
        (thilde, "pregnancy", "Gravid i 17. uge, første barn. Glæder sig og vil gerne være en god mor."),
        (thilde, "education_work", "Er begyndt på en uddannelse som maler og er usikker på læreplads og barsel."),
        (thilde, "network", "Kender ikke andre med små børn. Kontakten til forældrene svinger."),
        (thilde, "upbringing", "Boede fire år i plejefamilie som barn, sammen med sin bror."),
        (jonathan, "contact", "Jonathan, 20 år. Arbejder på slagteri og har svært ved at få fri om dagen."),
        (jonathan, "parenthood", "Har svært ved at forholde sig til at skulle være far. Synes, de er unge."),
        (jonathan, "network", "Har først lige fortalt sin mor om barnet."),
    ]
    return {
        "purpose": PURPOSE,
        "recipients": [HOUSE, HEALTH_VISITING],
        "offers": [
            {"subject": thilde, "category": "upbringing", "offer": NETWORK_GROUP},
            {"subject": jonathan, "category": "parenthood", "offer": FATHERS_GROUP},
        ],
        "own_words": {
            "subject": thilde,
            "text": "Vi vil gerne møde andre unge, der venter barn, og ikke starte forfra.",
        },
        "seen_by_family_at": _now(),
        "serious_concern": False,
        "information": [{"subject": who, "category": kind, "text": text} for who, kind, text in told],
    }


def _consent(playing: Play) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        3, "Thilde og Jonathan giver hver deres samtykke, mundtligt ved konsultationen",
        "each about themselves; sender, recipients, kinds, purpose and period are named (R19, R20, R26)",
    )  # fmt: skip
    house = ["contact", "pregnancy", "education_work", "upbringing", "own_wish", "course"]
    health = ["contact", "pregnancy", "network", "own_wish", "course"]
    given = [
        ("thilde", HOUSE, house), ("thilde", HEALTH_VISITING, health),
        ("jonathan", HOUSE, ["contact", "parenthood", "course"]),
        ("jonathan", HEALTH_VISITING, ["contact", "parenthood", "course"]),
    ]  # fmt: skip
    without_reason = word_of(made, *given[0]) | {"not_written_because": None}
    refused = playing.post(identities.SYSTEM, "/consents", without_reason)
    told = refused.json()
    tell.expect(
        f"Uden grund til, at det ikke er skriftligt, siger systemet nej: »{told.get('detail')}« ({told.get('rule')})",
        true=refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY and told.get("code") == "must_be_written",
    )
    for who, unit, kinds in given:
        word = sent.Consent.model_validate(word_of(made, who, unit, kinds))
        recorded = playing.midwife.record(word, key=new_key())
        made.setdefault("consents", {})[who, unit] = str(recorded.id)
        names = ", ".join(CATEGORY_DANISH[Category(kind)].lower() for kind in kinds)
        tell.expect(f"{who.capitalize()} → {UNIT_NAMES[unit]}: {names}", true=not recorded.still_to_ask)


def word_of(made: Mapping[str, Any], who: str, unit: str, kinds: list[str]) -> dict[str, Any]:
    """Return one person's consent to one unit, as it is sent."""
    return {
        "subject": made[who], "given_by": made[who], "sender": MIDWIVES, "recipients": [unit], "categories": kinds,
        "purpose": PURPOSE, "need": made["need"], "mutual": True, "method": "oral", "given_at": _now(),
        "valid_until": (datetime.now(UTC) + timedelta(days=180)).isoformat(), "told_of_withdrawal": True,
        "active_choice": True, "notice": "samtykke-da-1",
        "oral_note": "Sagt højt ved jordemoderkonsultationen i Småbørnshuset, efter at teksten var læst op.",
        "not_written_because": "Aftalt på stedet, så parret kan ringes op samme uge.",
    }  # fmt: skip


def _goes_out(playing: Play) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        4, "Henvisningen går ud, og dialogen begynder",
        "the therapist reads what is permitted, asks, is answered, accepts; the midwife system hears of each step",
    )  # fmt: skip
    tell.expect("Henvisningen er sendt, uden at nogen trykkede igen", true=_wait_until_sent(playing))
    seen = read(playing, "family-therapist")
    for piece in seen["information"]:
        tell.quote(piece["category_name"], piece["text"] or f"ønsker »{made['offers'][piece['offer']]}«")
    for missing in seen["withheld"]:
        about = "Thilde" if missing["subject"] == made["thilde"] else "Jonathan"
        tell.quote(f"Tilbageholdt om {about} – {missing['category_name']}", missing["why"])
    kinds = {(piece["subject"], piece["category"]) for piece in seen["information"]}
    hidden = {(missing["subject"], missing["category"]): missing["reason"] for missing in seen["withheld"]}
    tell.expect("Hun læser det, Thilde og Jonathan har sagt ja til", true=len(kinds) == 7)  # noqa: PLR2004
    tell.expect(
        "Netværk er tilbageholdt for begge, med kategori og grund",
        true=hidden == {(made[who], "network"): "category_not_named" for who in ("thilde", "jonathan")},
    )
    task = made["tasks"][HOUSE]
    question = _message("question", made["jonathan"], "contact", "Hvornår kan Jonathan træffes, hvis ikke om dagen?")
    asked = playing.post("family-therapist", f"/tasks/{task}/messages", question)
    tell.expect("Hun spørger", true=asked.status_code == httpx.codes.CREATED)
    at_home = playing.midwife.read(UUID(made["referral"]))
    heard = [piece.text for message in at_home.dialogue for piece in message.information]
    tell.quote("Jordemoderen læser", " ".join(heard))
    reply = sent.Message.model_validate(
        _message("answer", made["jonathan"], "contact", "Torsdage efter kl. 17.") | {"answers": at_home.dialogue[-1].id}
    )
    answered = playing.midwife.say(UUID(task), reply, key=new_key())
    seen = read(playing, "family-therapist")
    learned = [piece["text"] for message in seen["dialogue"] for piece in message["information"]]
    tell.expect("Og får svar", true=not answered.withheld and bool(heard) and "Torsdage efter kl. 17." in learned)
    version = f'"{seen["tasks"][0]["version"]}"'
    stale = playing.as_("family-therapist").post(f"/tasks/{task}/acceptance", json={}, headers={"If-Match": '"1"'})
    tell.expect("Svar på en forældet udgave afvises (412)", true=stale.status_code == httpx.codes.PRECONDITION_FAILED)
    accepted = playing.as_("family-therapist").post(f"/tasks/{task}/acceptance", json={}, headers={"If-Match": version})
    tell.expect("Hun tager imod", true=accepted.is_success and accepted.json()["state"] == "accepted")
    told_in_full = ["sent", "received", "question", "accepted"]
    wait_for(lambda: _steps(playing, task) == told_in_full, _WAIT_S)
    steps = _steps(playing, task)
    tell.say("Jordemødrenes system hører: " + " → ".join(_DANISH_STEPS.get(str(step), str(step)) for step in steps))
    tell.expect("Afsenderen hører om hvert skridt", true=steps == told_in_full)


def _steps(playing: Play, task: str) -> list[str | None]:
    return [event.kind for event in events(playing) if str(event.task) == task]


def _others(playing: Play) -> None:
    tell = playing.tell
    tell.chapter(
        5, "Sundhedsplejersken læser sin del; alle andre får nej",
        "the jobcenter is named by nobody; forged, expired and other parties' tokens open nothing",
    )  # fmt: skip
    seen = read(playing, "health-visitor")
    kinds = {piece["category"] for piece in seen["information"]}
    hidden = {missing["category"] for missing in seen["withheld"]}
    for who in ("thilde", "jonathan"):
        for told, listed in (("Hun læser", seen["information"]), ("Tilbageholdt", seen["withheld"])):
            names = sorted({each["category_name"] for each in listed if each["subject"] == playing.made[who]})
            tell.say(f"{told} om {who.capitalize()}: {', '.join(names)}")
    tell.expect("Thildes opvækst og uddannelse er ikke for hende", true={"upbringing", "education_work"} <= hidden)
    tell.expect("Hendes graviditet og netværk må hun læse om", true={"pregnancy", "network"} <= kinds)
    refusing.play(playing)


def _withdraws(playing: Play) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        6, "Jonathan trækker sit samtykke tilbage, med sit eget login",
        "the very next read of what concerns him is refused; what concerns Thilde still opens",
    )  # fmt: skip
    own = playing.as_("jonathan").get("/my/consents").json()["consents"]
    tell.expect("Han ser sine egne to samtykker", true=len(own) == 2)  # noqa: PLR2004
    for consent in own:
        answer = playing.as_("jonathan").post(f"/consents/{consent['id']}/withdrawal", json={})
        tell.expect(
            f"Tilbagetrukket: til {UNIT_NAMES[consent['recipients'][0]]}",
            true=answer.status_code == httpx.codes.CREATED,
        )
    seen = read(playing, "family-therapist")
    about = [piece["subject"] for piece in _every_piece(seen) if piece["author"] != HOUSE]
    reasons = {missing["reason"] for missing in seen["withheld"] if missing["subject"] == made["jonathan"]}
    tell.expect("Den næste læsning viser intet, som andre har skrevet om Jonathan", true=made["jonathan"] not in about)
    tell.expect("Grunden er, at han har trukket det tilbage", true="withdrawn" in reasons)
    tell.expect("Det om Thilde kan stadig læses", true=made["thilde"] in about)


def _audit(playing: Play) -> None:
    playing.tell.chapter(
        7, "Revisoren ser, hvem der fik hvad – og efterprøver loggen",
        "who got what about whom, when, from whom and why; the refusals; the ledger verified offline; tampering named",
    )  # fmt: skip
    auditing.play(playing)
    remember(playing.system.folder, playing.made)


def remember(folder: Path, made: Mapping[str, Any]) -> None:
    """Keep what the README's commands need of this play: ids and logins, nothing said."""
    told = {"logins": made["logins"], "referral": made["referral"], "need": made["need"], "tasks": made["tasks"],
            "thilde": made["thilde"], "jonathan": made["jonathan"]}  # fmt: skip
    (folder / "play.json").write_text(json.dumps(told, indent=2))


def _every_piece(seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*seen["information"], *(piece for message in seen["dialogue"] for piece in message["information"])]


def _message(kind: str, subject: str, category: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "information": [{"subject": subject, "category": category, "text": text}]}


def _wait_until_sent(playing: Play) -> bool:
    """Wait, as the polling recipient does, until the task is in the work list."""
    return wait_for(
        lambda: (
            playing.made["referral"] in [task["referral"] for task in all_tasks(playing, "family-therapist")]
            and playing.made["referral"] in [task["referral"] for task in all_tasks(playing, "health-visitor")]
        ),
        _WAIT_S,
    )


def _now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
