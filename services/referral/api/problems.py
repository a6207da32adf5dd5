"""How each error of referral is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.referral.domain import errors
from shared.problems import PROBLEMS as KIT
from shared.problems import NotThere, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.NotAParty: KIT[NotThere],
    errors.WrongState: Problem(
        409, "wrong_state", "The task does not allow that step; see allowed.",
        "Det kan ikke gøres, som opgaven står nu. Hent den igen, og se, hvad der kan gøres."),
    errors.NotYourTurn: Problem(
        409, "not_your_turn", "The recipient asks, the sender answers.",
        "Modtageren stiller spørgsmål, og afsenderen svarer."),
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
}  # fmt: skip
