"""A concern report by either client: received once, however often it is sent, and its words nowhere but on the wire."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from familiebro_client import (
    Conflict,
    FamiliebroError,
    NotReceived,
    NotThere,
    Patience,
    concern,
    new_key,
    sent,
)
from tests.client.support import MOTHER, Desk, Reply, Standing, problem

WORDS, NUMBER = "Hun har intet sted at bo", "610190-1234"
AT = "2026-11-22T09:30:00Z"
WHERE: dict[str, Any] = {
    "municipality": "0217", "unit": "u", "unit_name": None, "organisation_name": None, "basis": "mother",
    "says": WORDS, "missing": [],
}  # fmt: skip
BASE: dict[str, Any] = {
    "ground": "unborn_may_need_support", "where": {"stays_in": "0217"}, "words": {"concern": WORDS},
    "parents": {"why_not": "not_reached"}, "reporter": {"name": WORDS},
}  # fmt: skip
REPORT = concern.Report(
    ground=concern.Ground.UNBORN_MAY_NEED_SUPPORT,
    form=concern.Form.DIALOGUE,
    child=concern.Child(unborn=True, name=WORDS, due_date=date(2027, 2, 1)),
    adults=(
        concern.Adult(
            relation="mor", name=WORDS, identifiers=(concern.Identifier(kind="cpr", value=SecretStr(NUMBER)),)
        ),
    ),
    where=concern.Where(stays_in="0217", mother_in="0217"),
    words=concern.Concern(concern=WORDS, tried=WORDS),
    parents=concern.Informing(informed_at=datetime(2026, 11, 22, 9, tzinfo=UTC)),
    reporter=concern.Reporter(name=WORDS),
)  # fmt: skip


def received() -> httpx.Response:
    """Return the answer to a report."""
    body = {"id": str(MOTHER), "receipt": None, "received_at": AT, "reporter_kind": "professional",
            "provision": "BL § 133, stk. 1, nr. 2", "duty": True, "anonymous": False, "where": WHERE, "says": [WORDS],
            "clocks": [{"clock": "assess", "by": AT, "says": WORDS, "done_at": None, "late": False}]}  # fmt: skip
    return httpx.Response(201, json=body)


def line() -> dict[str, object]:
    """Return a report in the unit's list."""
    return {"id": str(uuid4()), "received_at": AT, "acknowledged_at": None, "acknowledge_by": AT,
            "municipality": "0217", "unit": "u", "ground": "brand_new", "ground_danish": "Ny", "subject": "unborn",
            "form": "ordinary", "told_back": False}  # fmt: skip


@pytest.mark.parametrize(
    "trouble", [problem(503, "unavailable"), problem(429, "rate_limited"), httpx.ReadError("cut"), httpx.Response(502)]
)
def test_a_report_is_repeated_with_the_same_key_and_the_same_body(
    client: Standing, waits: list[float], trouble: Reply
) -> None:
    desk, key = Desk([trouble, trouble, received()]), new_key()
    told = client.do(desk, lambda familiebro: familiebro.report_concern(REPORT, key=key))
    assert (told.id, told.where.municipality, told.clocks[0].clock) == (MOTHER, "0217", concern.Watched.ASSESS)
    assert desk.keys() == [key] * 3
    assert len({each.content for each in desk.asked}) == 1
    assert len(waits) == 2


def test_a_report_goes_out_whole_to_its_own_address_for_a_named_person(client: Standing) -> None:
    desk = Desk([received()])
    client.do(desk, lambda familiebro: familiebro.report_concern(REPORT, key=new_key()))
    (asked,) = desk.asked
    assert (asked.method, asked.url.path) == ("POST", "/api/v1/concern-reports")
    assert asked.headers["familiebro-acting-user"] == "JM-0417"
    (body,) = desk.bodies()
    assert body["adults"][0]["identifiers"] == [{"kind": "cpr", "value": NUMBER}]
    assert body["child"] == {"unborn": True, "name": WORDS, "due_date": "2027-02-01", "identifiers": []}


def test_a_report_kept_to_be_sent_later_is_the_report_that_was_kept() -> None:
    kept = REPORT.model_dump_json(context={sent.REVEAL: True})
    assert concern.Report.model_validate_json(kept) == REPORT


@pytest.mark.parametrize("kind", [concern.Addition, concern.Correction])
def test_what_is_said_later_carries_its_key(client: Standing, waits: list[float], kind: type[concern.Further]) -> None:
    further = kind.model_validate({"text": WORDS} | ({"corrects": MOTHER} if kind is concern.Correction else {}))
    kept = httpx.Response(201, json={"id": str(MOTHER), "at": AT})
    desk, key = Desk([httpx.ReadError("cut"), kept]), new_key()
    assert client.do(desk, lambda familiebro: familiebro.say_more(MOTHER, further, key=key)).id == MOTHER
    assert desk.keys() == [key, key]
    assert {each.url.path for each in desk.asked} == {f"/api/v1/concern-reports/{MOTHER}/{kind.address}"}
    assert desk.bodies()[0]["text"] == WORDS
    assert len(waits) == 1


