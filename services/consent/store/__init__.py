"""SQL to domain values and back; no rules."""

from services.consent.store import decisions as decisions
from services.consent.store import following as following
from services.consent.store import merging as merging
from services.consent.store import people as people
from services.consent.store import words as words
