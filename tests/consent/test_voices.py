"""`decide`, case by case, where another speaks, or more than one: whose word is needed, and whom to ask (R26–R28).

Jasmin is two, and Sofie and Adam hold custody of her together; Sofie expects another child.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import Capacity, Override, PersonId, Record, Voice, Withdrawal
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Category, Purpose, Reason
from tests.support.consents import (
    ADAM,
    ADULT,
    AT,
    CHILD,
    CONTACT,
    DAY,
    EXPECTED,
    GUARDIAN,
    HEALTH,
    JASMIN,
    MIDWIFE,
    MOMENT,
    NETWORK,
    SOFIE,
    THERAPIST,
    THILDE,
    TWO,
    UNBORN,
    VISITOR,
    answer,
    consent_id,
    ground,
    no,
    question,
    yes,
)

SOFIES: dict[str, Any] = {"subject": JASMIN, "given_by": SOFIE}
ADAMS: dict[str, Any] = {"subject": JASMIN, "given_by": ADAM}
HERS = Voice(SOFIE, Capacity.CUSTODY, date(2024, 3, 1))
HIS = Voice(ADAM, Capacity.CUSTODY, date(2024, 3, 1))
MOTHERS = Voice(SOFIE, Capacity.PREGNANT, date(2026, 1, 5))
SPEAKS = Voice(GUARDIAN, Capacity.REPRESENTATIVE, date(2026, 4, 1))
BY_GUARDIAN: dict[str, Any] = {"given_by": GUARDIAN, "capacity": Capacity.REPRESENTATIVE}
REPRESENTED = Facts(born=date(2004, 11, 3), representative=Holder(GUARDIAN, date(2026, 4, 1)))
ABOUT_JASMIN, ABOUT_UNBORN = question(subject=JASMIN), question(subject=UNBORN)
ONE = replace(CHILD, holders=(TWO[0],))
BORN = replace(EXPECTED, born=date(2026, 5, 4))
TAKEN_OVER = replace(BORN, holders=(Holder(SOFIE, date(2026, 5, 4)),))
# Fifteen on the very day, and the day before.
GROWN = replace(CHILD, born=date(2011, 5, 4))
NEARLY = replace(CHILD, born=date(2011, 5, 5))
PROTECTED = replace(CHILD, protected=True)
OF_HEALTH = (Withdrawal(AT, None, frozenset({HEALTH})),)
MILD = ground(subject=JASMIN, despite_refusal=False)
WHERE: dict[str, Any] = {"subject": JASMIN, "categories": {CONTACT}}


class Case(NamedTuple):
    """A rule: what is held and known, and the reason that must come out, with whoever is still to be asked."""

    rule: str
    held: list[Record]
    reason: Reason
    ask: tuple[Voice, ...] = ()
    known: Facts = CHILD
    grounds: tuple[Override, ...] = ()
    categories: frozenset[Category] = frozenset({HEALTH})


OF_JASMIN = [
    Case("R26: nothing said: both are to be asked", [], Reason.NO_CONSENT, (HERS, HIS)),
    Case("R27: both have said yes", [yes(1, **SOFIES), yes(2, **ADAMS)], Reason.COVERED),
    Case("R27: one has, the other has not", [yes(**SOFIES)], Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: whichever of them it is", [yes(**ADAMS)], Reason.HOLDER_MISSING, (HERS,)),
    Case("R27: the other has said no", [yes(1, **SOFIES), no(2, **ADAMS)], Reason.REFUSED),
    Case("R27: the other has taken it back", [yes(1, **SOFIES), yes(2, **ADAMS, withdrawn_at=AT)], Reason.WITHDRAWN),
    Case("R27: one no and one withdrawal are a no", [yes(1, **SOFIES, withdrawn_at=AT), no(2, **ADAMS)],
         Reason.REFUSED),
    Case("R27: a no of one where the other said nothing", [no(**ADAMS)], Reason.REFUSED),
    Case("R27: the other's has ended", [yes(1, **SOFIES), yes(2, **ADAMS, valid_until=AT)], Reason.HOLDER_MISSING,
         (HIS,)),
    Case("R27: the other's names another kind", [yes(1, **SOFIES), yes(2, **ADAMS, categories={NETWORK})],
         Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: the other's is to another recipient", [yes(1, **SOFIES), yes(2, **ADAMS, recipients={VISITOR})],
         Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: what overlaps of both is covered",
         [yes(1, **SOFIES, categories={HEALTH, NETWORK}), yes(2, **ADAMS, recipients={THERAPIST, VISITOR})],
         Reason.COVERED),
    Case("R27: the same person twice is not two", [yes(1, **SOFIES), yes(2, **SOFIES)], Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: what stands nearest of the two is told, and both are asked",
         [yes(1, **SOFIES, valid_until=AT), yes(2, **ADAMS, recipients={VISITOR})], Reason.EXPIRED, (HERS, HIS)),
    Case("R27: whoever's it is", [yes(1, **SOFIES, recipients={VISITOR}), yes(2, **ADAMS, valid_from=AT + DAY)],
         Reason.NOT_YET, (HERS, HIS)),
    Case("R27: one is enough where a reason was recorded", [yes(**SOFIES, alone=True)], Reason.COVERED),
    Case("R27: not where the other says no", [yes(1, **SOFIES, alone=True), no(2, **ADAMS)], Reason.REFUSED),
    Case("R27: nor once the other takes it back", [yes(1, **SOFIES, alone=True), yes(2, **ADAMS, withdrawn_at=AT)],
         Reason.WITHDRAWN),
    Case("R27: nor once it ended", [yes(**SOFIES, alone=True, valid_until=AT)], Reason.EXPIRED, (HERS, HIS)),
    Case("R27: nor is one's word about something else alone", [yes(1, **SOFIES), yes(2, **SOFIES, alone=True,
         categories={NETWORK})], Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: nor for another purpose", [yes(1, **SOFIES), yes(2, **SOFIES, alone=True,
         purpose=Purpose.PRACTICAL_HELP)], Reason.HOLDER_MISSING, (HIS,)),
    Case("R27: who holds it by herself is enough", [yes(**SOFIES)], Reason.COVERED, known=ONE),
    Case("R27: who does not is not", [yes(**ADAMS)], Reason.NO_CONSENT, (HERS,), known=ONE),
    Case("R27: nor does his no close, who does not", [yes(1, **SOFIES), no(2, **ADAMS)], Reason.COVERED, known=ONE),
    Case("R28: nobody is known to hold it", [yes(1, **SOFIES), yes(2, **ADAMS)], Reason.NOBODY_TO_ASK,
         known=replace(CHILD, holders=())),
    Case("R26: nobody knows the child", [yes(1, **SOFIES), yes(2, **ADAMS)], Reason.NO_CONSENT, known=Facts()),
    Case("R26: nobody's own word opens what is a child's", [yes(subject=JASMIN, given_by=JASMIN,
         capacity=Capacity.SELF)], Reason.NEEDS_NEW, (HERS, HIS)),
    Case("R26: nor what a parent says as somebody else", [yes(1, **SOFIES, capacity=Capacity.SELF), yes(2, **ADAMS)],
         Reason.HOLDER_MISSING, (HERS,)),
    Case("R28: what was said in pregnancy is none for the born", [yes(**SOFIES, capacity=Capacity.PREGNANT)],
         Reason.NEEDS_NEW, (HERS, HIS)),
    Case("R28: but a no that was said then still closes",
         [yes(1, **SOFIES), yes(2, **ADAMS), no(3, **SOFIES, capacity=Capacity.PREGNANT)], Reason.REFUSED),
    Case("R28: a yes from the day custody began counts", [
         yes(1, **SOFIES, valid_from=datetime(2026, 5, 3, 22, tzinfo=UTC), alone=True)], Reason.COVERED,
         known=replace(CHILD, holders=(Holder(SOFIE, date(2026, 5, 4)), TWO[1]))),
    Case("R28: a moment earlier, the day before in Denmark, it does not", [
         yes(1, **SOFIES, valid_from=datetime(2026, 5, 3, 22, tzinfo=UTC) - MOMENT, alone=True)], Reason.NEEDS_NEW,
         (replace(HERS, since=date(2026, 5, 4)), HIS),
         known=replace(CHILD, holders=(Holder(SOFIE, date(2026, 5, 4)), TWO[1]))),
    Case("R26: fifteen today: the parents' words are hers to repeat", [yes(1, **SOFIES), yes(2, **ADAMS)],
         Reason.NEEDS_NEW, (Voice(JASMIN, Capacity.SELF, date(2026, 5, 4)),), known=GROWN),
    Case("R26: the day before they count", [yes(1, **SOFIES), yes(2, **ADAMS)], Reason.COVERED, known=NEARLY),
    Case("R26: fifteen today: her own word is enough", [yes(subject=JASMIN, given_by=JASMIN, capacity=Capacity.SELF,
         valid_from=AT)], Reason.COVERED, known=GROWN),
    Case("R26: and a parent's no is none any more", [yes(1, subject=JASMIN, given_by=JASMIN, capacity=Capacity.SELF,
         valid_from=AT), no(2, **ADAMS)], Reason.COVERED, known=GROWN),
    Case("R26: what she said before her birthday is none", [yes(subject=JASMIN, given_by=JASMIN,
         capacity=Capacity.SELF, valid_from=AT - DAY)], Reason.NEEDS_NEW,
         (Voice(JASMIN, Capacity.SELF, date(2026, 5, 4)),), known=GROWN),
    Case("R28: one kind that was withdrawn in pregnancy, after the word that stands for it, is to be asked about",
         [yes(**SOFIES, capacity=Capacity.PREGNANT, superseded_at=AT - DAY / 2, withdrawals=OF_HEALTH)],
         Reason.NEEDS_NEW, (HIS,), known=replace(CHILD, holders=(TWO[1],))),
    Case("R28: replaced by another word it is not",
         [yes(**SOFIES, capacity=Capacity.PREGNANT, superseded_at=AT - DAY / 2)], Reason.NO_CONSENT, (HIS,),
         known=replace(CHILD, holders=(TWO[1],))),
    Case("R28: nor one way of both that were agreed, before it is withdrawn",
         [yes(**SOFIES, capacity=Capacity.PREGNANT, sender=THERAPIST, recipients={MIDWIFE}, mutual=True)],
         Reason.NO_CONSENT, (HIS,), known=replace(CHILD, holders=(TWO[1],))),
    Case("R28: but once it is", [yes(**SOFIES, capacity=Capacity.PREGNANT, sender=THERAPIST, recipients={MIDWIFE},
         mutual=True, withdrawals=OF_HEALTH)], Reason.NEEDS_NEW, (HIS,), known=replace(CHILD, holders=(TWO[1],))),
    Case("R17: a legal ground where one is missing", [yes(**SOFIES)], Reason.LEGAL_GROUND, grounds=(MILD,)),
    Case("R17: not against the other's no", [yes(1, **SOFIES), no(2, **ADAMS)], Reason.REFUSED, grounds=(MILD,)),
    Case("R17: one that holds against a no", [yes(1, **SOFIES), no(2, **ADAMS)], Reason.LEGAL_GROUND,
         grounds=(replace(MILD, despite_refusal=True),)),
    Case("R17: nobody is known to hold custody: it carries", [], Reason.LEGAL_GROUND,
         known=replace(CHILD, holders=()), grounds=(MILD,)),
    Case("R17: but not against a no that stands, though whoever said it is not known to hold custody",
         [no(**SOFIES, capacity=Capacity.PREGNANT)], Reason.NOBODY_TO_ASK, known=replace(CHILD, holders=()),
         grounds=(MILD,)),
    Case("R17: nor does a fifteenth birthday open it: a parent's no stands against it", [no(**ADAMS)],
         Reason.NO_CONSENT, (Voice(JASMIN, Capacity.SELF, date(2026, 5, 4)),), known=GROWN, grounds=(MILD,)),
    Case("R17: nor a parent's withdrawal", [yes(**ADAMS, withdrawn_at=AT)], Reason.NEEDS_NEW,
         (Voice(JASMIN, Capacity.SELF, date(2026, 5, 4)),), known=GROWN, grounds=(MILD,)),
    Case("R17: of another kind it says nothing", [no(**ADAMS, categories={NETWORK})], Reason.LEGAL_GROUND,
         known=GROWN, grounds=(MILD,)),
    Case("R17: nor towards others", [no(**ADAMS, recipients={VISITOR})], Reason.LEGAL_GROUND, known=GROWN,
         grounds=(MILD,)),
    Case("R17: it holds against it where it may", [no(**ADAMS)], Reason.LEGAL_GROUND, known=GROWN,
         grounds=(replace(MILD, despite_refusal=True),)),
]  # fmt: skip

OF_OTHERS: list[tuple[PersonId, Case]] = [
    (UNBORN, Case("R26: nothing said: the pregnant woman is to be asked", [], Reason.NO_CONSENT, (MOTHERS,), EXPECTED)),
    (UNBORN, Case("R26: her word is enough", [yes(subject=UNBORN)], Reason.COVERED, known=EXPECTED)),
    (UNBORN, Case("R26: the father's is none", [yes(subject=UNBORN, given_by=ADAM)], Reason.NO_CONSENT, (MOTHERS,),
                  EXPECTED)),
    (UNBORN, Case("R26: nor does his no close", [yes(1, subject=UNBORN), no(2, subject=UNBORN, given_by=ADAM)],
                  Reason.COVERED, known=EXPECTED)),
    (UNBORN, Case("R26: her word about herself is none about the child", [yes(subject=SOFIE)], Reason.NO_CONSENT,
                  (MOTHERS,), EXPECTED)),
    (UNBORN, Case("R26: who expects it is not said", [yes(subject=UNBORN)], Reason.NO_CONSENT,
                  known=replace(EXPECTED, mother=None))),
    (UNBORN, Case("R26: nor since when", [yes(subject=UNBORN)], Reason.NO_CONSENT,
                  known=replace(EXPECTED, told_since=None))),
    (UNBORN, Case("R26: what she said before that is none", [yes(subject=UNBORN)], Reason.NEEDS_NEW,
                  (replace(MOTHERS, since=date(2026, 5, 4)),), replace(EXPECTED, told_since=date(2026, 5, 4)))),
    (UNBORN, Case("R28: once it is born, nobody is known to speak", [yes(subject=UNBORN)], Reason.NOBODY_TO_ASK,
                  known=BORN)),
    (UNBORN, Case("R28: and once custody is recorded, all is asked about anew",
                  [yes(subject=UNBORN, valid_from=AT)], Reason.NEEDS_NEW,
                  (Voice(SOFIE, Capacity.CUSTODY, date(2026, 5, 4)),), TAKEN_OVER)),
    (UNBORN, Case("R28: the holder is asked, though another was pregnant", [yes(subject=UNBORN)], Reason.NEEDS_NEW,
                  (Voice(ADAM, Capacity.CUSTODY, date(2026, 5, 4)),),
                  replace(BORN, holders=(Holder(ADAM, date(2026, 5, 4)),)))),
    (THILDE, Case("R26: where somebody represents her, they are asked", [], Reason.NO_CONSENT, (SPEAKS,), REPRESENTED)),
    (THILDE, Case("R26: and their word is enough", [yes(**BY_GUARDIAN)], Reason.COVERED, known=REPRESENTED)),
    (THILDE, Case("R26: hers must be repeated", [yes()], Reason.NEEDS_NEW, (SPEAKS,), REPRESENTED)),
    (THILDE, Case("R26: nor does hers add to theirs", [yes(1, **BY_GUARDIAN), yes(2)], Reason.COVERED,
                  known=REPRESENTED)),
    (THILDE, Case("R26: nor open against their no", [no(1, **BY_GUARDIAN), yes(2)], Reason.REFUSED,
                  known=REPRESENTED)),
    (THILDE, Case("R26: her own no closes, whoever says yes for her", [yes(1, **BY_GUARDIAN), no(2)], Reason.REFUSED,
                  known=REPRESENTED)),
    (THILDE, Case("R26: and where they have said nothing", [no()], Reason.REFUSED, known=REPRESENTED)),
    (THILDE, Case("R26: and what she said before anybody spoke for her",
                  [yes(1, **BY_GUARDIAN), no(2, valid_from=AT - 90 * DAY)], Reason.REFUSED, known=REPRESENTED)),
    (THILDE, Case("R26: in whatever right she said it", [yes(1, **BY_GUARDIAN), no(2, capacity=Capacity.PREGNANT)],
                  Reason.REFUSED, known=REPRESENTED)),
    (THILDE, Case("R26: so does her own yes, once it is taken back",
                  [yes(1, **BY_GUARDIAN), yes(2, withdrawn_at=AT)], Reason.WITHDRAWN, known=REPRESENTED)),
    (THILDE, Case("R26: her no and their withdrawal are a no", [yes(1, **BY_GUARDIAN, withdrawn_at=AT), no(2)],
                  Reason.REFUSED, known=REPRESENTED)),
    (THILDE, Case("R26: her withdrawal and their no are a no", [no(1, **BY_GUARDIAN), yes(2, withdrawn_at=AT)],
                  Reason.REFUSED, known=REPRESENTED)),
    (THILDE, Case("R26: her no that is taken back closes nothing, and spends nothing of theirs",
                  [yes(1, **BY_GUARDIAN), no(2, valid_from=AT - DAY / 2, withdrawn_at=AT)], Reason.COVERED,
                  known=REPRESENTED)),
    (THILDE, Case("R26: nor does one to come", [yes(1, **BY_GUARDIAN), no(2, valid_from=AT + MOMENT)],
                  Reason.COVERED, known=REPRESENTED)),
    (THILDE, Case("R26: nor one about another kind", [yes(1, **BY_GUARDIAN), no(2, categories={NETWORK})],
                  Reason.COVERED, known=REPRESENTED)),
    (THILDE, Case("R26: nor one towards another", [yes(1, **BY_GUARDIAN), no(2, recipients={VISITOR})],
                  Reason.COVERED, known=REPRESENTED)),
    (THILDE, Case("R26: nor one that somebody else says", [yes(1, **BY_GUARDIAN), no(2, given_by=SOFIE)],
                  Reason.COVERED, known=REPRESENTED)),
    (THILDE, Case("R26: of where she is reached their word is enough, too",
                  [yes(1, **BY_GUARDIAN, categories={CONTACT}), yes(2, categories={CONTACT})], Reason.COVERED,
                  known=REPRESENTED, categories=frozenset({CONTACT}))),
    (THILDE, Case("R17: another ground that gives way to a no gives way to hers", [yes(1, **BY_GUARDIAN), no(2)],
                  Reason.REFUSED, known=REPRESENTED, grounds=(ground(despite_refusal=False),))),
    (THILDE, Case("R17: one that holds against a no holds against hers", [yes(1, **BY_GUARDIAN), no(2)],
                  Reason.LEGAL_GROUND, known=REPRESENTED, grounds=(ground(),))),
    (JASMIN, Case("R26: a represented child's own no closes", [yes(1, subject=JASMIN, **BY_GUARDIAN),
                  no(2, subject=JASMIN, given_by=JASMIN)], Reason.REFUSED,
                  known=replace(CHILD, representative=Holder(GUARDIAN, date(2026, 4, 1))))),
    (JASMIN, Case("R26: where her parents speak, it does not", [yes(1, **SOFIES), yes(2, **ADAMS),
                  no(3, subject=JASMIN, given_by=JASMIN)], Reason.COVERED)),
    (UNBORN, Case("R26: nor has a child to come a no of its own", [yes(1, subject=UNBORN, **BY_GUARDIAN),
                  no(2, subject=UNBORN, given_by=UNBORN)], Reason.COVERED,
                  known=replace(EXPECTED, representative=Holder(GUARDIAN, date(2026, 4, 1))))),
    (THILDE, Case("R26: theirs is none before the day", [yes(**BY_GUARDIAN)], Reason.NEEDS_NEW,
                  (replace(SPEAKS, since=date(2026, 5, 4)),),
                  replace(REPRESENTED, representative=Holder(GUARDIAN, date(2026, 5, 4))))),
    (THILDE, Case("R26: nor once nobody represents her", [yes(**BY_GUARDIAN)], Reason.NEEDS_NEW,
                  (Voice(THILDE, Capacity.SELF, date(2019, 11, 3)),), Facts(born=date(2004, 11, 3)))),
    (JASMIN, Case("R26: one who represents a child speaks alone", [yes(1, subject=JASMIN, **BY_GUARDIAN),
                  no(2, **SOFIES)], Reason.COVERED, known=replace(CHILD, representative=Holder(GUARDIAN,
                  date(2026, 4, 1))))),
    (THILDE, Case("R45: a protected name is told only if that was said", [yes(categories={CONTACT})],
                  Reason.PROTECTED, (Voice(THILDE, Capacity.SELF, date(2019, 11, 3)),),
                  Facts(born=date(2004, 11, 3), protected=True), categories=frozenset({CONTACT}))),
    (THILDE, Case("R45: and then it is", [yes(categories={CONTACT}, address=True)], Reason.COVERED,
                  known=Facts(born=date(2004, 11, 3), protected=True), categories=frozenset({CONTACT}))),
    (THILDE, Case("R45: other kinds are told", [yes()], Reason.COVERED,
                  known=Facts(born=date(2004, 11, 3), protected=True))),
    (THILDE, Case("R45: nothing is protected", [yes(categories={CONTACT})], Reason.COVERED,
                  categories=frozenset({CONTACT}))),
    (JASMIN, Case("R45: one of two knew of it", [yes(1, **WHERE, given_by=SOFIE, address=True),
                  yes(2, **WHERE, given_by=ADAM)], Reason.HOLDER_MISSING, (HIS,), PROTECTED,
                  categories=frozenset({CONTACT}))),
    (JASMIN, Case("R45: a protected one stands nearer than one to come", [yes(1, **WHERE, given_by=SOFIE),
                  yes(2, **WHERE, given_by=ADAM, valid_from=AT + DAY)], Reason.PROTECTED, (HERS, HIS), PROTECTED,
                  categories=frozenset({CONTACT}))),
]  # fmt: skip
CASES = [(JASMIN, case) for case in OF_JASMIN] + OF_OTHERS


@pytest.mark.parametrize(("subject", "case"), CASES, ids=lambda each: getattr(each, "rule", ""))
def test_each_case_has_its_reason_and_whom_to_ask(subject: PersonId, case: Case) -> None:
    known = ADULT if subject == THILDE and case.known is CHILD else case.known
    asked = question(subject=subject, categories=case.categories)
    told = answer(asked, case.held, facts={subject: known}, overrides=case.grounds)
    assert (told.reason, told.ask) == (case.reason, case.ask)
    assert {told.category} == case.categories


def test_both_parents_words_are_named() -> None:
    held = [yes(1, **SOFIES, basis={(MIDWIFE, THERAPIST): "B"}), yes(2, **ADAMS, basis={(MIDWIFE, THERAPIST): "A"})]
    told = answer(ABOUT_JASMIN, held)
    assert told.records == {consent_id(1), consent_id(2)}
    assert told.basis == ("A", "B")


def test_where_one_is_enough_just_the_word_with_the_reason_is_named() -> None:
    held = [yes(1, **SOFIES, alone=True), yes(2, **SOFIES)]
    assert answer(ABOUT_JASMIN, held).records == {consent_id(1)}
    assert answer(ABOUT_JASMIN, [*held, yes(3, **ADAMS)]).records == {consent_id(1), consent_id(2), consent_id(3)}


def test_every_no_of_both_is_named_and_no_yes() -> None:
    held = [yes(1, **SOFIES), no(2, **SOFIES), yes(3, **ADAMS, withdrawn_at=AT), no(4, **ADAMS)]
    assert answer(ABOUT_JASMIN, held).records == {consent_id(2), consent_id(3), consent_id(4)}


def test_her_own_noes_are_named_with_theirs_who_speak_for_her() -> None:
    held = [no(1, **BY_GUARDIAN), no(2), yes(3, withdrawn_at=AT), yes(4), yes(5, **BY_GUARDIAN)]
    assert answer(question(), held, facts={THILDE: REPRESENTED}).records == {
        consent_id(1),
        consent_id(2),
        consent_id(3),
    }


def test_a_missing_word_names_no_record() -> None:
    told = answer(ABOUT_JASMIN, [yes(**SOFIES)])
    assert (told.records, told.basis, told.category) == (frozenset(), (), HEALTH)


def test_what_is_not_known_of_a_person_is_never_taken_from_another() -> None:
    strangers: Mapping[PersonId, Facts] = {THILDE: Facts()}
    assert answer(question(), [yes()], facts=strangers).reason is Reason.NO_CONSENT


def test_of_somebody_nobody_has_recorded_nothing_is_told() -> None:
    """R26: not even by a word that names them: whose word it would have to be is not known."""
    told = decide(question(), Held([yes()], {}), AT)
    assert [(each.reason, each.ask) for each in told] == [(Reason.NO_CONSENT, ())]


def test_every_reason_has_a_case() -> None:
    told = {case.reason for _, case in CASES}
    assert set(Reason) - told == {Reason.CATEGORY_NOT_NAMED, Reason.RECIPIENT_NOT_NAMED}  # in test_decision.py


def test_what_a_represented_person_took_back_of_one_kind_closes_that_kind() -> None:
    """R26: their own no, however little of it there is."""
    part = Withdrawal(AT - DAY / 2, None, frozenset({HEALTH}))
    records = [yes(1, **BY_GUARDIAN), yes(2, withdrawals=(part,))]
    assert answer(question(), records, facts={THILDE: REPRESENTED}).reason is Reason.WITHDRAWN
    other = replace(part, categories=frozenset({NETWORK}))
    records = [yes(1, **BY_GUARDIAN), yes(2, categories={HEALTH, NETWORK}, withdrawals=(other,))]
    assert answer(question(), records, facts={THILDE: REPRESENTED}).reason is Reason.COVERED


def test_a_represented_person_who_took_back_a_mutual_yes_closes_the_way_back() -> None:
    records = [
        yes(1, sender=THERAPIST, recipients={MIDWIFE}, **BY_GUARDIAN),
        yes(2, mutual=True, withdrawals=(Withdrawal(AT - DAY / 2),)),
    ]
    asked = question(sender=THERAPIST, recipient=MIDWIFE)
    assert answer(asked, records, facts={THILDE: REPRESENTED}).reason is Reason.WITHDRAWN
    assert answer(asked, records[:1], facts={THILDE: REPRESENTED}).reason is Reason.COVERED
