"""Reminding data protection officers of the review of a hold: two weeks before, on the day, weekly.

A mail names the day, never whom or what the hold is about. Each hold is a row that is locked while
its mails are queued, so that a sweep that is killed or comes twice sends each mail once.
"""

from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.domain.roles import Role
from accounts.models import User
from accounts.queries import active_with_role
from accounts.services.links import absolute
from accounts.services.mails import StaffMail
from audit.domain.actor import Actor
from audit.services import record
from outbox.services import queue_mail
from retention.domain.holding import HoldState, review_reminder_due
from retention.models import LegalHold

_SWEEP = Actor.system("holds")


def remind_of_reviews(*, at: datetime) -> int:
    """Queue the mails that are due at `at`; return of how many holds."""
    in_force = LegalHold.objects.exclude(state=HoldState.RELEASED.value)
    return sum(_remind(hold_id, at=at) for hold_id in in_force.values_list("pk", flat=True))


def _remind(hold_id: UUID, *, at: datetime) -> bool:
    today = timezone.localdate(at)
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update(no_key=True).get(pk=hold_id)
        is_due = hold.state != HoldState.RELEASED.value and review_reminder_due(
            review_on=hold.review_on, reminded_on=hold.reminded_on, today=today
        )
        officers = list(active_with_role(Role.DPO)) if is_due else []
        if not officers:
            return False  # nobody could be told: as soon as there is somebody
        for officer in officers:
            _mail(hold, officer, today, at=at)
        hold.reminded_on = today
        hold.save(update_fields=["reminded_on"])
        record(
            "hold.review_reminded",
            by=_SWEEP,
            at=at,
            object_kind="hold",
            object_id=str(hold.pk),
            data={"mails": len(officers)},
        )
    return True


def _mail(hold: LegalHold, officer: User, today: date, *, at: datetime) -> None:
    with translation.override(officer.language):
        mail = _written(hold, officer, today)
        context = {"mail": mail, "language": officer.language, "site": settings.PUBLIC_URL}
        queue_mail(
            to=officer.email,
            subject=mail.subject,
            text=render_to_string("datamap/mail/message.txt", context),
            html=render_to_string("datamap/mail/message.html", context),
            language=officer.language,
            reference=f"hold:{hold.pk}",
            at=at,
        )


def _written(hold: LegalHold, officer: User, today: date) -> StaffMail:
    values = {
        "placed": date_format(timezone.localtime(hold.placed_at), "DATE_FORMAT"),
        "day": date_format(hold.review_on, "DATE_FORMAT"),
        "name": officer.name,
    }
    if today < hold.review_on:
        first = _("The legal hold of %(placed)s is to be looked at again on %(day)s.")
    elif today == hold.review_on:
        first = _("The legal hold of %(placed)s is to be looked at again today, %(day)s.")
    else:
        first = _("The legal hold of %(placed)s was to be looked at again on %(day)s.")
    return StaffMail(
        subject=_("Legal hold to be reviewed on %(day)s") % values,
        greeting=_("Hello %(name)s,") % values,
        paragraphs=(
            first % values,
            _("Until two people release it, nothing that it covers is erased."),
        ),
        action=(_("See the hold"), absolute(reverse("holds:hold-detail", args=[hold.pk]))),
        after=(_("What it is about is shown there, after signing in."),),
    )
