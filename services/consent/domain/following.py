"""What a unit should do next about consents: ask anew, tell the person, know of a merger (R16, R17, R28, R38, R47)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from services.consent.domain.model import Effect, Record, UnitFacts, UnitId
from shared.vocabulary import Sector

REMIND_BEFORE = timedelta(days=30)
_MUNICIPAL = frozenset({
    Sector.MUNICIPAL_HEALTH, Sector.MUNICIPAL_SOCIAL, Sector.MUNICIPAL_DAYCARE, Sector.MUNICIPAL_EMPLOYMENT,
    Sector.MUNICIPAL_EDUCATION,
})  # fmt: skip


class Kind(StrEnum):
    """Why a unit is reminded."""

    EXPIRING = "expiring"
    BIRTH = "birth"
    TURNED_15 = "turned_15"
    MOVED = "moved"
    CUSTODY_CHANGED = "custody_changed"
    SPEAKER_CHANGED = "speaker_changed"
    REGION_MOVED = "region_moved"
    INFORM_PERSON = "inform_person"


DANISH: Mapping[Kind, str] = {
    Kind.EXPIRING: "Samtykket udløber snart. Er der stadig brug for det, så spørg om et nyt.",
    Kind.BIRTH: "Barnet er født. Oplysninger om barnet kræver nye samtykker fra dem, der har forældremyndigheden.",
    Kind.TURNED_15: "Den unge er fyldt 15 og svarer nu selv. Spørg den unge.",
    Kind.MOVED: "Familien er flyttet. Samtykket til den tidligere kommune gælder ikke mere. Spørg om et nyt.",
    Kind.CUSTODY_CHANGED: "Forældremyndigheden er ændret. Se, hvem der nu skal spørges.",
    Kind.SPEAKER_CHANGED: "En anden svarer nu for personen. Se, hvem der skal spørges, og spørg igen.",
    Kind.REGION_MOVED: "En enhed i samtykket hører nu til en anden region. Samtykket gælder stadig. Fortæl det til "
    "familien.",
    Kind.INFORM_PERSON: "Der må fortælles noget uden samtykke. Fortæl familien det snarest muligt.",
}


def live(record: Record, at: datetime) -> bool:
    """Say whether a consent stands at the moment: something of it is left, and its end has not come."""
    return (
        record.effect is Effect.PERMIT
        and record.valid_until is not None
        and at < record.valid_until
        and record.superseded_at is None
        and record.invalidated_at is None
        and record.withdrawn_at is None
    )


def left_behind(
    records: Iterable[Record], acting: str, units: Mapping[UnitId, UnitFacts], at: datetime
) -> list[Record]:
    """Return the live consents that name a unit of another municipality than the one that acts now (R38).

    A unit nobody knows is taken for one of them: when in doubt, it is asked about anew.
    """
    return [
        record
        for record in records
        if live(record, at) and any(_elsewhere(units.get(each), acting) for each in {record.sender, *record.recipients})
    ]


def _elsewhere(unit: UnitFacts | None, acting: str) -> bool:
    return unit is None or (unit.sector in _MUNICIPAL and unit.municipality != acting)
