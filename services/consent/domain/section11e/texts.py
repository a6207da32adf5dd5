"""What people at a meeting are told before they say anything, and its codes, in Danish (R7, R9, R10, R12–R14)."""

from collections.abc import Mapping

from services.consent.domain.section11e.meetings import Impossible, Kind, NotInformed, Outcome

VOLUNTARY = (
    "Det er frivilligt at dele. Du kan deltage uden at fortælle noget, og det har ingen følger for dig. "
    "Pligten til at underrette gælder uanset, hvad du vælger."
)
STATUTE = (
    "Retssikkerhedslovens § 11 e giver dem, loven nævner, lov til at fortælle hinanden det nødvendige om et konkret "
    "barn som led i det tidlige eller forebyggende samarbejde. Det må ske én gang på ét møde, og i særlige tilfælde på "
    "ét opfølgende møde."
)
STATUTE_ADDRESS = "https://www.retsinformation.dk/eli/lta/2025/354"
IN_THE_ROOM = (
    "Det, der lægges frem, kan kun ses her, af dem, der er til stede, og kun mens mødet varer. Når mødet slutter, "
    "slettes det. Der gemmes kun, hvem der deltog, hvornår, hvorfor, hvilke slags oplysninger og hvad mødet førte til."
)
EXHAUSTED = (
    "Mødet og det opfølgende møde er brugt. Der kan ikke holdes flere om den sag. Spørg om samtykke, eller underret, "
    "hvis der er grund til bekymring."
)
CALLED_DANISH: Mapping[Kind, str] = {Kind.PRIMARY: "Mødet", Kind.FOLLOW_UP: "Det opfølgende møde i særlige tilfælde"}
IMPOSSIBLE_DANISH: Mapping[Impossible, str] = {
    Impossible.NOT_REACHED: "Det er ikke lykkedes at få fat i dem, der skal spørges",
    Impossible.CHILDS_SAFETY: "Hensynet til barnets sikkerhed taler imod at spørge",
    Impossible.SUSPECTED_ABUSE: "Der er mistanke om overgreb",
    Impossible.NOBODY_TO_ASK: "Der er ingen, der kan give samtykke",
}
OUTCOME_DANISH: Mapping[Outcome, str] = {
    Outcome.NOTHING: "Mødet førte ikke til mere",
    Outcome.SEEK_CONSENT: "Familien bliver spurgt om samtykke",
    Outcome.CONCERN_REPORT: "Der bliver underrettet",
}
NOT_INFORMED_DANISH: Mapping[NotInformed, str] = {
    NotInformed.CHILDS_INTERESTS: "Afgørende hensyn til barnet vejer tungere (databeskyttelseslovens § 22)",
    NotInformed.SUSPECTED_ABUSE: "Der er mistanke om overgreb",
    NotInformed.OTHERS_INTERESTS: "Afgørende hensyn til andre vejer tungere (databeskyttelseslovens § 22)",
    NotInformed.NOT_REACHED: "Det er ikke lykkedes at få fat i forældrene",
}
