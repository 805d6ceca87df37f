"""A small demonstration company, filled once a test run and process."""

from collections.abc import Callable
from contextlib import closing
from datetime import date

import psycopg2
import pytest

from demo.loading import Existing, seed_sources
from demo.rows_customers import Plan
from demo.seeding import driver_address

PLAN = Plan(customers=120, calls=1500, seed=7, today=date(2026, 11, 23))


def ask(url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run one statement on a source and return its rows."""
    with (
        closing(psycopg2.connect(driver_address(url))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def company(make_session_database: Callable[[], str]) -> dict[str, str]:
    """The addresses of a filled platform and voice database, for tests that only read."""
    urls = {name: make_session_database() for name in ("SOURCE_PLATFORM_URL", "SOURCE_VOICE_URL")}
    seed_sources(plan=PLAN, urls=urls, existing=Existing.REFUSE, tell=lambda _: None)
    return urls


@pytest.fixture
def empty_urls(make_database: Callable[[], str]) -> dict[str, str]:
    """The addresses of two empty databases."""
    return {"SOURCE_PLATFORM_URL": make_database(), "SOURCE_VOICE_URL": make_database()}
