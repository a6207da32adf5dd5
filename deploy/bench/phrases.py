"""The parts that names and summaries of made-up offers are put together from. No persons, no real places' houses."""

from collections.abc import Mapping
from typing import NamedTuple

from services.directory.domain.codes import Form, Theme, UnitKind


class Topic(NamedTuple):
    """What an offer is about: how it stands in a name, and sentences that tell of it."""

    names: tuple[str, ...]
    sentences: tuple[str, ...]


HEADS: Mapping[Form, tuple[str, ...]] = {
    Form.CAFE: ("Babycafé", "Familiecafé", "Café", "Formiddagscafé"),
    Form.COUPLE: ("Parsamtaler", "Parforløb", "Samtaler for par"),
    Form.COURSE: ("Kursus", "Forældrekursus", "Kursusforløb", "Aftenkursus"),
    Form.DROP_IN: ("Åbent hus", "Åben rådgivning", "Kom forbi", "Åben dør"),
    Form.FAMILY: ("Familieforløb", "Familiesamtaler", "Familievejledning"),
    Form.GROUP: ("Gruppe", "Netværksgruppe", "Samtalegruppe", "Forældregruppe", "Holdforløb"),
    Form.HOME_VISIT: ("Hjemmebesøg", "Ekstra hjemmebesøg", "Støtte i hjemmet", "Besøg"),
    Form.INDIVIDUAL: ("Samtaler", "Individuel vejledning", "Samtaleforløb", "Rådgivning"),
    Form.MENTOR: ("Mentorforløb", "Mentor", "Kontaktperson"),
    Form.ONLINE: ("Onlineforløb", "Vejledning på video", "Netmøde"),
    Form.OUTREACH: ("Opsøgende indsats", "Opsøgende vejledning"),
    Form.PHONE: ("Telefonrådgivning", "Ring og få råd"),
    Form.RESIDENTIAL: ("Døgnophold", "Ophold for familier"),
}
PLAIN_HEADS = ("Tilbud", "Støtte", "Hjælp", "Indsats")

