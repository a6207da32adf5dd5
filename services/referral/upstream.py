"""What referral asks of the others: units, permits, and who speaks for whom. `Permits` are made only here."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.referral.domain.authority import Hoped, Way
from services.referral.domain.family import Reader
from services.referral.domain.model import Ask, PersonId, Referral, UnitId
from services.referral.domain.permit import NOTHING_ASKED, Key, Permits, Question
from shared.clock import monotonic
from shared.contracts import MOST_QUESTIONS, KnownOut, OfferFactOut, OfferFactsOut, SpeakerOut
from shared.http import Upstream, UpstreamRefused
from shared.ledger import Actor
from shared.problems import Unavailable
from shared.vocabulary import Occasion, Reason

_MOST = 200
_FRESH_S = 60.0
_MOST_OFFERS = 20_000
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


async def speaker(consent: Upstream, citizen: str, user: str, request_id: str) -> tuple[PersonId | None, Reader]:
    """Return who a citizen's login is, and for whom that person speaks at this moment.

    A child whose address is protected is left out: it is not its parents' to see here.

    Raises:
        Unavailable: consent does not answer, or answers what cannot be read: then nobody is anybody.
    """
    body = {"citizen": citizen, "user": user}
    try:
        told = SpeakerOut.model_validate(await consent.call("POST", "/internal/speakers", body, request_id=request_id))
    except ValidationError as error:
        raise Unavailable("consent") from error
    if told.me is None:
        return None, Reader(frozenset(), frozenset())
    theirs = [each for each in told.speaks_for if each.person == told.me.person or not each.protected]
    hidden = [each for each in told.speaks_for if each not in theirs]
    return PersonId(told.me.person), Reader(_ids([told.me]), _ids(theirs), _ids(hidden))


async def must_answer(consent: Upstream, request_id: str) -> None:
    """Let pass while consent answers at all: for what must fail alike, whether or not there is something to ask.

    Raises:
        Unavailable: it does not.
    """
    await consent.call("GET", "/health/ready", request_id=request_id)


class OfferMirror:
    """What the directory said of the offers asked about last: public knowledge, kept a minute, or while it is down.

    Who asked, and for whom, is not kept.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[str, tuple[float, Hoped]] = OrderedDict()

    async def some(self, directory: Upstream, asked: Collection[str], request_id: str) -> Mapping[str, Hoped]:
        """Return those of the offers that are there.

        Raises:
            Unavailable: the directory does not answer, and has not told of each of them before.
        """
        old = monotonic() - _FRESH_S
        if any(each not in self._told or self._told[each][0] < old for each in asked):
            try:
                await self._ask(directory, sorted(asked), request_id)
            except Unavailable:
                if not self._told.keys() >= set(asked):
                    raise
        return {each: self._told[each][1] for each in asked if each in self._told}

    async def _ask(self, directory: Upstream, asked: Sequence[str], request_id: str) -> None:
        found: list[OfferFactOut] = []
        for first in range(0, len(asked), MOST_QUESTIONS):
            body = {"ids": asked[first : first + MOST_QUESTIONS]}
            try:
                told = await directory.call("POST", "/internal/offers", body, request_id=request_id)
                found += OfferFactsOut.model_validate(told).offers
            except (UpstreamRefused, ValidationError) as error:
                raise Unavailable("directory") from error
        for each in asked:
            self._told.pop(each, None)
        for fact in found:
            ways = tuple(Way(way.unit, way.name, way.says) for way in fact.authorities)
            hoped = Hoped(fact.id, fact.name, fact.ended, fact.needs_authority, ways, fact.gaps, fact.unit)
            self._told[fact.id] = (monotonic(), hoped)
        while len(self._told) > _MOST_OFFERS:
            self._told.popitem(last=False)


def _ids(people: Iterable[KnownOut]) -> frozenset[PersonId]:
    return frozenset(PersonId(number) for each in people for number in (each.person, *each.also))


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
