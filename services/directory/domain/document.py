"""An offer as a document and back: the same keys as the data files', for storing, showing and sending.

What is not said is left out. `to_document(from_document(x)) == x` for every document of an offer that was read.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from services.directory.domain.codes import (
    Access,
    Accessibility,
    Audience,
    Form,
    Language,
    LegalBasis,
    OtherMunicipalities,
    PreventionLevel,
    Profession,
    Theme,
    Weekday,
)
from services.directory.domain.model import (
    Contact,
    Dose,
    MunicipalityCode,
    Offer,
    OfferId,
    RegionCode,
    Run,
    Source,
    Target,
    UnitId,
    Venue,
)

Document = dict[str, Any]


def to_document(one: Offer) -> Document:
    """Return the document of an offer: plain JSON values, lists of codes sorted, nothing empty."""
    return record(one)


def from_document(said: Mapping[str, Any]) -> Offer:
    """Return the offer a stored document describes; it was checked before it was stored."""
    return Offer(
        id=OfferId(said["id"]),
        name=said["name"],
        unit=UnitId(said["unit"]),
        summary=said["summary"],
        as_of=date.fromisoformat(said["as_of"]),
        source=tuple(Source(each["seed"], each["lines"], each.get("says")) for each in said.get("source", ())),
        themes=frozenset(map(Theme, said.get("themes", ()))),
        aliases=tuple(said.get("aliases", ())),
        partners=tuple(said.get("partners", ())),
        municipalities=frozenset(map(MunicipalityCode, said.get("municipalities", ()))),
        regions=frozenset(map(RegionCode, said.get("regions", ()))),
        nationwide=said.get("nationwide", False),
        access=frozenset(map(Access, said.get("access", ()))),
        referrers=frozenset(map(Profession, said.get("referrers", ()))),
        form=frozenset(map(Form, said.get("form", ()))),
        methods=tuple(said.get("methods", ())),
        legal_basis=frozenset(map(LegalBasis, said.get("legal_basis", ()))),
        prevention_level=_code(PreventionLevel, said.get("prevention_level")),
        languages=frozenset(map(Language, said.get("languages", ()))),
        interpreter=said.get("interpreter"),
        led_by=said.get("led_by"),
        contact=Contact(**said.get("contact", {})),
        venues=tuple(map(_venue, said.get("venues", ()))),
        runs=tuple(map(_run, said.get("runs", ()))),
        price=said.get("price"),
        price_kr=said.get("price_kr"),
        other_municipalities=_code(OtherMunicipalities, said.get("other_municipalities")),
        other_municipalities_terms=said.get("other_municipalities_terms"),
        funding_until=_day(said.get("funding_until")),
        valid_from=_day(said.get("valid_from")),
        valid_to=_day(said.get("valid_to")),
        example=said.get("example", False),
        target=_target(said.get("target", {})),
        dose=Dose(**{**(dose := said.get("dose", {})), "days": frozenset(map(Weekday, dose.get("days", ())))}),
    )


def _target(said: Mapping[str, Any]) -> Target:
    return Target(
        **{
            **said,
            "audience": frozenset(map(Audience, said.get("audience", ()))),
            "pregnancy_care_levels": tuple(said.get("pregnancy_care_levels", ())),
            "criteria": tuple(said.get("criteria", ())),
            "due_from": _day(said.get("due_from")),
            "due_to": _day(said.get("due_to")),
        }
    )


def _venue(said: Mapping[str, Any]) -> Venue:
    return Venue(**{**said, "accessibility": frozenset(map(Accessibility, said.get("accessibility", ())))})


def _run(said: Mapping[str, Any]) -> Run:
    return Run(**{**said, **{key: _day(said.get(key)) for key in ("said_on", "starts_on", "ends_on")}})


def _day(said: str | None) -> date | None:
    return None if said is None else date.fromisoformat(said)


def _code(kind: Any, said: str | None) -> Any:  # noqa: ANN401 - any closed list
    return None if said is None else kind(said)


def record(one: Any) -> Document:  # noqa: ANN401 - any value of the model
    """Return any value of the model as a document: what is not said is left out."""
    made = {each.name: _plain(getattr(one, each.name)) for each in fields(one)}
    return {name: value for name, value in made.items() if value not in (None, [], {}) and not _is_default(name, value)}


def _is_default(name: str, value: object) -> bool:
    """Say whether a flag says what its absence says."""
    return name in {"nationwide", "example"} and value is False


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of the model
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return record(value) if is_dataclass(value) else value
