"""On paper stands what may be told at that moment, and what may not with why; nothing runs on the page (R62)."""

import base64
import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.referral.api.page import LABEL, MESSAGE, PARTY, PRIORITY, SCALE
from services.referral.domain.kinds import KINDS, TOPIC_DANISH, Kind, Priority, Topic
from services.referral.domain.lifecycle import DANISH, Party, TaskState
from services.referral.domain.model import Label, MessageKind, Scale
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, REASON_DANISH, Category, Purpose, Reason
from tests.referral.attached import NAME, attached, numbered
from tests.referral.deciding import World
from tests.referral.families import parent
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, JOBCENTER, MIDWIFERY, assert_problem, entries_of
from tests.support.wire import message_in

PERSON, OTHER = str(UUID(int=1)), str(UUID(int=2))
WISH, HEALTH = (PERSON, "own_wish"), (PERSON, "health")
SCRIPT = "<script>alert('x')</script> & \"citat\""


class Page(HTMLParser):
    """What is on a page: its headings in order, its landmarks, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
async def sent(world: World) -> Sent:
    """A referral that its recipient has read, with an attachment, a question and a word that tries to run."""
    told = [{"subject": PERSON, "category": "health", "text": "Sover dårligt.\n" + SCRIPT}]
    posted = await world.posted(WISH, HEALTH, subject=PERSON, information=told)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    await attached(world, posted, world.play.sender())
    world.consent.permit([HEALTH, (PERSON, "contact")], FAMILY_HOUSE, MIDWIFERY)
    said = message_in(PERSON, "question")
    answer = await world.play.referral.post(f"/tasks/{posted.task}/messages", json=said, headers=world.play.recipient())
    assert answer.status_code == 201, answer.text
    return posted


async def printed(world: World, sent: Sent, headers: Headers) -> httpx.Response:
    return await world.play.referral.get(f"/referrals/{sent.referral}/print", headers=headers)


async def test_paper_tells_what_may_be_told_and_names_units_as_people_do(world: World, sent: Sent) -> None:
    page = await printed(world, sent, world.play.recipient())
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for told in (
        "Henvisning til et tilbud", "Jeg vil gerne møde andre.", "Sover dårligt.", "Spørgsmål", "Helbred",
        "Region-Midwifery, The town", "Venter på svar fra afsender", "Ønsker tilbuddet network-group",
    ):  # fmt: skip
        assert told in page.text, told
    assert f"Vedhæftet fil: {NAME}" in page.text
    assert "ikke scannet for virus" in page.text


async def test_what_is_withheld_is_not_on_paper_and_is_said_with_why(world: World, sent: Sent) -> None:
    """R23: withdrawn a moment ago, it is not printed now."""
    world.consent.permit([WISH])
    world.consent.otherwise = "withdrawn"
    page = await printed(world, sent, world.play.recipient())
    assert "Sover dårligt" not in page.text
    assert NAME not in page.text
    assert "Dette må I ikke se nu" in page.text
    assert re.search(r"<li>Helbred – Person 1: Samtykket er trukket tilbage\.", page.text)
    assert "Jeg vil gerne møde andre." in page.text


async def test_a_course_that_may_not_be_told_the_sender_is_not_on_its_paper(world: World, sent: Sent) -> None:
    world.consent.permit([HEALTH], FAMILY_HOUSE, MIDWIFERY)
    version = (await world.task(sent))["version"]
    assert (await world.play.accept(sent.task, version)).status_code in {200, 409}
    assert (await world.play.decline(sent.task, version)).status_code in {200, 412}
    page = await printed(world, sent, world.play.sender())
    assert "Forløbet må ikke fortælles jer nu" in page.text
    assert not [word for word in ("Taget imod", "Ikke taget imod", "plads") if word in page.text]


async def test_the_sender_sees_what_the_recipient_misses(world: World, sent: Sent) -> None:
    world.consent.permit([WISH])
    page = await printed(world, sent, world.play.sender())
    assert "Det må modtageren ikke se" in page.text
    assert "Sover dårligt" in page.text


async def test_whoever_is_no_party_prints_nothing(world: World, sent: Sent) -> None:
    asked, request = numbered(world.play.recipient(JOBCENTER))
    assert_problem(await printed(world, sent, asked), 404, "not_there")
    nowhere = Sent(sent.subject, sent.need, "", str(uuid4()), "")
    assert_problem(await printed(world, nowhere, asked), 404, "not_there")
    entries = await entries_of(world.play.dbs.admin("referral"), request)
    assert [each["kind"] for each in entries] == ["access_refused"] * 2


async def test_nothing_is_printed_while_consent_is_down(world: World, sent: Sent) -> None:
    world.consent.down_for = frozenset({"read"})
    answer = await printed(world, sent, world.play.recipient())
    assert_problem(answer, 503, "unavailable")
    assert "Sover" not in answer.text


async def test_printing_is_a_reading(world: World) -> None:
    """It is the receipt as any first reading, asks consent as one, and is on the ledger as one (R50)."""
    posted = await world.posted(WISH, HEALTH, subject=PERSON)
    world.consent.asked.clear()
    asked, request = numbered(world.play.recipient())
    assert (await printed(world, posted, asked)).status_code == 200
    assert [each.occasion for each in world.consent.asked] == ["read"]
    entries = await entries_of(world.play.dbs.admin("referral"), request)
    assert [each["kind"] for each in entries] == ["task_received"]
    assert (await world.task(posted))["state"] == "received"


async def test_nothing_runs_on_the_page_and_nothing_is_fetched_from_outside(world: World, sent: Sent) -> None:
    page = await printed(world, sent, world.play.recipient())
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;citat&quot;" in page.text
    on_it = Page(page.text)
    assert not {"script", "img", "link", "iframe", "form", "a"} & set(on_it.tags)
    assert not [name for name, _ in on_it.attributes if name.startswith("on") or name in {"style", "src", "href"}]
    style = page.text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "url(" not in style
    assert (page.headers["cache-control"], page.headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_the_page_can_be_read_aloud(world: World, sent: Sent) -> None:
    """Danish, one title, headings without a gap, landmarks, each section named (R62)."""
    text = (await printed(world, sent, world.play.recipient())).text
    page = Page(text)
    assert ("lang", "da") in page.attributes
    assert [page.tags.count(tag) for tag in ("h1", "main", "header", "footer", "title")] == [1] * 5
    steps = [after - before for before, after in zip(page.headings, page.headings[1:], strict=False)]
    assert page.headings[0] == 1
    assert max(steps) == 1
    named = [value for name, value in page.attributes if name == "aria-labelledby"]
    ids: list[Any] = [value for name, value in page.attributes if name == "id"]
    assert len(named) == page.tags.count("section") > 3
    assert set(named) == set(ids)
    assert len(ids) == len(set(ids))
    assert page.open == []
    assert "@media print" in text


async def test_text_that_turns_its_direction_is_printed_as_it_is_read(world: World) -> None:
    told = [{"subject": PERSON, "category": "health", "text": "Må \u2067ikke\u2069 deles"}]
    posted = await world.posted(WISH, HEALTH, subject=PERSON, information=told)
    text = (await printed(world, posted, world.play.recipient())).text
    assert "Må ikke deles" in text


async def test_a_consultation_about_nobody_can_be_printed(world: World) -> None:
    body = {"kind": "sparring", "purpose": "early_support", "recipients": [FAMILY_HOUSE], "topic": "sleep_and_food",
            "question": "Hvordan taler man om søvn?"}  # fmt: skip
    posted = (await world.play.referral.post("/referrals", json=body, headers=world.play.sender())).json()
    nobody = Sent("", posted["need"], "", posted["id"], posted["tasks"][0]["id"])
    text = (await printed(world, nobody, world.play.recipient())).text
    assert "Anonym sparring" in text
    assert "Hvordan taler man om søvn?" in text
    assert "Person 1" not in text


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (MessageKind, MESSAGE), (Party, PARTY), (Label, LABEL), (Scale, SCALE),
        (Priority, PRIORITY), (TaskState, DANISH), (Topic, TOPIC_DANISH), (Purpose, PURPOSE_DANISH),
        (Category, CATEGORY_DANISH), (Reason, REASON_DANISH),
    ],
)  # fmt: skip
def test_every_code_on_paper_has_a_word(listed: type[StrEnum], words: Mapping[Any, str]) -> None:
    assert [each for each in listed if not words.get(each)] == []


@pytest.mark.parametrize("party", ["sender", "recipient"])
async def test_what_somebody_of_the_family_said_no_thank_you_to_can_be_printed(world: World, party: str) -> None:
    mother = parent(world, PERSON)
    other = [{"subject": OTHER, "category": "health", "text": "Har ondt i ryggen."}]
    posted = await world.posted(WISH, HEALTH, subject=PERSON, information=other)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    assert (await mother.step(posted.referral, "decline", {"reason": "timing"})).status_code == 200
    answer = await printed(world, posted, getattr(world.play, party)())
    assert answer.status_code == 200
    assert "Nej tak" in answer.text


async def test_a_request_of_the_familys_own_can_be_printed(world: World) -> None:
    own = await parent(world).asks_for_help("Vi sover dårligt.")
    answer = await world.play.referral.get(f"/referrals/{own['id']}/print", headers=world.play.recipient())
    assert answer.status_code == 200
    assert "Familien" in answer.text
    assert "Vi sover dårligt." in answer.text


@pytest.mark.parametrize("kind", [Kind.REFERRAL, Kind.ADVICE, Kind.BRIDGING, Kind.HANDOVER])
async def test_every_kind_of_request_about_somebody_can_be_printed(world: World, kind: Kind) -> None:
    posted = await world.posted(WISH, HEALTH, subject=PERSON, kind=kind.value)
    for headers in (world.play.sender(), world.play.recipient()):
        answer = await printed(world, posted, headers)
        assert answer.status_code == 200
        assert KINDS[kind].danish in answer.text
