"""The kinds of request the sectors know, and what each asks for: data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.referral.domain.lifecycle import Step


class Kind(StrEnum):
    """What a request is (seeds-000-002-004, requirements 11-24; R35, R36, R69)."""

    REFERRAL = "referral"
    SELF_REFERRAL = "self_referral"
    SPARRING = "sparring"
    ADVICE = "advice"
    BRIDGING = "bridging"
    HANDOVER = "handover"
    AGENDA_ITEM = "agenda_item"
    AUTHORITY_REQUEST = "authority_request"


_ABOUT_SOMEBODY = frozenset(
    {
        Step.ASK_FAMILY, Step.ACCEPT, Step.PUT_ON_LIST, Step.INVITE, Step.START, Step.COMPLETE, Step.FAMILY_DECLINES,
        Step.DROP_OUT, Step.NOT_REACHED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind asks for.

    `anonymous`: it is about nobody, and stores no identity (R36). `by_family`: the family itself sends it.
    `handed_over`: it starts only when the receiver has taken over, and the sender lets go only then.
    `advises`: it may end with advice alone. `books`: the recipient may take it on without a decision by the
    authority (R69). `forum`: it is dealt with at a meeting of several units.
    """

    danish: str
    anonymous: bool = False
    by_family: bool = False
    handed_over: bool = False
    advises: bool = False
    books: bool = True
    forum: bool = False

    @property
    def without(self) -> frozenset[Step]:
        """Steps it has no use for: of nobody, there is nothing to take on; what advises not, does not end so."""
        found = frozenset() if self.advises else frozenset({Step.ADVISE})
        return found | (_ABOUT_SOMEBODY if self.anonymous else frozenset())


KINDS: Mapping[Kind, Rule] = {
    Kind.REFERRAL: Rule("Henvisning til et tilbud"),
    Kind.SELF_REFERRAL: Rule("Familien henvender sig selv", by_family=True),
    Kind.SPARRING: Rule("Anonym sparring", anonymous=True, advises=True),
    Kind.ADVICE: Rule("Råd om en familie", advises=True),
    Kind.BRIDGING: Rule("Brobygning", handed_over=True),
    Kind.HANDOVER: Rule("Overlevering", handed_over=True),
    Kind.AGENDA_ITEM: Rule("Punkt på et tværfagligt møde", advises=True, forum=True),
    Kind.AUTHORITY_REQUEST: Rule("Anmodning til myndigheden", books=False),
}


class Priority(StrEnum):
    """How soon: a flag, never a state."""

    ROUTINE = "routine"
    URGENT = "urgent"
    ASAP = "asap"


class Topic(StrEnum):
    """What an anonymous consultation is about: all it keeps beside the profession, the day and the words (R36)."""

    WELLBEING = "wellbeing"
    ATTACHMENT = "attachment"
    DEVELOPMENT = "development"
    SLEEP_AND_FOOD = "sleep_and_food"
    PARENTHOOD = "parenthood"
    COUPLE = "couple"
    NETWORK = "network"
    WORK_AND_ECONOMY = "work_and_economy"
    SUBSTANCE_USE = "substance_use"
    CONCERN = "concern"
    OTHER = "other"


TOPIC_DANISH: Mapping[Topic, str] = {
    Topic.WELLBEING: "Psykisk trivsel",
    Topic.ATTACHMENT: "Tilknytning og samspil",
    Topic.DEVELOPMENT: "Barnets udvikling",
    Topic.SLEEP_AND_FOOD: "Søvn og mad",
    Topic.PARENTHOOD: "Forældrerollen",
    Topic.COUPLE: "Parforholdet",
    Topic.NETWORK: "Netværk",
    Topic.WORK_AND_ECONOMY: "Arbejde og økonomi",
    Topic.SUBSTANCE_USE: "Rusmidler",
    Topic.CONCERN: "Om en bekymring skal føre til en underretning",
    Topic.OTHER: "Andet",
}


class Relation(StrEnum):
    """How a task comes from another: the chain is kept."""

    PASSED_ON = "passed_on"
    SPLIT = "split"
    REOPENED = "reopened"


class DeclineReason(StrEnum):
    """Why a recipient says no: a closed list (anchors 3.7)."""

    NO_CAPACITY = "no_capacity"
    CRITERIA_NOT_MET = "criteria_not_met"
    WRONG_RECIPIENT = "wrong_recipient"
    MISSING_INFORMATION = "missing_information"
    FAMILY_DECLINED = "family_declined"
    ALREADY_IN_SERVICE = "already_in_service"
    OTHER = "other"


