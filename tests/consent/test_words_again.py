"""A yes or a no over HTTP, later: lifted, renewed, taken back by those it names, and what others hear of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Databases
from tests.support.families import Desk, days, new_need
from tests.support.keys import Keys
from tests.support.town import (
    FAMILY_HOUSE,
    MIDWIFERY,
    NORTH_HOUSE,
    SOUTH_HOUSE,
    VISITING,
    VOLUNTEERS,
    assert_problem,
    rows,
)
from tests.support.wire import NOW

ASKS = ("method", "given_at", "valid_until", "notice", "told_of_withdrawal", "active_choice")
# An organisation whose units are of several kinds.
TOWN: dict[str, Any] = {"recipients": ["town"]}


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


def renewal(desk: Desk, subject: str, **changes: Any) -> dict[str, Any]:
    word = desk.word(subject)
    return {name: word[name] for name in ASKS} | changes


async def test_a_renewal_sent_twice_is_one_and_answers_the_same(midwives: Desk, dbs: Databases) -> None:
    person, need = await midwives.person(), new_need()
    old = await midwives.yes(person, need)
    body, once = renewal(midwives, person), {"Idempotency-Key": str(uuid4())}
    answers = [await midwives.post(f"/consents/{old}/renewal", body, **once) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert [each.headers.get("idempotency-replayed") for each in answers] == [None, "true"]
    assert len(await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE need = $1::uuid", need)) == 2
    other = body | {"oral_note": "Et andet."}
    assert_problem(await midwives.post(f"/consents/{old}/renewal", other, **once), 409, "idempotency_conflict")


async def test_a_renewal_asks_about_the_protected_address_by_itself(midwives: Desk) -> None:
    """R45: that it was agreed to last year is no answer to this year's question."""
    person, need = await midwives.person(), new_need()
    contact: dict[str, Any] = {"categories": ["contact"]}
    await midwives.done(f"/persons/{person}/protection", {"protected": True, "since": days(0)})
    old = await midwives.yes(person, need, protected_address=True, **contact)
    answer = await midwives.post(f"/consents/{old}/renewal", renewal(midwives, person))
    assert_problem(answer, 422, "address_is_protected")
    await midwives.done(f"/consents/{old}/renewal", renewal(midwives, person, protected_address=True))
    assert await midwives.reason(person, need, **contact) == "covered"


async def test_a_renewal_is_of_what_the_same_authority_asked_for(midwives: Desk, dbs: Databases) -> None:
    """R15: the law it rests on is the same as before."""
    person, need = await midwives.person(), new_need()
    for collected in (True, False):
        old = await midwives.yes(person, need, collected=collected)
        new = (await midwives.done(f"/consents/{old}/renewal", renewal(midwives, person)))["id"]
        sql = "SELECT collected, basis::text FROM consent WHERE id = ANY($1::uuid[]) ORDER BY id"
        found = [tuple(row) for row in await rows(dbs.admin("consent"), sql, [old, new])]
        assert found[0] == found[1]
        assert found[0][0] is collected


@pytest.mark.parametrize("no", ["refusal", "withdrawal"])
async def test_a_consent_that_lifted_a_no_is_not_declared_a_mistake(midwives: Desk, no: str) -> None:
    """R24: nobody would be left who had said no."""
    person, need = await midwives.person(), new_need()
    if no == "refusal":
        lifted = await midwives.no(person, need)
    else:
        lifted = await midwives.yes(person, need)
        await midwives.done(f"/consents/{lifted}/withdrawal", {"categories": ["health"]})
    number = await midwives.yes(person, need, supersedes=[lifted])
    assert await midwives.reason(person, need) == "covered"
    body = {"cause": "recorded_in_error"}
    assert_problem(await midwives.post(f"/consents/{number}/invalidation", body), 409, "lifted_a_no")
    assert await midwives.reason(person, need) == "covered"
    await midwives.done(f"/consents/{number}/withdrawal", {})
    assert await midwives.reason(person, need) == "withdrawn"


async def test_a_consent_that_stood_for_a_yes_alone_may_be_declared_a_mistake(midwives: Desk) -> None:
    person, need = await midwives.person(), new_need()
    number = await midwives.yes(person, need, supersedes=[await midwives.yes(person, need)])
    await midwives.done(f"/consents/{number}/invalidation", {"cause": "recorded_in_error"})
    assert await midwives.reason(person, need) == "needs_new"


@pytest.mark.parametrize(
    "less",
    [{"purpose": "health_follow_up"}, {"categories": ["health"]}, {"recipients": [FAMILY_HOUSE]}],
    ids=lambda less: next(iter(less)),
)
async def test_a_yes_lifts_no_more_than_it_covers(midwives: Desk, less: dict[str, Any]) -> None:
    """R24: of another purpose, or of less, it takes the place of no no."""
    person, need = await midwives.person(), new_need()
    all_of_it: dict[str, Any] = {"categories": ["health", "network"], "recipients": [FAMILY_HOUSE, VISITING]}
    refusal = await midwives.no(person, need, **all_of_it)
    word = midwives.word(person, need=need, supersedes=[refusal]) | all_of_it | less
    assert_problem(await midwives.post("/consents", word), 422, "lifts_too_much")
    assert await midwives.reason(person, need) == "refused"
    await midwives.yes(person, need, supersedes=[refusal], **all_of_it)
    assert await midwives.reason(person, need) == "covered"


