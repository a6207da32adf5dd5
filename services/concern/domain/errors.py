"""What can go wrong with a concern report: plain exceptions, each naming the rule it rests on.

None of them says that a report is too thin: whoever knows too little is asked, and the report goes out all the same.
"""

from collections.abc import Mapping, Sequence


class ConcernError(Exception):
    """Something about a concern report that the rules do not allow."""

    rule = ""

    @property
    def extra(self) -> Mapping[str, object]:
        """What the answer adds: the rule in docs/rules.md that decides."""
        return {"rule": self.rule} if self.rule else {}


class _Wants(ConcernError):
    """It names what would have been right."""

    def __init__(self, wants: Sequence[str]) -> None:
        super().__init__()
        self.wants = tuple(wants)

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, and the codes that would do."""
        return {"rule": self.rule, "wants": list(self.wants)}


class UnknownReport(ConcernError):
    """There is no such report for this caller."""


class NotAnonymous(ConcernError):
    """A professional reports by name."""

    rule = "R36"


class AnonymousWithName(ConcernError):
    """Somebody asks to be anonymous and says who they are: one of the two is a slip, and the name must not be kept."""

    rule = "R36"


class MunicipalityNotConnected(ConcernError):
    """No unit there takes reports in: the report is not taken, as nobody would read it."""

    rule = "R39"

    def __init__(self, municipality: str) -> None:
        super().__init__()
        self.municipality = municipality

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, and the municipality that must be told another way."""
        return {"rule": self.rule, "municipality": self.municipality}


class NotAChild(ConcernError):
    """The concern is for somebody of 18 or more."""

    rule = "R29"


class ChildContradicts(_Wants):
    """What is said of the child contradicts itself or the calendar; the fields are named."""

    rule = "R29"


class IdentifierRefused(ConcernError):
    """A number does not have the form of its kind; it may be left out."""

    rule = "R45"


class NotAReason(_Wants):
    """The reason is none that this kind of reporter reports for, or none for a child born, or not born."""

    rule = "R29"

    def __init__(self, wants: Sequence[str], rule: str = "R29") -> None:
        super().__init__(wants)
        self.rule = rule


class NotAnAuthority(ConcernError):
    """Only the authority tells another municipality that a family in need of support has moved there."""

    rule = "R37"


class SameMunicipality(ConcernError):
    """A family has not moved when the municipality it goes to is the one that tells."""

    rule = "R37"


class SummaryMissing(ConcernError):
    """The authority of the old municipality sends a summary of its assessments along."""

    rule = "R37"


class SummaryNotAsked(ConcernError):
    """A summary of an authority's assessments comes only from the authority of the old municipality."""

    rule = "R37"


class WrongState(ConcernError):
    """That step is not possible from there; the steps that are, are named."""

    rule = "R32"

    def __init__(self, state: str, allowed: Sequence[str]) -> None:
        super().__init__()
        self.state, self.allowed = state, tuple(allowed)

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, where the report stands, and the steps that are possible."""
        return {"rule": self.rule, "state": self.state, "allowed": list(self.allowed)}


class NotYourStep(ConcernError):
    """It is possible, but another party's to take."""

    rule = "R32"


class AssessFirst(ConcernError):
    """Whether the child is in danger is answered before the report is passed on or closed."""

    rule = "R32"


class AcuteWithoutDanger(ConcernError):
    """Acute measures are for a child in danger: one answer contradicts the other."""

    rule = "R32"


class OriginalKept(ConcernError):
    """What was first said stays as it was; whoever said it may add to it, or correct it, and both are kept."""

    rule = "R57"


class ReportEnded(ConcernError):
    """The authority is done with it: a new concern is a new report, and is never held back by an old one."""

    rule = "R29"


class NothingToCorrect(ConcernError):
    """A correction names something that this report does not hold, or that was corrected before."""

    rule = "R57"


class AlreadyAcknowledged(ConcernError):
    """The reporter has been told before that the report is received."""

    rule = "R32"


class PassedToItself(ConcernError):
    """A report is passed on to another municipality than the one that has it."""

    rule = "R39"


class OutcomesContradict(_Wants):
    """What came of it is nothing, or something; not both, and not silence."""

    rule = "R33"


class ParentsUnanswered(ConcernError):
    """Whether the parents were told, or why not, is answered before the report is closed."""

    rule = "R73"


class NotInformed(_Wants):
    """Either the parents were told, when and by whom, or a reason from the list why not."""

    rule = "R73"


class ToldInTheFuture(ConcernError):
    """It is said to have happened later than now."""

    rule = "R73"


class NoFeedbackHere(ConcernError):
    """This kind of reporter is told that the report is received, and no more."""

    rule = "R33"


class FeedbackIncomplete(_Wants):
    """Something that the reporter shall be told, or the reason for not telling it, is missing."""

    rule = "R33"


class FeedbackContradicts(ConcernError):
    """It is told and withheld at once, or tells of help that has not begun."""

    rule = "R33"


class DialogueNeedsName(ConcernError):
    """Nobody meets a family without a name; the report itself may be sent without one."""

    rule = "R31"


class DialogueNotAhead(ConcernError):
    """The meeting is planned for a moment that has been."""

    rule = "R31"


class DialogueIncomplete(_Wants):
    """A dialogue meeting has both understandings, those who must be there, and agreed steps with owner and day."""

    rule = "R31"


class DialogueNotOpen(ConcernError):
    """The meeting was held, declined or called off before."""

    rule = "R31"


class UnknownMunicipality(ConcernError):
    """There is no municipality of that code."""

    rule = "R46"


class NotTheAuthority(ConcernError):
    """Only the authority of a municipality decides who takes its reports in, and sees which of them are late."""

    rule = "R32"


class NotAReception(ConcernError):
    """What takes reports in is an open unit of the same municipality that decides on help after barnets lov."""

    rule = "R32"


class OnePersonTwice(ConcernError):
    """Who is responsible for the reports is not the one who hears when they are late."""

    rule = "R32"


class FactsPointElsewhere(ConcernError):
    """By what is said of where the child belongs, another municipality acts than the one it would be passed on to."""

    rule = "R39"

    def __init__(self, municipality: str) -> None:
        super().__init__()
        self.municipality = municipality

    @property
    def extra(self) -> Mapping[str, object]:
        """The rule, and the municipality that would act."""
        return {"rule": self.rule, "municipality": self.municipality}
