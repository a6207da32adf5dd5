"""What the law, or the rules made from it, do not allow of a meeting under § 11 e; each names its rule."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.consent.domain.errors import ConsentError


class Section11eError(ConsentError):
    """Something about a meeting under § 11 e that is not allowed; the attempt is on the ledger."""

    @property
    def about(self) -> Mapping[str, object]:
        """What the ledger keeps of it beside the code: ids only."""
        return {}


class NotAParty(Section11eError):
    """A unit the law does not name was asked to take part, or asked itself (R2); the lawful ways are told (R3)."""

    rule = "R3"

    def __init__(self, refused: Mapping[str, str]) -> None:
        super().__init__()
        self.refused = refused

    @property
    def extra(self) -> Mapping[str, object]:
        """Each refused unit with why, in Danish, and what is lawful instead."""
        return {"rule": self.rule, "refused": [{"unit": u, "says": s} for u, s in self.refused.items()],
                "instead": list(INSTEAD)}  # fmt: skip

    @property
    def about(self) -> Mapping[str, object]:
        """The refused units."""
        return {"units": sorted(self.refused)}


# The lawful alternatives of R3: rule, where, and in Danish.
INSTEAD: Sequence[Mapping[str, str]] = (
    {"rule": "R15", "address": "/api/v1/consents", "says": "Spørg familien om samtykke til det, der er brug for."},
    {"rule": "R29", "address": "/api/v1/concern-reports",
     "says": "Er der grund til bekymring for et barn, gælder underretningspligten (barnets lov § 133)."},
    {"rule": "R17", "address": "/api/v1/overrides",
     "says": "En sundhedsperson kan i særlige tilfælde fortælle det nødvendige (sundhedslovens § 43, stk. 2)."},
)  # fmt: skip


class AgreementMissing(Section11eError):
    """A private unit takes part only for a task it has agreed to solve for an authority, and says which (R2)."""

    rule = "R2"

    def __init__(self, units: Sequence[str]) -> None:
        super().__init__()
        self.units = units

    @property
    def extra(self) -> Mapping[str, object]:
        """The units whose agreement is not named."""
        return {"rule": self.rule, "units": list(self.units)}

    @property
    def about(self) -> Mapping[str, object]:
        """The units."""
        return {"units": sorted(self.units)}


class OtherMunicipality(AgreementMissing):
    """A unit of another municipality takes part only for a reason that is written down (R2)."""


class UnbornChild(Section11eError):
    """The child is not born, and § 11 e speaks of a child (R8); the municipality has recorded no other basis."""

    rule = "R8"


class NotAChild(Section11eError):
    """Whom it is about is eighteen or older (R8)."""

    rule = "R8"


class ConsentNotTried(Section11eError):
    """Consent was neither asked for and refused, nor impossible for a reason that is written down (R9)."""

    rule = "R9"


class WrongPurpose(Section11eError):
    """There is one purpose, and it is not this one (R4)."""

    rule = "R4"


class NecessityMissing(Section11eError):
    """Nobody wrote why it is necessary (R5)."""

    rule = "R5"


class WrongAttendees(Section11eError):
    """Too many to be necessary, too few to be a meeting, or somebody twice (R5, R10)."""

    rule = "R5"


class WrongTime(Section11eError):
    """It begins in the past or too far ahead, ends before it begins, or lasts longer than a meeting does (R12)."""

    rule = "R12"


class Overlapping(Section11eError):
    """There is a meeting about this child at that time already (R6)."""

    rule = "R6"


class AlreadyCalled(Section11eError):
    """The matter's first meeting is called already; there is one (R6)."""

    rule = "R6"


class NewMatterNeedsReason(Section11eError):
    """There was a matter about this child before: another needs a reason, and a leader's approval (R6)."""

    rule = "R6"

    def __init__(self, earlier: Sequence[Mapping[str, object]]) -> None:
        super().__init__()
        self.earlier = earlier

    @property
    def extra(self) -> Mapping[str, object]:
        """The earlier matters: when, in which municipality, and which meetings were held."""
        return {"rule": self.rule, "earlier": list(self.earlier)}


class FollowUpTooSoon(Section11eError):
    """A follow-up comes after a first meeting that was held (R7)."""

    rule = "R7"


class SpecialReasonMissing(Section11eError):
    """A follow-up is for special circumstances, and nobody wrote which (R7)."""

    rule = "R7"


class Exhausted(Section11eError):
    """The matter's meeting and its follow-up are spent: there is no third, ever (R7)."""

    rule = "R7"

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, and the lawful ways that are left."""
        return {"rule": self.rule, "instead": [each for each in INSTEAD if each["rule"] != "R17"]}


class NotApproved(Section11eError):
    """A leader has not approved it yet, or said no (R6, R7)."""

    rule = "R7"


class NotTheirsToApprove(Section11eError):
    """Who called it cannot approve it, nor can a leader of another municipality (R7)."""

    rule = "R7"


class RoomClosed(Section11eError):
    """The meeting has not begun, is over, or the caller is not in the room (R12)."""

    rule = "R12"

    def __init__(self, begins: datetime, ends: datetime) -> None:
        super().__init__()
        self.begins = begins
        self.ends = ends

    @property
    def extra(self) -> Mapping[str, object]:
        """When the room is open."""
        return {"rule": self.rule, "starts_at": self.begins.isoformat(), "ends_at": self.ends.isoformat()}


class ElsewherePresent(Section11eError):
    """The person is in another meeting's room (R12)."""

    rule = "R12"


class SharingNotChosen(Section11eError):
    """Who brings something has chosen to share: nobody has to (R10)."""

    rule = "R10"


class TooMuchBrought(Section11eError):
    """More was brought than is necessary in one meeting (R5)."""

    rule = "R5"


class WrongState(Section11eError):
    """The meeting or matter is not where this can be done; `allowed` says what can (R6)."""

    rule = "R6"

    def __init__(self, state: str, allowed: Sequence[str]) -> None:
        super().__init__()
        self.state = state
        self.allowed = allowed

    @property
    def extra(self) -> Mapping[str, object]:
        """Where it stands, and what can be done."""
        return {"rule": self.rule, "state": self.state, "allowed": list(self.allowed)}


class NotInformed(Section11eError):
    """Neither when the parents were told nor why they are not, or both, or a moment that cannot be (R14)."""

    rule = "R14"


class BasisMissing(Section11eError):
    """A municipality counts the unborn in only with its legal basis recorded (R8)."""

    rule = "R8"


class UnknownMeeting(ConsentError):
    """There is no such meeting or matter for this caller."""
