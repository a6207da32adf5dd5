"""Other legal grounds than consent, as data: who may use which, towards whom, and what must be written down (R74).

docs/consent.md is made from it. What is not here carries nothing: § 11 e is a meeting (R1), a concern a report (R29).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.consent.domain import errors
from services.consent.domain.model import UnitFacts
from services.consent.domain.regimes import HEALTH, OUTSIDE
from shared.vocabulary import Sector

LONGEST = timedelta(days=30)
_ALL = frozenset(Sector)
_AUTHORITIES = _ALL - OUTSIDE


class Ground(StrEnum):
    """A provision under which something may be told without consent."""

    CURRENT_TREATMENT = "sul_41_2_1"
    REQUIRED_BY_LAW = "sul_43_2_1"
    VITAL_INTEREST = "sul_43_2_2"
    FAMILY_MOVES = "bl_132"
    CHILDS_CASE = "rsl_11_c"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ground asks for.

    `despite_refusal`: it holds against a no. `informs`: the person is told, or why not is written (SUL § 43, stk. 4).
    `tries_consent`: that consent was sought comes first (RSL § 11 c, stk. 5). `elsewhere`: to another municipality.
    """

    law: str
    danish: str
    senders: frozenset[Sector]
    recipients: frozenset[Sector]
    despite_refusal: bool
    informs: bool = False
    tries_consent: bool = False
    elsewhere: bool = False


TERMS: Mapping[Ground, Terms] = {
    Ground.CURRENT_TREATMENT: Terms(
        "SUL § 41, stk. 2, nr. 1", "nødvendigt for et aktuelt behandlingsforløb", HEALTH, HEALTH,
        despite_refusal=False),
    Ground.REQUIRED_BY_LAW: Terms(
        "SUL § 43, stk. 2, nr. 1", "en lov kræver, at det fortælles", HEALTH, _AUTHORITIES,
        despite_refusal=True, informs=True),
    Ground.VITAL_INTEREST: Terms(
        "SUL § 43, stk. 2, nr. 2", "åbenbar almen interesse eller væsentlige hensyn til personen eller andre", HEALTH,
        _AUTHORITIES, despite_refusal=True, informs=True),
    Ground.FAMILY_MOVES: Terms(
        "BL § 132", "familien flytter, og myndigheden finder behov for særlig støtte",
        frozenset({Sector.MUNICIPAL_SOCIAL}), frozenset({Sector.MUNICIPAL_SOCIAL}), despite_refusal=True,
        elsewhere=True),
    Ground.CHILDS_CASE: Terms(
        "RSL § 11 c, stk. 1", "myndigheden indhenter oplysninger i en sag om et barn", _AUTHORITIES - HEALTH,
        frozenset({Sector.MUNICIPAL_SOCIAL}), despite_refusal=True, tries_consent=True),
}  # fmt: skip


def check(
    ground: Ground, sender: UnitFacts, recipients: list[UnitFacts], *, informed: bool, tried: bool, begins: datetime,
    ends: datetime, protected: bool = False,
) -> Terms:  # fmt: skip
    """Return the ground's terms, if it carries telling the recipients from `begins` to before `ends`.

    `informed`: when the person was told is written down, or why not; `tried`: how consent was sought; `protected`:
    contact is among what is told of somebody whose name or address is protected (R45).

    Raises:
        WrongGround: what does not fit, all of it.
    """
    terms = TERMS[ground]
    wants = []
    if sender.sector not in terms.senders:
        wants.append("another_sender")
    if any(each.sector not in terms.recipients for each in recipients):
        wants.append("other_recipients")
    if terms.elsewhere and (
        sender.municipality is None or any(each.municipality in {None, sender.municipality} for each in recipients)
    ):
        wants.append("another_municipality")
    if terms.informs and not informed:
        wants.append("person_informed")
    if terms.tries_consent and not tried:
        wants.append("consent_tried")
    if not begins < ends <= begins + LONGEST:
        wants.append("an_end_within_thirty_days")
    if protected:
        wants.append("contact_left_out")
    if any(each.closed for each in [sender, *recipients]):
        wants.append("open_units")
    if wants:
        raise errors.WrongGround(terms.law, wants)
    return terms
