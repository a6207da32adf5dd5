"""The law between a sender and a receiver, as data: what R15 says, a row a regime. docs/consent.md is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.consent.domain.model import Regime
from shared.vocabulary import Purpose, Sector

HEALTH = frozenset({Sector.MUNICIPAL_HEALTH, Sector.REGIONAL_HEALTH, Sector.PRIVATE_HEALTH})
OUTSIDE = frozenset({Sector.CIVIL_SOCIETY, Sector.PRIVATE})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of R15: its letter, whether it must be in writing, why, and what else may carry it."""

    letter: str
    between: str
    written: bool
    form: str
    longest: str
    without_consent: str


ROWS: Mapping[Regime, Row] = {
    Regime.HEALTH_TO_HEALTH: Row(
        "A", "health → health, for treatment", written=False, form="oral or written",
        longest="a year, by policy (R16)", without_consent="SUL § 41, stk. 2, nr. 1, unless the patient objects"),
    Regime.HEALTH_TO_OTHER: Row(
        "B", "health → everybody else", written=True, form="written; oral with a reason (SUL § 44, stk. 1)",
        longest="a year, by law (SUL § 44, stk. 2)", without_consent="SUL § 43, stk. 2, nr. 1 and 2"),
    Regime.AUTHORITY_TO_AUTHORITY: Row(
        "C", "municipal, not health → other authority", written=False, form="any, provable",
        longest="a year, by policy (R16)", without_consent="RSL § 11 c; barnets lov § 132; § 11 e at a meeting"),
    Regime.COLLECTION: Row(
        "D", "an authority asks for it", written=False, form="any, provable, beforehand",
        longest="a year, by policy (R16)", without_consent="RSL § 11 c, after trying to get consent (stk. 5)"),
    Regime.TO_CIVIL_SOCIETY: Row(
        "E", "anybody → civil society or private", written=True, form="written, by policy; oral with a reason",
        longest="a year, by policy (R16)", without_consent="nothing"),
    Regime.FROM_CIVIL_SOCIETY: Row(
        "F", "civil society or private → authority", written=False, form="any, provable",
        longest="a year, by policy (R16)", without_consent="barnets lov § 135: a concern, never as a referral"),
}  # fmt: skip


# What counts as treatment: prevention and health promotion do (SUL § 5), a place in daycare does not.
TREATMENT = frozenset({Purpose.EARLY_SUPPORT, Purpose.HEALTH_FOLLOW_UP})


def regime(
    sender: Sector, recipient: Sector, purpose: Purpose = Purpose.EARLY_SUPPORT, *, collected: bool = False
) -> Regime:
    """Return which law governs what `sender` tells `recipient` (R15); `collected`: an authority asked for it."""
    if recipient in OUTSIDE:
        return Regime.TO_CIVIL_SOCIETY
    if collected and recipient is Sector.MUNICIPAL_SOCIAL:
        return Regime.COLLECTION if sender not in HEALTH else Regime.HEALTH_TO_OTHER
    if sender in OUTSIDE:
        return Regime.FROM_CIVIL_SOCIETY
    if sender not in HEALTH:
        return Regime.AUTHORITY_TO_AUTHORITY
    return Regime.HEALTH_TO_HEALTH if recipient in HEALTH and purpose in TREATMENT else Regime.HEALTH_TO_OTHER


def must_be_written(governing: Regime) -> bool:
    """Say whether the row wants it in writing."""
    return ROWS[governing].written
