"""When a request that staff enter reached us: the true day, which begins the clock. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from lib.refusals import Refusal
from requests_portal.domain.calendars import FIRST_YEAR

#: Before it nobody knows the public holidays; no request is that old.
EARLIEST = date(FIRST_YEAR, 1, 1)
_NOON = time(12)


class ReceiptRefused(Refusal):
    """No request can have reached us then."""


class ReceivedInFuture(ReceiptRefused):
    """The day, or the time of it, is still to come."""


class ReceivedTooEarly(ReceiptRefused):
    """The day lies before EARLIEST."""


def received_at(*, on: date, at: time | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the instant of receipt on the local day `on` in `zone`; `now` is aware.

    Without a time it is noon, or now on a day whose noon is still to come: the day alone decides.
    Raises ReceivedInFuture, ReceivedTooEarly.
    """
    today = now.astimezone(zone).date()
    if on < EARLIEST:
        raise ReceivedTooEarly(f"No request is older than {EARLIEST.year}.")
    if on > today:
        raise ReceivedInFuture("The day of receipt lies in the future.")
    instant = datetime.combine(on, at or _NOON, tzinfo=zone)
    if at is None:
        return min(instant, now.astimezone(zone))
    if instant > now:
        raise ReceivedInFuture("The time of receipt lies in the future.")
    return instant
