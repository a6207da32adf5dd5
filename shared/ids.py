"""The one place that makes identifiers."""

import os
import threading
import time
from uuid import UUID

_RANDOM_BITS = 74
_VERSION_7 = 0x7
_VARIANT = 0b10

_STEP_BITS = 32
_lock = threading.Lock()
_last = [0, 0]


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7), sortable in the order this process made them.

    A millisecond begins at 74 random bits; those that follow within it add a random step (6.2, method 2).
    """
    milliseconds = time.time_ns() // 1_000_000
    fresh = os.urandom(10)
    with _lock:
        if milliseconds > _last[0]:
            _last[:] = [milliseconds, int.from_bytes(fresh, "big") >> (81 - _RANDOM_BITS)]
        else:
            _last[1] += 1 + (int.from_bytes(fresh[:4], "big") & ((1 << _STEP_BITS) - 1))
        milliseconds, random = _last
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION_7 << 76 | high << 64 | _VARIANT << 62 | low)


def new_opaque_id() -> UUID:
    """Return a UUID version 4 (RFC 9562, 5.4): random, so that it tells nothing, not even when it was made.

    For a person: the time in a version 7 would tell everyone who holds the id when they were first registered.
    """
    return UUID(bytes=os.urandom(16), version=4)
