"""Correcting what is stored about a person: choose a row, change fields, look, apply (Art. 16)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import StaffRequest
from accounts.models import User
from accounts.views.access import require_role
from audit.domain.actor import Actor
from lib.units import NotFailed, Status
from requests_portal.domain.representing import MandateNotChecked
from requests_portal.models import Case, CollectedTable, Correction
from requests_portal.queries import PAGE_ROWS, CollectedRow, collected_page, table_of
from requests_portal.services.corrections import (
    BeingCorrected,
    CorrectionRefused,
    correctable_fields,
    may_correct,
    order_corrections,
    propose,
    propose_again,
    retry_correction,
    row_hash,
    withdraw,
)
from requests_portal.services.corrections_shown import recipients_to_tell, shown_corrections
from requests_portal.services.findings import rows_page
from requests_portal.services.trail import record_on_case
from requests_portal.texts.entering import MANDATE_FIRST
from requests_portal.views.desk.correction_form import CorrectionForm
from requests_portal.views.desk.fetch import WORKERS, case_or_404

_ROW = "requests_portal/desk/correction_row.html"
_LIST = "requests_portal/desk/correction_list.html"
_PROGRESS = "requests_portal/desk/_corrections.html"


@require_role(*WORKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def correction_row(
    request: StaffRequest, reference: str, table_id: int, number: int
) -> HttpResponse:
    """Show one row of a collected table, counted from 1, and propose what is changed in it."""
    case = case_or_404(reference)
    table, row = _row_or_404(case, table_id, number)
    fields = correctable_fields(table, row.values)
    token = row_hash(table, row.values).hex() if fields else ""
    form = CorrectionForm(request.POST or None, correctable=fields)
    if request.method == "POST" and request.POST.get("row") != token:
        messages.error(request, _("The data was searched anew meanwhile. Choose the row again."))
        return redirect("desk:table-rows", reference, table_id)
    if form.is_valid():
        return _propose(request, case, table, row, form.changes)
    if request.method != "POST":
        _record_look(request, case, {"table": table.table_name, "row": number})
    context = {"case": case, "form": form, "token": token, **_whole_row(table, number)}
    return render(request, _ROW, context, status=422 if form.is_bound else 200)


@require_role(*WORKERS)
@never_cache
@require_safe
def correction_list(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    context = _context(case)
    _record_look(request, case, {"corrections": len(context["rows"])})
    with timezone.override(case.entity.tz):
        return render(request, _LIST, context)


@require_role(*WORKERS)
@never_cache
@require_safe
def correction_progress(request: StaffRequest, reference: str) -> HttpResponse:
    """Answer the page's own question how far the work is; 286 makes htmx stop asking."""
    case = case_or_404(reference)
    context = _context(case)
    with timezone.override(case.entity.tz):
        return render(request, _PROGRESS, context, status=200 if context["working"] else 286)


@require_role(*WORKERS)
@require_POST
def correction_apply(request: StaffRequest, reference: str) -> HttpResponse:
    """Order the proposals that stood on the page; what came since waits for the next look."""
    case = case_or_404(reference)
    chosen = [int(one) for one in request.POST.getlist("correction") if one.isdecimal()]
    return _attempt(
        request,
        case,
        lambda by, at: order_corrections(case=case, chosen=chosen, by=by, at=at),
        _("The corrections are being applied."),
    )


@require_role(*WORKERS)
@require_POST
def correction_step(request: StaffRequest, reference: str, pk: int, step: str) -> HttpResponse:
    """Withdraw a correction, propose it again, or order another try."""
    case = case_or_404(reference)
    correction = get_object_or_404(Correction, pk=pk, case=case)
    if step not in _STEPS:
        raise Http404
    act, done = _STEPS[step]
    return _attempt(
        request, case, lambda by, at: act(correction=correction, by=by, at=at), str(done())
    )


_STEPS: dict[str, tuple[Callable[..., object], Callable[[], str]]] = {
    "withdraw": (withdraw, lambda: _("The correction is withdrawn.")),
    "again": (propose_again, lambda: _("It is proposed again, over the value that stands now.")),
    "retry": (retry_correction, lambda: _("The correction is tried again.")),
}


def _row_or_404(case: Case, table_id: int, number: int) -> tuple[CollectedTable, CollectedRow]:
    table = table_of(case, table_id)
    if table is None or not may_correct(case) or number < 1:
        raise Http404
    rows = collected_page(table, page=_page_of(number))
    place = (number - 1) % PAGE_ROWS
    if place >= len(rows):
        raise Http404
    return table, rows[place]


def _whole_row(table: CollectedTable, number: int) -> dict[str, Any]:
    """Return a row for reading, with the title of its table and the page it stands on."""
    page = rows_page(table, number=_page_of(number))
    values, _row, _until = page.rows[(number - 1) % PAGE_ROWS]
    facts = list(zip(page.headings, values, strict=True))
    return {
        "table": table,
        "title": page.title,
        "page": page.number,
        "number": number,
        "facts": facts,
    }


def _page_of(number: int) -> int:
    return (number - 1) // PAGE_ROWS + 1


def _propose(
    request: StaffRequest,
    case: Case,
    table: CollectedTable,
    row: CollectedRow,
    changes: dict[str, Any],
) -> HttpResponse:
    now = timezone.now()
    try:
        made = propose(
            case=case,
            collected=table,
            values=row.values,
            changes=changes,
            by=request.user,
            at=now,
        )
    except BeingCorrected:
        messages.error(request, _("One of these fields is being corrected already."))
    except CorrectionRefused:
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        text = ngettext("%(n)s value is proposed.", "%(n)s values are proposed.", len(made))
        messages.success(request, text % {"n": len(made)})
    return _back(case)


def _attempt(
    request: StaffRequest, case: Case, step: Callable[[User, datetime], object], done: str
) -> HttpResponse:
    """Run one step as this member of staff, now; when somebody was quicker, say so instead."""
    try:
        step(request.user, timezone.now())
    except MandateNotChecked:
        messages.error(request, MANDATE_FIRST)
    except (CorrectionRefused, NotFailed):
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, done)
    return _back(case)


def _back(case: Case) -> HttpResponse:
    return redirect("desk:correction-list", case.reference)


def _context(case: Case) -> dict[str, Any]:
    rows = shown_corrections(case)
    moving = [one.correction for one in rows if not one.correction.is_proposal]
    return {
        "case": case,
        "rows": rows,
        "proposals": [one for one in rows if one.correction.is_proposal],
        "working": any(one.status in {Status.QUEUED, Status.RUNNING} for one in moving),
        "recipients": recipients_to_tell(rows),
        "may_correct": may_correct(case),
    }


def _record_look(request: StaffRequest, case: Case, data: dict[str, str | int]) -> None:
    """Every look at personal data is on record."""
    with transaction.atomic():
        record_on_case(
            "data.viewed",
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
            case_id=case.id,
            data=data,
        )
