"""What the services say to one another, from both ends: as the caller writes it, and as the called one reads it."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.consent.domain.model import Answer
from services.referral import upstream
from services.referral.domain.family import Reader
from services.referral.domain.model import PersonId, UnitId
from services.referral.domain.permit import questions_for
from shared.auth import Role, ServiceIdentity
from shared.contracts import ConsentEventIn, DecisionIn, DecisionOut, UnitOut
from shared.http import Upstream
from shared.ledger import Actor
from shared.units import UnitMirror
from shared.vocabulary import Occasion, Reason
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.referrals import FIRST, JONATHAN, PARTIES, SENDER, permits, piece, referral, task
from tests.support.serving import Teller, ThreadServer, serving
from tests.support.story import Story, story
from tests.support.town import (
    DIRECTORY,
    MIDWIFERY,
    addresses_of,
    concern_app,
    consent_app,
    directory,
    messages_of,
    referral_app,
)
from tests.support.wire import consent_in, refusal_in

WHOLE = referral([piece(1), piece(2, JONATHAN), piece(3, author=FIRST)], [task(FIRST)])
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def teller() -> Iterator[tuple[Teller, ThreadServer]]:
    """Somebody who keeps what it is asked."""
    told = Teller()
    with serving(lambda: told) as server:
        yield told, server


@pytest.fixture
async def asking(keys: Keys, teller: tuple[Teller, ThreadServer]) -> AsyncIterator[Upstream]:
    """The referral service's way to consent."""
    way = Upstream("consent", teller[1].url, ServiceIdentity("referral", keys.private("referral")))
    await way.open()
    yield way
    await way.close()


@pytest.fixture(scope="module")
def directory_url() -> Iterator[str]:
    """Where the directory answers."""
    with directory() as server:
        yield server.url


@pytest.fixture(scope="module")
def consent_server(dbs: Databases, keys: Keys, directory_url: str) -> Iterator[ThreadServer]:
    """The consent service."""
    with serving(lambda: consent_app(dbs, keys, directory_url)) as server:
        yield server


@pytest.fixture
async def play(dbs: Databases, keys: Keys, directory_url: str, consent_server: ThreadServer) -> AsyncIterator[Story]:
    """Both services."""
    async with story(dbs, keys, directory_url, consent_server.url) as begun:
        yield begun


@pytest.mark.parametrize("reader", PARTIES[:2])
@pytest.mark.parametrize("occasion", Occasion)
async def test_what_referral_asks_is_what_consent_reads(
    teller: tuple[Teller, ThreadServer], asking: Upstream, reader: UnitId, occasion: Occasion
) -> None:
    questions = questions_for(WHOLE.pieces, reader)
    answers = [
        {"question": place, "category": category, "permitted": False, "reason": "no_consent"}
        for place, each in enumerate(questions)
        for category in each.categories
    ]
    teller[0].say({"id": str(uuid4()), "answers": answers})
    got = await upstream.ask(asking, WHOLE, questions, occasion, Actor(reader, "user-1"), str(uuid4()))
    path, body = teller[0].asked[-1]
    read = DecisionIn.model_validate(body)
    assert path == "/internal/decisions"
    assert (read.occasion, read.unit, read.referral) == (occasion, reader, WHOLE.id)
    assert [(each.subject, each.sender, each.recipient, each.categories, each.back) for each in read.questions] == [
        (each.subject, each.sender, each.recipient, each.categories, reader == SENDER) for each in questions
    ]
    assert set(got.reasons.values()) == {Reason.NO_CONSENT}


async def test_what_consent_answers_is_what_referral_reads(play: Story) -> None:
    subject, need = await play.person(), str(uuid4())
    await play.say_yes(subject, need)
    question = {"subject": subject, "sender": MIDWIFERY, "recipient": "family-house", "purpose": "early_support",
                "need": need, "categories": ["health", "network"]}  # fmt: skip
    body = {"occasion": "read", "unit": "family-house", "user": "u", "referral": str(uuid4()), "questions": [question]}
    headers = play.keys.service("referral", "consent")
    answer = await play.consent.post("/internal/decisions", json=body, headers=headers)
    told = DecisionOut.model_validate_json(answer.content)
    assert set(answer.json()) == set(DecisionOut.model_fields)
    assert {(each.category.value, each.permitted, each.reason) for each in told.answers} == {
        ("health", True, Reason.COVERED),
        ("network", False, Reason.CATEGORY_NOT_NAMED),
    }
    assert all(set(each) == {"question", "category", "permitted", "reason", "basis", "records", "ask"}
               for each in answer.json()["answers"])  # fmt: skip


async def test_more_questions_than_fit_are_asked_in_several_goes(play: Story) -> None:
    """Consent takes two hundred questions at a time; a referral about more persons than that still gets its answer."""
    asked = [
        question
        for number in range(250)
        for question in questions_for([piece(number, PersonId(UUID(int=number + 10)))], FIRST)
    ]
    way = play.app.state.consent
    got = await upstream.ask(way, WHOLE, asked, Occasion.READ, Actor(FIRST, "user-1"), str(uuid4()))
    assert len(got.reasons) == 250


