"""May X tell Y this? Read, decided and written as one: a decision that was overtaken is made anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.domain import errors
from services.consent.domain.decision import decide
from services.consent.domain.grounds import TERMS
from services.consent.domain.model import Answer, ConsentId, Disclosure, PersonId
from services.consent.store.decisions import Standing, moments
from shared import ledger
from shared.db import Connection, Transaction
from shared.ledger import Actor
from shared.problems import Unavailable
from shared.vocabulary import Category, Occasion

_TRIES = 20
_LAWS = {str(ground): (terms.law, terms.despite_refusal) for ground, terms in TERMS.items()}


class Spelled(dict[frozenset[ConsentId], list[str]]):
    """Records as the ledger and the wire name them: of many answers that rest on the same, each is written out once."""

    def __missing__(self, records: frozenset[ConsentId]) -> list[str]:
        """Return their ids in order."""
        self[records] = told = sorted(map(str, records))
        return told


async def decide_disclosures(
    connection: Connection, asked: Sequence[Disclosure], occasion: Occasion, reader: Actor, referral: UUID,
    at: datetime, request_id: str,
) -> tuple[UUID, datetime, list[tuple[Answer, ...]]]:  # fmt: skip
    """Decide, and commit the decision to the ledger before anybody hears it.

    A withdrawal, a refusal or a superseding that is committed counts, even if another machine's clock was
    ahead of this one's; and none can be committed between what was read and the decision that rests on it.

    Returns:
        The ledger entry's id, the moment decided for, and the answers per question.

    Raises:
        Unavailable: the words changed faster than they could be read; nothing is permitted.
    """
    people = {each.subject for each in asked}
    needs = {each.need for each in asked}
    for _ in range(_TRIES):
        read = await store.decisions.standing(connection, people, needs, _LAWS)
        moment = max([at, *moments(read)])
        answers = _answered(asked, read, moment)
        spelled = Spelled()
        written = ledger.entry(
            "decision", at=moment, actor=reader, request_id=request_id, occasion=occasion, referral=str(referral),
            questions=[_told(each, answer, spelled) for each, answer in zip(asked, answers, strict=True)],
        )  # fmt: skip
        if await store.decisions.write(connection, written, read.versions, people, referral):
            return written.id, moment, answers
    raise Unavailable("database")


async def check(
    connection: Connection, asked: Sequence[Disclosure], caller: Actor, need: UUID, at: datetime, request_id: str
) -> list[tuple[Answer, ...]]:
    """Answer beforehand whether it might be told now; it is on the ledger, and opens nothing.

    Raises:
        UnknownPerson: somebody asked about is not there, or not this unit's.
    """
    if not await store.people.known_to(connection, caller.unit or "", {each.subject for each in asked}):
        raise errors.UnknownPerson
    _, _, answers = await decide_disclosures(connection, asked, Occasion.CHECK, caller, need, at, request_id)
    return answers


async def decisions(
    transaction: Transaction, after: UUID | None, referral: UUID | None, subject: UUID | None, unit: str | None,
    since: datetime | None, before: datetime | None, most: int,
) -> list[Any]:  # fmt: skip
    """Return the ledger's decisions, oldest first: rows of id, entry, and place in the tree once sealed."""
    return await store.decisions.all_of_them(
        transaction, after or UUID(int=0), referral, subject, unit, _moment(since), _moment(before), most
    )


def _answered(asked: Sequence[Disclosure], read: Standing, at: datetime) -> list[tuple[Answer, ...]]:
    """Answer each question; those about one person on one road are judged together, each kind once."""
    held = read.held()
    questions = [_by_identity(each, read) for each in asked]
    kinds: dict[str, set[Category]] = {}
    for each in questions:
        kinds.setdefault(each.key, set()).update(each.categories)
    if len(kinds) == len(questions):
        return [decide(each, held, at) for each in questions]
    known: dict[str, dict[Category, Answer]] = {}
    for each in questions:
        if each.key not in known:
            together = replace(each, categories=frozenset(kinds[each.key]))
            known[each.key] = {answer.category: answer for answer in decide(together, held, at)}
    return [tuple([known[each.key][kind] for kind in sorted(each.categories)]) for each in questions]


def _by_identity(asked: Disclosure, read: Standing) -> Disclosure:
    """Return the question about the id the person goes by; about who is not there nothing is held."""
    goes_by = read.identity.get(asked.subject, PersonId(asked.subject))
    return asked if goes_by == asked.subject else replace(asked, subject=goes_by)


def _told(asked: Disclosure, answers: tuple[Answer, ...], spelled: Spelled) -> dict[str, object]:
    return {
        "subject": asked.subject,
        "from": asked.sender,
        "to": asked.recipient,
        "purpose": asked.purpose,
        "need": asked.need,
        "back": asked.back,
        "answers": [
            {"category": answer.category, "reason": answer.reason, "records": spelled[answer.records],
             "basis": answer.basis}
            for answer in answers
        ],
    }  # fmt: skip


def _moment(at: datetime | None) -> str | None:
    """Return the moment as the ledger writes it."""
    return None if at is None else at.astimezone(UTC).isoformat()
