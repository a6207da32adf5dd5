"""When a call is made again, and when never."""

import httpx
import pytest

from familiebro_client import (
    ConnectionLost,
    Failed,
    FamiliebroError,
    Malformed,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
    Patience,
    Stale,
    TaskAt,
    TooMany,
    Unavailable,
    UnexpectedAnswer,
    WrongState,
    new_key,
    sent,
)
from familiebro_client.lists import Category, DeclineReason, Purpose
from tests.client.support import MOTHER, Desk, Reply, Standing, posted, problem

WORDS = "Ord, som kun familien og modtageren må se"
REFERRAL = sent.Referral(
    purpose=Purpose.EARLY_SUPPORT,
    recipients=["family-house"],
    own_words=sent.OwnWords(subject=MOTHER, text=WORDS),
    information=[sent.Information(subject=MOTHER, category=Category.HEALTH, text=WORDS)],
)
BUSY = problem(429, "rate_limited", {"Retry-After": "7"})
DOWN = problem(503, "unavailable", {"Retry-After": "5"})
NEVER_SENT, CUT = httpx.ConnectError("refused"), httpx.ReadError("cut")
TASK = TaskAt(id=MOTHER, version=3)
LEFT = {"version": 4, "state": "accepted"}


@pytest.mark.parametrize("trouble", [BUSY, DOWN, NEVER_SENT, CUT, httpx.ReadTimeout("slow"), httpx.Response(502)])
def test_a_post_is_repeated_with_the_same_key_and_the_same_body(
    client: Standing, waits: list[float], trouble: Reply
) -> None:
    desk, key = Desk([trouble, trouble, posted()]), new_key()
    told = client.do(desk, lambda familiebro: familiebro.post(REFERRAL, key=key))
    assert told.id == MOTHER
    assert desk.keys() == [key] * 3
    assert len({each.content for each in desk.asked}) == 1
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Malformed), (403, NotAllowed), (404, NotThere), (409, FamiliebroError), (412, Stale), (413, Malformed),
     (415, Malformed), (422, Malformed), (428, Malformed), (500, Failed)],
)  # fmt: skip
def test_a_no_is_never_asked_again(
    client: Standing, waits: list[float], status: int, kind: type[FamiliebroError]
) -> None:
    desk = Desk([problem(status, "no")])
    with pytest.raises(kind):
        client.do(desk, lambda familiebro: familiebro.post(REFERRAL, key=new_key()))
    assert (len(desk.asked), waits) == (1, [])


def test_it_never_comes_back_before_retry_after(client: Standing, waits: list[float]) -> None:
    desk = Desk([BUSY, DOWN, posted()])
    client.do(desk, lambda familiebro: familiebro.post(REFERRAL, key=new_key()))
    assert waits == [7.5, 6.0]


def test_a_date_in_retry_after_is_understood(client: Standing, waits: list[float]) -> None:
    desk = Desk([problem(503, "unavailable", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), posted()])
    client.do(desk, lambda familiebro: familiebro.post(REFERRAL, key=new_key()))
    assert waits == [0.5]


def test_waiting_doubles_and_is_bounded(client: Standing, waits: list[float]) -> None:
    desk = Desk([NEVER_SENT])
    with pytest.raises(ConnectionLost):
        client.do(desk, lambda familiebro: familiebro.read(MOTHER), patience=Patience(seconds=1000, tries=9))
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_patience_ends_before_the_wait_that_would_outlast_it(client: Standing, waits: list[float]) -> None:
    desk = Desk([problem(429, "rate_limited", {"Retry-After": "3600"})])
    with pytest.raises(TooMany) as ended:
        client.do(desk, lambda familiebro: familiebro.read(MOTHER))
    assert (ended.value.retry_after, waits) == (3600, [])


def test_what_was_kept_is_told_when_patience_ends(client: Standing, waits: list[float]) -> None:
    desk = Desk([problem(503, "unavailable", kept=f"/api/v1/referrals/{MOTHER}", what="consent")])
    with pytest.raises(Unavailable) as ended:
        client.do(desk, lambda familiebro: familiebro.post(REFERRAL, key=new_key()), patience=Patience(60, 2))
    assert ended.value.kept == f"/api/v1/referrals/{MOTHER}"
    assert len(waits) == 1


