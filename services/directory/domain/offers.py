"""One offer, read strictly: from fields to a value, checked against the rest of the catalogue."""

from datetime import date

from services.directory.domain.codes import (
    Access,
    Audience,
    Form,
    Language,
    LegalBasis,
    OtherMunicipalities,
    PreventionLevel,
    Profession,
    Theme,
    Weekday,
)
from services.directory.domain.fields import Fields
from services.directory.domain.model import (
    Catalogue,
    Dose,
    MunicipalityCode,
    Offer,
    OfferId,
    RegionCode,
    Run,
    Target,
    UnitId,
    Venue,
)
from services.directory.domain.records import contact, sources, venue

_MOST_CRITERIA = 50
# What the API answers beside the offers themselves.
RESERVED = frozenset({"search", "export", "import-template"})
_OPEN = frozenset({Access.OPEN, Access.OPEN_ANONYMOUS})


def editorial_offer(fields: Fields, sofar: Catalogue) -> tuple[OfferId, Offer]:
    """Read an offer of the data files: it must name its source."""
    number, made = offer(fields, sofar)
    if not made.source:
        fields.refuse("source", "skal nævne mindst én kilde")
    return number, made


def offer(fields: Fields, sofar: Catalogue) -> tuple[OfferId, Offer]:
    """Read an offer, with whom it is for and how much of it there is. `fields.done` tells what is wrong."""
    number, giver, as_of = OfferId(fields.id()), UnitId(fields.id("unit")), fields.day("as_of")
    fields.among("unit", giver, sofar.units)
    if number in RESERVED:
        fields.refuse("id", "er optaget af en adresse")
    if as_of is None:
        fields.refuse("as_of", "skal udfyldes")
    first, last = fields.days("valid_from", "valid_to")
    made = Offer(
        id=number,
        name=fields.text("name"),
        aliases=fields.texts("aliases"),
        unit=giver,
        partners=_partners(fields, sofar),
        municipalities=_municipalities(fields, sofar),
        regions=_regions(fields, sofar),
        nationwide=fields.flag("nationwide") or False,
        summary=fields.text("summary"),
        themes=fields.codes("themes", Theme),
        access=fields.codes("access", Access),
        referrers=fields.codes("referrers", Profession),
        form=fields.codes("form", Form),
        methods=fields.texts("methods"),
        legal_basis=fields.codes("legal_basis", LegalBasis),
        prevention_level=fields.maybe_code("prevention_level", PreventionLevel),
        languages=fields.codes("languages", Language),
        interpreter=fields.flag("interpreter"),
        led_by=fields.maybe_text("led_by"),
        contact=contact(fields.part("contact")),
        venues=_venues(fields, sofar),
        runs=tuple(run for run in map(_run, fields.parts("runs")) if run is not None),
        price=fields.maybe_text("price"),
        price_kr=fields.whole("price_kr", 0, 100_000),
        other_municipalities=fields.maybe_code("other_municipalities", OtherMunicipalities),
        other_municipalities_terms=fields.maybe_text("other_municipalities_terms"),
        as_of=as_of,  # type: ignore[arg-type] # a missing one is noted, and the offer then never used
        funding_until=fields.day("funding_until"),
        valid_from=first,
        valid_to=last,
        example=fields.flag("example") or False,
        source=sources(fields),
        target=_target(fields.part("target")),
        dose=_dose(fields.part("dose")),
    )
    _consistent(fields, made)
    _in_force(fields, made, as_of, sofar)
    return number, made


def refuse_the_future(fields: Fields, made: Offer, today: date) -> None:
    """Refuse words said on a day that has not come: they would never be old."""
    told_on: dict[str, date | None] = {f"runs[{place}].said_on": run.said_on for place, run in enumerate(made.runs)}
    for field, day in (told_on | {"as_of": made.as_of}).items():
        # A missing day has been noted already.
        if day is not None and day > today:
            fields.refuse(field, "ligger i fremtiden")


def _consistent(fields: Fields, made: Offer) -> None:
    if not made.themes:
        fields.refuse("themes", "skal nævne mindst ét tema")
    if made.nationwide and (made.municipalities or made.regions):
        fields.refuse("nationwide", "modsiger municipalities og regions")
    if made.referrers and Access.PROFESSIONAL_REFERRAL not in made.access:
        fields.refuse("referrers", "er nævnt, men access mangler professional_referral")
    if made.other_municipalities_terms and made.other_municipalities in (None, OtherMunicipalities.NO):
        fields.refuse("other_municipalities_terms", "er nævnt, men other_municipalities siger ikke ja")
    if made.nationwide and made.other_municipalities is OtherMunicipalities.NO:
        fields.refuse("other_municipalities", "modsiger nationwide")
    if len({run.label for run in made.runs}) != len(made.runs):
        fields.refuse("runs", "har to hold med samme label")
    if made.price_kr == 0 and made.price is not None and "kr" in made.price.lower().split():
        fields.warn("price_kr", "siger gratis, men price nævner kroner")
    if Access.INTERNAL in made.access and made.access & _OPEN:
        fields.warn("access", "siger både åbent og kun for husets egne familier")


