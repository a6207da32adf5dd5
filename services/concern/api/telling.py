"""How a report is told: rows and opened words as the wire models, with the Danish words beside the codes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.concern.actions.reading import Own, Page, Whole, Words
from services.concern.actions.reporting import Received
from services.concern.api.told import (
    AdultOut,
    ChildOut,
    ClockOut,
    FeedbackOut,
    FiledList,
    FiledOut,
    IdentifierOut,
    InformingOut,
    MissingOut,
    OwnReportOut,
    ReceiptOut,
    ReceivedOut,
    RegisteredOut,
    ReporterOut,
    ReportOut,
    SaidOut,
    StepOut,
    WhereOut,
)
from services.concern.domain.acting import BASIS_DANISH, MISSING_DANISH, Basis, Missing
from services.concern.domain.dialogue import DIALOGUE_DANISH, DialogueState, Form, caution
from services.concern.domain.feedback import ANONYMOUS_SAYS, MEASURE_DANISH, MeasureType, owing
from services.concern.domain.informing import WHY_NOT_DANISH, WhyNot, reassessment
from services.concern.domain.kinds import GROUND_DANISH, KIND_DANISH, KINDS, Ground, ReporterKind
from services.concern.domain.lifecycle import OUTCOME_DANISH, STATE_DANISH, Outcome, Party, ReportState, allowed
from services.concern.domain.overdue import WATCHED_DANISH, Watched
from services.concern.domain.saying import SAID_AS_DANISH, SaidAs
from shared.clock import COPENHAGEN
from shared.contracts import UnitOut

_IN_DANGER = "Er barnet i fare lige nu, så ring 112. Kommunen har en døgnvagt, du kan ringe til."
_KEEP_RECEIPT = (
    "Gem kvitteringen. Med den kan du se, om kommunen har bekræftet, at den har modtaget underretningen. Den bliver "
    "kun vist denne ene gang."
)
_SAID_SINCE = "Underretteren har fortalt mere, siden kommunen vurderede, om barnet er i fare. Læs det, og vurder igen."
_NOT_TOLD = "Kommunen kan ikke fortælle mere."
_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip


def page(after: UUID | None, limit: int) -> Page:
    """Return which page is asked for."""
    return Page(after or UUID(int=0), limit)


def following(rows: list[Any], limit: int) -> UUID | None:
    """Return where to go on after a full page."""
    return rows[-1]["id"] if len(rows) == limit else None


def received(made: Received, units: Mapping[str, UnitOut], at: datetime) -> ReceivedOut:
    """Return what whoever has just reported is told; repeated, what they were told before."""
    row = made.row
    kind, ground = ReporterKind(row["reporter_kind"]), Ground(row["ground"])
    warned = caution(Form(row["form"]), ground)
    last_day = _day(row["acknowledge_by"] - timedelta(microseconds=1))
    says = [
        f"Underretningen er modtaget {_moment(row['received_at'])}.",
        f"Kommunen vurderer inden for 24 timer, før {_moment(row['assess_by'])}, om barnet er i fare.",
        f"Kommunen bekræfter inden for 6 hverdage, senest {last_day}, at den har modtaget underretningen.",
        ANONYMOUS_SAYS if row["anonymous"] else owing(kind).says,
        *([_KEEP_RECEIPT] if made.receipt else []),
        *([warned] if warned else []),
        _IN_DANGER,
    ]
    return ReceivedOut(
        id=row["id"], receipt=made.receipt, received_at=row["received_at"], reporter_kind=kind,
        provision=row["provision"], duty=KINDS[kind].grounds[ground].duty, anonymous=row["anonymous"],
        where=_where(row, units), clocks=[each for each in _clocks(row, at) if each.clock is not Watched.PARENTS],
        says=says,
    )  # fmt: skip


def registered(row: Any, at: datetime) -> RegisteredOut:  # noqa: ANN401 - a database row
    """Return a line of the register."""
    return RegisteredOut(**_registered(row, at), said_since=row["said_since"])


def whole(seen: Whole, units: Mapping[str, UnitOut], at: datetime) -> ReportOut:
    """Return a report to the authority that has it."""
    row = seen.row
    kind, ground = ReporterKind(row["reporter_kind"]), Ground(row["ground"])
    notices = [
        _SAID_SINCE if seen.said_since else None,
        caution(Form(row["form"]), ground),
        reassessment(running_measures=bool(row["running_measures"])),
    ]
    return ReportOut(
        **_registered(row, at),
        said_since=seen.said_since,
        version=row["version"],
        where=_where(row, units),
        kind_danish=KIND_DANISH[kind],
        duty=KINDS[kind].grounds[ground].duty,
        **_written(seen.words, name_users=True),
        minutes=[each.content for each in seen.words if each.what == "minutes"],
        parents=[_informing(each) for each in seen.informing],
        steps=[
            StepOut(step=each["step"], said=each["said"], unit=each["by_unit"], user=_user(each), at=each["at"])
            for each in seen.steps
        ],
        outcomes_danish=[OUTCOME_DANISH[Outcome(each)] for each in row["outcomes"] or ()],
        dialogue_danish=_dialogue(row),
        owed=ANONYMOUS_SAYS if row["anonymous"] else owing(kind).says,
        feedback=_feedback(seen.feedback),
        notices=[each for each in notices if each],
        allowed=allowed(ReportState(row["state"]), Party.AUTHORITY),
    )


def own(seen: Own, units: Mapping[str, UnitOut]) -> OwnReportOut:
    """Return a report to whoever sent it."""
    row = seen.row
    return OwnReportOut(
        id=row["id"],
        received_at=row["received_at"],
        acknowledged_at=row["acknowledged_at"],
        reporter_kind=row["reporter_kind"],
        provision=row["provision"],
        ground=row["ground"],
        ground_danish=GROUND_DANISH[Ground(row["ground"])],
        subject=row["subject"],
        form=row["form"],
        where=_where(row, units),
        **_written(seen.words, name_users=row["reporter_unit"] is not None),
        parents=[_informing(each) for each in seen.informing],
        dialogue=row["dialogue"],
        dialogue_at=row["dialogue_at"],
        dialogue_danish=_dialogue(row),
        owed=owing(ReporterKind(row["reporter_kind"])).says,
        feedback=_feedback(seen.feedback),
    )


def filed(rows: list[Any], limit: int) -> FiledList:
    """Return a page of what somebody has reported."""
    told = [
        FiledOut(**{name: row[name] for name in FiledOut.model_fields if name != "ground_danish"},
                 ground_danish=GROUND_DANISH[Ground(row["ground"])])
        for row in rows
    ]  # fmt: skip
    return FiledList(reports=told, next=following(rows, limit))


def receipt(row: Any) -> ReceiptOut:  # noqa: ANN401 - a database row
    """Return what a receipt shows."""
    confirmed = row["acknowledged_at"]
    says = (
        f"Kommunen har modtaget underretningen {_moment(row['received_at'])} og har ikke bekræftet den endnu."
        if confirmed is None
        else f"Kommunen har {_moment(confirmed)} bekræftet, at den har modtaget underretningen."
    )
    return ReceiptOut(received_at=row["received_at"], acknowledged_at=confirmed, says=says)


def _registered(row: Any, at: datetime) -> dict[str, Any]:  # noqa: ANN401 - a database row
    clocks = _clocks(row, at)
    plain = (
        "id", "came_from", "state", "reporter_kind", "reporter_unit", "ground", "provision", "subject", "form",
        "anonymous", "municipality", "unit", "basis", "missing", "received_at", "danger", "acute_measures",
        "running_measures", "outcomes", "ended_at", "dialogue", "dialogue_at",
    )  # fmt: skip
    return {name: row[name] for name in plain} | {
        "state_danish": STATE_DANISH[ReportState(row["state"])],
        "ground_danish": GROUND_DANISH[Ground(row["ground"])],
        "clocks": clocks,
        "late": [each.clock for each in clocks if each.late],
    }


def _clocks(row: Any, at: datetime) -> list[ClockOut]:  # noqa: ANN401 - a database row
    """Return the two clocks of the law, and the parents' while somebody still has to tell them."""
    found = [
        (Watched.ASSESS, row["assess_by"], row["assessed_at"]),
        (Watched.ACKNOWLEDGE, row["acknowledge_by"], row["acknowledged_at"]),
    ]
    if row["parents_to_tell"]:
        found.append((Watched.PARENTS, row["inform_by"], None))
    return [
        ClockOut(clock=clock, by=by, says=WATCHED_DANISH[clock], done_at=done, late=done is None and at >= by)
        for clock, by, done in found
    ]


