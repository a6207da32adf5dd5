"""Each rule R15–R28 in one sentence and one story, from the word that is said to the answer that is given.

The corners of each are in the tables of test_decision.py, test_voices.py, test_giving.py, test_regimes.py and
test_grounds.py.
"""

import re
import sys
from dataclasses import FrozenInstanceError, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.consent.domain import errors, giving, people
from services.consent.domain.model import Effect, Method, Record, Regime, Withdrawal, Word
from services.consent.domain.people import Facts
from shared.vocabulary import Category, Purpose, Reason
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
    JASMIN,
    MIDWIFE,
    NETWORK,
    PEOPLE,
    SOFIE,
    THERAPIST,
    THILDE,
    TODAY,
    UNBORN,
    VISITOR,
    answer,
    answers,
    consent_id,
    ground,
    question,
    refusal,
    word,
)


def recorded(number: int, said: Word, known: dict[Any, Facts] | None = None, at: datetime = AT) -> Record:
    """Return what is kept of a word that the rules let in."""
    capacity, laws = giving.check(said, {**PEOPLE, **(known or {})}, FACTS, (), at)
    return Record(
        consent_id(number), said.effect, said.subject, said.given_by, capacity, said.sender, said.recipients,
        said.categories, said.purpose, said.need, said.given_at, said.valid_until, said.mutual,
        alone=said.alone_because is not None, address=said.address,
        basis={road: law.value for road, law in laws.items()},
    )  # fmt: skip


def refused(said: Word, error: type[errors.ConsentError], known: dict[Any, Facts] | None = None) -> None:
    """See that the rules do not let the word in, and why."""
    with pytest.raises(error):
        recorded(1, said, known)


@pytest.mark.rule("R15", enforced_by=("services.consent.domain.regimes:regime", "services.consent.domain.giving:check"))
def test_r15_the_senders_law_decides_the_form_and_is_named_in_the_answer() -> None:
    refused(word(method=Method.ORAL, oral_note="Sagt."), errors.MustBeWritten)
    oral = word(method=Method.ORAL, oral_note="Sagt.", sender=THERAPIST, recipients={MIDWIFE})
    told = answer(question(sender=THERAPIST, recipient=MIDWIFE), [recorded(1, oral)])
    assert (told.reason, told.basis) == (Reason.COVERED, (Regime.AUTHORITY_TO_AUTHORITY.value,))


@pytest.mark.rule(
    "R16", enforced_by=("services.consent.domain.giving:check", "services.consent.domain.decision:decide")
)
def test_r16_a_consent_ends_within_a_year_and_opens_nothing_from_then() -> None:
    refused(word(valid_until=AT + 366 * DAY), errors.TooLong)
    refused(word(valid_until=None), errors.TooLong)
    held = recorded(1, word(valid_until=AT + 300 * DAY))
    assert answer(question(), [held], AT + 299 * DAY).reason is Reason.COVERED
    assert answer(question(), [held], AT + 300 * DAY).reason is Reason.EXPIRED


@pytest.mark.rule(
    "R17", enforced_by=("services.consent.domain.decision:decide", "services.consent.domain.grounds:TERMS")
)
def test_r17_without_consent_the_law_must_carry_it_and_is_named() -> None:
    told = answer(question(), [recorded(1, refusal())], overrides=[ground()])
    assert (told.reason, told.basis) == (Reason.LEGAL_GROUND, ("SUL § 43, stk. 2, nr. 2",))
    assert not answer(question(), [recorded(1, refusal())], overrides=[ground(despite_refusal=False)]).permitted


@pytest.mark.rule(
    "R18", enforced_by=("services.consent.domain.decision:decide", "services.consent.domain.giving:check")
)
def test_r18_who_tells_must_hold_the_word_itself() -> None:
    """A recipient cannot open by a word it recorded what another would tell it, nor lift what was said to another."""
    own = recorded(1, word(sender=THERAPIST, recipients={MIDWIFE}, mutual=True))
    assert not answer(question(), [own]).permitted
    theirs = recorded(2, refusal())
    stealing = word(sender=THERAPIST, recipients={MIDWIFE}, supersedes={theirs.id})
    with pytest.raises(errors.SupersedesAnother):
        giving.check(stealing, PEOPLE, FACTS, (theirs,), AT)


@pytest.mark.rule(
    "R19", enforced_by=("services.consent.domain.giving:check", "services.consent.domain.decision:decide")
)
def test_r19_every_element_must_be_there_and_each_narrows_what_is_opened() -> None:
    for lacking, error in [
        (word(recipients={"others"}), errors.UnknownUnit),
        (word(told_of_withdrawal=False), errors.NotToldOfWithdrawal),
        (word(recipients={MIDWIFE}), errors.SenderAmongRecipients),
    ]:
        refused(lacking, error)
    held = [recorded(1, word())]
    assert answer(question(), held).permitted
    for other in ({"subject": JASMIN}, {"recipient": VISITOR}, {"categories": {NETWORK}},
                  {"purpose": Purpose.PRACTICAL_HELP}):  # fmt: skip
        assert not answer(question(**other), held).permitted


