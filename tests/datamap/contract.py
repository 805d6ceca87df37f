"""The contract every connector keeps, as a small shop in every kind of database.

A test asks for `ledger` (tests/datamap/conftest.py gives one for each database) and speaks of its
tables by name. A connector of another kind joins in with a fixture that makes a Ledger of its own.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from datamap.connectors import Connector, connector_for
from datamap.connectors.base import Writer
from datamap.domain.erasing import Exclusion, Permit, Scope, Survey, Tally, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from tests.datamap.conftest import Source
from tests.datamap.maps import shop, table

ANNA = SubjectKeys(emails=("anna@example.pl",), phones=("+48601234567",))
JAN = SubjectKeys(emails=("jan@example.pl",))
DELETE, ANONYMISE = Treatment(Erasing.DELETE), Treatment(Erasing.ANONYMISE)
#: Children before their parents.
ORDER = ("recordings", "calls", "contracts", "customers", "notes")


def until(day: str, action: Erasing = Erasing.DELETE) -> Treatment:
    """Return the treatment of rows that are due before a day."""
    return Treatment(action, date.fromisoformat(day))


MAP = (
    table(
        "customers",
        """
    primary_key: [id]
    identifies: true
    find:
      - {key: email, column: email}
      - {key: phone, column: phone}
      - {key: customer_number, column: number}
    retention: {anchor: {through: contracts, on: {id: customer_id}, column: ended_on}}
    restriction_column: restricted
    columns:
      id: technical
      number: {class: personal, identifier: customer_number}
      email: {class: personal, identifier: email}
      phone: {class: personal, identifier: phone}
      born_on: {class: personal, type: date}
      balance: personal
      seen_at: {class: personal, type: datetime, time_zone: Europe/Warsaw}
      trusted: personal
      password: secret
      restricted: technical
""",
    ),
    table(
        "contracts",
        """
    primary_key: [id]
    find: [{through: customers, on: {customer_id: id}}]
    retention: {anchor: ended_on}
    columns: {id: technical, customer_id: technical, ended_on: {class: personal, type: date}}
""",
    ),
    table(
        "calls",
        """
    primary_key: [id]
    find:
      - {through: customers, on: {customer_id: id}}
      - {key: phone, column: callee}
    retention: {anchor: started_at}
    columns:
      id: technical
      customer_id: technical
      callee: {class: third_party, mask: phone}
      started_at: {class: personal, type: datetime, time_zone: UTC}
""",
    ),
    table(
        "recordings",
        """
    primary_key: [day, id]
    find: [{through: calls, on: {call_id: id}}]
    retention: {anchor: {through: calls, on: {call_id: id}}}
    columns: {day: technical, id: technical, call_id: technical, body: personal}
""",
    ),
    table(
        "notes",
        """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: made_on}
    columns:
      id: technical
      email: personal
      writer: {class: personal, erase: hash}
      name: {class: personal, erase: mask, mask: name}
      mailbox: {class: personal, erase: mask, mask: email}
      phone: {class: personal, erase: mask, mask: phone}
      topic: {class: personal, erase: {text: "(erased)"}}
      secret: {class: secret, erase: mask}
      pages: {class: personal, erase: null}
      made_on: {class: technical, type: date}
""",
    ),
)
RESOURCE = shop(*MAP)

_SQL = (
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(20), email VARCHAR(200),
       phone VARCHAR(60), born_on DATE, balance NUMERIC(10, 2), seen_at INSTANT, trusted BOOLEAN,
       password VARCHAR(60), restricted BOOLEAN NOT NULL)""",
    """CREATE TABLE contracts (id INTEGER PRIMARY KEY, customer_id INTEGER, ended_on DATE,
       FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE calls (id INTEGER PRIMARY KEY, customer_id INTEGER, callee VARCHAR(60),
       started_at INSTANT, FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE recordings (day INTEGER, id INTEGER, call_id INTEGER, body VARCHAR(200),
       PRIMARY KEY (day, id), FOREIGN KEY (call_id) REFERENCES calls (id))""",
    """CREATE TABLE notes (id VARCHAR(9) PRIMARY KEY, email VARCHAR(80), writer VARCHAR(80) UNIQUE,
       name VARCHAR(80), mailbox VARCHAR(80), phone VARCHAR(80), topic VARCHAR(80),
       secret VARCHAR(80), pages INTEGER, made_on DATE)""",
)
_MAIL = "anna@example.pl"
_ANNA_SEEN = "2026-01-31 12:00:00"
_NUMBER = "0048601234567"
_ROWS: Mapping[str, tuple[tuple[object, ...], ...]] = {
    "customers": (
        (1, "C-1", "Anna@example.pl", "601", "1990-01-31", 12.5, _ANNA_SEEN, True, "x", False),
        (2, "C-2", "jan@example.pl", None, None, None, None, None, "y", False),
        (3, "C-3", None, "+48 601-234-567", None, None, None, None, "z", False),
    ),
    "contracts": (
        (10, 1, "2015-05-01"),
        (11, 1, "2016-05-01"),
        (12, 2, "2015-01-01"),
        (13, 2, None),
    ),
    "calls": (
        (100, 1, "+48602000000", "2016-01-01 12:00:00"),
        (101, 1, None, "2022-06-30 20:59:00"),  # 23:59 in Tallinn
        (102, 2, _NUMBER, "2022-06-30 21:00:00"),  # midnight: the next day
        (103, 2, "+48602000000", "2016-01-01 12:00:00"),
        (104, 1, "+48602000000", None),
    ),
    "recordings": ((1, 1, 100, "hello"), (1, 2, 100, None), (2, 1, 101, "a"), (3, 1, 103, "b")),
    "notes": (
        ("a", _MAIL, "anna", "Anna  Nowak", _MAIL, "+48 601 234 567", "A", "s", 3, "2020-01-01"),
        ("b", "ANNA@example.pl", None, None, None, None, None, None, None, "2021-01-01"),
        ("c", "jan@example.pl", "jan", "J.", "jan", "602000000", "J", "s", 1, "2020-01-01"),
    ),
}


