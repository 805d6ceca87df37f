"""A small company on a real database, with a map of its own, for cases to be worked on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from datamap.services import load_map
from requests_portal.domain.intake import Intake
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import Case
from requests_portal.services.cases import receive_case

MAP = Path(__file__).parent / "maps"
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)

_SCHEMA = """
CREATE TABLE clients (id int PRIMARY KEY, number text, name text, email text, phone text);
CREATE TABLE invoices (
    id int PRIMARY KEY, client_id int REFERENCES clients, issued_on date, contract_ended_on date
);
CREATE TABLE notes (id int PRIMARY KEY, email text, body text, other_phone text, at timestamptz);
CREATE TABLE answers (id int PRIMARY KEY, phone text, campaign text, said text);
INSERT INTO clients VALUES
    (1, 'AP-1', 'Ana Kask', 'Ana@Example.com', '+372 5123 4567'),
    (2, 'AP-2', 'Other Person', 'other@example.com', '+48 601 234 567');
INSERT INTO invoices VALUES
    (1, 1, '2020-01-10', '2020-05-01'), (2, 1, '2021-01-10', NULL), (3, 2, '2021-01-10', NULL);
INSERT INTO notes VALUES
    (1, 'ana@example.com', '=1+1 said Ana', '+37255555555', '2025-02-10 08:00+02'),
    (2, 'other@example.com', 'secret of other', NULL, '2025-02-10 08:00+02');
INSERT INTO answers VALUES
    (1, '003725123 4567', 'north', 'yes'), (2, '+48601234567', 'north', 'no');
"""


def run_sql(url: str, statements: str) -> None:
    """Run statements on a source database."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(statements)
    connection.close()


def rows_of(url: str, query: str) -> list[tuple[object, ...]]:
    """Read from a source database."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        found: list[tuple[object, ...]] = cursor.fetchall()
    connection.close()
    return found


@pytest.fixture
def company(db: None, make_database: Callable[[], str], settings: Settings) -> str:
    """The source database of the small company, mapped; gives its URL."""
    url = make_database()
    run_sql(url, _SCHEMA)
    settings.SOURCE_URLS = {"SOURCE_COMPANY_URL": url}
    load_map(directory=MAP, by=Actor.system("test"), at=NOW)
    return url


@pytest.fixture
def handler(db: None) -> User:
    return User.objects.create_user(
        email="handler@example.org", password="a-long-password", name="Hanna", roles=[Role.HANDLER]
    )


@pytest.fixture
def auditor(db: None) -> User:
    return User.objects.create_user(
        email="auditor@example.org", password="a-long-password", name="Aud", roles=[Role.AUDITOR]
    )


def intake(**changes: object) -> Intake:
    """Return Ana's access request, received on 5 March 2026 in Estonia."""
    answers = {
        "right": Right.ACCESS,
        "channel": Channel.PORTAL,
        "language": "en",
        "entity_code": "EE",
        "received_at": NOW,
        "name": "Ana Kask",
        "email": "ana@example.com",
    }
    return Intake(**{**answers, **changes})  # type: ignore[arg-type] # a factory's freedom


@pytest.fixture
def case(company: str) -> Case:
    """Ana's case, just received."""
    return receive_case(intake=intake(), by=Actor.person(), at=NOW)
