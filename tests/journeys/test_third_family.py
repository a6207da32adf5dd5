"""Case 3 of seed 001 over real sockets: Michelle, who asks for help herself, and decides who hears of it."""

from io import StringIO

import pytest

from deploy.demo import alone
from deploy.demo.telling import Telling
from deploy.system import System

pytestmark = pytest.mark.journey
FEWEST_CHECKS = 20


def test_a_mother_asks_for_help_herself_and_only_her_own_words_go_on(system: System) -> None:
    telling = Telling(StringIO())
    alone.play(system, telling)
    assert telling.failures == []
    assert telling.checks >= FEWEST_CHECKS
