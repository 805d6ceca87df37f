"""When a case is brought to mind, and to whom. Pure.

Each reminder belongs to one day, so that a sweep that comes twice finds it done and one that
comes late makes up for it: who was not told ten days before is told nine days before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Occasion(StrEnum):
    TEN_DAYS = "ten_days"
    FIVE_DAYS = "five_days"
    ONE_DAY = "one_day"
    OVERDUE = "overdue"  # each day anew


_DAYS_BEFORE: Final = ((1, Occasion.ONE_DAY), (5, Occasion.FIVE_DAYS), (10, Occasion.TEN_DAYS))
#: From how many days before its day a case is looked at.
FIRST_DAYS: Final = 10
_ESCALATED: Final = frozenset({Occasion.ONE_DAY, Occasion.OVERDUE})


@dataclass(frozen=True)
class DueReminder:
    """A reminder and the local day that it belongs to."""

    occasion: Occasion
    for_day: date


def reminder_due(*, due_on: date, today: date) -> DueReminder | None:
    """Return the reminder that should have gone out by `today`, in local days of the company."""
    if today > due_on:
        return DueReminder(Occasion.OVERDUE, today)
    left = (due_on - today).days
    for days, occasion in _DAYS_BEFORE:
        if left <= days:
            return DueReminder(occasion, due_on - timedelta(days=days))
    return None


def reminded(
    occasion: Occasion, *, assignee: int | None, officers: Iterable[int]
) -> frozenset[int]:
    """Return who is told: the assignee; the officers from one day before, or if nobody works on it.

    People are given by key; `assignee` is None where nobody is assigned, or who was has left.
    """
    told = {assignee} if assignee is not None else set()
    if assignee is None or occasion in _ESCALATED:
        told |= set(officers)
    return frozenset(told)
