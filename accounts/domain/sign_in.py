"""What can come of an attempt to sign in, and how long that is remembered."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lib.days import local_day, local_midnight

#: The privacy policy: every sign-in attempt is logged and kept for 60 days.
KEPT_DAYS = 60


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a name, not a password)
    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    THROTTLED = "throttled"
    SECOND_FACTOR_FAILED = "second_factor_failed"


def oldest_kept(*, at: datetime, tz: ZoneInfo) -> datetime:
    """Return the instant before which attempts are due for erasure at `at`.

    The day of the attempt is not counted: it is kept until the midnight after its day plus 60.
    """
    return local_midnight(local_day(at, tz, what="now") - timedelta(days=KEPT_DAYS), tz)
