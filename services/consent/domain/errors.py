"""What can go wrong with a person's word: plain exceptions, each naming the rule it rests on."""

from collections.abc import Mapping, Sequence


class ConsentError(Exception):
    """Something about a consent that the rules do not allow."""

    rule = ""

    @property
    def extra(self) -> Mapping[str, object]:
        """What the answer adds: the rule in docs/rules.md that decides."""
        return {"rule": self.rule}


class ForeignSender(ConsentError):
    """A unit recorded a consent to something another unit would tell."""

    rule = "R18"


class UnknownUnit(ConsentError):
    """A sender or recipient is not a unit the directory knows."""

    rule = "R19"


class ClosedUnit(ConsentError):
    """A sender or recipient is not there that day; whoever took over is another, and is asked about anew (R20)."""

    rule = "R19"

    def __init__(self, closed: Sequence[Mapping[str, str | None]]) -> None:
        super().__init__()
        self.closed = closed

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, and of each closed unit who took over, in Danish."""
        return {"rule": self.rule, "closed": self.closed}


class SenderAmongRecipients(ConsentError):
    """The sender cannot be its own recipient."""

    rule = "R19"


class NotToldOfWithdrawal(ConsentError):
    """The giver was not told of the right to withdraw."""

    rule = "R19"


class TooLong(ConsentError):
    """It would hold for more than a year."""

    rule = "R16"


class EndsBeforeItBegins(ConsentError):
    """It would have ended before it was given."""

    rule = "R16"


class GivenInTheFuture(ConsentError):
    """It is said to be given later than now."""

    rule = "R24"


class NotTheirOwnWord(ConsentError):
    """Only the person the information is about may consent here."""

    rule = "R26"


class TooYoung(ConsentError):
    """The giver is under fifteen."""

    rule = "R26"


class MustBeWritten(ConsentError):
    """The law wants this in writing, and no reason was recorded why it is not."""

    rule = "R15"


class OralNoteMissing(ConsentError):
    """An oral word needs a note of where, when and what was said."""

    rule = "R24"


class UnknownPerson(ConsentError):
    """There is no such person for this caller."""


class UnknownConsent(ConsentError):
    """There is no such consent for this caller."""


class AlreadyWithdrawn(ConsentError):
    """It has been withdrawn before."""

    rule = "R23"


class SupersedesAnother(ConsentError):
    """It names as superseded something that is not this person's, this need's, this sender's, or not earlier."""

    rule = "R20"


class LoginTaken(ConsentError):
    """That login belongs to another person."""


class BornInTheFuture(ConsentError):
    """The date of birth is still to come, or lies before living memory."""
