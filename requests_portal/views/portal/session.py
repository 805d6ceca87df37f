"""What the portal remembers of a visitor between two pages."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from requests_portal.models import Case, IntakeDraft
from requests_portal.queries import case_by_id

_DRAFT = "portal_draft"
_FILED = "portal_filed"
_CASE = "portal_case"
_CASE_UNTIL = "portal_case_until"
VISIT_LENGTH = timedelta(hours=1)


def current_draft(request: HttpRequest) -> IntakeDraft | None:
    draft_id = request.session.get(_DRAFT)
    return IntakeDraft.objects.filter(id=draft_id).first() if draft_id else None


def draft_id(request: HttpRequest) -> UUID | None:
    value = request.session.get(_DRAFT)
    return UUID(value) if value else None


def remember_draft(request: HttpRequest, draft: IntakeDraft) -> None:
    request.session[_DRAFT] = str(draft.id)


def remember_filed(request: HttpRequest, case: Case) -> None:
    """Let the confirmation page be shown, and nothing more: the address is not proven yet."""
    request.session.pop(_DRAFT, None)
    request.session[_FILED] = str(case.id)


def filed_case(request: HttpRequest) -> Case | None:
    return case_by_id(request.session.get(_FILED))


def open_visit(request: HttpRequest, case: Case, *, at: datetime) -> None:
    """Let this browser see the case for an hour."""
    request.session.cycle_key()
    request.session[_CASE] = str(case.id)
    request.session[_CASE_UNTIL] = (at + VISIT_LENGTH).timestamp()


def visited_case(request: HttpRequest) -> Case | None:
    if request.session.get(_CASE_UNTIL, 0) < timezone.now().timestamp():
        return None
    return case_by_id(request.session.get(_CASE))


def end_visit(request: HttpRequest) -> None:
    for key in (_CASE, _CASE_UNTIL, _FILED, _DRAFT):
        request.session.pop(key, None)
