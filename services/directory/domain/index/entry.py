"""What the index knows of an offer: whom it reaches, its words, and what it is ordered by."""

from dataclasses import dataclass, field
from datetime import date

from services.directory.domain.codes import AUDIENCE_DANISH, FORM_DANISH, THEME_DANISH
from services.directory.domain.danish import sort_name
from services.directory.domain.matching import Reach
from services.directory.domain.model import Catalogue, Offer


@dataclass(frozen=True, slots=True)
class Entry:
    """An offer as it is shown from `from_day` to before `to_day`; an offer may have several such stretches of days.

    `key` is the index's own: of the entries with one key the last put counts. `said_on` is the last day somebody
    said or confirmed the offer. Words in the heading count most, those in the body least.
    """

    key: str
    offer: str
    sort_name: str
    reach: Reach
    unit: str
    organisation: str
    said_on: date
    from_day: date = date.min
    to_day: date = date.max
    example: bool = False
    heading: tuple[str, ...] = field(default=(), repr=False)
    keywords: tuple[str, ...] = field(default=(), repr=False)
    body: tuple[str, ...] = field(default=(), repr=False)


def entry(
    one: Offer, reach: Reach, catalogue: Catalogue, key: str, said_on: date, shown: tuple[date, date | None]
) -> Entry:
    """Return the entry of an offer shown on the days from the first of `shown` to before the second (None: no end)."""
    unit = catalogue.units[one.unit]
    owner = catalogue.organisations[unit.organisation]
    where = [catalogue.municipalities[code].name for code in sorted(one.municipalities)]
    from_day, to_day = shown
    return Entry(
        key=key,
        offer=one.id,
        sort_name=sort_name(one.name),
        reach=reach,
        unit=one.unit,
        organisation=unit.organisation,
        said_on=said_on,
        from_day=from_day,
        to_day=date.max if to_day is None else to_day,
        example=one.example,
        heading=(one.name, *one.aliases),
        keywords=(
            *(THEME_DANISH[theme] for theme in sorted(one.themes)),
            *one.methods, unit.name, *unit.aliases, owner.name, *where,
        ),
        body=(
            one.summary, *one.target.criteria, *(AUDIENCE_DANISH[each] for each in sorted(one.target.audience)),
            *(FORM_DANISH[each] for each in sorted(one.form)),
        ),
    )  # fmt: skip