class FamilyReason(StrEnum):
    """Why a family says no thank you (seed 002, 723-726, 2890-2900): theirs, and never held against them."""

    ENOUGH_CONTACT = "enough_contact"
    TIMING = "timing"
    CHILDCARE = "childcare"
    TRANSPORT = "transport"
    APPREHENSION = "apprehension"
    NO_NEED = "no_need"
    WAITED_TOO_LONG = "waited_too_long"
    NOT_SAID = "not_said"
    OTHER = "other"


class DropOutReason(StrEnum):
    """Why a course stopped on the way; waiting is not dropping out."""

    ENOUGH_HELPED = "enough_helped"
    TIMING = "timing"
    CHILDCARE = "childcare"
    NOT_RIGHT_OFFER = "not_right_offer"
    MOVED = "moved"
    ILLNESS = "illness"
    NO_CONTACT = "no_contact"
    NOT_SAID = "not_said"
    OTHER = "other"


class Outcome(StrEnum):
    """How a task was completed."""

    GOAL_REACHED = "goal_reached"
    PARTLY_REACHED = "partly_reached"
    CONTINUES_ELSEWHERE = "continues_elsewhere"
    HANDED_OVER = "handed_over"
    ADVICE_GIVEN = "advice_given"
    DECIDED = "decided"
    OTHER = "other"


class ReopenReason(StrEnum):
    """Why a task that has ended is taken up again, as a new one."""

    FAMILY_ASKED = "family_asked"
    NEW_CONSENT = "new_consent"
    NEW_NEED = "new_need"
    ENDED_BY_MISTAKE = "ended_by_mistake"
    CAPACITY_NOW = "capacity_now"
    MOVED_BACK = "moved_back"


class WithdrawReason(StrEnum):
    """Why a task was taken back, where it was not the sender's own wish."""

    TAKEN_ELSEWHERE = "taken_elsewhere"


REASON_DANISH: Mapping[str, str] = {
    WithdrawReason.TAKEN_ELSEWHERE: "En anden nåede at tage imod først",
    DeclineReason.NO_CAPACITY: "Der er ikke plads",
    DeclineReason.CRITERIA_NOT_MET: "Tilbuddet er for andre end dem, det handler om her",
    DeclineReason.WRONG_RECIPIENT: "Det hører til et andet sted",
    DeclineReason.MISSING_INFORMATION: "Der mangler oplysninger",
    DeclineReason.FAMILY_DECLINED: "Familien vil hellere noget andet",
    DeclineReason.ALREADY_IN_SERVICE: "Familien får allerede hjælpen",
    DeclineReason.OTHER: "Andet",
    FamilyReason.ENOUGH_CONTACT: "Familien har nok kontakter lige nu",
    FamilyReason.TIMING: "Tidspunktet passer ikke",
    FamilyReason.CHILDCARE: "Der mangler børnepasning",
    FamilyReason.TRANSPORT: "Der er for langt",
    FamilyReason.APPREHENSION: "Det føles utrygt",
    FamilyReason.NO_NEED: "Der er ikke brug for det mere",
    FamilyReason.WAITED_TOO_LONG: "Ventetiden blev for lang",
    FamilyReason.NOT_SAID: "Grunden er ikke sagt",
    DropOutReason.ENOUGH_HELPED: "Familien er hjulpet nok",
    DropOutReason.NOT_RIGHT_OFFER: "Tilbuddet passede ikke",
    DropOutReason.MOVED: "Familien er flyttet",
    DropOutReason.ILLNESS: "Sygdom",
    DropOutReason.NO_CONTACT: "Kontakten gik tabt",
    Outcome.GOAL_REACHED: "Målet er nået",
    Outcome.PARTLY_REACHED: "Målet er delvis nået",
    Outcome.CONTINUES_ELSEWHERE: "Fortsætter et andet sted",
    Outcome.HANDED_OVER: "Overleveret",
    Outcome.ADVICE_GIVEN: "Der er givet råd",
    Outcome.DECIDED: "Der er truffet en beslutning",
    ReopenReason.FAMILY_ASKED: "Familien har bedt om det",
    ReopenReason.NEW_CONSENT: "Der er sagt ja igen",
    ReopenReason.NEW_NEED: "Der er et nyt behov",
    ReopenReason.ENDED_BY_MISTAKE: "Den blev afsluttet ved en fejl",
    ReopenReason.CAPACITY_NOW: "Der er plads nu",
    ReopenReason.MOVED_BACK: "Familien er flyttet tilbage",
}
