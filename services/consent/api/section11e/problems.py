"""How each error of § 11 e is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.consent.domain.section11e import errors
from services.consent.domain.section11e.texts import EXHAUSTED
from shared.problems import PROBLEMS as KIT
from shared.problems import NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.NotAParty: Problem(
        422, "section_11e_not_a_party", "A unit is no party under RSL § 11 e; see refused and instead.",
        "En eller flere enheder kan ikke være med til et møde efter retssikkerhedslovens § 11 e. Se hvorfor, og hvad "
        "der kan gøres i stedet."),
    errors.AgreementMissing: Problem(
        422, "section_11e_agreement_missing", "A private unit's agreement with an authority is not named; see units.",
        "En privat enhed kan kun være med, når den løser en opgave for en myndighed. Skriv, efter hvilken aftale."),
    errors.OtherMunicipality: Problem(
        422, "section_11e_other_municipality", "Why a unit of another municipality takes part is not said; see units.",
        "En af enhederne hører til en anden kommune. Skriv, hvorfor den skal være med, eller lad den være ude."),
    errors.UnbornChild: Problem(
        422, "section_11e_unborn", "The child is not born; § 11 e speaks of a child.",
        "Barnet er ikke født, og retssikkerhedslovens § 11 e taler om et barn eller en ung. Brug samtykke, eller "
        "underret, hvis der er grund til bekymring."),
    errors.NotAChild: Problem(
        422, "section_11e_not_a_child", "Whom it is about is eighteen or older.",
        "Personen er fyldt 18 år, og retssikkerhedslovens § 11 e gælder børn og unge. Brug samtykke."),
    errors.ConsentNotTried: Problem(
        422, "section_11e_consent_not_tried",
        "Consent was neither asked for and refused, on record, nor impossible for a reason that is written.",
        "Spørg først familien om samtykke. Henvis til det nej, der er registreret, eller skriv, hvorfor det ikke var "
        "muligt at spørge."),
    errors.WrongPurpose: Problem(
        422, "section_11e_wrong_purpose", "There is one purpose: tidligt_forebyggende_samarbejde.",
        "Et møde efter retssikkerhedslovens § 11 e har ét formål: det tidlige eller forebyggende samarbejde. Brug det "
        "ikke til andet."),
    errors.NecessityMissing: Problem(
        422, "section_11e_necessity_missing", "Why it is necessary is not said.",
        "Skriv, hvorfor det er nødvendigt at udveksle oplysningerne uden samtykke."),
    errors.WrongAttendees: Problem(
        422, "section_11e_wrong_attendees", "Too many attendees, of fewer than two units, or one twice.",
        "Mødet skal have deltagere fra mindst to enheder, højst 20, og hver kun én gang. Inviter kun dem, det er "
        "nødvendigt er med."),
    errors.WrongTime: Problem(
        422, "section_11e_wrong_time", "It starts in the past or more than 90 days ahead, or lasts over four hours.",
        "Mødet skal begynde efter nu og inden for 90 dage, og det kan højst vare fire timer. Ret tidspunktet."),
    errors.Overlapping: Problem(
        409, "section_11e_overlapping", "A meeting about this child is called for that time already.",
        "Der er allerede indkaldt til et møde om barnet på det tidspunkt. Vælg et andet."),
    errors.AlreadyCalled: Problem(
        409, "section_11e_already_called", "The matter has its one meeting of this kind already.",
        "Der er allerede indkaldt til eller holdt et møde af den slags i sagen. Der er ét møde, og i særlige tilfælde "
        "ét opfølgende."),
    errors.NewMatterNeedsReason: Problem(
        422, "section_11e_new_matter_needs_reason",
        "There was a matter about this child before; another needs a reason and a leader's approval. See earlier.",
        "Der har været en sag om barnet før. Skriv, hvorfor der er brug for en ny. En leder skal godkende den."),
    errors.FollowUpTooSoon: Problem(
        409, "section_11e_follow_up_too_soon", "A follow-up comes after a first meeting that was held.",
        "Et opfølgende møde kan først indkaldes, når det første er holdt."),
    errors.SpecialReasonMissing: Problem(
        422, "section_11e_special_reason_missing", "Which special circumstances call for a follow-up is not said.",
        "Et opfølgende møde kan kun holdes i særlige tilfælde. Skriv, hvad der er særligt her."),
    errors.Exhausted: Problem(
        409, "SECTION_11E_EXHAUSTED", "The meeting and its follow-up were held; there is no third. See instead.",
        EXHAUSTED),
    errors.NotApproved: Problem(
        409, "section_11e_not_approved", "A leader has not approved it.",
        "En leder har ikke godkendt sagen. Er der ikke svaret endnu, så vent. Er svaret nej, så brug samtykke."),
    errors.NotTheirsToApprove: Problem(
        403, "section_11e_not_theirs_to_approve", "Who calls a meeting is neither its approver nor its leader.",
        "Den, der indkalder, kan ikke selv godkende eller stå som leder. Bed en anden leder om det."),
    errors.RoomClosed: Problem(
        403, "section_11e_room_closed", "The room is open from the meeting's start to its end, to those in it.",
        "Rummet er kun åbent, mens mødet varer, og kun for dem, der er til stede. Før og efter er der intet at se."),
    errors.ElsewherePresent: Problem(
        409, "section_11e_elsewhere_present", "The caller is in another meeting's room.",
        "Du er til stede i et andet møde. Forlad det først."),
    errors.SharingNotChosen: Problem(
        409, "section_11e_sharing_not_chosen", "The caller has not chosen to share; nobody has to.",
        "Du har ikke valgt at dele. Det er frivilligt; vælg det først, hvis du vil lægge noget frem."),
    errors.TooMuchBrought: Problem(
        409, "section_11e_too_much_brought", "There is more on the table than one meeting needs.",
        "Der er lagt mere frem, end et møde kan nå. Hold jer til det nødvendige."),
    errors.WrongState: Problem(
        409, "section_11e_wrong_state", "It cannot be done from where it stands; see allowed.",
        "Det kan ikke gøres nu. Se, hvad der kan gøres herfra."),
    errors.NotInformed: Problem(
        422, "section_11e_not_informed", "Say when the parents were told, after the meeting, or why not: one of them.",
        "Skriv enten, hvornår forældrene fik det at vide, eller hvorfor de ikke får det. Tidspunktet skal ligge efter "
        "mødet og ikke i fremtiden."),
    errors.BasisMissing: Problem(
        422, "section_11e_basis_missing", "The legal basis for counting the unborn in is not said.",
        "Skriv, hvilket retsgrundlag kommunen har for at regne ufødte børn med."),
    errors.UnknownMeeting: KIT[NotThere],
}  # fmt: skip
