"""Web addresses as HSDS takes them: plain letters only (RFC 3986)."""

from urllib.parse import quote, urlsplit, urlunsplit


def as_uri(url: str) -> str | None:
    """Return an address in plain letters, as a URI; None: it cannot be made one."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = "" if parts.port is None else f":{parts.port}"
        plain = "" if host is None else host.encode("idna").decode()
    except ValueError:  # UnicodeError is one too
        return None
    if not plain or parts.username is not None or not plain.replace("-", "").replace(".", "").isalnum():
        return None
    rest = (quote(part, safe="/:@!$&'()*+,;=~-._%?") for part in (parts.path, parts.query, parts.fragment))
    return _percents(urlunsplit((parts.scheme.lower(), plain + port, *rest)))


def _percents(uri: str) -> str:
    """Return the address with every percent sign that begins no code told as one."""
    first, *rest = uri.split("%")
    return first + "".join(("%" if _is_code(each[:2]) else "%25") + each for each in rest)


def _is_code(pair: str) -> bool:
    return len(pair) == len("41") and all(sign in "0123456789abcdefABCDEF" for sign in pair)
