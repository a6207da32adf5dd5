"""How each error of the directory is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.directory.domain import errors
from shared.problems import FixBy, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.UnknownMunicipality: Problem(
        422, "unknown_municipality", "There is no municipality with this code.",
        "Der er ingen kommune med den kode. Kommunekoder har fire cifre; se listen over kommuner."),
    errors.UnknownRegion: Problem(
        422, "unknown_region", "There is no region with this code on that day.",
        "Der er ingen region med den kode den dag. Se listen over regioner."),
    errors.UnknownPostcode: Problem(
        422, "unknown_postcode", "There is no such Danish postcode.", "Det er ikke et dansk postnummer."),
    errors.PlaceIncomplete: Problem(
        422, "place_incomplete", "How far away: that needs a postcode, or latitude and longitude together.",
        "Skriv et postnummer, når der skal søges efter afstand."),
    errors.TwoPlaces: Problem(
        422, "two_places", "Name a municipality or a region, and a postcode or a point: not both.",
        "Vælg enten kommune eller region, og enten postnummer eller et punkt."),
    errors.ProfessionUnknown: Problem(
        422, "profession_unknown", "`me` needs a token that names the caller's profession.",
        "Dit login siger ikke, hvilken faggruppe du er. Vælg faggruppen i søgningen."),
    errors.PastDay: Problem(
        422, "past_day", "The day is over: ask an offer for its versions instead.",
        "Dagen er gået. Der kan søges fra i dag og frem; det, der gjaldt før, står i tilbuddets udgaver."),
    errors.NotOwner: Problem(
        403, "not_owner", "Only people of the unit that owns an offer, and its organisation's editors, change it.",
        "Tilbuddet hører til en anden enhed. Kun den enhed og dens organisations redaktører kan ændre det."),
    errors.OfferExists: Problem(
        409, "offer_exists", "There is an offer with this id.",
        "Der er allerede et tilbud med det navn i adressen. Ret det, der er, eller vælg et andet."),
    errors.OfferEnded: Problem(
        409, "offer_ended", "The offer has ended; it stays on record as it was.",
        "Tilbuddet er slut. Er det begyndt igen, så ret datoen for det, eller opret det som et nyt."),
    errors.NothingToChange: Problem(
        422, "nothing_to_change", "The offer says this already; confirm it instead.",
        "Der er ikke ændret noget. Passer tilbuddet stadig, så bekræft det."),
    errors.UnitClosed: Problem(
        409, "unit_closed", "The unit has closed.", "Enheden er lukket. Se, hvem der har overtaget."),
    errors.ClosedInThePast: Problem(
        422, "closed_in_the_past", "A unit closes today or later.", "En enhed kan lukke i dag eller senere."),
    errors.HeirNeeded: Problem(
        422, "heir_needed", "The organisation's last open unit has offers: name who takes them over, or end them.",
        "Enheden er den sidste åbne i organisationen og har tilbud. Vælg, hvem der overtager dem, eller afslut dem."),
    errors.BadSuccessor: Problem(
        422, "bad_successor", "The unit that takes over must be another, open unit of the same organisation.",
        "Vælg en anden enhed i samme organisation, som er åben."),
    errors.BadOffer: Problem(
        422, "bad_offer", "What was sent is not an offer; see errors.",
        "Der er felter i tilbuddet, som ikke kan bruges. Ret dem, og send igen."),
    errors.BadData: Problem(
        500, "bad_data", "The directory's data files contradict themselves.",
        "Der er en fejl i katalogets data.", FixBy.OPERATOR),
}  # fmt: skip
