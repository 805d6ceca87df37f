"""When what a plan has left is looked at again. Pure."""

from datetime import date, datetime, timedelta

from datamap.domain.erasing import Survey
from lib.days import DayOutOfRange
from lib.entities import entity
from retention.domain.expiry import expires_at

#: Rows without a date: a contract may have ended, a row that hung on them may be gone.
_UNDATED = timedelta(days=30)
#: What was held back is done soon after its restriction was lifted.
_HELD = timedelta(days=1)


def rows_staying(survey: Survey) -> int:
    """Return how many rows of the person's a survey leaves."""
    return survey.kept_tally.rows + survey.needed.rows + survey.held.rows


def end_of(day: date | None, *, category: str, entity_code: str) -> datetime | None:
    """Return the instant from which rows of an anchor day are due; None: they have none yet."""
    if day is None:
        return None
    try:
        return expires_at(category=category, anchor=day, entity=entity(entity_code))
    except DayOutOfRange:
        return None


def next_look(survey: Survey, *, category: str, entity_code: str, at: datetime) -> datetime | None:
    """Return when a table is looked at next, at the earliest `at`; None when nothing is left."""
    if not rows_staying(survey):
        return None
    ends = [end_of(day, category=category, entity_code=entity_code) for day in survey.kept]
    looks = [end for end in ends if end is not None]
    if survey.held.rows:
        looks.append(at + _HELD)
    if None in ends or survey.needed.rows or not looks:
        looks.append(at + _UNDATED)
    return max(min(looks), at)
