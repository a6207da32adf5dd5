"""An offer as a document and back: nothing is lost, whatever an offer says."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import orjson
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.directory.domain import offers
from services.directory.domain.document import from_document, to_document
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue, Offer
from services.directory.domain.versions import changed_fields
from tests.directory.test_export_round_trip import DOCUMENTS

PLAIN: Mapping[object, st.SearchStrategy[Any]] = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(0, 10_000),
    float: st.floats(-180, 180),
    str: st.text(max_size=12),
    date: st.dates(),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return the values a type of the model has: every field of it, every code, and silence where it is allowed."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, UnionType):
        return st.one_of(*map(any_of, get_args(kind)))
    if get_origin(kind) is frozenset:
        return st.frozensets(any_of(get_args(kind)[0]), max_size=3)
    if get_origin(kind) is tuple:
        return st.lists(any_of(get_args(kind)[0]), max_size=2).map(tuple)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return st.builds(kind, **{each.name: any_of(hints[each.name]) for each in fields(kind)})
    assert issubclass(kind, StrEnum)
    return st.sampled_from(list(kind))


OFFERS: st.SearchStrategy[Offer] = any_of(Offer)


def through_json(one: Offer) -> dict[str, Any]:
    """Return the offer's document as it comes out of the database."""
    said: dict[str, Any] = orjson.loads(orjson.dumps(to_document(one)))
    return said


def read_again(said: Mapping[str, object], catalogue: Catalogue) -> Offer:
    """Read a document as one that somebody sends."""
    told = Fields("offer", "offer", said)
    _, made = offers.offer(told, catalogue)
    assume(all(flaw.warning for flaw in told._flaws))
    return made


@given(one=OFFERS)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_offer_comes_back_from_its_document_as_it_was(one: Offer) -> None:
    assert from_document(through_json(one)) == one


@given(one=OFFERS)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_document_says_nothing_that_is_not_said(one: Offer) -> None:
    assert None not in through_json(one).values()
    assert [] not in through_json(one).values()
    assert {} not in through_json(one).values()


@given(one=OFFERS, other=OFFERS)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_two_offers_that_differ_have_documents_that_differ(one: Offer, other: Offer) -> None:
    assert (to_document(one) == to_document(other)) == (one == other)
    assert (changed_fields(one, other) == []) == (one == other)


@given(said=DOCUMENTS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_was_read_is_read_again_from_its_document(catalogue: Catalogue, said: dict[str, Any]) -> None:
    made = read_again(said, catalogue)
    assert read_again(through_json(made), catalogue) == made


def test_every_real_offer_comes_back_and_is_read_again(catalogue: Catalogue) -> None:
    for one in catalogue.offers.values():
        said = through_json(one)
        assert from_document(said) == one
        told = Fields("offer", "offer", said)
        assert offers.offer(told, catalogue) == (one.id, one)
        told.done()
