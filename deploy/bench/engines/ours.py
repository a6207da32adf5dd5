"""Our own `decide`, as an engine beside the others."""

from collections.abc import Sequence
from datetime import datetime

from deploy.bench.engines.world import Question, World
from services.consent.domain.decision import decide
from services.consent.domain.model import Disclosure

Request = tuple[Disclosure, datetime]


class Ours:
    """Everything in hand; a road's answers between two changes are kept once they have been asked for."""

    name = "ours"

    def __init__(self, world: World) -> None:
        self._held = world.held()

    def requests(self, questions: Sequence[Question]) -> list[Request]:
        """Return the questions as they are asked."""
        return [(each.asked, each.at) for each in questions]

    def answers(self, requests: Sequence[Request]) -> list[bool]:
        """Return for each whether it may be told."""
        held = self._held
        return [decide(asked, held, at)[0].permitted for asked, at in requests]
