"""Empties the audit tables between tests that commit.

Tests with `transaction=True` end with a flush, which is a TRUNCATE, which the audit triggers
refuse, rightly. The product has no switch for that; the tests, as owner of the tables, take the
refusing triggers off around the flush, in the way only an owner can, and put them back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import TransactionTestCase

_HOOK = "_fixture_teardown"  # Django's own, which ends a test case with the flush
_ENABLE = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


@contextmanager
def audit_refusals_off() -> Iterator[None]:
    """Let UPDATE, DELETE and TRUNCATE through on the audit tables, for every connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE tgname ~ '^audit_(event|link)_no_(change|truncate)$'"
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


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_audit_triggers() -> Iterator[None]:
    flush = getattr(TransactionTestCase, _HOOK)

    def flush_with_refusals_off(self: TransactionTestCase) -> None:
        with audit_refusals_off():
            flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, _HOOK, flush_with_refusals_off)
        yield
