"""The process that looks at one file: it bounds itself, reads from its standard input and answers with one code."""

import os
import resource
import sys

from services.referral.domain.attachments import MediaType, Unfit, Why
from services.referral.domain.files import examine

_CPU_S = 10
_MEMORY = 640 * 1024 * 1024


def answer(kind: str) -> None:
    """Read a file and say in one word what it is; by the bounds set here, or not at all."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        examine(sys.stdin.buffer.read(), MediaType(kind))
    except Unfit as unfit:
        told: str = unfit.why
    except MemoryError:
        told = Why.TOO_MUCH_INSIDE
    else:
        told = "fit"
    sys.stdout.write(told)
    sys.stdout.flush()
