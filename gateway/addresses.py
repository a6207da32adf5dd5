"""Is this a path and a query that may be looked at? Nothing personal, nothing that two readers read differently.

A public path needs no percent-encoding: words, codes and UUIDs only. So nothing encoded is ever passed on,
and there is no second decoding for a service to do differently.
"""

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from gateway import problems
from gateway.problems import Refused
from shared.personal import looks_like_cpr

_PATH = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9._~-]{0,99}/)*(?:[A-Za-z0-9_][A-Za-z0-9._~-]{0,99})?")
_QUERY = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX_LETTERS = str.maketrans("abcdef", "xxxxxx")
_LONGEST_PATH = 512
_LONGEST_QUERY = 2048
_DECODINGS = 3


def holds_cpr(text: str) -> bool:
    """Say whether `text`, decoded as often as somebody might, holds something shaped like a CPR number.

    Stricter than the kit: letters a–f beside the digits hide nothing, unless they are a UUID's.
    """
    for _ in range(_DECODINGS + 1):
        plain = unicodedata.normalize("NFKC", text).replace("+", " ")
        if looks_like_cpr(_UUID.sub("|", plain).translate(_HEX_LETTERS)):
            return True
        if "%" not in text:
            return False
        text = unquote_to_bytes(text).decode("utf-8", "replace")
    return False


def screen(path: bytes, query: bytes) -> tuple[str, str]:
    """Return path and query as text.

    Raises:
        Refused: they hold a CPR-shaped string, or are no address of ours.
    """
    way, asked = path.decode("latin-1"), query.decode("latin-1")
    if len(way) > _LONGEST_PATH or len(asked) > _LONGEST_QUERY:
        raise Refused(problems.MALFORMED_ADDRESS)
    if holds_cpr(way) or (asked and holds_cpr(asked)):
        raise Refused(problems.CPR_IN_URL)
    if not _PATH.fullmatch(way) or not _QUERY.fullmatch(asked):
        raise Refused(problems.MALFORMED_ADDRESS)
    if "%" in asked and _CONTROL.search(unquote_to_bytes(asked).decode("utf-8", "replace")):
        raise Refused(problems.MALFORMED_ADDRESS)
    return way, asked
