"""Legal holds: who may order one, and when it is looked at again. Pure."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class HoldKind(StrEnum):
    """On whose word data is held."""

    COURT = "court"
    LAW_ENFORCEMENT = "law_enforcement"
    GOVERNMENT = "government"
    OTHER = "other"


class HoldState(StrEnum):
    """A hold keeps what it covers until it is released, proposed or not."""

    IN_FORCE = "in_force"
    PROPOSED = "proposed"  # its release, by one person; another has to agree
    RELEASED = "released"


_AHEAD: Final = timedelta(days=14)
_AGAIN: Final = timedelta(days=7)


def review_reminder_due(*, review_on: date, reminded_on: date | None, today: date) -> bool:
    """Tell whether the review of a hold is to be mailed `today`.

    Once 14 days before it (or later, where nobody was reminded), once on the day, then weekly.
    """
    if today < review_on - _AHEAD:
        return False
    if reminded_on is None or reminded_on < review_on - _AHEAD:
        return True
    if today < review_on:
        return False
    return reminded_on < review_on or today >= reminded_on + _AGAIN
