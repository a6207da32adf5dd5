"""The closed lists of Familiebro. A word that a newer service adds is kept as it came, and never sent."""

from enum import StrEnum
from typing import Self


class OpenList(StrEnum):
    """A closed list that a later version may extend: in an answer, an unknown word is a member with that value."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_ = "UNKNOWN"
        made._value_ = value
        return made

    @property
    def is_known(self) -> bool:
        """True for a word that this version of the client knows."""
        return self._name_ in type(self).__members__


class Category(OpenList):
    """A kind of information about one person (oplysningskategori)."""

    CONTACT = "contact"
    PREGNANCY = "pregnancy"
    CARE_LEVEL = "care_level"
    HEALTH = "health"
    WELLBEING = "wellbeing"
    SUBSTANCE_USE = "substance_use"
    UPBRINGING = "upbringing"
    NETWORK = "network"
    COUPLE = "couple"
    PARENTHOOD = "parenthood"
    EDUCATION_WORK = "education_work"
    HOUSING_ECONOMY = "housing_economy"
    CHILD_DEVELOPMENT = "child_development"
    OWN_WISH = "own_wish"
    COURSE = "course"


class Purpose(OpenList):
    """What information is exchanged for (formål)."""

    EARLY_SUPPORT = "early_support"
    HEALTH_FOLLOW_UP = "health_follow_up"
    DAYCARE_START = "daycare_start"
    PRACTICAL_HELP = "practical_help"


class Reason(OpenList):
    """Why information may be told, or may not."""

    COVERED = "covered"
    LEGAL_GROUND = "legal_ground"
    NO_CONSENT = "no_consent"
    NOBODY_TO_ASK = "nobody_to_ask"
    RECIPIENT_NOT_NAMED = "recipient_not_named"
    CATEGORY_NOT_NAMED = "category_not_named"
    PROTECTED = "protected"
    NEEDS_NEW = "needs_new"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    HOLDER_MISSING = "holder_missing"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Kind(OpenList):
    """What a request is: a referral (henvisning), anonymous consultation (sparring), bridging (brobygning) and more."""

    REFERRAL = "referral"
    SELF_REFERRAL = "self_referral"
    SPARRING = "sparring"
    ADVICE = "advice"
    BRIDGING = "bridging"
    HANDOVER = "handover"
    AGENDA_ITEM = "agenda_item"
    AUTHORITY_REQUEST = "authority_request"


class DutyAnswer(OpenList):
    """What the sender answers when asked whether there is a duty to report (underretningspligt)."""

    REPORTED = "reported"
    WILL_REPORT = "will_report"
    NO_DUTY = "no_duty"


class Priority(OpenList):
    """How soon."""

    ROUTINE = "routine"
    URGENT = "urgent"
    ASAP = "asap"


class Topic(OpenList):
    """What an anonymous consultation is about."""

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


class TaskState(OpenList):
    """Where a recipient's task stands."""

    DRAFT = "draft"
    AWAITING_CONSENT = "awaiting_consent"
    SENT = "sent"
    RECEIVED = "received"
    IN_DIALOGUE = "in_dialogue"
    AWAITING_FAMILY = "awaiting_family"
    ALTERNATIVE_PROPOSED = "alternative_proposed"
    REDIRECT_PROPOSED = "redirect_proposed"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    FAMILY_DECLINED = "family_declined"
    DROPPED_OUT = "dropped_out"
    NOT_REACHED = "not_reached"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"
    NEVER_SENT = "never_sent"
    CONSENT_ENDED = "consent_ended"
    ENTERED_IN_ERROR = "entered_in_error"


class Turn(OpenList):
    """Whose move it is."""

    FAMILY = "family"
    SENDER = "sender"
    RECIPIENT = "recipient"
    NOBODY = "nobody"


class Party(OpenList):
    """Who takes a step or must answer."""

    FAMILY = "family"
    SENDER = "sender"
    RECIPIENT = "recipient"
    SYSTEM = "system"


class MessageKind(OpenList):
    """What a message in the thread is for."""

    QUESTION = "question"
    ANSWER = "answer"
    CLARIFICATION = "clarification"
    ADVICE = "advice"
    PROPOSAL = "proposal"
    INVITATION = "invitation"
    MEETING = "meeting"
    AFTERCARE = "aftercare"
    ATTACHMENT = "attachment"
    NO_THANK_YOU = "no_thank_you"


