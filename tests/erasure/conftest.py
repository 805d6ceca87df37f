"""A company with two databases, joined to each other, whose data is erased for one person.

Ana is in both; Ben's rows must never change. The order in which her rows have to go: recordings,
calls, notes before clients; contracts with clients, because these count from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from datamap.services import load_map
from erasure.models import Plan
from erasure.services.approval import approve_plan
from erasure.services.planning import prepare_plan
from erasure.services.work import work_next
from tests.accounts.factories import make_user

MAPS = Path(__file__).parent / "maps"
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
REFERENCE = "case:4b9c1d1e-8f6e-4d38-9a9e-1f2a3b4c5d6e"
GIVEN = SubjectKeys(emails=("ana@example.com",))
#: As a search for the case has found them, with the value by which the other database joins.
ANA = SubjectKeys(
    emails=("ana@example.com",),
    customer_numbers=("AP-1",),
    custom=(("@crm/clients/id", "1"),),
)

_CRM = """
CREATE TABLE clients (id int PRIMARY KEY, email text, number text);
CREATE TABLE contracts (id int PRIMARY KEY, client_id int REFERENCES clients, ended_on date);
CREATE TABLE notes (id int PRIMARY KEY, client_id int REFERENCES clients, body text, at date);
CREATE TABLE mails (id int PRIMARY KEY, email text, name text, other text, at date);
INSERT INTO clients VALUES (1, 'Ana@example.com', 'AP-1'), (2, 'ben@example.com', 'AP-2');
INSERT INTO contracts VALUES (1, 1, '2017-05-01'), (2, 1, '2018-06-01'), (3, 2, NULL);
INSERT INTO notes VALUES
    (1, 1, 'a', '2026-01-01'), (2, 1, 'b', '2020-01-01'), (3, 2, 'c', '2020-01-01');
INSERT INTO mails VALUES
    (1, 'ana@example.com', 'Ana', '+37255555555', '2026-01-01'),
    (2, 'ben@example.com', 'Ben', NULL, '2026-01-01');
"""
_PHONE = """
CREATE TABLE calls (id int PRIMARY KEY, client int, callee text, at date);
CREATE TABLE recordings (id int PRIMARY KEY, call_id int REFERENCES calls, body text);
CREATE TABLE surveys (id int PRIMARY KEY, number text, said text);
INSERT INTO calls VALUES (1, 1, '+48600', '2010-01-01'), (2, 1, NULL, '2025-01-01'),
    (3, 1, NULL, '2024-06-01'), (4, 2, NULL, '2010-01-01');
INSERT INTO recordings VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 4, 'z');
INSERT INTO surveys VALUES (1, 'AP-1', 'yes'), (2, 'AP-2', 'no');
"""


@dataclass(frozen=True)
class Sources:
    """The two databases, by the id of their resource."""

    urls: dict[str, str]

    def run(self, resource: str, statements: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.urls[resource].replace("+psycopg2", ""))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statements)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def ids(self, table: str) -> list[object]:
        """Return the ids of a table named "resource.table"."""
        resource, _, name = table.partition(".")
        return [row[0] for row in self.run(resource, f"SELECT id FROM {name} ORDER BY id")]  # noqa: S608 (a test's own name)

    def all_ids(self) -> dict[str, list[object]]:
        return {table: self.ids(table) for table in BEFORE}


#: What is there at first, and after the erasure of Ana.
BEFORE = {
    "crm.clients": [1, 2],
    "crm.contracts": [1, 2, 3],
    "crm.notes": [1, 2, 3],
    "crm.mails": [1, 2],
    "phone.calls": [1, 2, 3, 4],
    "phone.recordings": [1, 2, 3],
    "phone.surveys": [1, 2],
}
AFTER = {
    "crm.clients": [2],
    "crm.contracts": [3],
    "crm.notes": [3],
    "crm.mails": [1, 2],  # anonymised
    "phone.calls": [2, 3, 4],  # kept to the end of 2032 and 2031
    "phone.recordings": [3],
    "phone.surveys": [1, 2],  # entrusted
}
#: Rows to go at first, by table.
GOING = {
    "crm.clients": 1,
    "crm.contracts": 2,
    "crm.notes": 2,
    "crm.mails": 1,
    "phone.calls": 1,
    "phone.recordings": 2,
}


@pytest.fixture
def sources(db: None, make_database: Callable[[], str], settings: Settings) -> Sources:
    """The company's databases, filled, with their map in force."""
    found = Sources({"crm": make_database(), "phone": make_database()})
    found.run("crm", _CRM)
    found.run("phone", _PHONE)
    settings.SOURCE_URLS = {
        "SOURCE_CRM_URL": found.urls["crm"],
        "SOURCE_PHONE_URL": found.urls["phone"],
    }
    load_map(directory=MAPS, by=Actor.system("test"), at=NOW)
    return found


@pytest.fixture
def handler(db: None) -> User:
    return make_user(Role.HANDLER)


@pytest.fixture
def dpo(db: None) -> User:
    return make_user(Role.DPO)


def clock() -> datetime:
    return LATER


def work(times: int = 1) -> None:
    for _ in range(times):
        assert work_next(clock=clock)


def prepare(by: User, **changes: object) -> Plan:
    """Order the plan of Ana's erasure; the survey is still to be made."""
    values: dict[str, object] = {
        "reference": REFERENCE,
        "keys": ANA,
        "given": GIVEN,
        "claims": {},
        "tell_when_gone": True,
        "by": by,
        "at": NOW,
    }
    return prepare_plan(**(values | changes))  # type: ignore[arg-type] # a factory's freedom


def ready(by: User, **changes: object) -> Plan:
    """Return a plan that is surveyed."""
    plan = prepare(by, **changes)
    work()
    plan.refresh_from_db()
    return plan


def approved(handler: User, dpo: User, **changes: object) -> Plan:
    """Return a plan that waits to be carried out."""
    plan = ready(handler, **changes)
    return approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=NOW)


def going(plan: Plan) -> dict[str, int]:
    """Return how many rows are to go, by table, those with none left out."""
    return {str(one): one.left.rows for one in plan.tables.all() if one.left.rows}
