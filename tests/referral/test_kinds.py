"""What each kind of request asks for, and what it refuses: on the rules, and over HTTP."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.domain.anonymity import points_to_somebody
from services.referral.domain.asking import AUTHORITY, Draft, Known, Told, check
from services.referral.domain.errors import IdentityRefused, KindRefused, SeenInTheFuture
from services.referral.domain.kinds import REASON_DANISH, TOPIC_DANISH, Kind, Topic
from services.referral.domain.kinds import Outcome as HowItEnded
from services.referral.domain.kinds import ReopenReason as WhyAgain
from services.referral.domain.model import ReferralId, UnitId, as_author
from shared.auth import Role
from shared.vocabulary import Category, Purpose, Sector
from tests.referral.deciding import World
from tests.support.referrals import AT, FIRST, SENDER, THILDE
from tests.support.town import DAYCARE, FAMILY_HOUSE, MIDWIFERY, NORTH_HOUSE, VISITING, assert_problem, rows
from tests.support.wire import referral_in

HOUSE, COURT, NURSERY = FIRST, UnitId("authority"), UnitId("nursery")
FAMILY = as_author(THILDE)
UNITS = {
    SENDER: Known("unit", Sector.REGIONAL_HEALTH),
    HOUSE: Known("unit", Sector.MUNICIPAL_SOCIAL),
    COURT: Known(AUTHORITY, Sector.MUNICIPAL_SOCIAL),
    NURSERY: Known("unit", Sector.MUNICIPAL_DAYCARE),
}
WORDS = (Told(THILDE, Category.OWN_WISH, "Jeg vil gerne møde andre."),)
NAMED = Draft(UUID(int=5), Purpose.EARLY_SUPPORT, (HOUSE,), AT, WORDS)
ASKED = Draft(None, Purpose.EARLY_SUPPORT, (HOUSE,), None, (), Kind.SPARRING, topic=Topic.SLEEP_AND_FOOD,
              words="Hvad gør I, når et barn på to ikke vil sove?")  # fmt: skip
RIGHT = {
    Kind.REFERRAL: (NAMED, SENDER),
    Kind.SELF_REFERRAL: (replace(NAMED, kind=Kind.SELF_REFERRAL), FAMILY),
    Kind.SPARRING: (ASKED, SENDER),
    Kind.ADVICE: (replace(NAMED, kind=Kind.ADVICE), SENDER),
    Kind.BRIDGING: (replace(NAMED, kind=Kind.BRIDGING), SENDER),
    Kind.HANDOVER: (replace(NAMED, kind=Kind.HANDOVER), SENDER),
    Kind.AGENDA_ITEM: (replace(NAMED, kind=Kind.AGENDA_ITEM), SENDER),
    Kind.AUTHORITY_REQUEST: (replace(NAMED, kind=Kind.AUTHORITY_REQUEST, recipients=(COURT,)), SENDER),
}
EARLIER = ReferralId(UUID(int=9))
# What spoils a request about somebody, and what one about nobody; each with the code of what is wrong.
ABOUT_SOMEBODY: dict[str, dict[str, Any]] = {
    "own_words": {"told": ()},
    "seen_by_family_at": {"seen_by_family_at": None},
    "no_topic": {"topic": Topic.OTHER},
    "no_question": {"words": "Hvad gør I?"},
}
ABOUT_NOBODY: list[tuple[str, dict[str, Any]]] = [
    ("no_person", {"told": WORDS}),
    ("no_person", {"need": UUID(int=5)}),
    ("no_person", {"continues": EARLIER}),
    ("no_person", {"seen_by_family_at": AT}),
    ("no_person", {"unsent": True}),
    ("topic", {"topic": None}),
    ("question", {"words": None}),
]


def lacks(draft: Draft, sender: UnitId) -> list[str]:
    """Return the codes of what is wrong with a draft."""
    try:
        check(draft, sender, UNITS, AT)
    except KindRefused as refused:
        return [*map(str, refused.lacks), *([] if refused.extra["kind"] == draft.kind else ["another kind's"])]
    return []


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_a_request_that_is_right(kind: Kind) -> None:
    """Without this the tests below would pass whatever was refused."""
    assert lacks(*RIGHT[kind]) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SPARRING])
def test_whatever_a_request_about_somebody_lacks_is_named_all_at_once(kind: Kind) -> None:
    """R73: the family's own words, which it has seen; and nothing of what belongs to a question about nobody."""
    right, sender = RIGHT[kind]
    for some in range(1, len(ABOUT_SOMEBODY) + 1):
        for wrong in combinations(ABOUT_SOMEBODY, some):
            spoilt = right
            for each in wrong:
                spoilt = replace(spoilt, **ABOUT_SOMEBODY[each])
            assert sorted(lacks(spoilt, sender)) == sorted(wrong)


