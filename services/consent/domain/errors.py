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


class WithoutCustody(ConsentError):
    """The giver does not hold custody of the child, or did not when it was said."""

    rule = "R26"


class NobodyToAsk(ConsentError):
    """Nobody is recorded who may speak for the child."""

    rule = "R28"


class NotAChoice(ConsentError):
    """Nobody chose it: it was ticked beforehand, or taken from silence."""

    rule = "R21"


class TooWide(ConsentError):
    """It names so many kinds that it names none."""

    rule = "R20"


class TooManyWords(ConsentError):
    """There are more words about this person under this need than anybody says."""

    rule = "R20"


class WholeOrganisation(ConsentError):
    """An organisation with many kinds of units is named as recipient: which of them is not said."""

    rule = "R19"


class UnknownNotice(ConsentError):
    """The text that was shown is none that is kept."""

    rule = "R19"


class NothingToDoAlone(ConsentError):
    """A reason why one custody holder is enough was given where nobody else is asked."""

    rule = "R27"


class AddressIsProtected(ConsentError):
    """Contact is named though name or address is protected, and it was not said that it is told along."""

    rule = "R45"


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


class BornOrExpected(ConsentError):
    """A person is either born on a day, or expected by a mother on a day."""

    rule = "R43"


class AlreadyBorn(ConsentError):
    """The birth has been recorded before."""

    rule = "R28"


class ImpossibleBirth(ConsentError):
    """The day of birth is still to come, or too far from the due date."""

    rule = "R28"


class NotAChild(ConsentError):
    """Custody is held of a child that is born and under eighteen."""

    rule = "R27"


class SpokenFor(ConsentError):
    """Somebody else is recorded as speaking for the person."""

    rule = "R26"


class UnknownMunicipality(ConsentError):
    """There is no municipality of that code."""

    rule = "R46"


class AlreadyNoted(ConsentError):
    """It has been noted before."""


class LiftedANo(ConsentError):
    """It stands for an earlier no: taken for nothing, it would leave that no lifted by nothing."""

    rule = "R24"


class NotForThisUnit(ConsentError):
    """A unit outside the authorities records what decides who speaks for somebody, or what protects them."""

    rule = "R59"


class NoRepresentative(ConsentError):
    """Nobody is their own representative, and the pregnant woman alone speaks for a child not born."""

    rule = "R26"


class LiftsTooMuch(ConsentError):
    """It names a no as superseded that it does not cover all of: part of that no would be lifted by nothing said."""

    rule = "R20"


class WrongHolders(ConsentError):
    """Custody is held by one or two persons of fifteen or more, each named once."""

    rule = "R27"


class ImpossibleDay(ConsentError):
    """It holds from a day that is still to come, or from before it could."""


class IdentifierRefused(ConsentError):
    """An identifier is not of the form its kind has, or does not fit the date of birth."""

    rule = "R40"


class IdentifierTaken(ConsentError):
    """The identifier is another person's: are they one?"""

    rule = "R42"


class NoCprForThisUnit(ConsentError):
    """A unit outside the authorities sent a civil registration number."""

    rule = "R45"


class CannotMerge(ConsentError):
    """The two records cannot be one person's, or are one already."""

    rule = "R42"


class NotMerged(ConsentError):
    """There is no merger to undo."""

    rule = "R42"


class NothingWithdrawn(ConsentError):
    """What would be taken back is not in the word."""

    rule = "R23"


class WrongGround(ConsentError):
    """The legal ground does not fit who tells whom, or what it asks for is not there."""

    rule = "R74"

    def __init__(self, law: str, wants: Sequence[str]) -> None:
        super().__init__(law)
        self.law = law
        self.wants = wants

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, the provision and what it wants."""
        return {"rule": self.rule, "law": self.law, "wants": list(self.wants)}


class UnknownOverride(ConsentError):
    """There is no such exchange without consent for this caller."""


class UnknownReminder(ConsentError):
    """There is no such reminder for this caller."""
