"""Run a worker's loops until the process is told to stop."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

log = structlog.get_logger()


async def run_until_told(resources: Sequence[Any], loops: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Open `resources`, run every loop, and end on SIGTERM or SIGINT; a loop that fails ends the process."""
    stop = asyncio.Event()
    running_loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running_loop.add_signal_handler(number, stop.set)
    for resource in resources:
        await resource.open()
    log.info("working")
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(loop) for loop in loops]
    waited: list[asyncio.Task[Any]] = [stopping, *tasks]
    done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for resource in reversed(resources):
        await resource.close()
    for failed in done - {stopping}:
        failed.result()
