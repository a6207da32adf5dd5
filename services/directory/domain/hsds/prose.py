"""What HSDS wants as plain text: who an offer is for, how one gets in, how long one waits. In plain Danish."""

from collections.abc import Iterable

from services.directory.domain.codes import Access, Audience, OtherMunicipalities, Profession
from services.directory.domain.hsds import names
from services.directory.domain.model import Offer, Run, Target

_HOW: dict[Access, str] = {
    Access.OPEN: "Åbent for alle. Man kan bare komme.",
    Access.OPEN_ANONYMOUS: "Åbent for alle, og man kan være anonym.",
    Access.SELF_REFERRAL: "Man kan selv henvende sig.",
    Access.PROFESSIONAL_REFERRAL: "En fagperson kan henvise.",
    Access.ASSESSMENT: "Myndigheden vurderer, om familien kan få tilbuddet.",
    Access.INTERNAL: "For familier, der allerede kommer i huset.",
}
_OTHERS: dict[OtherMunicipalities, str] = {
    OtherMunicipalities.YES: "Familier fra andre kommuner kan også komme.",
    OtherMunicipalities.BY_AGREEMENT: "Familier fra andre kommuner kan komme efter aftale.",
    OtherMunicipalities.NO: "Kun for familier i kommunen.",
}


def eligibility(target: Target) -> str | None:
    """Return whom an offer is for, a sentence each; None: the source does not say."""
    said: list[str] = []
    if target.audience:
        held = [names.AUDIENCE[each] for each in Audience if each in target.audience]
        said.append(f"For {_listed(held)}.")
    said += [
        sentence
        for sentence in (
            _span("Gravide, uge {}.", target.pregnancy_week_from, target.pregnancy_week_to),
            _months(target.child_age_months_from, target.child_age_months_to),
            _span("Forælderens alder: {} år.", target.parent_age_from, target.parent_age_to),
            _span(
                "Termin: {}.", *(None if each is None else names.day(each) for each in (target.due_from, target.due_to))
            ),
        )
        if sentence
    ]
    if target.pregnancy_care_levels:
        said.append(f"Svangreomsorg på niveau {_listed(map(str, target.pregnancy_care_levels))}.")
    if target.first_time_parents is not None:
        said.append("For førstegangsforældre." if target.first_time_parents else "Ikke kun for førstegangsforældre.")
    said += [each if each.endswith((".", "!", "?")) else f"{each}." for each in target.criteria]
    return " ".join(said) or None


def application(offer: Offer) -> str | None:
    """Return how a family gets in, and who may refer; None: the source does not say."""
    said = [_HOW[each] for each in Access if each in offer.access]
    if offer.referrers:
        held = [names.PROFESSION[each] for each in Profession if each in offer.referrers]
        said.append(f"Disse kan henvise: {_listed(held)}.")
    if offer.other_municipalities is not None:
        said.append(_OTHERS[offer.other_municipalities])
    if offer.other_municipalities_terms is not None:
        said.append(f"Vilkår: {offer.other_municipalities_terms}")
    return " ".join(said) or None


def wait(runs: Iterable[Run]) -> str | None:
    """Return how long one waits, and the day that was said; None: nobody has said."""
    said = [
        f"{run.label}: ca. {_counted(run.wait_weeks, 'uge', 'uger')} (oplyst {names.day(run.said_on)})"
        for run in runs
        if run.wait_weeks is not None
    ]
    return "; ".join(said) or None


def places(run: Run) -> str:
    """Return what a run has room for, and the day that was said."""
    said = [
        _counted(number, one, more)
        for number, one, more in (
            (run.places, "plads", "pladser"),
            (run.free, "ledig", "ledige"),
            (run.waiting, "på venteliste", "på venteliste"),
        )
        if number is not None
    ]
    return ", ".join([*said, f"oplyst {names.day(run.said_on)}"])


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _months(first: int | None, last: int | None) -> str | None:
    """Return the child's age: the word goes with the number it follows."""
    told = first if last is None else last
    return _span(f"Barnets alder: {{}} {'måned' if told == 1 else 'måneder'}.", first, last)


def _span(said: str, first: object, last: object) -> str | None:
    """Return `Gravide, uge 12 til 20.`: `said` with the span put in; an open end is told as `fra` or `til og med`."""
    if first is None and last is None:
        return None
    if first == last:
        return said.format(first)
    if last is None:
        return said.format(f"fra {first}")
    return said.format(f"til og med {last}" if first is None else f"{first} til {last}")


def _listed(words: Iterable[str]) -> str:
    *most, last = [*words] or [""]
    return f"{', '.join(most)} og {last}" if most else last
