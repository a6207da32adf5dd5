"""The rules in Casbin: `FastEnforcer`, a line of policy for each window in which a word opens or closes a point.

Casbin asks line by line whether one matches; it cannot ask whether every holder of custody has a line that does. So
the lines are derived beforehand: for each road and kind a line for each yes (for each pair of yeses where two must
agree) and for each no, from when to when it counts. What is left to the engine is deny by default, a no over a yes,
road, kind, purpose, need, and time.

Tried, and slower: lines as they were said with road and kind in the matcher (6 to 20 lines to look at, not 1 or 2),
a registered function for the window, `p.start <= r.at && r.at < p.end` (two comparisons instead
of one chained). Each call parses the matcher anew; that is the library's own way. The index wants two keys.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from casbin import FastEnforcer
from casbin.model import FastModel, Model
from casbin.persist import Adapter

from deploy.bench.engines.speaking import (
    Matter,
    Span,
    Speaker,
    Window,
    closes,
    holds,
    matters,
    opens,
    second,
    spends,
    within,
    without,
)
from deploy.bench.engines.world import Question, World
from services.consent.domain.model import Disclosure, Effect, Record, UnitId
from shared.vocabulary import Category, Purpose

Request = tuple[str, str, str]
Line = tuple[str, str, str, str, str]
_MODEL = """
[request_definition]
r = road, kind, at
[policy_definition]
p = road, kind, start, end, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = p.start <= r.at < p.end
"""
_ROAD, _KIND = 0, 1
_LAST = 99_999_999_999


class Casbin:
    """One enforcer over all lines, which it finds by road (with person, need and purpose) and kind."""

    name = "Casbin (casbin, FastEnforcer)"

    def __init__(self, world: World) -> None:
        model = FastModel([_ROAD, _KIND])
        model.load_model_from_text(_MODEL)
        self._enforcer = FastEnforcer(model, _Lines(world), cache_key_order=[_ROAD, _KIND])

    def requests(self, questions: Sequence[Question]) -> list[Request]:
        """Return the questions as they are asked."""
        return [(each.asked.key, each.category.value, _text(second(each.at))) for each in questions]

    def answers(self, requests: Sequence[Request]) -> list[bool]:
        """Return for each whether it may be told."""
        enforce = self._enforcer.enforce
        return [enforce(road, kind, at) for road, kind, at in requests]


class _Lines(Adapter):  # type: ignore[misc]  # the library has no types
    """Hands the enforcer its lines as an adapter does."""

    def __init__(self, world: World) -> None:
        self._world = world

    def load_policy(self, model: Model) -> None:
        """Add every line to the model."""
        policy = model.model["p"]["p"].policy
        for matter in matters(self._world).values():
            for line in lines(matter):
                policy.append(line)


def lines(matter: Matter) -> Iterator[Line]:
    """Yield the lines of one person under one need: at each point anything opens, what opens and what closes it."""
    for asked, category in _points(matter):
        allowed = [*_yeses(matter, asked, category), *_further(matter, asked, category)]
        for begins, stops in allowed:
            yield asked.key, category.value, _text(begins), _text(stops), "allow"
        if allowed:
            for begins, stops in _noes(matter, asked, category):
                yield asked.key, category.value, _text(begins), _text(stops), "deny"


def _text(at: float) -> str:
    """Return a second so that texts sort as numbers do: a road without a line is matched against empty texts."""
    return f"{min(max(at, 0), _LAST):011.0f}"


def _points(matter: Matter) -> Iterator[tuple[Disclosure, Category]]:
    """Yield each question that any yes or other ground could open; nothing opens the others."""
    roads: set[tuple[UnitId, UnitId, Category]] = set()
    for record in matter.records:
        if record.effect is Effect.PERMIT:
            there = {(record.sender, other) for other in record.recipients}
            back = {(other, record.sender) for other in record.recipients if record.mutual}
            roads |= {(*road, category) for road in there | back for category in record.categories}
    for override in matter.overrides:
        roads |= {(override.sender, *rest) for rest in product(override.recipients, override.categories)}
    need = (matter.records or matter.overrides)[0].need
    for one, other, category in sorted(roads):
        for purpose, back_flag in product(Purpose, (False, True)):
            yield Disclosure(matter.subject, one, other, purpose, need, frozenset({category}), back_flag), category


def _yeses(matter: Matter, asked: Disclosure, category: Category) -> Iterator[Window]:
    """Yield when everyone needed says yes at once, or one whose word was recorded to be enough (R27)."""
    for span in matter.spans:
        said = [list(_yeses_of(speaker, matter, asked, category)) for speaker in span.speakers]
        if said:
            yield from _not_empty(
                _all_of(span, windows) for windows in product(*([w for w, _ in each] for each in said))
            )
        if len(said) > 1:
            yield from _not_empty(within(span.window, window) for each in said for window, alone in each if alone)


def _all_of(span: Span, windows: Sequence[Window]) -> Window:
    shared = span.window
    for window in windows:
        shared = within(shared, window)
    return shared


def _not_empty(windows: Iterator[Window]) -> Iterator[Window]:
    return (window for window in windows if window[0] < window[1])


def _yeses_of(speaker: Speaker, matter: Matter, asked: Disclosure, category: Category) -> Iterator[tuple[Window, bool]]:
    said = [(record, other) for record, other in _named(matter, asked, category) if record.given_by == speaker.person]
    spent = [each for record, other in said for each in spends(record, other, category)]
    for record, _ in said:
        there = record.sender == asked.sender
        known = category is not Category.CONTACT or record.address or not matter.facts.protected
        if speaker.may_open_with(record) and known and (there or asked.back):
            begins, stops = opens(record)
            yield (begins, min([stops, *(since for before, since in spent if begins < before)])), record.alone


def _further(matter: Matter, asked: Disclosure, category: Category) -> Iterator[Window]:
    """Yield when another ground holds: against a no, also of who is not asked any more, only if it says so (R17)."""
    yield from _grounds(matter, asked, category, despite=True)
    closed = [each for record, other in _named(matter, asked, category) for each in closes(record, other, category)]
    for window in _grounds(matter, asked, category, despite=False):
        yield from without(window, closed)


def _noes(matter: Matter, asked: Disclosure, category: Category) -> Iterator[Window]:
    """Yield when somebody needed, or spoken for, says no, and no ground holds despite it."""
    despite = list(_grounds(matter, asked, category, despite=True))
    for span in matter.spans:
        for record, other in _named(matter, asked, category):
            if record.given_by in span.closers:
                for window in _not_empty(within(span.window, each) for each in closes(record, other, category)):
                    yield from without(window, despite)


def _named(matter: Matter, asked: Disclosure, category: Category) -> Iterator[tuple[Record, UnitId]]:
    """Yield the words that name the road in either way they may, the purpose and the kind, and who the other is."""
    for record in matter.records:
        there = record.sender == asked.sender and asked.recipient in record.recipients
        back = record.sender == asked.recipient and asked.sender in record.recipients
        forbids = record.effect is Effect.FORBID
        named = there or (back and (forbids or record.mutual))
        if named and category in record.categories and (forbids or record.purpose is asked.purpose):
            yield record, asked.recipient if there else asked.sender


def _grounds(matter: Matter, asked: Disclosure, category: Category, *, despite: bool) -> Iterator[Window]:
    for ground in matter.overrides:
        named = ground.sender == asked.sender and asked.recipient in ground.recipients
        if named and category in ground.categories and ground.despite_refusal is despite:
            yield holds(ground)
