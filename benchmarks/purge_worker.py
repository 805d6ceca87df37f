"""A worker of its own that purges until it is ended. python -m benchmarks.purge_worker."""

import time
from datetime import UTC, datetime

import django
from django.conf import settings


def main() -> None:
    """Do the next piece of work, again and again; says so when it begins."""
    django.setup()
    # Half of a table is more than a person would let go unasked.
    settings.PURGE_MOST_SHARE, settings.PURGE_MOST_ROWS = 1.0, 10**9
    from retention.services.purge_work import purge_next  # noqa: PLC0415 (Django is set up)

    print("ready", flush=True)
    while True:
        if not purge_next(clock=lambda: datetime.now(UTC)):
            time.sleep(0.01)


if __name__ == "__main__":
    main()
