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
    """A question is the recipient's to ask, an answer the sender's to give."""


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
