"""The one place that makes identifiers."""

import os
import time
from uuid import UUID

_RANDOM_BITS = 74
_VERSION_7 = 0x7
_VARIANT = 0b10


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7): sortable by time, unguessable in 74 bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION_7 << 76 | high << 64 | _VARIANT << 62 | low)
