"""The codes of the closed lists by the names people use: a table's cell may hold either."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache

from services.directory.domain import codes
from services.directory.domain.danish import fold
from services.directory.domain.hsds import names
from services.directory.domain.transfer.columns import Column

NAMES: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    codes.Access: names.ACCESS,
    codes.Accessibility: names.ACCESSIBILITY,
    codes.Audience: names.AUDIENCE,
    codes.Form: names.FORM,
    codes.Language: names.LANGUAGE,
    codes.LegalBasis: {code: names.provision(code) for code in codes.LegalBasis},
    codes.OtherMunicipalities: names.OTHER_MUNICIPALITIES,
    codes.PreventionLevel: names.PREVENTION_LEVEL,
    codes.Profession: names.PROFESSION,
    codes.Theme: dict(codes.THEME_DANISH.items()),
    codes.Weekday: names.WEEKDAY,
}
# Words with commas between, the first of them the usual one.
_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    codes.Audience: dict(codes.AUDIENCE_DANISH.items()),
    codes.Form: dict(codes.FORM_DANISH.items()),
    codes.Theme: NAMES[codes.Theme],
}


def coded(column: Column, said: object) -> object:
    """Return what a cell says with names made codes; whatever is neither stays as it is, and is refused later."""
    if column.codes is None:
        return said
    known = _by_name(column.codes)
    if isinstance(said, list):
        return [known.get(_key(each), each) for each in said]
    return known.get(_key(said), said) if isinstance(said, str) else said


@cache
def _by_name(kind: type[StrEnum]) -> Mapping[str, str]:
    """Return the code of each name that has just one: the codes themselves first, then names, then other words."""
    settled: dict[str, set[str]] = {}
    for tier in _tiers(kind):
        found: dict[str, set[str]] = {}
        for name, code in tier:
            found.setdefault(_key(name), set()).add(code)
        settled = found | settled
    return {name: next(iter(meant)) for name, meant in settled.items() if len(meant) == 1}


def _tiers(kind: type[StrEnum]) -> Iterator[list[tuple[str, str]]]:
    words = [(told.split(", "), str(code)) for code, told in _WORDS.get(kind, {}).items()]
    yield [(str(code), str(code)) for code in kind]
    yield [(name, str(code)) for code, name in NAMES[kind].items()] + [(told[0], code) for told, code in words]
    yield [(each, code) for told, code in words for each in told[1:]]


def _key(name: str) -> str:
    return fold(" ".join(name.split()))