@pytest.mark.rule("R36", enforced_by="services.referral.domain.asking:check")
@pytest.mark.parametrize(("code", "changes"), ABOUT_NOBODY, ids=lambda each: each if isinstance(each, str) else "")
def test_an_anonymous_consultation_holds_a_topic_and_a_question_and_nobody(code: str, changes: dict[str, Any]) -> None:
    """R36."""
    assert lacks(replace(ASKED, **changes), SENDER) == [code]


@pytest.mark.parametrize("kind", Kind)
def test_only_the_family_sends_for_itself_and_for_nothing_else(kind: Kind) -> None:
    right, sender = RIGHT[kind]
    other = SENDER if sender == FAMILY else FAMILY
    assert lacks(right, other) == ["sent_by_family" if kind is Kind.SELF_REFERRAL else "sent_by_unit"]


@pytest.mark.parametrize("kind", Kind)
def test_what_is_handed_over_goes_to_whom_it_was_meant_for_and_not_to_who_is_first(kind: Kind) -> None:
    right, sender = RIGHT[kind]
    expected = ["no_first_accepts"] if kind in {Kind.BRIDGING, Kind.HANDOVER} else []
    assert lacks(replace(right, first_accepts=True), sender) == expected


@pytest.mark.rule("R35", enforced_by="services.referral.domain.asking:check")
@pytest.mark.rule("R69", enforced_by="services.referral.domain.asking:check")
@pytest.mark.parametrize("kind", Kind)
def test_what_needs_a_decision_goes_to_the_authority_alone(kind: Kind) -> None:
    """R35, R69: offers after barnets lov §§ 30-32 are asked for, never booked."""
    right, sender = RIGHT[kind]
    ways: list[tuple[UnitId, ...]] = [(HOUSE,), (COURT,), (COURT, HOUSE)]
    for recipients in ways:
        expected = ["authority"] if kind is Kind.AUTHORITY_REQUEST and HOUSE in recipients else []
        assert lacks(replace(right, recipients=recipients), sender) == expected


@pytest.mark.rule("R71", enforced_by="services.referral.domain.asking:check")
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SELF_REFERRAL])
def test_daycare_has_talked_with_the_parents_first_unless_it_is_about_nobody(kind: Kind) -> None:
    """R71."""
    right, _ = RIGHT[kind]
    assert lacks(right, NURSERY) == ([] if kind is Kind.SPARRING else ["discussed_with_parents_at"])
    if kind is not Kind.SPARRING:
        assert lacks(replace(right, discussed_with_parents_at=AT), NURSERY) == []


@pytest.mark.parametrize("field", ["seen_by_family_at", "discussed_with_parents_at"])
def test_nobody_has_seen_or_talked_about_anything_in_the_future(field: str) -> None:
    now: dict[str, Any] = {field: AT}
    later: dict[str, Any] = {field: AT + timedelta(microseconds=1)}
    check(replace(NAMED, **now), SENDER, UNITS, AT)
    with pytest.raises(SeenInTheFuture):
        check(replace(NAMED, **later), SENDER, UNITS, AT)


POINTS = [
    "Ring på 20 30 40 50.", "Ring 20304050", "tlf. +45 20-30-40-50", "Skriv til mor@example.org.", "Født 3.11.2004",
    "Født den 3. november 2004", "født 03/11-04", "Bor Skolegade 12", "på Ny Østergade 7, 2. sal", "ved Søvænget 4",
]  # fmt: skip
POINTS_NOT = [
    "Et barn på 2 år og 4 måneder.", "Moren er 21, gravid i 17. uge.", "De har været her 3 gange i 2026.",
    "Hun sover 10-12 timer.", "Familien bor på en gade med trafik.", "Vi har 24 pladser.", "Fra 8 til 16, 5 dage.",
]  # fmt: skip


@pytest.mark.rule("R36", enforced_by="services.referral.domain.anonymity:points_to_somebody")
@pytest.mark.parametrize("words", POINTS)
def test_what_points_to_one_person_is_refused_in_an_anonymous_consultation(words: str) -> None:
    """R36."""
    assert points_to_somebody(words)
    with pytest.raises(IdentityRefused):
        check(replace(ASKED, words=words), SENDER, UNITS, AT)


