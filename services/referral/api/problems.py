"""How each error of referral is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.referral.domain import errors
from shared.problems import PROBLEMS as KIT
from shared.problems import FixBy, NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.NotAParty: KIT[NotThere],
    errors.WrongState: Problem(
        409, "wrong_state", "The task does not allow that step; see allowed.",
        "Det kan ikke gøres, som opgaven står nu. Hent den igen, og se, hvad der kan gøres."),
    errors.NotYourTurn: Problem(
        409, "not_your_turn", "That step is another party's to take.",
        "Det er en anden, der skal gøre det. Se på opgaven, hvem der er på tur."),
    errors.KindRefused: Problem(
        422, "kind_refused", "The request does not fit its kind; see lacks.",
        "Henvendelsen passer ikke til sin slags. Se, hvad der mangler eller er for meget."),
    errors.UnknownOffer: Problem(
        422, "unknown_offer", "An offer is not in the directory, or has ended; see offers.",
        "Et af tilbuddene findes ikke i kataloget eller er slut. Find et andet."),
    errors.NeedsAuthority: Problem(
        422, "needs_authority", "An offer is opened by the authority only: send an `authority_request`; see offers.",
        "Myndigheden vurderer først, om familien kan få tilbuddet. Send en anmodning til myndigheden i stedet; se hvem."
    ),
    errors.DutyUnanswered: Problem(
        422, "duty_to_report_unanswered", "It goes to an authority: say whether there is serious concern, and if so "
        "whether there is a duty to report (Barnets lov § 133); see questions and answers. A report is made at "
        "`/api/v1/concern-reports`; the request never takes its place.",
        "Er der underretningspligt? Svar på, om der er alvorlig bekymring for et barn, født eller ventet, og om du har "
        "pligt til at underrette efter barnets lov § 133. En henvisning kan ikke træde i stedet for en underretning; "
        "den laves for sig."),
    errors.ConcernStands: Problem(
        409, "concern_stands", "Serious concern has been stated for this request; answer anew with `no_duty` and why.",
        "Der er skrevet, at der er alvorlig bekymring. Er det set anderledes nu, så svar igen, at der ikke er pligt, "
        "og skriv hvorfor."),
    errors.StepRefused: Problem(
        409, "step_refused", "The step rests on something that is missing; see lacks.",
        "Der mangler noget, før det kan gøres. Se, hvad der mangler."),
    errors.AlreadyThere: Problem(
        409, "already_there", "The unit has an open task of this referral already.",
        "Modtageren har allerede en åben opgave i henvisningen."),
    errors.UnknownPiece: Problem(
        404, "unknown_piece", "The piece is not yours to correct, or has been corrected already.",
        "Den oplysning kan I ikke rette, eller den er allerede rettet."),
    errors.UnknownMessage: Problem(
        422, "unknown_message", "What it answers is no open question to you in this task.",
        "Det, der svares på, er ikke et åbent spørgsmål til jer i opgaven."),
    errors.IdentityRefused: Problem(
        422, "identity_refused", "An anonymous consultation must not point to a person: no numbers to call, addresses "
        "or days of birth.",
        "Anonym sparring må ikke pege på en person. Skriv uden telefonnumre, adresser, datoer for fødsel og navne."),
    errors.ReferralClosed: Problem(
        409, "referral_closed", "The request has been closed by its sender; post a new one that continues it, or ask "
        "the family.",
        "Afsenderen har lukket henvisningen. Skriv en ny, som bygger videre på den, eller spørg familien."),
    errors.TooMuch: Problem(
        409, "too_much", "The request holds as many pieces as it may; see most. Post a new one that continues it.",
        "Der er skrevet så meget i henvisningen, som der kan være. Skriv en ny, som bygger videre på den."),
    errors.Corrected: Problem(
        409, "already_corrected", "The piece has been corrected already; correct the newest one.",
        "Oplysningen er allerede rettet. Ret den nyeste i stedet."),
    errors.StillOpen: Problem(
        409, "still_open", "It cannot be closed before the receiver has taken over.",
        "Den kan ikke lukkes, før modtageren har taget over."),
    errors.UnknownRecipient: Problem(
        422, "unknown_recipient", "A recipient is not a unit in the directory.",
        "En af modtagerne findes ikke i kataloget. Find den rigtige enhed."),
    errors.ClosedUnit: Problem(
        422, "closed_unit", "A unit it is for has closed or is not open yet; see closed.",
        "Modtageren er lukket eller er ikke åbnet endnu. Se, hvem der har taget over, og spørg familien, om de må få "
        "henvisningen."),
    errors.OwnUnitClosed: Problem(
        403, "own_unit_closed", "The caller's unit has closed or is not open yet; see closed.",
        "Jeres enhed er lukket eller er ikke åbnet endnu og kan hverken sende eller læse. Tal med dem, der har taget "
        "over."),
    errors.SenderAmongRecipients: Problem(
        422, "sender_among_recipients", "A unit cannot refer to itself.",
        "I kan ikke henvise til jer selv. Vælg en anden modtager."),
    errors.UnknownSubject: Problem(
        422, "unknown_subject", "The message speaks of somebody the referral is not about.",
        "Beskeden handler om en person, som henvisningen ikke handler om. Skriv kun om dem, den nævner."),
    errors.SeenInTheFuture: Problem(
        422, "seen_in_the_future", "The family cannot have seen it later than now.",
        "Familien kan ikke have set teksten i fremtiden. Ret tidspunktet."),
    errors.UnknownUnit: Problem(
        422, "unknown_unit", "The unit named is not in the directory.",
        "Enheden findes ikke i kataloget. Find den rigtige enhed."),
    errors.SinceInTheFuture: Problem(
        422, "since_in_the_future", "The day from which it holds has not come yet.",
        "Dagen er ikke kommet endnu. Skriv den dag, det er aftalt fra."),
    errors.RunClosed: Problem(
        409, "run_closed", "The run takes nobody more.",
        "Holdet tager ikke flere. Find et andet hold, eller sæt familien på venteliste til tilbuddet."),
    errors.RunFull: Problem(
        409, "run_full", "Every place of the run is taken; see places.",
        "Der er ikke flere pladser på holdet. Sæt familien på venteliste, eller find et andet hold."),
    errors.PlacesTaken: Problem(
        409, "places_taken", "A run cannot have fewer places than are taken; see taken.",
        "Der er allerede givet flere pladser end det. Se, hvor mange der er taget."),
    errors.UnknownWebhook: KIT[NotThere],
    errors.WebhookRefused: Problem(
        422, "webhook_refused", "Nothing is sent to that address; see why.",
        "Til den adresse sendes intet. Brug en https-adresse på det åbne net, uden brugernavn og adgangskode."),
    errors.TooManyWebhooks: Problem(
        409, "too_many_webhooks", "The unit has as many webhooks as it may have.",
        "Enheden har så mange webhooks, som den må have. Slet en, der ikke bruges."),
    errors.AttachmentRefused: Problem(
        422, "attachment_refused", "The file is not taken; see why.",
        "Filen kan ikke vedhæftes. Se hvorfor, og hvad der kan gøres."),
    errors.NotScannedYet: Problem(
        409, "not_scanned_yet", "The file has not been scanned yet; ask again.",
        "Filen er ved at blive scannet for virus. Prøv igen om lidt.", FixBy.TIME, retry_after=5),
    errors.NotInvited: Problem(
        422, "not_invited", "A unit named is no party to it.",
        "En af enhederne er ikke part i henvisningen eller mødet. Nævn kun dem, der er med."),
    errors.WrongDay: Problem(
        422, "wrong_day", "A day lies in the past or the future where it cannot; see field.",
        "Dagen kan ikke passe. Det, der er sket, er sket i dag eller før; det, der aftales, er fra i dag."),
    errors.UnknownCheck: Problem(
        422, "unknown_check", "What is ticked is not on the checklist.",
        "Et af punkterne står ikke på listen. Hent listen, og brug dens koder."),
}  # fmt: skip
