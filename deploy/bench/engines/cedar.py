"""The rules in Cedar: a policy for each word and each other ground, in a parsed set for each person and need.

A forbid policy for each no; a permit policy for who speaks alone, when any yes holds, and for two holders of custody,
when one of each does; one for each other ground. When a word counts, and which no has spent it, are conditions in
them. Deny by default and forbid over permit are Cedar's own. Principal is the sender, action the kind, resource the
recipient.

Tried: sets by road as well (no gain; most of a call is the request going in and the answer coming out as JSON); ids as
text, as the documentation has them (they are parsed each time: half as fast again); the context as a dict (written as
JSON each time); one set for everybody (all policies are gone through for each question); `is_authorized_batch` (saves
a tenth, but takes one set only). Words as entities would not do: Cedar has no loop over a set of records.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

from cedarpy import Entities, PolicySet, is_authorized

from deploy.bench.engines.speaking import (
    ALWAYS,
    Matter,
    Place,
    Span,
    Speaker,
    Window,
    ends,
    holds,
    matters,
    opens,
    second,
)
from deploy.bench.engines.world import Question, World
from services.consent.domain.model import Effect, Override, Record, UnitId, Withdrawal
from shared.vocabulary import Category

Request = tuple[dict[str, Any], PolicySet]
_NOTHING = PolicySet.from_str("")
_THERE, _BACK = "there", "back"
_NOBODY = Entities.from_json_str("[]")


class Cedar:
    """A parsed set of policies a person and need, found by both."""

    name = "Cedar (cedarpy, parsed beforehand)"

    def __init__(self, world: World) -> None:
        self._sets: dict[Place, PolicySet] = {
            place: PolicySet.from_str("\n".join(policies(matter))) for place, matter in matters(world).items()
        }

    def requests(self, questions: Sequence[Question]) -> list[Request]:
        """Return the questions as they are asked, each with the set it is answered from."""
        return [(_request(each), self._sets.get((each.asked.subject, each.asked.need), _NOTHING)) for each in questions]

    def answers(self, requests: Sequence[Request]) -> list[bool]:
        """Return for each whether it may be told."""
        return [is_authorized(request, policies, _NOBODY).allowed for request, policies in requests]


def _request(question: Question) -> dict[str, Any]:
    """Return the request with nothing left to parse that need not be: ids in two parts, the context as text."""
    asked = question.asked
    context = {"at": second(question.at), "purpose": asked.purpose.value, "back": asked.back}
    return {
        "principal": {"type": "Unit", "id": asked.sender}, "action": {"type": "Action", "id": question.category.value},
        "resource": {"type": "Unit", "id": asked.recipient}, "context": json.dumps(context),
    }  # fmt: skip


def policies(matter: Matter) -> Iterator[str]:
    """Yield the policies of one person under one need."""
    despite = [_ground(each) for each in matter.overrides if each.despite_refusal]
    closed = [
        _all([_road(record, way), _kinds(record.categories), _any(closing)])
        for record in matter.records for way in _ways(record) if (closing := _closing(record, way))
    ]  # fmt: skip
    for override in matter.overrides:
        gives_way = _unless([] if override.despite_refusal else closed)
        yield f"permit(principal, action, resource) when {{ {_ground(override)} }}{gives_way};"
    for span in matter.spans:
        yield from _forbids(span, matter, _unless(despite))
        yield from _permits(span, matter)


def _unless(said: Sequence[str]) -> str:
    return f" unless {{ {_any(said)} }}" if said else ""


def _forbids(span: Span, matter: Matter, unless: str) -> Iterator[str]:
    for record in matter.records:
        if record.given_by in span.closers:
            for way in _ways(record):
                closing = _closing(record, way)
                when = _all([_others(record, way), _during(span.window), _any(closing)])
                if closing:
                    yield f"forbid({_scope(record, way)}) when {{ {when} }}{unless};"


def _permits(span: Span, matter: Matter) -> Iterator[str]:
    said = [list(_yeses(speaker, matter)) for speaker in span.speakers]
    if said and all(said):
        every = _all([_during(span.window), *(_any(text for text, _ in each) for each in said)])
        yield f"permit(principal, action, resource) when {{ {every} }};"
    alone = [text for each in said for text, record in each if record.alone and len(said) > 1]
    if alone:
        yield f"permit(principal, action, resource) when {{ {_all([_during(span.window), _any(alone)])} }};"


def _yeses(speaker: Speaker, matter: Matter) -> Iterator[tuple[str, Record]]:
    """Yield when each yes of theirs holds that may open anything, unless a no that was lifted has spent it."""
    for record in matter.records:
        if speaker.may_open_with(record):
            spent = [
                f"!({text})"
                for other in matter.records
                if other.given_by == speaker.person
                for text in _spending(other, second(record.valid_from))
            ]
            kinds = record.categories - ({Category.CONTACT} if matter.facts.protected and not record.address else set())
            for way in _ways(record):
                back = ["context.back"] if way == _BACK else []
                named = [_road(record, way), _kinds(kinds), _purpose(record), *back]
                yield _all([*named, _during(opens(record)), *spent]), record


def _ways(record: Record) -> Sequence[str]:
    return (_THERE, _BACK) if record.effect is Effect.FORBID or record.mutual else (_THERE,)


def _closing(record: Record, way: str) -> list[str]:
    """Return when it says no on its road: a refusal until lifted, a yes from when it was taken back."""
    replaced = ends(record)
    if record.effect is Effect.FORBID:
        taken = [f"!({_taken(each, way)})" for each in record.withdrawals]
        return [_all([_during((second(record.valid_from), replaced)), *taken])]
    return [
        _all([_purpose(record), _taken(each, way), _during((-inf, inf if second(each.at) > replaced else replaced))])
        for each in record.withdrawals
    ]


def _spending(record: Record, said: int) -> Iterator[str]:
    """Yield when a word spends a yes of the same person's that was said before it and is older than the no."""
    replaced = ends(record)
    for way in _ways(record):
        named = [_road(record, way), _kinds(record.categories)]
        if record.effect is Effect.FORBID and said < second(record.valid_from):
            lifted = [_taken(each, way) for each in record.withdrawals]
            lifted += [_during((replaced, inf))] if replaced < inf else []
            if lifted:
                yield _all([*named, _during((second(record.valid_from), inf)), _any(lifted)])
        if record.effect is Effect.PERMIT and replaced < inf:
            older = [each for each in record.withdrawals if said < second(each.at) <= replaced]
            for each in older:
                yield _all([*named, _purpose(record), _taken(each, way), _during((replaced, inf))])


