"""Reminding the owners of open tasks: when asked, two days before, on the day, then daily.

A mail names the resource and the day, never whom it is about. Each task is a row that is locked
while its mail is queued, so that a sweep that is killed or comes twice sends each mail once.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.links import absolute
from accounts.services.mails import StaffMail
from audit.domain.actor import Actor
from datamap.connectors.manual_asking import owner_of
from datamap.domain.schema import Resource
from datamap.domain.tasks import Reminder, TaskState, Verb, reminder_due
from datamap.models import ManualTask
from datamap.queries import resource_of_task
from datamap.services.manual_trail import record_on_task
from datamap.texts import VERBS
from lib.entities import entity
from outbox.services import queue_mail

_SWEEP = Actor.system("manual")


def remind_owners(*, at: datetime) -> int:
    """Queue the mails that are due at `at`; return how many tasks had one."""
    open_tasks = ManualTask.objects.filter(state=TaskState.OPEN.value)
    return sum(_remind(task_id, at=at) for task_id in open_tasks.values_list("pk", flat=True))


def _remind(task_id: UUID, *, at: datetime) -> bool:
    with transaction.atomic():
        task = (
            ManualTask.objects.select_for_update(no_key=True, of=("self",))
            .select_related("map_version")
            .filter(pk=task_id, state=TaskState.OPEN.value)
            .first()
        )
        if task is None:
            return False
        resource = resource_of_task(task)
        _assign(task, resource, at=at)
        zone = entity(resource.entity).tz
        reminded_on = task.reminded_at.astimezone(zone).date() if task.reminded_at else None
        today = at.astimezone(zone).date()
        reminder = reminder_due(due_on=task.due_on, reminded_on=reminded_on, today=today)
        if reminder is None:
            return False
        _send(task, resource, reminder, at=at)
        task.reminded_at = at
        task.save(update_fields=["reminded_at"])
    return True


def _assign(task: ManualTask, resource: Resource, *, at: datetime) -> None:
    """Give the task to the owner's account, which may be made or closed at any time."""
    owner = owner_of(resource)
    if owner != task.owner:
        task.owner = owner
        task.save(update_fields=["owner"])
        assigned = None if owner is None else owner.pk
        record_on_task("manual_task.assigned", task, by=_SWEEP, at=at, owner=assigned)


def _send(task: ManualTask, resource: Resource, reminder: Reminder, *, at: datetime) -> None:
    """Mail the owner, and the officer where nobody owns the task or it is late."""
    if task.owner is not None:
        _mail(task, resource, reminder, owner=task.owner, to=task.owner.email, at=at)
    if task.owner is None or reminder is Reminder.OVERDUE:
        _mail(task, resource, reminder, owner=None, to=settings.DPO_EMAIL, at=at)


def _mail(
    task: ManualTask,
    resource: Resource,
    reminder: Reminder,
    *,
    owner: User | None,
    to: str,
    at: datetime,
) -> None:
    language = owner.language if owner is not None else settings.LANGUAGE_CODE
    with translation.override(language):
        mail = _written(task, resource, reminder, owner, language)
        context = {"mail": mail, "language": language, "site": settings.PUBLIC_URL}
        queue_mail(
            to=to,
            subject=mail.subject,
            text=render_to_string("datamap/mail/message.txt", context),
            html=render_to_string("datamap/mail/message.html", context),
            language=language,
            reference=f"task:{task.pk}:{reminder.value}",
            at=at,
        )


def _written(
    task: ManualTask, resource: Resource, reminder: Reminder, owner: User | None, language: str
) -> StaffMail:
    values = {
        "resource": resource.title.in_language(language),
        "due": date_format(task.due_on, "DATE_FORMAT"),
        "what": VERBS[Verb(task.verb)],
        "owner": resource.owner.name,
    }
    paragraphs = [_first_sentence(reminder) % values]
    if owner is None and task.owner is None:
        paragraphs.append(
            _(
                "%(owner)s has no account here. You can answer the task yourself, or have them "
                "invited with the address that the data map names."
            )
            % values
        )
    paragraphs.append(_("A person waits for the answer, and the law sets its date."))
    return StaffMail(
        subject=_("%(resource)s: a task until %(due)s") % values,
        greeting=_("Hello %(name)s,") % {"name": owner.name} if owner else _("Hello,"),
        paragraphs=tuple(paragraphs),
        action=(_("See the task"), absolute(reverse("tasks:task-detail", args=[task.pk]))),
        after=(_("Whom it is about is shown there, after signing in."),),
    )


def _first_sentence(reminder: Reminder) -> str:
    return {
        Reminder.ASKED: _("There is a new task in %(resource)s (%(what)s), due on %(due)s."),
        Reminder.SOON: _("The task in %(resource)s (%(what)s) is due on %(due)s."),
        Reminder.TODAY: _("The task in %(resource)s (%(what)s) is due today, %(due)s."),
        Reminder.OVERDUE: _("The task in %(resource)s (%(what)s) was due on %(due)s."),
    }[reminder]
