"""Attachments: which kinds of file are taken, where one stands, and why one is not taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.referral.domain.errors import AttachmentRefused
from services.referral.domain.model import PersonId, ReferralId, TaskId, UnitId
from shared.vocabulary import Category

MOST_OF_ONE_AUTHOR = 50  # in one referral
PLACE_KEPT_FOR = timedelta(days=1)  # for what is declared, and has not come


class MediaType(StrEnum):
    """What is taken: the four kinds that the messages of the health sector carry, too (R63)."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"


ENDINGS: Mapping[MediaType, tuple[str, ...]] = {
    MediaType.PDF: (".pdf",),
    MediaType.PNG: (".png",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.GIF: (".gif",),
}


class Why(StrEnum):
    """Why a file is not taken (a closed list)."""

    NAME_DIFFERS = "name_differs"
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    SIZE_DIFFERS = "size_differs"
    BROKEN = "broken"
    TOO_MUCH_INSIDE = "too_much_inside"
    MORE_BEHIND = "more_behind"
    TELLS_WHERE = "tells_where"
    LOCKED = "locked"
    ACTIVE_CONTENT = "active_content"
    FILES_INSIDE = "files_inside"
    INFECTED = "infected"
    TOO_MANY = "too_many"
    TASK_MISSING = "task_missing"


WHY_DANISH: Mapping[Why, str] = {
    Why.NAME_DIFFERS: "Filens navn passer ikke til dens slags. Et navn slutter på .pdf, .png, .jpg eller .gif.",
    Why.NOT_WHAT_IT_SAYS: "Filen er ikke det, den siger, den er. Gem den som PDF eller billede, og vedhæft den igen.",
    Why.SIZE_DIFFERS: "Filen er ikke så stor, som der blev sagt. Den er måske ikke kommet hel frem. Send den igen.",
    Why.BROKEN: "Filen kan ikke åbnes. Gem den igen, og vedhæft den nye.",
    Why.TOO_MUCH_INSIDE: "Der er for meget i filen til at åbne den sikkert. Del den op, eller gør billedet mindre.",
    Why.MORE_BEHIND: "Der ligger noget efter billedet i filen. Gem billedet igen, og vedhæft det nye.",
    Why.TELLS_WHERE: "Billedet fortæller, hvor det er taget. Fjern stedet fra billedet, og vedhæft det igen.",
    Why.LOCKED: "Filen er låst med en kode og kan ikke ses efter. Gem den uden kode, og vedhæft den igen.",
    Why.ACTIVE_CONTENT: "Filen kan gøre noget af sig selv, når den åbnes. Gem den som almindelig PDF uden programkode.",
    Why.FILES_INSIDE: "Der ligger andre filer inde i filen. Vedhæft dem hver for sig.",
    Why.INFECTED: "Virusscanneren har fundet noget farligt i filen. Den er slettet her. Tal med jeres it-afdeling.",
    Why.TOO_MANY: "Der er ikke plads til flere vedhæftede filer fra jer i henvisningen.",
    Why.TASK_MISSING: "Sig, hvilken opgave filen hører til.",
}


class AttachmentState(StrEnum):
    """Where a file stands: only what is clean is a piece of the referral that others may be told."""

    AWAITING_CONTENT = "awaiting_content"
    SCANNING = "scanning"
    CLEAN = "clean"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, as its author declared it, and where it stands.

    `name` is words about somebody: it is told as the text of a piece, through the same gate, and is in no address,
    log or ledger. `scanned`: a virus scanner has found nothing; false where none is set up.
    """

    id: UUID
    referral: ReferralId
    need: UUID
    task: TaskId | None
    subject: PersonId
    category: Category
    name: str
    kind: MediaType
    size: int
    author: UnitId
    author_user: str
    at: datetime
    state: AttachmentState = AttachmentState.AWAITING_CONTENT
    why: Why | None = None
    scanned: bool = False


class Unfit(Exception):
    """The file is not taken; `why` is one of the closed list."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def refusal(why: Why) -> AttachmentRefused:
    """Return the error that tells why a file is not taken."""
    return AttachmentRefused(why, WHY_DANISH[why])


def check_name(name: str, kind: MediaType) -> None:
    """Let pass a name that ends as its kind does, and is no path.

    Raises:
        Unfit: it does not, or is one.
    """
    plain = name == name.strip() and not re.search(r"[\\/:*?\"<>|\r\n\t\u200e\u200f\u202a-\u202e\u2066-\u2069]", name)
    if not plain or not any(name.lower().endswith(end) and len(name) > len(end) for end in ENDINGS[kind]):
        raise Unfit(Why.NAME_DIFFERS)