async def test_who_a_login_is_is_asked_and_answered_alike(play: Story) -> None:
    """Over the real services: a mother, her child, and a child whose address is protected."""
    headers, login = play.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY), f"login-{uuid4().hex}"

    async def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await play.consent.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    mother = (await made("/persons", {"birth_date": "1999-03-14", "login": login}))["id"]
    child, hidden = [(await made("/persons", {"birth_date": "2024-05-06"}))["id"] for _ in range(2)]
    for each in (child, hidden):
        await made(f"/persons/{each}/custody", {"holders": [mother], "since": "2024-05-06"})
    await made(f"/persons/{hidden}/protection", {"protected": True, "since": "2024-05-06"})
    way = play.app.state.consent
    assert await upstream.speaker(way, login, "user-1", str(uuid4())) == (
        UUID(mother),
        Reader(
            frozenset({PersonId(UUID(mother))}),
            frozenset({PersonId(UUID(mother)), PersonId(UUID(child))}),
            frozenset({PersonId(UUID(hidden))}),
        ),
    )
    assert await upstream.speaker(way, "nobodys-login", "user-1", str(uuid4())) == (
        None,
        Reader(frozenset(), frozenset()),
    )


@pytest.mark.parametrize("kind", ["consent_given", "consent_refused", "consent_withdrawn"])
async def test_what_consents_worker_carries_is_what_referral_hears(play: Story, kind: str) -> None:
    sent, number = await play.sent(), {"X-Request-Id": str(uuid4())}
    headers = play.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY) | number
    if kind == "consent_withdrawn":
        payload = await play.withdraw_consent(sent.consent)
    else:
        path = "/refusals" if kind == "consent_refused" else "/consents"
        body: dict[str, Any] = refusal_in(sent.subject, need=sent.need)
        if kind == "consent_given":
            body = consent_in(sent.subject, need=sent.need)
        assert (await play.consent.post(path, json=body, headers=headers)).status_code == 201
        ((_, payload),) = await messages_of(play.dbs.admin("consent"), number["X-Request-Id"])
    assert ConsentEventIn.model_validate(payload).kind == kind
    answer = await play.tell_of_consent(payload)
    assert (answer.status_code, answer.json()) == (201, {"referrals": 1})


def test_the_addresses_that_callers_use_are_there(dbs: Databases, keys: Keys) -> None:
    consent, referrals = consent_app(dbs, keys, NOWHERE), referral_app(dbs, keys, NOWHERE, NOWHERE)
    asked = {"POST /internal/decisions", "POST /internal/task-endings", "POST /internal/speakers"}
    assert asked <= addresses_of(consent)
    assert "POST /internal/consent-events" in addresses_of(referrals)


@pytest.mark.parametrize("name", ["consent", "referral", "concern"])
def test_what_services_say_among_themselves_is_not_in_the_public_description(
    dbs: Databases, keys: Keys, name: str
) -> None:
    app = {
        "consent": lambda: consent_app(dbs, keys, NOWHERE),
        "referral": lambda: referral_app(dbs, keys, NOWHERE, NOWHERE),
        "concern": lambda: concern_app(dbs, keys, NOWHERE),
    }[name]()
    paths = app.openapi()["paths"]
    public = {address.partition(" ")[2] for address in addresses_of(app) if "/internal/" not in address}
    assert set(paths) == public
    assert not [place for place in json.dumps(app.openapi()).split('"') if place.startswith("/internal")]


def test_consent_describes_the_addresses_that_its_callers_use(dbs: Databases, keys: Keys) -> None:
    told = consent_app(dbs, keys, NOWHERE).openapi()
    used = {
        "/persons": {"post"},
        "/consents": {"post", "get"},
        "/refusals": {"post"},
        "/consents/{consent}/withdrawal": {"post"},
        "/my/consents": {"get"},
        "/audit/disclosures": {"get"},
        "/audit/ledger/checkpoint": {"get"},
        "/audit/ledger/export": {"get"},
    }
    assert {path: set(told["paths"][path]) for path in used} == used
    needed = {"subject", "given_by", "sender", "recipients", "categories", "purpose", "need", "method", "given_at",
              "notice", "valid_until", "mutual", "told_of_withdrawal", "active_choice"}  # fmt: skip
    assert set(told["components"]["schemas"]["ConsentIn"]["required"]) == needed


def test_a_contract_takes_nothing_beyond_its_fields() -> None:
    right = {"id": str(uuid4()), "kind": "consent_given", "need": str(uuid4()), "subject": str(uuid4())}
    assert ConsentEventIn.model_validate(right).kind == "consent_given"
    with pytest.raises(ValidationError):
        ConsentEventIn.model_validate(right | {"note": "something"})


async def test_the_mirror_reads_what_the_directory_says_and_asks_as_itself(
    keys: Keys, teller: tuple[Teller, ThreadServer]
) -> None:
    teller[0].say(DIRECTORY)
    way = Upstream("directory", teller[1].url, ServiceIdentity("consent", keys.private("consent")))
    await way.open()
    units = await UnitMirror().all(way, str(uuid4()))
    await way.close()
    assert {unit: UnitOut.model_validate(told) for unit, told in zip(units, DIRECTORY["units"], strict=True)} == units
    assert teller[0].asked[-1] == ("/internal/units", None)


def test_both_ends_mean_the_same_by_permitted() -> None:
    """The one rule both services hold on their own: only consent and another legal ground open."""
    for reason in Reason:
        told = permits((piece(1).subject, SENDER, FIRST, piece(1).category), otherwise=reason)
        assert told.allow(piece(1), FIRST) == reason.permits
    assert {reason for reason in Reason if Answer(piece(1).category, reason).permitted} == {
        Reason.COVERED,
        Reason.LEGAL_GROUND,
    }