def _where(row: Any, units: Mapping[str, UnitOut]) -> WhereOut:  # noqa: ANN401 - a database row
    unit = units.get(row["unit"])
    return WhereOut(
        municipality=row["municipality"], unit=row["unit"], unit_name=None if unit is None else unit.name,
        organisation_name=None if unit is None else unit.organisation_name, basis=row["basis"],
        says=BASIS_DANISH[Basis(row["basis"])],
        missing=[MissingOut(code=Missing(each), question=MISSING_DANISH[Missing(each)]) for each in row["missing"]],
    )  # fmt: skip


def _written(words: Iterable[Words], *, name_users: bool) -> dict[str, Any]:
    """Return what the reporter wrote: the child and the reporter with their numbers masked, and every piece."""
    by_what = {each.what: each.content for each in words}
    corrected = {each.corrects: each.id for each in words if each.corrects is not None}
    child, reporter = by_what.get("child"), by_what.get("reporter", {})
    return {
        "child": None if child is None else _child(child),
        "reporter": ReporterOut(**named) if (named := _named(reporter)) else None,
        "said": [
            SaidOut(
                id=each.id, said_as=SaidAs(each.what), says=SAID_AS_DANISH[SaidAs(each.what)], corrects=each.corrects,
                corrected_by=corrected.get(each.id), words=each.content, at=each.at,
                user=each.user if name_users and each.unit is not None else None,
            )
            for each in words
            if each.is_said
        ],
        "summary": by_what.get("summary", {}).get("text"),
    }  # fmt: skip


