"""The lawful exceptions: one meeting under RSL § 11 e about Liv, two years, and reports of concern to the authority.

The family is invented; the units are real. Ida has said no to the health visitor and the daycare talking about Liv.
They may meet once all the same; what is said is seen by those in the room, and by nobody afterwards. A report of
concern is another thing altogether: it waits for no consent and no meeting.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from deploy.demo import auditing, identities
from deploy.demo.playing import HEALTH_VISITING, MIDWIVES, Play, wait_for
from deploy.demo.telling import Telling
from deploy.system import System
from familiebro_client import concern, new_key
from shared.ids import new_id

DAYCARE, AUTHORITY = "helsingoer-dagtilbud", "helsingoer-familieraadgivningen"
NURSERY_ELSEWHERE, JOBCENTER = "vejle-hele-familiens-dagtilbud", "helsingoer-jobcenter"
PURPOSE = "tidligt_forebyggende_samarbejde"
HELSINGOER, AARHUS = "0217", "0751"
CHAPTERS = 4
BROUGHT = "Liv sidder for sig selv og rører næsten ikke sin madkasse."
_OF_THE_UNBORN = "Hun har det svært, har intet sted at bo og ved ikke, hvem hun kan ringe til."
_OF_LIV = "Liv er tit alene ude om aftenen."
_CONVENER, _GUEST, _ELSEWHERE = "health-visitor", "pedagogue", "daycare-leader"
_WAIT_S = 20.0
_A_MOMENT = timedelta(seconds=1.5)


def play(system: System, tell: Telling, *, first: int = 1) -> None:
    """Play the whole story, its chapters numbered from `first`; `tell.failures` says what did not come out as told."""
    playing = Play(system, tell)
    try:
        for number, chapter in enumerate((_calls, _meets, _reports, _audits), first):
            chapter(playing, number)
    finally:
        playing.close()


def _calls(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Ida har sagt nej; sundhedsplejersken indkalder til det ene møde, loven giver lov til",
        "RSL § 11 e: who may come is what the directory says of the unit; the others are shown what is lawful instead",
    )  # fmt: skip
    family(playing)
    refused = call(playing, [guest("midwife", MIDWIVES), guest("jobcenter", JOBCENTER), guest(_GUEST, DAYCARE)])
    told = refused.json()
    for each in told.get("refused", []):
        tell.quote(each["unit"], each["says"])
    tell.expect("Jordemoder og jobcenter kan ikke være med; systemet viser, hvad der er lovligt i stedet (R2, R3)",
                true={each["unit"] for each in told.get("refused", [])} == {MIDWIVES, JOBCENTER}
                and {each["rule"] for each in told["instead"]} == {"R15", "R17", "R29"})  # fmt: skip
    unsaid = call(playing, [guest(_ELSEWHERE, NURSERY_ELSEWHERE)])
    tell.expect("Livs gamle vuggestue i Vejle kan kun komme med en grund",
                true=unsaid.json().get("code") == "section_11e_other_municipality")  # fmt: skip
    why = "Liv gik der til i sommer, og ingen her kender hende så godt."
    called = call(playing, [guest(_GUEST, DAYCARE), guest(_ELSEWHERE, NURSERY_ELSEWHERE, elsewhere_because=why)])
    made["meeting"] = called.json().get("id")
    tell.expect(f"Med grunden er mødet indkaldt. »{called.json().get('voluntary')}«",
                true=called.json().get("state") == "scheduled")  # fmt: skip
    early = playing.as_(_GUEST).get(f"/section-11e/meetings/{made['meeting']}/room")
    tell.expect("Før mødet kan ingen se noget (R12)", true=early.json().get("code") == "section_11e_room_closed")


def _meets(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "De mødes; det sagte bliver i rummet, og der er ét møde",
        "seen by those present while it lasts, kept nowhere; a follow-up takes a leader; a third is refused for good",
    )  # fmt: skip
    seen = hold(playing, made["meeting"], (_GUEST, _ELSEWHERE))
    tell.quote("Pædagogen", BROUGHT)
    tell.expect("De, der er i rummet, ser det", true=seen == [BROUGHT])
    answers = [playing.as_(who).get(f"/section-11e/meetings/{made['meeting']}/room") for who in (_CONVENER, _GUEST)]
    tell.expect("Da mødet er slut, kan ingen se det mere", true={each.status_code for each in answers} == {403})
    told = {"informed_at": datetime.now(UTC).isoformat()}
    for step, body in (("outcome", {"outcome": "seek_consent"}), ("informing", told)):
        playing.post(_CONVENER, f"/section-11e/meetings/{made['meeting']}/{step}", body)
    (mine,) = playing.as_("ida").get("/my/section-11e-meetings").json().get("meetings") or [{}]
    names = [part["unit_name"] for part in mine.get("took_part", [])]
    tell.expect(f"Ida har fået det at vide og ser selv, hvem der mødtes: {', '.join(names)} (R14)",
                true=mine.get("id") == made["meeting"] and BROUGHT not in str(mine))  # fmt: skip
    again = call(playing, [guest(_GUEST, DAYCARE)])
    tell.expect("Et møde mere afvises: der er ét (R6)", true=again.json().get("code") == "section_11e_already_called")
    follow = call(playing, [guest(_GUEST, DAYCARE)], kind="follow_up",
                  special_circumstances="Liv har været væk i en uge, og ingen ved hvorfor.")  # fmt: skip
    approved = playing.post("leader", f"/section-11e/meetings/{follow.json().get('id')}/approval", {"approves": True})
    stood = (follow.json().get("state"), approved.json().get("state"))
    tell.expect("Et opfølgende møde kræver særlige omstændigheder og en leders ja (R7)",
                true=stood == ("awaiting_approval", "scheduled"))  # fmt: skip
    hold(playing, follow.json()["id"], (_GUEST,))
    third = call(playing, [guest(_GUEST, DAYCARE)], kind="follow_up", special_circumstances="Endnu en gang.").json()
    tell.expect("Et tredje findes ikke; tilbage er samtykke eller en underretning",
                true=third.get("code") == "SECTION_11E_EXHAUSTED"
                and {each["rule"] for each in third["instead"]} == {"R15", "R29"})  # fmt: skip


def _reports(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Underretninger: en jordemoder om et ufødt barn, og en nabo uden navn om Liv",
        "BL §§ 133, 135, 136, 138: received by the municipality that acts; assessed in 24 hours; the reporter answered",
    )  # fmt: skip
    received = playing.midwife.report_concern(of_the_unborn(), key=new_key())
    for line in received.says:
        tell.say(line)
    made["unborn"] = str(received.id)
    tell.expect(f"Jordemoderens underretning er modtaget i Helsingør ({received.provision})",
                true=received.where.unit == AUTHORITY)  # fmt: skip
    with httpx.Client(base_url=playing.system.url("gateway") + "/api/v1", timeout=15) as nobody:
        alone = nobody.post("/concern-reports/citizen", json=report("neglect", _OF_LIV, {
            "child": {"name": "Liv"}, "where": {"stays_in": HELSINGOER}, "anonymous": True,
        })).json()  # fmt: skip
        made["anonymous"] = alone.get("id")
        shown = nobody.post("/concern-reports/receipts", json={"receipt": alone.get("receipt")}).json()
    tell.expect("Naboen underretter uden navn og uden login og får en kvittering (R36)",
                true=bool(shown.get("received_at")) and shown.get("acknowledged_at") is None)  # fmt: skip
    steps: list[tuple[str, Mapping[str, Any]]] = [
        ("assessment", {"danger": False, "acute_measures": False, "running_measures": False}), ("acknowledgement", {}),
    ]  # fmt: skip
    done = [step(playing, "adviser", each, *one) for each in (made["unborn"], made["anonymous"]) for one in steps]
    tell.expect("Rådgiveren vurderer inden for 24 timer og bekræfter over for underretteren (R32)",
                true=all(each.is_success for each in done))  # fmt: skip
    moved = {"municipality": AARHUS, "facts": {"stays_in": AARHUS, "custody": "one", "holder_in": AARHUS}}
    passed = step(playing, "adviser", made["anonymous"], "passing-on", moved).json()
    there = playing.as_("adviser-elsewhere").get("/concern-reports", params={"limit": 200}).json().get("reports", [])
    made["there"] = next((each["id"] for each in there if each["came_from"] == made["anonymous"]), None)
    tell.expect("Liv er flyttet til Aarhus: underretningen sendes videre, og urene begynder forfra dér (R39)",
                true=passed.get("unit") == "aarhus-myndighed" and made["there"] is not None)  # fmt: skip
    step(playing, "adviser", made["unborn"], "informing", {"informed_at": datetime.now(UTC).isoformat()})
    step(playing, "adviser", made["unborn"], "closing", {"outcomes": ["mapping"]})
    begun = {"begun": {"examination": False, "mapping": True, "measures": False}}
    step(playing, "adviser", made["unborn"], "feedback", begun)
    told = playing.midwife.read_report(received.id).feedback
    tell.expect("Jordemoderen får at vide, at en afdækning er begyndt, og ikke mere (R33)",
                true=told is not None and told.mapping is True and not (told.measures or told.types))  # fmt: skip


def _audits(playing: Play, number: int) -> None:
    tell, made = playing.tell, playing.made
    tell.chapter(
        number, "Revisoren spørger til undtagelserne",
        "every meeting, every refusal, every clock: who and when, never what was said",
    )  # fmt: skip
    asked: dict[str, str | int] = {"municipality": HELSINGOER, "limit": 200}
    auditor = playing.as_("auditor")
    meetings = auditor.get("/audit/consent/section-11e/meetings", params=asked)
    mine = [each for each in meetings.json().get("meetings", []) if each["matter"] == made["matter"]]
    kinds = [each["kind"] for each in mine]
    tell.expect("Møderne står der, med hvem, hvornår og hvorfor, og ikke et ord af det sagte (R13)",
                true=kinds == ["primary", "follow_up"] and BROUGHT not in meetings.text)  # fmt: skip
    refused = auditor.get("/audit/consent/section-11e/refused", params=asked).json().get("refused", [])
    codes = {each["code"] for each in refused if each["matter"] == made["matter"]}
    tell.expect("Og hvert afslag", true={"section_11e_not_a_party", "SECTION_11E_EXHAUSTED"} <= codes)
    figures = auditor.get("/audit/concern/concern-reports/figures", params={"municipality": HELSINGOER}).json()
    clocks = figures.get("clocks", {}).get("assess", {})
    tell.say(f"Underretninger i Helsingør: {figures.get('reports')}; vurderet i tide: {clocks.get('held')}.")
    tell.expect("Ingen underretning er gået over sin frist", true=clocks.get("missed") == 0)
    wait_for(lambda: auditor.get("/audit/concern/ledger/checkpoint").is_success, _WAIT_S)
    auditing.verify_export(playing, "concern")


def family(playing: Play) -> None:
    """Register Liv and her mother, the mother's no, and the matter."""
    made = playing.made
    made["logins"] = {"ida": f"ida-{new_id()}"}
    identities.remember_logins(playing.system.folder, made["logins"])
    born = (datetime.now(UTC) - timedelta(days=800)).date().isoformat()
    for who, body in (
        ("ida", {"birth_date": "1996-04-11", "login": made["logins"]["ida"]}),
        ("liv", {"birth_date": born}),
    ):
        made[who] = playing.post(_CONVENER, "/persons", body).json()["id"]
    playing.post(_CONVENER, f"/persons/{made['liv']}/custody", {"holders": [made["ida"]], "since": born})
    no = playing.post(_CONVENER, "/refusals", {
        "subject": made["liv"], "given_by": made["ida"], "sender": HEALTH_VISITING, "recipients": [DAYCARE],
        "categories": ["child_development"], "purpose": "early_support", "need": str(new_id()), "method": "oral",
        "given_at": datetime.now(UTC).isoformat(), "notice": "samtykke-barn-da-1",
        "oral_note": "Sagt ved besøget hjemme, efter at teksten var læst op.",
    })  # fmt: skip
    no.raise_for_status()
    made["refusal"] = no.json()["id"]
    matter = playing.post(_CONVENER, "/section-11e/matters", {"child": made["liv"], "about": "Trivsel i børnehaven"})
    matter.raise_for_status()
    made["matter"] = matter.json()["id"]