@pytest.mark.parametrize("trouble", [CUT, DOWN])
def test_a_step_that_may_have_been_done_is_not_told_as_somebody_elses(
    client: Standing, waits: list[float], trouble: Reply
) -> None:
    desk = Desk([trouble, problem(412, "stale_version")])
    with pytest.raises(OutcomeUnknown) as unknown:
        client.do(desk, lambda familiebro: familiebro.take(TASK, sent.Accept()))
    assert isinstance(unknown.value.refused, Stale)
    assert [each.headers["if-match"] for each in desk.asked] == ['"3"', '"3"']
    assert len(waits) == 1


def test_a_step_that_surely_was_not_done_is_told_plainly(client: Standing, waits: list[float]) -> None:
    for trouble in (NEVER_SENT, BUSY):
        desk = Desk([trouble, problem(412, "stale_version")])
        with pytest.raises(Stale):
            client.do(desk, lambda familiebro: familiebro.take(TASK, sent.Accept()))
    assert len(waits) == 2


@pytest.mark.parametrize(
    "change", [sent.Withdrawal(), sent.Closing(), sent.Sending(), sent.Recipients(recipients=["a"])]
)
def test_what_has_neither_key_nor_version_is_repeated_only_where_it_was_not_done(
    client: Standing, waits: list[float], change: sent.Change
) -> None:
    for trouble, kind in ((CUT, ConnectionLost), (DOWN, Unavailable)):
        desk = Desk([trouble, posted()])
        with pytest.raises(kind):
            client.do(desk, lambda familiebro: familiebro.change(MOTHER, change, key=new_key()))
        assert len(desk.asked) == 1
    desk = Desk([NEVER_SENT, BUSY, posted()])
    assert client.do(desk, lambda familiebro: familiebro.change(MOTHER, change, key=new_key())).id == MOTHER
    assert len(waits) == 2


def test_an_addition_carries_its_key(client: Standing, waits: list[float]) -> None:
    desk, key = Desk([CUT, posted()]), new_key()
    more = sent.Addition(information=REFERRAL.information)
    client.do(desk, lambda familiebro: familiebro.change(MOTHER, more, key=key))
    assert desk.keys() == [key, key]
    assert len(waits) == 1


def test_nothing_said_and_no_token_is_in_any_error(client: Standing, waits: list[float]) -> None:
    replies: list[Reply] = [
        problem(422, "malformed", errors=[{"where": ["body"], "kind": "k", "said": "s"}], echo=WORDS),
        problem(409, "wrong_state", allowed=["accept"]),
        httpx.Response(418, text=WORDS),
        httpx.Response(201, json={"id": WORDS}),
        CUT,
    ]
    for reply in replies:
        with pytest.raises(FamiliebroError) as raised:
            client.do(Desk([reply]), lambda familiebro: familiebro.post(REFERRAL, key=new_key()),
                      patience=Patience(60, 1))  # fmt: skip
        assert WORDS not in repr(raised.value) + str(raised.value)
        assert "token" not in str(raised.value)
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert WORDS not in repr(REFERRAL) + str(REFERRAL)
    assert waits == []


def test_a_wrong_state_says_what_is_allowed(client: Standing) -> None:
    with pytest.raises(WrongState) as wrong:
        client.do(Desk([problem(409, "wrong_state", allowed=["accept", "decline"])]),
                  lambda familiebro: familiebro.take(TASK, sent.Decline(reason=DeclineReason.OTHER,
                                                                        no_alternative=True)))  # fmt: skip
    assert wrong.value.allowed == ["accept", "decline"]
    assert wrong.value.request_id == "00000000-0000-0000-0000-000000000001"
    assert wrong.value.detail == "nej"


def test_a_task_whose_course_is_withheld_takes_no_step(client: Standing) -> None:
    desk = Desk([posted()])
    with pytest.raises(ValueError, match="withheld"):
        client.do(desk, lambda familiebro: familiebro.take(TaskAt(id=MOTHER, version=None), sent.Accept()))
    assert desk.asked == []


def test_an_answer_that_is_no_answer_names_fields_and_never_values(client: Standing) -> None:
    with pytest.raises(UnexpectedAnswer, match="at id, need, tasks"):
        client.do(Desk([httpx.Response(201, json={})]), lambda familiebro: familiebro.post(REFERRAL, key=new_key()))
