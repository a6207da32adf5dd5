"""What bare PostgreSQL is given to do: the services' own statements, with made-up ids, as pgbench scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.bench.family import FAMILIES, PLACES, PREFIX, Kind, made, number
from deploy.bench.pgbench import filled
from deploy.bench.seeding import Seeded
from deploy.demo import identities
from deploy.demo.playing import HOUSE, MIDWIVES
from deploy.demo.story import PURPOSE
from services.consent.store.decisions import _STANDING, _WRITE
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TaskState
from services.referral.store.referrals import POST as _POST
from services.referral.store.referrals import WHOLE as _WHOLE
from services.referral.store.tasks import page_of_work

# The ids the services make before they write; here the server makes them, in the same order of time.
_FRESH = "WITH fresh AS MATERIALIZED (SELECT uuidv7() AS referral, uuidv7() AS one, uuidv7() AS other), claimed"
_RULE = """
SELECT category, coalesce(bool_or(c.effect = 'permit' AND now() < c.valid_until), false)
    AND NOT coalesce(bool_or(c.effect = 'forbid' OR w.at <= now()), false) AS permitted
FROM unnest(:categories::text[]) AS category
LEFT JOIN consent c ON c.need = :need::uuid AND c.subject = :subject::uuid AND category = ANY(c.categories)
    AND c.given_at <= now() AND (c.purpose = :purpose OR c.effect = 'forbid')
    AND ((c.sender = :sender AND :recipient = ANY(c.recipients))
      OR (c.sender = :recipient AND :sender = ANY(c.recipients) AND (c.mutual OR c.effect = 'forbid')))
    AND NOT EXISTS (SELECT FROM consent_event s
                    WHERE s.consent_id = c.id AND s.kind = 'superseded' AND s.at <= now())
LEFT JOIN consent_event w ON w.consent_id = c.id AND w.kind = 'withdrawn'
GROUP BY category
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A pgbench script, the values it is given, and the database it runs on."""

    text: str
    values: Mapping[str, str]
    database: str


def deciding(seeded: Seeded, families: int = FAMILIES, needs: Sequence[Kind] = (Kind.NEED,)) -> Script:
    """Read what decides about one of the families under one of its needs, write the decision."""
    return Script(
        f"{_pick(families, needs)}{_standing()}\n{_written()}\n", _decided_values(seeded, seeded.read_decision), "bench"
    )


def reading(seeded: Seeded) -> Script:
    """Read the referral, what decides about the family, write the decision."""
    whole = filled(_WHOLE, {1: _id("referral") + "::uuid"})
    script = f"{_pick()}{whole}\n{_standing()}\n{_written()}\n"
    return Script(script, _decided_values(seeded, seeded.read_decision), "bench")


def posting(seeded: Seeded) -> Script:
    """Read what decides, write the decision, write the referral with all that goes with it."""
    written = _POST.replace("WITH claimed", _FRESH, 1)
    for table in ("idempotency", "ledger_entry", "outbox"):
        written = written.replace(f"INTO {table}", f"INTO referral.{table}")
    script = f"{_pick()}{_standing()}\n{_written()}\n{filled(written, _posted(seeded))}\n"
    return Script(script, _posted_values(seeded) | _decided_values(seeded, seeded.sent_decision), "bench")


def listing(unit: str, most: int) -> Script:
    """Read the first page of a recipient's work list."""
    shown = as_text(sorted(set(TaskState) - HIDDEN_FROM_RECIPIENT))
    filled_in = {1: ":unit", 2: ":shown::text[]", 3: "'00000000-0000-0000-0000-000000000000'::uuid"}
    return Script(filled(page_of_work(most), filled_in) + "\n", {"unit": unit, "shown": shown}, "bench")


def ruling(need: Kind, categories: Sequence[str]) -> Script:
    """Answer one question about Thilde by SQL alone; nothing is written."""
    values = {
        "need": str(number(need, 0)), "subject": made(0)["thilde"], "sender": MIDWIVES, "recipient": HOUSE,
        "purpose": PURPOSE, "categories": as_text(list(categories)),
    }  # fmt: skip
    return Script(" ".join(_RULE.split()) + ";\n", values, "bench")


def as_text(value: object) -> str:
    """Return a value as PostgreSQL reads it: a list as an array."""
    if isinstance(value, list | tuple):
        return "{" + ",".join("NULL" if each is None else _quoted(str(each)) for each in value) + "}"
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _id(name: str) -> str:
    return f"('{PREFIX}' || :{name}::text)"


