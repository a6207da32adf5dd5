"""Every error as an RFC 9457 problem that says who must mend what, and never repeats the input.

`title` is for the developer, in English; `detail` is for the person at the screen, in Danish.
`fix_by` says whose move it is: the sender's, the operator's of Familiebro, or nobody's but time's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "urn:familiebro:problem:"
log = structlog.get_logger()


class FixBy(StrEnum):
    """Who must do something about a problem."""

    SENDER = "sender"
    OPERATOR = "operator"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of error is told: a status, a stable code, and a text for each reader."""

    status: int
    code: str
    title: str
    detail: str
    fix_by: FixBy = FixBy.SENDER
    retry_after: int | None = None


class KitError(Exception):
    """An error the kit itself raises; `PROBLEMS` says how each is told."""


class TokenRefused(KitError):
    """The caller did not prove who it is."""


class MissingScope(KitError):
    """The caller is known, and has no such right."""


class NotThere(KitError):
    """There is nothing there for this caller: absent, or another's."""


class IdempotencyConflict(KitError):
    """The same `Idempotency-Key` came with other content."""


class VersionRequired(KitError):
    """A change came without `If-Match`."""


class StaleVersion(KitError):
    """`If-Match` names a version that is no longer the newest."""


class TooLarge(KitError):
    """The body is larger than this service takes."""


class PersonalNumberRefused(KitError):
    """Something shaped like a civil registration number stood where none belongs (R45)."""


class CursorRefused(KitError):
    """The paging cursor is not one this service gave."""


