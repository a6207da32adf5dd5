"""What the family sees, and who else may read it: sheets, records, who has seen what, what a withdrawal came to."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem
from tests.support.wire import NOW, consent_in, decision_in, person_in, question_in

NOTE = "Sagt-hjemme-hos-familien"
DOCUMENTS = ("sheet", "record", "fhir", "effects")


@dataclass(frozen=True, slots=True)
class Family:
    """A child of two, both parents with a login, and a yes of each about the child under one need."""

    sofie: str
    adam: str
    child: str
    need: str
    words: dict[str, str]
    headers: dict[str, Headers]


async def posted(consent: httpx.AsyncClient, headers: Headers, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post something that is right; return the answer."""
    answer = await consent.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def family(consent: httpx.AsyncClient, midwife: Headers, keys: Keys) -> Family:
    """Make them."""
    logins = {name: f"{name}-{uuid4().hex}" for name in ("sofie", "adam")}
    made = {
        name: (await posted(consent, midwife, "/persons", person_in(login=login)))["id"]
        for name, login in logins.items()
    }
    child = (await posted(consent, midwife, "/persons", {"birth_date": f"{NOW.year - 2}-01-15"}))["id"]
    custody = {"holders": list(made.values()), "since": f"{NOW.year - 2}-01-15"}
    await posted(consent, midwife, f"/persons/{child}/custody", custody)
    need = str(uuid4())
    words = {
        name: (
            await posted(
                consent, midwife, "/consents",
                consent_in(child, given_by=person, need=need, method="oral", oral_note=f"{NOTE}-{name}",
                           not_written_because="Haster.", notice="samtykke-barn-da-1"),
            )
        )["id"]
        for name, person in made.items()
    }  # fmt: skip
    words["own"] = (
        await posted(consent, midwife, "/consents", consent_in(made["sofie"], need=need, categories=["network"]))
    )["id"]
    headers = {name: keys.party("consent", Role.CITIZEN, citizen=login) for name, login in logins.items()}
    headers["stranger"] = keys.party("consent", Role.CITIZEN, citizen="nobody-known")
    headers["recipient"] = keys.party("consent", Role.RECORD_CONSENT, unit=FAMILY_HOUSE)
    headers["another unit"] = keys.party("consent", Role.RECORD_CONSENT, unit=VISITING)
    headers["sender"] = midwife
    return Family(made["sofie"], made["adam"], child, need, words, headers)


async def decided(consent: httpx.AsyncClient, service: Headers, family: Family, **changes: Any) -> None:
    """Have the family house read about the child, and about Sofie."""
    questions = [
        question_in(family.child, family.need), question_in(family.sofie, family.need, categories=["network"]),
    ]  # fmt: skip
    answer = await consent.post("/internal/decisions", json=decision_in(*questions, **changes), headers=service)
    assert [each["permitted"] for each in answer.json()["answers"]] == [True, True]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(
    ("reader", "word", "status"),
    [
        ("adam", "adam", 200), ("sofie", "adam", 200), ("sender", "adam", 200), ("recipient", "adam", 404),
        ("another unit", "adam", 404), ("stranger", "adam", 404), ("adam", "own", 404), ("sofie", "own", 200),
    ],
)  # fmt: skip
async def test_a_word_is_read_by_those_it_concerns_and_is_not_there_for_others(
    consent: httpx.AsyncClient, family: Family, document: str, reader: str, word: str, status: int
) -> None:
    answer = await consent.get(f"/consents/{family.words[word]}/{document}", headers=family.headers[reader])
    assert answer.status_code == status, answer.text
    if status == 404:
        assert assert_problem(answer, 404, "not_there")
        missing = await consent.get(f"/consents/{uuid4()}/{document}", headers=family.headers[reader])
        names = ("type", "title", "detail", "code")
        assert [answer.json()[name] for name in names] == [missing.json()[name] for name in names]


async def test_what_was_said_is_for_the_giver_and_the_unit_that_wrote_it_down(
    consent: httpx.AsyncClient, family: Family
) -> None:
    """R57: the other parent reads that it was said, for the child, and not the words."""
    path = f"/consents/{family.words['sofie']}/sheet"
    for reader, shown in (("sofie", True), ("sender", True), ("adam", False)):
        page = (await consent.get(path, headers=family.headers[reader])).text
        assert (f"{NOTE}-sofie" in page) is shown, reader


@pytest.mark.parametrize(("occasion", "seen"), [("send", 0), ("deliver", 0), ("read", 2), ("hear", 2)])
async def test_what_was_opened_or_heard_was_seen_and_what_was_only_sent_was_not(
    consent: httpx.AsyncClient, family: Family, service: Headers, occasion: str, seen: int
) -> None:
    """R52."""
    await decided(consent, service, family, occasion=occasion)
    told = (await consent.get("/my/disclosures", headers=family.headers["sofie"])).json()
    assert (len(told["disclosures"]), told["next"]) == (seen, None)
    had = (await consent.get(f"/consents/{family.words['sofie']}/effects", headers=family.headers["sofie"])).json()
    assert len(had["had_been_told"]) == seen // 2


