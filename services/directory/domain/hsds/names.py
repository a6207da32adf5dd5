"""The closed lists in Danish, as people say them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.directory.domain import codes
from shared.vocabulary import Sector

ACCESS: Mapping[StrEnum, str] = {
    codes.Access.OPEN: "åbent for alle",
    codes.Access.OPEN_ANONYMOUS: "åbent, man kan være anonym",
    codes.Access.SELF_REFERRAL: "man henvender sig selv",
    codes.Access.PROFESSIONAL_REFERRAL: "henvisning fra en fagperson",
    codes.Access.ASSESSMENT: "myndigheden vurderer",
    codes.Access.INTERNAL: "for familier, der allerede kommer i huset",
}
AUDIENCE: Mapping[StrEnum, str] = {
    codes.Audience.PREGNANT: "gravide",
    codes.Audience.MOTHER: "mødre",
    codes.Audience.FATHER: "fædre",
    codes.Audience.PARTNER: "partnere",
    codes.Audience.COUPLE: "par",
    codes.Audience.CHILD: "børn",
    codes.Audience.FAMILY: "familier",
    codes.Audience.STAFF: "fagpersoner",
}
PROFESSION: Mapping[StrEnum, str] = {
    codes.Profession.ANY: "enhver fagperson",
    codes.Profession.DAYCARE_STAFF: "personale i dagtilbud",
    codes.Profession.DENTIST: "tandlæge",
    codes.Profession.DIETITIAN: "diætist",
    codes.Profession.EDUCATION_COUNSELLOR: "uddannelsesvejleder",
    codes.Profession.FAMILY_COUNSELLOR: "familierådgiver",
    codes.Profession.FAMILY_THERAPIST: "familieterapeut",
    codes.Profession.GENERAL_PRACTITIONER: "praktiserende læge",
    codes.Profession.HEALTH_VISITOR: "sundhedsplejerske",
    codes.Profession.HOSPITAL_STAFF: "personale på hospital",
    codes.Profession.JOBCENTER_CASEWORKER: "sagsbehandler i jobcenter",
    codes.Profession.JOB_CONSULTANT: "jobkonsulent",
    codes.Profession.MIDWIFE: "jordemoder",
    codes.Profession.OCCUPATIONAL_THERAPIST: "ergoterapeut",
    codes.Profession.PEDAGOGUE: "pædagog",
    codes.Profession.PHYSIOTHERAPIST: "fysioterapeut",
    codes.Profession.PSYCHOLOGIST: "psykolog",
    codes.Profession.SOCIAL_WORKER: "socialrådgiver",
    codes.Profession.SPEECH_THERAPIST: "talehørelærer",
    codes.Profession.VOLUNTEER: "frivillig",
}
FORM: Mapping[StrEnum, str] = {
    codes.Form.CAFE: "café",
    codes.Form.COUPLE: "parforløb",
    codes.Form.COURSE: "kursus",
    codes.Form.DROP_IN: "mød op uden tid",
    codes.Form.FAMILY: "forløb for hele familien",
    codes.Form.GROUP: "gruppe",
    codes.Form.HOME_VISIT: "hjemmebesøg",
    codes.Form.INDIVIDUAL: "individuelt forløb",
    codes.Form.MENTOR: "mentor",
    codes.Form.ONLINE: "på nettet",
    codes.Form.OUTREACH: "opsøgende",
    codes.Form.PHONE: "telefon",
    codes.Form.RESIDENTIAL: "ophold",
}
PREVENTION_LEVEL: Mapping[StrEnum, str] = {
    codes.PreventionLevel.UNIVERSAL: "for alle",
    codes.PreventionLevel.SELECTIVE: "for grupper med særlige behov",
    codes.PreventionLevel.INDICATED: "for familier, hvor der er tegn på vanskeligheder",
}
OTHER_MUNICIPALITIES: Mapping[StrEnum, str] = {
    codes.OtherMunicipalities.YES: "åbent for familier fra andre kommuner",
    codes.OtherMunicipalities.BY_AGREEMENT: "familier fra andre kommuner efter aftale",
    codes.OtherMunicipalities.NO: "kun for kommunens egne familier",
}
ACCESSIBILITY: Mapping[StrEnum, str] = {
    codes.Accessibility.ACCESSIBLE_TOILET: "handicaptoilet",
    codes.Accessibility.HEARING_LOOP: "teleslynge",
    codes.Accessibility.LIFT: "elevator",
    codes.Accessibility.PARKING: "parkering",
    codes.Accessibility.PRAM_ACCESS: "plads til barnevogn",
    codes.Accessibility.STEP_FREE: "adgang uden trin",
}
WEEKDAY: Mapping[StrEnum, str] = {
    codes.Weekday.MON: "mandag",
    codes.Weekday.TUE: "tirsdag",
    codes.Weekday.WED: "onsdag",
    codes.Weekday.THU: "torsdag",
    codes.Weekday.FRI: "fredag",
    codes.Weekday.SAT: "lørdag",
    codes.Weekday.SUN: "søndag",
}
LANGUAGE: Mapping[StrEnum, str] = {
    codes.Language.AMHARIC: "amharisk",
    codes.Language.ARABIC: "arabisk",
    codes.Language.BOSNIAN: "bosnisk",
    codes.Language.BULGARIAN: "bulgarsk",
    codes.Language.CHINESE: "kinesisk",
    codes.Language.DANISH: "dansk",
    codes.Language.DANISH_SIGN: "dansk tegnsprog",
    codes.Language.DARI: "dari",
    codes.Language.ENGLISH: "engelsk",
    codes.Language.FAROESE: "færøsk",
    codes.Language.FRENCH: "fransk",
    codes.Language.GERMAN: "tysk",
    codes.Language.GREENLANDIC: "grønlandsk",
    codes.Language.HUNGARIAN: "ungarsk",
    codes.Language.KURDISH: "kurdisk",
    codes.Language.LITHUANIAN: "litauisk",
    codes.Language.PASHTO: "pashto",
    codes.Language.PERSIAN: "persisk",
    codes.Language.POLISH: "polsk",
    codes.Language.ROMANIAN: "rumænsk",
    codes.Language.RUSSIAN: "russisk",
    codes.Language.SOMALI: "somali",
    codes.Language.SPANISH: "spansk",
    codes.Language.TAMIL: "tamil",
    codes.Language.THAI: "thai",
    codes.Language.TIGRINYA: "tigrinya",
    codes.Language.TURKISH: "tyrkisk",
    codes.Language.UKRAINIAN: "ukrainsk",
    codes.Language.URDU: "urdu",
    codes.Language.VIETNAMESE: "vietnamesisk",
}
ORGANISATION_KIND: Mapping[StrEnum, str] = {
    codes.OrganisationKind.MUNICIPALITY: "kommune",
    codes.OrganisationKind.REGION: "region",
    codes.OrganisationKind.VOLUNTARY: "frivillig organisation",
    codes.OrganisationKind.STATE: "statslig myndighed",
    codes.OrganisationKind.PRIVATE: "privat virksomhed",
    codes.OrganisationKind.CHURCH: "kirke",
    codes.OrganisationKind.HOUSING: "boligorganisation",
}
UNIT_KIND: Mapping[StrEnum, str] = {
    codes.UnitKind.AFTER_SCHOOL_CARE: "fritidsordning",
    codes.UnitKind.BENEFITS_OFFICE: "ydelseskontor",
    codes.UnitKind.CHURCH: "kirke",
    codes.UnitKind.COUNSELLING: "rådgivning",
    codes.UnitKind.DAYCARE: "dagtilbud",
    codes.UnitKind.DENTAL_CARE: "tandpleje",
    codes.UnitKind.FAMILY_COURT_HOUSE: "Familieretshuset",
    codes.UnitKind.FAMILY_HOUSE: "familiehus",
    codes.UnitKind.FAMILY_OUTPATIENT_CLINIC: "familieambulatorium",
    codes.UnitKind.GENERAL_PRACTICE: "almen praksis",
    codes.UnitKind.HEALTH_VISITING: "sundhedspleje",
    codes.UnitKind.HOSPITAL: "hospital",
    codes.UnitKind.HOUSING_ASSOCIATION: "boligorganisation",
    codes.UnitKind.JOBCENTER: "jobcenter",
    codes.UnitKind.MIDWIFERY: "jordemødre",
    codes.UnitKind.MUNICIPAL_DOCTOR: "kommunal læge",
    codes.UnitKind.MUNICIPAL_NURSING: "kommunal sygepleje",
    codes.UnitKind.OTHER: "enhed",
    codes.UnitKind.PPR: "pædagogisk psykologisk rådgivning",
    codes.UnitKind.SCHOOL: "skole",
    codes.UnitKind.SOCIAL_AUTHORITY: "myndighed for børn og familier",
    codes.UnitKind.SUBSTANCE_TREATMENT: "rusmiddelbehandling",
    codes.UnitKind.VOLUNTARY: "frivilligt tilbud",
}
SECTOR: Mapping[StrEnum, str] = {
    Sector.MUNICIPAL_HEALTH: "kommunal sundhed",
    Sector.MUNICIPAL_SOCIAL: "kommunens socialområde",
    Sector.MUNICIPAL_DAYCARE: "kommunens dagtilbud",
    Sector.MUNICIPAL_EDUCATION: "kommunens skoleområde",
    Sector.MUNICIPAL_EMPLOYMENT: "kommunens beskæftigelsesområde",
    Sector.REGIONAL_HEALTH: "regional sundhed",
    Sector.PRIVATE_HEALTH: "privat sundhed",
    Sector.CIVIL_SOCIETY: "civilsamfund",
    Sector.PRIVATE: "privat",
    Sector.STATE: "stat",
}
_LAWS: Mapping[str, str] = {
    "BL": "barnets lov",
    "B1344": "bekendtgørelse om forebyggende sundhedsydelser (nr. 1344)",
    "DTL": "dagtilbudsloven",
    "FSL": "folkeskoleloven",
    "LAB": "lov om en aktiv beskæftigelsesindsats",
    "SEL": "serviceloven",
    "SUL": "sundhedsloven",
}
_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip


def day(on: date) -> str:
    """Return a day as a sentence has it: `1. november 2026`."""
    return f"{on.day}. {_MONTHS[on.month - 1]} {on.year}"


def law(code: str) -> tuple[str, str]:
    """Return the short name of the law a provision is in, and the law's name (R68)."""
    short = code.partition("-")[0]
    return short, _LAWS[short]


def provision(code: str) -> str:
    """Return a provision as it is written: `DTL-3a-4` is dagtilbudsloven § 3 a, stk. 4."""
    _, paragraph, *stk = code.split("-")
    number, letter = (paragraph[:-1], f" {paragraph[-1]}") if paragraph[-1].isalpha() else (paragraph, "")
    return f"{law(code)[1]} § {number}{letter}" + (f", stk. {stk[0]}" if stk else "")
