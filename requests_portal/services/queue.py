"""The queue: the cases behind each of its filters, and how many there are.

What failed is found by sets, never case by case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Substr

from accounts.domain.roles import Role
from accounts.models import User
from erasure.models import PlanUnit
from lib.entities import ENTITIES
from lib.units import Status
from outbox.queries import failed_messages, to_be_posted
from requests_portal.domain.lifecycle import AWAITING, OPEN_STATES, State
from requests_portal.domain.outside import UNSETTLED
from requests_portal.domain.reminding import FIRST_DAYS
from requests_portal.models import (
    Case,
    CollectionUnit,
    Correction,
    Handover,
    HandoverFile,
    Package,
    Post,
    RecipientNotice,
)
from requests_portal.services.forwarding import HANDING

_OPEN = sorted(state.value for state in OPEN_STATES)
_AWAITING = sorted(state.value for state in AWAITING)
_HANDING = sorted(state.value for state in HANDING | {State.FORWARDED})
_UNSETTLED = sorted(state.value for state in UNSETTLED)
#: Where the id stands in "case:<uuid>" and "case:<uuid>:answer", for SUBSTR.
_ID_IN_REFERENCE = (6, 36)
_WORKERS = (Role.HANDLER.value, Role.DPO.value)
#: Somebody works on it who still may; who has left works on nothing.
_WORKED_ON = Q(assignee__is_active=True, assignee__roles__overlap=_WORKERS)


def failed_searches() -> QuerySet[CollectionUnit]:
    return CollectionUnit.objects.filter(status=Status.FAILED)


def failed_works() -> tuple[tuple[QuerySet[Any], ...], QuerySet[Any]]:
    """Return what failed after the search: with the `case`, and with its id as `case_text`."""
    steps = PlanUnit.objects.filter(status=Status.FAILED)  # a plan given up has none
    return (
        (
            Correction.objects.filter(status=Status.FAILED),
            Package.objects.filter(status=Status.FAILED),
        ),
        steps.annotate(case_text=Substr("plan__reference", *_ID_IN_REFERENCE)),
    )


def failed_mails() -> QuerySet[Any]:
    """Return the mails to people that were given up, with the case's id as `case_text`."""
    mails = failed_messages().filter(reference__startswith="case:").order_by()
    return mails.annotate(case_text=Substr("reference", *_ID_IN_REFERENCE))


def waiting_for_post() -> QuerySet[Any]:
    """Return what somebody has to post to a person, with the case's id as `case_text`."""
    papers = to_be_posted().filter(reference__startswith="case:").order_by()
    return papers.annotate(case_text=Substr("reference", *_ID_IN_REFERENCE))


def to_tell() -> tuple[QuerySet[Any], ...]:
    """Return what a controller or a recipient has to be told and was not, with the `case`."""
    return (
        Handover.objects.filter(state__in=_UNSETTLED, case__state__in=_HANDING),
        RecipientNotice.objects.filter(state__in=_UNSETTLED),
        HandoverFile.objects.filter(status=Status.FAILED).annotate(case=F("handover__case")),
    )


def _has_problem() -> Q:
    """A failed source, step or mail; for cases that carry their id as `id_text`."""
    by_id, by_text = failed_works()
    problem = Q(id__in=failed_searches().values("case"))
    for failed in by_id:
        problem |= Q(id__in=failed.values("case"))
    for named in (by_text, failed_mails()):
        problem |= Q(id_text__in=named.values("case_text"))
    return problem


def _tells_others() -> Q:
    """Somebody outside has to be told, of an answered case too: it must not be forgotten."""
    cases = Q()
    for waiting in to_tell():
        cases |= Q(id__in=waiting.values("case"))
    return cases


@dataclass(frozen=True, kw_only=True)
class QueueCounts:
    """How many cases stand behind each filter of the queue."""

    open: int
    mine: int
    unassigned: int
    soon: int
    overdue: int
    waiting: int
    problems: int
    messages: int
    outside: int
    post: int
    closed: int


def due_until(days: int, *, at: datetime) -> Q:
    """Due within so many local days of each company, or earlier; -1 means overdue."""
    due = Q()
    for code, company in ENTITIES.items():
        day = at.astimezone(company.tz).date() + timedelta(days=days)
        due |= Q(entity_code=code, due_on__lte=day)
    return due


def _filters(*, user: User, at: datetime) -> dict[str, Q]:
    still_open = Q(state__in=_OPEN)
    return {
        "open": still_open,
        "mine": still_open & Q(assignee=user),
        "unassigned": still_open & ~_WORKED_ON,
        "soon": still_open & due_until(FIRST_DAYS, at=at) & ~due_until(-1, at=at),
        "overdue": still_open & due_until(-1, at=at),
        "waiting": Q(state__in=_AWAITING),
        "problems": still_open & _has_problem(),
        "messages": Q(_has_unread_post()),
        "outside": _tells_others(),
        "post": Q(id_text__in=waiting_for_post().values("case_text")),
        "closed": ~still_open,
    }


def _has_unread_post() -> Exists:
    """Tell whether the person of a case wrote something that nobody has marked as read."""
    return Exists(
        Post.objects.filter(case=OuterRef("pk"), author__isnull=True, read_at__isnull=True)
    )


def _cases() -> QuerySet[Case]:
    return Case.objects.alias(id_text=Cast("id", CharField()))


def queue(*, name: str, user: User, at: datetime, scope: Q | None = None) -> QuerySet[Case]:
    """Return the cases behind a filter, the nearest day first. Unknown names mean open.

    `scope` narrows them, to a right or a company for example.

    Each says as `has_unread_post` whether its person waits to be read.
    """
    filters = _filters(user=user, at=at)
    cases = (
        _cases()
        .select_related("assignee")
        .filter(filters.get(name, filters["open"]), scope or Q())
        .annotate(has_unread_post=_has_unread_post())
    )
    if name == "closed":
        return cases.order_by("-answered_at", "reference")
    return cases.order_by("due_on", "received_at")


def queue_counts(*, user: User, at: datetime, scope: Q | None = None) -> QueueCounts:
    """Count the cases behind each filter, of all cases or of those within `scope`."""
    return QueueCounts(
        **_cases()
        .filter(scope or Q())
        .aggregate(
            **{
                name: Count("id", filter=condition)
                for name, condition in _filters(user=user, at=at).items()
            }
        )
    )


def open_cases_for_staff() -> QuerySet[Case]:
    """Return the open cases with what a mail to staff says of them: nothing of the person."""
    return (
        Case.objects.filter(state__in=_OPEN)
        .only("reference", "right", "state", "entity_code", "safe_on", "due_on", "assignee_id")
        .order_by("due_on", "reference")
    )


def nobodys(cases: Iterable[Case]) -> QuerySet[Case]:
    """Return those of `cases` on which nobody works who still may."""
    return Case.objects.filter(pk__in=[case.pk for case in cases]).exclude(_WORKED_ON).only("pk")
