"""A consent lives through the first of January 2027: by law for the region's units, for nobody else's (R47)."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.regions import CLOSING, COMING, DECEMBER, EVE, JANUARY, TAKER, Calendar
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, acquainted, assert_problem, client_of, consent_app, rows
from tests.support.wire import consent_in, decision_in, question_in, refusal_in

MINUTE = timedelta(minutes=1)
MOVED = (
    f"{MIDWIFERY.title()} hører fra den 1. januar 2027 til Region Østdanmark (før: Region Hovedstaden). "
    "Enheden er den samme, og det, der er sagt ja og nej til, gælder fortsat."
)
GONE = f"{CLOSING.title()} er lukket fra den 1. januar 2027. {TAKER.title()} har taget over."
NOT_YET = f"{COMING.title()} åbner først den 1. januar 2027."


@pytest.fixture
def directory_server() -> Iterator[tuple[Teller, ThreadServer]]:
    """A directory of this test's own."""
    teller = Teller()
    with serving(lambda: teller) as server:
        yield teller, server


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch, directory_server: tuple[Teller, ThreadServer]) -> Calendar:
    """The middle of December 2026."""
    return Calendar(monkeypatch, directory_server[0])


@pytest.fixture
async def consent(
    dbs: Databases, keys: Keys, directory_server: tuple[Teller, ThreadServer], calendar: Calendar
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, in the calendar's time."""
    async with client_of(calendar.rules(consent_app(dbs, keys, directory_server[1].url))) as client:
        yield client


def said(at: datetime, **changes: Any) -> dict[str, Any]:
    """Return when it is said, and until when it holds."""
    return {"given_at": at.isoformat(), "valid_until": (at + timedelta(days=90)).isoformat()} | changes


@pytest.fixture
async def subject(subject: str, dbs: Databases) -> str:
    """A registered person of 21, with whom every unit here has to do."""
    await acquainted(dbs, subject, MIDWIFERY, FAMILY_HOUSE, CLOSING, COMING, TAKER)
    return subject


async def yes(consent: httpx.AsyncClient, keys: Keys, body: dict[str, Any]) -> httpx.Response:
    """Record a consent, as the unit that would tell."""
    headers = keys.party("consent", Role.RECORD_CONSENT, unit=body["sender"])
    return await consent.post("/consents", json=body, headers=headers)


async def permitted(consent: httpx.AsyncClient, service: Headers, subject: str, need: str, **question: Any) -> bool:
    """Ask for a decision about health."""
    asked = decision_in(question_in(subject, need, **question))
    answer = await consent.post("/internal/decisions", json=asked, headers=service)
    assert answer.status_code == 201, answer.text
    return bool(answer.json()["answers"][0]["permitted"])


async def notices(consent: httpx.AsyncClient, headers: Headers, need: str) -> list[str]:
    """Return the notices on the only consent under a need."""
    answer = await consent.get("/consents", params={"need": need}, headers=headers)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["consents"]
    found: list[str] = told["notices"]
    return found


@pytest.mark.parametrize("road", [(MIDWIFERY, FAMILY_HOUSE), (FAMILY_HOUSE, MIDWIFERY)], ids=["from", "to"])
async def test_a_consent_of_december_permits_in_january_though_the_region_is_another(
    consent: httpx.AsyncClient, keys: Keys, service: Headers, subject: str, calendar: Calendar, road: tuple[str, str]
) -> None:
    need, (sender, recipient) = str(uuid4()), road
    named = {"sender": sender, "recipient": recipient}
    assert not await permitted(consent, service, subject, need, **named)
    given = await yes(consent, keys, consent_in(subject, sender=sender, recipients=[recipient], need=need,
                                                **said(DECEMBER)))  # fmt: skip
    assert given.status_code == 201, given.text
    assert await permitted(consent, service, subject, need, **named)
    calendar.move(JANUARY)
    assert await permitted(consent, service, subject, need, **named)
    calendar.move(DECEMBER + timedelta(days=90))
    assert not await permitted(consent, service, subject, need, **named)


async def test_a_no_of_december_closes_in_january(
    consent: httpx.AsyncClient, midwife: Headers, keys: Keys, service: Headers, subject: str, calendar: Calendar
) -> None:
    need = str(uuid4())
    body = refusal_in(subject, need=need, given_at=DECEMBER.isoformat())
    assert (await consent.post("/refusals", json=body, headers=midwife)).status_code == 201
    calendar.move(JANUARY)
    again = await yes(consent, keys, consent_in(subject, need=need, **said(JANUARY)))
    assert again.status_code == 201
    assert not await permitted(consent, service, subject, need)


async def test_whoever_reads_the_consent_is_told_of_the_new_region(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, subject: str, calendar: Calendar
) -> None:
    need = str(uuid4())
    body = consent_in(subject, need=need, recipients=[FAMILY_HOUSE, CLOSING], **said(DECEMBER))
    assert (await yes(consent, keys, body)).status_code == 201
    assert await notices(consent, midwife, need) == []
    calendar.move(EVE)
    assert await notices(consent, midwife, need) == []
    calendar.move(JANUARY)
    assert await notices(consent, midwife, need) == [GONE, MOVED]


async def test_a_citizen_is_told_too(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, calendar: Calendar
) -> None:
    login = f"login-{uuid4().hex}"
    person = {"birth_date": "2004-02-01", "login": login}
    subject = (await consent.post("/persons", json=person, headers=midwife)).json()["id"]
    assert (await yes(consent, keys, consent_in(subject, **said(DECEMBER)))).status_code == 201
    calendar.move(JANUARY)
    told = await consent.get("/my/consents", headers=keys.party("consent", Role.CITIZEN, citizen=login))
    assert [each["notices"] for each in told.json()["consents"]] == [[MOVED]]


@pytest.mark.parametrize(
    ("at", "unit", "says", "successor"),
    [
        (DECEMBER, CLOSING, None, None),
        (EVE, CLOSING, None, None),
        (EVE + MINUTE, CLOSING, GONE, TAKER),
        (JANUARY, CLOSING, GONE, TAKER),
        (EVE, COMING, NOT_YET, None),
        (EVE + MINUTE, COMING, None, None),
        (JANUARY, TAKER, None, None),
        (JANUARY, MIDWIFERY, None, None),
    ],
)
@pytest.mark.parametrize("to_it", [True, False], ids=["recipient", "sender"])
async def test_a_unit_is_named_from_its_first_day_to_before_its_last(
    consent: httpx.AsyncClient, dbs: Databases, keys: Keys, subject: str, calendar: Calendar, at: datetime,
    unit: str, says: str | None, successor: str | None, to_it: bool,  # noqa: FBT001
) -> None:  # fmt: skip
    calendar.move(at)
    parties = (
        {"sender": FAMILY_HOUSE, "recipients": [unit]} if to_it else {"sender": unit, "recipients": [FAMILY_HOUSE]}
    )
    body = consent_in(subject, **said(at), **parties)
    answer = await yes(consent, keys, body)
    if says is None:
        assert answer.status_code == 201, answer.text
        return
    told = assert_problem(answer, 422, "closed_unit")
    assert (told["rule"], told["closed"]) == ("R19", [{"unit": unit, "successor": successor, "says": says}])
    assert await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE need = $1", UUID(body["need"])) == []


async def test_a_no_about_a_closed_unit_is_kept(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, calendar: Calendar
) -> None:
    calendar.move(JANUARY)
    body = refusal_in(subject, recipients=[CLOSING], given_at=JANUARY.isoformat())
    assert (await consent.post("/refusals", json=body, headers=midwife)).status_code == 201


async def test_what_was_said_to_a_closed_unit_is_not_said_to_whoever_took_over(
    consent: httpx.AsyncClient, keys: Keys, service: Headers, subject: str, calendar: Calendar
) -> None:
    need = str(uuid4())
    body = consent_in(subject, need=need, recipients=[CLOSING], **said(DECEMBER))
    assert (await yes(consent, keys, body)).status_code == 201
    assert await permitted(consent, service, subject, need, recipient=CLOSING)
    calendar.move(JANUARY)
    assert not await permitted(consent, service, subject, need, recipient=TAKER)


async def test_a_closing_is_known_on_its_day_though_the_directory_is_down(
    consent: httpx.AsyncClient, keys: Keys, subject: str, calendar: Calendar,
    directory_server: tuple[Teller, ThreadServer],
) -> None:  # fmt: skip
    calendar.move(EVE)
    assert (await yes(consent, keys, consent_in(subject, recipients=[CLOSING], **said(EVE)))).status_code == 201
    directory_server[1].stop()
    calendar.move(JANUARY)
    answer = await yes(consent, keys, consent_in(subject, recipients=[CLOSING], **said(JANUARY)))
    assert assert_problem(answer, 422, "closed_unit")["closed"][0]["says"] == GONE


async def test_consents_can_be_read_while_the_directory_was_never_there(
    dbs: Databases, keys: Keys, midwife: Headers
) -> None:
    async with client_of(consent_app(dbs, keys, "http://127.0.0.1:9")) as alone:
        answer = await alone.get("/consents", params={"need": str(uuid4())}, headers=midwife)
    assert (answer.status_code, answer.json()) == (200, {"consents": []})


async def test_the_mirror_asks_anew_within_a_minute_of_midnight(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, subject: str, calendar: Calendar,
    directory_server: tuple[Teller, ThreadServer],
) -> None:  # fmt: skip
    """Yesterday's answer is at most a minute old; when it closes a unit, it does so by the day and not by its age."""
    need, teller = str(uuid4()), directory_server[0]
    assert (await yes(consent, keys, consent_in(subject, need=need, **said(DECEMBER)))).status_code == 201
    calendar.move(EVE)
    assert await notices(consent, midwife, need) == []
    asked = len(teller.asked)
    calendar.move(EVE + 0.9 * MINUTE)
    assert await notices(consent, midwife, need) == []
    assert len(teller.asked) == asked
    calendar.move(EVE + MINUTE)
    assert await notices(consent, midwife, need) == [MOVED]
    assert len(teller.asked) == asked + 1
