"""Pages, feeds and files: what takes more than one call."""

from uuid import UUID, uuid4

import httpx
import pytest

from familiebro_client import Malformed, new_key, sent
from familiebro_client.lists import AttachmentState, Category, MediaType, Turn
from tests.client.support import MOTHER, Desk, Standing, posted, problem

LINE = {"id": str(MOTHER), "referral": str(MOTHER), "sender": "s", "purpose": "early_support", "kind": "referral",
        "priority": "routine", "state": "sent", "turn": "recipient", "version": 2,
        "changed_at": "2026-11-22T09:30:00Z", "answer_by": None, "offer_by": None, "overdue": None}  # fmt: skip
CONTENT = b"%PDF-1.7"
FILE = sent.Attachment(subject=MOTHER, category=Category.HEALTH, name="Epikrise.pdf", media_type=MediaType.PDF,
                       size=len(CONTENT))  # fmt: skip
KEPT = {"id": str(MOTHER), "referral": str(MOTHER), "task": None, "subject": str(MOTHER), "category": "health",
        "name": "Epikrise.pdf", "media_type": "application/pdf", "size": len(CONTENT), "author": "s",
        "at": "2026-11-22T09:30:00Z", "state": "clean", "why": None, "said": None, "scanned": True}  # fmt: skip


def event(cursor: str) -> dict[str, object]:
    """Return an event as it comes."""
    return {"id": str(uuid4()), "kind": "sent", "withheld": None, "referral": str(MOTHER), "task": str(MOTHER),
            "at": "2026-11-22T09:30:00Z", "cursor": cursor}  # fmt: skip


def page(*events: dict[str, object]) -> httpx.Response:
    """Return a page of the feed."""
    return httpx.Response(200, json={"events": list(events)})


def declared(state: str = "awaiting_content") -> httpx.Response:
    """Return the answer to a declaration."""
    body = {"id": str(MOTHER), "upload": f"/attachments/{MOTHER}/content", "state": state}
    return httpx.Response(201, json=body)


def test_the_feed_is_read_from_a_cursor_to_its_end(client: Standing) -> None:
    desk = Desk([page(event("a"), event("b")), page(event("c")), page()])
    told = client.do(desk, lambda familiebro: familiebro.events(after="kept"))
    assert [each.cursor for each in told] == ["a", "b", "c"]
    assert [each.url.params.get("after") for each in desk.asked] == ["kept", "b", "c"]


def test_the_feed_is_followed_from_its_beginning_when_asked_to(client: Standing, waits: list[float]) -> None:
    desk = Desk([page(event("a")), page(), page(event("b")), problem(404, "over")])
    with pytest.raises(Exception, match="over"):
        client.do(desk, lambda familiebro: familiebro.events(poll_s=30))
    assert [each.url.params.get("after") for each in desk.asked] == [None, "a", "a", "b"]
    assert waits == [30]


def test_a_list_is_gone_through_page_by_page(client: Standing) -> None:
    following = uuid4()
    pages = [httpx.Response(200, json={"tasks": [LINE], "next": str(following)}),
             httpx.Response(200, json={"tasks": [LINE, LINE], "next": None})]  # fmt: skip
    desk = Desk([*pages])
    told = client.do(desk, lambda familiebro: familiebro.tasks(Turn.RECIPIENT))
    assert len(told) == 3
    assert [dict(each.url.params) for each in desk.asked] == [
        {"limit": "100", "turn": "recipient"}, {"limit": "100", "after": str(following), "turn": "recipient"},
    ]  # fmt: skip


def test_a_page_is_asked_for_again_and_none_is_read_twice(client: Standing, waits: list[float]) -> None:
    desk = Desk([page(event("a")), httpx.ReadError("cut"), page(event("b")), page()])
    assert [each.cursor for each in client.do(desk, lambda familiebro: familiebro.events())] == ["a", "b"]
    assert len(waits) == 1


def test_a_file_is_declared_and_then_brought_as_it_is(client: Standing) -> None:
    desk, key = Desk([declared(), httpx.Response(200, json=KEPT)]), new_key()
    told = client.do(desk, lambda familiebro: familiebro.attach(MOTHER, FILE, CONTENT, key=key))
    assert told.state is AttachmentState.CLEAN
    first, second = desk.asked
    assert first.headers["idempotency-key"] == key
    assert (second.method, second.url.path, second.content, second.headers["content-type"]) == (
        "PUT", f"/api/v1/attachments/{MOTHER}/content", CONTENT, "application/pdf",
    )  # fmt: skip


def test_a_file_whose_answer_was_lost_is_asked_about_and_not_brought_twice(
    client: Standing, waits: list[float]
) -> None:
    desk = Desk([declared(), httpx.ReadError("cut"), problem(409, "wrong_state"), httpx.Response(200, json=KEPT)])
    told = client.do(desk, lambda familiebro: familiebro.attach(MOTHER, FILE, CONTENT, key=new_key()))
    assert told.state is AttachmentState.CLEAN
    assert [each.method for each in desk.asked] == ["POST", "PUT", "PUT", "GET"]
    assert len(waits) == 1


def test_a_file_that_has_come_before_is_not_brought_again(client: Standing) -> None:
    desk = Desk([declared("scanning"), httpx.Response(200, json=KEPT | {"state": "scanning"})])
    told = client.do(desk, lambda familiebro: familiebro.attach(MOTHER, FILE, CONTENT, key=new_key()))
    assert told.state is AttachmentState.SCANNING
    assert [each.method for each in desk.asked] == ["POST", "GET"]


def test_a_file_that_is_not_taken_says_why(client: Standing) -> None:
    desk = Desk([declared(), problem(422, "attachment_refused", why="active_content")])
    with pytest.raises(Malformed) as refused:
        client.do(desk, lambda familiebro: familiebro.attach(MOTHER, FILE, CONTENT, key=new_key()))
    assert refused.value.more["why"] == "active_content"


def test_an_address_without_words_is_reached_with_the_same_care(client: Standing, waits: list[float]) -> None:
    desk = Desk([httpx.ReadError("cut"), posted()])
    told = client.do(desk, lambda familiebro: familiebro.request("POST", "/x", {"å": [1]}, key="key-12345"))
    assert UUID(told["id"]) == MOTHER
    assert desk.keys() == ["key-12345"] * 2
    assert desk.bodies() == [{"å": [1]}] * 2
    assert client.do(Desk([httpx.Response(204)]), lambda familiebro: familiebro.request("DELETE", "/x")) is None
    assert len(waits) == 1
