"""`decide`, case by case, of a grown person's own words: who may be told what, and why not when the answer is no.

Whoever speaks for another is in test_voices.py, what happens as time goes in test_timeline.py.
"""

from datetime import timedelta
from typing import NamedTuple

import pytest

from services.consent.domain.decision import RULE_OF
from services.consent.domain.model import Answer, Disclosure, Override, Record, UnitId, Withdrawal
from shared.vocabulary import Category, Purpose, Reason
from tests.support.consents import (
    AT,
    DAY,
    HEALTH,
    JONATHAN,
    MIDWIFE,
    MOMENT,
    NETWORK,
    OTHER_NEED,
    THERAPIST,
    VISITOR,
    answer,
    answers,
    consent_id,
    ground,
    no,
    question,
    yes,
)

BOTH = frozenset({THERAPIST, VISITOR})
BACK = question(sender=THERAPIST, recipient=MIDWIFE, back=True)
LAW = {(MIDWIFE, THERAPIST): "SUL § 43", (THERAPIST, MIDWIFE): "FVL § 28"}


class Case(NamedTuple):
    """A rule: what is held, what is asked, and the reason that must come out."""

    rule: str
    held: list[Record]
    reason: Reason
    asked: Disclosure = question()
    grounds: tuple[Override, ...] = ()


def _withdrawn(number: int = 100, at_: timedelta = -DAY / 2) -> Record:
    return yes(number, withdrawn_at=AT + at_)


def _partly(recipients: set[UnitId] | None = None, categories: set[Category] | None = None) -> tuple[Withdrawal, ...]:
    """Return a withdrawal at AT of what is told to some, or of some kinds."""
    to = None if recipients is None else frozenset(recipients)
    of = None if categories is None else frozenset(categories)
    return (Withdrawal(AT, to, of),)


