"""Reminding staff of cases whose day is near or over: ten, five and one day before, then daily.

Each reminder is a row, written in the transaction that queues its mail; the database holds it once.
A sweep that is killed or comes twice therefore tells nobody twice and forgets nobody. What is due
to one person at one time goes into one mail.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.roles import Role
from accounts.models import User
from accounts.services.mails import StaffMail
from requests_portal.domain.reminding import (
    FIRST_DAYS,
    DueReminder,
    Occasion,
    reminded,
    reminder_due,
)
from requests_portal.models import Case, Reminder
from requests_portal.services.clock import clock_state
from requests_portal.services.queue import due_until, open_cases_for_staff
from requests_portal.services.staff_mails import (
    MOST_LINES,
    case_lines,
    case_url,
    greeting,
    queue_url,
    send_to_staff,
)

logger = logging.getLogger(__name__)

#: Stands for the mailbox of the data protection officer, while nobody holds that role.
_MAILBOX = 0


@dataclass(frozen=True)
class _Told:
    """A case, the reminder that is due, and whether somebody works on the case."""

    case: Case
    due: DueReminder
    is_assigned: bool


def remind(*, at: datetime) -> int:
    """Queue the reminders that are due at `at`; return how many mails there are."""
    pressing = list(open_cases_for_staff().filter(due_until(FIRST_DAYS, at=at)))
    if not pressing:
        return 0
    staff = _staff(pressing)
    lists: dict[int, list[_Told]] = {}
    for recipient, told in _due(pressing, staff.values(), at=at):
        lists.setdefault(recipient, []).append(told)
    return sum(_send(staff.get(pk), told, at=at) for pk, told in lists.items())


def _staff(cases: Iterable[Case]) -> dict[int, User]:
    """Return the people who may be told: officers, and those who work on one of the cases."""
    assignees = {case.assignee_id for case in cases}
    active = User.objects.filter(is_active=True, roles__overlap=[Role.HANDLER, Role.DPO])
    return {user.pk: user for user in active if user.pk in assignees or user.has_role(Role.DPO)}


def _due(cases: list[Case], staff: Iterable[User], *, at: datetime) -> Iterable[tuple[int, _Told]]:
    """Give who has to be told of what and was not yet, the nearest date first."""
    known = {user.pk for user in staff}
    officers = [user.pk for user in staff if user.has_role(Role.DPO)] or [_MAILBOX]
    due = [(case, one) for case in cases if (one := _reminder(case, at=at))]
    done = _done(due)
    for case, one in due:
        assignee = case.assignee_id if case.assignee_id in known else None
        for pk in sorted(reminded(one.occasion, assignee=assignee, officers=officers)):
            if (case.id, one, pk) not in done:
                yield pk, _Told(case, one, assignee is not None)


def _reminder(case: Case, *, at: datetime) -> DueReminder | None:
    return reminder_due(due_on=case.due_on, today=at.astimezone(case.entity.tz).date())


def _done(due: list[tuple[Case, DueReminder]]) -> set[tuple[UUID, DueReminder, int]]:
    """Return which of these reminders went out already, and to whom."""
    if not due:
        return set()
    rows = Reminder.objects.filter(
        case__in=[case.id for case, _one in due],
        for_day__gte=min(one.for_day for _case, one in due),
    )
    return {
        (case_id, DueReminder(Occasion(occasion), for_day), recipient or _MAILBOX)
        for case_id, occasion, for_day, recipient in rows.values_list(
            "case", "occasion", "for_day", "recipient"
        )
    }


def _send(to: User | None, told: list[_Told], *, at: datetime) -> bool:
    """Queue one mail with its rows; False when another sweep was first."""
    try:
        with transaction.atomic(), translation.override(_language(to)):
            mailbox = f"staff:{to.pk}" if to else "officer"
            message = send_to_staff(
                mail=_written(to, told, at=at),
                lines=case_lines(
                    [one.case for one in told],
                    unassigned=[one.case for one in told if not one.is_assigned],
                    at=at,
                ),
                hidden=max(0, len(told) - MOST_LINES),
                to=to,
                reference=f"{mailbox}:reminder",
                at=at,
            )
            Reminder.objects.bulk_create(
                Reminder(
                    case=one.case,
                    occasion=one.due.occasion.value,
                    for_day=one.due.for_day,
                    recipient=to,
                    message=message,
                    queued_at=at,
                )
                for one in sorted(told, key=lambda one: one.case.id)
            )
    except IntegrityError:
        logger.info("another sweep was first; the next one looks again")
        return False
    return True


def _language(to: User | None) -> str:
    return to.language if to else settings.LANGUAGE_CODE


def _written(to: User | None, told: list[_Told], *, at: datetime) -> StaffMail:
    return StaffMail(
        subject=_subject(told, at=at),
        greeting=greeting(to),
        paragraphs=(
            ngettext(
                "This request is due soon or late:",
                "These requests are due soon or late:",
                len(told),
            ),
        ),
        action=_action(told),
        after=(_("Whom it is about is shown there, after signing in."),),
    )


def _subject(told: list[_Told], *, at: datetime) -> str:
    if len(told) == 1:
        case = told[0].case
        return f"{case.reference}: {clock_state(case, at=at).sentence}"
    return ngettext(
        "%(n)s request has to be answered", "%(n)s requests have to be answered", len(told)
    ) % {"n": len(told)}


def _action(told: list[_Told]) -> tuple[str, str]:
    if len(told) == 1:
        return _("Open the request"), case_url(told[0].case)
    return _("Open the queue"), queue_url("open")
