"""Empties the tables between tests that commit.

Django ends a test with `transaction=True` with its flush: a TRUNCATE of every table, which takes
half a second, and which the triggers of the audit and of certificates refuse, rightly. Here only
tables that hold rows are emptied, by DELETE. The product has no switch for these refusals; the
tests, as owner of the tables, take the refusing triggers off meanwhile, in the way only an owner
can, and put them back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from psycopg2 import sql

_HOOK = "_fixture_teardown"  # Django's own, which ends a test case with the flush
_ENABLE = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}
#: Filled by the migrations' own signal, and changed by no test.
_FIXED = {"django_content_type", "auth_permission"}


@contextmanager
def audit_refusals_off() -> Iterator[None]:
    """Let UPDATE, DELETE and TRUNCATE through on what is evidence, for every connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE tgname ~ '^(audit_(event|link)|retention_certificate)_no_(change|truncate)$'"
        )
        triggers = cursor.fetchall()
        for table, trigger, _ in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        # exactly as the migration left them, or the tests would mend what it lacks
        with connection.cursor() as cursor:
            for table, trigger, state in triggers:
                cursor.execute(f"ALTER TABLE {table} {_ENABLE[state]} {trigger}")


def empty_tables() -> None:
    """Delete every row of the product's tables, whatever refers to it."""
    with connection.cursor() as cursor:
        tables = _tables_with_rows(cursor)
        if not tables:
            return
        with audit_refusals_off():
            # References are not looked at, nor other triggers fired, in this session.
            cursor.execute("SET session_replication_role = replica")
            for table in tables:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            cursor.execute("RESET session_replication_role")


def _tables_with_rows(cursor: CursorWrapper) -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in names
        if name not in _FIXED
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(asked))
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_for_a_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, _HOOK, lambda _self: empty_tables())
        yield
