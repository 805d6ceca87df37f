"""SQL on our own store that the ORM has no word for."""

from django.db import connection

_REMOVING = 0x72656D6F7665  # "remove": the number of the advisory lock


def hold_changes() -> None:
    """Keep what forbids removal as it is until this transaction ends; other removers may go on."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s)")


def hold_removals() -> None:
    """Wait until no step that changes a source is under way, and keep new ones waiting.

    Both end with this transaction. A waiting call comes before steps that begin after it.
    """
    _lock("SELECT pg_advisory_xact_lock(%s)")


def _lock(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_REMOVING])
