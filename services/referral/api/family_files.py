"""Files a family attaches to its own task: looked at and scanned as anybody's, and told as its own words are."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from services.referral.actions import attaching
from services.referral.api.attachments import LONGEST_NAME, DeclaredOut, Files
from services.referral.api.context import OfFamily
from services.referral.api.family import KindIn
from services.referral.domain.attachments import WHY_DANISH, Attachment, AttachmentState, MediaType, Why
from services.referral.domain.model import TaskId
from shared.idempotency import IdempotencyKey, once, replayed
from shared.text import Line, WireOut
from shared.vocabulary import Category

router = APIRouter(prefix="/my", tags=["family"])
_BYTES: dict[str, Any] = {kind.value: {"schema": {"type": "string", "format": "binary"}} for kind in MediaType}


class FamilyFileIn(KindIn):
    """What is to be attached."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"category": "health", "name": "Brev fra min læge.pdf", "media_type": "application/pdf", "size": 48213}
            ]
        }
    )

    name: Annotated[Line, StringConstraints(max_length=LONGEST_NAME)] = Field(
        description="the file's name, with the ending of its kind; no civil registration number (R45)"
    )
    media_type: MediaType = Field(description="what it is: found again by its content, or refused")
    size: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] = Field(description="bytes")


class FamilyFileOut(WireOut):
    """A file of yours."""

    id: UUID
    task: UUID | None
    subject: UUID
    category: Category
    name: str
    media_type: MediaType
    size: int
    at: datetime
    state: AttachmentState
    why: Why | None = Field(description="why it was refused")
    said: str | None = Field(description="the same in Danish, with what can be done")
    scanned: bool = Field(description="a virus scanner has looked at it; false where none is set up")


@router.post("/tasks/{task}/attachments", status_code=201, summary="Attach a file: say what it is")
async def declare(
    task: UUID, body: FamilyFileIn, around: OfFamily, files: Files, response: Response, key: IdempotencyKey = None
) -> DeclaredOut:
    """Keep whom a file is about and of what kind it is; nobody can read it before its content has come."""
    wanted = attaching.Declared(
        TaskId(task), body.whom(around), body.category, body.name, body.media_type, body.size
    )  # fmt: skip
    post = once(around.me, key, body, "my/attachments", task)
    made, again = await attaching.declare_of_family(around, files, TaskId(task), wanted, post)
    replayed(response.headers, again=again)
    response.headers["Location"] = f"/my/attachments/{made.id}/content"
    return DeclaredOut(id=made.id, upload=f"/my/attachments/{made.id}/content", state=made.state)


@router.put(
    "/attachments/{attachment}/content", summary="Attach a file: bring its content",
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)  # fmt: skip
async def bring(
    attachment: UUID, request: Request, around: OfFamily, files: Files, response: Response
) -> FamilyFileOut:
    """Take the bytes as they are. `scanning` (202): it can be read once a virus scanner has found nothing."""
    kept = await attaching.bring_of_family(around, files, attachment, request.body)
    response.status_code = 202 if kept.state is AttachmentState.SCANNING else 200
    return _out(kept)


def _out(told: Attachment) -> FamilyFileOut:
    return FamilyFileOut(
        id=told.id, task=told.task, subject=told.subject, category=told.category, name=told.name,
        media_type=told.kind, size=told.size, at=told.at, state=told.state, why=told.why,
        said=None if told.why is None else WHY_DANISH[told.why], scanned=told.scanned,
    )  # fmt: skip