class Happening(OpenList):
    """What has happened to a task, as the feed and webhooks tell it."""

    SENT = "sent"
    RECEIVED = "received"
    IN_DIALOGUE = "in_dialogue"
    AWAITING_FAMILY = "awaiting_family"
    ALTERNATIVE_PROPOSED = "alternative_proposed"
    REDIRECT_PROPOSED = "redirect_proposed"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    FAMILY_DECLINED = "family_declined"
    DROPPED_OUT = "dropped_out"
    NOT_REACHED = "not_reached"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"
    NEVER_SENT = "never_sent"
    CONSENT_ENDED = "consent_ended"
    ENTERED_IN_ERROR = "entered_in_error"
    QUESTION = "question"
    ANSWER = "answer"
    CLARIFICATION = "clarification"
    ADVICE = "advice"
    PROPOSAL = "proposal"
    INVITATION = "invitation"
    MEETING = "meeting"
    AFTERCARE = "aftercare"
    ATTACHMENT = "attachment"
    NO_THANK_YOU = "no_thank_you"
    REFERRAL_ARRIVED = "referral_arrived"
    INFORMATION_ADDED = "information_added"
    CORRECTED = "corrected"
    CONSENT_CHANGED = "consent_changed"
    CLOSED = "closed"
    ATTACHMENT_REFUSED = "attachment_refused"
    MEETING_ANSWERED = "meeting_answered"
    MEETING_CONFIRMED = "meeting_confirmed"
    MEETING_CANCELLED = "meeting_cancelled"
    STEP_AGREED = "step_agreed"
    STEP_DONE = "step_done"
    HANDOVER_CHANGED = "handover_changed"
    TAKEN_OVER = "taken_over"
    ON_AGENDA = "on_agenda"
    QUESTION_WAITS = "question_waits"
    DUE_SOON = "due_soon"
    LATE = "late"
    ESCALATED = "escalated"


class Label(OpenList):
    """What a piece is within its message."""

    FAMILYS_VIEW = "familys_view"
    PROFESSIONALS_VIEW = "professionals_view"
    NEXT_STEP = "next_step"
    PLAN = "plan"


class Scale(OpenList):
    """The level scales in use."""

    TOPI = "topi"
    BOERNELINEALEN = "boernelinealen"
    PREGNANCY_CARE = "pregnancy_care"


class Relation(OpenList):
    """How a task comes from another."""

    PASSED_ON = "passed_on"
    SPLIT = "split"
    REOPENED = "reopened"


class DeclineReason(OpenList):
    """Why a recipient says no."""

    NO_CAPACITY = "no_capacity"
    CRITERIA_NOT_MET = "criteria_not_met"
    WRONG_RECIPIENT = "wrong_recipient"
    MISSING_INFORMATION = "missing_information"
    FAMILY_DECLINED = "family_declined"
    ALREADY_IN_SERVICE = "already_in_service"
    OTHER = "other"


class FamilyReason(OpenList):
    """Why a family says no thank you."""

    ENOUGH_CONTACT = "enough_contact"
    TIMING = "timing"
    CHILDCARE = "childcare"
    TRANSPORT = "transport"
    APPREHENSION = "apprehension"
    NO_NEED = "no_need"
    WAITED_TOO_LONG = "waited_too_long"
    NOT_SAID = "not_said"
    OTHER = "other"


class DropOutReason(OpenList):
    """Why a course stopped on the way."""

    ENOUGH_HELPED = "enough_helped"
    TIMING = "timing"
    CHILDCARE = "childcare"
    NOT_RIGHT_OFFER = "not_right_offer"
    MOVED = "moved"
    ILLNESS = "illness"
    NO_CONTACT = "no_contact"
    NOT_SAID = "not_said"
    OTHER = "other"


class Outcome(OpenList):
    """How a task was completed."""

    GOAL_REACHED = "goal_reached"
    PARTLY_REACHED = "partly_reached"
    CONTINUES_ELSEWHERE = "continues_elsewhere"
    HANDED_OVER = "handed_over"
    ADVICE_GIVEN = "advice_given"
    DECIDED = "decided"
    OTHER = "other"


class ReopenReason(OpenList):
    """Why a task that has ended is taken up again."""

    FAMILY_ASKED = "family_asked"
    NEW_CONSENT = "new_consent"
    NEW_NEED = "new_need"
    ENDED_BY_MISTAKE = "ended_by_mistake"
    CAPACITY_NOW = "capacity_now"
    MOVED_BACK = "moved_back"


class MediaType(OpenList):
    """What may be attached."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"


class AttachmentState(OpenList):
    """Where a file stands."""

    AWAITING_CONTENT = "awaiting_content"
    SCANNING = "scanning"
    CLEAN = "clean"
    REFUSED = "refused"


class Why(OpenList):
    """Why a file is not taken."""

    NAME_DIFFERS = "name_differs"
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    SIZE_DIFFERS = "size_differs"
    BROKEN = "broken"
    TOO_MUCH_INSIDE = "too_much_inside"
    MORE_BEHIND = "more_behind"
    TELLS_WHERE = "tells_where"
    LOCKED = "locked"
    ACTIVE_CONTENT = "active_content"
    FILES_INSIDE = "files_inside"
    INFECTED = "infected"
    TOO_MANY = "too_many"
    TASK_MISSING = "task_missing"


class Standing(OpenList):
    """How a webhook is doing."""

    WORKING = "working"
    FAILING = "failing"
    OFF = "off"


class Issuer(OpenList):
    """Who gave a D-eCPR, as DK Core names the regions."""

    ZEALAND = "urn:oid:1.2.208.176.1.6.1.3.177"
    NORTH = "urn:oid:1.2.208.176.1.6.1.3.179"
    CENTRAL = "urn:oid:1.2.208.176.1.6.1.3.181"
    SOUTH = "urn:oid:1.2.208.176.1.6.1.3.183"
    CAPITAL = "urn:oid:1.2.208.176.1.6.1.3.187"


class FixBy(OpenList):
    """Whose move it is when something went wrong."""

    SENDER = "sender"
    OPERATOR = "operator"
    TIME = "time"
