"""Our closed lists as HSDS taxonomies: each code is a term, with its Danish name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from services.directory.domain import codes
from services.directory.domain.hsds import names
from services.directory.domain.hsds.facts import FACTS, GROUPS
from services.directory.domain.hsds.ids import identified

FACT = "fact"


@dataclass(frozen=True, slots=True)
class Term:
    """A code of a list; `parent` is the broader term it belongs to, by its code."""

    taxonomy: str
    code: str
    name: str
    parent: str | None = None

    @property
    def key(self) -> str:
        """The code that is unique among all lists: `theme:grief`."""
        return f"{self.taxonomy}:{self.code}"

    @property
    def id(self) -> str:
        """The UUID of the term."""
        return identified("term", self.taxonomy, self.code)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A closed list: its code, its Danish name and what it tells of an offer, and its terms by code."""

    code: str
    name: str
    description: str
    terms: Mapping[str, Term] = field(hash=False)

    @property
    def id(self) -> str:
        """The UUID of the taxonomy."""
        return identified("taxonomy", self.code)


def _listed(code: str, name: str, description: str, danish: Mapping[Any, str]) -> Taxonomy:
    return Taxonomy(code, name, description, {str(each): Term(code, str(each), said) for each, said in danish.items()})


def _legal_basis() -> Taxonomy:
    terms = {short: Term("legal_basis", short, name) for short, name in map(names.law, codes.LegalBasis)}
    for each in codes.LegalBasis:
        terms[each] = Term("legal_basis", each, names.provision(each), names.law(each)[0])
    return Taxonomy("legal_basis", "Lovgrundlag", "Den bestemmelse, tilbuddet gives efter.", terms)


def _facts() -> Taxonomy:
    terms = {code: Term(FACT, code, name) for code, name in GROUPS.items()}
    for code, fact in FACTS.items():
        group = code.partition(".")[0]
        terms[code] = Term(FACT, code, fact.name, group if group in GROUPS else None)
    return Taxonomy(
        FACT, "Oplysninger om tilbuddet", "Det, HSDS 3.0 ikke selv har et felt til; værdien siger det.", terms
    )


TAXONOMIES: Mapping[str, Taxonomy] = {
    each.code: each
    for each in (
        _listed("theme", "Tema", "Hvad tilbuddet handler om.", codes.THEME_DANISH),
        _listed("audience", "Målgruppe", "Hvem tilbuddet er for.", names.AUDIENCE),
        _listed("access", "Adgang", "Hvordan en familie får tilbuddet.", names.ACCESS),
        _listed("referrer", "Henviser", "Den faggruppe, som kan henvise.", names.PROFESSION),
        _listed("form", "Form", "Den form, tilbuddet gives i.", names.FORM),
        _listed("prevention_level", "Forebyggelse", "Om det er for alle eller for nogle.", names.PREVENTION_LEVEL),
        _legal_basis(),
        _listed("language", "Sprog", "Det sprog, tilbuddet gives på.", names.LANGUAGE),
        _listed(
            "accessibility", "Tilgængelighed", "Hvad stedet har for dem, der har brug for det.", names.ACCESSIBILITY
        ),
        _listed("weekday", "Ugedag", "Den dag, tilbuddet holdes.", names.WEEKDAY),
        _listed("other_municipalities", "Andre kommuner", "Om andre kan komme.", names.OTHER_MUNICIPALITIES),
        _listed("organisation_kind", "Slags organisation", "Hvad organisationen er.", names.ORGANISATION_KIND),
        _listed("unit_kind", "Slags enhed", "Hvad enheden laver.", names.UNIT_KIND),
        _listed("profession", "Faggruppe", "De faggrupper, som arbejder i enheden.", names.PROFESSION),
        _listed("sector", "Sektor", "Den sektor, enheden hører til.", names.SECTOR),
        _facts(),
    )
}
BY_ID: Mapping[str, Taxonomy] = {each.id: each for each in TAXONOMIES.values()}
TERMS: Mapping[str, Term] = {term.key: term for each in TAXONOMIES.values() for term in each.terms.values()}
TERM_BY_ID: Mapping[str, Term] = {term.id: term for term in TERMS.values()}


def narrower(term: Term) -> list[Term]:
    """Return the term itself and every term below it."""
    held = TAXONOMIES[term.taxonomy].terms.values()
    return [term, *(each for each in held if each.parent == term.code)]


@cache
def to_taxonomy(code: str) -> Mapping[str, Any]:
    """Return a list of ours as an HSDS taxonomy; not to be changed by whoever gets it."""
    one = TAXONOMIES[code]
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "uri": f"urn:familiebro:taxonomy:{one.code}",
        "version": "1",
    }


@cache
def to_term(key: str) -> Mapping[str, Any]:
    """Return a code of ours as an HSDS taxonomy term; not to be changed by whoever gets it."""
    term = TERMS[key]
    within = TAXONOMIES[term.taxonomy]
    made = {
        "id": term.id,
        "code": key,
        "name": term.name,
        "description": f"{within.name}: {term.name}",
        "taxonomy": within.name,
        "language": "da",
        "taxonomy_id": within.id,
        "term_uri": f"urn:familiebro:term:{key}",
    }
    if term.parent is not None:
        made["parent_id"] = within.terms[term.parent].id
    return made


def to_full_term(key: str) -> dict[str, Any]:
    """Return a code of ours as an HSDS taxonomy term that tells of its taxonomy too."""
    return {**to_term(key), "taxonomy_detail": to_taxonomy(TERMS[key].taxonomy)}


def attribute(owner: str, entity: str, key: str, value: str, place: object = 0) -> dict[str, Any]:
    """Return an HSDS attribute that ties a term to the thing `owner`; `place` tells several of one term apart."""
    term = to_term(key)
    return {
        "id": identified("attribute", owner, key, place),
        "link_id": owner,
        "taxonomy_term_id": term["id"],
        "link_type": TERMS[key].taxonomy,
        "link_entity": entity,
        "value": value,
        "taxonomy_term": term,
    }


def coded(owner: str, entity: str, taxonomy: str, held: list[str]) -> list[dict[str, Any]]:
    """Return an attribute for each code of a list; the value is the code."""
    return [attribute(owner, entity, f"{taxonomy}:{code}", code) for code in held]


def told(attributes: object) -> list[tuple[str, str, str]]:
    """Return what attributes of ours say: taxonomy, code and value, in their order; others' are passed over."""
    found = []
    for each in attributes if isinstance(attributes, list) else []:
        term = each.get("taxonomy_term") if isinstance(each, dict) else None
        key = term.get("code") if isinstance(term, dict) else None
        if isinstance(key, str) and key in TERMS and isinstance(each.get("value"), str):
            found.append((TERMS[key].taxonomy, TERMS[key].code, each["value"]))
    return found
