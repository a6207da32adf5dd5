"""Case 2 of seed 001 over real sockets: Jasmin, whose parents divorce, and what each of them may see."""

from io import StringIO

import pytest

from deploy.demo import divorce
from deploy.demo.telling import Telling
from deploy.system import System

pytestmark = pytest.mark.journey
FEWEST_CHECKS = 28


def test_nursery_and_house_exchange_about_jasmin_only_when_both_parents_have_agreed(system: System) -> None:
    telling = Telling(StringIO())
    divorce.play(system, telling)
    assert telling.failures == []
    assert telling.checks >= FEWEST_CHECKS