def _child(content: Mapping[str, Any]) -> ChildOut:
    return ChildOut(**_masked(content) | {"adults": [AdultOut(**_masked(each)) for each in content["adults"]]})


def _named(reporter: Mapping[str, Any]) -> dict[str, Any]:
    """Return who reports, without the receipt that is sealed beside it."""
    return {field: told for field, told in reporter.items() if field != "receipt"}


def _masked(content: Mapping[str, Any]) -> dict[str, Any]:
    return dict(content) | {"identifiers": [IdentifierOut(kind=each["kind"]) for each in content["identifiers"]]}


def _informing(row: Any) -> InformingOut:  # noqa: ANN401 - a database row
    why = row["why_not"]
    return InformingOut(
        by=row["by_party"], informed_at=row["informed_at"], why_not=why,
        why_not_danish=None if why is None else WHY_NOT_DANISH[WhyNot(why)], at=row["at"],
    )  # fmt: skip


def _feedback(row: Any) -> FeedbackOut | None:  # noqa: ANN401 - a database row
    """Return what was told; why it was not is the authority's own to know, as it can tell of the family."""
    if row is None:
        return None
    types = [MeasureType(each) for each in row["types"] or ()]
    return FeedbackOut(
        told_at=row["at"], examination=row["examination"], mapping=row["mapping"], measures=row["measures"],
        types=types, types_danish=[MEASURE_DANISH[each] for each in types], weeks=row["weeks"],
        says=_NOT_TOLD if row["withheld"] is not None else None,
    )  # fmt: skip


def _user(row: Any) -> str | None:  # noqa: ANN401 - a database row
    """Return who did it for a unit; the pseudonym of a citizen's login is told to nobody (R36)."""
    return None if row["by_unit"] is None else row["by_user"]


def _dialogue(row: Any) -> str | None:  # noqa: ANN401 - a database row
    return None if row["dialogue"] is None else DIALOGUE_DANISH[DialogueState(row["dialogue"])]


def _moment(at: datetime) -> str:
    """Return a moment as it is said in Denmark."""
    return f"{_day(at)} kl. {at.astimezone(COPENHAGEN):%H.%M}"


def _day(at: datetime) -> str:
    """Return its day as it is said in Denmark."""
    here = at.astimezone(COPENHAGEN)
    return f"den {here.day}. {_MONTHS[here.month - 1]} {here.year}"