TOPICS: Mapping[Theme, Topic] = {
    Theme.ATTACHMENT: Topic(
        ("om samspil", "om tilknytning", "med fokus på samspil"),
        ("I øver jer i at læse barnets signaler og finde ro sammen.", "Vi ser på det, der allerede lykkes mellem jer."),
    ),
    Theme.BIRTH_PREPARATION: Topic(
        ("om fødslen", "som fødselsforberedelse"),
        ("I forbereder jer på fødslen og den første tid.", "Der er tid til alle spørgsmål, også partnerens."),
    ),
    Theme.BREASTFEEDING: Topic(
        ("om amning", "med ammevejledning"),
        ("Få hjælp, når amningen driller, eller når I vil trappe ned.", "Vi taler om mælk, sutteteknik og flaske."),
    ),
    Theme.CHILD_DEVELOPMENT: Topic(
        ("om barnets udvikling", "om trivsel", "om sprog og leg"),
        ("Vi taler om, hvad barnet er på vej til at lære.", "I får idéer til leg og sprog i hverdagen."),
    ),
    Theme.COUNSELLING: Topic(
        ("for forældre", "om hverdagen", "med rådgivning"),
        ("I kan tage det op, der fylder lige nu.", "Vi finder sammen ud af, hvad næste skridt kan være."),
    ),
    Theme.COUPLE: Topic(
        ("om parforholdet", "for jer som par"),
        ("Det er en stor forandring at blive forældre sammen.", "I får redskaber til at tale om det, der er svært."),
    ),
    Theme.DAYCARE_TRANSITION: Topic(
        ("om start i vuggestue", "om start i dagtilbud"),
        ("Vi forbereder jer og barnet på den første tid i vuggestuen eller dagplejen.",),
    ),
    Theme.ECONOMY: Topic(
        ("om økonomi", "om penge og gæld"),
        ("Få overblik over budget, gæld og ydelser.", "Vi hjælper med at læse breve og søge tilskud."),
    ),
    Theme.EDUCATION_WORK: Topic(
        ("om uddannelse og job", "om vejen til arbejde"),
        ("Vi lægger en plan for skole, praktik eller arbejde efter barslen.",),
    ),
    Theme.FATHERS: Topic(
        ("for fædre", "for far og barn"),
        ("Mød andre fædre og lav noget sammen med jeres børn.", "Der er plads til både snak og leg på gulvet."),
    ),
    Theme.GRIEF: Topic(
        ("om sorg", "for forældre i sorg", "efter tab"),
        ("Her kan I tale om at miste, i jeres eget tempo.", "I møder andre, der selv har mistet."),
    ),
    Theme.HOME_VISIT: Topic(
        ("hjemme hos jer", "i hjemmet"),
        ("Vi kommer hjem til jer på et tidspunkt, der passer.", "Besøgene tager udgangspunkt i jeres hverdag."),
    ),
    Theme.HOUSING: Topic(
        ("om bolig", "når boligen er usikker"),
        ("Få hjælp til at finde eller beholde en bolig, der passer til familien.",),
    ),
    Theme.LEISURE_COMMUNITY: Topic(
        ("med fællesspisning", "med fælles aktiviteter", "for hele familien"),
        ("Vi spiser sammen, leger og tager på ture.", "Alle kan være med, uanset hvad man plejer at lave."),
    ),
    Theme.MENTAL_HEALTH: Topic(
        ("om psykisk sundhed", "når tankerne fylder"),
        ("Få støtte, hvis du er ked af det, urolig eller har en psykisk sygdom.",),
    ),
    Theme.MOTHERS: Topic(
        ("for mødre", "for nye mødre"),
        ("Mød andre mødre med børn på samme alder.", "Vi taler om det, der er dejligt, og det, der er hårdt."),
    ),
    Theme.MOTOR_SKILLS: Topic(
        ("med babymotorik", "om motorik", "med tumling"),
        ("Barnet ruller, kravler og tumler, og I får øvelser med hjem.",),
    ),
    Theme.NETWORK: Topic(
        ("med netværk", "for nye i byen", "for dig, der mangler netværk"),
        ("Lær andre familier at kende.", "Mange bliver ved med at ses bagefter."),
    ),
    Theme.NEW_PARENT: Topic(
        ("for nye forældre", "om den første tid", "på barsel"),
        ("Det første år er fyldt med spørgsmål, og her er der tid til dem.", "Vi taler om rollen som forælder."),
    ),
    Theme.NUTRITION: Topic(
        ("om mad", "om overgangskost"),
        ("Få opskrifter og råd om den første mad.", "Vi laver mad sammen."),
    ),
    Theme.PARENTING_COURSE: Topic(
        ("for forældre", "i at være forældre"),
        ("Forløbet giver jer redskaber til hverdagen med børn.", "I øver jer hjemme mellem gangene."),
    ),
    Theme.PLACEMENT_BACKGROUND: Topic(
        ("for forældre, der selv har været anbragt",),
        ("For dig, der er vokset op hos en plejefamilie eller på en institution.",),
    ),
    Theme.PLAY_GROUP: Topic(
        ("med legestue", "med sang og leg"),
        ("Vi synger, leger og spiser frugt sammen.", "Børnene leger, mens de voksne får en kop kaffe."),
    ),
    Theme.POSTNATAL_DEPRESSION: Topic(
        ("om fødselsdepression", "ved efterfødselsreaktion"),
        ("For dig, der ikke har det, som du havde ventet, efter fødslen.", "Det kan ramme både mor og far."),
    ),
    Theme.PRACTICAL_HELP: Topic(
        ("med praktisk hjælp", "i hverdagen"),
        ("Få en hånd med det praktiske, så der bliver mere ro.",),
    ),
    Theme.PREGNANCY: Topic(
        ("for gravide", "i graviditeten"),
        ("Her er tid til at tale om graviditeten og det, der venter.", "Du kan møde andre gravide."),
    ),
    Theme.PRETERM: Topic(
        ("for familier med for tidligt fødte børn",),
        ("Vi kender den særlige start, det er at få et barn for tidligt.",),
    ),
    Theme.SCREENING: Topic(
        ("med undersøgelse af trivsel", "med screening"),
        ("Vi ser på barnets kontakt og ro og taler med jer om det.",),
    ),
    Theme.SEPARATION: Topic(
        ("efter skilsmisse", "når I går fra hinanden"),
        ("Få hjælp til samarbejdet om barnet, når I bor hver for sig.",),
    ),
    Theme.SLEEP: Topic(
        ("om søvn", "om ro og gode rutiner"),
        ("Vi taler om søvn, putning og rytmer.", "I får en plan at prøve af derhjemme."),
    ),
    Theme.SUBSTANCE_USE: Topic(
        ("om alkohol og rusmidler",),
        ("Få hjælp til at stoppe eller skære ned, mens I venter eller har små børn.",),
    ),
    Theme.TRAUMA: Topic(
        ("efter en svær fødsel", "efter svære oplevelser"),
        ("Vi taler fødslen igennem og finder ord for det, der skete.",),
    ),
    Theme.VIOLENCE: Topic(
        ("om vold i hjemmet", "for et liv uden vold"),
        ("Få støtte, hvis der er vold eller trusler derhjemme, også hvis det er overstået.",),
    ),
    Theme.YOUNG_PARENTS: Topic(
        ("for unge forældre", "for unge gravide"),
        ("For unge, der venter barn eller lige er blevet forældre.", "I bestemmer selv meget af indholdet."),
    ),
}  # fmt: skip
CRITERIA = (
    "Brug for ekstra støtte i den første tid",
    "Bor i kommunen",
    "Har været i kontakt med sundhedsplejen",
    "Lille netværk",
    "Vil gerne møde andre i samme situation",
    "Kan deltage de fleste gange",
)
CLOSINGS = (
    "Man kan komme, som man er.",
    "Det er frivilligt at være med.",
    "Søskende er velkomne.",
    "Vi har tavshedspligt.",
    "Kontakt os, hvis du er i tvivl, om det er noget for jer.",
    "Vi hjælper gerne videre, hvis noget andet passer bedre.",
)
STREETS = (
    "Skolegade", "Parkvej", "Stationsvej", "Kirkegade", "Nørregade", "Søndergade", "Østergade", "Vestergade",
    "Birkevej", "Engvej", "Havnegade", "Torvet", "Møllevej", "Bakkevej", "Skovvej", "Rådhusgade",
)  # fmt: skip
LED_BY = {
    UnitKind.FAMILY_HOUSE: "Familievejleder",
    UnitKind.HEALTH_VISITING: "Sundhedsplejerske",
    UnitKind.DAYCARE: "Pædagog",
    UnitKind.SOCIAL_AUTHORITY: "Socialrådgiver",
    UnitKind.JOBCENTER: "Jobkonsulent",
    UnitKind.VOLUNTARY: "Frivillige",
    UnitKind.MIDWIFERY: "Jordemoder",
    UnitKind.HOSPITAL: "Afdelingens personale",
}