def _pick(families: int = FAMILIES, needs: Sequence[Kind] = (Kind.NEED,)) -> str:
    """Return the lines that choose a family and one of its needs by chance; the kinds of `needs` are equally spaced."""
    apart = needs[-1] - needs[0]
    said = {
        "place": f"random(0, {families - 1})",
        "which": f"random(0, {len(needs) - 1})",
        "need": f":place + ({needs[0]} + :which * {apart}) * {PLACES}",
        **{kind.name.lower(): f":place + {kind * PLACES}" for kind in (Kind.THILDE, Kind.JONATHAN, Kind.REFERRAL)},
    }
    return "".join(f"\\set {name} {value}\n" for name, value in said.items())


def _standing() -> str:
    return filled(_STANDING, {1: _people(), 2: f"ARRAY[{_id('need')}::uuid]"})


def _written() -> str:
    written = _WRITE.replace("INTO ledger_entry", "INTO consent.ledger_entry")
    referral = f"{_id('referral')}::uuid"
    return filled(
        written, {1: "uuidv7()", 2: ":entry", 3: _people(), 4: ":versions", 5: _people(), 6: referral}
    )  # fmt: skip


def _people() -> str:
    return f"ARRAY[{_id('thilde')}::uuid, {_id('jonathan')}::uuid]"


def _decided_values(seeded: Seeded, entry: str) -> dict[str, str]:
    return {"entry": entry, "versions": as_text(seeded.versions)}


def _ids(count: int) -> str:
    return "ARRAY[" + ", ".join(["uuidv7()"] * count) + "]"


def _posted(seeded: Seeded) -> Mapping[int, str]:
    """Return what stands for each of the posting statement's values: a name of `_posted_values`, or an id made anew."""
    thilde = made(0)["thilde"]
    subjects = ", ".join(_id("thilde" if str(piece["subject"]) == thilde else "jonathan") for piece in seeded.pieces)
    first = seeded.tasks[0]["id"]
    told = ", ".join("one" if event["task_id"] == first else "other" for event in seeded.events)
    names = {1: "sender", 3: "digest", 6: "purpose", 7: "acting", 8: "offers", 13: "kinds", 14: "texts",
             16: "recipients", 17: "states", 18: "missing", 20: "units", 21: "events", 24: "posted"}  # fmt: skip
    return {
        **{place: f":{name}" for place, name in names.items()},
        2: "(SELECT other FROM fresh)", 4: "(SELECT referral FROM fresh)", 5: _id("need") + "::uuid",
        9: "now()", 10: "now()", 11: _ids(len(seeded.pieces)), 12: f"ARRAY[{subjects}]",
        15: "(SELECT ARRAY[one, other] FROM fresh)", 19: _ids(len(seeded.events)),
        22: f"(SELECT ARRAY[{told}] FROM fresh)",  # noqa: S608 - our own names
        23: "uuidv7()", **dict.fromkeys((*range(25, 29), 31, 32, 34), "NULL"), 29: "'referral'", 30: "'routine'",
        33: "false", 35: f"array_fill(NULL::text, ARRAY[{len(seeded.pieces)}])",
        **dict.fromkeys((36, 38), f"array_fill(now(), ARRAY[{len(seeded.tasks)}])"), 37: ":acting",
        39: f"array_fill(NULL::timestamptz, ARRAY[{len(seeded.tasks)}])",
    }  # fmt: skip


def _posted_values(seeded: Seeded) -> dict[str, str]:
    return {
        "posted": seeded.posted,
        "sender": MIDWIVES,
        "digest": "\\x" + "5a" * 32,
        "purpose": PURPOSE,
        "acting": identities.MIDWIFE,
        "offers": as_text([piece["offer"] for piece in seeded.pieces]),
        "kinds": as_text([piece["category"] for piece in seeded.pieces]),
        "texts": as_text([piece["text"] for piece in seeded.pieces]),
        "recipients": as_text([task["recipient"] for task in seeded.tasks]),
        "states": as_text(["sent"] * len(seeded.tasks)),
        "missing": as_text([task["missing"] for task in seeded.tasks]),
        "units": as_text([event["unit"] for event in seeded.events]),
        "events": as_text([event["kind"] for event in seeded.events]),
    }
