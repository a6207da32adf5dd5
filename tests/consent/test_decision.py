"""`decide`, case by case: who may be told what, and the reason that is given when the answer is no."""

from datetime import timedelta
from typing import NamedTuple

import pytest

from services.consent.domain.decision import decide
from services.consent.domain.model import Answer, Disclosure, Record
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
    consent_id,
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


def _withdrawn(number: int = 100, at_: timedelta = -DAY / 2) -> Record:
    return yes(number, withdrawn_at=AT + at_)


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
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_each_case_has_its_reason(case: Case) -> None:
    assert [answer.reason for answer in decide(case.asked, case.held, AT)] == [case.reason]


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in CASES} == set(Reason)


def test_only_covered_is_permitted() -> None:
    assert {reason for reason in Reason if Answer(HEALTH, reason).permitted} == {Reason.COVERED}


def test_each_category_is_answered_on_its_own_in_a_fixed_order() -> None:
    held = [yes(1, categories={HEALTH, NETWORK}), no(2, categories={NETWORK})]
    asked = question(categories=frozenset({NETWORK, Category.CONTACT, HEALTH}))
    assert [(answer.category, answer.reason) for answer in decide(asked, held, AT)] == [
        (Category.CONTACT, Reason.CATEGORY_NOT_NAMED),
        (HEALTH, Reason.COVERED),
        (NETWORK, Reason.REFUSED),
    ]


def test_half_a_consent_covers_its_half_only() -> None:
    held = [yes(1), yes(2, categories={NETWORK}, recipients={VISITOR})]
    answers = decide(question(categories=frozenset({HEALTH, NETWORK})), held, AT)
    assert [answer.permitted for answer in answers] == [True, False]


def test_the_answer_names_every_record_that_decided_it_and_no_other() -> None:
    opens = [yes(1), yes(2, valid_until=AT + 2 * DAY), yes(3, valid_until=AT), yes(4, categories={NETWORK})]
    assert decide(question(), opens, AT)[0].records == {consent_id(1), consent_id(2)}
    closes = [*opens, no(5), yes(6, withdrawn_at=AT), no(7, superseded_at=AT)]
    assert decide(question(), closes, AT)[0].records == {consent_id(5), consent_id(6)}


@pytest.mark.parametrize("held", [[], [yes(valid_until=AT)], [yes(categories={NETWORK})]])
def test_an_absence_names_no_record_and_no_law(held: list[Record]) -> None:
    answer = decide(question(), held, AT)[0]
    assert (answer.records, answer.basis) == (frozenset(), ())


@pytest.mark.parametrize(("asked", "law"), [(question(), "SUL § 43"), (BACK, "FVL § 28")])
def test_the_law_named_is_that_of_the_road_asked_for(asked: Disclosure, law: str) -> None:
    held = [yes(1, mutual=True, basis=LAW), yes(2, mutual=True, basis=LAW), yes(3, basis={})]
    assert decide(asked, held, AT)[0].basis == (law,)


def test_a_no_names_no_law() -> None:
    assert decide(question(), [yes(basis=LAW), no(basis=LAW)], AT)[0].basis == ()
