"""The columns of a flat file of offers: one for each key of an offer's document, with a Danish name beside the code.

A document's lists of records (places, runs, sources) take a set of columns each: `venues.1.address`. A list of texts
too long for one cell goes on in `criteria.2`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.directory.domain.codes import (
    Access,
    Accessibility,
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
from services.directory.domain.transfer.rows import VERSION


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    CODE = "code"
    LIST = "list"
    WHOLE = "whole"
    WHOLES = "wholes"
    NUMBER = "number"
    DAY = "day"
    CLOCK = "clock"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column: its key, its Danish name, what it holds, and how to fill it in (Danish); `codes` is its closed list.

    Each is made once, here, and is equal to itself alone.
    """

    key: str
    danish: str
    kind: Kind
    told: str
    codes: type[StrEnum] | None = None
    must: bool = False


_T, _C, _L, _W, _F, _D = Kind.TEXT, Kind.CODE, Kind.LIST, Kind.WHOLE, Kind.FLAG, Kind.DAY
PLAIN: tuple[Column, ...] = (
    Column("id", "id", _C, "Tilbuddets id. Lad den stå tom for et nyt tilbud; så laves den af enhed og navn."),
    Column(VERSION, "udgave", _W, "Står i en hentet fil: lad den stå, når du retter. Tom for et nyt tilbud."),
    Column("name", "navn", _T, "Tilbuddets navn.", must=True),
    Column("aliases", "andre navne", _L, "Andre navne, som tilbuddet kendes under."),
    Column("unit", "enhed", _C, "Id på den enhed, der giver tilbuddet.", must=True),
    Column("partners", "partnere", _L, "Id på enheder eller organisationer, der er med."),
    Column("municipalities", "kommuner", _L, "Kommunekoder med fire cifre."),
    Column("regions", "regioner", _L, "Regionskoder."),
    Column("nationwide", "hele landet", _F, "ja, hvis tilbuddet gælder hele landet."),
    Column("summary", "beskrivelse", _T, "Hvad tilbuddet er, i nogle få sætninger.", must=True),
    Column("themes", "temaer", _L, "Hvad det handler om.", Theme, must=True),
    Column("access", "adgang", _L, "Hvordan familien kommer ind.", Access),
    Column("referrers", "henvisere", _L, "Hvem der kan henvise.", Profession),
    Column("form", "form", _L, "Hvordan det foregår.", Form),
    Column("methods", "metoder", _L, "Metoder, fx COS-P."),
    Column("legal_basis", "lovgrundlag", _L, "Den bestemmelse, det gives efter.", LegalBasis),
    Column("prevention_level", "forebyggelsesniveau", _C, "For alle, for grupper eller ved tegn.", PreventionLevel),
    Column("languages", "sprog", _L, "Sprog, det gives på.", Language),
    Column("interpreter", "tolk", _F, "ja, hvis der kan være tolk."),
    Column("led_by", "ledes af", _T, "En funktion, aldrig en persons navn."),
    Column("price", "pris", _T, "Prisen i ord."),
    Column("price_kr", "pris i kroner", _W, "Hele kroner; 0 er gratis."),
    Column(
        "other_municipalities", "andre kommuner", _C, "Om familier fra andre kommuner kan komme.", OtherMunicipalities
    ),
    Column("other_municipalities_terms", "vilkår for andre kommuner", _T, "På hvilke vilkår."),
    Column("as_of", "oplyst dato", _D, "Den dag, oplysningerne er fra; tom: i dag."),
    Column("funding_until", "penge til og med", _D, "Sidste dag, der er penge til."),
    Column("valid_from", "gælder fra", _D, "Første dag."),
    Column("valid_to", "gælder til", _D, "Første dag, det ikke er der mere."),
    Column("example", "eksempel", _F, "ja, hvis det er opdigtet som eksempel."),
    Column("target.audience", "målgruppe", _L, "Hvem det er for.", Audience),
    Column("target.pregnancy_week_from", "graviditetsuge fra", _W, "4 til 42."),
    Column("target.pregnancy_week_to", "graviditetsuge til", _W, "4 til 42, med."),
    Column("target.child_age_months_from", "barnets alder i måneder fra", _W, "0 til 216."),
    Column("target.child_age_months_to", "barnets alder i måneder til", _W, "0 til 216, med."),
    Column("target.parent_age_from", "forælders alder fra", _W, "10 til 99."),
    Column("target.parent_age_to", "forælders alder til", _W, "10 til 99, med."),
    Column("target.due_from", "termin fra", _D, "Første termin."),
    Column("target.due_to", "termin til", _D, "Sidste termin."),
    Column("target.pregnancy_care_levels", "omsorgsniveauer", Kind.WHOLES, "1 til 4."),
    Column("target.first_time_parents", "førstegangsforældre", _F, "ja: kun dem; nej: ikke dem."),
    Column("target.criteria", "kriterier", _L, "Hvad der ellers skal være opfyldt."),
    Column("dose.sessions_from", "gange fra", _W, "Hvor mange gange."),
    Column("dose.sessions_to", "gange til", _W, "Hvor mange gange."),
    Column("dose.minutes_per_session_from", "minutter pr. gang fra", _W, "Hvor længe."),
    Column("dose.minutes_per_session_to", "minutter pr. gang til", _W, "Hvor længe."),
    Column("dose.hours_per_week_from", "timer om ugen fra", _W, "Hvor meget."),
    Column("dose.hours_per_week_to", "timer om ugen til", _W, "Hvor meget."),
    Column("dose.weeks", "uger", _W, "Hvor mange uger i alt."),
    Column("dose.group_size_from", "gruppestørrelse fra", _W, "Hvor mange er med."),
    Column("dose.group_size_to", "gruppestørrelse til", _W, "Hvor mange er med."),
    Column("dose.days", "dage", _L, "Ugedage.", Weekday),
    Column("dose.starts_at", "begynder kl.", Kind.CLOCK, "TT:MM."),
    Column("dose.ends_at", "slutter kl.", Kind.CLOCK, "TT:MM."),
    Column("dose.schedule", "tidspunkter", _T, "Hvornår, i ord."),
    Column("dose.childcare", "børnepasning", _F, "ja, hvis børn bliver passet."),
    Column("dose.meal", "måltid", _F, "ja, hvis man spiser sammen."),
    Column("dose.transport", "transport", _F, "ja, hvis man kan blive hentet."),
    Column("contact.function", "kontakt", _T, "En funktion, aldrig en persons navn."),
    Column("contact.phone", "telefon", _C, "Otte cifre."),
    Column("contact.email", "mail", _C, "En fælles postkasse."),
    Column("contact.url", "hjemmeside", _C, "Begynder med https://."),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A list of records: its key and Danish name, the columns of each record, and how many the template offers."""

    key: str
    danish: str
    columns: tuple[Column, ...]
    offered: int


GROUPS: tuple[Group, ...] = (
    Group(
        "venues",
        "sted",
        (
            Column("name", "navn", _T, "Stedets navn."),
            Column("address", "adresse", _T, "Vej og nummer."),
            Column("postcode", "postnummer", _C, "Fire cifre."),
            Column("city", "by", _T, "Bynavn."),
            Column("latitude", "breddegrad", Kind.NUMBER, "WGS84, i Danmark."),
            Column("longitude", "længdegrad", Kind.NUMBER, "WGS84, i Danmark."),
            Column("accessibility", "tilgængelighed", _L, "Hvad stedet har.", Accessibility),
            Column("note", "bemærkning", _T, "Hvordan man finder vej."),
        ),
        3,
    ),
    Group(
        "runs",
        "hold",
        (
            Column("label", "navn", _T, "Holdets navn."),
            Column("said_on", "oplyst dato", _D, "Den dag, pladserne blev oplyst."),
            Column("starts_on", "begynder", _D, "Første dag."),
            Column("ends_on", "slutter", _D, "Sidste dag."),
            Column("places", "pladser", _W, "Pladser i alt."),
            Column("free", "ledige", _W, "Ledige pladser."),
            Column("waiting", "venter", _W, "Hvor mange der venter."),
            Column("wait_weeks", "ventetid i uger", _W, "Hvor længe man venter."),
        ),
        5,
    ),
    Group(
        "source",
        "kilde",
        (
            Column("seed", "tekst", _C, "Kildens nummer."),
            Column("lines", "linjer", _C, "Linjer i kilden, fx 12-14."),
            Column("says", "siger", _T, "Hvad linjerne fortæller."),
        ),
        1,
    ),
)
LISTS = frozenset({Kind.LIST, Kind.WHOLES})
_BY_NAME: Mapping[str, Column] = {name: column for column in PLAIN for name in (column.key, column.danish)}
_NUMBERED = re.compile(r"^(?P<group>[^.]+)\.(?P<number>[1-9]\d{0,2})\.(?P<key>.+)$")
_GOES_ON = re.compile(r"^(?P<key>.+)\.(?P<number>[2-9]|[1-9]\d{1,2})$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a header's cells go: a column, within which record of a group, and as which piece of a long list."""

    column: Column
    group: str | None = None
    number: int = 0
    piece: int = 1

    @property
    def header(self) -> str:
        """The header as the export writes it."""
        stem = self.column.key if self.group is None else f"{self.group}.{self.number}.{self.column.key}"
        return stem if self.piece == 1 else f"{stem}.{self.piece}"


def place_of(header: str) -> Place | None:
    """Return where a header's cells go, by its code or its Danish name in any case; None: there is no such column."""
    name = " ".join(header.lower().split())
    if name in _BY_NAME:
        return Place(_BY_NAME[name])
    found = _NUMBERED.match(name)
    if found is not None:
        group = next((each for each in GROUPS if found["group"] in (each.key, each.danish)), None)
        column = None if group is None else _within(group, found["key"])
        if group is not None and column is not None:
            return Place(column, group.key, int(found["number"]))
    return _going_on(name)


def _within(group: Group, name: str) -> Column | None:
    return next((column for column in group.columns if name in (column.key, column.danish)), None)


def _going_on(name: str) -> Place | None:
    found = _GOES_ON.match(name)
    stem = None if found is None else place_of(found["key"])
    if found is None or stem is None or stem.piece != 1 or stem.column.kind not in LISTS:
        return None
    return Place(stem.column, stem.group, stem.number, int(found["number"]))


def places(needed: Iterable[Place] = ()) -> dict[Place, int]:
    """Return a file's columns, each with its place from 0: the template's, and whatever else is needed."""
    offered = [Place(column) for column in PLAIN]
    offered += [
        Place(column, group.key, number)
        for group in GROUPS
        for number in range(1, group.offered + 1)
        for column in group.columns
    ]
    return {place: at for at, place in enumerate(sorted({*offered, *needed}, key=_order))}


_ORDER: Mapping[tuple[str | None, str], int] = {
    **{(None, column.key): at for at, column in enumerate(PLAIN)},
    **{(group.key, column.key): at for group in GROUPS for at, column in enumerate(group.columns)},
}
_GROUP_ORDER: Mapping[str | None, int] = {None: 0, **{group.key: at for at, group in enumerate(GROUPS, start=1)}}


def _order(place: Place) -> tuple[int, int, int, int]:
    return (_GROUP_ORDER[place.group], place.number, _ORDER[place.group, place.column.key], place.piece)