@pytest.mark.parametrize("words", POINTS_NOT)
def test_what_anybody_could_have_said_is_taken(words: str) -> None:
    assert not points_to_somebody(words)


def test_every_code_a_person_reads_has_a_danish_name() -> None:
    """All but `other`, which every list has and which is called the same in each."""
    named = [*WhyAgain, *(each for each in HowItEnded if each is not HowItEnded.OTHER)]
    assert [each for each in named if not REASON_DANISH.get(each)] == []
    assert set(TOPIC_DANISH) == set(Topic)


def sparring_in(**changes: Any) -> dict[str, Any]:
    """Return an anonymous consultation."""
    return {
        "kind": "sparring", "purpose": "early_support", "recipients": [FAMILY_HOUSE], "topic": "sleep_and_food",
        "question": "Hvad gør I, når et barn på to ikke vil sove?",
    } | changes  # fmt: skip


async def sparring(world: World) -> tuple[str, str]:
    """Post an anonymous consultation; return its number and its task's."""
    answer = await world.play.referral.post("/referrals", json=sparring_in(), headers=world.play.sender())
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["tasks"][0]["id"]


@pytest.mark.rule("R36", enforced_by=("services.referral.domain.asking:check", "services.referral.domain.kinds:KINDS"))
async def test_an_anonymous_consultation_goes_out_at_once_and_asks_consent_nothing(world: World) -> None:
    """R36: it is about nobody, so nobody's word is needed, from the question to the advice."""
    number, task = await sparring(world)
    read = (await world.play.read(number, world.play.recipient())).json()
    assert (read["topic"], [each["words"] for each in read["dialogue"]]) == (
        "sleep_and_food",
        [sparring_in()["question"]],
    )
    assert read["information"] == read["withheld"] == []
    advice = {"kind": "advice", "words": "Faste tider, og tal med sundhedsplejersken."}
    said = await world.play.referral.post(f"/tasks/{task}/messages", json=advice, headers=world.play.recipient())
    assert said.status_code == 201, said.text
    done = await world.play.referral.post(
        f"/tasks/{task}/advice", json={"outcome": "advice_given"},
        headers=world.play.recipient() | {"If-Match": said.headers["etag"]},
    )  # fmt: skip
    assert (done.status_code, done.json()["state"]) == (200, "completed")
    seen = (await world.play.read(number, world.play.sender())).json()
    assert (seen["tasks"][0]["state"], seen["tasks"][0]["withheld"]) == ("completed", None)
    assert [each["words"] for each in seen["dialogue"]] == [sparring_in()["question"], advice["words"]]
    assert world.consent.asked == []


@pytest.mark.rule(
    "R36",
    enforced_by=("services.referral.domain.asking:check", "services.referral.domain.anonymity:points_to_somebody"),
)
async def test_an_anonymous_consultation_leaves_no_identity_in_any_column(world: World) -> None:
    """R36: all that is kept is the profession's unit and user, the topic, the day and the words about nobody."""
    number, _ = await sparring(world)
    admin = world.play.dbs.admin("referral")
    person = str(uuid4())
    for spoilt in ({"own_words": {"subject": person, "text": "Zebra"}}, {"need": person}, {"continues": person}):
        answer = await world.play.referral.post("/referrals", json=sparring_in(**spoilt), headers=world.play.sender())
        assert answer.status_code in {404, 422}, answer.text
    for path, body in (
        (f"/referrals/{number}/information", {"information": [{"subject": person, "category": "health", "text": "Z"}]}),
    ):
        answer = await world.play.referral.post(path, json=body, headers=world.play.sender())
        assert_problem(answer, 422, "kind_refused")
    columns = await rows(
        admin, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    sql = " UNION ALL ".join(
        f"SELECT '{each['table_name']}.{each['column_name']}' FROM {each['table_name']} "
        f"WHERE {each['column_name']}::text LIKE '%' || $1 || '%'"
        for each in columns
    )
    found = {row[0] for row in await rows(admin, sql, person)} - {"ledger_entry.entry"}
    assert found == set(), "the refusal's own entry names what was reached for, and nothing else does"
    (kept,) = await rows(admin, "SELECT * FROM referral WHERE id::text = $1", number)
    assert (kept["seen_by_family_at"], kept["continues"]) == (None, None)
    assert await rows(admin, "SELECT 1 FROM piece WHERE referral_id::text = $1", number) == []


@pytest.mark.parametrize("words", POINTS)
async def test_neither_the_question_nor_a_word_in_its_thread_points_to_somebody(world: World, words: str) -> None:
    asked = await world.play.referral.post("/referrals", json=sparring_in(question=words), headers=world.play.sender())
    assert_problem(asked, 422, "identity_refused")
    number, task = await sparring(world)
    await world.play.read(number, world.play.recipient())
    said = await world.play.referral.post(
        f"/tasks/{task}/messages", json={"kind": "advice", "words": words}, headers=world.play.recipient()
    )
    assert_problem(said, 422, "identity_refused")
    assert words not in asked.text + said.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "question", "to": "family", "words": "Hvad siger familien?"}, "no_person"),
        (
            {"kind": "advice", "information": [{"subject": str(UUID(int=1)), "category": "health", "text": "x"}]},
            "words",
        ),
    ],
)
async def test_in_an_anonymous_consultation_nobody_is_asked_or_spoken_of(
    world: World, body: dict[str, Any], code: str
) -> None:
    number, task = await sparring(world)
    await world.play.read(number, world.play.recipient())
    said = await world.play.referral.post(f"/tasks/{task}/messages", json=body, headers=world.play.recipient())
    assert assert_problem(said, 422, "kind_refused")["lacks"] == [code]


