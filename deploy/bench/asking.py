"""The questions the directory's benchmark asks: many families' at once, so that no answer is kept from the last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from services.directory.domain.codes import Theme
from services.directory.domain.search import Facet

PAGE = 20
QUESTIONS = 96
FACETS = (Facet.MUNICIPALITY, Facet.THEME, Facet.AUDIENCE, Facet.ACCESS, Facet.FORM, Facet.REFERRER)
_SEED = 1897
_MUNICIPALITIES = 24
_MONTHS = (0, 2, 4, 6, 9, 11, 14, 18, 24, 30, 36, 48)
_ABOUT: Sequence[tuple[Theme, str]] = (
    (Theme.ATTACHMENT, "samspil"), (Theme.ATTACHMENT, "tilknytning gruppe"), (Theme.BREASTFEEDING, "amning"),
    (Theme.CHILD_DEVELOPMENT, "leg og sprog"), (Theme.COUNSELLING, "rådgivning"), (Theme.COUNSELLING, "hverdagen"),
    (Theme.COUPLE, "parforholdet"), (Theme.FATHERS, "fædre og børn"), (Theme.GRIEF, "sorg"),
    (Theme.LEISURE_COMMUNITY, "café"), (Theme.MENTAL_HEALTH, "samtaler"), (Theme.MOTHERS, "mødre"),
    (Theme.MOTOR_SKILLS, "motorik"), (Theme.NETWORK, "netværk"), (Theme.NEW_PARENT, "nye forældre"),
    (Theme.NUTRITION, "mad"), (Theme.PARENTING_COURSE, "kursus for forældre"), (Theme.PLAY_GROUP, "legestue"),
    (Theme.POSTNATAL_DEPRESSION, "fødselsdepression"), (Theme.SLEEP, "søvn"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What one family asks for: the three filters (municipality, the child's age, a theme) and a text, or none."""

    municipality: str
    child_age_months: int
    theme: Theme
    text: str | None

    def body(self, *, facets: bool = True, limit: int = PAGE) -> Mapping[str, Any]:
        """Return the question as the body of `POST /offers/search`."""
        asked: dict[str, Any] = {
            "municipality": self.municipality, "child_age_months": self.child_age_months, "theme": [self.theme],
            "limit": limit, "include_examples": True,
        }  # fmt: skip
        if self.text is not None:
            asked["q"] = self.text
        return asked | ({"facets": list(FACETS)} if facets else {})


def questions(municipalities: Collection[str], *, count: int = QUESTIONS) -> list[Question]:
    """Return that many different questions about some of the municipalities: the same for the same ones."""
    rng = Random(_SEED)  # noqa: S311 - made-up questions
    places = rng.sample(sorted(municipalities), min(_MUNICIPALITIES, len(municipalities)))
    asked: dict[Question, None] = {}
    while len(asked) < count:
        theme, text = rng.choice(_ABOUT)
        asked[Question(rng.choice(places), rng.choice(_MONTHS), theme, text)] = None
    return list(asked)
