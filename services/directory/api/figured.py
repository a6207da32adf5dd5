"""What the figures answer."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.directory.domain.codes import Theme
from services.directory.domain.figures.gaps import Finding
from services.directory.domain.figures.kinds import Door, Kind
from services.directory.domain.figures.picture import State
from services.directory.domain.matching import Criterion
from shared.text import WireOut


class LinesOut(WireOut):
    """Where it stands: which text, which lines of it."""

    seed: str
    lines: str


class KindOut(WireOut):
    """A kind of offer: its name, the figure it stands in, and how it is recognised in an offer."""

    code: Kind
    name: str
    figure: int
    recognised: str
    source: LinesOut


class CellOut(WireOut):
    """One kind in one municipality: how many offers are given there, how families get in, or what silence means."""

    state: State
    offers: int
    own: int = Field(description="of them, given by the municipality itself, or with it as a partner")
    open: int
    assessed: int
    both: int
    unsaid: int = Field(description="of them, silent on how a family gets in")
    unclear: int = Field(description="offers that do not say enough to tell whether they are of the kind")
    door: Door | None = Field(description="the way in to all of them seen as one")


class RowOut(WireOut):
    """A municipality, its group in the typology (null: it cannot be told), and its kinds."""

    code: str
    name: str
    region: str | None
    group: int | None
    kinds: dict[Kind, CellOut]


class OffersFigureOut(WireOut):
    """Municipality by kind."""

    on: date
    note: str
    kinds: list[KindOut]
    totals: dict[Kind, dict[State, int]]
    municipalities: list[RowOut]


class ShareOut(WireOut):
    """`yes` of the `of` municipalities with data; `no_data` stand apart."""

    yes: int
    of: int
    no_data: int
    percent: int | None = Field(description="of the `percent_of` municipalities whose answer could have been a no")
    percent_of: int


class AnswerOut(WireOut):
    """One bar: the directory's own count, of all and by group, beside the survey's published percent."""

    code: str
    name: str
    directory: dict[str, ShareOut]
    survey: dict[str, int]
    source: LinesOut


class FigureOut(WireOut):
    """A figure counted twice, and how the two counts differ."""

    number: int
    question: str
    survey_among: str
    difference: str
    answers: list[AnswerOut]


class SurveyOut(WireOut):
    """The survey that stands beside the directory's count."""

    title: str
    asked: str
    municipalities_answered: int
    source: LinesOut


class SummaryOut(WireOut):
    """The figures side by side. The typology is no ranking."""

    on: date
    note: str
    no_ranking: str
    no_ranking_source: LinesOut
    survey: SurveyOut
    municipalities: int
    figures: list[FigureOut]


class NamedOut(WireOut):
    """A municipality."""

    code: str
    name: str


class NearbyOut(WireOut):
    """An offer near the place; `roughly`: to the middle of its municipality. `unknown`: what it leaves open."""

    id: str
    name: str
    unit: str
    municipalities: list[str]
    distance_km: float
    roughly: bool
    unknown: list[Criterion]


class GapOut(WireOut):
    """A kind or theme near the place; `anywhere`: offers that fit, region-wide or nationwide, without a place."""

    code: Kind | Theme
    finding: Finding
    count: int
    anywhere: int
    unclear: int
    not_declared: list[NamedOut]
    nearest: list[NearbyOut]


class GapsOut(WireOut):
    """What is near a place, what is missing there, and what nobody knows."""

    on: date
    note: str
    municipality: NamedOut
    latitude: float
    longitude: float
    within_km: int
    municipalities: list[NamedOut]
    kinds: list[GapOut]
    themes: list[GapOut]


class DeclarationOut(WireOut):
    """A word that counts on the day."""

    municipality: str
    kind: str
    name: str
    declared_on: date
    lapses_on: date
    unit: str


class CoverageList(WireOut):
    """The words that count on the day."""

    declarations: list[DeclarationOut]


class CoverageOut(WireOut):
    """The word as it was written."""

    id: UUID
    municipality: str
    kind: str
    complete: bool
    declared_on: date
    lapses_on: date
