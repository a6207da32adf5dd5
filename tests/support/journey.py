"""A family, its consents and its referral, made through the gateway as the parties would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx

from deploy.demo import identities
from deploy.demo.playing import HOUSE, Play
from deploy.demo.telling import Telling
from deploy.system import System
from shared.ids import new_id

MIDWIVES = "noh-jordemodercenter"
SECRET_WORDS = "Ordene-som-ingen-andre-maa-se"


@dataclass(frozen=True, slots=True)
class Mother:
    """A young woman known to the system by an opaque id."""

    id: str
    need: str


def parties(system: System) -> Play:
    """Return clients for every party, telling nothing."""
    return Play(system, Telling(StringIO()))


def mother(playing: Play, *, consents: bool = True) -> Mother:
    """Register a mother and, if asked for, her consent to the family house under a fresh need."""
    person = playing.post(identities.SYSTEM, "/persons", {"birth_date": "2005-03-14"})
    person.raise_for_status()
    made = Mother(person.json()["id"], str(new_id()))
    if consents:
        give(playing, made).raise_for_status()
    return made


def give(playing: Play, who: Mother, *categories: str) -> httpx.Response:
    """Record her consent, given orally."""
    return playing.post(identities.SYSTEM, "/consents", word(who, *categories))


def word(who: Mother, *categories: str) -> dict[str, Any]:
    """Return a consent as it is sent."""
    at = datetime.now(UTC)
    return {
        "subject": who.id, "given_by": who.id, "sender": MIDWIVES, "recipients": [HOUSE],
        "categories": list(categories or ("pregnancy", "own_wish", "course")), "purpose": "early_support",
        "need": who.need, "mutual": True, "method": "oral", "given_at": (at - timedelta(seconds=1)).isoformat(),
        "valid_until": (at + timedelta(days=100)).isoformat(), "told_of_withdrawal": True, "active_choice": True,
        "notice": "samtykke-da-1",
        "oral_note": "Sagt ved konsultationen.", "not_written_because": "Aftalt på stedet.", "supersedes": [],
    }  # fmt: skip


def referral(who: Mother, text: str = SECRET_WORDS) -> Mapping[str, Any]:
    """Return a referral as it is sent."""
    return {
        "need": who.need,
        "purpose": "early_support",
        "recipients": [HOUSE],
        "offers": [],
        "own_words": {"subject": who.id, "text": text},
        "seen_by_family_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        "serious_concern": False,
        "information": [{"subject": who.id, "category": "pregnancy", "text": f"{text}, uge 17"}],
    }
