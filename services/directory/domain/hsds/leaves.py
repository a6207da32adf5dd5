"""A foreign document as its leaves, so that what nobody has taken can be told."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
_MOST_LISTED = 200
_NUMBER = re.compile(r"\[\d+\]")


class Leaves:
    """Every value in a document by its path; `left` tells those that were never asked for."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._held = {path: value for path, value in _leaves(document, ()) if value not in (None, "")}
        self._taken: set[Path] = set()

    def take(self, *path: str | int) -> Any:  # noqa: ANN401 - any value of a document
        """Return the value at a path, taken; None where there is none."""
        self._taken.add(path)
        return self._held.get(path)

    def text(self, *path: str | int) -> str | None:
        """Return the text at a path, taken, without the spaces around it; None where there is no text."""
        value = self._held.get(path)
        if not isinstance(value, str) or not value.strip():
            return None
        self._taken.add(path)
        return value.strip()

    def take_all(self, *path: str | int) -> None:
        """Take everything below a path."""
        self._taken |= {held for held in self._held if held[: len(path)] == path}

    def leave(self, *path: str | int) -> None:
        """Say that what was taken at a path has found no home after all."""
        self._taken.discard(path)

    def count(self, *path: str | int) -> int:
        """Return how long the list at a path is; of a very long one the rest is left."""
        depth = len(path)
        places = [held[depth] for held in self._held if held[:depth] == path and len(held) > depth]
        return min(_MOST_LISTED, 1 + max((place for place in places if isinstance(place, int)), default=-1))

    def left(self) -> list[tuple[str, int]]:
        """Return what was never taken, and how often: `phones[].extension`. Ids of parts say nothing by themselves."""
        told = Counter(_NUMBER.sub("[]", _named(path)) for path in self._held if path not in self._taken)
        return sorted((name, number) for name, number in told.items() if not _is_inner_id(name))


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Yield the values of a document, its branches followed without recursion: it may be as deep as it likes."""
    waiting: list[tuple[object, Path]] = [(value, path)]
    while waiting:
        at, here = waiting.pop()
        if isinstance(at, dict):
            waiting += [(each, (*here, str(key))) for key, each in at.items()]
        elif isinstance(at, list):
            waiting += [(each, (*here, place)) for place, each in enumerate(at)]
        else:
            yield here, at


def _named(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in path).removeprefix(".")


def _is_inner_id(name: str) -> bool:
    last = name.rpartition(".")[2]
    return "." in name and (last == "id" or last.endswith("_id") or last == "link_entity")