async def test_who_has_seen_what_is_read_page_by_page_newest_first(
    consent: httpx.AsyncClient, family: Family, service: Headers
) -> None:
    """A page is of so many decisions, and each may hold several lines."""
    for _ in range(5):
        await decided(consent, service, family)
    pages: list[list[dict[str, Any]]] = []
    params: dict[str, Any] = {"limit": 2}
    while "before" not in params or params["before"] is not None:
        answer = await consent.get("/my/disclosures", params=params, headers=family.headers["sofie"])
        pages.append(answer.json()["disclosures"])
        params["before"] = answer.json()["next"]
    moments = [each["at"] for page in pages for each in page]
    assert [len(page) for page in pages] == [4, 4, 2]
    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) == 5
    for limit in (0, 501):
        answer = await consent.get("/my/disclosures", params={"limit": limit}, headers=family.headers["sofie"])
        assert_problem(answer, 422, "malformed")


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_where_the_childs_address_is_protected_a_parent_reads_their_own_words_about_it_alone(
    consent: httpx.AsyncClient, family: Family, midwife: Headers, document: str
) -> None:
    """R45, R57: what the other parent agreed to names places."""
    theirs, own = (f"/consents/{family.words[name]}/{document}" for name in ("sofie", "adam"))
    assert (await consent.get(theirs, headers=family.headers["adam"])).status_code == 200
    protection = {"protected": True, "since": NOW.date().isoformat()}
    await posted(consent, midwife, f"/persons/{family.child}/protection", protection)
    assert_problem(await consent.get(theirs, headers=family.headers["adam"]), 404, "not_there")
    assert (await consent.get(own, headers=family.headers["adam"])).status_code == 200
    for reader, ids in (("adam", {"adam"}), ("sofie", {"sofie", "own"})):
        words = (await consent.get("/my/consents", headers=family.headers[reader])).json()["consents"]
        assert {each["id"] for each in words} == {family.words[name] for name in ids}


@pytest.mark.parametrize("document", ["record", "fhir"])
async def test_an_export_holds_no_word_of_the_familys(
    consent: httpx.AsyncClient, family: Family, document: str
) -> None:
    answer = await consent.get(f"/consents/{family.words['sofie']}/{document}", headers=family.headers["sofie"])
    assert NOTE not in answer.text
    assert "Haster" not in answer.text


async def test_a_sheet_comes_as_page_and_as_pdf(consent: httpx.AsyncClient, family: Family) -> None:
    path = f"/consents/{family.words['adam']}/sheet"
    page = await consent.get(path, headers=family.headers["adam"])
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    pdf = await consent.get(path, params={"form": "pdf"}, headers=family.headers["adam"])
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert_problem(await consent.get(path, params={"form": "docx"}, headers=family.headers["adam"]), 422, "malformed")


async def test_each_parent_sees_who_has_seen_what_about_the_child_and_of_the_other_nothing(
    consent: httpx.AsyncClient, family: Family, service: Headers
) -> None:
    """R52 without employees, R57 without the other parent's own part."""
    await decided(consent, service, family, user="therapist-77")
    for reader, about in (("sofie", {family.child, family.sofie}), ("adam", {family.child})):
        answer = await consent.get("/my/disclosures", headers=family.headers[reader])
        lines = answer.json()["disclosures"]
        assert {line["subject"] for line in lines} == about
        assert {(line["told_by"], line["told_to"]) for line in lines} == {(MIDWIFERY, FAMILY_HOUSE)}
        assert "therapist-77" not in answer.text
        words = (await consent.get("/my/consents", headers=family.headers[reader])).json()["consents"]
        assert {word["subject"] for word in words} == about
    nothing = await consent.get("/my/disclosures", headers=family.headers["stranger"])
    assert nothing.json() == {"disclosures": [], "next": None}


async def test_what_was_denied_or_only_asked_beforehand_was_seen_by_nobody(
    consent: httpx.AsyncClient, family: Family, service: Headers, midwife: Headers
) -> None:
    asked = decision_in(question_in(family.child, family.need, categories=["network"]))
    await consent.post("/internal/decisions", json=asked, headers=service)
    check = {"questions": [{"subject": family.child, "recipient": FAMILY_HOUSE, "purpose": "early_support",
                            "need": family.need, "categories": ["health"]}]}  # fmt: skip
    (answer,) = (await consent.post("/disclosures/check", json=check, headers=midwife)).json()["answers"]
    assert answer["permitted"] is True
    assert (await consent.get("/my/disclosures", headers=family.headers["adam"])).json() == {
        "disclosures": [],
        "next": None,
    }


