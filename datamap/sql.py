"""SQL on our own store that the ORM has no word for."""

from django.db import connection

_LOADING = 0x6461746D6170  # "datamap": the number of the advisory lock


def hold_loading_lock() -> None:
    """Wait until no other transaction loads a map, and keep others waiting until this one ends.

    Two loads at once would each make their own version the current one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
