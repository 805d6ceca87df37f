"""What is wrong with a source is told in words that hold no value, address or password."""

from collections.abc import Callable

import psycopg2
import pytest
import sqlalchemy as sa
from django.test import override_settings
from sqlalchemy.exc import DBAPIError, OperationalError

from datamap.connectors import (
    SourceError,
    SourceMismatch,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
    connector_for,
)
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_errors import told_as_source_error
from datamap.domain.keys import SubjectKeys
from embedded.ports import free_port
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, shop

RESOURCE = shop(CUSTOMERS, CONTRACTS, CALLS)
SECRET = "hunter2"
KEYS = SubjectKeys(emails=("anna@example.pl",))


def told(url: str | None, call: Callable[[], object]) -> SourceError:
    addresses = {} if url is None else {"SOURCE_TEST_URL": url}
    with override_settings(SOURCE_URLS=addresses), pytest.raises(SourceError) as refused:
        call()
    error = refused.value
    assert error.__suppress_context__ or error.__context__ is None
    for private in (SECRET, "anna@example.pl", "127.0.0.1", "SELECT"):
        assert private not in str(error)
    assert str(error) == error.advice
    return error


def health() -> None:
    connector_for(RESOURCE).health()


def test_an_address_that_is_not_set_is_named() -> None:
    error = told(None, health)
    assert (type(error), error.code) == (SourceMismatch, "url_missing")
    assert str(error) == "Shop has no address. Set the environment variable SOURCE_TEST_URL."


@pytest.mark.parametrize("url", ["nonsense", "tape://user:hunter2@127.0.0.1/x"])
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    error = told(url, health)
    assert (type(error), error.code) == (SourceMismatch, "url_invalid")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "mysql", "mariadb"])
def test_nobody_at_the_address(scheme: str) -> None:
    error = told(f"{scheme}://anna:{SECRET}@127.0.0.1:{free_port()}/x", health)
    assert (type(error), error.code) == (SourceUnavailable, "unavailable")


def test_a_wrong_password_is_refused(postgres: Source) -> None:
    url = sa.make_url(postgres.url).set(drivername="postgres", password=SECRET)
    error = told(url.render_as_string(hide_password=False), health)
    assert (type(error), error.code) == (SourceRefused, "refused")
    assert "Check the user and password in SOURCE_TEST_URL" in str(error)


def test_a_database_that_is_not_there(postgres: Source) -> None:
    url = sa.make_url(postgres.url).set(drivername="postgresql", database="nowhere")
    error = told(url.render_as_string(hide_password=False), health)
    assert (type(error), error.code) == (SourceMismatch, "mismatch")


def test_a_file_that_is_no_database() -> None:
    error = told("sqlite:////nowhere/at/all.db", health)
    assert (type(error), error.code) == (SourceUnavailable, "unavailable")


def test_a_missing_table_is_named(source: Source) -> None:
    def count() -> None:
        connector_for(RESOURCE).count(RESOURCE.table("customers"), KEYS)

    def extract() -> None:
        with connector_for(RESOURCE).extract(RESOURCE.table("customers"), KEYS) as rows:
            next(rows)

    for call in (count, extract, lambda: connector_for(RESOURCE).locate(KEYS)):
        error = told(source.url, call)
        assert (type(error), error.code, error.table) == (SourceMismatch, "mismatch", "customers")


def test_a_slow_statement_is_a_timeout(postgres: Source) -> None:
    def sleep() -> None:
        with reading(RESOURCE) as connection, told_as_source_error(RESOURCE):
            connection.execute(sa.text("SET LOCAL statement_timeout = 10"))
            connection.execute(sa.text("SELECT pg_sleep(5)"))

    assert isinstance(told(postgres.url, sleep), SourceTimeout)


def test_a_connection_that_breaks_is_unavailable(postgres: Source) -> None:
    def broken() -> None:
        with reading(RESOURCE) as connection, told_as_source_error(RESOURCE):
            number = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            postgres.run(f"SELECT pg_terminate_backend({number})")
            connection.execute(sa.text("SELECT 1"))

    assert isinstance(told(postgres.url, broken), SourceUnavailable)


@pytest.mark.parametrize("statement", ["CREATE TABLE x (id int)", "DELETE FROM kept"])
def test_a_reader_cannot_write(source: Source, statement: str) -> None:
    source.run("CREATE TABLE IF NOT EXISTS kept (id int)")

    def write() -> None:
        with reading(RESOURCE) as connection, told_as_source_error(RESOURCE):
            connection.execute(sa.text(statement))

    assert isinstance(told(source.url, write), SourceRefused)


class _MariaDBError(Exception):
    pass


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1045, SourceRefused),
        (1146, SourceMismatch),
        (1969, SourceTimeout),
        (2013, SourceUnavailable),
        (9999, SourceUnavailable),
    ],
)
def test_the_numbers_of_mariadb_are_known(number: int, expected: type[SourceError]) -> None:
    error = OperationalError("SELECT", {}, _MariaDBError(number, "anna@example.pl"))

    def fail() -> None:
        with told_as_source_error(RESOURCE):
            raise error

    assert type(told(None, fail)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connection timeout expired", SourceTimeout),
        ('FATAL:  role "anna" does not exist', SourceRefused),
        ("invalid dsn: missing", SourceMismatch),
        ("database is locked", SourceTimeout),
    ],
)
def test_errors_before_there_is_a_session_are_known(text: str, expected: type[SourceError]) -> None:
    def fail() -> None:
        with told_as_source_error(RESOURCE):
            raise DBAPIError("SELECT", {}, psycopg2.OperationalError(text))

    assert type(told(None, fail)) is expected


def test_what_sqlalchemy_itself_refuses_is_a_mismatch() -> None:
    def fail() -> None:
        with told_as_source_error(RESOURCE, "customers"):
            raise sa.exc.InvalidRequestError(SECRET)

    assert type(told(None, fail)) is SourceMismatch