async def test_where_the_childs_address_is_protected_the_unit_is_not_told_to_a_parent(
    consent: httpx.AsyncClient, family: Family, service: Headers, midwife: Headers
) -> None:
    await decided(consent, service, family)
    protection = {"protected": True, "since": NOW.date().isoformat()}
    await posted(consent, midwife, f"/persons/{family.child}/protection", protection)
    answer = await consent.get("/my/disclosures", headers=family.headers["adam"])
    assert {(line["told_by"], line["told_to"]) for line in answer.json()["disclosures"]} == {(None, None)}
    assert MIDWIFERY not in answer.text
    assert FAMILY_HOUSE not in answer.text
    assert FAMILY_HOUSE.title() not in answer.text
    page = await consent.get("/my/overview", headers=family.headers["adam"])
    assert FAMILY_HOUSE.title() not in page.text.split("Hvem har")[-1]


async def test_taking_back_tells_what_had_been_told_by_then(
    consent: httpx.AsyncClient, family: Family, service: Headers
) -> None:
    await decided(consent, service, family)
    path = f"/consents/{family.words['adam']}"
    assert (await consent.get(f"{path}/effects", headers=family.headers["adam"])).json()["withdrawn_at"] is None
    await posted(consent, family.headers["adam"], f"{path}/withdrawal", {})
    (at_once,) = (await consent.get(f"{path}/effects", headers=family.headers["adam"])).json()["stopped"]
    assert (at_once["task"], at_once["recipient"], at_once["ended"]) == (None, FAMILY_HOUSE, False)
    ending = {"id": str(uuid4()), "kind": "ended", "need": family.need, "referral": at_once["referral"],
              "task": str(uuid4()), "recipient": FAMILY_HOUSE, "subjects": [family.child],
              "at": "2126-01-01T00:00:00Z"}  # fmt: skip
    for _ in range(2):
        await posted(consent, service, "/internal/task-endings", ending)
    told = (await consent.get(f"{path}/effects", headers=family.headers["adam"])).json()
    assert [(each["task"], each["recipient"], each["ended"]) for each in told["stopped"]] == [
        (ending["task"], FAMILY_HOUSE, True)
    ]
    assert [(each["subject"], each["category"]) for each in told["had_been_told"]] == [(family.child, "health")]
    other = (await consent.get(f"/consents/{family.words['own']}/effects", headers=family.headers["sofie"])).json()
    assert other["stopped"] == []


async def test_who_turns_fifteen_reads_what_was_said_for_them_and_parents_do_not_any_more(
    consent: httpx.AsyncClient, midwife: Headers, keys: Keys
) -> None:
    logins = {name: f"{name}-{uuid4().hex}" for name in ("mother", "teen")}
    mother = (await posted(consent, midwife, "/persons", person_in(login=logins["mother"])))["id"]
    born = f"{NOW.year - 15}-{NOW.month:02}-{min(NOW.day, 28):02}"
    teen = (await posted(consent, midwife, "/persons", {"birth_date": born, "login": logins["teen"]}))["id"]
    await posted(consent, midwife, f"/persons/{teen}/custody", {"holders": [mother], "since": born})
    own = (await posted(consent, midwife, "/consents", consent_in(teen, given_at=NOW.isoformat())))["id"]
    seen = {
        name: (await consent.get(f"/consents/{own}/sheet", headers=keys.party("consent", Role.CITIZEN, citizen=login)))
        for name, login in logins.items()
    }
    assert {name: answer.status_code for name, answer in seen.items()} == {"mother": 404, "teen": 200}


async def test_everything_on_one_page_is_the_citizens_alone(consent: httpx.AsyncClient, family: Family) -> None:
    page = await consent.get("/my/overview", headers=family.headers["sofie"])
    assert page.status_code == 200
    assert f"{NOTE}-adam" not in page.text
    assert (await consent.get("/my/overview", headers=family.headers["stranger"])).status_code == 200
    assert_problem(await consent.get("/my/overview", headers=family.headers["sender"]), 403)


async def test_a_recipient_of_several_is_not_told_of_the_others(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, keys: Keys
) -> None:
    body = consent_in(subject, recipients=[FAMILY_HOUSE, VISITING])
    await posted(consent, midwife, "/consents", body)
    for unit, shown in ((MIDWIFERY, [FAMILY_HOUSE, VISITING]), (FAMILY_HOUSE, [FAMILY_HOUSE])):
        headers = keys.party("consent", Role.RECORD_CONSENT, unit=unit)
        answer = await consent.get("/consents", params={"need": body["need"]}, headers=headers)
        assert [each["recipients"] for each in answer.json()["consents"]] == [shown]
