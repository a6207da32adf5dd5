"""Run an application in this process, until it is told to stop."""

import sys
from typing import Any

import uvicorn

from shared.logging import set_up


def serve(app: Any, *, name: str, host: str, port: int, log_level: str) -> None:  # noqa: ANN401 - any ASGI application
    """Serve `app` on `host`:`port`; SIGTERM and SIGINT let open requests end first."""
    set_up(name, log_level)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="asyncio" if sys.platform == "win32" else "uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        backlog=512,
    )
