"""The child a concern is for: little need be known, but what is said must be possible (R29)."""

from datetime import date, timedelta

from services.concern.domain.errors import ChildContradicts, NotAChild
from services.concern.domain.kinds import Subject

OF_AGE = 18
# 40 weeks from the last period, and some more for a date that was reckoned wrongly.
LONGEST_AHEAD = timedelta(days=310)
# Born two weeks after the due date at the latest; one that lies further back is of a child that is born.
LONGEST_PAST = timedelta(days=30)


def must_be_possible(subject: Subject, birth_date: date | None, due_date: date | None, today: date) -> None:
    """Let pass what may be so of a child under 18, born or not; both dates may be unknown.

    Raises:
        NotAChild: it has turned 18 (BL § 133, stk. 1, nr. 1).
        ChildContradicts: a birth date of a child not born, or a due date of one that is; or a day that cannot be.
    """
    if subject is Subject.UNBORN:
        if birth_date is not None:
            raise ChildContradicts(["birth_date", "unborn"])
        if due_date is not None and not today - LONGEST_PAST <= due_date <= today + LONGEST_AHEAD:
            raise ChildContradicts(["due_date"])
        return
    if due_date is not None:
        raise ChildContradicts(["due_date", "unborn"])
    if birth_date is None:
        return
    if birth_date > today:
        raise ChildContradicts(["birth_date"])
    if (today.year - birth_date.year, today.month, today.day) >= (OF_AGE, birth_date.month, birth_date.day):
        raise NotAChild
