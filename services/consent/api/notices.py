"""The texts that are shown or read aloud before somebody answers: kept by version and language (R19)."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.consent.actions import reading
from shared.db import InTransaction
from shared.text import WireOut

router = APIRouter(tags=["notices"])


class NoticeOut(WireOut):
    """A text: a changed one is a new version, and the old one stays. `digest`: SHA-256 of title and text."""

    id: str
    version: int
    language: str
    title: str
    text: str
    digest: str


class NoticeList(WireOut):
    """Every text there is."""

    notices: list[NoticeOut]


@router.get("/notices", summary="The texts to show or read aloud")
async def all_of_them(transaction: InTransaction) -> NoticeList:
    """Return every version in every language; for anyone, as there is no person in them."""
    return NoticeList(notices=[NoticeOut.model_validate(dict(row)) for row in await reading.notices(transaction)])


@router.get("/notices/{notice}", summary="One text, as it was shown")
async def one(transaction: InTransaction, notice: Annotated[str, Path(max_length=100)]) -> NoticeOut:
    """Return the text a consent names."""
    return NoticeOut.model_validate(dict(await reading.notice(transaction, notice)))
