"""Every kind of caller a service may meet, by name, each with the header it comes with."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from shared.auth import Assurance, Role
from tests.support.keys import Keys
from tests.support.town import DAYCARE, FAMILY_HOUSE, JOBCENTER, MIDWIFERY, NORTH_AUTHORITY

Headers = dict[str, str]


def _forged(keys: Keys, service: str) -> Headers:
    """Return a good token with another's signature under it."""
    good = keys.party(service, Role.REFER, Role.RECORD_CONSENT, unit=MIDWIFERY)["Authorization"]
    other = keys.party(service, Role.AUDITOR)["Authorization"]
    return {"Authorization": good.rpartition(".")[0] + "." + other.rpartition(".")[2]}


def _everything(keys: Keys, service: str, **changes: object) -> Headers:
    """Return a token of somebody who could do everything, but for `changes`."""
    roles = [role for role in Role if role is not Role.SERVICE]
    return keys.party(service, *roles, **({"unit": MIDWIFERY} | changes))  # type: ignore[arg-type]


CALLERS: Mapping[str, Callable[[Keys, str], Headers]] = {
    "nobody": lambda _keys, _service: {},
    "not a bearer": lambda _keys, _service: {"Authorization": "Basic dXNlcjpwYXNz"},
    "rubbish": lambda _keys, _service: {"Authorization": "Bearer rubbish"},
    "forged": _forged,
    "expired": lambda keys, service: _everything(keys, service, lifetime=timedelta(minutes=-1)),
    "meant for another door": lambda keys, _service: _everything(keys, "directory"),
    "an issuer not trusted here": lambda keys, service: _everything(keys, service, issuer="directory"),
    "too lightly identified": lambda keys, service: _everything(keys, service, loa=Assurance.LOW),
    "not identified": lambda keys, service: _everything(keys, service, loa=None),
    "a person who says to be a service": lambda keys, service: keys.party(service, Role.SERVICE, unit=MIDWIFERY),
    "a service that speaks for a person": lambda keys, service: _everything(
        keys, service, issuer="consent" if service == "referral" else "referral"
    ),
    "citizen": lambda keys, service: keys.party(service, Role.CITIZEN, citizen="nobodys-login"),
    "midwife system": lambda keys, service: keys.party(
        service, Role.REFER, Role.RECORD_CONSENT, unit=MIDWIFERY, user="system-1", acting_user="midwife-1", system=True
    ),
    "midwife of no unit": lambda keys, service: keys.party(service, Role.REFER, Role.RECORD_CONSENT),
    "overrider": lambda keys, service: keys.party(service, Role.LEGAL_OVERRIDE, unit=MIDWIFERY),
    "family house": lambda keys, service: keys.party(service, Role.RECEIVE, unit=FAMILY_HOUSE),
    "jobcenter": lambda keys, service: keys.party(
        service, Role.REFER, Role.RECEIVE, Role.RECORD_CONSENT, unit=JOBCENTER
    ),
    "auditor": lambda keys, service: keys.party(service, Role.AUDITOR),
    "service referral": lambda keys, service: keys.service("referral", service),
    "service consent": lambda keys, service: keys.service("consent", service),
    "convener": lambda keys, service: keys.party(service, Role.CONVENE, unit=DAYCARE),
    "leader": lambda keys, service: keys.party(service, Role.LEAD, unit=NORTH_AUTHORITY, user="leader-1"),
    "reporter": lambda keys, service: keys.party(service, Role.REPORT, unit=DAYCARE),
    "reception": lambda keys, service: keys.party(service, Role.RECEIVE_REPORTS, unit=NORTH_AUTHORITY),
    "service concern": lambda keys, service: keys.service("concern", service),
    "service directory": lambda keys, service: keys.service("directory", service),
}
UNPROVEN = (
    "nobody",
    "not a bearer",
    "rubbish",
    "forged",
    "expired",
    "meant for another door",
    "an issuer not trusted here",
    "too lightly identified",
    "not identified",
    "a person who says to be a service",
    "a service that speaks for a person",
    "service concern",
    "service directory",
)
