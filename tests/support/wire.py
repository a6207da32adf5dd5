"""Bodies as callers send them, right in every field, for a test to vary."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.support.town import FAMILY_HOUSE, MIDWIFERY

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


def person_in(**changes: Any) -> dict[str, Any]:
    """Return the registration of a person of 21."""
    return {"birth_date": f"{NOW.year - 21}-01-15"} | changes


def refusal_in(subject: str | UUID, **changes: Any) -> dict[str, Any]:
    """Return a written refusal, from the midwives to the family house about health."""
    return {
        "subject": str(subject),
        "given_by": str(subject),
        "sender": MIDWIFERY,
        "recipients": [FAMILY_HOUSE],
        "categories": ["health"],
        "purpose": "early_support",
        "need": str(uuid4()),
        "method": "written",
        "given_at": (NOW - HOUR).isoformat(),
        "notice": "samtykke-da-1",
    } | changes


def consent_in(subject: str | UUID, **changes: Any) -> dict[str, Any]:
    """Return a written consent, from the midwives to the family house about health."""
    period = {"valid_until": (NOW + timedelta(days=90)).isoformat(), "mutual": False, "told_of_withdrawal": True,
              "active_choice": True}  # fmt: skip
    return refusal_in(subject) | period | changes


def representative_in(person: str | None, since: str) -> dict[str, Any]:
    """Return who speaks for somebody from a day on; None: nobody any more."""
    return {"person": person, "since": since, "basis": "Værgebeskikkelse, set den dag."}


def question_in(subject: str | UUID, need: str | UUID, **changes: Any) -> dict[str, Any]:
    """Return the question that `consent_in` answers."""
    return {
        "subject": str(subject),
        "sender": MIDWIFERY,
        "recipient": FAMILY_HOUSE,
        "purpose": "early_support",
        "need": str(need),
        "categories": ["health"],
    } | changes


def decision_in(*questions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return questions as the referral service asks them."""
    return {
        "occasion": "read",
        "unit": FAMILY_HOUSE,
        "user": "user-1",
        "referral": str(uuid4()),
        "questions": list(questions),
    } | changes


def referral_in(subject: str | UUID, **changes: Any) -> dict[str, Any]:
    """Return a referral to the family house: own words, and one piece about health."""
    return {
        "purpose": "early_support",
        "recipients": [FAMILY_HOUSE],
        "offers": [{"subject": str(subject), "category": "own_wish", "offer": "network-group"}],
        "own_words": {"subject": str(subject), "text": "Jeg vil gerne møde andre."},
        "seen_by_family_at": (NOW - HOUR).isoformat(),
        "information": [{"subject": str(subject), "category": "health", "text": "Sover dårligt."}],
    } | changes


def message_in(subject: str | UUID, kind: str = "question", **changes: Any) -> dict[str, Any]:
    """Return a message about health."""
    told = [{"subject": str(subject), "category": "health", "text": "Hvor længe har det stået på?"}]
    return {"kind": kind, "information": told} | changes
