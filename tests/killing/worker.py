"""A worker in a process of its own, to be killed: works until nothing is due.

`python -m tests.killing.worker erasure|collection SECONDS` with the clock that far ahead, so that
it finds the leases of its killed predecessors run out. Says a line when it begins.
"""

import sys
from datetime import datetime, timedelta

import django
from django.utils import timezone


def main(kind: str, seconds: float) -> None:
    django.setup()
    from erasure.services.work import work_next  # noqa: PLC0415 (models)
    from requests_portal.services.collection import collect_next  # noqa: PLC0415

    def clock() -> datetime:
        return timezone.now() + timedelta(seconds=seconds)

    step = {"erasure": work_next, "collection": collect_next}[kind]
    sys.stdout.write("working\n")
    sys.stdout.flush()
    while step(clock=clock):
        pass


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
