"""How each error of a concern report is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.concern.domain import errors
from shared.problems import PROBLEMS as KIT
from shared.problems import NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.UnknownReport: KIT[NotThere],
    errors.NotAnonymous: Problem(
        422, "not_anonymous", "A professional reports by name.",
        "Fagpersoner underretter altid med navn. Vil du drøfte en bekymring uden navn på barnet, så bed om sparring."),
    errors.AnonymousWithName: Problem(
        422, "anonymous_with_name", "An anonymous report names nobody who reports.",
        "Du har valgt at være anonym, men har skrevet, hvem du er. Slet det, eller underret med navn."),
    errors.MunicipalityNotConnected: Problem(
        409, "municipality_not_connected", "Nobody in that municipality receives reports here: it is NOT received.",
        "Underretningen er IKKE modtaget. Kommunen tager ikke imod underretninger her. Ring til kommunen nu. "
        "Er barnet i fare lige nu, så ring 112."),
    errors.NotAChild: Problem(
        422, "of_age", "A report is about a child or young person under 18, or one not born yet.",
        "En underretning handler om et barn eller en ung under 18 år eller et barn, der ikke er født endnu. "
        "Se efter, om fødselsdatoen er rigtig, eller udelad den."),
    errors.ChildContradicts: Problem(
        422, "child_contradicts", "What is said of the child contradicts itself or the calendar; see wants.",
        "Det, der står om barnet, passer ikke sammen. Se på fødselsdato, termin og om barnet er født. "
        "Udelad det, du ikke ved."),
    errors.IdentifierRefused: Problem(
        422, "identifier_refused", "The number does not have the form of its kind; it may be left out.",
        "Nummeret er ikke skrevet rigtigt. Ret det, eller udelad det. Underretningen kan sendes uden."),
    errors.NotAReason: Problem(
        422, "not_a_reason", "The reason is none that this kind of reporter reports for; see wants.",
        "Grunden passer ikke til den, der underretter, eller til barnet. Vælg en af dem, der står."),
    errors.NotAnAuthority: Problem(
        422, "not_an_authority", "Only an authority tells another municipality that a family has moved there.",
        "Kun myndigheden i den kommune, familien flytter fra, kan underrette om flytningen. Send en almindelig "
        "underretning i stedet."),
    errors.SameMunicipality: Problem(
        422, "same_municipality", "The municipality it goes to is the one that tells.",
        "Familien er ikke flyttet, når kommunen er den samme. Vælg den kommune, familien er flyttet til."),
    errors.SummaryMissing: Problem(
        422, "summary_missing", "A report of a move carries a summary of the assessments.",
        "Skriv et resumé af de vurderinger, der er lavet. Det skal følge med, når familien flytter."),
    errors.SummaryNotAsked: Problem(
        422, "summary_not_asked", "A summary of an authority's assessments goes with a report of a move only.",
        "Et resumé af myndighedens vurderinger hører kun til, når familien flytter. Udelad det."),
    errors.WrongState: Problem(
        409, "wrong_state", "The report does not allow that step; see allowed.",
        "Det kan ikke gøres, som underretningen står nu. Hent den igen, og se, hvad der kan gøres."),
    errors.NotYourStep: Problem(
        409, "not_your_step", "That step is another party's to take.",
        "Det er en anden, der skal gøre det. Se på underretningen, hvem der er på tur."),
    errors.AssessFirst: Problem(
        409, "assess_first", "Whether the child is in danger is answered first.",
        "Vurdér først, om barnet eller den unge er i fare. Det skal ske inden for 24 timer."),
    errors.AcuteWithoutDanger: Problem(
        422, "acute_without_danger", "Acute measures are for a child in danger.",
        "Der kan ikke være brug for akut hjælp, når barnet ikke er i fare. Ret det ene svar."),
    errors.OriginalKept: Problem(
        409, "original_kept", "What was first said stays; it is added to, or corrected.",
        "Underretningen står, som den blev sendt. Skriv en tilføjelse eller en rettelse i stedet."),
    errors.ReportEnded: Problem(
        409, "report_ended", "The authority is done with this report; a new concern is a new report.",
        "Kommunen er færdig med den underretning. Er du stadig eller igen bekymret, så send en ny."),
    errors.NothingToCorrect: Problem(
        422, "nothing_to_correct", "There is nothing of that id in the report that can be corrected.",
        "Det, der skal rettes, findes ikke i underretningen, eller det er allerede rettet. Hent underretningen igen."),
    errors.AlreadyAcknowledged: Problem(
        409, "already_acknowledged", "The reporter has been told before that the report is received.",
        "Kvitteringen er allerede sendt. Der skal ikke sendes en til."),
    errors.PassedToItself: Problem(
        422, "passed_to_itself", "A report is passed on to another municipality than the one that has it.",
        "Underretningen er allerede hos den kommune. Vælg den kommune, den skal sendes videre til."),
    errors.OutcomesContradict: Problem(
        422, "outcomes_contradict", "What came of it is nothing, or something; see wants.",
        "Skriv enten, at der ikke sker mere, eller hvad der er sat i gang."),
    errors.ParentsUnanswered: Problem(
        409, "parents_unanswered", "Whether the parents were told, or why not, is answered first.",
        "Skriv først, hvornår forældrene fik det at vide, eller hvorfor de ikke har fået det."),
    errors.NotInformed: Problem(
        422, "not_informed", "The parents were told, when and by whom, or there is a reason why not; see wants.",
        "Skriv enten, hvornår forældrene fik det at vide og af hvem, eller vælg en grund til, at de ikke har."),
    errors.ToldInTheFuture: Problem(
        422, "told_in_the_future", "It cannot have happened later than now.",
        "Det kan ikke være sket i fremtiden. Ret tidspunktet."),
    errors.NoFeedbackHere: Problem(
        409, "no_feedback_here", "This kind of reporter is told that the report is received, and no more.",
        "Den, der har underrettet, får at vide, at underretningen er modtaget, og ikke mere."),
    errors.FeedbackIncomplete: Problem(
        422, "feedback_incomplete", "What the reporter shall be told, or why it is not told, is missing; see wants.",
        "Der mangler noget i tilbagemeldingen, eller grunden til, at det ikke bliver sagt. Se, hvad der mangler."),
    errors.FeedbackContradicts: Problem(
        422, "feedback_contradicts", "It is told and withheld at once, or tells of help that has not begun.",
        "Tilbagemeldingen siger to ting, der ikke passer sammen. Ret den ene."),
    errors.DialogueNeedsName: Problem(
        422, "dialogue_needs_name", "Nobody meets a family without a name; an ordinary report may be sent without one.",
        "Et dialogmøde kan ikke holdes uden navn. Send en almindelig underretning, eller skriv, hvem du er."),
    errors.DialogueNotAhead: Problem(
        422, "dialogue_not_ahead", "The meeting is planned for a moment that has been.",
        "Mødet ligger i fortiden. Vælg et tidspunkt, der kommer."),
    errors.DialogueIncomplete: Problem(
        422, "dialogue_incomplete", "The record of the meeting lacks something; see wants.",
        "Der mangler noget fra mødet: familiens og fagpersonernes forståelse, hvem der var med, eller hvad der er "
        "aftalt."),
    errors.DialogueNotOpen: Problem(
        409, "dialogue_not_open", "The meeting was held, declined or called off before.",
        "Mødet er holdt, aflyst eller sagt nej tak til. Aftal et nyt, hvis der er brug for det."),
    errors.UnknownMunicipality: Problem(
        422, "unknown_municipality", "There is no municipality of that code.",
        "Der er ingen kommune med den kode. Find den rigtige kommune."),
    errors.NotTheAuthority: Problem(
        403, "not_the_authority", "Only the authority of a municipality may do this for its reports.",
        "Det er kun kommunens myndighed på børneområdet, der kan det. Tal med din leder, hvis I burde."),
    errors.NotAReception: Problem(
        422, "not_a_reception", "The unit is no open authority unit of your municipality.",
        "Enheden kan ikke tage imod underretninger. Vælg en åben myndighedsenhed i jeres egen kommune."),
    errors.OnePersonTwice: Problem(
        422, "one_person_twice", "Who is responsible and who hears of what is late are two persons.",
        "Vælg to forskellige: en, der har ansvaret, og en anden, der får besked, når en frist er overskredet."),
    errors.FactsPointElsewhere: Problem(
        422, "facts_point_elsewhere", "By these facts another municipality acts; see municipality.",
        "Efter det, der er oplyst, er det en anden kommune, der skal handle. Se efter, om oplysningerne er rigtige, "
        "eller vælg den kommune, der står."),
}  # fmt: skip
