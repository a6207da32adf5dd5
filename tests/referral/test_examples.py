"""The examples in the API's description work as they stand in a Familiebro with the directory's own data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import services.referral.main
from shared.text import WireIn

DATA = Path(services.referral.main.__file__).parents[1] / "directory" / "data"
NAMED = {"unit", "units", "recipients", "offer"}


def _bodies(kind: type[WireIn] = WireIn) -> Iterator[type[WireIn]]:
    for each in kind.__subclasses__():
        yield from (each, *_bodies(each))


BODIES = sorted({each for each in _bodies() if each.__module__.startswith("services.referral.api")}, key=str)


def named(told: Any, under: str = "") -> Iterator[str]:
    """Return the units and offers an example names."""
    if isinstance(told, dict):
        for name, each in told.items():
            yield from named(each, name)
    elif isinstance(told, list):
        for each in told:
            yield from named(each, under)
    elif under in NAMED and isinstance(told, str):
        yield told


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_an_example_is_taken_and_names_what_the_directory_has(body: type[WireIn]) -> None:
    known = "\n".join(file.read_text() for file in sorted(DATA.rglob("*.toml")))
    for example in body.model_json_schema().get("examples", []):
        body.model_validate(example)
        assert [each for each in named(example) if f'"{each}"' not in known] == []


def test_no_two_bodies_share_a_name() -> None:
    names = [each.__name__ for each in BODIES if not each.__name__.startswith("_")]
    assert [each for each in names if names.count(each) > 1] == []
