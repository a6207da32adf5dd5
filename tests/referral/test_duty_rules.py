"""The rules of the question whether there is a duty to report: who is asked, and what is an answer (R31)."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from services.referral.domain import duty
from services.referral.domain.duty import DutyAnswer, Stated
from services.referral.domain.errors import ConcernStands, DutyUnanswered, KindRefused, WrongDay
from services.referral.domain.kinds import KINDS, Kind
from services.referral.domain.model import ReferralId, as_author
from tests.support.referrals import AT, SENDER, THILDE

SAID = {
    DutyAnswer.REPORTED: Stated(serious_concern=True, answer=DutyAnswer.REPORTED, reported_at=AT),
    DutyAnswer.WILL_REPORT: Stated(serious_concern=True, answer=DutyAnswer.WILL_REPORT),
    DutyAnswer.NO_DUTY: Stated(serious_concern=True, answer=DutyAnswer.NO_DUTY, reason="Nej."),
}
CALM = Stated(serious_concern=False)


@pytest.mark.rule("R31", enforced_by="services.referral.domain.duty:is_asked")
@pytest.mark.parametrize(("kind", "to_authority"), [*product(Kind, (False, True))])
def test_a_unit_that_writes_to_an_authority_about_somebody_is_asked_and_nobody_else(
    kind: Kind, *, to_authority: bool
) -> None:
    """R31: the family itself is never asked, nor whoever asks about nobody."""
    about_nobody = kind is Kind.SPARRING
    assert duty.is_asked(kind, SENDER, to_authority=to_authority) is (to_authority and not about_nobody)
    assert not duty.is_asked(kind, as_author(THILDE), to_authority=to_authority)


@pytest.mark.rule("R31", enforced_by="services.referral.domain.duty:lacks")
def test_silence_is_no_answer_and_neither_is_concern_alone() -> None:
    """R31: the question has been answered when nothing of it is open."""
    assert duty.lacks(None) == ["serious_concern"]
    assert duty.lacks(Stated(serious_concern=True)) == ["duty_to_report"]
    assert [duty.lacks(each) for each in (CALM, *SAID.values())] == [[]] * 4


def test_what_can_be_stated_is_of_somebody_by_a_unit_and_not_of_the_future() -> None:
    for kind, stated in product(Kind, (CALM, *SAID.values())):
        if KINDS[kind].anonymous:
            with pytest.raises(KindRefused):
                duty.check(kind, SENDER, stated, AT)
        else:
            duty.check(kind, SENDER, stated, AT)
        with pytest.raises(KindRefused):
            duty.check(kind, as_author(THILDE), stated, AT)
    with pytest.raises(DutyUnanswered):
        duty.check(Kind.ADVICE, SENDER, Stated(serious_concern=True), AT)
    with pytest.raises(WrongDay):
        duty.check(Kind.ADVICE, SENDER, SAID[DutyAnswer.REPORTED], AT - timedelta(microseconds=1))


@pytest.mark.rule("R31", enforced_by="services.referral.domain.duty:check_follows")
def test_concern_that_was_stated_is_answered_for_and_not_unsaid() -> None:
    """R31: what is seen anew is answered as such, with why."""

    def kept(stated: Stated) -> duty.Kept:
        return duty.Kept(uuid4(), ReferralId(uuid4()), stated, SENDER, "user-1", AT)

    for before in product((CALM, *SAID.values()), repeat=2):
        for after in SAID.values():
            duty.check_follows(after, [*map(kept, before)])
        if before == (CALM, CALM):
            duty.check_follows(CALM, [*map(kept, before)])
        else:
            with pytest.raises(ConcernStands):
                duty.check_follows(CALM, [*map(kept, before)])


def test_only_what_is_still_to_be_reported_is_told_again_and_again() -> None:
    assert [duty.notices(each) for each in (None, CALM, SAID[DutyAnswer.REPORTED], SAID[DutyAnswer.NO_DUTY])] == [
        []
    ] * 4
    (told,) = duty.notices(SAID[DutyAnswer.WILL_REPORT])
    assert told.startswith("Du har svaret, at du vil underrette")
