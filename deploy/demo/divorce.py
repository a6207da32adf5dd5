"""Case 2 of seed 001, chapter 6 (lines 2890–3031): Jasmin, two years; her parents divorce, and Adam hesitates.

The case does not name its municipality; here it is Vejle, whose family house works in the nurseries (lines 1111–1129).
What people say is invented after the case. Every call goes through the gateway, each party with its own identity.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from deploy.demo import identities
from deploy.demo.playing import Play, wait_for
from deploy.demo.telling import Telling
from deploy.system import System
from shared.ids import new_id
from shared.vocabulary import CATEGORY_DANISH, Category

NURSERY = "vejle-hele-familiens-dagtilbud"
HOUSE = "case2-familiehuset"
GROUP = "case2-skilsmissegruppe"
PURPOSE = "early_support"
CHAPTERS = 6
_LEADER, _THERAPIST = "daycare-leader", "divorce-therapist"
_WAIT_S = 20.0
_BOTH = ("sofie", "adam")
_ABOUT_JASMIN = "Har sværere ved at sige farvel om morgenen og søger mere voksenkontakt end før."
_ABOUT_SOFIE = "Vil gerne have råd til, hvordan skilsmissen bliver lettere for Jasmin."
_ABOUT_ADAM = "Vil helst have de praktiske ting på plads først."


def play(system: System, tell: Telling, *, first: int = 1) -> None:
    """Play the whole story, its chapters numbered from `first`; `tell.failures` says what did not come out as told."""
    playing = Play(system, tell)
    chapters = (_meets, _refers, _one_of_two, _both, _own_parts, _takes_back)
    try:
        for number, chapter in enumerate(chapters, first):
            chapter(playing, number)
    finally:
        playing.close()


def _meets(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Vuggestuen registrerer Jasmin, to år, og hvem der har forældremyndigheden",
        "no names and no CPR number: opaque ids, a birth date, and joint custody",
    )  # fmt: skip
    made["logins"] = {who: f"{who}-{new_id()}" for who in _BOTH}
    identities.remember_logins(playing.system.folder, made["logins"])
    today = datetime.now(UTC).date()
    born = {"sofie": "1994-05-02", "adam": "1992-09-17", "jasmin": f"{today.year - 2}-01-15"}
    for who, day in born.items():
        login = made["logins"].get(who)
        answer = playing.post(_LEADER, "/persons", {"birth_date": day, "login": login})
        made[who] = answer.json()["id"]
    nobody = _word(made, "jasmin", "sofie", ["child_development"])
    made["need"] = nobody["need"] = str(new_id())
    refused = playing.post(_LEADER, "/consents", nobody)
    tell.expect(
        f"Uden forældremyndighed kan ingen svare for Jasmin: »{refused.json().get('detail')}«",
        true=refused.json().get("code") == "nobody_to_ask",
    )
    custody = {"holders": [made["sofie"], made["adam"]], "since": born["jasmin"]}
    answer = playing.post(_LEADER, f"/persons/{made['jasmin']}/custody", custody)
    tell.expect("Begge forældre har forældremyndigheden", true=answer.status_code == httpx.codes.CREATED)
    known = playing.as_(_LEADER).get(f"/persons/{made['jasmin']}").json()
    asked = {each["person"] for each in known["ask"]}
    tell.expect("Vuggestuen ser, at begge skal spørges", true=asked == {made["sofie"], made["adam"]})


def _refers(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Vuggestuen skriver til familiehuset sammen med forældrene",
        "each piece says whom it is about; nothing goes out before somebody has agreed",
    )  # fmt: skip
    told = [("jasmin", "child_development", _ABOUT_JASMIN), ("sofie", "couple", _ABOUT_SOFIE),
            ("adam", "couple", _ABOUT_ADAM)]  # fmt: skip
    body = {
        "need": made["need"], "purpose": PURPOSE, "recipients": [HOUSE],
        "offers": [{"subject": made["sofie"], "category": "own_wish", "offer": GROUP}],
        "own_words": {"subject": made["sofie"], "text": "Vi vil begge Jasmin det bedste, men vi taler ikke sammen."},
        "seen_by_family_at": _now(),
        "information": [{"subject": made[who], "category": kind, "text": text} for who, kind, text in told],
    }  # fmt: skip
    unspoken = playing.post(_LEADER, "/referrals", body)
    tell.expect("Har vuggestuen ikke talt med forældrene først, siger systemet nej (R71)",
                true=unspoken.json().get("lacks") == ["discussed_with_parents_at"])  # fmt: skip
    answer = playing.post(_LEADER, "/referrals", body | {"discussed_with_parents_at": _now()})
    made["referral"] = answer.json().get("id")
    states = [task["state"] for task in answer.json().get("tasks", [])]
    tell.expect("Henvisningen er gemt og venter på samtykke", true=states == ["awaiting_consent"])


def _one_of_two(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Sofie siger ja; Adam tøver",
        "one of two custody holders is not enough for Jasmin (R27); Sofie's own part goes out (R26)",
    )  # fmt: skip
    own = playing.post(_LEADER, "/consents", _word(made, "sofie", "sofie", ["couple", "own_wish", "course"]))
    tell.expect("Sofie siger ja til at fortælle om sig selv", true=own.status_code == httpx.codes.CREATED)
    child = playing.post(_LEADER, "/consents", _word(made, "jasmin", "sofie", ["child_development", "course"]))
    made["sofies_word"] = child.json().get("id")
    missing = [each["person"] for each in child.json().get("still_to_ask", [])]
    tell.expect("Sofie siger ja for Jasmin; systemet svarer, at Adam også skal spørges", true=missing == [made["adam"]])
    question = {"questions": [{"subject": made["jasmin"], "recipient": HOUSE, "purpose": PURPOSE, "need": made["need"],
                               "categories": ["child_development"]}]}  # fmt: skip
    (answer,) = playing.as_(_LEADER).post("/disclosures/check", json=question).json()["answers"]
    tell.expect(f"Må vi fortælle om Jasmin? »{answer['says']}«", true=answer["reason"] == "holder_missing")
    tell.expect("Og hvem skal spørges? Adam", true=[each["person"] for each in answer["ask"]] == [made["adam"]])
    sent = wait_for(lambda: _reads(playing) is not None, _WAIT_S)
    tell.expect("Sofies egen del går ud", true=sent and _told(playing) == {made["sofie"]})
    tell.expect("Intet om Jasmin, intet om Adam", true=not {made["jasmin"], made["adam"]} & _told(playing))


def _both(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Adam siger ja for Jasmin, ikke om sig selv",
        "now both have said yes about Jasmin: the nursery and the house may exchange about her, both ways",
    )  # fmt: skip
    answer = playing.post(_LEADER, "/consents", _word(made, "jasmin", "adam", ["child_development", "course"]))
    made["adams_word"] = answer.json().get("id")
    tell.expect("Nu mangler ingen", true=answer.json().get("still_to_ask") == [])
    tell.expect("Familieterapeuten læser om Jasmin og Sofie", true=_told(playing) == {made["jasmin"], made["sofie"]})
    tell.quote(CATEGORY_DANISH[Category.CHILD_DEVELOPMENT], _ABOUT_JASMIN)
    withheld = {(each["subject"], each["category"]) for each in _reads(playing)["withheld"]}  # type: ignore[index]
    tell.expect("Det om Adam holdes tilbage", true=withheld == {(made["adam"], "couple")})
    refusal = _word(made, "adam", "adam", ["couple"])
    for name in ("valid_until", "mutual", "told_of_withdrawal", "active_choice"):
        del refusal[name]
    refused = playing.post(_LEADER, "/refusals", refusal)
    tell.expect("Adam siger nej til at fortælle om sig selv; det er et svar som ethvert andet (R24, R25)",
                true=refused.status_code == httpx.codes.CREATED)  # fmt: skip
    tell.expect("Jasmins hjælp er den samme", true=_told(playing) == {made["jasmin"], made["sofie"]})


def _own_parts(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Hver forælder ser sin egen del, og det om Jasmin",
        "no parent reads the other's confidential part (R57); no employee is named (R52)",
    )  # fmt: skip
    for who, other in (_BOTH, _BOTH[::-1]):
        name = who.capitalize()
        words = playing.as_(who).get("/my/consents").json()["consents"]
        about = {each["subject"] for each in words}
        tell.expect(f"{name} ser svarene om sig selv og Jasmin", true=about == {made[who], made["jasmin"]})
        seen = playing.as_(who).get("/my/disclosures").json()["disclosures"]
        tell.expect(f"{name} ser, hvem der har læst om Jasmin, og intet om den anden forælder",
                    true=made["jasmin"] in {each["subject"] for each in seen}
                    and made[other] not in {each["subject"] for each in seen})  # fmt: skip
        page = playing.as_(who).get("/my/overview", params={"form": "pdf"})
        tell.expect(f"{name} kan få det hele på papir", true=page.content.startswith(b"%PDF"))
    latest = playing.as_("sofie").get("/my/disclosures").json()["disclosures"][-1]
    day = datetime.fromisoformat(latest["at"]).strftime("%d.%m.%Y")
    tell.quote(
        day, f"{latest['told_to_name']}: {latest['category_danish'].lower()} ({latest['purpose_danish'].lower()})"
    )
    sheet = playing.as_("adam").get(f"/consents/{made['adams_word']}/sheet")
    tell.expect("Adam kan læse sit samtykke i almindelige ord", true="Dit samtykke" in sheet.text)
    tell.expect("Det, Sofie sagde, da hun svarede, er ikke hans at læse",
                true=_ORAL not in playing.as_("adam").get(f"/consents/{made['sofies_word']}/sheet").text)  # fmt: skip


def _takes_back(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Adam trækker sit ja for Jasmin tilbage",
        "one parent's word is enough to close; it works at once, and he is told what it came to (R23)",
    )  # fmt: skip
    done = playing.as_("adam").post(f"/consents/{made['adams_word']}/withdrawal", json={})
    tell.expect("Han gør det selv, uden grund", true=done.status_code == httpx.codes.CREATED)
    tell.expect("I samme øjeblik er der intet om Jasmin at læse", true=made["jasmin"] not in _told(playing))
    tell.expect("Sofies egen del er der stadig", true=made["sofie"] in _told(playing))
    found = wait_for(lambda: bool(_effects(playing)["stopped"]), _WAIT_S)
    effects = _effects(playing)
    tell.expect("Han kan se, hvad der stoppede", true=found)
    had = {each["told_to_name"] for each in effects["had_been_told"]}
    tell.expect(f"Og hvem der nåede at læse om Jasmin: {', '.join(sorted(had))}", true=bool(had))
    tell.say(effects["says"])
    again = playing.as_("sofie").get("/my/consents").json()["consents"]
    ended = [each for each in again if each["id"] == made["adams_word"]]
    tell.expect("Sofie ser, at Adams ja er trukket tilbage", true=bool(ended and ended[0]["withdrawn_at"]))


_ORAL = "Sagt ved samtalen i vuggestuen, efter at teksten var læst op."


def _word(made: Mapping[str, Any], subject: str, giver: str, kinds: list[str]) -> dict[str, Any]:
    """Return one parent's yes, about himself or herself or about Jasmin, as it is sent."""
    return {
        "subject": made[subject], "given_by": made[giver], "sender": NURSERY, "recipients": [HOUSE],
        "categories": kinds, "purpose": PURPOSE, "need": made.get("need"), "mutual": True, "method": "oral",
        "given_at": _now(), "valid_until": (datetime.now(UTC) + timedelta(days=120)).isoformat(),
        "told_of_withdrawal": True, "active_choice": True, "oral_note": _ORAL,
        "notice": "samtykke-barn-da-1" if subject == "jasmin" else "samtykke-da-1",
    }  # fmt: skip


def _reads(playing: Play) -> dict[str, Any] | None:
    """Return what the therapist reads now; None, while there is nothing."""
    answer = playing.as_(_THERAPIST).get(f"/referrals/{playing.made['referral']}")
    if answer.status_code != httpx.codes.OK:
        return None
    read: dict[str, Any] = answer.json()
    return read


def _told(playing: Play) -> set[str]:
    """Return whom the therapist reads something about."""
    return {each["subject"] for each in (_reads(playing) or {"information": []})["information"]}


def _effects(playing: Play) -> dict[str, Any]:
    answer: dict[str, Any] = playing.as_("adam").get(f"/consents/{playing.made['adams_word']}/effects").json()
    return answer


def _now() -> str:
    return datetime.now(UTC).isoformat()