class Unavailable(KitError):
    """Something this request needs is down; the answer is no, for the moment.

    `kept` is the address of what the sender wrote, if it was stored before the answer was known.
    """

    def __init__(self, what: str, kept: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.kept = kept


PROBLEMS: Mapping[type[Exception], Problem] = {
    TokenRefused: Problem(
        401,
        "token_refused",
        "The token is missing, forged, expired or meant for another door.",
        "Du er ikke logget ind, eller dit login er udløbet. Log ind igen.",
    ),
    MissingScope: Problem(
        403,
        "missing_scope",
        "This identity has no right to do this.",
        "Din rolle giver ikke adgang til dette. Tal med din leder, hvis den burde.",
    ),
    NotThere: Problem(
        404, "not_there", "There is nothing here for this caller.", "Der er ikke noget her, som du har adgang til."
    ),
    IdempotencyConflict: Problem(
        409,
        "idempotency_conflict",
        "This Idempotency-Key was used with other content.",
        "En afsendelse med samme nøgle er modtaget før, med et andet indhold. Send den igen som en ny.",
    ),
    VersionRequired: Problem(
        428,
        "version_required",
        "Send If-Match with the version you have read.",
        "Hent den nyeste udgave, før du ændrer noget.",
    ),
    StaleVersion: Problem(
        412,
        "stale_version",
        "Somebody has changed this since you read it.",
        "Nogen har ændret dette, siden du hentede det. Hent det igen.",
    ),
    TooLarge: Problem(
        413,
        "too_large",
        "The body is larger than this service takes.",
        "Det, der er sendt, er for stort. Del det op, eller skriv kortere.",
    ),
    PersonalNumberRefused: Problem(
        422,
        "cpr_refused",
        "A civil registration number stands where none belongs.",
        "Skriv ikke CPR-numre her. Slet det, der ligner et CPR-nummer, og send igen.",
    ),
    CursorRefused: Problem(
        422,
        "cursor_refused",
        "The cursor is not one this service gave.",
        "Siden kan ikke vises. Begynd forfra på listen.",
    ),
    Unavailable: Problem(
        503,
        "unavailable",
        "Something this request needs is down; nothing was let through.",
        "Systemet kan ikke svare lige nu, og intet er sendt videre. Prøv igen om lidt.",
        FixBy.TIME,
        retry_after=5,
    ),
}
MALFORMED = Problem(
    422,
    "malformed",
    "The request is not what this address takes; see errors.",
    "Der er felter, som mangler eller ikke kan forstås. Ret dem, og send igen.",
)
INTERNAL = Problem(
    500,
    "internal",
    "Something failed on our side; what you sent may have been stored. Repeat a post with its Idempotency-Key.",
    "Der skete en fejl hos os. Se efter, om det blev gemt, før du sender igen. Bliver det ved, så tal med supporten.",
    FixBy.OPERATOR,
)
METHOD_NOT_ALLOWED = Problem(
    405, "method_not_allowed", "This address does not take that method.", "Det kan man ikke her."
)
# What any address may answer, besides what its own service adds.
EVERYWHERE: Sequence[Problem] = (*PROBLEMS.values(), MALFORMED, METHOD_NOT_ALLOWED, INTERNAL)
_HTTP = {
    400: Problem(422, "malformed", "The body could not be read.", "Indholdet kunne ikke læses."),
    404: PROBLEMS[NotThere],
    405: METHOD_NOT_ALLOWED,
}
_MOST_TOLD = 50
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What is said of a field that did not pass: never the value, never an unknown field's own name.
_SAID = {
    "missing": "must be given",
    "extra_forbidden": "is not a field here",
    "json_invalid": "is not valid JSON",
    "enum": "is not one of the codes in the API description",
    "literal_error": "is not one of the codes in the API description",
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
    "string_type": "must be text",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "string_pattern_mismatch": "has the wrong form",
    "string_unicode": "is not valid text",
    "too_long": "has too many entries",
    "too_short": "has too few entries",
    "timezone_aware": "must name its time zone",
    "cpr_refused": "must not hold anything shaped like a civil registration number",
    "control_characters": "holds control characters",
    "blank": "must not be blank",
    "date_form": "must be written as YYYY-MM-DD",
    "moment_form": "must be written as a date and time with its time zone",
    "impossible_date": "lies before 1900 or after 2199",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    # The rules of the services' own wire models.
    "absence": "a reason goes with the family's absence, and only there",
    "addressed": "only a question names who must answer",
    "alternative": "names another way or says that there is none; none is named with the family's own no",
    "answers": "only an answer names what it answers",
    "broken_letters": "holds what is no letter",
    "endless_number": "holds a number too large",
    "family_hears": "says how a family that was not there hears of it, and only then",
    "family_reason": "the family's reason goes with the family's no, and only there",
    "more_than_two": "with more units it is a network meeting",
    "not_the_familys": "a level is not the family's to tell",
    "nothing_changed": "changes nothing",
    "nothing_proposed": "names neither an offer nor a unit",
    "nothing_said": "says nothing",
    "off_the_scale": "is not a level of that scale",
    "offer_or_run": "names either an offer or a run",
    "one_of_both": "names a week of pregnancy or an age in months, and not both",
    "one_of_two": "names either since or deliveries",
    "own_words_missing": "needs the family's own words",
    "owner": "a unit is named where a unit does it, and only there",
    "place_missing": "must name a postcode or a municipality",
    "reason": "the reason goes with no_duty, and only there",
    "recipient_twice": "names a recipient twice",
    "reported_at": "the moment goes with reported, and only there",
    "step_without_words": "a step says what is to be done",
    "step_words": "a step says what is to be done, but in an anonymous matter",
    "too_deep": "has too much inside one another",
    "unknown_kind": "must be a kind of offer, shared_entrance or all",
    "without_concern": "the answer goes with serious concern, and only there",
}


# How a problem is described in a service's OpenAPI document.
DESCRIBED: Mapping[str, Any] = {
    "description": "A problem (RFC 9457); the list of codes is at the top of this page.",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "title": "Problem",
                "required": ["type", "title", "status", "detail", "code", "fix_by", "instance"],
                "properties": {
                    "type": {"type": "string", "description": f"`{TYPE_BASE}` and the code"},
                    "title": {"type": "string", "description": "for the developer, in English"},
                    "status": {"type": "integer", "description": "the HTTP status"},
                    "detail": {"type": "string", "description": "for the person at the screen, in Danish"},
                    "code": {"type": "string", "description": "stable: what a program should look at"},
                    "fix_by": {"type": "string", "enum": list(FixBy), "description": "whose move it is"},
                    "instance": {"type": "string", "description": "the request id, for whoever helps: `urn:uuid:…`"},
                    "errors": {
                        "type": "array",
                        "description": "of a malformed request: where, what kind, and a word on it; never the input",
                        "items": {
                            "type": "object",
                            "properties": {
                                "where": {"type": "array", "items": {"type": ["string", "integer"]}},
                                "kind": {"type": "string"},
                                "said": {"type": "string"},
                            },
                        },
                    },
                },
            },
        }
    },
}


