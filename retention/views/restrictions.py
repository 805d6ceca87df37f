"""Restrictions of processing: what is in force, setting one, telling the person, lifting it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.roles import CASE_READERS, Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from audit.services import record
from lib.units import NotFailed
from retention.forms import FindForm, RestrictionForm
from retention.models import Restriction, SourceMark
from retention.queries import restriction_by_id, restriction_of, restrictions
from retention.services.marks import retry_mark
from retention.services.restrictions import (
    NoticeNotSent,
    RestrictionRefused,
    lift,
    note_notice_sent,
    restrict_person,
)
from retention.views.shown import (
    resource_titles,
    shown,
    shown_marks,
    staff_names,
    titles_of_map,
)

WORKERS = (Role.HANDLER, Role.DPO)
_PER_PAGE = 50


@require_role(*CASE_READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def restriction_list(request: StaffRequest) -> HttpResponse:
    """Show those in force or lifted; a POST asks for one person's."""
    in_force = request.GET.get("show") != "lifted"
    find = FindForm(request.POST) if request.method == "POST" else None
    found = restriction_of(find.keys()) if find is not None and find.is_valid() else None
    rows = restrictions(in_force=in_force) if found is None else found
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    titles, people = titles_of_map(), staff_names()
    context = {
        "page": page,
        "rows": [shown(one, titles=titles, people=people) for one in page],
        "in_force": in_force,
        "searched": found is not None,
        "may_work": request.user.has_role(*WORKERS),
    }
    return render(request, "retention/restriction_list.html", context)


@require_role(*WORKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def restriction_set(request: StaffRequest) -> HttpResponse:
    form = RestrictionForm(request.POST or None, resources=list(resource_titles().items()))
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "retention/restriction_set.html", {"form": form}, status=status)
    restriction = restrict_person(
        keys=form.keys(),
        reason=form.chosen_reason(),
        resources=form.cleaned_data["resources"],
        categories=form.chosen_categories(),
        note=form.cleaned_data["note"],
        by=Actor.staff(request.user.pk),
        at=timezone.now(),
    )
    messages.success(request, _("The data is restricted from now on."))
    return redirect("retention:restriction-detail", pk=restriction.pk)


@require_role(*CASE_READERS)
@require_safe
def restriction_detail(request: StaffRequest, pk: UUID) -> HttpResponse:
    restriction = _restriction_or_404(pk)
    with transaction.atomic():  # every look at personal data is on record
        record(
            "restriction.viewed",
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
            object_kind="restriction",
            object_id=str(pk),
        )
    titles = titles_of_map()
    context = {
        "row": shown(restriction, titles=titles, people=staff_names(), with_person=True),
        "marks": shown_marks(restriction, titles=titles),
        "may_work": request.user.has_role(*WORKERS),
    }
    return render(request, "retention/restriction_detail.html", context)


@require_role(*WORKERS)
@require_POST
def notice_sent(request: StaffRequest, pk: UUID) -> HttpResponse:
    restriction = _restriction_or_404(pk)
    return _attempt(
        request,
        restriction,
        lambda by, at: note_notice_sent(restriction=restriction, by=by, at=at),
        _("It is recorded that the person was told. The restriction can be lifted now."),
    )


@require_role(*WORKERS)
@require_POST
def restriction_lift(request: StaffRequest, pk: UUID) -> HttpResponse:
    restriction = _restriction_or_404(pk)
    return _attempt(
        request,
        restriction,
        lambda by, at: lift(restriction=restriction, by=by, at=at),
        _("The restriction is lifted."),
    )


@require_role(*WORKERS)
@require_POST
def mark_retry(request: StaffRequest, pk: UUID, mark_id: int) -> HttpResponse:
    mark = get_object_or_404(SourceMark, pk=mark_id, restriction_id=pk)
    return _attempt(
        request,
        mark.restriction,
        lambda by, at: retry_mark(mark=mark, by=by, at=at),
        _("The system is asked again."),
    )


def _restriction_or_404(pk: UUID) -> Restriction:
    restriction = restriction_by_id(pk)
    if restriction is None:
        raise Http404
    return restriction


def _attempt(
    request: StaffRequest,
    restriction: Restriction,
    step: Callable[[Actor, datetime], object],
    done: str,
) -> HttpResponse:
    """Run one step as this member of staff, now; when it does not fit, say so instead."""
    try:
        step(Actor.staff(request.user.pk), timezone.now())
    except NoticeNotSent:
        messages.error(request, _("First tell the person that the restriction will be lifted."))
    except (RestrictionRefused, NotFailed):
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, done)
    return redirect("retention:restriction-detail", pk=restriction.pk)
