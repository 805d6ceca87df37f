"""Two sources of a small company: one knows people by e-mail address, the other by number alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from pytest_django import Settings

from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.queries import current_map
from datamap.services import load_map
from tests.datamap.maps import TEXT

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
ANA = SubjectKeys(emails=("ana@example.com",))
BEN = SubjectKeys(emails=("ben@example.com",))

_RESOURCE = """
resource:
  id: {id}
  title: {{en: {title}, pl: {title}, et: {title}, lv: {title}}}
  connector: {{kind: sql, url_env: SOURCE_{name}_URL}}
  entity: EE
  time_zone: Europe/Tallinn
  location: {{place: Tallinn, country: EE}}
  owner: {{name: Register, email: register@example.org}}
tables:
"""
_TABLE = f"""    title: {TEXT}
    description: {TEXT}
    data: contact
    role: controller
    purpose: {TEXT}
    legal_basis: contract
    source: {TEXT}
    primary_key: [id]
    erasure: delete
"""
_CRM = f"""
  clients:
{_TABLE}    category: uploaded
    identifies: true
    find:
      - {{key: email, column: email}}
      - {{key: customer_number, column: number}}
    retention: {{none: {TEXT}}}
    restriction_column: restricted
    columns:
      id: technical
      email: {{class: personal, identifier: email}}
      number: {{class: personal, identifier: customer_number}}
      restricted: technical
  notes:
{_TABLE}    category: communications
    find: [{{through: clients, on: {{client_id: id}}}}]
    retention: {{anchor: at}}
    restriction_column: restricted
    columns: {{id: technical, client_id: technical, at: personal, restricted: technical}}
"""
_PHONE = f"""
  calls:
{_TABLE}    category: traffic
    find: [{{key: customer_number, column: number}}]
    retention: {{anchor: at}}
    columns: {{id: technical, number: personal, at: personal}}
"""
_CRM_SQL = """
CREATE TABLE clients (id int PRIMARY KEY, email text, number text, restricted boolean);
CREATE TABLE notes (id int PRIMARY KEY, client_id int, at date, restricted boolean);
INSERT INTO clients VALUES
    (1, 'Ana@example.com', 'AP-1', false), (2, 'ben@example.com', 'AP-2', NULL);
INSERT INTO notes VALUES (1, 1, '2020-01-01'), (2, 1, '2026-01-01'), (3, 2, '2020-01-01');
"""
_PHONE_SQL = """
CREATE TABLE calls (id int PRIMARY KEY, number text, at date);
INSERT INTO calls VALUES (1, 'AP-1', '2010-01-01'), (2, 'AP-2', '2010-01-01');
"""


@dataclass(frozen=True)
class Sources:
    """The two databases, by the id of their resource."""

    urls: dict[str, str]

    def run(self, resource: str, statements: str) -> None:
        self._execute(resource, statements)

    def rows(self, resource: str, query: str) -> list[tuple[object, ...]]:
        return self._execute(resource, query)

    def _execute(self, resource: str, statements: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.urls[resource].replace("+psycopg2", ""))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statements)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture
def sources(
    db: None, make_database: Callable[[], str], settings: Settings, tmp_path: Path
) -> Sources:
    """The company's two sources, filled, with their map in force."""
    found = Sources({"crm": make_database(), "phone": make_database()})
    found.run("crm", _CRM_SQL)
    found.run("phone", _PHONE_SQL)
    settings.SOURCE_URLS = {
        "SOURCE_CRM_URL": found.urls["crm"],
        "SOURCE_PHONE_URL": found.urls["phone"],
    }
    for name, tables in (("crm", _CRM), ("phone", _PHONE)):
        head = _RESOURCE.format(id=name, name=name.upper(), title=name.title())
        (tmp_path / f"{name}.yaml").write_text(head + tables)
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)
    return found


def resource(name: str) -> Resource:
    return current_map().resource(name)
