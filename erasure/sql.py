"""SQL on our own store that has to be committed while a transaction of ours is open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections

from erasure.models import PlannedTable, Removal, ScheduledTable

_NOTE: dict[type[Removal], str] = {
    PlannedTable: "UPDATE erasure_plannedtable SET pending = %s WHERE id = %s",
    ScheduledTable: "UPDATE erasure_scheduledtable SET pending = %s WHERE id = %s",
}


#: Nobody else writes these rows for long; a wait without end would hold up the source's rows.
_PATIENCE = "SET lock_timeout = '10s'"


class NotNoted(Exception):
    """The row is gone: its plan was replaced. Nothing may be removed for it."""


@contextmanager
def noting_pending() -> Iterator[Callable[[Removal, str], None]]:
    """Give a function that commits what a step is about to remove, on a connection of its own.

    The step's transaction stays open meanwhile, so that the note is there before the source
    commits and the gate's lock is held until after it. Raises NotNoted.
    """
    second = connections.create_connection(DEFAULT_DB_ALIAS)

    def note(removal: Removal, pending: str) -> None:
        with second.cursor() as cursor:
            cursor.execute(_NOTE[type(removal)], [pending, removal.pk])
            if not cursor.rowcount:
                raise NotNoted

    try:
        with second.cursor() as cursor:
            cursor.execute(_PATIENCE)
        yield note
    finally:
        second.close()
