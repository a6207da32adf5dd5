"""A report is passed on to the municipality that acts (R39): by what is known, and with what of the parents goes along.

The words stay the same ones, read by the one that has the report now. Its clocks begin anew (`clocks.passed_on`).
"""

from collections.abc import Iterable

from services.concern.domain.acting import Acting, Facts, acting_municipality
from services.concern.domain.errors import FactsPointElsewhere
from services.concern.domain.informing import Informer, Informing


def must_act(facts: Facts, to: str) -> Acting:
    """Return why that municipality acts, by what is known of where the child belongs (RSL §§ 9, 9 a).

    Said twice, by code and by facts: what is sent to the wrong municipality cannot be unsent.

    Raises:
        FactsPointElsewhere: by those facts another one does.
    """
    acting = acting_municipality(facts)
    if acting.municipality != to:
        raise FactsPointElsewhere(acting.municipality)
    return acting


def carried(answers: Iterable[Informing]) -> list[Informing]:
    """Return what goes along of whether the parents know: that they were told, and what the reporter said.

    Why the first authority did not tell them binds no other: the one that acts now answers for itself.
    """
    return [each for each in answers if each.informed_at is not None or each.by is Informer.REPORTER]