def _in_force(fields: Fields, made: Offer, as_of: date | None, sofar: Catalogue) -> None:
    """Note a legal basis that is not in force on the day the text describes (R68)."""
    for code in sorted(made.legal_basis) if sofar.bases else ():
        basis = sofar.bases.get(code)
        if basis is None:
            fields.refuse("legal_basis", f"{code} findes ikke i listen over lovgrundlag")
            continue
        if as_of is not None and basis.valid_from is not None and as_of < basis.valid_from:
            fields.refuse("legal_basis", f"{code} gælder først fra {basis.valid_from}")
        if as_of is not None and basis.valid_to is not None and as_of >= basis.valid_to:
            fields.refuse("legal_basis", f"{code} gjaldt kun til {basis.valid_to}")
        if basis.requires_decision and made.access & _OPEN:
            fields.warn("access", f"siger åbent, men {code} kræver en afgørelse (R69)")


def _target(fields: Fields) -> Target:
    weeks = fields.span("pregnancy_week", 4, 42)
    months = fields.span("child_age_months", 0, 216)
    ages = fields.span("parent_age", 10, 99)
    due = fields.days("due_from", "due_to", same_day=True)
    criteria = fields.texts("criteria")
    if len(criteria) > _MOST_CRITERIA:
        fields.refuse("criteria", f"må højst have {_MOST_CRITERIA}")
    made = Target(
        audience=fields.codes("audience", Audience),
        pregnancy_week_from=weeks[0],
        pregnancy_week_to=weeks[1],
        child_age_months_from=months[0],
        child_age_months_to=months[1],
        parent_age_from=ages[0],
        parent_age_to=ages[1],
        due_from=due[0],
        due_to=due[1],
        pregnancy_care_levels=fields.wholes("pregnancy_care_levels", 1, 4),
        first_time_parents=fields.flag("first_time_parents"),
        criteria=criteria,
    )
    fields.end()
    return made


def _dose(fields: Fields) -> Dose:
    sessions = fields.span("sessions", 1, 500)
    minutes = fields.span("minutes_per_session", 5, 1440)
    hours = fields.span("hours_per_week", 1, 168)
    group = fields.span("group_size", 1, 500)
    starts, ends = fields.clock("starts_at"), fields.clock("ends_at")
    if starts is not None and ends is not None and ends <= starts:
        fields.refuse("ends_at", "skal ligge efter starts_at")
    made = Dose(
        *sessions,
        *minutes,
        *hours,
        weeks=fields.whole("weeks", 1, 520),
        group_size_from=group[0],
        group_size_to=group[1],
        days=fields.codes("days", Weekday),
        starts_at=starts,
        ends_at=ends,
        schedule=fields.maybe_text("schedule"),
        childcare=fields.flag("childcare"),
        meal=fields.flag("meal"),
        transport=fields.flag("transport"),
    )
    fields.end()
    return made


def _run(fields: Fields) -> Run | None:
    said, (first, last) = fields.day("said_on"), fields.days("starts_on", "ends_on", same_day=True)
    if said is None:
        fields.refuse("said_on", "skal udfyldes: hvilken dag det blev sagt")
    places, free = fields.whole("places", 0, 10_000), fields.whole("free", 0, 10_000)
    if places is not None and free is not None and free > places:
        fields.refuse("free", "er flere end places")
    label, waiting, weeks = fields.text("label"), fields.whole("waiting", 0, 10_000), fields.whole("wait_weeks", 0, 520)
    fields.end()
    return None if said is None else Run(label, said, first, last, places, free, waiting, weeks)


def _venues(fields: Fields, sofar: Catalogue) -> tuple[Venue, ...]:
    parts = fields.parts("venues")
    if any(part.empty for part in parts):
        fields.refuse("venues", "har et sted, der ikke siger noget")
    return tuple(venue(part, sofar) for part in parts)


def _municipalities(fields: Fields, sofar: Catalogue) -> frozenset[MunicipalityCode]:
    told = fields.texts("municipalities")
    for code in told:
        fields.among("municipalities", code, sofar.municipalities)
    return frozenset(map(MunicipalityCode, told))


def _regions(fields: Fields, sofar: Catalogue) -> frozenset[RegionCode]:
    told = fields.texts("regions")
    for code in told:
        fields.among("regions", code, sofar.regions)
    return frozenset(map(RegionCode, told))


def _partners(fields: Fields, sofar: Catalogue) -> tuple[str, ...]:
    """Return the partners: units, or organisations where the source names no unit."""
    partners = fields.texts("partners")
    for partner in partners:
        if partner not in sofar.units:
            fields.among("partners", partner, sofar.organisations)
    return partners