def guest(who: str, unit: str, **told: str) -> dict[str, str]:
    """Return somebody who is invited."""
    return {"user": identities.PEOPLE[who].user, "profession": "pedagogue", "unit": unit, **told}


def call(playing: Play, guests: list[dict[str, str]], **told: Any) -> httpx.Response:  # noqa: ANN401 - fields of JSON
    """Call a meeting of the matter for a moment from now."""
    starts = datetime.now(UTC) + _A_MOMENT
    body = {
        "purpose": PURPOSE, "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "profession": "health_visitor", "necessity": "Vi skal vide, om Liv får den hjælp, hun har brug for.",
        "consent_attempt": {"refusal": playing.made["refusal"]}, "leader": identities.PEOPLE["leader"].user,
        "attendees": guests,
    }  # fmt: skip
    return playing.post(_CONVENER, f"/section-11e/matters/{playing.made['matter']}/meetings", body | told)


def hold(playing: Play, meeting: str, guests: tuple[str, ...]) -> list[str]:
    """Hold a meeting from opening to end; return what those in the room saw on the table."""
    path = f"/section-11e/meetings/{meeting}"
    starts = datetime.fromisoformat(playing.as_(_CONVENER).get(path).json()["starts_at"])
    wait_for(lambda: datetime.now(UTC) >= starts, _WAIT_S)  # a try before its time would be kept as refused
    playing.post(_CONVENER, path + "/opening", {})
    for who in guests:
        playing.post(who, path + "/presence", {})
    playing.post(_GUEST, path + "/choice", {"shares": True})
    playing.post(_GUEST, path + "/brought", {"category": "child_development", "text": BROUGHT})
    seen = playing.as_(guests[-1]).get(path + "/room").json()
    playing.post(_CONVENER, path + "/end", {})
    return [each["text"] for each in seen.get("brought", [])]


def of_the_unborn() -> concern.Report:
    """Return what the midwives' system files, as its makers would write it: with the published client."""
    return concern.Report(
        ground=concern.Ground.UNBORN_MAY_NEED_SUPPORT,
        child=concern.Child(unborn=True, due_date=(datetime.now(UTC) + timedelta(days=90)).date()),
        where=concern.Where(stays_in=HELSINGOER, mother_in=HELSINGOER),
        words=concern.Concern(concern=_OF_THE_UNBORN),
        parents=concern.Informing(why_not=concern.WhyNot.LEFT_TO_AUTHORITY),
        reporter=concern.Reporter(name="Jordemoder på Nordsjællands Hospital", relation="jordemoder"),
    )


def report(ground: str, said: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report of concern as it is sent."""
    return {"ground": ground, "words": {"concern": said}, **told}


def step(playing: Play, who: str, number: str, name: str, body: Mapping[str, Any]) -> httpx.Response:
    """Take a step with a report, in the version that was read just before."""
    client = playing.as_(who)
    version = client.get(f"/concern-reports/{number}").json().get("version")
    return client.post(f"/concern-reports/{number}/{name}", json=dict(body), headers={"If-Match": f'"{version}"'})
