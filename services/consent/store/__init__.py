"""SQL to domain values and back; no rules."""

from services.consent.store import decisions as decisions
from services.consent.store import following as following
from services.consent.store import merging as merging
from services.consent.store import people as people
from services.consent.store import section11e as section11e
from services.consent.store import section11e_audit as section11e_audit
from services.consent.store import section11e_clock as section11e_clock
from services.consent.store import section11e_jobs as section11e_jobs
from services.consent.store import words as words
