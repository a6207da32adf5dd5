"""The survey's figures counted in the directory, side by side with the survey's own and what sets the two apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.directory.domain.codes import Profession
from services.directory.domain.figures.coverage import ALL
from services.directory.domain.figures.kinds import Door, Kind
from services.directory.domain.figures.picture import Group, Picture
from services.directory.domain.figures.survey import Answer, Survey
from services.directory.domain.model import MunicipalityCode

NO_RANKING = "Grupperne er en opdeling efter organisering. De er ikke en rangordning."
OWN_COUNT = (
    "Der tælles kun kommuner, der er oplysninger om; de andre står for sig som 'ingen oplysninger'. "
    "'Ingen' siges kun, hvor kommunen selv har erklæret sin liste fuldstændig inden for det seneste år. "
    "Hvad en kommune har, regnes der kun procent af blandt dem, der har erklæret det: ellers talte kun ja'er med."
)
DIFFERENCES: Mapping[int, str] = {
    3: "Undersøgelsen placerede kommunerne efter spørgeskema og hjemmesider. Kataloget går efter, hvad enhederne siger "
    "om sig selv: om de er tværfaglige, og hvilke aldre de er for.",
    5: "Undersøgelsen spurgte kommunen. Kataloget tæller de faggrupper, som de tværfaglige enheder oplyser.",
    6: "Undersøgelsen spurgte om den fælles indgang som helhed. Kataloget ser på adgangen til hvert tilbud, som de "
    "tværfaglige enheder giver, og lægger dem sammen.",
    7: "Undersøgelsen spurgte kommunen, hvad den har. Kataloget tæller de tilbud, som kommunen selv giver eller er "
    "partner i; frivilliges og regioners egne tilbud er ikke med her.",
    10: "Undersøgelsen spurgte kun om tværfaglige tilbud. Kataloget tæller alle kommunens egne tilbud af slagsen, for "
    "det står sjældent, om et tilbud er tværfagligt.",
    11: "Undersøgelsen spurgte dem, der havde svaret ja i figur 10. Kataloget ser på de tilbud, der siger noget om "
    "adgangen: 'åbne' betyder, at alle kommunens tilbud af slagsen er åbne, og 'henvisning', at ingen af dem er det.",
}
_OF_SURVEY: Mapping[tuple[int, str], Kind] = {
    (7, "mentor"): Kind.CONTACT_OR_MENTOR,
    (10, "individual"): Kind.INDIVIDUAL_GUIDANCE,
    (10, "group"): Kind.GROUP_GUIDANCE,
    (11, "individual"): Kind.INDIVIDUAL_GUIDANCE,
    (11, "group"): Kind.GROUP_GUIDANCE,
}
_WITH_ENTRANCE = frozenset({Group.ENTRANCE_0_6, Group.ENTRANCE_0_18})
_DOORS: Mapping[str, Door] = {"both": Door.BOTH, "referral_only": Door.ASSESSED, "open_only": Door.OPEN,
                              "open": Door.OPEN, "referral": Door.ASSESSED}  # fmt: skip
Question = Callable[[MunicipalityCode], bool | None]
Sure = Callable[[MunicipalityCode], bool]


@dataclass(frozen=True, slots=True)
class Share:
    """How many municipalities `yes` of those with data (`of`); `no_data` are those nobody knows of.

    `sure_yes` of `sure_of` are those that could as well have been a no: an undeclared list only ever tells a yes.
    """

    yes: int
    of: int
    no_data: int
    sure_yes: int
    sure_of: int

    @property
    def percent(self) -> int | None:
        """The share of those that could have been a no, in whole percent; None: there are none."""
        return None if not self.sure_of else (200 * self.sure_yes + self.sure_of) // (2 * self.sure_of)


@dataclass(frozen=True, slots=True)
class Line:
    """One bar: the directory's shares of all and by group, beside the survey's percent and the lines they stand in."""

    code: str
    name: str
    directory: Share
    groups: Mapping[int, Share]
    survey: Mapping[str, int]
    lines: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, counted twice: what was asked, of whom, and how the two counts differ."""

    number: int
    question: str
    among: str
    difference: str
    lines: tuple[Line, ...]


