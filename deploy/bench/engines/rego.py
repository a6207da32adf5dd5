"""The rules in Rego: `consent.rego` and every word as data, built into one bundle; a question is an input.

All rules are the engine's own here, also whose word is needed. Tried: an index by road, and by road and kind, in the
data (no gain: going through the rules is what takes time, not finding the words); the words in the input (three times
as slow); tables by person and by road beside one another (twice as slow); a query beside the entry point (a tenth
slower). Inputs are made beforehand.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from regopy import Input, Interpreter

from deploy.bench.engines.speaking import Matter, Place, fifteenth_birthday, first_second, holds, matters, second
from deploy.bench.engines.world import Question, World
from services.consent.domain.model import Effect, Override, PersonId, Record, Withdrawal

Request = Any
RULES = Path(__file__).with_name("consent.rego")
_ENTRY = "consent/allow"


class Rego:
    """One bundle, one interpreter."""

    name = "Rego (regopy, prebuilt bundle)"

    def __init__(self, world: World) -> None:
        builder = Interpreter()
        builder.add_data({"matters": {_place(place): _matter(each) for place, each in matters(world).items()}})
        builder.add_module(RULES.name, RULES.read_text())
        self._bundle = builder.build(None, [_ENTRY])
        self._interpreter = Interpreter()

    def requests(self, questions: Sequence[Question]) -> list[Request]:
        """Return the questions as they are asked."""
        return [Input(_input(each)) for each in questions]

    def answers(self, requests: Sequence[Request]) -> list[bool]:
        """Return for each whether it may be told."""
        told: list[bool] = []
        for request in requests:
            self._interpreter.set_input(request)
            output = self._interpreter.query_bundle_entrypoint(self._bundle, _ENTRY)
            told.append(output.results[0].expressions[0] is True)
        return told


def _input(question: Question) -> dict[str, Any]:
    asked = question.asked
    return {
        "matter": _place((asked.subject, asked.need)), "sender": asked.sender, "recipient": asked.recipient,
        "kind": question.category.value, "purpose": asked.purpose.value, "back": asked.back, "at": second(question.at),
    }  # fmt: skip


def _place(place: Place) -> str:
    return f"{place[0].hex}{place[1].hex}"


def _matter(matter: Matter) -> dict[str, Any]:
    facts = matter.facts
    told: dict[str, Any] = {
        "words": [_word(each) for each in matter.records], "grounds": [_ground(each) for each in matter.overrides],
        "protected": facts.protected,
    }  # fmt: skip
    if facts.representative is not None:
        told["representative"] = _speaker(facts.representative.person, "representative", facts.representative.since)
    if facts.born is None and facts.mother is not None and facts.told_since is not None:
        told["mother"] = _speaker(facts.mother, "pregnant", facts.told_since)
    if facts.born is not None:
        fifteen = fifteenth_birthday(facts.born)
        told["fifteen"] = first_second(fifteen)
        told["self"] = _speaker(matter.subject, "self", fifteen)
        told["holders"] = [
            _speaker(each.person, "custody", max(each.since, facts.born)) for each in facts.holders
        ]  # fmt: skip
    return told


def _speaker(person: PersonId, capacity: str, since: date) -> dict[str, Any]:
    return {"person": person.hex, "capacity": capacity, "since": first_second(since)}


def _word(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = {
        "by": record.given_by.hex, "capacity": record.capacity.value, "sender": record.sender,
        "others": _set(record.recipients), "kinds": _set(record.categories), "start": second(record.valid_from),
        "yes": record.effect is Effect.PERMIT, "mutual": record.mutual, "alone": record.alone,
        "address": record.address, "taken": [_withdrawal(each) for each in record.withdrawals],
    }  # fmt: skip
    if record.effect is Effect.PERMIT:
        ends = [each for each in (record.valid_until, record.invalidated_at, record.superseded_at) if each is not None]
        said |= {"purpose": record.purpose.value, "end": second(min(ends))}
    if record.superseded_at is not None:
        said["replaced"] = second(record.superseded_at)
    return said


def _withdrawal(withdrawal: Withdrawal) -> dict[str, Any]:
    said: dict[str, Any] = {"at": second(withdrawal.at)}
    if withdrawal.recipients is not None:
        said["others"] = _set(withdrawal.recipients)
    if withdrawal.categories is not None:
        said["kinds"] = _set(withdrawal.categories)
    return said


def _ground(override: Override) -> dict[str, Any]:
    start, end = holds(override)
    return {
        "sender": override.sender, "others": _set(override.recipients), "kinds": _set(override.categories),
        "start": int(start), "end": int(end), "despite": override.despite_refusal,
    }  # fmt: skip


def _set(values: Iterable[str]) -> dict[str, bool]:
    return dict.fromkeys(sorted(values), True)
