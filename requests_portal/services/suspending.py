"""The dates of a case, counted anew from the evidence: what was asked, sent and answered.

Only questions whose mail has left the house stop the clock. The safe date never moves.
"""

from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from requests_portal.domain.calendars import Calendar
from requests_portal.domain.clock import Suspension, compute_deadlines
from requests_portal.domain.lifecycle import AWAITING
from requests_portal.models import Case
from requests_portal.services.calendars import calendar_of
from requests_portal.services.trail import record_on_case

_DATES = ("safe_on", "sla_on", "statutory_on", "extended_on")


def suspensions_of(case: Case) -> list[Suspension]:
    """Return the times in which the person was asked for something, as far as it was sent."""
    questions = case.questions.select_related("message").defer(
        "message__to", "message__subject", "message__text", "message__html"
    )
    return [
        Suspension(asked_at=sent_at, answered_at=ended_at)
        for one in questions
        for ended_at in (one.answered_at or one.lapsed_at,)
        if (sent_at := one.message.sent_at) is not None
        and (ended_at is None or ended_at >= sent_at)
    ]


def count_dates(
    *,
    case: Case,
    by: Actor,
    at: datetime,
    calendar: Calendar | None = None,
    because: str = "",
) -> None:
    """Count the dates of a locked case at `at`, with a record of each that changed.

    `calendar` saves reading it for each of many cases; `because`, a code, goes into the record.
    """
    dates = compute_deadlines(
        received_at=case.received_at,
        entity=case.entity,
        suspensions=suspensions_of(case),
        calendar=calendar or calendar_of(case.entity_code),
        today=at.astimezone(case.entity.tz).date(),
    )
    counted = {name: getattr(dates, name) for name in _DATES}
    counted["due_on"] = dates.extended_on if case.due_on == case.extended_on else dates.safe_on
    changed = {name: day for name, day in counted.items() if getattr(case, name) != day}
    if not changed and case.suspended_days == dates.suspended_days:
        return
    record_on_case(
        "case.dates_changed",
        by=by,
        at=at,
        case_id=case.id,
        data={
            "suspended_days": dates.suspended_days,
            **({"because": because} if because else {}),
            **{
                name: [getattr(case, name).isoformat(), day.isoformat()]
                for name, day in changed.items()
            },
        },
    )
    Case.objects.filter(id=case.id).update(**changed, suspended_days=dates.suspended_days)
    for name, day in changed.items():
        setattr(case, name, day)
    case.suspended_days = dates.suspended_days


def count_waiting_cases(*, at: datetime) -> int:
    """Count the dates of every case that waits for its person; return how many there are."""
    waiting = Case.objects.filter(state__in=[state.value for state in AWAITING])
    for case_id in list(waiting.values_list("id", flat=True)):
        with transaction.atomic():
            case = waiting.select_for_update(no_key=True).filter(id=case_id).first()
            if case is not None:
                count_dates(case=case, by=Actor.system("clock"), at=at)
    return waiting.count()
