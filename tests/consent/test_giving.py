"""When a person's word may be recorded: every refusal by name, and the law of each road (R15–R27)."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import pytest

from services.consent.domain import errors, giving
from services.consent.domain.errors import ConsentError
from services.consent.domain.model import (
    Capacity,
    Method,
    PersonId,
    Record,
    Regime,
    UnitFacts,
    UnitId,
    Withdrawal,
    Word,
)
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Category, Purpose, Sector
from tests.support.consents import (
    ADAM,
    ADULT,
    AT,
    CHILD,
    CONTACT,
    DAY,
    EXPECTED,
    FACTS,
    GUARDIAN,
    HEALTH,
    HOUR,
    JASMIN,
    JONATHAN,
    MIDWIFE,
    MOMENT,
    NETWORK,
    OTHER_NEED,
    PEOPLE,
    SOFIE,
    THERAPIST,
    THILDE,
    TODAY,
    TWO,
    UNBORN,
    VISITOR,
    consent_id,
    no,
    refusal,
    word,
    yes,
)

VOLUNTEERS, CLOSED = UnitId("volunteers"), UnitId("closed")
GONE = {"unit": CLOSED, "successor": None, "says": "Closed er lukket."}
EVERYBODY = FACTS | {CLOSED: UnitFacts(CLOSED, "Closed", Sector.MUNICIPAL_SOCIAL, closed=GONE)}
NOTE, WHY = "Sagt ved konsultationen kl. 10.", "Hun ønskede det straks."


class Case(NamedTuple):
    """A word that is refused, and the error that says why."""

    rule: str
    said: Word
    error: type[ConsentError]
    known: Mapping[PersonId, Facts] = {}
    earlier: tuple[Record, ...] = ()


class Allowed(NamedTuple):
    """A word that is taken, and in what right it is said."""

    rule: str
    said: Word
    known: Mapping[PersonId, Facts] = {}
    earlier: tuple[Record, ...] = ()
    capacity: Capacity = Capacity.SELF


def check(
    said: Word, known: Mapping[PersonId, Facts] | None = None, earlier: tuple[Record, ...] = (), at: datetime = AT
) -> tuple[Capacity, Mapping[tuple[UnitId, UnitId], Regime]]:
    """Check the word where just this is known."""
    return giving.check(said, {**PEOPLE, **(known or {})}, EVERYBODY, earlier, at)


GIRL = {THILDE: Facts(born=date(2011, 5, 5), holders=TWO)}
HIDDEN = {THILDE: Facts(born=date(2004, 11, 3), protected=True)}
REPRESENTED = {THILDE: Facts(born=date(2004, 11, 3), representative=Holder(GUARDIAN, date(2026, 5, 4)))}
OF_JASMIN = {"subject": JASMIN, "given_by": SOFIE}
SOLE = {JASMIN: Facts(born=date(2024, 3, 1), holders=TWO[:1])}
LATELY = {JASMIN: Facts(born=date(2024, 3, 1), holders=(Holder(SOFIE, TODAY),))}
TWELVE = list(Category)[:11]
FLOOD = tuple(yes(number) for number in range(giving.MOST_WORDS))

CASES = [
    Case("R19: a recipient nobody knows", word(recipients={UnitId("others")}), errors.UnknownUnit),
    Case("R19: one of them nobody knows", word(recipients={THERAPIST, UnitId("others")}), errors.UnknownUnit),
    Case("R19: a sender nobody knows", word(sender=UnitId("others")), errors.UnknownUnit),
    Case("R19: a refusal to nobody known", refusal(recipients={UnitId("others")}), errors.UnknownUnit),
    Case("R19: a closed recipient", word(recipients={CLOSED}), errors.ClosedUnit),
    Case("R19: a closed one among them", word(recipients={THERAPIST, CLOSED}), errors.ClosedUnit),
    Case("R19: a closed sender", word(sender=CLOSED), errors.ClosedUnit),
    Case("R19: the sender as recipient", word(recipients={THERAPIST, MIDWIFE}), errors.SenderAmongRecipients),
    Case("R19: not told of withdrawal", word(told_of_withdrawal=False), errors.NotToldOfWithdrawal),
    Case("R26: said by another", word(given_by=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: said about another", word(subject=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: a refusal by another", refusal(given_by=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: where somebody represents her, herself", word(), errors.SpokenFor, REPRESENTED),
    Case("R26: where somebody represents her, another", word(given_by=JONATHAN), errors.NotTheirOwnWord, REPRESENTED),
    Case("R26: another's no, where somebody represents her", refusal(given_by=JONATHAN), errors.NotTheirOwnWord,
         REPRESENTED),
    Case("R26: her own no of a time when she was fourteen, where somebody represents her since",
         refusal(given_at=AT - DAY), errors.SpokenFor, {THILDE: replace(REPRESENTED[THILDE], born=date(2011, 5, 4))}),
    Case("R26: under fifteen even to refuse, where somebody represents the child",
         refusal(subject=JASMIN, given_by=JASMIN), errors.SpokenFor,
         {JASMIN: replace(CHILD, representative=Holder(GUARDIAN, date(2026, 4, 1)))}),
    Case("R26: a child to come even to refuse", refusal(subject=UNBORN, given_by=UNBORN), errors.TooYoung),
    Case("R26: of the child to come, the father", word(subject=UNBORN, given_by=ADAM), errors.NotTheirOwnWord),
    Case("R26: under fifteen", word(), errors.TooYoung, GIRL),
    Case("R26: under fifteen even to refuse", refusal(), errors.TooYoung, GIRL),
    Case("R26: a child of two for herself", word(subject=JASMIN, given_by=JASMIN), errors.TooYoung),
    Case("R26: a pregnant girl of fourteen for the child to come", word(subject=UNBORN, given_by=SOFIE),
         errors.TooYoung, {SOFIE: Facts(born=date(2011, 5, 5))}),
    Case("R26: a giver of no known birth", word(subject=UNBORN, given_by=SOFIE), errors.TooYoung, {SOFIE: Facts()}),
    Case("R26: fifteen when it is recorded, not when it was said", word(subject=UNBORN, given_by=SOFIE,
         given_at=AT - DAY), errors.TooYoung, {SOFIE: Facts(born=date(2011, 5, 4))}),
    Case("R26: of a child, who holds no custody of it", word(subject=JASMIN, given_by=JONATHAN), errors.WithoutCustody),
    Case("R26: nor to refuse", refusal(subject=JASMIN, given_by=JONATHAN), errors.WithoutCustody),
    Case("R26: of a child, who holds it no more", word(subject=JASMIN, given_by=ADAM), errors.WithoutCustody, SOLE),
    Case("R26: of a child, before custody began", word(**OF_JASMIN, given_at=AT - DAY), errors.WithoutCustody, LATELY),
    Case("R26: before one represented her", word(given_by=GUARDIAN, given_at=AT - DAY), errors.WithoutCustody,
         REPRESENTED),
    Case("R28: of a child nobody is known to hold custody of", word(**OF_JASMIN), errors.NobodyToAsk,
         {JASMIN: Facts(born=date(2024, 3, 1))}),
    Case("R28: of a child to come, expected by nobody known", word(subject=UNBORN, given_by=SOFIE), errors.NobodyToAsk,
         {UNBORN: Facts(due=date(2026, 8, 1))}),
    Case("R28: nor to refuse", refusal(**OF_JASMIN), errors.NobodyToAsk, {JASMIN: Facts(born=date(2024, 3, 1))}),
    Case("R27: a reason why one is enough, where one is asked", word(**OF_JASMIN, alone_because=WHY),
         errors.NothingToDoAlone, SOLE),
    Case("R27: of oneself", word(alone_because=WHY), errors.NothingToDoAlone),
    Case("R27: of a child to come", word(subject=UNBORN, given_by=SOFIE, alone_because=WHY), errors.NothingToDoAlone),
    Case("R21: nobody chose it", word(active=False), errors.NotAChoice),
    Case("R20: so many kinds that it names none", word(categories=TWELVE), errors.TooWide),
    Case("R20: more words than anybody says", word(), errors.TooManyWords, earlier=FLOOD),
    Case("R20: more refusals, too", refusal(), errors.TooManyWords, earlier=FLOOD),
    Case("R45: a protected name without a word on it", word(categories={CONTACT}), errors.AddressIsProtected, HIDDEN),
    Case("R45: among others", word(categories={CONTACT, HEALTH}), errors.AddressIsProtected, HIDDEN),
    Case("R24: given later than now", word(given_at=AT + MOMENT), errors.GivenInTheFuture),
    Case("R24: refused later than now", refusal(given_at=AT + MOMENT), errors.GivenInTheFuture),
    Case("R16: no end", word(valid_until=None), errors.TooLong),
    Case("R16: over a year", word(valid_until=AT + 366 * DAY), errors.TooLong),
    Case("R16: ends as it begins", word(valid_until=AT - HOUR), errors.EndsBeforeItBegins),
    Case("R16: ends before it begins", word(valid_until=AT - HOUR - MOMENT), errors.EndsBeforeItBegins),
    Case("R20: supersedes what is not there", word(supersedes={consent_id(1)}), errors.SupersedesAnother),
    Case("R20: supersedes another's", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, given_by=JONATHAN),)),
    Case("R20: supersedes the other parent's", word(**OF_JASMIN, supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, subject=JASMIN, given_by=ADAM),)),
    Case("R20: supersedes a part withdrawn later (R23)", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, withdrawals=(Withdrawal(AT - DAY), Withdrawal(AT - HOUR + MOMENT))),)),
    Case("R20: supersedes another need's", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, need=OTHER_NEED),)),
    Case("R20: supersedes something later", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, valid_from=AT - HOUR + MOMENT),)),
    Case("R20: supersedes what was said to another sender (R18)", word(supersedes={consent_id(1)}),
         errors.SupersedesAnother, earlier=(no(1, sender=THERAPIST, recipients={MIDWIFE}),)),
    Case("R20: supersedes a withdrawal that was said later (R23)", word(supersedes={consent_id(1)}),
         errors.SupersedesAnother, earlier=(yes(1, withdrawn_at=AT - HOUR + MOMENT),)),
    Case("R20: supersedes one too many", word(supersedes={consent_id(1), consent_id(2)}), errors.SupersedesAnother,
         earlier=(yes(1),)),
    Case("R20: lifts a no of two recipients for one", word(supersedes={consent_id(1)}), errors.LiftsTooMuch,
         earlier=(no(1, recipients={THERAPIST, VISITOR}),)),
    Case("R20: lifts a no of two kinds for one", word(supersedes={consent_id(1)}), errors.LiftsTooMuch,
         earlier=(no(1, categories={HEALTH, NETWORK}),)),
    Case("R20: lifts a withdrawal of two kinds for one", word(supersedes={consent_id(1)}), errors.LiftsTooMuch,
         earlier=(yes(1, categories={HEALTH, NETWORK}, withdrawn_at=AT - DAY),)),
    Case("R24: orally without a note", word(method=Method.ORAL, not_written_because=WHY), errors.OralNoteMissing),
    Case("R24: orally without a note, between health persons", word(method=Method.ORAL, recipients={VISITOR}),
         errors.OralNoteMissing),
    Case("R15 B: health to others orally", word(method=Method.ORAL, oral_note=NOTE), errors.MustBeWritten),
    Case("R15 E: to civil society orally", word(method=Method.ORAL, oral_note=NOTE, recipients={VOLUNTEERS}),
         errors.MustBeWritten),
    Case("R15 B: one of the recipients is no health person",
         word(method=Method.ORAL, oral_note=NOTE, recipients={VISITOR, THERAPIST}), errors.MustBeWritten),
    Case("R15 B: both ways, and the way back is from health to others",
         word(method=Method.ORAL, oral_note=NOTE, sender=THERAPIST, recipients={MIDWIFE}, mutual=True),
         errors.MustBeWritten),
]  # fmt: skip

ALLOWED = [
    Allowed("R19: every element", word()),
    Allowed("R15 B: orally, with a reason", word(method=Method.ORAL, oral_note=NOTE, not_written_because=WHY)),
    Allowed("R15 A: orally between health persons", word(method=Method.ORAL, oral_note=NOTE, recipients={VISITOR})),
    Allowed("R15 C: orally between authorities",
            word(method=Method.ORAL, oral_note=NOTE, sender=THERAPIST, recipients={VISITOR})),
    Allowed("R15 B: digitally", word(method=Method.DIGITAL)),
    Allowed("R24: given this moment", word(given_at=AT)),
    Allowed("R24: a refusal needs no form", refusal(method=Method.ORAL)),
    Allowed("R24: a no is kept, whoever it is said about", refusal(recipients={THERAPIST, CLOSED})),
    Allowed("R24: a no is kept, whoever it is said by", refusal(sender=CLOSED)),
    Allowed("R21: a no is one, chosen or not", refusal(active=False)),
    Allowed("R16: a no has no year", refusal(valid_until=AT + 900 * DAY)),
    Allowed("R16: a no has no year to begin with", refusal(valid_until=AT - 900 * DAY)),
    Allowed("R16: a moment is a period", word(valid_until=AT - HOUR + MOMENT)),
    Allowed("R20: as many kinds as may be", word(categories=TWELVE[:10])),
    Allowed("R20: a no may be to every kind", refusal(categories=set(Category))),
    Allowed("R20: one word below the flood", word(), earlier=FLOOD[1:]),
    Allowed("R45: a protected name, and the word on it", word(categories={CONTACT}, address=True), HIDDEN),
    Allowed("R45: of a protected person other kinds", word(), HIDDEN),
    Allowed("R45: a no needs no word on it", refusal(categories={CONTACT}), HIDDEN),
    Allowed("R45: nothing is protected", word(categories={CONTACT})),
    Allowed("R26: fifteen today", word(given_at=AT), {THILDE: Facts(born=date(2011, 5, 4))}),
    Allowed("R26: the pregnant woman of the child to come", word(subject=UNBORN, given_by=SOFIE),
            capacity=Capacity.PREGNANT),
    Allowed("R26: a girl of fifteen of the child she expects", word(subject=UNBORN, given_by=SOFIE),
            {SOFIE: Facts(born=date(2011, 5, 4))}, capacity=Capacity.PREGNANT),
    Allowed("R26: who represents her", word(given_by=GUARDIAN), REPRESENTED, capacity=Capacity.REPRESENTATIVE),
    Allowed("R26: who represents her, to refuse", refusal(given_by=GUARDIAN), REPRESENTED,
            capacity=Capacity.REPRESENTATIVE),
    Allowed("R26: her own no, whoever represents her", refusal(), REPRESENTED),
    Allowed("R26: her own no from before somebody represented her", refusal(given_at=AT - DAY), REPRESENTED),
    Allowed("R26: her own no from the day she is fifteen on", refusal(),
            {THILDE: replace(REPRESENTED[THILDE], born=TODAY.replace(year=2011))}),
    Allowed("R27: either parent", word(**OF_JASMIN), capacity=Capacity.CUSTODY),
    Allowed("R27: the other", word(subject=JASMIN, given_by=ADAM), capacity=Capacity.CUSTODY),
    Allowed("R27: with a reason why one is enough", word(**OF_JASMIN, alone_because=WHY), capacity=Capacity.CUSTODY),
    Allowed("R27: one who holds it alone", word(**OF_JASMIN), SOLE, capacity=Capacity.CUSTODY),
    Allowed("R27: from the day it began", word(**OF_JASMIN), LATELY, capacity=Capacity.CUSTODY),
    Allowed("R27: a no for the child", refusal(subject=JASMIN, given_by=ADAM), capacity=Capacity.CUSTODY),
    Allowed("R27: a reason beside a no is no matter", refusal(alone_because=WHY)),
    Allowed("R20: supersedes an earlier word", word(supersedes={consent_id(1)}), earlier=(yes(1),)),
    Allowed("R20: supersedes a word of the same moment", word(supersedes={consent_id(1)}),
            earlier=(yes(1, valid_from=AT - HOUR),)),
    Allowed("R20: supersedes a withdrawal of the same moment", word(supersedes={consent_id(1)}),
            earlier=(yes(1, withdrawn_at=AT - HOUR),)),
    Allowed("R20: supersedes an earlier refusal", word(supersedes={consent_id(2)}), earlier=(yes(1), no(2))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_word_that_lacks_something_is_refused_by_the_rule(case: Case) -> None:
    with pytest.raises(case.error) as refused:
        check(case.said, case.known, case.earlier)
    told = {"closed": [GONE]} if case.error is errors.ClosedUnit else {}
    rules = {errors.WithoutCustody: "R26", errors.NobodyToAsk: "R28"}
    rule = rules.get(case.error, case.rule.split(":")[0].split(" ")[0])
    assert refused.value.extra == {"rule": rule} | told


@pytest.mark.parametrize("case", ALLOWED, ids=lambda case: case.rule)
def test_a_word_with_everything_is_taken(case: Allowed) -> None:
    assert check(case.said, case.known, case.earlier)[0] is case.capacity


def test_every_error_that_can_be_raised_has_a_case() -> None:
    raised = {getattr(errors, name) for name in re.findall(r"errors\.(\w+)(?:\(|$| if|\n)", inspect.getsource(giving))}
    assert raised == {case.error for case in CASES}


def test_every_closed_unit_is_told_in_a_fixed_order() -> None:
    gone = {"unit": UnitId("another"), "successor": None, "says": "Another er lukket."}
    units = EVERYBODY | {UnitId("another"): UnitFacts(UnitId("another"), "A", Sector.STATE, closed=gone)}
    with pytest.raises(errors.ClosedUnit) as refused:
        giving.check(word(recipients={CLOSED, UnitId("another")}), PEOPLE, units, (), AT)
    assert refused.value.extra["closed"] == [gone, GONE]


def test_nothing_is_chosen_unless_it_is_said() -> None:
    """R21: whoever leaves it out has not ticked it, agreed to both ways, or been told of the address."""
    defaults = {each.name: each.default for each in fields(Word) if each.default is False}
    assert set(defaults) == {"active", "collected", "address"}
    assert not any(each.default is True for each in (*fields(Word), *fields(Record)))


@pytest.mark.parametrize(
    ("purpose", "law"),
    [(Purpose.EARLY_SUPPORT, Regime.HEALTH_TO_HEALTH), (Purpose.PRACTICAL_HELP, Regime.HEALTH_TO_OTHER)],
)
def test_between_health_persons_the_purpose_decides_the_law_both_ways(purpose: Purpose, law: Regime) -> None:
    """R15."""
    said = word(recipients={VISITOR}, mutual=True, purpose=purpose)
    assert check(said)[1] == {(MIDWIFE, VISITOR): law, (VISITOR, MIDWIFE): law}


def test_the_bounds_are_those_that_are_told() -> None:
    assert (giving.MOST_CATEGORIES, giving.MOST_WORDS) == (10, 400)


def test_a_sender_that_names_itself_alone_is_told_just_that() -> None:
    only = {MIDWIFE: EVERYBODY[MIDWIFE]}
    with pytest.raises(errors.SenderAmongRecipients):
        giving.check(word(recipients={MIDWIFE}), PEOPLE, only, (), AT)


def test_the_day_of_the_record_and_the_day_of_the_word_both_count() -> None:
    """R26: who speaks is of the day it is recorded, the age of the day it was said; both in Denmark."""
    midnight = datetime(2026, 5, 3, 22, tzinfo=UTC)
    girl = {JASMIN: Facts(born=date(2011, 5, 4), holders=CHILD.holders)}
    parents = word(**OF_JASMIN, given_at=midnight - HOUR)
    assert check(parents, girl, at=midnight - MOMENT)[0] is Capacity.CUSTODY
    with pytest.raises(errors.NotTheirOwnWord):
        check(parents, girl, at=midnight)
    hers = word(subject=JASMIN, given_by=JASMIN, given_at=midnight)
    assert check(hers, girl, at=midnight)[0] is Capacity.SELF
    with pytest.raises(errors.TooYoung):
        check(word(subject=JASMIN, given_by=JASMIN, given_at=midnight - MOMENT), girl, at=midnight)
    since = {JASMIN: Facts(born=date(2024, 3, 1), holders=(Holder(SOFIE, TODAY),))}
    assert check(word(**OF_JASMIN, given_at=midnight), since)
    with pytest.raises(errors.WithoutCustody):
        check(word(**OF_JASMIN, given_at=midnight - MOMENT), since)


def test_a_no_of_a_birthday_to_come_is_no_girls_of_fourteen() -> None:
    """R26: not even where it is dated on the birthday, which a later rule refuses."""
    girl = {THILDE: Facts(born=date(2011, 5, 5), holders=TWO)}
    with pytest.raises(errors.TooYoung):
        check(refusal(given_at=AT + DAY), girl)


def test_the_speaker_of_a_word_is_told_whole() -> None:
    voice = giving.speaker(UNBORN, SOFIE, PEOPLE, AT, AT)
    assert (voice.person, voice.capacity, voice.since) == (SOFIE, Capacity.PREGNANT, EXPECTED.told_since)


def test_a_pregnant_girl_of_fifteen_signs_herself_and_nobody_for_her() -> None:
    """R26: the age is of the day the word was given, not of the day it is recorded."""
    girl = {THILDE: Facts(born=date(2011, 5, 4), holders=TWO)}
    later = AT + 30 * DAY
    assert check(word(given_at=AT), girl, at=later)[0] is Capacity.SELF
    with pytest.raises(errors.TooYoung):
        check(word(given_at=AT - DAY), girl, at=later)
    for another in (SOFIE, ADAM, PersonId(UUID(int=9))):
        with pytest.raises(errors.NotTheirOwnWord):
            check(word(given_by=another), girl | {another: ADULT}, at=later)