@pytest.mark.rule(
    "R20", enforced_by=("services.consent.domain.giving:check", "services.consent.domain.decision:decide")
)
def test_r20_no_word_is_for_everything_and_more_needs_a_new_one() -> None:
    refused(word(categories=set(Category)), errors.TooWide)
    first = recorded(1, word())
    second = recorded(2, word(categories={NETWORK}))
    both = question(categories={HEALTH, NETWORK})
    assert [each.permitted for each in answers(both, [first])] == [True, False]
    assert [each.permitted for each in answers(both, [first, second])] == [True, True]


@pytest.mark.rule(
    "R21", enforced_by=("services.consent.domain.giving:check", "services.consent.domain.decision:decide")
)
def test_r21_silence_and_a_tick_set_beforehand_are_no_consent() -> None:
    refused(word(active=False), errors.NotAChoice)
    assert answer(question(), []).reason is Reason.NO_CONSENT


@pytest.mark.rule(
    "R22", enforced_by=("services.consent.domain.model:Regime", "services.consent.domain.decision:decide")
)
def test_r22_the_law_of_a_consent_is_that_of_confidentiality_never_its_basis_in_data_protection() -> None:
    """Between authorities no road rests on consent in GDPR; towards and from civil society alone it is named."""
    named = {law for law in Regime if "GDPR" in law.value}
    assert named == {Regime.TO_CIVIL_SOCIETY, Regime.FROM_CIVIL_SOCIETY}
    told = answer(question(), [recorded(1, word())])
    assert told.basis == ("SUL § 43, stk. 1, og § 44",)


@pytest.mark.rule("R23", enforced_by="services.consent.domain.decision:decide")
def test_r23_withdrawing_works_from_its_moment_in_part_or_whole() -> None:
    held = recorded(1, word(recipients={THERAPIST, VISITOR}, categories={HEALTH, NETWORK}))
    part = replace(held, withdrawals=(Withdrawal(AT, frozenset({THERAPIST}), frozenset({HEALTH})),))
    whole = replace(held, withdrawals=(Withdrawal(AT),))
    asked = [question(recipient=to, categories={kind}) for to in (THERAPIST, VISITOR) for kind in (HEALTH, NETWORK)]
    assert [answer(each, [part]).permitted for each in asked] == [False, True, True, True]
    assert [answer(each, [whole]).permitted for each in asked] == [False] * 4
    assert all(answer(each, [whole], AT - DAY / 1000).permitted for each in asked)


@pytest.mark.rule(
    "R24",
    enforced_by=(
        "services.consent.domain.model:Record",
        "services.consent.domain.giving:check",
        "services.consent.domain.decision:decide",
    ),
)
def test_r24_a_word_is_never_changed_and_a_no_is_kept() -> None:
    held = recorded(1, word())
    for field in ("effect", "categories", "valid_until", "withdrawals"):
        with pytest.raises(FrozenInstanceError):
            setattr(held, field, None)
    refused(word(method=Method.ORAL), errors.OralNoteMissing)
    refused(word(given_at=AT + DAY), errors.GivenInTheFuture)
    kept = recorded(2, refusal())
    assert (kept.effect, answer(question(), [held, kept]).reason) == (Effect.FORBID, Reason.REFUSED)


@pytest.mark.rule("R25", enforced_by="services.consent.domain.decision:decide")
def test_r25_a_no_costs_nothing_else() -> None:
    """No other need, kind, recipient or person answers otherwise for it, and it asks for nothing in return."""
    kept, yes_to_all = recorded(1, refusal()), recorded(2, word(recipients={VISITOR}, categories={HEALTH, NETWORK}))
    for other in ({"recipient": VISITOR}, {"recipient": VISITOR, "categories": {NETWORK}}):
        assert answer(question(**other), [kept, yes_to_all]).permitted
    assert answer(question(categories={NETWORK}), [kept]) == answer(question(categories={NETWORK}), [])
    assert answer(question(), [kept]).ask == ()


@pytest.mark.rule(
    "R26", enforced_by=("services.consent.domain.giving:speaker", "services.consent.domain.people:voices")
)
def test_r26_each_speaks_for_themselves_and_from_fifteen_alone() -> None:
    refused(word(given_by=ADAM), errors.NotTheirOwnWord)
    refused(refusal(given_by=ADAM), errors.NotTheirOwnWord)
    girl = {THILDE: Facts(born=date(2011, 5, 4), holders=CHILD.holders)}
    hers = recorded(1, word(given_at=AT), girl)
    assert answer(question(), [hers], facts=girl).reason is Reason.COVERED
    refused(word(given_by=SOFIE), errors.NotTheirOwnWord, girl)
    assert recorded(2, word(subject=UNBORN, given_by=SOFIE)).given_by == SOFIE
    refused(word(subject=UNBORN, given_by=ADAM), errors.NotTheirOwnWord)


