"""A mirror of the directory's units: public knowledge, fetched anew when old, last known when the directory is down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.clock import monotonic
from shared.contracts import UnitOut
from shared.http import Upstream, UpstreamRefused
from shared.problems import Unavailable

_FRESH_S = 60.0
_RETRY_S = 5.0
_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a unit is nobody's sender or recipient on a day; `says` is for the person at the screen, in Danish."""

    unit: str
    successor: str | None
    says: str

    def told(self) -> Mapping[str, str | None]:
        """Return it as a problem tells it."""
        return {"unit": self.unit, "successor": self.successor, "says": self.says}


def closed(unit: UnitOut, units: Mapping[str, UnitOut], on: date) -> Closed | None:
    """Return why the unit is closed on the day, and who took over; None while it is open.

    Whoever took over is another recipient: nothing that was said to the one is said to the other (R19, R20).
    """
    if unit.valid_from is not None and on < unit.valid_from:
        return Closed(unit.id, None, f"{unit.name} åbner først {_day(unit.valid_from)}.")
    if unit.valid_to is None or on < unit.valid_to:
        return None
    heir = _heir(unit, units, on)
    says = f"{unit.name} er lukket fra {_day(unit.valid_to)}."
    if heir is None:
        return Closed(unit.id, None, says)
    return Closed(unit.id, heir.id, f"{says} {heir.name} har taget over.")


def notices(named: Iterable[str], units: Mapping[str, UnitOut], on: date) -> list[str]:
    """Return, in Danish, what has become of the units named: closed ones, and those the law has moved (R47)."""
    found = [units[each] for each in sorted(set(named)) if each in units]
    told = [_notice(each, units, on) for each in found]
    return [each for each in told if each is not None]


def _heir(unit: UnitOut, units: Mapping[str, UnitOut], on: date) -> UnitOut | None:
    """Return who has taken over and is there on the day; in a circle, nobody has."""
    passed: set[str] = set()
    heir = units.get(unit.successor or "")
    while heir is not None and heir.valid_to is not None and heir.valid_to <= on and heir.id not in passed:
        passed.add(heir.id)
        heir = units.get(heir.successor or "")
    return None if heir is None or heir.id in passed else heir


def _notice(unit: UnitOut, units: Mapping[str, UnitOut], on: date) -> str | None:
    gone = closed(unit, units, on)
    if gone is not None:
        return gone.says
    if unit.organisation_since is None or on < unit.organisation_since:
        return None
    before = unit.organisation_was_name or unit.organisation_was
    return (
        f"{unit.name} hører fra {_day(unit.organisation_since)} til {unit.organisation_name} (før: {before}). "
        "Enheden er den samme, og det, der er sagt ja og nej til, gælder fortsat."
    )


def _day(day: date) -> str:
    return f"den {day.day}. {_MONTHS[day.month - 1]} {day.year}"


class UnitMirror:
    """Every unit the directory knew when last asked."""

    def __init__(self) -> None:
        self._units: Mapping[str, UnitOut] = {}
        self._ask_again_at = 0.0

    async def all(self, directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
        """Return the units by id.

        Raises:
            Unavailable: the directory does not answer and never has.
        """
        if monotonic() >= self._ask_again_at:
            try:
                self._units = await _ask(directory, request_id)
                self._ask_again_at = monotonic() + _FRESH_S
            except Unavailable:
                if not self._units:
                    raise
                self._ask_again_at = monotonic() + _RETRY_S
        return self._units


async def _ask(directory: Upstream, request_id: str) -> Mapping[str, UnitOut]:
    """Return the directory's units; an answer that cannot be read is no answer."""
    try:
        told = await directory.call("GET", "/internal/units", request_id=request_id)
        return {unit["id"]: UnitOut.model_validate(unit) for unit in told["units"]}
    except (UpstreamRefused, KeyError, TypeError, ValueError) as error:
        raise Unavailable("directory") from error
