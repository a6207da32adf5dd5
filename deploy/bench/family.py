"""The family the benchmarks are about: the story's own, as often as needed, with ids anyone can work out."""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any
from uuid import UUID

from deploy.demo.playing import HEALTH_VISITING, HOUSE
from deploy.demo.story import PURPOSE
from deploy.demo.story import referral_of as referral_of_story
from deploy.demo.story import word_of as word_of_story

FAMILIES = 250
PREFIX = "00000000-0000-7000-8000-"
PLACES = 10**11
TOLD_TO_HOUSE = ("contact", "pregnancy", "education_work", "upbringing", "own_wish", "course")
_WORDS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("thilde", HOUSE, TOLD_TO_HOUSE),
    ("thilde", HEALTH_VISITING, ("contact", "pregnancy", "network", "own_wish", "course")),
    ("jonathan", HOUSE, ("contact", "parenthood", "course")),
    ("jonathan", HEALTH_VISITING, ("contact", "parenthood", "course")),
)
CONSENTS = len(_WORDS)


class Kind(IntEnum):
    """What an id is of: its first digit after the common beginning."""

    NEED = 1
    THILDE = 2
    JONATHAN = 3
    REFERRAL = 4
    NEED_OF_ONE = 5
    NEED_OF_MANY = 6
    EARLIER_NEED = 7


def number(kind: Kind, place: int) -> UUID:
    """Return the id of one of the families' things; `place` counts from 0."""
    return UUID(f"{PREFIX}{kind * PLACES + place}")


def families() -> Iterator[Mapping[str, str]]:
    """Return need and persons of each family, as the story's functions take them."""
    for place in range(FAMILIES):
        yield made(place)


def made(place: int, need: Kind = Kind.NEED) -> Mapping[str, str]:
    """Return need, the usual one or the one of that kind, and persons of one family."""
    kinds = {"need": need, "thilde": Kind.THILDE, "jonathan": Kind.JONATHAN}
    return {name: str(number(kind, place)) for name, kind in kinds.items()}


def referral(family: Mapping[str, str]) -> dict[str, Any]:
    """Return the story's referral, under the family's need."""
    return {**referral_of_story(family), "need": family["need"]}


def words(family: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the story's four consents."""
    return [word_of_story(family, who, unit, list(kinds)) | {"active_choice": True} for who, unit, kinds in _WORDS]


def decision(family: Mapping[str, str], sender: str, reader: str) -> dict[str, Any]:
    """Return what referral asks of consent when the family therapist reads: two people, nine kinds."""
    told = referral_of_story(family)
    pieces = [(told["own_words"]["subject"], "own_wish"),
              *((piece["subject"], piece["category"]) for piece in told["information"])]  # fmt: skip
    return {
        "occasion": "read", "unit": HOUSE, "user": reader, "referral": str(number(Kind.REFERRAL, 0)),
        "questions": [
            {"subject": who, "sender": sender, "recipient": HOUSE, "purpose": PURPOSE, "need": family["need"],
             "categories": sorted({kind for subject, kind in pieces if subject == who})}
            for who in (family["thilde"], family["jonathan"])
        ],
    }  # fmt: skip
