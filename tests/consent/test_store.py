"""What the consent database itself refuses, that it is what its tables say, and that every error is told."""

from pathlib import Path

import pytest

from services.consent.api.problems import PROBLEMS
from services.consent.domain import errors
from tests.conftest import SERVICES_DIR, Databases
from tests.support.keys import Keys
from tests.support.tables import LEDGER, assert_matches_its_tables, every_error, handled, refusals
from tests.support.town import consent_app, rows

APPEND_ONLY = (*LEDGER, "consent", "consent_event")
NEVER_CHANGED_BY_THE_SERVICE = ("person", "idempotency")


async def test_the_service_can_neither_change_nor_remove_what_is_append_only(dbs: Databases) -> None:
    found = await refusals(dbs.app("consent"), (*APPEND_ONLY, *NEVER_CHANGED_BY_THE_SERVICE))
    assert len(found) == 3 * len((*APPEND_ONLY, *NEVER_CHANGED_BY_THE_SERVICE))
    assert set(found.values()) == {"InsufficientPrivilegeError"}


@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_not_even_its_owner_changes_what_is_append_only_by_a_slip(dbs: Databases, role: str) -> None:
    """Grants do not bind an owner: the triggers do, until somebody drops them on purpose."""
    found = await refusals(getattr(dbs, role)("consent"), APPEND_ONLY)
    assert set(found.values()) == {"RaiseError"}


async def test_the_service_cannot_make_or_drop_anything(dbs: Databases) -> None:
    sql = """SELECT has_schema_privilege(current_user, 'public', 'CREATE')
             OR has_database_privilege(current_database(), 'CREATE')"""
    assert (await rows(dbs.app("consent"), sql))[0][0] is False
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'consent_owner'"
    assert await rows(dbs.admin("consent"), sql) == []


async def test_the_service_reaches_no_other_services_database(dbs: Databases) -> None:
    sql = """SELECT datname FROM pg_database WHERE datname IN ('consent', 'referral', 'directory')
             AND has_database_privilege($1, datname, 'CONNECT')"""
    assert [row["datname"] for row in await rows(dbs.admin("consent"), sql, "consent_app")] == ["consent"]


async def test_the_database_is_what_its_tables_say(dbs: Databases) -> None:
    await assert_matches_its_tables(Path(SERVICES_DIR) / "consent", dbs, "consent")


def test_every_error_of_the_domain_has_its_row(dbs: Databases, keys: Keys) -> None:
    found = every_error(errors, errors.ConsentError)
    assert found == set(PROBLEMS)
    assert found <= handled(consent_app(dbs, keys, "http://127.0.0.1:1"))


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_row_says_what_happened_and_what_to_do(kind: type[Exception]) -> None:
    problem = PROBLEMS[kind]
    assert 400 <= problem.status < 500
    assert problem.title.endswith(".")
    assert problem.detail.endswith(".")
    assert problem.code.replace("_", "").isalpha()
