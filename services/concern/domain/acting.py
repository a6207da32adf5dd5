"""Which municipality acts (handlekommune): what the reporter knows is enough; what is lacking is asked for (R39)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Custody(StrEnum):
    """Who holds custody of the child, and whether they live together."""

    ONE = "one"
    JOINT_TOGETHER = "joint_together"
    JOINT_APART = "joint_apart"


class Living(StrEnum):
    """How a child lives whose parents live apart and both hold custody."""

    MOSTLY_ONE = "mostly_one"
    EQUALLY = "equally"
    DISPUTED = "disputed"


class Basis(StrEnum):
    """Why a municipality acts."""

    CUSTODY_HOLDER = "custody_holder"
    LIVES_MOST = "lives_most"
    CPR_ADDRESS = "cpr_address"
    CPR_ADDRESS_FOR_NOW = "cpr_address_for_now"
    MOTHER = "mother"
    KEEPS_OLD = "keeps_old"
    STAYS_THERE = "stays_there"


class Missing(StrEnum):
    """What would have to be known to say which municipality acts."""

    CUSTODY = "custody"
    HOLDER_MUNICIPALITY = "holder_municipality"
    LIVING = "living"
    MOSTLY_IN = "mostly_in"
    CPR_MUNICIPALITY = "cpr_municipality"
    MOTHER_MUNICIPALITY = "mother_municipality"
    BEFORE_SHELTER = "before_shelter"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reporter knows, as best they know it; municipalities by code.

    `stays_in` is where the child, or the pregnant woman, is: the one thing that is always said. `holder_in` is where
    the custody holder lives, or both together. `in_shelter`: the mother, or the parent the child stays with, lives in
    a crisis centre or the like, and `before_shelter` is where they came from. None: the reporter does not know.
    """

    stays_in: str
    unborn: bool = False
    custody: Custody | None = None
    holder_in: str | None = None
    living: Living | None = None
    mostly_in: str | None = None
    cpr_in: str | None = None
    mother_in: str | None = None
    in_shelter: bool = False
    before_shelter: str | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """The municipality that acts, why, and in Danish; `missing` is what nobody has said and would settle it.

    `for_now`: another may turn out to be the right one, and this one acts until then.
    """

    municipality: str
    basis: Basis
    says: str
    missing: tuple[Missing, ...] = ()

    @property
    def for_now(self) -> bool:
        """Whether it acts until more is known, or a dispute is settled."""
        return self.basis in _FOR_NOW


_FOR_NOW = frozenset({Basis.STAYS_THERE, Basis.CPR_ADDRESS_FOR_NOW})
_LAW = "retssikkerhedslovens §§ 9 og 9 a"
BASIS_DANISH: Mapping[Basis, str] = {
    Basis.CUSTODY_HOLDER: f"Barnet hører til i den kommune, hvor forældremyndighedens indehaver bor ({_LAW}).",
    Basis.LIVES_MOST: "Forældrene bor hver for sig og har forældremyndigheden sammen. Barnet hører til i kommunen hos "
    f"den forælder, det bor mest hos ({_LAW}).",
    Basis.CPR_ADDRESS: "Barnet bor lige meget hos begge forældre. Det hører til i den kommune, hvor det har sin "
    f"folkeregisteradresse ({_LAW}).",
    Basis.CPR_ADDRESS_FOR_NOW: "Det er ikke afklaret, hvem barnet bor mest hos. Kommunen, hvor barnet har sin "
    "folkeregisteradresse, handler foreløbigt (retssikkerhedslovens § 9, stk. 8).",
    Basis.MOTHER: f"Et barn, der ikke er født endnu, hører til i den kommune, hvor den gravide bor ({_LAW}).",
    Basis.KEEPS_OLD: "Den, barnet følger, bor på krisecenter eller lignende. Kommunen, hun eller han kom fra, handler "
    "stadig (retssikkerhedslovens § 9, stk. 3).",
    Basis.STAYS_THERE: "Det er ikke oplyst, hvilken kommune barnet hører til i. Underretningen går til kommunen, hvor "
    "barnet eller den gravide opholder sig. Den vurderer straks og kan sende videre.",
}
MISSING_DANISH: Mapping[Missing, str] = {
    Missing.CUSTODY: "Hvem har forældremyndigheden, og bor de sammen?",
    Missing.HOLDER_MUNICIPALITY: "I hvilken kommune bor den, der har forældremyndigheden?",
    Missing.LIVING: "Bor barnet mest hos den ene forælder, lige meget hos begge, eller er de uenige om det?",
    Missing.MOSTLY_IN: "I hvilken kommune bor den forælder, barnet bor mest hos?",
    Missing.CPR_MUNICIPALITY: "I hvilken kommune har barnet sin folkeregisteradresse?",
    Missing.MOTHER_MUNICIPALITY: "I hvilken kommune bor den gravide?",
    Missing.BEFORE_SHELTER: "Hvilken kommune kom de fra, før de flyttede på krisecenter eller lignende?",
}


def acting_municipality(facts: Facts) -> Acting:
    """Return the municipality that acts, and on what basis (RSL §§ 9, 9 a); never refuses.

    Where too little is known, it is the one where the child or the pregnant woman is: it assesses within 24 hours as
    any other, and passes the report on when it knows more. Only what would settle it is asked for, one thing after
    the other.
    """
    basis, municipality, lacking = _settled(facts)
    if municipality is None:
        return Acting(facts.stays_in, Basis.STAYS_THERE, BASIS_DANISH[Basis.STAYS_THERE], (lacking,))
    return Acting(municipality, basis, BASIS_DANISH[basis])


def _settled(facts: Facts) -> tuple[Basis, str | None, Missing]:
    """Return what would decide, the municipality it points to if that is known, and else what to ask."""
    if facts.in_shelter:
        return Basis.KEEPS_OLD, facts.before_shelter, Missing.BEFORE_SHELTER
    if facts.unborn:
        return Basis.MOTHER, facts.mother_in, Missing.MOTHER_MUNICIPALITY
    if facts.custody is None:
        return Basis.STAYS_THERE, None, Missing.CUSTODY
    if facts.custody is Custody.JOINT_APART:
        return _apart(facts)
    return Basis.CUSTODY_HOLDER, facts.holder_in, Missing.HOLDER_MUNICIPALITY


def _apart(facts: Facts) -> tuple[Basis, str | None, Missing]:
    """Return the same for parents who live apart and hold custody together."""
    if facts.living is None:
        return Basis.STAYS_THERE, None, Missing.LIVING
    if facts.living is Living.MOSTLY_ONE:
        return Basis.LIVES_MOST, facts.mostly_in, Missing.MOSTLY_IN
    equal = facts.living is Living.EQUALLY
    return Basis.CPR_ADDRESS if equal else Basis.CPR_ADDRESS_FOR_NOW, facts.cpr_in, Missing.CPR_MUNICIPALITY