def test_ones_own_reports_are_gone_through_page_by_page(client: Standing) -> None:
    following = uuid4()
    desk = Desk([httpx.Response(200, json={"reports": [line()], "next": str(following)}),
                 httpx.Response(200, json={"reports": [line(), line()], "next": None})])  # fmt: skip
    told = client.do(desk, lambda familiebro: familiebro.filed())
    assert len(told) == 3
    assert (told[0].ground, told[0].ground.is_known) == ("brand_new", False)
    assert [dict(each.url.params) for each in desk.asked] == [
        {"limit": "100"}, {"limit": "100", "after": str(following)},
    ]  # fmt: skip


def test_a_report_that_nobody_would_read_is_told_apart_from_every_other_no(
    client: Standing, waits: list[float]
) -> None:
    desk = Desk([problem(409, "municipality_not_connected")])
    with pytest.raises(NotReceived) as nobody:
        client.do(desk, lambda familiebro: familiebro.report_concern(REPORT, key=new_key()))
    assert nobody.value.detail == "nej"
    ended = Desk([problem(409, "report_ended")])
    with pytest.raises(Conflict) as over:
        client.do(ended, lambda familiebro: familiebro.say_more(MOTHER, concern.Addition(text="x"), key=new_key()))
    assert not isinstance(over.value, NotReceived)
    assert (len(desk.asked), len(ended.asked), waits) == (1, 1, [])


def test_a_report_that_is_not_there_is_not_asked_for_again(client: Standing, waits: list[float]) -> None:
    desk = Desk([problem(404, "not_found")])
    with pytest.raises(NotThere):
        client.do(desk, lambda familiebro: familiebro.read_report(MOTHER))
    assert (desk.asked[0].url.path, len(desk.asked), waits) == (f"/api/v1/concern-reports/{MOTHER}", 1, [])


def test_none_of_its_words_names_days_or_numbers_is_in_a_repr_an_error_or_a_dump_for_a_log(
    client: Standing, waits: list[float]
) -> None:
    shown = (
        repr(REPORT) + str(REPORT) + repr([REPORT.child, *REPORT.adults, REPORT.words, REPORT.reporter, REPORT.where])
    )
    told = client.do(Desk([received()]), lambda familiebro: familiebro.report_concern(REPORT, key=new_key()))
    shown += repr(told) + repr(told.where) + repr(told.clocks)
    replies: list[Reply] = [
        problem(422, "malformed", errors=[{"where": ["body"], "kind": "k", "said": "s"}], echo=WORDS),
        problem(409, "municipality_not_connected", echo=WORDS), httpx.Response(201, json={"id": WORDS}),
        httpx.Response(418, text=WORDS), httpx.ReadError("cut"),
    ]  # fmt: skip
    for reply in replies:
        with pytest.raises(FamiliebroError) as raised:
            client.do(Desk([reply]), lambda familiebro: familiebro.report_concern(REPORT, key=new_key()),
                      patience=Patience(60, 1))  # fmt: skip
        shown += repr(raised.value) + str(raised.value)
    assert NUMBER not in REPORT.model_dump_json()
    assert [each for each in (WORDS, "610190", "2027", "mor'") if each in shown] == []
    assert "unborn_may_need_support" in shown.lower()
    assert waits == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    {
        "no answer about the parents": ("parents", None),
        "two answers about the parents": ("parents", {"informed_at": AT, "why_not": "not_reached"}),
        "neither answer": ("parents", {}),
        "a reason of no list": ("parents", {"why_not": WORDS}),
        "a ground of no list": ("ground", WORDS),
        "nobody who reports": ("reporter", None),
        "a name, and anonymous": ("anonymous", True),
        "a summary of no move": ("summary", WORDS),
        "a move without a summary": ("moving", True),
        "no place at all": ("where", {}),
        "a place that is no code": ("where", {"stays_in": WORDS}),
        "no concern": ("words", {"tried": WORDS}),
        "a birth date of an unborn child": ("child", {"unborn": True, "birth_date": "2026-01-01", "name": WORDS}),
        "a due date of a born child": ("child", {"due_date": "2026-01-01", "name": WORDS}),
        "five grown-ups": ("adults", [{"relation": WORDS}] * 5),
        "a number of no kind": ("child", {"identifiers": [{"kind": WORDS, "value": NUMBER}]}),
    }.values(),
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_what_the_service_would_refuse_is_refused_before_it_is_sent_without_being_repeated(
    field: str, wrong: object
) -> None:
    assert concern.Report.model_validate(BASE).parents is not None
    with pytest.raises(ValidationError) as refused:
        concern.Report.model_validate(BASE | {field: wrong})
    assert WORDS not in str(refused.value)
    assert "610190" not in str(refused.value)
