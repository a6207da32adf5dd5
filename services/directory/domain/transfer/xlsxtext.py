"""Text in a spreadsheet's XML: signs XML cannot hold are written `_xFFFE_`, and what looks so is marked (ECMA-376)."""

import re

_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TO_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def coded(text: str) -> str:
    """Return `text` as a spreadsheet's XML holds it, before XML's own escapes."""
    return _TO_CODE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)


def plain(text: str) -> str:
    """Return what a spreadsheet's text says."""
    return _CODED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text
