"""The closed lists of the directory; the sectors are in `shared.vocabulary`."""

from collections.abc import Mapping
from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is."""

    MUNICIPALITY = "municipality"
    REGION = "region"
    VOLUNTARY = "voluntary"
    STATE = "state"
    PRIVATE = "private"
    CHURCH = "church"
    HOUSING = "housing"


class UnitKind(StrEnum):
    """What a unit (enhed) does."""

    AFTER_SCHOOL_CARE = "after_school_care"
    BENEFITS_OFFICE = "benefits_office"
    CHURCH = "church"
    COUNSELLING = "counselling"
    DAYCARE = "daycare"
    DENTAL_CARE = "dental_care"
    FAMILY_COURT_HOUSE = "family_court_house"
    FAMILY_HOUSE = "family_house"
    FAMILY_OUTPATIENT_CLINIC = "family_outpatient_clinic"
    GENERAL_PRACTICE = "general_practice"
    HEALTH_VISITING = "health_visiting"
    HOSPITAL = "hospital"
    HOUSING_ASSOCIATION = "housing_association"
    JOBCENTER = "jobcenter"
    MIDWIFERY = "midwifery"
    MUNICIPAL_DOCTOR = "municipal_doctor"
    MUNICIPAL_NURSING = "municipal_nursing"
    OTHER = "other"
    PPR = "ppr"
    SCHOOL = "school"
    SOCIAL_AUTHORITY = "social_authority"
    SUBSTANCE_TREATMENT = "substance_treatment"
    VOLUNTARY = "voluntary"


class Audience(StrEnum):
    """Who an offer is for (målgruppe)."""

    PREGNANT = "pregnant"
    MOTHER = "mother"
    FATHER = "father"
    PARTNER = "partner"
    COUPLE = "couple"
    CHILD = "child"
    FAMILY = "family"
    STAFF = "staff"


class Access(StrEnum):
    """How a family gets in (adgang). `internal`: only for families who already come to the unit."""

    OPEN = "open"
    OPEN_ANONYMOUS = "open_anonymous"
    SELF_REFERRAL = "self_referral"
    PROFESSIONAL_REFERRAL = "professional_referral"
    ASSESSMENT = "assessment"
    INTERNAL = "internal"


class Profession(StrEnum):
    """A profession: who may refer (henvise), and who works in a unit (faggruppe)."""

    ANY = "any_professional"
    DAYCARE_STAFF = "daycare_staff"
    DENTIST = "dentist"
    DIETITIAN = "dietitian"
    EDUCATION_COUNSELLOR = "education_counsellor"
    FAMILY_COUNSELLOR = "family_counsellor"
    FAMILY_THERAPIST = "family_therapist"
    GENERAL_PRACTITIONER = "general_practitioner"
    HEALTH_VISITOR = "health_visitor"
    HOSPITAL_STAFF = "hospital_staff"
    JOBCENTER_CASEWORKER = "jobcenter_caseworker"
    JOB_CONSULTANT = "job_consultant"
    MIDWIFE = "midwife"
    OCCUPATIONAL_THERAPIST = "occupational_therapist"
    PEDAGOGUE = "pedagogue"
    PHYSIOTHERAPIST = "physiotherapist"
    PSYCHOLOGIST = "psychologist"
    SOCIAL_WORKER = "social_worker"
    SPEECH_THERAPIST = "speech_therapist"
    VOLUNTEER = "volunteer"


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Accessibility(StrEnum):
    """What a place has for those who need it (tilgængelighed)."""

    ACCESSIBLE_TOILET = "accessible_toilet"
    HEARING_LOOP = "hearing_loop"
    LIFT = "lift"
    PARKING = "parking"
    PRAM_ACCESS = "pram_access"
    STEP_FREE = "step_free"


class OtherMunicipalities(StrEnum):
    """Whether families of other municipalities may come (R70)."""

    YES = "yes"
    BY_AGREEMENT = "by_agreement"
    NO = "no"


class Language(StrEnum):
    """A language an offer is given in, by its ISO 639 code."""

    AMHARIC = "am"
    ARABIC = "ar"
    BOSNIAN = "bs"
    BULGARIAN = "bg"
    CHINESE = "zh"
    DANISH = "da"
    DANISH_SIGN = "dsl"
    DARI = "prs"
    ENGLISH = "en"
    FAROESE = "fo"
    FRENCH = "fr"
    GERMAN = "de"
    GREENLANDIC = "kl"
    HUNGARIAN = "hu"
    KURDISH = "ku"
    LITHUANIAN = "lt"
    PASHTO = "ps"
    PERSIAN = "fa"
    POLISH = "pl"
    ROMANIAN = "ro"
    RUSSIAN = "ru"
    SOMALI = "so"
    SPANISH = "es"
    TAMIL = "ta"
    THAI = "th"
    TIGRINYA = "ti"
    TURKISH = "tr"
    UKRAINIAN = "uk"
    URDU = "ur"
    VIETNAMESE = "vi"


class Form(StrEnum):
    """In what form an offer is given."""

    CAFE = "cafe"
    COUPLE = "couple"
    COURSE = "course"
    DROP_IN = "drop_in"
    FAMILY = "family"
    GROUP = "group"
    HOME_VISIT = "home_visit"
    INDIVIDUAL = "individual"
    MENTOR = "mentor"
    ONLINE = "online"
    OUTREACH = "outreach"
    PHONE = "phone"
    RESIDENTIAL = "residential"


class PreventionLevel(StrEnum):
    """For everybody, for groups at risk, or for those with signs of trouble (forebyggelsesniveau)."""

    UNIVERSAL = "universal"
    SELECTIVE = "selective"
    INDICATED = "indicated"


class LegalBasis(StrEnum):
    """The provision an offer is given under (lovgrundlag, R68)."""

    BL_17 = "BL-17"
    BL_28 = "BL-28"
    BL_29 = "BL-29"
    BL_30 = "BL-30"
    BL_31 = "BL-31"
    BL_32 = "BL-32"
    B1344_13 = "B1344-13"
    B1344_16 = "B1344-16"
    DTL_4_2 = "DTL-4-2"
    DTL_11 = "DTL-11"
    DTL_3A_3 = "DTL-3a-3"
    DTL_3A_4 = "DTL-3a-4"
    FSL_4 = "FSL-4"
    LAB_27 = "LAB-27"
    LAB_57 = "LAB-57"
    LAB_91 = "LAB-91"
    LAB_167 = "LAB-167"
    SEL_10 = "SEL-10"
    SEL_11 = "SEL-11"
    SEL_12 = "SEL-12"
    SEL_18 = "SEL-18"
    SEL_52 = "SEL-52"
    SEL_82A = "SEL-82a"
    SEL_82B = "SEL-82b"
    SEL_85 = "SEL-85"
    SEL_101 = "SEL-101"
    SUL_61 = "SUL-61"
    SUL_83 = "SUL-83"
    SUL_119 = "SUL-119"
    SUL_120 = "SUL-120"
    SUL_121 = "SUL-121"
    SUL_122 = "SUL-122"
    SUL_123 = "SUL-123"
    SUL_141 = "SUL-141"
    SUL_142 = "SUL-142"


class Theme(StrEnum):
    """What an offer is about (tema)."""

    ATTACHMENT = "attachment"
    BIRTH_PREPARATION = "birth_preparation"
    BREASTFEEDING = "breastfeeding"
    CHILD_DEVELOPMENT = "child_development"
    COUNSELLING = "counselling"
    COUPLE = "couple"
    DAYCARE_TRANSITION = "daycare_transition"
    ECONOMY = "economy"
    EDUCATION_WORK = "education_work"
    FATHERS = "fathers"
    GRIEF = "grief"
    HOME_VISIT = "home_visit"
    HOUSING = "housing"
    LEISURE_COMMUNITY = "leisure_community"
    MENTAL_HEALTH = "mental_health"
    MOTHERS = "mothers"
    MOTOR_SKILLS = "motor_skills"
    NETWORK = "network"
    NEW_PARENT = "new_parent"
    NUTRITION = "nutrition"
    PARENTING_COURSE = "parenting_course"
    PLACEMENT_BACKGROUND = "placement_background"
    PLAY_GROUP = "play_group"
    POSTNATAL_DEPRESSION = "postnatal_depression"
    PRACTICAL_HELP = "practical_help"
    PREGNANCY = "pregnancy"
    PRETERM = "preterm"
    SCREENING = "screening"
    SEPARATION = "separation"
    SLEEP = "sleep"
    SUBSTANCE_USE = "substance_use"
    TRAUMA = "trauma"
    VIOLENCE = "violence"
    YOUNG_PARENTS = "young_parents"


THEME_DANISH: Mapping[Theme, str] = {
    Theme.ATTACHMENT: "tilknytning, samspil",
    Theme.BIRTH_PREPARATION: "fødselsforberedelse",
    Theme.BREASTFEEDING: "amning",
    Theme.CHILD_DEVELOPMENT: "barnets udvikling, trivsel",
    Theme.COUNSELLING: "rådgivning, vejledning",
    Theme.COUPLE: "parforhold",
    Theme.DAYCARE_TRANSITION: "start i dagtilbud, vuggestue, overgang",
    Theme.ECONOMY: "økonomi, gæld",
    Theme.EDUCATION_WORK: "uddannelse, arbejde, job",
    Theme.FATHERS: "fædre, far",
    Theme.GRIEF: "sorg, tab",
    Theme.HOME_VISIT: "hjemmebesøg",
    Theme.HOUSING: "bolig",
    Theme.LEISURE_COMMUNITY: "fællesskab, fritid",
    Theme.MENTAL_HEALTH: "psykisk sundhed, psykisk sygdom",
    Theme.MOTHERS: "mødre, mor",
    Theme.MOTOR_SKILLS: "motorik",
    Theme.NETWORK: "netværk, ensomhed",
    Theme.NEW_PARENT: "ny forælder, nybagte forældre, barsel",
    Theme.NUTRITION: "kost, ernæring",
    Theme.PARENTING_COURSE: "forældrekursus, forældreprogram",
    Theme.PLACEMENT_BACKGROUND: "anbragt, anbringelse",
    Theme.PLAY_GROUP: "legestue, legegruppe",
    Theme.POSTNATAL_DEPRESSION: "fødselsdepression, efterfødselsreaktion",
    Theme.PRACTICAL_HELP: "praktisk hjælp",
    Theme.PREGNANCY: "graviditet, gravid",
    Theme.PRETERM: "for tidligt født, præmatur",
    Theme.SCREENING: "screening",
    Theme.SEPARATION: "skilsmisse, brud",
    Theme.SLEEP: "søvn",
    Theme.SUBSTANCE_USE: "rusmidler, alkohol, stoffer",
    Theme.TRAUMA: "traume, svær fødsel",
    Theme.VIOLENCE: "vold",
    Theme.YOUNG_PARENTS: "unge forældre, unge",
}


AUDIENCE_DANISH: Mapping[Audience, str] = {
    Audience.PREGNANT: "gravid, vordende mor",
    Audience.MOTHER: "mor, mødre",
    Audience.FATHER: "far, fædre",
    Audience.PARTNER: "partner",
    Audience.COUPLE: "par, begge forældre",
    Audience.CHILD: "barn, børn",
    Audience.FAMILY: "familie, forældre, mor, far",
    Audience.STAFF: "fagpersoner",
}

FORM_DANISH: Mapping[Form, str] = {
    Form.CAFE: "café",
    Form.COUPLE: "par",
    Form.COURSE: "kursus",
    Form.DROP_IN: "kom forbi, uden aftale",
    Form.FAMILY: "familie",
    Form.GROUP: "gruppe",
    Form.HOME_VISIT: "hjemmebesøg",
    Form.INDIVIDUAL: "individuelt, samtale",
    Form.MENTOR: "mentor",
    Form.ONLINE: "online, på nettet",
    Form.OUTREACH: "opsøgende",
    Form.PHONE: "telefon",
    Form.RESIDENTIAL: "døgnophold",
}
