"""One-off public holidays: added and taken out by the DPO, and what follows for open cases.

The dates are counted by a worker, case by case: killed, the next sweep begins again, and a case
whose dates are right already is left alone. A request that was just being filed may have read the
calendar of before, so that the count is made once more some minutes later.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from audit.domain.actor import Actor
from audit.services import record
from lib.entities import entity
from lib.wakeups import wake
from requests_portal.domain.calendars import NationalCalendar
from requests_portal.domain.days_off import DayIsFree, require_addable
from requests_portal.domain.lifecycle import OPEN_STATES
from requests_portal.models import Case, DayOff
from requests_portal.services.calendars import calendar_of
from requests_portal.services.suspending import count_dates

#: How long a request takes to be filed at most, so that none keeps the calendar of before.
SETTLED_AFTER = timedelta(minutes=10)
_BATCH = 500
_WORKER = Actor.system("calendar")


class AlreadyRemoved(Exception):
    """Somebody else took the day out first; nothing was changed by this call."""


def add_day_off(
    *, entity_code: str, on: date, name: str, reason: str, by: User, at: datetime
) -> DayOff:
    """Declare a day free for a company; open cases follow. Raises DayTooFar, DayIsFree."""
    calendar = calendar_of(entity_code)
    today = at.astimezone(entity(entity_code).tz).date()
    require_addable(on, calendar=calendar, today=today)
    try:
        with transaction.atomic():
            day_off = DayOff.objects.create(
                entity_code=entity_code, on=on, name=name, reason=reason, added_by=by, added_at=at
            )
            _record("day_off.added", day_off, by=by, at=at)
    except IntegrityError:  # a second tap, or a colleague
        raise DayIsFree(calendar_of(entity_code).holiday_name(on)) from None
    return day_off


def remove_day_off(*, day_off: DayOff, reason: str, by: User, at: datetime) -> None:
    """Make the day a working day again; open cases follow. Raises AlreadyRemoved."""
    with transaction.atomic():
        in_force = DayOff.objects.filter(pk=day_off.pk, removed_at__isnull=True)
        locked = in_force.select_for_update().first()
        if locked is None:
            raise AlreadyRemoved
        locked.removed_at, locked.removed_by, locked.removed_because = at, by, reason
        locked.counted_at = None
        locked.save(update_fields=["removed_at", "removed_by", "removed_because", "counted_at"])
        _record("day_off.removed", locked, by=by, at=at)


def _record(verb: str, day_off: DayOff, *, by: User, at: datetime) -> None:
    record(
        verb,
        by=Actor.staff(by.pk),
        at=at,
        object_kind="day_off",
        object_id=str(day_off.pk),
        data={"entity": day_off.entity_code, "on": day_off.on.isoformat()},
    )
    wake("requests_portal.tasks.count_calendars")


def days_off_to_count() -> QuerySet[DayOff]:
    """Return the days whose change open cases do not all follow yet."""
    changed_at = Coalesce("removed_at", "added_at")
    return DayOff.objects.annotate(changed_at=changed_at).filter(
        Q(counted_at__isnull=True) | Q(counted_at__lt=F("changed_at") + SETTLED_AFTER)
    )


def count_after_changes(*, at: datetime) -> int:
    """Count open cases of the companies whose calendar changed; return how many were looked at."""
    due = list(days_off_to_count().values_list("pk", "entity_code"))
    looked_at = sum(_count_open(code, at=at) for code in sorted({code for _pk, code in due}))
    DayOff.objects.filter(pk__in=[pk for pk, _code in due]).update(counted_at=at)
    return looked_at


def _count_open(entity_code: str, *, at: datetime) -> int:
    calendar = calendar_of(entity_code)
    looked_at = 0
    for ids in _batches(entity_code):
        for case_id in ids:
            looked_at += _count(case_id, calendar, at=at)
    return looked_at


def _open_cases() -> QuerySet[Case]:
    return Case.objects.filter(state__in=sorted(state.value for state in OPEN_STATES))


def _batches(entity_code: str) -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while True:
        ids = list(
            _open_cases()
            .filter(entity_code=entity_code, id__gt=last)
            .order_by("id")
            .values_list("id", flat=True)[:_BATCH]
        )
        if not ids:
            return
        yield ids
        last = ids[-1]


def _count(case_id: UUID, calendar: NationalCalendar, *, at: datetime) -> bool:
    with transaction.atomic():
        case = _open_cases().select_for_update(no_key=True).filter(id=case_id).first()
        if case is None:
            return False
        count_dates(case=case, by=_WORKER, at=at, calendar=calendar, because="calendar")
    return True
