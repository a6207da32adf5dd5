"""HSDS's page of a list."""

from collections.abc import Sequence
from typing import Any


def page(contents: Sequence[Any], total: int, number: int, per_page: int) -> dict[str, Any]:
    """Return page `number` (from 1) of `total` entries; a page beyond the last is empty and neither first nor last.

    `size` counts this page's entries. An empty list has one page to look at, and none to count.
    """
    pages = -(-total // per_page)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number == max(pages, 1),
        "empty": not contents,
        "contents": list(contents),
    }


def cut(held: Sequence[Any], number: int, per_page: int) -> Sequence[Any]:
    """Return the entries of page `number` of a list that is at hand."""
    return held[(number - 1) * per_page : number * per_page]
