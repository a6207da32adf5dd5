"""The closed lists of concern reports; as in `familiebro_client.lists`, a new word is kept, and never sent."""

from familiebro_client.lists import OpenList


class Ground(OpenList):
    """Why you report; which ones are yours follows from what the directory says of your unit."""

    MAY_NEED_SUPPORT = "may_need_support"
    UNBORN_MAY_NEED_SUPPORT = "unborn_may_need_support"
    ABSENCE = "absence"
    ABUSE = "abuse"
    NEEDS_HELP = "needs_help"
    NEGLECT = "neglect"
    DEGRADING_TREATMENT = "degrading_treatment"
    DANGER = "danger"
    OTHER_CONCERN = "other_concern"
    MOVED = "moved"


class Form(OpenList):
    """In writing alone, or with a meeting beside it (dialogbaseret underretning); it is sent at once all the same."""

    ORDINARY = "ordinary"
    DIALOGUE = "dialogue"


class WhyNot(OpenList):
    """Why the parents were not told."""

    SUSPECTED_ABUSE = "suspected_abuse"
    CHILDS_SAFETY = "childs_safety"
    DBL_22 = "dbl_22"
    NOT_REACHED = "not_reached"
    LEFT_TO_AUTHORITY = "left_to_authority"


class Custody(OpenList):
    """Who holds custody, and whether they live together."""

    ONE = "one"
    JOINT_TOGETHER = "joint_together"
    JOINT_APART = "joint_apart"


class Living(OpenList):
    """How a child lives whose parents live apart and both hold custody."""

    MOSTLY_ONE = "mostly_one"
    EQUALLY = "equally"
    DISPUTED = "disputed"


class ReporterKind(OpenList):
    """Who reports, by the provision that makes them; the directory says it of your unit, not you."""

    PROFESSIONAL = "professional"
    PROFESSIONAL_B1602 = "professional_b1602"
    AUTHORITY_132 = "authority_132"
    CITIZEN_135 = "citizen_135"


class Subject(OpenList):
    """Whom the concern is for."""

    BORN = "born"
    UNBORN = "unborn"


class Basis(OpenList):
    """Why that municipality acts (handlekommune)."""

    CUSTODY_HOLDER = "custody_holder"
    LIVES_MOST = "lives_most"
    CPR_ADDRESS = "cpr_address"
    CPR_ADDRESS_FOR_NOW = "cpr_address_for_now"
    MOTHER = "mother"
    KEEPS_OLD = "keeps_old"
    STAYS_THERE = "stays_there"


class Missing(OpenList):
    """What would settle which municipality acts, and nobody has said."""

    CUSTODY = "custody"
    HOLDER_MUNICIPALITY = "holder_municipality"
    LIVING = "living"
    MOSTLY_IN = "mostly_in"
    CPR_MUNICIPALITY = "cpr_municipality"
    MOTHER_MUNICIPALITY = "mother_municipality"
    BEFORE_SHELTER = "before_shelter"


class Watched(OpenList):
    """A clock that runs at the authority."""

    ASSESS = "assess"
    ACKNOWLEDGE = "acknowledge"
    PARENTS = "parents"


class SaidAs(OpenList):
    """What a piece of a report is."""

    ORIGINAL = "original"
    ADDITION = "addition"
    CORRECTION = "correction"


class DialogueState(OpenList):
    """Where a dialogue meeting stands."""

    PLANNED = "planned"
    HELD = "held"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class MeasureType(OpenList):
    """What kind of help was begun."""

    ADVICE = "advice"
    SUPPORT_AT_HOME = "support_at_home"
    FAMILY_TREATMENT = "family_treatment"
    CONTACT_PERSON = "contact_person"
    RESPITE = "respite"
    GROUP = "group"
    FAMILY_STAY = "family_stay"
    PLACEMENT = "placement"
