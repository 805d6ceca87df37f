"""Filling the demonstration company's databases: all of one database in one transaction.

Safety principle: a database that holds anything in these tables is refused unless `reset` is
asked for, and a seeding that is stopped or fails leaves each database as it was.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date

import psycopg2
from psycopg2 import extensions

from datamap.domain.schema import Resource
from demo import sql
from demo.rows_customers import Plan
from demo.sources import Source

MIN_CUSTOMERS, MAX_CUSTOMERS = 20, 1_000_000
MIN_CALLS, MAX_CALLS = 200, 100_000_000
# The agreements with the controllers have fixed dates; before this day they would lie ahead.
EARLIEST_TODAY = date(2023, 1, 1)
# Two seedings of one database must not run at once; the number only has to be our own.
_LOCK = 7_120_004


class SeedingRefused(Exception):
    """The seeding was not done; the sentence says why and what to do."""


def already_filled(source: Source) -> SeedingRefused:
    """The refusal to touch a database that already holds the company's data."""
    return SeedingRefused(
        f"The database of the {source.title} already holds data. "
        "Add --reset to drop its tables and start anew."
    )


@dataclass(frozen=True)
class Seeded:
    """What was put into one database: rows by table, and how long it took."""

    source: Source
    rows: dict[str, int]
    seconds: float


def check_plan(plan: Plan) -> None:
    """Raise SeedingRefused when the numbers asked for cannot be met."""
    if not MIN_CUSTOMERS <= plan.customers <= MAX_CUSTOMERS:
        raise SeedingRefused(
            f"--customers must be from {MIN_CUSTOMERS} to {MAX_CUSTOMERS}, not {plan.customers}."
        )
    if plan.today < EARLIEST_TODAY:
        raise SeedingRefused(f"--today must not be before {EARLIEST_TODAY}, not {plan.today}.")
    if not MIN_CALLS <= plan.calls <= MAX_CALLS:
        raise SeedingRefused(f"--calls must be from {MIN_CALLS} to {MAX_CALLS}, not {plan.calls}.")


def is_empty(source: Source, *, url: str) -> bool:
    """True when none of the source's tables holds a row."""
    with _transaction(source, url) as cursor:
        return not sql.filled_tables(cursor, source)


def seed_source(
    source: Source,
    *,
    url: str,
    plan: Plan,
    resource: Resource,
    reset: bool,
    tell: Callable[[str], object],
) -> Seeded:
    """Create the source's tables and fill them by COPY; return the counts.

    `resource` is the source's part of the data map: it says which indexes searches need.
    `tell` gets one sentence per table. Raises SeedingRefused.
    """
    check_plan(plan)
    began = time.monotonic()
    with _transaction(source, url) as cursor:
        filled = sql.filled_tables(cursor, source)
        if filled and not reset:
            raise already_filled(source)
        _drop(cursor, source)
        sql.create_tables(cursor, source, plan.today)
        rows = {}
        for name, invent in source.tables.items():
            rows[name] = sql.copy_rows(cursor, name, invent(plan))
            tell(f"{source.id}.{name}: {rows[name]:,} rows")
        sql.add_foreign_keys(cursor, source)
        sql.add_indexes(cursor, source, resource)
        sql.analyse(cursor, source)
    return Seeded(source, rows, time.monotonic() - began)


def _drop(cursor: extensions.cursor, source: Source) -> None:
    try:
        sql.drop_tables(cursor, source)
    except psycopg2.errors.DependentObjectsStillExist:
        raise SeedingRefused(
            f"Something in the database of the {source.title} depends on its tables. "
            "Remove that first; nothing was changed."
        ) from None


@contextmanager
def _transaction(source: Source, url: str) -> Iterator[extensions.cursor]:
    with closing(_connect(source, url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        yield cursor


def driver_address(url: str) -> str:
    """The address as the driver takes it: SQLAlchemy's `postgresql+psycopg2:` is `postgresql:`."""
    return re.sub(r"^postgres(ql)?\+\w+:", "postgresql:", url)


def _connect(source: Source, url: str) -> extensions.connection:
    if not url:
        raise SeedingRefused(
            f"{source.url_name} is not set: start the embedded servers (make run) or set it."
        )
    try:
        return psycopg2.connect(
            driver_address(url), connect_timeout=10, application_name="demo_seed"
        )
    except psycopg2.OperationalError:
        # The driver's own sentence may hold the address with its password.
        raise SeedingRefused(
            f"The database of the {source.title} does not answer at {source.url_name}. "
            "Is it running, and are name and password right?"
        ) from None
    except psycopg2.ProgrammingError:
        raise SeedingRefused(
            f"{source.url_name} is not an address such as postgres://name:password@host/database."
        ) from None