def listed(table: Mapping[type[Exception], Problem]) -> str:
    """Return, folded, a Markdown table of every problem a service with `table` may answer."""
    codes = {problem.code: problem for problem in (*EVERYWHERE, *table.values())}
    rows = [f"| `{code}` | {problem.status} | {problem.title} |" for code, problem in sorted(codes.items())]
    head = ["<details><summary>Problems</summary>", "", "| Problem | Status | Meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", "</details>"])


def problem_body(problem: Problem, request_id: str, **extra: object) -> bytes:
    """Return the problem as JSON bytes; `instance` is the request id."""
    body: dict[str, Any] = {
        "type": TYPE_BASE + problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "fix_by": problem.fix_by,
        "instance": f"urn:uuid:{request_id}",
    }
    body.update({key: value for key, value in extra.items() if value is not None})
    return orjson.dumps(body)


def problem_response(problem: Problem, request_id: str, **extra: object) -> Response:
    """Return `problem` as an HTTP response, with `Retry-After` where it has one."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
    return Response(problem_body(problem, request_id, **extra), problem.status, headers, MEDIA_TYPE)


def told(errors: Sequence[Any]) -> list[dict[str, object]]:
    """Return validation errors without input, context or library prose: where, what kind, and a fixed word."""
    answer: list[dict[str, object]] = []
    for error in errors[:_MOST_TOLD]:
        kind = str(error["type"])
        place: list[int | str] = [part if isinstance(part, int) else str(part) for part in error["loc"]]
        unknown: list[int | str] = ["(unknown field)"] if kind == "extra_forbidden" else []
        place = place[:-1] if unknown else place
        # What is neither a field nor a number is how pydantic tells the members of a union apart.
        place = [part for part in place if isinstance(part, int) or _FIELD.fullmatch(part)] + unknown
        if kind == "json_invalid":
            place = ["body"]
        word = _SAID.get(kind, "does not have the expected form")
        said: dict[str, object] = {"where": place, "kind": kind, "said": word}
        if said not in answer:
            answer.append(said)
    return answer


def request_id_of(request: Request) -> str:
    """Return the id this request is followed by through every log line."""
    return str(request.scope.get("familiebro.request_id", "00000000-0000-0000-0000-000000000000"))


def install(app: FastAPI, table: Mapping[type[Exception], Problem]) -> None:
    """Make `app` answer every exception of the kit and of `table` as a problem.

    A domain error may carry what the answer should add, as an attribute `extra: Mapping[str, object]`.
    """

    async def known(request: Request, error: Exception) -> Response:
        problem = next(known_errors[kind] for kind in type(error).__mro__ if kind in known_errors)
        extra = dict(getattr(error, "extra", {}))
        if isinstance(error, Unavailable):
            extra = {"what": error.what, "kept": error.kept}
        log.info("refused", code=problem.code, status=problem.status, what=extra.get("what"))
        return problem_response(problem, request_id_of(request), **extra)

    async def malformed(request: Request, error: Exception) -> Response:
        errors = error.errors() if isinstance(error, RequestValidationError) else []
        said = told(errors)
        log.info("refused", code=MALFORMED.code, status=MALFORMED.status, kinds=sorted({str(e["kind"]) for e in said}))
        if any(e["kind"] == "cpr_refused" for e in said):
            return problem_response(PROBLEMS[PersonalNumberRefused], request_id_of(request), errors=said)
        return problem_response(MALFORMED, request_id_of(request), errors=said)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if isinstance(error.__cause__, TooLarge):  # told while FastAPI was reading the body
            return problem_response(PROBLEMS[TooLarge], request_id_of(request))
        return problem_response(_HTTP.get(status, INTERNAL), request_id_of(request))

    async def unexpected(request: Request, error: Exception) -> Response:
        request_id = request_id_of(request)
        log.error("failed", exc_info=error, request_id=request_id)
        answer = problem_response(INTERNAL, request_id)
        answer.headers["X-Request-Id"] = request_id
        return answer

    async def gone(_request: Request, _error: Exception) -> Response:
        log.info("caller_left")
        return Response(status_code=400)

    app.add_exception_handler(ClientDisconnect, gone)
    known_errors = {**PROBLEMS, **table}
    for kind in known_errors:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
