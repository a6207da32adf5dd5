"""What referral asks of the others: permits of consent, units of the directory. `Permits` are made only here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.referral.domain.model import Ask, PersonId, Referral, UnitId
from services.referral.domain.permit import NOTHING_ASKED, Key, Permits, Question
from shared.http import Upstream
from shared.ledger import Actor
from shared.problems import Unavailable
from shared.vocabulary import Occasion, Reason

_MOST = 200
_Told = tuple[Reason, tuple[Ask, ...]]


async def ask(
    consent: Upstream, referral: Referral, questions: Sequence[Question], occasion: Occasion, actor: Actor,
    request_id: str,
) -> Permits:  # fmt: skip
    """Ask consent now; what it answers holds for this exchange and is never kept.

    Raises:
        Unavailable: consent does not answer, or answers what cannot be read: then nothing is permitted.
    """
    told: dict[Key, _Told] = {}
    decision: UUID | None = None
    for first in range(0, len(questions), _MOST):
        asked = questions[first : first + _MOST]
        decision = await _ask(consent, referral, asked, occasion, actor, request_id, told)
    if decision is None:
        return NOTHING_ASKED
    reasons = {key: reason for key, (reason, _) in told.items()}
    return Permits(decision, reasons, {key: whom for key, (_, whom) in told.items() if whom})


async def _ask(
    consent: Upstream, referral: Referral, asked: Sequence[Question], occasion: Occasion, actor: Actor,
    request_id: str, into: dict[Key, _Told],
) -> UUID:  # fmt: skip
    body: Mapping[str, object] = {
        "occasion": occasion,
        "unit": actor.unit,
        "user": actor.user,
        "referral": str(referral.id),
        "questions": [
            {"subject": str(each.subject), "sender": each.sender, "recipient": each.recipient,
             "purpose": referral.purpose, "need": str(referral.need), "categories": sorted(each.categories),
             "back": each.recipient == referral.sender}
            for each in asked
        ],
    }  # fmt: skip
    try:
        told = await consent.call("POST", "/internal/decisions", body, request_id=request_id)
        answered = _read(told["answers"], asked)
        decision = UUID(told["id"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("consent") from error
    into.update(answered)
    return decision


def _read(answers: Sequence[Mapping[str, Any]], asked: Sequence[Question]) -> dict[Key, _Told]:
    """Read the answers; each that was asked for must be there, no other, and none twice in two ways."""
    keys, told = _keys(asked), dict[Key, _Told]()
    for answer in answers:
        key = keys[answer["question"], answer["category"]]
        read = (_reason(answer), _whom(answer))
        if told.setdefault(key, read) != read:
            msg = "the answers contradict one another"
            raise ValueError(msg)
    if told.keys() != set(keys.values()):
        msg = "not everything was answered"
        raise ValueError(msg)
    return told


def _keys(asked: Sequence[Question]) -> dict[tuple[object, object], Key]:
    return {
        (place, category.value): (PersonId(each.subject), UnitId(each.sender), UnitId(each.recipient), category)
        for place, each in enumerate(asked)
        for category in each.categories
    }


def _reason(answer: Mapping[str, Any]) -> Reason:
    """Read one answer; permitted only if it says so in both ways."""
    reason = Reason(str(answer["reason"]))
    if reason.permits is not (answer["permitted"] is True):
        msg = "the answer contradicts itself"
        raise ValueError(msg)
    return reason


def _whom(answer: Mapping[str, Any]) -> tuple[Ask, ...]:
    """Read whose word is missing."""
    return tuple(Ask(PersonId(UUID(each["person"])), str(each["capacity"])) for each in answer.get("ask", ()))
