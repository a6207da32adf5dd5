"""Structured logs: one JSON object a line, followed by request id, and no personal information.

Exceptions are told by type and place only: their messages may quote what somebody wrote (R54).
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from shared.personal import looks_like_cpr, mask_cpr

Event = MutableMapping[str, Any]
_INTERNAL = frozenset({"exc_info", "stack_info"})
_FRAMES = 12


def _tell_exception(_logger: object, _method: str, event: Event) -> Event:
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, tuple):
        failure = failure[1]
    if isinstance(failure, BaseException):
        frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES:]
        event["error"] = type(failure).__qualname__
        event["where"] = [f"{frame.filename.rsplit('/site-packages/')[-1]}:{frame.lineno}" for frame in frames]
    return event


def _mask(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str) and not (value.isascii() and not looks_like_cpr(value)):
            event[key] = mask_cpr(value)
    return event


def _serialise(event: Event, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()


_TEMPLATE = 120


def _template(record: logging.LogRecord) -> str:
    """Return a library's own words without what it filled in: asyncio appends what a task held, line by line."""
    return str(record.msg).partition("\n")[0][:_TEMPLATE]


class _Forward(logging.Handler):
    """Send the standard library's records the same way, without their messages' arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        failure = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno, "library", library=record.name, text=_template(record), exc_info=failure
        )


def set_up(service: str, level: str = "info") -> None:
    """Write JSON lines to standard error for the process `service`, from `level` upwards."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _tell_exception,
            _mask,
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(max(number, logging.WARNING))
