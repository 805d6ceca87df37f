"""The overview that each member of staff gets once a day: a handler's own cases, the DPO's all.

The row of the day is written in the transaction that queues the mail, so that nobody gets two.
"""

from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.roles import Role
from accounts.models import User
from accounts.services.mails import StaffMail
from lib.entities import entity
from outbox.models import Message
from requests_portal.models import Digest
from requests_portal.services.queue import (
    QueueCounts,
    nobodys,
    open_cases_for_staff,
    queue_counts,
)
from requests_portal.services.staff_mails import (
    MOST_LINES,
    case_lines,
    greeting,
    queue_url,
    send_to_staff,
)

#: Where the house has its day, and from which hour of it the overview is sent.
_HOME: Final = entity("EE").tz
_FROM_HOUR: Final = 7


def send_digests(*, at: datetime) -> int:
    """Queue the overviews of the day that are not out yet; return how many mails there are."""
    local = at.astimezone(_HOME)
    if local.hour < _FROM_HOUR:
        return 0
    today = local.date()
    readers = User.objects.filter(is_active=True, roles__overlap=[Role.HANDLER, Role.DPO])
    had_it = Digest.objects.filter(on=today).values("recipient")
    return sum(_send(user, today, at=at) for user in readers.exclude(pk__in=had_it).order_by("pk"))


def _send(user: User, today: date, *, at: datetime) -> bool:
    """Queue the overview of one person; False when there is nothing to say, or it is out."""
    try:
        with transaction.atomic(), translation.override(user.language):
            message = _queued(user, today, at=at)
            Digest.objects.create(recipient=user, on=today, message=message, queued_at=at)
    except IntegrityError:  # another sweep was first
        return False
    return message is not None


def _queued(user: User, today: date, *, at: datetime) -> Message | None:
    sees_all = user.has_role(Role.DPO)
    scope = Q() if sees_all else Q(assignee=user)
    counts = queue_counts(user=user, at=at, scope=scope)
    if not counts.open:
        return None
    cases = list(open_cases_for_staff().filter(scope)[:MOST_LINES])
    unassigned = nobodys(cases) if sees_all else ()
    return send_to_staff(
        mail=_written(user, counts, sees_all=sees_all),
        lines=case_lines(cases, unassigned=unassigned, at=at),
        hidden=counts.open - len(cases),
        to=user,
        reference=f"staff:{user.pk}:digest:{today.isoformat()}",
        at=at,
    )


def _written(user: User, counts: QueueCounts, *, sees_all: bool) -> StaffMail:
    return StaffMail(
        subject=_subject(counts),
        greeting=greeting(user),
        paragraphs=(
            _("How the requests of all handlers stand today:")
            if sees_all
            else _("How your requests stand today:"),
            ", ".join(_figures(counts, sees_all=sees_all)) + ".",
        ),
        action=(_("Open the queue"), queue_url("open" if sees_all else "mine")),
        after=(_("Whom it is about is shown there, after signing in."),),
    )


def _subject(counts: QueueCounts) -> str:
    still_open = ngettext("%(n)s request open", "%(n)s requests open", counts.open) % {
        "n": counts.open
    }
    if not counts.overdue:
        return still_open
    return _("%(open)s, %(late)s of them late") % {"open": still_open, "late": counts.overdue}


def _figures(counts: QueueCounts, *, sees_all: bool) -> list[str]:
    figures = [
        _("late: %(n)s") % {"n": counts.overdue},
        _("due within ten days: %(n)s") % {"n": counts.soon},
        _("wait for the person: %(n)s") % {"n": counts.waiting},
        _("something failed: %(n)s") % {"n": counts.problems},
    ]
    if sees_all:
        figures.append(_("nobody works on it: %(n)s") % {"n": counts.unassigned})
    return [_("open: %(n)s") % {"n": counts.open}, *figures]
