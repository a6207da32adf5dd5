"""What our modules log, at every level and unmasked, so that a test can look for what must not be there."""

import io
import sys

import pytest
import structlog

_OURS = ("shared", "services", "gateway")


def everything_logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return where everything is written that a module of ours, imported by now, logs from now on."""
    written = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(written),
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer(default=repr)],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _OURS and hasattr(module, "log"):
            monkeypatch.setattr(module, "log", log)
    return written
