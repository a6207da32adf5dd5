"""Attachments: declared, brought and fetched; each reading asks consent anew."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from services.referral.actions import attaching
from services.referral.api.context import OfFamily, Surroundings
from services.referral.api.roles import Party
from services.referral.api.words import THILDE
from services.referral.domain.attachments import WHY_DANISH, Attachment, AttachmentState, MediaType, Why
from services.referral.domain.model import PersonId, ReferralId, TaskId
from shared.idempotency import IdempotencyKey, once, replayed
from shared.text import Line, WireIn, WireOut
from shared.vocabulary import CATEGORY_DANISH, Category, glossed

router = APIRouter(tags=["attachments"])
LONGEST_NAME = 150
# A file does nothing of itself where it is shown, and is never taken for another kind than it is.
_GUARDED = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
_BYTES: dict[str, Any] = {kind.value: {"schema": {"type": "string", "format": "binary"}} for kind in MediaType}


def _files(request: Request) -> attaching.Files:
    files: attaching.Files = request.app.state.files
    return files


Files = Annotated[attaching.Files, Depends(_files)]


class AttachmentIn(WireIn):
    """What is to be attached. The name is words about somebody: only whoever may read the file gets to know it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": THILDE, "category": "health", "name": "Udtalelse fra konsultationen.pdf",
                    "media_type": "application/pdf", "size": 48213,
                }
            ]
        }
    )  # fmt: skip

    task: UUID | None = Field(
        default=None, description="in which task's thread; the sender may leave it out: then it is for every recipient"
    )
    subject: UUID = Field(description="whom it is about: somebody the request is about")
    category: Category = Field(description="its kind, which consent names: " + glossed(CATEGORY_DANISH.items()))
    name: Annotated[Line, StringConstraints(max_length=LONGEST_NAME)] = Field(
        description="the file's name, with the ending of its kind; no civil registration number (R45)"
    )
    media_type: MediaType = Field(description="what it is: found again by its content, or refused")
    size: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] = Field(description="bytes")


class DeclaredOut(WireOut):
    """Where its content is put."""

    id: UUID
    upload: str = Field(description="`PUT` the bytes there, once")
    state: AttachmentState


class AttachmentOut(WireOut):
    """A file, as whoever may read it sees it."""

    id: UUID
    referral: UUID
    task: UUID | None
    subject: UUID
    category: Category
    name: str
    media_type: MediaType
    size: int
    author: str
    at: datetime
    state: AttachmentState
    why: Why | None = Field(description="why it was refused")
    said: str | None = Field(description="the same in Danish, with what can be done")
    scanned: bool = Field(description="a virus scanner has looked at it; false where none is set up")


@router.post("/referrals/{referral}/attachments", status_code=201, summary="Attach a file: say what it is")
async def declare(
    referral: UUID, body: AttachmentIn, around: Surroundings, _caller: Party, files: Files, response: Response,
    key: IdempotencyKey = None,
) -> DeclaredOut:  # fmt: skip
    """Keep whom a file is about and of what kind it is; nobody can read it before its content has come."""
    wanted = attaching.Declared(
        None if body.task is None else TaskId(body.task), PersonId(body.subject), body.category, body.name,
        body.media_type, body.size,
    )  # fmt: skip
    post = once(around.me, key, body, "attachments", referral)
    made, again = await attaching.declare(around, files, ReferralId(referral), wanted, post)
    replayed(response.headers, again=again)
    response.headers["Location"] = f"/attachments/{made.id}"
    return DeclaredOut(id=made.id, upload=f"/attachments/{made.id}/content", state=made.state)


@router.put(
    "/attachments/{attachment}/content", summary="Attach a file: bring its content",
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)  # fmt: skip
async def bring(
    attachment: UUID, request: Request, around: Surroundings, _caller: Party, files: Files, response: Response
) -> AttachmentOut:
    """Take the bytes as they are. `scanning` (202): it can be read once a virus scanner has found nothing."""
    kept = await attaching.bring(around, files, attachment, request.body)
    response.status_code = 202 if kept.state is AttachmentState.SCANNING else 200
    return _out(kept)


@router.get("/attachments/{attachment}", summary="What an attachment is, and where it stands")
async def facts(attachment: UUID, around: Surroundings, _caller: Party) -> AttachmentOut:
    """Return its name, kind and state: to its author always, to others while they may read it."""
    return _out(await attaching.facts(around, attachment))


@router.get(
    "/attachments/{attachment}/content", summary="Fetch an attachment", response_class=Response,
    responses={200: {"description": "The file.", "content": _BYTES}},
)  # fmt: skip
async def content(attachment: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return the file, if consent permits it at this moment; each fetching is on the ledger."""
    return _handed_over(*await attaching.content(around, attachment))


@router.get(
    "/my/attachments/{attachment}/content", tags=["family"], summary="Fetch an attachment that is yours to see",
    response_class=Response, responses={200: {"description": "The file.", "content": _BYTES}},
)  # fmt: skip
async def content_for_family(attachment: UUID, around: OfFamily) -> Response:
    """Return a file about you or those you speak for; each fetching is on the ledger."""
    return _handed_over(*await attaching.content_for_family(around, attachment))


def _handed_over(found: Attachment, kept: bytes) -> Response:
    named = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"} | _GUARDED
    return Response(kept, 200, headers, found.kind.value)


def _out(told: Attachment) -> AttachmentOut:
    return AttachmentOut(
        id=told.id, referral=told.referral, task=told.task, subject=told.subject, category=told.category,
        name=told.name, media_type=told.kind, size=told.size, author=told.author, at=told.at, state=told.state,
        why=told.why, said=None if told.why is None else WHY_DANISH[told.why], scanned=told.scanned,
    )  # fmt: skip
