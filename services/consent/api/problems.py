"""How each error of consent is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.consent.api.section11e.problems import PROBLEMS as SECTION_11E
from services.consent.domain import errors
from shared.problems import PROBLEMS as KIT
from shared.problems import NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    **SECTION_11E,
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
        "Den, der har svaret, kan ikke svare her. Hver person svarer for sig selv, og for et barn, der ikke er født, "
        "svarer den gravide."),
    errors.TooYoung: Problem(
        422, "too_young", "The giver is under fifteen.",
        "Personen er under 15 år. Spørg den eller dem, der har forældremyndigheden."),
    errors.WithoutCustody: Problem(
        422, "without_custody", "The giver does not hold custody, or did not when it was said.",
        "Den, der har svaret, er ikke registreret med forældremyndighed over barnet på det tidspunkt. Se, hvem der "
        "skal spørges, eller registrer forældremyndigheden først."),
    errors.NobodyToAsk: Problem(
        422, "nobody_to_ask", "Nobody is recorded who may speak for the child.",
        "Det er ikke registreret, hvem der har forældremyndigheden over barnet. Registrer det, og spørg dem."),
    errors.NotAChoice: Problem(
        422, "not_a_choice", "Nobody chose it: it was ticked beforehand, or taken from silence.",
        "Personen skal selv vælge at sige ja. Intet må være krydset af på forhånd. Spørg, og registrer svaret."),
    errors.TooWide: Problem(
        422, "too_wide", "It names so many kinds of information that it names none.",
        "Samtykket er for bredt. Vælg de slags oplysninger, der er brug for nu, og spørg igen, når der er brug for "
        "flere."),
    errors.TooManyWords: Problem(
        409, "too_many_words", "There are more words about this person under this need than anybody says.",
        "Der er registreret usædvanligt mange svar om samme behov. Få det set efter, før der registreres flere."),
    errors.WholeOrganisation: Problem(
        422, "whole_organisation", "A whole organisation is named; name the unit.",
        "En hel organisation er nævnt som modtager. Nævn den enhed, der skal have oplysningerne."),
    errors.UnknownNotice: Problem(
        422, "unknown_notice", "The text that was shown is none that is kept; see /notices.",
        "Den tekst, der er vist eller læst op, findes ikke. Vælg en af teksterne."),
    errors.NothingToDoAlone: Problem(
        422, "nothing_to_do_alone", "A reason for one custody holder alone, where no other is asked.",
        "Her er der kun én, der skal svare. Fjern grunden til, at én er nok."),
    errors.AddressIsProtected: Problem(
        422, "address_is_protected", "Name or address is protected, and it was not said that it is told along.",
        "Personen har beskyttet navn eller adresse. Spørg, om kontaktoplysninger må deles alligevel, og registrer det, "
        "eller lad dem være ude af samtykket."),
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
        "Svaret gælder ikke mere: det er trukket tilbage, afløst eller ophørt. Se, hvad der er sket, og spørg om et "
        "nyt, hvis der er brug for det."),
    errors.SupersedesAnother: Problem(
        422, "supersedes_another", "What it would supersede is not this person's earlier word under this need.",
        "Samtykket kan kun afløse noget, samme person tidligere har sagt om det samme behov."),
    errors.LoginTaken: Problem(
        409, "login_taken", "That login belongs to another person.",
        "Det login er allerede knyttet til en anden registrering. Brug den, eller ret loginet."),
    errors.BornOrExpected: Problem(
        422, "born_or_expected", "A person is either born on a day or expected by a mother on a day.",
        "Skriv enten en fødselsdag, eller hvem der venter barnet, og hvornår. Et ufødt barn har intet nummer."),
    errors.AlreadyBorn: Problem(
        409, "already_born", "The birth has been recorded before.", "Fødslen er allerede registreret."),
    errors.ImpossibleBirth: Problem(
        422, "impossible_birth", "The day of birth or the due date cannot be.",
        "Fødselsdagen eller terminen kan ikke passe. Se efter, og ret den."),
    errors.NotAChild: Problem(
        422, "not_a_child", "Custody is held of a child that is born and under eighteen.",
        "Forældremyndighed registreres for et barn, der er født og under 18 år."),
    errors.SpokenFor: Problem(
        422, "spoken_for", "Somebody else is recorded as speaking for the person.",
        "Det er registreret, at en repræsentant svarer for personen. Spørg repræsentanten, eller ret registreringen, "
        "hvis den ikke passer mere."),
    errors.UnknownMunicipality: Problem(
        422, "unknown_municipality", "There is no municipality of that code; see /municipalities.",
        "Der er ingen kommune med den kode. Find den rigtige, og ret den."),
    errors.AlreadyNoted: Problem(
        409, "already_noted", "It has been noted before.", "Det er allerede registreret."),
    errors.LiftedANo: Problem(
        409, "lifted_a_no", "It stands for an earlier no; record a refusal or a withdrawal instead.",
        "Samtykket afløste et nej. Skal det ikke gælde, så registrer et nej, eller træk samtykket tilbage."),
    errors.NotForThisUnit: Problem(
        403, "not_for_this_unit", "Units outside the authorities do not record this.",
        "Det kan jeres enhed ikke registrere. Bed den myndighed, der kender familien, om det."),
    errors.NoRepresentative: Problem(
        422, "no_representative", "Nobody is their own representative; for a child not born the mother speaks.",
        "Ingen kan være sin egen repræsentant, og for et ufødt barn svarer den gravide selv."),
    errors.LiftsTooMuch: Problem(
        422, "lifts_too_much", "It names a no as superseded that it does not cover all of.",
        "Personen har sagt nej til mere, end det nye samtykke omfatter. Træk den del af nejet tilbage, som personen "
        "har ændret mening om, og registrer så samtykket."),
    errors.WrongHolders: Problem(
        422, "wrong_holders", "Custody is held by one or two persons of fifteen or more, each named once.",
        "Forældremyndigheden kan have en eller to indehavere. Hver skal være fyldt 15, og nævnes én gang. Se efter, og "
        "ret det."),
    errors.ImpossibleDay: Problem(
        422, "impossible_day", "It holds from a day that is still to come, or from before it could.",
        "Datoen kan ikke passe. Den må ikke ligge i fremtiden. Se efter, og ret den."),
    errors.IdentifierRefused: Problem(
        422, "identifier_refused", "The identifier is not of its kind's form, or does not fit the date of birth.",
        "Nummeret er ikke skrevet rigtigt, eller det passer ikke til fødselsdagen. Se efter, og ret det."),
    errors.IdentifierTaken: Problem(
        409, "identifier_taken", "The identifier is another person's.",
        "Nummeret er knyttet til en anden registrering. Er det samme person, så læg de to sammen."),
    errors.NoCprForThisUnit: Problem(
        403, "no_cpr_for_this_unit", "Units outside the authorities register without a civil registration number.",
        "Jeres enhed må ikke bruge CPR-nummer her. Registrer personen uden."),
    errors.CannotMerge: Problem(
        409, "cannot_merge", "The two records cannot be one person's, or are one already.",
        "De to registreringer kan ikke lægges sammen: de er det allerede, de er født forskellige dage, eller det er "
        "ikke de samme, der taler for dem. Se efter, og ret det først."),
    errors.NotMerged: Problem(
        409, "not_merged", "The last merger into this record is none of these two.",
        "De to registreringer er ikke lagt sammen, eller de er det på en anden måde."),
    errors.NothingWithdrawn: Problem(
        422, "nothing_withdrawn", "What would be taken back is not in the consent.",
        "Det, der skal trækkes tilbage, er ikke med i samtykket. Se, hvad det omfatter."),
    errors.WrongGround: Problem(
        422, "wrong_ground", "The legal ground does not carry it; see wants.",
        "Den bestemmelse kan ikke bruges her. Se, hvad der mangler, eller spørg personen om samtykke."),
    errors.UnknownOverride: KIT[NotThere],
    errors.UnknownReminder: KIT[NotThere],
    errors.BornInTheFuture: Problem(
        422, "impossible_birth_date", "The date of birth cannot be.",
        "Fødselsdatoen kan ikke passe. Se efter, og ret den."),
}  # fmt: skip