def summary(picture: Picture, survey: Survey) -> tuple[Figure, ...]:
    """Return figures 3, 5, 6, 7, 10 and 11."""
    groups = {code: picture.group(code) for code in picture.municipalities}
    figures = [_typology(picture, groups, survey)]
    for number in (5, 6, 7, 10, 11):
        asked = survey.figures[number]
        among = [code for code, group in groups.items() if number not in {5, 6} or group in _WITH_ENTRANCE]
        lines = tuple(
            _line(_question(picture, number, answer.code), _sure(picture, number, answer.code), answer, among, groups)
            for answer in asked.answers
        )
        figures.append(Figure(number, asked.question, asked.among, DIFFERENCES[number], lines))
    return tuple(figures)


def kind_of(figure: int, code: str) -> Kind:
    """Return the kind of offer a bar of figure 7, 10 or 11 is about."""
    return _OF_SURVEY.get((figure, code)) or Kind(code)


def _typology(picture: Picture, groups: Mapping[MunicipalityCode, Group | None], survey: Survey) -> Figure:
    sure = picture.coverage.complete
    lines = tuple(
        Line(
            code=f"group_{each.number}",
            name=each.name,
            directory=_share(
                (None if group is None else group == each.number, sure(code, ALL)) for code, group in groups.items()
            ),
            groups={},
            survey={"municipalities": each.municipalities, "of": survey.answered},
            lines=each.lines,
        )
        for each in survey.groups
    )
    return Figure(
        number=3,
        question="Hvordan er kommunens tilbud til kommende forældre og familier med små børn organiseret?",
        among=f"De {survey.answered} kommuner, der svarede",
        difference=f"{DIFFERENCES[3]} {NO_RANKING}",
        lines=lines,
    )


def _line(
    ask: Question, sure: Sure, answer: Answer, among: Iterable[MunicipalityCode],
    groups: Mapping[MunicipalityCode, Group | None],
) -> Line:  # fmt: skip
    said = {code: (ask(code), sure(code)) for code in among}
    by_group = {
        int(group): _share(value for code, value in said.items() if groups[code] is group)
        for group in Group
        if any(groups[code] is group for code in said)
    }
    return Line(answer.code, answer.name, _share(said.values()), by_group, answer.percent, answer.lines)


def _share(said: Iterable[tuple[bool | None, bool]]) -> Share:
    given = list(said)
    known = [(value, sure) for value, sure in given if value is not None]
    certain = [value for value, sure in known if sure]
    return Share(
        yes=sum(value for value, _ in known),
        of=len(known),
        no_data=len(given) - len(known),
        sure_yes=sum(certain),
        sure_of=len(certain),
    )


def _sure(picture: Picture, figure: int, code: str) -> Sure:
    """Return whether a municipality's answer could have been a no: what it has, only where it has declared it."""
    if figure not in {7, 10}:
        return lambda _place: True
    kind = kind_of(figure, code)
    return lambda place: picture.certain(place, kind)


def _question(picture: Picture, figure: int, code: str) -> Question:
    """Return what is asked of each municipality for one bar."""
    if figure == 5:  # noqa: PLR2004 - the figure's number
        return _profession(picture, code)
    if figure == 6:  # noqa: PLR2004 - likewise
        return lambda place: _is_door(picture.entrance_door(place), _DOORS[code])
    if figure == 11:  # noqa: PLR2004 - likewise
        kind, _, way = code.rpartition("_")
        return lambda place: _is_door(picture.own_door(place, kind_of(figure, kind)), _DOORS[way])
    return lambda place: picture.has(place, kind_of(figure, code))


def _profession(picture: Picture, code: str) -> Question:
    named = {
        Profession.SOCIAL_WORKER, Profession.FAMILY_THERAPIST, Profession.HEALTH_VISITOR, Profession.MIDWIFE,
        Profession.PHYSIOTHERAPIST, Profession.EDUCATION_COUNSELLOR, Profession.JOB_CONSULTANT,
    }  # fmt: skip

    def ask(place: MunicipalityCode) -> bool | None:
        there = picture.entrance_professions(place)
        if not there:
            return None
        return bool(there - named) if code == "other" else Profession(code) in there

    return ask


def _is_door(door: Door | None, asked: Door) -> bool | None:
    return None if door is None else door is asked
