"""What can go wrong with a referral: plain exceptions with typed fields."""

from collections.abc import Mapping, Sequence


class ReferralError(Exception):
    """Something the rules of referral do not allow."""

    @property
    def extra(self) -> Mapping[str, object]:
        """What the answer adds."""
        return {}


class NotAParty(ReferralError):
    """The referral or task is not there, or not this caller's: the same to whoever asks."""


class WrongState(ReferralError):
    """The task does not allow that step from where it stands.

    `state` is None where the caller may not hear of it: then it is not told which steps are allowed either.
    """

    def __init__(self, state: str | None, allowed: Sequence[str]) -> None:
        super().__init__(state)
        self.state = state
        self.allowed = allowed

    @property
    def extra(self) -> Mapping[str, object]:
        """The state, and the steps it allows."""
        return {"state": self.state, "allowed": list(self.allowed)}


class NotYourTurn(ReferralError):
    """That step is another party's to take."""


class UnknownRecipient(ReferralError):
    """A named recipient is not a unit in the directory."""


class ClosedUnit(ReferralError):
    """The unit it is for is not there that day; whoever took over is another recipient (R19).

    `closed` says of each who took over, in Danish.
    """

    def __init__(self, closed: Sequence[Mapping[str, str | None]]) -> None:
        super().__init__()
        self.closed = closed

    @property
    def extra(self) -> Mapping[str, object]:
        """The units that are closed."""
        return {"closed": self.closed}


class OwnUnitClosed(ClosedUnit):
    """The caller's own unit is not there that day: it sends nothing and reads nothing more."""


class SenderAmongRecipients(ReferralError):
    """A unit cannot refer to itself."""


class UnknownSubject(ReferralError):
    """A message speaks of somebody the referral is not about."""


class SeenInTheFuture(ReferralError):
    """The family cannot have seen the words later than now."""


class KindRefused(ReferralError):
    """The request does not fit its kind; `lacks` says what is missing or too much, in codes."""

    def __init__(self, kind: str, lacks: Sequence[str]) -> None:
        super().__init__(kind)
        self.kind = kind
        self.lacks = lacks

    @property
    def extra(self) -> Mapping[str, object]:
        """The kind, and what it lacks."""
        return {"kind": self.kind, "lacks": list(self.lacks)}


class UnknownOffer(ReferralError):
    """An offer is not in the directory, or has ended; `offers` says which."""

    def __init__(self, offers: Sequence[str]) -> None:
        super().__init__()
        self.offers = offers

    @property
    def extra(self) -> Mapping[str, object]:
        """Which."""
        return {"offers": list(self.offers)}


class NeedsAuthority(ReferralError):
    """An offer after barnets lov §§ 30-32 is not booked: it is asked of the authority (R35, R69).

    `offers` says of each why, in Danish, and which units take such a request.
    """

    def __init__(self, offers: Sequence[Mapping[str, object]]) -> None:
        super().__init__()
        self.offers = offers

    @property
    def extra(self) -> Mapping[str, object]:
        """Which, why, and whom to ask."""
        return {"offers": list(self.offers)}


class DutyUnanswered(ReferralError):
    """The sender has not answered whether there is a duty to report (R29, R31); `lacks` says what, in codes.

    `asked` holds the question itself, the provision, and where a report is made.
    """

    def __init__(self, lacks: Sequence[str], asked: Mapping[str, object]) -> None:
        super().__init__(lacks)
        self.lacks = lacks
        self.asked = asked

    @property
    def extra(self) -> Mapping[str, object]:
        """What has no answer, and the question."""
        return {"lacks": list(self.lacks), **self.asked}


class ConcernStands(ReferralError):
    """Serious concern has been stated: it is answered for, and not unsaid (R31)."""


class StepRefused(ReferralError):
    """The step is possible from here, but something it rests on is missing; `lacks` says what, in codes."""

    def __init__(self, lacks: Sequence[str]) -> None:
        super().__init__()
        self.lacks = lacks

    @property
    def extra(self) -> Mapping[str, object]:
        """What is missing."""
        return {"lacks": list(self.lacks)}


class AlreadyThere(ReferralError):
    """The unit has an open task of this referral already."""


class UnknownPiece(ReferralError):
    """The piece is not there, is another's, or has been corrected already."""


class UnknownMessage(ReferralError):
    """The message it answers is not an open question to the one who answers, in this task."""


class IdentityRefused(ReferralError):
    """An anonymous consultation holds something that points to a person (R36)."""


class ReferralClosed(ReferralError):
    """Its sender has closed the request: it adds nothing more, and is asked nothing more."""


class TooMuch(ReferralError):
    """The request holds as many pieces as a request may hold: `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    @property
    def extra(self) -> Mapping[str, object]:
        """How many."""
        return {"most": self.most}


class Corrected(ReferralError):
    """The piece has been corrected already."""


class StillOpen(ReferralError):
    """The referral cannot be closed while somebody has not taken over."""


class UnknownUnit(ReferralError):
    """The unit named is not in the directory."""


class SinceInTheFuture(ReferralError):
    """The day from which something holds has not come yet."""


class RunClosed(ReferralError):
    """The run takes nobody more."""


class RunFull(ReferralError):
    """Every place of the run is taken."""

    def __init__(self, places: int) -> None:
        super().__init__(places)
        self.places = places

    @property
    def extra(self) -> Mapping[str, object]:
        """How many places it has."""
        return {"places": self.places}


class PlacesTaken(ReferralError):
    """A run cannot have fewer places than are taken."""

    def __init__(self, taken: int) -> None:
        super().__init__(taken)
        self.taken = taken

    @property
    def extra(self) -> Mapping[str, object]:
        """How many are taken."""
        return {"taken": self.taken}


class UnknownWebhook(ReferralError):
    """The webhook is not there, or another unit's: the same to whoever asks."""


class WebhookRefused(ReferralError):
    """Nothing is sent to that address; `why` says in a code what is wrong, never what the address leads to."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    @property
    def extra(self) -> Mapping[str, object]:
        """What is wrong with it."""
        return {"why": self.why}


class TooManyWebhooks(ReferralError):
    """The unit has as many webhooks as a unit may have."""


class AttachmentRefused(ReferralError):
    """A file is not taken; `why` is one of a closed list, `said` the same in Danish (`attachments.refusal`)."""

    def __init__(self, why: str, said: str) -> None:
        super().__init__(why)
        self.why = why
        self.said = said

    @property
    def extra(self) -> Mapping[str, object]:
        """Why, as a code, and what to do about it in Danish."""
        return {"why": self.why, "said": self.said}


class NotScannedYet(ReferralError):
    """The virus scanner has not answered yet."""


class NotInvited(ReferralError):
    """A unit that is named is no party here that the caller may name."""


class WrongDay(ReferralError):
    """A day lies where it cannot: `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

    @property
    def extra(self) -> Mapping[str, object]:
        """Which day."""
        return {"field": self.field}


class UnknownCheck(ReferralError):
    """What is ticked is not on the checklist."""