def _taken(withdrawal: Withdrawal, way: str) -> str:
    said = [_during((second(withdrawal.at), inf))]
    if withdrawal.recipients is not None:
        said.append(f"{_units(withdrawal.recipients)}.contains({_other(way)})")
    if withdrawal.categories is not None:
        said.append(_kinds(withdrawal.categories))
    return _all(said)


def _ground(override: Override) -> str:
    road = [f"principal == {_unit(override.sender)}", f"{_units(override.recipients)}.contains(resource)"]
    return _all([*road, _kinds(override.categories), _during(holds(override))])


def _scope(record: Record, way: str) -> str:
    """Return what Cedar sorts policies out by before it looks at any condition."""
    kinds = ", ".join(sorted(_kind(each) for each in record.categories))
    sender = _unit(record.sender)
    ends_at = (f"principal == {sender}", "resource") if way == _THERE else ("principal", f"resource == {sender}")
    return f"{ends_at[0]}, action in [{kinds}], {ends_at[1]}"


def _road(record: Record, way: str) -> str:
    return f"{'principal' if way == _THERE else 'resource'} == {_unit(record.sender)} && {_others(record, way)}"


def _others(record: Record, way: str) -> str:
    return f"{_units(record.recipients)}.contains({_other(way)})"


def _other(way: str) -> str:
    return "resource" if way == _THERE else "principal"


def _during(window: Window) -> str:
    said = []
    if window[0] > -inf:
        said.append(f"context.at >= {window[0]:.0f}")
    if window[1] < inf:
        said.append(f"context.at < {window[1]:.0f}")
    return " && ".join(said) if window != ALWAYS else "true"


def _purpose(record: Record) -> str:
    return f'context.purpose == "{record.purpose.value}"'


def _kinds(categories: Iterable[Category]) -> str:
    return f"[{', '.join(sorted(_kind(each) for each in categories))}].contains(action)"


def _kind(category: Category) -> str:
    return f'Action::"{category.value}"'


def _units(units: Iterable[UnitId]) -> str:
    return f"[{', '.join(_unit(each) for each in sorted(units))}]"


def _unit(unit: UnitId) -> str:
    return f'Unit::"{unit}"'


def _all(said: Sequence[str]) -> str:
    return " && ".join(text for text in said if text != "true") or "true"


def _any(said: Iterable[str]) -> str:
    return "(" + " || ".join(f"({text})" for text in said) + ")"
