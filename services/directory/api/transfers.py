"""Offers in and out as files: a template, the export, and imports that are tried or carried out, all or nothing."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.directory.actions import exporting, importing
from services.directory.actions.importing import Seen, Sent
from services.directory.api.editing import Editors, Speaking
from services.directory.api.offers import FourDigits
from services.directory.api.units import TheFinder
from services.directory.domain.transfer import findings, template
from services.directory.domain.transfer.errors import UnknownFormat
from services.directory.domain.transfer.findings import Severity
from services.directory.domain.transfer.rows import Format
from shared.auth import unit_of
from shared.clock import Now, danish_date
from shared.db import TheDatabase
from shared.idempotency import IdempotencyKey
from shared.problems import Problem
from shared.text import Code, Moment, WireIn, WireOut

router = APIRouter(tags=["transfers"])
PROBLEMS: Mapping[type[Exception], Problem] = {
    UnknownFormat: Problem(
        415,
        "unknown_format",
        "Send CSV, XLSX, JSON or ndjson with its Content-Type, in UTF-8 or an encoding named in `encoding`.",
        "Filen er af en slags, der ikke kan læses. Send den som CSV, XLSX, JSON eller ndjson.",
    ),
}
MEDIA: Mapping[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.NDJSON: "application/x-ndjson",
}
_FORMATS: Mapping[str, Format] = {media: how for how, media in MEDIA.items()}
_CHARSETS: Mapping[str, str | None] = {
    "": None,
    "utf-8": None,
    "us-ascii": None,
    "utf-16": "utf-16",
    "iso-8859-1": "latin-1",
    "windows-1252": "windows-1252",
}
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})\b", re.ASCII)
_KEEP = "public, max-age=60"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()},
    }
}


class Encoding(StrEnum):
    """What a text file may be written in, where it is not UTF-8."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    LATIN_1 = "latin-1"
    WINDOWS_1252 = "windows-1252"


class TemplateIn(WireIn):
    """Which template."""

    format: Literal[Format.CSV, Format.XLSX] = Format.XLSX


class ExportIn(WireIn):
    """Which of the offers shown today; what is not given narrows nothing."""

    format: Format = Format.CSV
    municipality: FourDigits | None = Field(default=None, description="all offers that reach it, as in a search")
    organisation: Code | None = Field(default=None, description="the id of the organisation behind it")
    unit: Code | None = Field(default=None, description="the id of the unit that gives it")
    modified_after: Moment | None = Field(default=None, description="said after this moment, with its time zone")
    include_examples: bool = Field(default=False, description="also offers made up for examples")


class ImportIn(WireIn):
    """How a file is to be taken."""

    dry_run: bool = Field(default=True, description="true: only say what would become of it; nothing is written")
    profile: Literal["own", "hsds"] = Field(default="own", description="`hsds`: a JSON or ndjson file of HSDS 3.0")
    encoding: Encoding | None = Field(default=None, description="of a text that is not UTF-8; nothing is guessed")


class OtherOut(WireOut):
    """The offer a row is suspected to repeat."""

    id: str
    name: str
    organisation: str
    line: int | None = Field(default=None, description="where it stands in the same file")


class FindingOut(WireOut):
    """One thing found in the file."""

    line: int = Field(description="counted from 1, a table's header included; in a JSON list the offer's place; 0: all")
    field: str = Field(description="the column as the file names it, or the path in the document; empty: the row")
    code: findings.Code
    severity: Severity
    said: str = Field(description="what is the matter, in Danish")
    offered: Encoding | None = Field(default=None, description="an encoding the file seems to be in")
    other: OtherOut | None = None


class ReportOut(WireOut):
    """What became, or would become, of the file: all of it is written, or nothing."""

    dry_run: bool
    written: bool
    rows: int
    created: int
    changed: int
    unchanged: int
    errors: int = Field(description="all there are; one is enough to keep the file out")
    warnings: int
    findings: list[FindingOut] = Field(description="at most 1,000, errors first")


class ProgressOut(WireOut):
    """How far it is."""

    phase: Literal["reading", "comparing", "checking", "writing"]
    rows_read: int
    rows_total: int | None


class ImportOut(WireOut):
    """A file that was sent in. `refused`: its report has errors, and nothing was written."""

    id: UUID
    state: Literal["waiting", "running", "done", "refused"]
    dry_run: bool
    format: Format
    profile: str
    at: datetime
    done_at: datetime | None
    size: int = Field(description="bytes")
    digest: str = Field(description="SHA-256 of the file, hexadecimal")
    progress: ProgressOut | None = Field(description="while it is running; null before and after")
    report: ReportOut | None


