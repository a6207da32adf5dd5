"""How the gateway tells what it refuses by itself."""

from collections.abc import Mapping

from shared.problems import INTERNAL, METHOD_NOT_ALLOWED, PROBLEMS, KitError, NotThere, Problem, TooLarge, Unavailable

CPR_IN_URL = Problem(
    400,
    "cpr_in_url",
    "Something shaped like a civil registration number stands in the address (R45).",
    "Der står noget, der ligner et CPR-nummer, i adressen. Adresser bliver gemt mange steder: skriv det aldrig der.",
)
MALFORMED_ADDRESS = Problem(
    400,
    "malformed_address",
    "The path or query is too long, encoded where it should not be, or holds signs no address here has.",
    "Adressen er ikke skrevet, som den skal. Se efter, om den er hel.",
)
MALFORMED_HEADER = Problem(
    400,
    "malformed_header",
    "A header is repeated, too long, or holds signs it may not; see where.",
    "Forespørgslen er ikke sat rigtigt sammen. Tal med dem, der har lavet dit system.",
)
METHOD = METHOD_NOT_ALLOWED
TOO_SLOW = Problem(
    408,
    "too_slow",
    "The body did not arrive in time.",
    "Afsendelsen nåede ikke frem. Prøv igen.",
)
ENCODED = Problem(
    415,
    "encoded_body",
    "Send the body as it is, without Content-Encoding.",
    "Indholdet må ikke være pakket sammen. Tal med dem, der har lavet dit system.",
)
ACTING_USER_REQUIRED = Problem(
    403,
    "acting_user_required",
    "A system must name the person who acts: Familiebro-Acting-User and Familiebro-Acting-Organisation (R66).",
    "Systemet har ikke oplyst, hvem der handler. Tal med dem, der driver dit system.",
)
ACTING_USER_MALFORMED = Problem(
    422,
    "acting_user_malformed",
    "Familiebro-Acting-User is an authorisation id (never a CPR number); Familiebro-Acting-Organisation a SOR code.",
    "Oplysningen om, hvem der handler, har ikke den rigtige form. Tal med dem, der driver dit system.",
)
ACTING_ORGANISATION_FOREIGN = Problem(
    403,
    "acting_organisation_foreign",
    "Familiebro-Acting-Organisation is not the one this system is registered for.",
    "Systemet er ikke registreret for den organisation, det handler for. Tal med dem, der driver dit system.",
)
ACTING_USER_REFUSED = Problem(
    422,
    "acting_user_refused",
    "Only a registered system may name an acting person: whoever has a login of their own acts as themselves.",
    "Du handler som dig selv og kan ikke handle på en andens vegne.",
)
RATE_LIMITED = Problem(
    429,
    "rate_limited",
    "Too many requests; wait as long as Retry-After says.",
    "Der er sendt for mange forespørgsler på kort tid. Vent lidt, og prøv igen.",
)
UNAVAILABLE = PROBLEMS[Unavailable]
TOO_LARGE = PROBLEMS[TooLarge]
NOT_THERE = PROBLEMS[NotThere]


class Refused(Exception):
    """The gateway's answer is no. `headers` and `extra` are what the answer adds."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None, **extra: object) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.headers = dict(headers or {})
        self.extra = extra


def refusal(error: Exception) -> Refused:
    """Return how `error` is told; an error nobody foresaw is an internal one."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Unavailable):
        return Refused(UNAVAILABLE, what=error.what)
    if isinstance(error, KitError):
        return Refused(PROBLEMS.get(type(error), INTERNAL))
    return Refused(INTERNAL)
