"""HSDS's own filters by term and taxonomy, as codes an offer has or as paths into its document."""

from services.directory.domain.hsds.facts import FACTS, Kind
from services.directory.domain.hsds.taxonomies import FACT, TAXONOMIES, Term, narrower

# Lists whose codes are an organisation's or a unit's, never an offer's.
_OF_PARTIES = frozenset({"organisation_kind", "unit_kind", "profession", "sector"})
# Facts no filter knows: whether an address had to be spelt in other letters is no property of an offer.
_UNASKED = frozenset({"contact.url"})
# An address that is whole stands in HSDS's own fields; the facts are told only where it is not.
_VENUE = "$.venues[*] ? (!exists(@.address) || !exists(@.postcode) || !exists(@.city)).{0}"


def by_term(term: Term) -> tuple[list[str], list[str]]:
    """Return the codes and the JSON paths of which an offer must have one to bear the term, or one below it."""
    if term.taxonomy == FACT:
        paths = [path for each in narrower(term) if (path := _path(each.code)) is not None]
        return [], paths
    return ([] if term.taxonomy in _OF_PARTIES else [each.key for each in narrower(term)]), []


def by_taxonomy(code: str) -> tuple[list[str], list[str]]:
    """Return the codes and the JSON paths of which an offer must have one to bear any term of the list."""
    held = [by_term(term) for term in TAXONOMIES[code].terms.values() if term.parent is None]
    return [key for keys, _ in held for key in keys], [path for _, paths in held for path in paths]


def _path(code: str) -> str | None:
    """Return where in an offer's document a fact stands; None for a group, or what is not asked about."""
    group, _, name = code.rpartition(".")
    if code not in FACTS or group == "party" or code in _UNASKED:
        return None
    if group == "venue":
        return _VENUE.format(name)
    if FACTS[code].kind is Kind.OTHER:
        return f"$.runs[*].{name}"
    return f"$.{code}"