CASES = [
    Case("R21: nothing said is a no", [], Reason.NO_CONSENT),
    Case("R19: a consent that names all of it covers", [yes()], Reason.COVERED),
    Case("R19: one of several recipients is named", [yes(recipients=BOTH)], Reason.COVERED),
    Case("R19: another recipient is not named", [yes(recipients={VISITOR})], Reason.RECIPIENT_NOT_NAMED),
    Case("R59: what was said to another sender is not this one's to hear of", [yes(sender=VISITOR)],
         Reason.NO_CONSENT),
    Case("R19: another category is not named", [yes(categories={NETWORK})], Reason.CATEGORY_NOT_NAMED),
    Case("R20: a consent to another purpose is none", [yes(purpose=Purpose.PRACTICAL_HELP)], Reason.NO_CONSENT),
    Case("R20: a consent under another need is none", [yes(need=OTHER_NEED)], Reason.NO_CONSENT),
    Case("R26: another person's consent is none", [yes(subject=JONATHAN)], Reason.NO_CONSENT),
    Case("R16: it holds from its first moment", [yes(valid_from=AT)], Reason.COVERED),
    Case("R16: not a moment before", [yes(valid_from=AT + MOMENT)], Reason.NOT_YET),
    Case("R16: it holds to its last moment", [yes(valid_until=AT + MOMENT)], Reason.COVERED),
    Case("R16: and no longer", [yes(valid_until=AT)], Reason.EXPIRED),
    Case("R16: a yes without an end never opens", [yes(valid_until=None)], Reason.EXPIRED),
    Case("R16: what is promised stands nearer than what ended",
         [yes(1, valid_until=AT), yes(2, valid_from=AT + DAY, valid_until=AT + 2 * DAY)], Reason.NOT_YET),
    Case("R16: one that ended does not spoil one in force", [yes(1, valid_until=AT), yes(2)], Reason.COVERED),
    Case("R19: to ask the named for more stands nearer than to name a new one",
         [yes(1, recipients={VISITOR}), yes(2, categories={NETWORK})], Reason.CATEGORY_NOT_NAMED),
    Case("R16: the category ended, though another runs", [yes(1, valid_until=AT), yes(2, categories={NETWORK})],
         Reason.EXPIRED),
    Case("R24: a refusal closes", [no()], Reason.REFUSED),
    Case("R24: a refusal beats an earlier yes", [yes(valid_from=AT - 2 * DAY), no()], Reason.REFUSED),
    Case("R24: a refusal beats a later yes", [yes(), no(valid_from=AT - 2 * DAY)], Reason.REFUSED),
    Case("R24: a refusal holds from its first moment", [yes(), no(valid_from=AT)], Reason.REFUSED),
    Case("R24: a refusal to come does not close yet", [yes(), no(valid_from=AT + MOMENT)], Reason.COVERED),
    Case("R24: a refusal of one purpose closes for every purpose", [yes(), no(purpose=Purpose.PRACTICAL_HELP)],
         Reason.REFUSED),
    Case("R24: a refusal of one category leaves the others", [yes(), no(categories={NETWORK})], Reason.COVERED),
    Case("R24: a refusal of another recipient leaves this one", [yes(), no(recipients={VISITOR})], Reason.COVERED),
    Case("R24: a refusal to another sender leaves this one", [yes(), no(sender=VISITOR)], Reason.COVERED),
    Case("R20: a refusal under another need leaves this one", [yes(), no(need=OTHER_NEED)], Reason.COVERED),
    Case("R26: one person's refusal does not close another's", [yes(), no(subject=JONATHAN)], Reason.COVERED),
    Case("R24: a refusal that was taken back is over", [yes(), no(withdrawn_at=AT)], Reason.COVERED),
    Case("R20: but what was said before it does not come back",
         [yes(valid_from=AT - DAY - MOMENT), no(withdrawn_at=AT)], Reason.EXPIRED),
    Case("R24: a refusal that will be taken back closes still", [yes(), no(withdrawn_at=AT + MOMENT)],
         Reason.REFUSED),
    Case("R24: alone, a refusal taken back is no yes", [no(withdrawn_at=AT)], Reason.NO_CONSENT),
    Case("R23: a withdrawal closes", [_withdrawn()], Reason.WITHDRAWN),
    Case("R23: from its very moment", [_withdrawn(at_=timedelta())], Reason.WITHDRAWN),
    Case("R23: not before", [_withdrawn(at_=MOMENT)], Reason.COVERED),
    Case("R23: a withdrawal beats another yes that overlaps", [_withdrawn(1), yes(2)], Reason.WITHDRAWN),
    Case("R23: whichever was first", [_withdrawn(1), yes(2, valid_from=AT - 2 * DAY)], Reason.WITHDRAWN),
    Case("R23: a withdrawal is not forgotten when the period ends",
         [yes(1, valid_until=AT - MOMENT, withdrawn_at=AT - DAY / 2), yes(2)], Reason.WITHDRAWN),
    Case("R23: nor does a withdrawal before the period open it",
         [yes(1, valid_from=AT - DAY / 2, withdrawn_at=AT - DAY)], Reason.WITHDRAWN),
    Case("R23: it closes just the categories it named",
         [yes(1, categories={NETWORK}, withdrawn_at=AT - DAY), yes(2)], Reason.COVERED),
    Case("R20: a withdrawal for another purpose leaves this one",
         [yes(1, purpose=Purpose.PRACTICAL_HELP, withdrawn_at=AT - DAY), yes(2)], Reason.COVERED),
    Case("R23: what is taken back towards one recipient", [yes(recipients=BOTH, withdrawals=_partly({THERAPIST}))],
         Reason.WITHDRAWN),
    Case("R23: leaves the other", [yes(recipients=BOTH, withdrawals=_partly({VISITOR}))], Reason.COVERED),
    Case("R23: what is taken back of one kind",
         [yes(categories={HEALTH, NETWORK}, withdrawals=_partly(None, {HEALTH}))], Reason.WITHDRAWN),
    Case("R23: leaves the others", [yes(categories={HEALTH, NETWORK}, withdrawals=_partly(None, {NETWORK}))],
         Reason.COVERED),
    Case("R23: of one kind towards one recipient leaves that kind to the other",
         [yes(recipients=BOTH, withdrawals=_partly({VISITOR}, {HEALTH}))], Reason.COVERED),
    Case("R23: and the other kinds to that one",
         [yes(categories={HEALTH, NETWORK}, withdrawals=_partly({THERAPIST}, {NETWORK}))], Reason.COVERED),
    Case("R23: and takes just that", [yes(recipients=BOTH, withdrawals=_partly({THERAPIST}, {HEALTH}))],
         Reason.WITHDRAWN),
    Case("R23: towards one recipient, the way back from it too",
         [yes(mutual=True, recipients=BOTH, withdrawals=_partly({THERAPIST}))], Reason.WITHDRAWN, BACK),
    Case("R23: the way back from the other stays", [yes(mutual=True, recipients=BOTH, withdrawals=_partly({VISITOR}))],
         Reason.COVERED, BACK),
    Case("R23: naming the sender as recipient takes nothing", [yes(mutual=True, withdrawals=_partly({MIDWIFE}))],
         Reason.COVERED, BACK),
    Case("R23: a part taken back beats another yes to that part",
         [yes(1, recipients=BOTH, withdrawals=_partly({THERAPIST})), yes(2)], Reason.WITHDRAWN),
    Case("R23: two parts are both taken back",
         [yes(recipients=BOTH, withdrawals=(*_partly({VISITOR}), *_partly({THERAPIST})))], Reason.WITHDRAWN),
    Case("R23: a refusal may be taken back towards one", [yes(), no(recipients=BOTH, withdrawals=_partly({THERAPIST}))],
         Reason.COVERED),
    Case("R23: and holds towards the other", [yes(), no(recipients=BOTH, withdrawals=_partly({VISITOR}))],
         Reason.REFUSED),
    Case("R20: a part that a later word lifts", [
         yes(1, withdrawals=(Withdrawal(AT - DAY, None, frozenset({HEALTH})),), superseded_at=AT - DAY / 2),
         yes(2, valid_from=AT - DAY / 2)], Reason.COVERED),
    Case("R23: a part withdrawn before, another after the word that stands for it", [
         yes(1, withdrawals=(Withdrawal(AT - DAY), *_partly({THERAPIST})), superseded_at=AT - DAY / 2), yes(2)],
         Reason.WITHDRAWN),
    Case("R23: whichever was written down first", [
         yes(1, withdrawals=(*_partly({THERAPIST}), Withdrawal(AT - DAY)), superseded_at=AT - DAY / 2), yes(2)],
         Reason.WITHDRAWN),
    Case("R23: both ways agreed by the other, of one kind: its withdrawal closes both ways of that kind",
         [yes(1), yes(2, sender=THERAPIST, recipients={MIDWIFE}, mutual=True, withdrawals=_partly(None, {HEALTH}))],
         Reason.WITHDRAWN),
    Case("R20: one kind withdrawn and lifted: what was said before of that kind is spent",
         [yes(1, withdrawals=(Withdrawal(AT - DAY, None, frozenset({HEALTH})),), superseded_at=AT - DAY / 2),
          yes(2, valid_from=AT - 2 * DAY)], Reason.EXPIRED),
    Case("R20: of another kind it is not",
         [yes(1, categories={HEALTH, NETWORK}, withdrawals=(Withdrawal(AT - DAY, None, frozenset({NETWORK})),),
              superseded_at=AT - DAY / 2), yes(2, valid_from=AT - 2 * DAY)], Reason.COVERED),
    Case("R23: one kind withdrawn after the word that stands for it",
         [yes(1, superseded_at=AT - DAY / 2, withdrawals=_partly(None, {HEALTH})), yes(2)], Reason.WITHDRAWN),
    Case("R20: withdrawn and lifted in the same moment is lifted",
         [yes(1, withdrawn_at=AT - DAY / 2, superseded_at=AT - DAY / 2), yes(2, valid_from=AT - DAY / 2)],
         Reason.COVERED),
    Case("R20: a refusal taken back as it was said spends what was said before",
         [yes(), no(valid_from=AT, withdrawn_at=AT)], Reason.EXPIRED),
    Case("R20: one taken back before it would have begun spends nothing",
         [yes(), no(valid_from=AT + MOMENT, withdrawn_at=AT)], Reason.COVERED),
    Case("R17: not against one kind withdrawn", [yes(withdrawals=_partly(None, {HEALTH}))], Reason.WITHDRAWN,
         grounds=(ground(despite_refusal=False),)),
    Case("R17: nor withdrawn by the other way of both",
         [yes(sender=THERAPIST, recipients={MIDWIFE}, mutual=True, withdrawals=_partly(None, {HEALTH}))],
         Reason.WITHDRAWN, grounds=(ground(despite_refusal=False),)),
    Case("R24: refused is said before withdrawn", [_withdrawn(), no()], Reason.REFUSED),
    Case("R20: a later word lifts a refusal it names", [no(superseded_at=AT - DAY), yes()], Reason.COVERED),
    Case("R20: from its very moment", [no(superseded_at=AT), yes()], Reason.COVERED),
    Case("R20: not before", [no(superseded_at=AT + MOMENT), yes()], Reason.REFUSED),
    Case("R20: a later word lifts a withdrawal it names",
         [yes(1, withdrawn_at=AT - DAY, superseded_at=AT - DAY / 2), yes(2)], Reason.COVERED),
    Case("R20: what was said before the refusal does not come back with its lifting",
         [yes(valid_from=AT - 2 * DAY), no(superseded_at=AT - DAY / 2)], Reason.EXPIRED),
    Case("R20: nor does what was said before the withdrawal",
         [yes(1, valid_from=AT - 2 * DAY, withdrawn_at=AT - DAY, superseded_at=AT - DAY / 2),
          yes(2, valid_from=AT - DAY - MOMENT)], Reason.EXPIRED),
    Case("R20: another category was never closed",
         [yes(valid_from=AT - 2 * DAY), no(categories={NETWORK}, superseded_at=AT)], Reason.COVERED),
    Case("R20: nor by a lifted refusal on another road",
         [yes(valid_from=AT - 2 * DAY), no(recipients={VISITOR}, superseded_at=AT)], Reason.COVERED),
    Case("R20: nor by a consent that was superseded and never withdrawn",
         [yes(1, superseded_at=AT), yes(2, valid_from=AT - 2 * DAY)], Reason.COVERED),
    Case("R23: a withdrawal said after the word that supersedes it bites",
         [yes(1, superseded_at=AT - DAY / 2, withdrawn_at=AT - DAY / 2 + MOMENT), yes(2)], Reason.WITHDRAWN),
    Case("R23: but not before it is said",
         [yes(1, superseded_at=AT - DAY / 2, withdrawn_at=AT + MOMENT), yes(2)], Reason.COVERED),
    Case("R28: a yes that was invalidated opens nothing", [yes(invalidated_at=AT)], Reason.NEEDS_NEW),
    Case("R28: nor once its time is up is that all there is to say",
         [yes(invalidated_at=AT - DAY / 2, valid_until=AT)], Reason.NEEDS_NEW),
    Case("R28: not before", [yes(invalidated_at=AT + MOMENT)], Reason.COVERED),
    Case("R28: another stands", [yes(1, invalidated_at=AT), yes(2)], Reason.COVERED),
    Case("R24: a refusal is never invalidated", [yes(), no(invalidated_at=AT - DAY)], Reason.REFUSED),
    Case("R23: nor a withdrawal", [yes(1, withdrawn_at=AT - DAY / 2, invalidated_at=AT - DAY / 2), yes(2)],
         Reason.WITHDRAWN),
    Case("R20: a superseded yes opens nothing", [yes(superseded_at=AT)], Reason.NO_CONSENT),
    Case("R20: nor is it near to a yes", [yes(1, superseded_at=AT), yes(2, recipients={VISITOR})],
         Reason.RECIPIENT_NOT_NAMED),
    Case("R15: one way is not both ways", [yes()], Reason.RECIPIENT_NOT_NAMED, BACK),
    Case("R15: both ways there", [yes(mutual=True)], Reason.COVERED),
    Case("R15: both ways back", [yes(mutual=True)], Reason.COVERED, BACK),
    Case("R15: both ways, from any named recipient", [yes(mutual=True, recipients=BOTH)], Reason.COVERED,
         question(sender=VISITOR, recipient=MIDWIFE, back=True)),
    Case("R18: a recipient's own word of both ways opens nothing that was told to it",
         [yes(sender=THERAPIST, recipients={MIDWIFE}, mutual=True)], Reason.RECIPIENT_NOT_NAMED,
         question(back=False)),
    Case("R23: but its withdrawal closes both ways that were agreed",
         [yes(1), yes(2, sender=THERAPIST, recipients={MIDWIFE}, mutual=True, withdrawn_at=AT)], Reason.WITHDRAWN),
    Case("R15: recipients never tell one another", [yes(mutual=True, recipients=BOTH)], Reason.RECIPIENT_NOT_NAMED,
         question(sender=THERAPIST, recipient=VISITOR, back=True)),
    Case("R23: a withdrawal of both ways closes the way back", [yes(1, mutual=True, withdrawn_at=AT),
         yes(2, sender=THERAPIST, recipients={MIDWIFE})], Reason.WITHDRAWN, BACK),
    Case("R23: a withdrawal of one way leaves the way back",
         [yes(1, withdrawn_at=AT), yes(2, sender=THERAPIST, recipients={MIDWIFE})], Reason.COVERED, BACK),
    Case("R24: a refusal closes the way back too", [yes(sender=THERAPIST, recipients={MIDWIFE}), no()],
         Reason.REFUSED, BACK),
    Case("R24: a refusal of two recipients leaves the road between them",
         [yes(sender=THERAPIST, recipients={VISITOR}), no(recipients=BOTH)], Reason.COVERED,
         question(sender=THERAPIST, recipient=VISITOR)),
    Case("R28: a consent to one's own pregnancy is none to the child's", [yes(categories={Category.PREGNANCY})],
         Reason.CATEGORY_NOT_NAMED, question(categories=frozenset({Category.CHILD_DEVELOPMENT}))),
    Case("R19: a purpose born later is covered by no earlier word",
         [yes(purpose=purpose) for purpose in Purpose if purpose is not Purpose.DAYCARE_START], Reason.NO_CONSENT,
         question(purpose=Purpose.DAYCARE_START)),
    Case("R45: a kind that says nothing of the address needs no word on it", [yes(address=True)], Reason.COVERED),
    Case("R17: another legal ground carries what no consent covers", [], Reason.LEGAL_GROUND, grounds=(ground(),)),
    Case("R17: where consent covers it, consent is the reason", [yes()], Reason.COVERED, grounds=(ground(),)),
    Case("R17: it holds from its first moment", [], Reason.LEGAL_GROUND, grounds=(ground(valid_from=AT),)),
    Case("R17: not before", [], Reason.NO_CONSENT, grounds=(ground(valid_from=AT + MOMENT),)),
    Case("R17: to its last moment", [], Reason.LEGAL_GROUND, grounds=(ground(valid_until=AT + MOMENT),)),
    Case("R17: and no longer", [], Reason.NO_CONSENT, grounds=(ground(valid_until=AT),)),
    Case("R17: once it is taken off it carries nothing", [], Reason.NO_CONSENT, grounds=(ground(revoked_at=AT),)),
    Case("R17: not before", [], Reason.LEGAL_GROUND, grounds=(ground(revoked_at=AT + MOMENT),)),
    Case("R17: it carries nothing from another sender", [], Reason.NO_CONSENT, grounds=(ground(sender=VISITOR),)),
    Case("R17: nor to another recipient", [], Reason.NO_CONSENT, grounds=(ground(recipients=frozenset({VISITOR})),)),
    Case("R17: nor of another kind", [], Reason.NO_CONSENT, grounds=(ground(categories=frozenset({NETWORK})),)),
    Case("R17: nor under another need", [], Reason.NO_CONSENT, grounds=(ground(need=OTHER_NEED),)),
    Case("R17: nor about another person", [], Reason.NO_CONSENT, grounds=(ground(subject=JONATHAN),)),
    Case("R17: nor back again", [], Reason.NO_CONSENT, BACK, (ground(),)),
    Case("R17: one that holds against a no does", [no()], Reason.LEGAL_GROUND, grounds=(ground(),)),
    Case("R17: and against a withdrawal", [_withdrawn()], Reason.LEGAL_GROUND, grounds=(ground(),)),
    Case("R17: one that does not, does not", [no()], Reason.REFUSED, grounds=(ground(despite_refusal=False),)),
    Case("R17: nor against a withdrawal", [_withdrawn()], Reason.WITHDRAWN, grounds=(ground(despite_refusal=False),)),
    Case("R17: but where nothing was said it does", [], Reason.LEGAL_GROUND, grounds=(ground(despite_refusal=False),)),
    Case("R17: and where the no was about another kind", [no(categories={NETWORK})], Reason.LEGAL_GROUND,
         grounds=(ground(despite_refusal=False),)),
    Case("R17: or towards another", [no(recipients={VISITOR})], Reason.LEGAL_GROUND,
         grounds=(ground(despite_refusal=False),)),
    Case("R17: and where the no was taken back", [no(withdrawn_at=AT)], Reason.LEGAL_GROUND,
         grounds=(ground(despite_refusal=False),)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_each_case_has_its_reason(case: Case) -> None:
    assert answer(case.asked, case.held, overrides=case.grounds).reason is case.reason


def test_each_reason_names_its_rule() -> None:
    assert {reason.value: RULE_OF[reason] for reason in Reason} == {
        "covered": "R19", "legal_ground": "R74", "no_consent": "R15", "nobody_to_ask": "R28",
        "recipient_not_named": "R19", "category_not_named": "R19", "protected": "R45", "needs_new": "R28",
        "not_yet": "R16", "expired": "R16", "holder_missing": "R27", "refused": "R24", "withdrawn": "R23",
    }  # fmt: skip


@pytest.mark.rule("R1", enforced_by=("shared.vocabulary:Reason", "services.consent.domain.model:Answer"))
def test_only_two_reasons_permit() -> None:
    """R1: that there was a meeting is none of them."""
    opens = {Reason.COVERED, Reason.LEGAL_GROUND}
    assert {reason for reason in Reason if Answer(HEALTH, reason).permitted} == opens
    assert {reason for reason in Reason if reason.permits} == opens


def test_each_category_is_answered_on_its_own_in_a_fixed_order() -> None:
    held = [yes(1, categories={HEALTH, NETWORK}), no(2, categories={NETWORK})]
    asked = question(categories={NETWORK, Category.CONTACT, HEALTH})
    assert [(each.category, each.reason) for each in answers(asked, held)] == [
        (Category.CONTACT, Reason.CATEGORY_NOT_NAMED),
        (HEALTH, Reason.COVERED),
        (NETWORK, Reason.REFUSED),
    ]


def test_half_a_consent_covers_its_half_only() -> None:
    held = [yes(1), yes(2, categories={NETWORK}, recipients={VISITOR})]
    told = answers(question(categories={HEALTH, NETWORK}), held)
    assert [each.permitted for each in told] == [True, False]


def test_the_answer_names_every_record_that_decided_it_and_no_other() -> None:
    opens = [yes(1), yes(2, valid_until=AT + 2 * DAY), yes(3, valid_until=AT), yes(4, categories={NETWORK})]
    assert answer(question(), opens).records == {consent_id(1), consent_id(2)}
    closes = [*opens, no(5), yes(6, withdrawn_at=AT), no(7, superseded_at=AT)]
    assert answer(question(), closes).records == {consent_id(5), consent_id(6)}


def test_a_legal_ground_names_every_ground_that_carries_it_and_its_law() -> None:
    grounds = [ground(1, law="B"), ground(2, law="A"), ground(3, law="B"), ground(4, valid_until=AT, law="C")]
    told = answer(question(), [no()], overrides=grounds)
    assert told.records == {consent_id(1), consent_id(2), consent_id(3)}
    assert told.basis == ("A", "B")
    assert (told.category, told.ask) == (HEALTH, ())


def test_against_a_no_only_those_that_hold_against_it_are_named() -> None:
    grounds = [ground(1), ground(2, despite_refusal=False)]
    assert answer(question(), [no()], overrides=grounds).records == {consent_id(1)}
    assert answer(question(), [], overrides=grounds).records == {consent_id(1), consent_id(2)}


@pytest.mark.parametrize("held", [[], [yes(valid_until=AT)], [yes(categories={NETWORK})]])
def test_an_absence_names_no_record_and_no_law(held: list[Record]) -> None:
    told = answer(question(), held)
    assert (told.records, told.basis) == (frozenset(), ())


@pytest.mark.parametrize(("asked", "law"), [(question(), "SUL § 43"), (BACK, "FVL § 28")])
def test_the_law_named_is_that_of_the_road_asked_for(asked: Disclosure, law: str) -> None:
    held = [yes(1, mutual=True, basis=LAW), yes(2, mutual=True, basis=LAW), yes(3, basis={})]
    assert answer(asked, held).basis == (law,)


def test_two_laws_are_named_in_order() -> None:
    held = [yes(1, basis={(MIDWIFE, THERAPIST): "B"}), yes(2, basis={(MIDWIFE, THERAPIST): "A"})]
    assert answer(question(), held).basis == ("A", "B")


def test_a_no_names_no_law() -> None:
    assert answer(question(), [yes(basis=LAW), no(basis=LAW)]).basis == ()
