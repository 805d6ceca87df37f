"""Workers that die or lose their work at a chosen instruction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from erasure.models import PlanUnit
from erasure.services.leases import LEASE
from lib.units import Status
from tests.erasure.conftest import LATER

#: When the lease of a worker that died has run out, and every pause is over.
AFTER_LEASE = LATER + LEASE + timedelta(hours=5)


class Killed(BaseException):
    """What a worker meets that is killed: nothing catches it."""


class NeverReached(Exception):
    """The worker ended before the chosen instruction."""


def clock_that(
    act: Callable[[], object], *, at_reading: int, at: datetime = LATER
) -> Callable[[], datetime]:
    """Return a clock that does something when it is read for the n-th time.

    Workers read it before and after each step that commits.
    """
    readings = iter(range(1, 100_000))

    def read() -> datetime:
        if next(readings) == at_reading:
            act()
        return at

    return read


def kill() -> None:
    raise Killed


def steal_plan() -> None:
    """Give the running unit to another worker, as happens when a lease has run out."""
    PlanUnit.objects.filter(status=Status.RUNNING).update(lease_token=uuid4())