async def test_a_consultation_becomes_a_referral_with_consent_and_only_its_own_sender_can_say_so(world: World) -> None:
    number, _ = await sparring(world)
    subject, need = str(uuid4()), str(uuid4())
    world.consent.permit([(subject, "health")])
    body = referral_in(subject, need=need, continues=number)
    other = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=VISITING)
    assert_problem(await world.play.referral.post("/referrals", json=body, headers=other), 404, "not_there")
    assert_problem(
        await world.play.referral.post("/referrals", json=body | {"continues": str(uuid4())}, headers=other), 404
    )
    posted = await world.play.referral.post("/referrals", json=body, headers=world.play.sender())
    assert posted.status_code == 201
    theirs = (await world.play.read(posted.json()["id"], world.play.recipient())).json()
    mine = (await world.play.read(posted.json()["id"], world.play.sender())).json()
    assert mine["continues"] == number
    assert theirs["continues"] is None, "who asked about nobody is not told to be this family"


@pytest.mark.parametrize(
    ("changes", "sender", "code"),
    [
        ({"kind": "self_referral"}, MIDWIFERY, "sent_by_family"),
        ({"kind": "authority_request"}, MIDWIFERY, "authority"),
        ({"kind": "handover", "first_accepts": True}, MIDWIFERY, "no_first_accepts"),
        ({"topic": "other"}, MIDWIFERY, "no_topic"),
        ({"question": "Hvad gør I?"}, MIDWIFERY, "no_question"),
        ({"recipients": [NORTH_HOUSE]}, DAYCARE, "discussed_with_parents_at"),
    ],
)
async def test_a_request_that_does_not_fit_its_kind_is_refused_by_code_and_nothing_is_kept(
    world: World, changes: dict[str, Any], sender: str, code: str
) -> None:
    need = str(uuid4())
    headers = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=sender)
    answer = await world.play.referral.post(
        "/referrals", json=referral_in(uuid4(), need=need, **changes), headers=headers
    )
    assert assert_problem(answer, 422, "kind_refused")["lacks"] == [code]
    assert await rows(world.play.dbs.admin("referral"), "SELECT 1 FROM referral WHERE need::text = $1", need) == []


async def test_only_what_was_for_advice_ends_with_advice(world: World) -> None:
    for kind, status in (("referral", 409), ("bridging", 409), ("advice", 200), ("agenda_item", 200)):
        subject = str(uuid4())
        sent = await world.posted((subject, "health"), subject=subject, kind=kind)
        read = await world.play.read(sent.referral, world.play.recipient())
        answer = await world.play.referral.post(
            f"/tasks/{sent.task}/advice", json={"outcome": "advice_given"},
            headers=world.play.recipient() | {"If-Match": read.headers["etag"]},
        )  # fmt: skip
        assert answer.status_code == status, kind
        if status == 409:
            assert "advise" not in assert_problem(answer, 409, "wrong_state")["allowed"]
