"""How each error of consent is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.consent.domain import errors
from shared.problems import PROBLEMS as KIT
from shared.problems import NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.ForeignSender: Problem(
        403, "foreign_sender", "Only the unit that would tell may record the consent to it.",
        "Samtykket skal registreres af den enhed, der skal give oplysningerne videre."),
    errors.UnknownUnit: Problem(
        422, "unknown_unit", "A named unit is not in the directory.",
        "En af de nævnte enheder findes ikke i kataloget. Find den rigtige enhed, og nævn den."),
    errors.ClosedUnit: Problem(
        422, "closed_unit", "A named unit has closed or is not open yet; see closed.",
        "En af de nævnte enheder er lukket eller er ikke åbnet endnu. Se, hvem der har taget over. Samtykket følger "
        "ikke med: spørg personen, om den nye enhed må få eller give oplysningerne."),
    errors.SenderAmongRecipients: Problem(
        422, "sender_among_recipients", "The sender is named among the recipients.",
        "Afsenderen kan ikke også være modtager. Fjern afsenderen fra modtagerne."),
    errors.NotToldOfWithdrawal: Problem(
        422, "not_told_of_withdrawal", "The person must be told of the right to withdraw.",
        "Fortæl, at samtykket altid kan trækkes tilbage, og registrer det så."),
    errors.TooLong: Problem(
        422, "too_long", "A consent holds for a year at most.",
        "Et samtykke kan højst gælde et år. Vælg en tidligere slutdato."),
    errors.EndsBeforeItBegins: Problem(
        422, "ends_before_it_begins", "It ends before it was given.",
        "Slutdatoen ligger før den dag, samtykket blev givet. Vælg en senere slutdato."),
    errors.GivenInTheFuture: Problem(
        422, "given_in_the_future", "It is said to be given later than now.",
        "Samtykket kan ikke være givet i fremtiden. Ret tidspunktet."),
    errors.NotTheirOwnWord: Problem(
        422, "not_their_own_word", "Each person consents to information about himself or herself.",
        "Hver person skal selv give samtykke til oplysninger om sig selv."),
    errors.TooYoung: Problem(
        422, "too_young", "The giver is under fifteen.",
        "Personen er under 15 år. Forældremyndighedens indehaver skal spørges; det kan endnu ikke registreres her."),
    errors.MustBeWritten: Problem(
        422, "must_be_written", "The law wants this consent in writing, or a reason why it is not.",
        "Dette samtykke skal være skriftligt. Er der grund til, at det er mundtligt, så skriv grunden."),
    errors.OralNoteMissing: Problem(
        422, "oral_note_missing", "An oral word needs a note of where, when and what was said.",
        "Skriv, hvor og hvornår samtykket blev givet, og hvad der blev sagt."),
    errors.UnknownPerson: KIT[NotThere],
    errors.UnknownConsent: KIT[NotThere],
    errors.AlreadyWithdrawn: Problem(
        409, "already_withdrawn", "It has been withdrawn or superseded before.",
        "Samtykket er allerede trukket tilbage eller afløst af et nyere. Se, hvad der gælder nu."),
    errors.SupersedesAnother: Problem(
        422, "supersedes_another", "What it would supersede is not this person's earlier word under this need.",
        "Samtykket kan kun afløse noget, samme person tidligere har sagt om det samme behov."),
    errors.LoginTaken: Problem(
        409, "login_taken", "That login belongs to another person.",
        "Det login er allerede knyttet til en anden registrering. Brug den, eller ret loginet."),
    errors.BornInTheFuture: Problem(
        422, "impossible_birth_date", "The date of birth cannot be.",
        "Fødselsdatoen kan ikke passe. Se efter, og ret den."),
}  # fmt: skip
