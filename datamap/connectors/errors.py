"""What can be wrong with a source, in words for staff.

A message names resource, table or variable. It never holds a value of a row, a statement, an
address or a password, and the driver's own text is not carried along.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datamap.domain.schema import Resource
from lib.days import local_midnight
from lib.entities import entity

ADVICE = {
    "unavailable": _(
        "%(resource)s does not answer. It is tried again. If this goes on, ask the owner of the "
        "source whether it is running and reachable."
    ),
    "timeout": _(
        "%(resource)s answers too slowly. It is tried again. If this goes on, run "
        "`manage.py datamap check`: an index may be missing."
    ),
    "refused": _(
        "%(resource)s refuses the access. Check the user and password in %(variable)s and that "
        "this user may read %(subject)s."
    ),
    "url_missing": _("%(resource)s has no address. Set the environment variable %(variable)s."),
    "url_invalid": _(
        "The address of %(resource)s cannot be read. %(variable)s looks like "
        "postgres://user:password@host:5432/database."
    ),
    "mismatch": _(
        "%(resource)s does not look as the data map says at %(subject)s. Run "
        "`manage.py datamap check`, which names the difference."
    ),
    "constraint": _(
        "%(resource)s refuses the change of %(subject)s: a rule of the database (a trigger, a "
        "required or unique column, a reference from another table) stands against it. Nothing "
        "was changed. Ask the owner of the source which rule it is, then change the data map or "
        "the rule; it is tried again."
    ),
    "changed": _(
        "%(subject)s in %(resource)s was being changed at the same moment. Nothing was changed "
        "by us. It is tried again."
    ),
    "too_many": _(
        "%(subject)s in %(resource)s leads from one person to more rows elsewhere than any person "
        "has. Ask the owner of the source whether the data map joins it rightly."
    ),
    "awaiting_person": _(
        "%(resource)s is kept by hand. Its owner was given a task; nothing failed, and it goes on "
        "as soon as the task is answered."
    ),
    "by_hand": _(
        "%(resource)s is kept by hand, so that only one person's data can be searched there, and "
        "not what is due of everybody. Ask its owner."
    ),
    "unreadable": _(
        "%(resource)s holds a value in %(subject)s that cannot be read, such as a date before "
        "year 1. Ask the owner of the source to look for it."
    ),
}


class SourceError(Exception):
    """A source could not be used; `code` is stable, `advice` a sentence in the current language."""

    def __init__(self, code: str, *, resource: str, variable: str = "", table: str = "") -> None:
        self.code = code
        self.resource = resource
        self.table = table
        self.advice = str(ADVICE[code]) % {
            "resource": resource,
            "variable": variable,
            "subject": table or resource,
        }
        super().__init__(self.advice)


class SourceUnavailable(SourceError):
    """Not reachable, or the connection broke: worth another try."""


class SourceTimeout(SourceError):
    """Too slow, or waited too long for a lock: worth another try."""


class SourceRefused(SourceError):
    """Wrong credentials, or rights that are missing: somebody has to act."""


class SourceMismatch(SourceError):
    """Map and source, or map and environment, do not fit: somebody has to act."""


class AwaitingPerson(SourceUnavailable):
    """Somebody was asked to do it by hand: nothing failed, and no attempt is used up.

    A worker gives its unit to `services.waiting.await_person`. Raised inside a transaction that is
    rolled back, the task is lost with it: whoever opened the transaction calls `ask` after it,
    which asks once however often it is called.
    """

    def __init__(
        self,
        resource: Resource,
        *,
        task_id: UUID,
        due_on: date,
        has_owner: bool,
        ask: Callable[[], UUID],
    ) -> None:
        super().__init__("awaiting_person", resource=resource.title.en)
        self.task_id = task_id
        self.due_on = due_on
        self._ask = ask
        self.advice = waiting_advice(
            resource, title=resource.title.en, due_on=due_on, has_owner=has_owner
        )
        self._due_at = local_midnight(due_on, entity(resource.entity).tz)

    def ask(self) -> None:
        """Ask again, if the task is not there."""
        self.task_id = self._ask()

    def retry_at(self, at: datetime) -> datetime:
        """Return when to look again unless the answer comes before: when it is due, then daily."""
        return max(self._due_at, at + timedelta(days=1))


def waiting_advice(resource: Resource, *, title: str, due_on: date, has_owner: bool) -> str:
    """Return who was asked and until when, in the current language."""
    values = {
        "resource": title,
        "owner": resource.owner.name,
        "due": date_format(due_on, "DATE_FORMAT"),
    }
    if has_owner:
        sentence = gettext(
            "%(resource)s is kept by hand. %(owner)s was asked and has until %(due)s."
        )
    else:
        sentence = gettext(
            "%(resource)s is kept by hand, and %(owner)s has no account here. The data protection "
            "officer can answer the task under “Tasks” until %(due)s, or have the owner invited."
        )
    return sentence % values