@router.get("/offers/import-template", summary="A template for a file of offers", response_class=Response)
async def import_template(asked: Annotated[TemplateIn, Query()]) -> Response:
    """Return a table with every column and an example; the spreadsheet also says what each column takes."""
    body = template.as_csv().encode() if asked.format is Format.CSV else template.as_xlsx()
    headers = {"Content-Disposition": f'attachment; filename="skabelon.{asked.format}"', "Cache-Control": _KEEP}
    return Response(body, headers=headers, media_type=MEDIA[asked.format])


@router.get("/offers/export", summary="The offers as a file", response_class=Response)
async def export(
    request: Request, database: TheDatabase, finder: TheFinder, at: Now, asked: Annotated[ExportIn, Query()]
) -> Response:
    """Return the offers shown today as a file; sending it in again changes nothing.

    Each bears the `version` it is at: a changed row is refused where the offer is at another by then.
    """
    wanted = exporting.wanted(
        finder.catalogue,
        danish_date(at),
        asked.municipality,
        asked.organisation,
        asked.unit,
        asked.modified_after,
        examples=asked.include_examples,
    )
    async with database.connection() as connection:
        tag = await exporting.tag(connection, wanted, asked.format)
    headers = {"ETag": tag, "Cache-Control": _KEEP}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="tilbud-{wanted.on.isoformat()}.{asked.format}"'
    parts = exporting.export(database, wanted, asked.format)
    return StreamingResponse(parts, headers=headers, media_type=MEDIA[asked.format])


@router.post(
    "/imports", status_code=202, response_model=ImportOut, summary="Send in a file of offers", openapi_extra=_BODY
)
async def send_in(
    request: Request, database: TheDatabase, speaking: Speaking, asked: Annotated[ImportIn, Query()],
    key: IdempotencyKey = None,
    prefer: Annotated[str | None, Header(description="`wait=N`: wait up to N seconds (20) for the report")] = None,
) -> Response:  # fmt: skip
    """Keep the file; it is carried out at once, all or nothing. 200 with the report, where `Prefer` waits for it."""
    how, encoding = _taken(request, asked)
    sent = Sent(await request.body(), how, asked.profile, encoding, asked.dry_run)
    async with database.transaction() as transaction:
        number, again = await importing.receive(
            transaction, sent, speaking.editor, speaking.actor.user, speaking.at, speaking.request_id, key
        )
    wait = None if prefer is None else _WAIT.search(prefer)
    seconds = 0 if wait is None else int(wait[1])
    found = await importing.wait_for(database, number, speaking.editor.unit, seconds)
    headers = {"Location": f"/api/v1/imports/{number}"} | ({"Idempotency-Replayed": "true"} if again else {})
    if wait is not None:
        headers["Preference-Applied"] = f"wait={min(seconds, importing.LONGEST_WAIT_S)}"
    return _answer(found, 200 if wait is not None and found.job.done_at is not None else 202, headers)


@router.get("/imports/{number}", response_model=ImportOut, summary="How far a file is, and its report")
async def look(number: UUID, database: TheDatabase, caller: Editors) -> Response:
    """Return what became of a file the caller's unit has sent in."""
    return _answer(await importing.look(database, number, unit_of(caller)), 200, {})


def _taken(request: Request, asked: ImportIn) -> tuple[Format, str | None]:
    """Return the format and the encoding that the sender names.

    Raises:
        UnknownFormat: there is no such format, or no such encoding, or HSDS as a table.
    """
    media, _, rest = request.headers.get("content-type", "").lower().partition(";")
    how = _FORMATS.get(media.strip())
    charset = rest.partition("charset=")[2].partition(";")[0].strip(" \"'")
    if how is None or charset not in _CHARSETS or (asked.profile == "hsds" and how in (Format.CSV, Format.XLSX)):
        raise UnknownFormat
    encoding = asked.encoding or _CHARSETS[charset]
    return how, None if encoding is None else str(encoding)


def _answer(found: Seen, status: int, headers: Mapping[str, str]) -> Response:
    job, progress = found.job, found.progress
    waits: str = "waiting" if progress is None else "running"
    told: dict[str, Any] = {
        "id": str(job.id),
        "state": waits if job.done_at is None else job.state,
        "dry_run": job.dry_run,
        "format": job.format,
        "profile": job.profile,
        "at": job.at,
        "done_at": job.done_at,
        "size": job.size,
        "digest": job.digest.hex(),
        "progress": progress if job.done_at is None else None,
        "report": None if found.report is None else orjson.Fragment(found.report),
    }
    return Response(orjson.dumps(told), status, dict(headers), "application/json")