@dataclass(frozen=True)
class Ledger:
    """A source with the shop in it, and what tests ask of it."""

    source: Source
    resource: Resource = RESOURCE

    @property
    def connector(self) -> Connector:
        return connector_for(self.resource)

    def rows(self, name: str) -> dict[object, tuple[object, ...]]:
        """Return every row of a table by its first column (`day` and `id` for recordings)."""
        names = [column.name for column in self.resource.table(name).columns]
        query = sa.select(sa.table(name, *(sa.column(one) for one in names)))
        with self.source.engine.connect() as connection:
            width = len(self.resource.table(name).primary_key)
            found = [tuple(row) for row in connection.execute(query)]
        return {row[0] if width == 1 else row[:width]: row for row in found}

    def everything(self) -> dict[str, dict[object, tuple[object, ...]]]:
        return {one.name: self.rows(one.name) for one in self.resource.tables}

    def scope(
        self,
        keys: SubjectKeys | None = ANNA,
        exclusions: Iterable[Exclusion] = (),
        /,
        **treatments: Treatment,
    ) -> Scope:
        return Scope(keys, treatments, tuple(exclusions))

    def survey(self, name: str, scope: Scope) -> Survey:
        return self.connector.survey(self.resource.table(name), scope)

    def writing(self, scope: Scope) -> AbstractContextManager[Writer]:
        return self.connector.writing(Permit(self.resource.id, scope))

    def erase(self, scope: Scope, *names: str) -> dict[str, Tally]:
        """Erase tables (default: those treated, children first) in one transaction."""
        wanted = names or tuple(name for name in ORDER if name in scope.treatments)
        with self.writing(scope) as writer:
            return {name: writer.erase(self.resource.table(name)) for name in wanted}

    def purge(self, scope: Scope, name: str, *, size: int = 1000) -> list[int]:
        """Purge a table, part by part; return how many rows went in each stretch."""
        table, permit, gone = self.resource.table(name), Permit(self.resource.id, scope), []
        for part in self.connector.parts(table, scope, at_most=1):
            with self.connector.purging(table, part) as purge:
                stretch = purge.stretch(None, size=size)
                while stretch is not None:
                    gone.append(purge.erase(permit, stretch))
                    stretch = purge.stretch(stretch, size=size)
        return gone


def make_shop(source: Source) -> None:
    """Create the tables, in the words of the database at hand."""
    instant = "DATETIME" if source.backend == "mariadb" else "TIMESTAMP"
    source.run(*(statement.replace("INSTANT", instant) for statement in _SQL))


def fill_shop(source: Source) -> None:
    """Put the same rows into the tables, and nothing else."""
    with source.engine.begin() as connection:
        for name in ORDER:
            connection.execute(sa.delete(sa.table(name)))
        for name in reversed(ORDER):
            names = [column.name for column in RESOURCE.table(name).columns]
            clause = sa.table(name, *(sa.column(one) for one in names))
            rows = [dict(zip(names, row, strict=True)) for row in _ROWS[name]]
            connection.execute(clause.insert(), rows)


def parts(survey: Survey) -> dict[str, int]:
    """Return how many rows stand in each part of a survey, empty parts left out."""
    counts = {
        "going": survey.going.rows,
        "kept": survey.kept_tally.rows,
        "needed": survey.needed.rows,
        "held": survey.held.rows,
        "done": survey.done.rows,
    }
    return {part: rows for part, rows in counts.items() if rows}
