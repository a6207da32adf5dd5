"""Is this number of an organisation well formed? By its check digit alone (R48); nothing is looked up."""

import re

from stdnum import ean, verhoeff
from stdnum.dk import cvr

_CVR = re.compile(r"[1-9][0-9]{7}")
_GLN = re.compile(r"[0-9]{13}")
_SOR = re.compile(r"[1-9][0-9]{10,17}")


def is_cvr(text: str) -> bool:
    """Return whether the text is a company number (CVR-nummer): eight digits, weighted sum divisible by 11 (R48).

    Only the bare digits are taken: no spaces, no `DK` before them. The first digit is never 0.
    """
    return _CVR.fullmatch(text) is not None and cvr.is_valid(text)


def is_gln(text: str) -> bool:
    """Return whether the text is a location number (GLN, EAN-lokationsnummer): 13 digits, GS1 modulus 10 (R48)."""
    return _GLN.fullmatch(text) is not None and ean.is_valid(text)


def is_sor(text: str) -> bool:
    """Return whether the text is a code of the register of health organisations (SOR-kode).

    11 to 18 digits (R48) whose last is the check digit of Verhoeff, as in SNOMED CT identifiers. That rule is
    not in law.md: it was seen to hold for all 18 published codes tried (`tests/directory/test_numbers.py`).
    """
    return _SOR.fullmatch(text) is not None and bool(verhoeff.is_valid(text))
