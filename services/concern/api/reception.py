"""Who takes a municipality's concern reports in, and who hears when one is late."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from services.concern.actions import reception
from services.concern.api.context import ByLeader, ByOverseer, Noted, Units
from shared.db import InTransaction
from shared.text import Code, WireIn, WireOut

router = APIRouter(tags=["concern reports: the authority"], route_class=Noted)
_NOBODY = (
    "Ingen er udpeget til at tage imod underretninger. De går til {unit}, og når en frist er overskredet, er det "
    "enheden, der får besked. Udpeg en ansvarlig og en, der får besked."
)
_OTHER = (
    "{named} kan ikke længere tage imod underretninger. De går til {unit}. Udpeg en ny enhed, en ansvarlig og en, "
    "der får besked."
)
_NOWHERE = "Ingen enhed i kommunen kan tage imod underretninger. De bliver afvist. Udpeg en enhed nu."
_STANDS = "Underretninger går til {unit}."


class ReceptionIn(WireIn):
    """Which unit takes reports in, who is responsible there, and who else hears when a clock has run out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"unit": "helsingoer-familieraadgivningen", "responsible": "raa-03", "escalates_to": "led-02"}]
        }
    )

    unit: Code = Field(description="an open unit of your municipality that decides on help after barnets lov")
    responsible: Code = Field(description="who is responsible for the reports: a user, as their login names them")
    escalates_to: Code = Field(description="another person, who hears of each clock that has run out")


class ReceptionOut(WireOut):
    """Who takes reports in today; the fields but `receives` are null where nobody has said."""

    municipality: str
    receives: str | None = Field(description="the unit that gets the next report; null: reports are refused")
    unit: str | None = Field(description="the unit that was named; it may have closed since")
    responsible: str | None
    escalates_to: str | None
    recorded_at: datetime | None
    says: str = Field(description="how it stands, in Danish")


@router.put("/concern-reports/reception", summary="Name who takes reports in, and who hears what is late")
async def name(body: ReceptionIn, request: ByLeader, units: Units, transaction: InTransaction) -> ReceptionOut:
    """Name them for the leader's own municipality; what was named before stays on record."""
    named = await reception.name(transaction, units, request, body.unit, body.responsible, body.escalates_to)
    return _told(named)


@router.get("/concern-reports/reception", summary="Who takes reports in today")
async def read(request: ByOverseer, units: Units, transaction: InTransaction) -> ReceptionOut:
    """Return it, and whether whoever was named still can."""
    return _told(await reception.read(transaction, units, request))


def _told(stands: reception.Standing) -> ReceptionOut:
    named = stands.named
    if stands.receives is None:
        says = _NOWHERE
    elif named is None:
        says = _NOBODY.format(unit=stands.receives)
    else:
        text = _STANDS if named.unit == stands.receives else _OTHER
        says = text.format(unit=stands.receives, named=named.unit)
    return ReceptionOut(
        municipality=stands.municipality, receives=stands.receives, unit=named and named.unit,
        responsible=named and named.responsible, escalates_to=named and named.escalates_to,
        recorded_at=stands.recorded_at, says=says,
    )  # fmt: skip
