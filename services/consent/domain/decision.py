"""May X tell Y this about Z, now? One pure function, deny by default."""

from collections.abc import Iterable
from datetime import datetime

from services.consent.domain.model import Answer, ConsentId, Disclosure, Effect, Record
from shared.vocabulary import Category, Reason


def decide(asked: Disclosure, held: Iterable[Record], at: datetime) -> tuple[Answer, ...]:
    """Answer each category asked for on its own, in a fixed order.

    A category is permitted only where a yes in force names this subject, sender, recipient, purpose and
    need, and the category itself (R19, R20, R26). A refusal or a withdrawal that touches the category
    beats every yes, whichever came first; only a later word that names it as superseded lifts it, and only for
    what is said from then on: what the person said before that no does not come back with it. The passing of
    time never opens anything but what was promised from a later moment.
    """
    concerning = [record for record in held if _concerns(record, asked)]
    about = [record for record in concerning if not _superseded(record, at)]
    named = [record for record in about if _runs_between(record, asked, at)]
    lifted = [record for record in concerning if _superseded(record, at) and _runs_between(record, asked, at)]
    return tuple(_answer(category, asked, about, named, lifted, at) for category in sorted(asked.categories))


def _answer(
    category: Category, asked: Disclosure, about: list[Record], named: list[Record], lifted: list[Record], at: datetime
) -> Answer:
    touching = [record for record in named if category in record.categories]
    forbids = [record for record in touching if _forbids(record, at)]
    if forbids:
        refused = any(record.effect is Effect.FORBID for record in forbids)
        return Answer(category, Reason.REFUSED if refused else Reason.WITHDRAWN, _ids(forbids))
    said_no = [_closed_from(record) for record in lifted if category in record.categories and _forbids(record, at)]
    covering = [
        record for record in touching if _permits(record, at) and all(record.valid_from >= moment for moment in said_no)
    ]
    if covering:
        return Answer(category, Reason.COVERED, _ids(covering), _basis(covering, asked))
    return Answer(category, _missing(asked, about, named, touching, at))


def _missing(
    asked: Disclosure, about: list[Record], named: list[Record], touching: list[Record], at: datetime
) -> Reason:
    """Say what stands nearest to a yes, so that a caseworker knows what to ask for.

    What was said to others is no sender's to hear of: to whom no consent names, it is as if there were none.
    """
    promised = [record for record in touching if record.effect is Effect.PERMIT]
    if any(record.valid_from > at for record in promised):
        return Reason.NOT_YET
    if promised:
        return Reason.EXPIRED
    if any(record.effect is Effect.PERMIT for record in named):
        return Reason.CATEGORY_NOT_NAMED
    if any(record.effect is Effect.PERMIT and asked.sender in {record.sender, *record.recipients} for record in about):
        return Reason.RECIPIENT_NOT_NAMED
    return Reason.NO_CONSENT


def _concerns(record: Record, asked: Disclosure) -> bool:
    return (
        record.subject == asked.subject
        and record.need == asked.need
        and (record.purpose is asked.purpose or record.effect is Effect.FORBID)
    )


def _runs_between(record: Record, asked: Disclosure, at: datetime) -> bool:
    """Say whether the record names this road: as told, and the way back where both ways were agreed.

    The way back is for telling whoever sent the referral: a recipient that records a word of its own can never
    open by it what was told to it by another (R18). A no closes both ways of the road it names, and a withdrawal
    both ways that were agreed: nobody who refused to be told about expects the answer to flow.
    """
    there = record.sender == asked.sender and asked.recipient in record.recipients
    back = record.sender == asked.recipient and asked.sender in record.recipients
    mutual = record.mutual and (asked.back or _withdrawn(record, at))
    return there or (back and (mutual or record.effect is Effect.FORBID))


def _superseded(record: Record, at: datetime) -> bool:
    """Say whether a later word stands for it; a withdrawal said after that word is lifted by nothing yet."""
    if record.superseded_at is None or record.superseded_at > at:
        return False
    return record.withdrawn_at is None or not record.superseded_at < record.withdrawn_at <= at


def _closed_from(record: Record) -> datetime:
    """Return from when a no closed: a refusal from when it was said, a consent from when it was withdrawn."""
    if record.effect is Effect.FORBID or record.withdrawn_at is None:
        return record.valid_from
    return record.withdrawn_at


def _withdrawn(record: Record, at: datetime) -> bool:
    return record.withdrawn_at is not None and record.withdrawn_at <= at


def _forbids(record: Record, at: datetime) -> bool:
    if record.effect is Effect.FORBID:
        return record.valid_from <= at and not _withdrawn(record, at)
    return _withdrawn(record, at)


def _permits(record: Record, at: datetime) -> bool:
    return (
        record.effect is Effect.PERMIT
        and record.valid_until is not None
        and record.valid_from <= at < record.valid_until
        and not _withdrawn(record, at)
    )


def _ids(records: list[Record]) -> frozenset[ConsentId]:
    return frozenset(record.id for record in records)


def _basis(records: list[Record], asked: Disclosure) -> tuple[str, ...]:
    road = (asked.sender, asked.recipient)
    return tuple(sorted({record.basis[road] for record in records if road in record.basis}))