@pytest.mark.rule(
    "R26", enforced_by=("services.consent.domain.giving:speaker", "services.consent.domain.people:voices")
)
def test_r26_who_is_spoken_for_may_still_say_no_and_only_that() -> None:
    spoken_for = {THILDE: replace(ADULT, representative=people.Holder(GUARDIAN, TODAY))}
    refused(word(), errors.SpokenFor, spoken_for)
    theirs = recorded(1, word(given_by=GUARDIAN, given_at=AT), spoken_for)
    assert answer(question(), [theirs], facts=spoken_for).records == {theirs.id}
    hers = recorded(2, refusal(), spoken_for)
    assert answer(question(), [theirs, hers], facts=spoken_for).records == {hers.id}
    back = replace(hers, withdrawals=(Withdrawal(AT),))
    assert answer(question(), [theirs, back], facts=spoken_for).records == {theirs.id}


@pytest.mark.rule(
    "R27", enforced_by=("services.consent.domain.people:voices", "services.consent.domain.decision:decide")
)
def test_r27_jasmins_parents_must_both_say_yes_and_either_may_say_no() -> None:
    """Case 2 of seed 001: Adam hesitates, and nothing is told until he has agreed; then he takes it back."""
    asked = question(subject=JASMIN)
    sofies = recorded(1, word(subject=JASMIN, given_by=SOFIE))
    waiting = answer(asked, [sofies])
    assert (waiting.reason, [voice.person for voice in waiting.ask]) == (Reason.HOLDER_MISSING, [ADAM])
    adams = recorded(2, word(subject=JASMIN, given_by=ADAM))
    assert answer(asked, [sofies, adams]).records == {sofies.id, adams.id}
    taken = replace(adams, withdrawals=(Withdrawal(AT),))
    assert answer(asked, [sofies, taken]).reason is Reason.WITHDRAWN
    alone = recorded(3, word(subject=JASMIN, given_by=SOFIE, alone_because="Hverdagen i vuggestuen."))
    assert answer(asked, [alone]).reason is Reason.COVERED
    assert answer(asked, [alone, recorded(4, refusal(subject=JASMIN, given_by=ADAM))]).reason is Reason.REFUSED


@pytest.mark.rule(
    "R28",
    enforced_by=(
        "services.consent.domain.people:with_birth",
        "services.consent.domain.people:voices",
        "services.consent.domain.decision:decide",
    ),
)
def test_r28_at_birth_all_is_asked_anew_of_whoever_holds_custody() -> None:
    asked = question(subject=UNBORN)
    before = recorded(1, word(subject=UNBORN, given_by=SOFIE))
    assert answer(asked, [before]).reason is Reason.COVERED
    born = people.with_birth(replace(EXPECTED, due=TODAY), TODAY, TODAY)
    assert answer(asked, [before], facts={UNBORN: born}).reason is Reason.NOBODY_TO_ASK
    both = people.with_holders(born, [(SOFIE, ADULT), (ADAM, ADULT)], TODAY, TODAY)
    anew = answer(asked, [before], facts={UNBORN: both})
    assert (anew.reason, [voice.person for voice in anew.ask]) == (Reason.NEEDS_NEW, [SOFIE, ADAM])
    words = [recorded(number, word(subject=UNBORN, given_by=parent, given_at=AT), {UNBORN: both})
             for number, parent in ((2, SOFIE), (3, ADAM))]  # fmt: skip
    assert answer(asked, [before, *words], facts={UNBORN: both}).records == {consent_id(2), consent_id(3)}


def test_a_protected_address_is_told_only_where_that_was_said() -> None:
    """R45."""
    hidden = {THILDE: replace(ADULT, protected=True)}
    refused(word(categories={CONTACT}), errors.AddressIsProtected, hidden)
    before, knowing = recorded(1, word(categories={CONTACT})), recorded(2, word(categories={CONTACT}, address=True))
    asked = question(categories={CONTACT})
    assert answer(asked, [before], facts=hidden).reason is Reason.PROTECTED
    assert answer(asked, [before, knowing], facts=hidden).records == {knowing.id}


def test_every_rule_from_r15_to_r28_has_its_story_and_its_place_in_a_table() -> None:
    stories = {int(rule) for name in vars(sys.modules[__name__]) for rule in re.findall(r"^test_r(\d+)_", name)}
    assert stories == set(range(15, 29))
    here = Path(__file__).parent
    tables = "".join((here / f"test_{each}.py").read_text() for each in ("decision", "voices", "giving", "grounds"))
    in_tables = {int(rule) for rule in re.findall(r"\bR(\d\d)\b", tables)}
    # R22 and R25 are told by stories alone: the one is about a field, the other about what does not happen.
    assert set(range(15, 29)) - in_tables <= {22, 25}