async def test_a_no_may_name_a_whole_organisation_of_any_kind(midwives: Desk) -> None:
    """R19, R24: a yes names units, and a no is never too wide."""
    desk, need = midwives.at(NORTH_HOUSE), new_need()
    mine, person = await desk.person(), await desk.person()
    await desk.no(mine, need, **TOWN)
    for unit in (FAMILY_HOUSE, VISITING, MIDWIFERY, VOLUNTEERS):
        assert await desk.reason(mine, need, recipient=unit) == "refused"
    assert_problem(await desk.post("/consents", desk.word(mine, **TOWN)), 422, "whole_organisation")
    both = [FAMILY_HOUSE, VISITING]
    number = await desk.yes(person, need, recipients=[*both, "municipality-0219"])
    assert_problem(await desk.post(f"/consents/{number}/withdrawal", TOWN), 422, "nothing_withdrawn")
    await desk.done(f"/consents/{number}/withdrawal", {"recipients": ["municipality-0219"]})
    assert await desk.reason(person, need, recipient=SOUTH_HOUSE) == "withdrawn"
    assert [await desk.reason(person, need, recipient=unit) for unit in both] == ["covered"] * 2


async def test_a_recipient_takes_back_all_of_it_or_what_it_is_told_itself(midwives: Desk) -> None:
    """R23, and nothing of who else is named is to be found out by trying."""
    person, need, both = await midwives.person(), new_need(), [FAMILY_HOUSE, VISITING]
    number = await midwives.yes(person, need, recipients=both)
    path, house = f"/consents/{number}/withdrawal", midwives.at(FAMILY_HOUSE)
    seen = []
    for named in ([VISITING], [NORTH_HOUSE], both, [FAMILY_HOUSE, NORTH_HOUSE], []):
        answer = await house.post(path, {"recipients": named})
        seen.append(assert_problem(answer, 422, "nothing_withdrawn") | {"instance": ""})
    assert seen == seen[:1] * 5
    await house.done(path, {"recipients": [FAMILY_HOUSE]})
    assert await midwives.reason(person, need) == "withdrawn"
    assert await midwives.reason(person, need, recipient=VISITING) == "covered"
    await midwives.at(VISITING).done(path, {})
    assert await midwives.reason(person, need, recipient=VISITING) == "withdrawn"


async def test_a_recipient_hears_of_a_need_what_was_agreed_to_and_of_no_refusal(midwives: Desk) -> None:
    """R25, R59: that somebody said no about a unit is not that unit's to know."""
    person, need = await midwives.person(), new_need()
    yes = await midwives.yes(person, need)
    no = await midwives.no(person, need, categories=["network"])
    for desk, known in ((midwives, [yes, no]), (midwives.at(FAMILY_HOUSE), [yes])):
        told = (await desk.told("/consents", need=need))["consents"]
        assert [each["id"] for each in told] == known


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("given", None), ("given", ("withdrawal", {"categories": ["network"]})), ("withdrawn", ("withdrawal", {})),
        ("superseded", ("renewal", None)), ("invalidated", ("invalidation", {"cause": "not_freely_given"})),
    ],
)  # fmt: skip
async def test_each_word_tells_what_has_become_of_it_and_days_are_left_of_what_stands(
    midwives: Desk, state: str, after: tuple[str, Any] | None
) -> None:
    person, need = await midwives.person(), new_need()
    number = await midwives.yes(person, need, categories=["health", "network"])
    refusal = await midwives.no(person, need, categories=["couple"])
    if after is not None:
        what, body = after
        await midwives.done(f"/consents/{number}/{what}", body if body is not None else renewal(midwives, person))
    told = {each["id"]: each for each in (await midwives.told("/consents", need=need))["consents"]}
    assert told[number]["state"] == state
    assert (told[number]["days_left"] is None) is (state != "given")
    assert (told[refusal]["state"], told[refusal]["days_left"]) == ("refused", None)


async def test_what_has_come_to_its_end_tells_so_before_any_worker_has_looked(midwives: Desk) -> None:
    person, need = await midwives.person(), new_need()
    told = {"given_at": (NOW - timedelta(days=3)).isoformat(), "valid_until": (NOW - timedelta(days=1)).isoformat()}
    await midwives.yes(person, need, **told)
    (word,) = (await midwives.told("/consents", need=need))["consents"]
    assert (word["state"], word["days_left"]) == ("expired", None)


async def test_a_check_is_told_which_way_the_referral_went(midwives: Desk) -> None:
    """R19: the way back of a mutual consent is for telling whoever sent the referral, and nobody else."""
    person, need = await midwives.person(), new_need()
    await midwives.yes(person, need, mutual=True)
    question = {"subject": person, "recipient": MIDWIFERY, "purpose": "early_support", "need": need,
                "categories": ["health"]}  # fmt: skip
    body = {"questions": [question, question | {"back": False}, question | {"back": True}]}
    answer = await midwives.at(FAMILY_HOUSE).post("/disclosures/check", body)
    assert [each["permitted"] for each in answer.json()["answers"]] == [False, False, True]


async def test_one_is_enough_by_a_code_and_by_nobody_s_own_words(midwives: Desk) -> None:
    """R27: that the other hesitates, or cannot be reached, is no reason."""
    mother, father = await midwives.person(), await midwives.person()
    child = await midwives.child(mother, father)
    for reason in ("Den anden kan ikke træffes.", "other_unreachable", ""):
        word = midwives.word(child, given_by=mother, alone_because=reason)
        assert_problem(await midwives.post("/consents", word), 422, "malformed")
    await midwives.yes(child, new_need(), given_by=mother, alone_because="not_essential_decision")
