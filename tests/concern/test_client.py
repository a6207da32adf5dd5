"""The published client in front of the application itself: filed once, added to, answered, and found again."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from familiebro_client import Bearer, Conflict, Familiebro, KeyUsed, Malformed, NotReceived, NotThere, new_key
from familiebro_client.concern import Addition, Correction, Form, Report
from shared.auth import Role
from tests.concern.conftest import Headers
from tests.concern.world import NUMBER, SECRET, ago, professionals, unborn
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import DAYCARE, MIDWIFERY, concern_app, rows


@pytest.fixture
async def app(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[httpx.ASGITransport]:
    """The application, where the gateway would stand."""
    made = concern_app(dbs, keys, directory_url)
    async with made.router.lifespan_context(made):
        yield httpx.ASGITransport(made, raise_app_exceptions=False, root_path="/api/v1")


def of(app: httpx.ASGITransport, headers: Headers) -> Familiebro:
    """Return the client of somebody; the applications under it are one."""
    token = headers["Authorization"].removeprefix("Bearer ")
    return Familiebro("https://familiebro.example", Bearer(lambda: token), transport=app)


@pytest.fixture
async def midwife(app: httpx.ASGITransport, keys: Keys) -> Familiebro:
    """A midwife of the region, who reports."""
    return of(app, keys.party("concern", Role.REPORT, unit=MIDWIFERY, user="JM-0417"))


def written(**changes: Any) -> Report:
    """Return what the midwife writes of a child that is not born."""
    return Report.model_validate(professionals(**unborn()) | changes)


async def decided(concern: httpx.AsyncClient, reception: Headers, report: UUID) -> None:
    """Let the authority assess, acknowledge, inform, end and answer the report."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("assessment", {"danger": False, "acute_measures": False, "running_measures": False}),
        ("acknowledgement", {}),
        ("informing", {"informed_at": ago(0)}),
        ("closing", {"outcomes": ["mapping"]}),
        ("feedback", {"begun": {"examination": False, "mapping": True, "measures": False}}),
    ]
    for step, body in steps:
        etag = (await concern.get(f"/concern-reports/{report}", headers=reception)).headers["etag"]
        answer = await concern.post(
            f"/concern-reports/{report}/{step}", json=body, headers=reception | {"If-Match": etag}
        )
        assert answer.is_success, answer.text


async def test_a_report_is_filed_once_added_to_corrected_and_answered(
    midwife: Familiebro, concern: httpx.AsyncClient, reception: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    report, key = written(), new_key()
    received = await midwife.report_concern(report, key=key)
    assert (await midwife.report_concern(report, key=key)) == received
    assert (received.where.municipality, received.duty, received.receipt) == ("0217", True, None)
    assert {each.clock for each in received.clocks} == {"assess", "acknowledge"}
    with pytest.raises(KeyUsed):
        await midwife.report_concern(written(ground="may_need_support"), key=key)

    more = await midwife.say_more(received.id, Addition(text=f"Mere om {SECRET}"), key=new_key())
    await midwife.say_more(received.id, Correction(text=f"Rettet om {SECRET}", corrects=more.id), key=new_key())
    before = await midwife.read_report(received.id)
    assert [each.said_as for each in before.said] == ["original", "addition", "correction"]
    assert before.said[1].corrected_by == before.said[2].id
    assert SECRET in before.said[0].words["concern"]
    assert (before.acknowledged_at, before.feedback) == (None, None)

    await decided(concern, reception, received.id)
    own = await midwife.read_report(received.id)
    assert own.feedback is not None
    assert (own.feedback.examination, own.feedback.mapping, own.feedback.measures) == (False, True, False)
    assert own.acknowledged_at is not None
    assert report.parents is not None
    assert own.parents[0].informed_at == report.parents.informed_at
    (line,) = [each async for each in midwife.filed() if each.id == received.id]
    assert (line.told_back, line.acknowledged_at) == (True, own.acknowledged_at)
    with pytest.raises(Conflict) as ended:
        await midwife.say_more(received.id, Addition(text="For sent"), key=new_key())
    assert ended.value.code == "report_ended"
    assert SECRET not in caplog.text + repr([received, more, own, own.said, own.child, own.reporter, line])


async def test_everything_the_service_takes_goes_through_and_a_number_is_never_told_back(
    app: httpx.ASGITransport, daycare: Headers
) -> None:
    house = of(app, daycare)
    whole = Report.model_validate(professionals(form="dialogue"))
    received = await house.report_concern(whole, key=new_key())
    own = await house.read_report(received.id)
    assert (own.form, own.child.birth_date, own.child.name) == (
        Form.DIALOGUE,
        whole.child.birth_date,
        whole.child.name,
    )
    assert own.said[0].words == whole.words.model_dump()
    assert own.child.where["holder_in"] == whole.where.holder_in
    assert [(each.kind, NUMBER in each.shown) for each in own.child.identifiers] == [("cpr", False)]


async def test_where_nobody_receives_the_person_is_told_to_ring(midwife: Familiebro) -> None:
    with pytest.raises(NotReceived) as nobody:
        await midwife.report_concern(written(where={"stays_in": "0101", "mother_in": "0101"}), key=new_key())
    assert "IKKE modtaget" in nobody.value.detail
    assert SECRET not in str(nobody.value) + repr(nobody.value)


async def test_another_units_report_is_not_there(midwife: Familiebro, app: httpx.ASGITransport, keys: Keys) -> None:
    received = await midwife.report_concern(written(), key=new_key())
    another = of(app, keys.party("concern", Role.REPORT, unit=DAYCARE, user="pedagogue-1"))
    with pytest.raises(NotThere):
        await another.read_report(received.id)
    with pytest.raises(NotThere):
        await another.say_more(received.id, Addition(text="Nej"), key=new_key())
    assert received.id not in {each.id async for each in another.filed()}


@pytest.mark.parametrize(
    "wrong",
    [{"words": {"concern": f"{SECRET}: {NUMBER}"}}, {"child": {"unborn": True, "due_date": "1999-01-01"}},
     {"parents": {"informed_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}}, {"ground": "absence"}],
)  # fmt: skip
async def test_what_only_the_service_can_tell_is_refused_there_with_nothing_of_it_repeated(
    midwife: Familiebro, dbs: Databases, wrong: dict[str, Any]
) -> None:
    sql = "SELECT count(*) FROM report"
    before = await rows(dbs.admin("concern"), sql)
    with pytest.raises(Malformed) as refused:
        await midwife.report_concern(written(**wrong), key=new_key())
    assert await rows(dbs.admin("concern"), sql) == before
    told = repr(refused.value) + str(refused.value) + str(refused.value.errors) + str(refused.value.more)
    assert SECRET not in told
    assert "610123" not in told
