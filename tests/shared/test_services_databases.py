"""What a database with a ledger refuses by itself, that it is what its tables say, and that every error is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

import pytest
from fastapi import FastAPI

from deploy import databases
from services.concern.api import problems as concern_problems
from services.concern.domain import errors as concern_errors
from services.consent.api import problems as consent_problems
from services.consent.domain import errors as consent_errors
from services.referral.api import problems as referral_problems
from services.referral.domain import errors as referral_errors
from shared.problems import Problem
from tests.conftest import SERVICES_DIR, Databases
from tests.support.keys import Keys
from tests.support.tables import LEDGER, assert_matches_its_tables, every_error, handled, refusals
from tests.support.town import concern_app, consent_app, referral_app, rows

NOWHERE = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Service:
    """What differs between the services."""

    append_only: tuple[str, ...]
    never_changed: tuple[str, ...]
    errors: ModuleType
    every: type[Exception]
    problems: Mapping[type[Exception], Problem]
    app: Callable[[Databases, Keys], FastAPI]


SERVICES: Mapping[str, Service] = {
    "consent": Service(
        (*LEDGER, "consent", "consent_event", "section11e_terms", "section11e_category", "section11e_refused",
         "section11e_escalation"),
        ("person", "idempotency"),
        consent_errors, consent_errors.ConsentError, consent_problems.PROBLEMS,
        lambda dbs, keys: consent_app(dbs, keys, NOWHERE),
    ),
    "referral": Service(
        (*LEDGER, "referral", "piece", "message", "event", "coordinator", "waiting", "invitation", "reminder",
         "duty_answer"),
        ("heard", "idempotency"),
        referral_errors, referral_errors.ReferralError, referral_problems.PROBLEMS,
        lambda dbs, keys: referral_app(dbs, keys, NOWHERE, NOWHERE),
    ),
    "concern": Service(
        (*LEDGER, "reception", "words", "step", "informing", "feedback", "escalation"), ("idempotency",),
        concern_errors, concern_errors.ConcernError, concern_problems.PROBLEMS,
        lambda dbs, keys: concern_app(dbs, keys, NOWHERE),
    ),
}  # fmt: skip
ROWS = [(name, kind) for name, service in SERVICES.items() for kind in service.problems]


@pytest.mark.parametrize("name", SERVICES)
async def test_the_service_can_neither_change_nor_remove_what_is_append_only(dbs: Databases, name: str) -> None:
    tables = (*SERVICES[name].append_only, *SERVICES[name].never_changed)
    found = await refusals(dbs.app(name), tables)
    assert len(found) == 3 * len(tables)
    assert set(found.values()) == {"InsufficientPrivilegeError"}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_not_even_its_owner_changes_what_is_append_only_by_a_slip(dbs: Databases, name: str, role: str) -> None:
    """Grants do not bind an owner: the triggers do, until somebody drops them on purpose."""
    found = await refusals(getattr(dbs, role)(name), SERVICES[name].append_only)
    assert set(found.values()) == {"RaiseError"}


@pytest.mark.parametrize("name", SERVICES)
async def test_the_service_cannot_make_or_drop_anything(dbs: Databases, name: str) -> None:
    sql = """SELECT has_schema_privilege(current_user, 'public', 'CREATE')
             OR has_database_privilege(current_database(), 'CREATE')"""
    assert (await rows(dbs.app(name), sql))[0][0] is False
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> $1"
    assert await rows(dbs.admin(name), sql, databases.owner(name)) == []


@pytest.mark.parametrize("name", databases.SERVICES)
async def test_a_services_roles_reach_no_other_services_database(dbs: Databases, name: str) -> None:
    sql = """SELECT datname FROM pg_database WHERE datname = ANY($2::text[])
             AND has_database_privilege($1, datname, 'CONNECT')"""
    for role in databases.roles(name):
        found = await rows(dbs.admin(name), sql, role, list(databases.SERVICES))
        assert [row["datname"] for row in found] == [name], role


@pytest.mark.parametrize("name", SERVICES)
async def test_the_database_is_what_its_tables_say(dbs: Databases, name: str) -> None:
    await assert_matches_its_tables(SERVICES_DIR / name, dbs, name)


@pytest.mark.parametrize("name", SERVICES)
def test_every_error_of_the_domain_has_its_row(dbs: Databases, keys: Keys, name: str) -> None:
    service = SERVICES[name]
    found = every_error(service.errors, service.every)
    assert found == set(service.problems)
    assert found <= handled(service.app(dbs, keys))


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_every_row_says_what_happened_and_what_to_do(name: str, kind: type[Exception]) -> None:
    problem = SERVICES[name].problems[kind]
    assert 400 <= problem.status < 500
    assert problem.title.endswith(".")
    assert problem.detail.endswith(".")
    assert problem.code.replace("_", "").isalnum()
