"""When more time may be taken, and when it is in force (GDPR Art. 12(3)-(4)). Pure.

Once, for complexity or number of the requests, with reasons; it counts only when its notice has
left the house. A refusal has one month, unless an extension is in force.
"""

from datetime import date
from enum import StrEnum


class ExtensionGround(StrEnum):
    COMPLEXITY = "complexity"
    NUMBER = "number"  # of the requests


class MayExtend(StrEnum):
    YES = "yes"
    LATE = "late"  # after the safe date: warned about
    NO = "no"  # after the last day by law


class ExtensionTooLate(Exception):
    """The last day by law is over: nothing can be extended any more."""


class ExtensionUnwarned(Exception):
    """The safe date is over and nobody has said that they read the warning."""


def may_extend(*, safe_on: date, statutory_on: date, today: date) -> MayExtend:
    """Tell whether an extension can be told today, in local days of the company."""
    if today > statutory_on:
        return MayExtend.NO
    return MayExtend.LATE if today > safe_on else MayExtend.YES


def is_in_time(*, sent_on: date, statutory_on: date) -> bool:
    """Tell whether a notice that left the house on that local day extends the time."""
    return sent_on <= statutory_on


def require_extendable(
    *, safe_on: date, statutory_on: date, today: date, warning_read: bool
) -> None:
    """Raise ExtensionTooLate after the last day by law, ExtensionUnwarned after the safe date
    unless the warning was read.
    """
    allowed = may_extend(safe_on=safe_on, statutory_on=statutory_on, today=today)
    if allowed is MayExtend.NO:
        raise ExtensionTooLate
    if allowed is MayExtend.LATE and not warning_read:
        raise ExtensionUnwarned


def refusal_is_late(*, safe_on: date, today: date, extended: bool) -> bool:
    """Tell whether a refusal comes after its month (Art. 12(4)).

    It is counted to the safe date: days on which we waited do not excuse a refusal.
    """
    return today > safe_on and not extended
