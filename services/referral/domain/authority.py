"""Which offers nobody but the authority can open: those after barnets lov §§ 30-32 (R35, R69)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.referral.domain.errors import NeedsAuthority, UnknownOffer
from services.referral.domain.kinds import Rule


@dataclass(frozen=True, slots=True)
class Way:
    """A unit that decides, and for whom, in Danish."""

    unit: str
    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Hoped:
    """What the directory says of an offer that matters here.

    `provisions` are those under which the authority assesses or decides first, as a lawyer writes them; without one
    the offer can be referred to by anybody. `gaps` say where the directory knows no authority. `unit` has the offer.
    """

    offer: str
    name: str
    ended: bool = False
    provisions: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    gaps: tuple[str, ...] = ()
    unit: str | None = None

    def told(self) -> Mapping[str, object]:
        """Return, with Danish words, why it is a request to the authority and which units take that."""
        why = " og ".join(self.provisions)
        ask = [{"unit": each.unit, "name": each.name, "says": each.says} for each in self.ways]
        says = f"»{self.name}« gives efter {why}. Myndigheden vurderer det først, og derfor er det en anmodning."
        return {"offer": self.offer, "provisions": list(self.provisions), "says": says, "ask": ask,
                "gaps": list(self.gaps)}  # fmt: skip


def must_be_there(asked: Collection[str], known: Mapping[str, Hoped]) -> None:
    """Let pass offers that the directory knows and that have not ended.

    Raises:
        UnknownOffer: there are others among them.
    """
    gone = [each for each in asked if each not in known or known[each].ended]
    if gone:
        raise UnknownOffer(sorted(set(gone)))


def must_not_book(
    asked: Collection[str], known: Mapping[str, Hoped], rule: Rule, *, from_authority: bool, to_authority: bool
) -> None:
    """Let pass what books nothing that the authority decides.

    Advice, a meeting's point and the request to the authority book nothing, and the authority may book what it has
    decided. A family that turns to the authority itself has come to the right door.

    Raises:
        NeedsAuthority: an offer after barnets lov §§ 30-32 is hoped for (R35, R69).
    """
    free = not rule.books or rule.advises or rule.anonymous or from_authority or (rule.by_family and to_authority)
    found = [] if free else [known[each] for each in sorted(set(asked)) if each in known and known[each].provisions]
    if found:
        raise NeedsAuthority([each.told() for each in found])
