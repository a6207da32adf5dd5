"""Two records of one person are merged, and a merger is undone: from the next decision on (R42)."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, must_record, tell_referral
from services.consent.actions.reminding import ask_anew
from services.consent.actions.words import end
from services.consent.domain import errors
from services.consent.domain.following import Kind, live
from services.consent.domain.model import PersonId, Record, UnitFacts, UnitId
from services.consent.domain.people import MOST_HOLDERS, Facts, Holder, voices
from services.consent.domain.told import Cause
from services.consent.store.people import Touched
from shared import ledger
from shared.clock import danish_date
from shared.db import Transaction
from shared.vocabulary import Category


async def merge(
    transaction: Transaction, kept: PersonId, gone: PersonId, reason: str, units: Mapping[UnitId, UnitFacts],
    request: Request,
) -> None:  # fmt: skip
    """Let two records be one person's: from the next decision on, a no said under either closes (R42).

    Where somebody's word is needed no more by that, or in another right, what stood about the person ends and is asked
    about anew: a merger by itself passes nobody's no by (R27).

    Raises:
        UnknownPerson: one is not there, or not this unit's.
        NotForThisUnit: the unit is outside the authorities.
        CannotMerge: they are one already, or born on different days, or one speaks for the other, or more people
            than can would speak for them, or two people log in, or one would see what other units hold.
    """
    await store.merging.hold_mergers(transaction)
    for each in (kept, gone):
        await must_record(transaction, request, units, each)
    touched = await store.merging.touch_with_dependents(transaction, {kept, gone})
    one, other = touched.identity[kept], touched.identity[gone]
    _check_one(one, other, touched)
    await _check_logins(transaction, one, other, request)
    written_down = await store.merging.as_written(transaction, {one, other})
    before, whole = written_down[one], _whole(written_down[one], written_down[other])
    moved = await store.merging.merge(transaction, other, one)
    said = {
        "other": str(other), "moved": [str(each) for each in moved], "before": store.people.to_json(before),
        "after": store.people.to_json(whole), "reason": reason,
    }  # fmt: skip
    written = request.entry("persons_merged", touched.moment, subject=str(one), other=str(other))
    await ledger.append(transaction, written)
    await store.people.write_down(transaction, one, whole)
    await store.people.add_fact(transaction, one, "merger", danish_date(request.at), said, request.by(written.id))
    after, at = await store.people.touch(transaction, touched.identity), max(request.at, touched.moment)
    words = await store.words.of_people(transaction, _passed_by(touched, after, {other: one}, at))
    await _end_all(transaction, words, f"merged {other}", request, at)
    if touched.facts[one].protected != touched.facts[other].protected:
        await _revoke_contact(transaction, one, at, request)
    await _tell_of(transaction, one, "persons_merged", request)


async def part(
    transaction: Transaction, kept: PersonId, gone: PersonId, reason: str, units: Mapping[UnitId, UnitFacts],
    request: Request,
) -> None:  # fmt: skip
    """Undo the last merger into a record: each stands by itself again, with what held about it before.

    Nobody can tell of which of the two the words of the time between were said, so every consent about either, by
    either, or about those they speak for, ends, and is asked about anew; a no stays where it is. What was recorded
    about them meanwhile holds for both, and an address that was protected stays so, till somebody says of which
    (R42, R45).

    Raises:
        UnknownPerson: one is not there, or not this unit's.
        NotForThisUnit: the unit is outside the authorities.
        NotMerged: the last merger into `kept` that stands is not of `gone`.
    """
    await store.merging.hold_mergers(transaction)
    for each in (kept, gone):
        await must_record(transaction, request, units, each)
    touched = await store.merging.touch_with_dependents(transaction, {kept, gone})
    last = await _last_merger(transaction, kept)
    if touched.identity[kept] != kept or last is None or last["other"] != str(gone):
        raise errors.NotMerged
    moved = [PersonId(UUID(each)) for each in last["moved"]]
    at = max(request.at, touched.moment)
    written = request.entry("persons_parted", at, subject=str(kept), other=str(gone))
    await ledger.append(transaction, written)
    now = await store.merging.as_written(transaction, {kept, gone})
    since = _since(store.people.from_json(last["after"]), now[kept])
    await store.merging.part(transaction, gone, moved)
    told = ((kept, store.people.from_json(last["before"]), {"parted": last["moved"]}),
            (gone, now[gone], {"from": str(kept)}))  # fmt: skip
    for each, own, which in told:
        facts = replace(own, **since | {"protected": own.protected or since.get("protected", False)})
        await store.people.write_down(transaction, each, facts)
        said = {**which, "after": store.people.to_json(facts), "reason": reason}
        await store.people.add_fact(transaction, each, "parting", danish_date(request.at), said, request.by(written.id))
    words = await store.words.of_people(transaction, touched.identity)
    await _end_all(transaction, words, f"parted {gone}", request, at)
    for each in (kept, gone):
        await _tell_of(transaction, each, "persons_parted", request)


def _check_one(one: PersonId, other: PersonId, touched: Touched) -> None:
    """Check that two records can be one person's.

    Raises:
        CannotMerge: they cannot.
    """
    facts, left = touched.facts[one], touched.facts[other]
    speak = {each.representative.person for each in (facts, left) if each.representative is not None}
    if (
        one == other
        or other in store.people.others(facts)
        or one in store.people.others(left)
        or facts.born != left.born
        or (facts.born is None and facts.mother != left.mother)
        or len(speak) > 1
        or len({each.person for each in (*facts.holders, *left.holders)}) > MOST_HOLDERS
    ):
        raise errors.CannotMerge


async def _check_logins(transaction: Transaction, one: PersonId, other: PersonId, request: Request) -> None:
    """Check that nobody sees by a merger what was said to other units of somebody who never logged in (R59).

    Raises:
        CannotMerge: both log in, and so are two; or one would see what others hold of the other.
    """
    seen = await store.merging.with_login(transaction, {one, other})
    unseen = {one, other} - seen
    if not unseen:
        raise errors.CannotMerge
    if seen and await store.merging.known_elsewhere(transaction, request.unit, unseen.pop()):
        raise errors.CannotMerge


def _whole(facts: Facts, left: Facts) -> Facts:
    """Return what holds about somebody of whom two records tell: everyone who speaks by either is asked (R27)."""
    since: dict[PersonId, Holder] = {}
    for holder in (*facts.holders, *left.holders):
        since[holder.person] = min(since.get(holder.person, holder), holder, key=lambda each: each.since)
    speak = [each.representative for each in (facts, left) if each.representative is not None]
    return replace(
        facts, protected=facts.protected or left.protected, holders=tuple(since[each] for each in sorted(since)),
        representative=max(speak, key=lambda each: each.since, default=None),
        residence=facts.residence or left.residence,
    )  # fmt: skip


def _passed_by(before: Touched, after: Touched, same: Mapping[PersonId, PersonId], at: datetime) -> set[PersonId]:
    """Return about whom somebody is asked no more, or not in the same right; `same`: who goes by whom."""
    day = danish_date(at)
    found = set()
    for person, facts in before.facts.items():
        goes_by = same.get(person, person)
        asked, now = voices(facts, person, day), voices(after.facts[goes_by], goes_by, day)
        needed = {(same.get(each.person, each.person), each.capacity) for each in asked}
        if len(needed) < len(asked) or not needed <= {(each.person, each.capacity) for each in now}:
            found.add(goes_by)
    return found


def _since(merged: Facts, now: Facts) -> dict[str, Any]:
    """Return what was recorded after the merger."""
    names = [each.name for each in fields(Facts)]
    return {name: getattr(now, name) for name in names if getattr(now, name) != getattr(merged, name)}


async def _last_merger(transaction: Transaction, kept: PersonId) -> Mapping[str, Any] | None:
    """Return what was said of the last merger into the record that stands."""
    standing: list[Mapping[str, Any]] = []
    for row in await store.people.history(transaction, kept):
        if row["person"] == kept and row["kind"] == "merger":
            standing.append(row["said"])
        elif row["person"] == kept and row["kind"] == "parting" and "parted" in row["said"]:
            standing.pop()
    return standing[-1] if standing else None


async def _end_all(
    transaction: Transaction, words: Collection[Record], about: str, request: Request, at: datetime
) -> None:
    """End the consents that stand, and have their senders ask anew."""
    standing = [each for each in words if live(each, at)]
    for record in standing:
        await ask_anew(transaction, [record], Kind.SPEAKER_CHANGED, record.subject, about, at)
    await end(transaction, standing, Cause.MERGED, request, at)


async def _revoke_contact(transaction: Transaction, person: PersonId, at: datetime, request: Request) -> None:
    """Let no other legal ground tell where somebody is reached whose name or address either record protects (R45)."""
    for number in await store.words.open_overrides(transaction, person, Category.CONTACT, at):
        written = request.entry("override_revoked", at, override=str(number), subject=str(person), cause="protected")
        await store.words.add_override_event(transaction, number, "revoked", at, request.by(written.id, at))
        await ledger.append(transaction, written)


async def _tell_of(transaction: Transaction, person: PersonId, kind: str, request: Request) -> None:
    words = await store.words.of_people(transaction, [person]) + await store.words.given_by(transaction, person)
    for subject in sorted({each.subject for each in words}):
        needs = [each.need for each in words if each.subject == subject]
        await tell_referral(transaction, kind, needs, subject, request.request_id)
