"""Tasks for the owner of a resource that no program reaches: what is asked, and when to remind."""

from datetime import date, timedelta
from enum import StrEnum

from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import ByKey, Link, Resource

_SOON = timedelta(days=2)


class Verb(StrEnum):
    """What the owner is asked to do."""

    SEARCH = "search"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    ERASE = "erase"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    #: Nobody needs it any more: what was asked for was given up.
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What came of a task; a search has found something or nothing, the others are done."""

    FOUND = "found"
    NOTHING_FOUND = "nothing_found"
    DONE = "done"


class Reminder(StrEnum):
    """Which mail is due; the officer gets a copy of the last."""

    ASKED = "asked"
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"


def reminder_due(*, due_on: date, reminded_on: date | None, today: date) -> Reminder | None:
    """Return the mail that is due today: when asked, two days before, on the day, daily after it.

    All are local days of the resource's entity. `reminded_on` is the day of the last mail, None
    before the first. Mails that were missed are not made up for: one says it all.
    """
    if reminded_on is None:
        return Reminder.ASKED
    if reminded_on >= today:
        return None
    if today > due_on:
        return Reminder.OVERDUE
    if today == due_on:
        return Reminder.TODAY
    soon_on = due_on - _SOON
    return Reminder.SOON if reminded_on < soon_on <= today else None


def keys_searched(resource: Resource, keys: SubjectKeys) -> SubjectKeys:
    """Return those of `keys` by which the map searches this resource: no others are shown."""
    kinds = {
        one.kind for table in resource.tables for one in table.find if isinstance(one, ByKey | Link)
    }
    return SubjectKeys.of_pairs(pair for pair in keys if pair[0] in kinds)
