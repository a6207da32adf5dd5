"""The closed list of what units hear: whatever the service writes is on it, and nothing is on it that nobody writes."""

import ast
from pathlib import Path
from uuid import uuid4

import pytest

from services.referral.domain.happenings import Happening
from services.referral.domain.lifecycle import TaskState
from services.referral.domain.model import MessageKind, TaskId, UnitId
from services.referral.domain.reminding import Reminder
from services.referral.store.events import Event

ACTIONS = Path(__file__).parents[2] / "services" / "referral" / "actions"
# Told by a value that the code takes from a list: a state, what a message is for, a reminder.
TAKEN_OVER_FROM_LISTS = {each.value for each in (*TaskState, *MessageKind, *Reminder)}


def _texts() -> set[str]:
    """Return every text that stands in the use cases."""
    return {
        node.value
        for file in sorted(ACTIONS.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_state_that_is_told_every_kind_of_message_and_every_reminder_is_a_happening() -> None:
    told = {state.value for state in TaskState} - {"draft", "awaiting_consent"}
    assert told | {each.value for each in (*MessageKind, *Reminder)} <= {each.value for each in Happening}


def test_nothing_is_on_the_list_that_nobody_writes() -> None:
    assert {each.value for each in Happening} <= TAKEN_OVER_FROM_LISTS | _texts()


@pytest.mark.parametrize("kind", ["acepted", "draft", "", "Anna har det svært"])
def test_what_is_not_on_the_list_cannot_be_written(kind: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Happening"):
        Event(uuid4(), UnitId("helsingoer-smaaboernshuset"), kind, TaskId(uuid4()))
