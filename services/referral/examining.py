"""Have a file looked at in a process of its own, bounded in time and memory: a parser that trips, trips there."""

import asyncio
import contextlib
import sys

from services.referral.domain.attachments import MediaType, Unfit, Why
from shared.problems import Unavailable

_LONGEST_S = 20.0
_FIT = "fit"


class Examiner:
    """Looks at one file at a time: a bad one costs at most one core, and the others wait no longer than its time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def check(self, content: bytes, kind: MediaType) -> None:
        """Let pass a file that is what it says it is.

        Raises:
            Unfit: it is not, or its parser came to its bounds.
            Unavailable: no process can be started now.
        """
        async with self._turn:
            said = await _answer_of(content, kind)
        if said != _FIT:
            raise Unfit(Why(said) if said in set(Why) else Why.TOO_MUCH_INSIDE)


async def _answer_of(content: bytes, kind: MediaType) -> str:
    """Return the one word the process says; nothing, where it died of its bounds."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _PROGRAM, kind.value, *sys.path,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
    except OSError as error:
        raise Unavailable("examining") from error
    try:
        async with asyncio.timeout(_LONGEST_S):
            told, _ = await process.communicate(content)
    except TimeoutError:
        return Why.TOO_MUCH_INSIDE
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return told.decode("ascii", "replace").strip()


# Without the surroundings' variables and site directory (-I), where the running process finds its own modules.
_PROGRAM = (
    "import sys; kind = sys.argv[1]; sys.path[:] = sys.argv[2:]; "
    "from services.referral.inspection import answer; answer(kind)"
)
