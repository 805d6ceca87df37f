"""Runs that erase what is due: what they did, what waits for a person, and how they are steered."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from datamap.queries import NoMap
from retention.forms import StopForm
from retention.models import PurgeRun, PurgeStop, PurgeTable
from retention.services.purge_runs import (
    NoSuchResource,
    PurgeRefused,
    PurgesStopped,
    RunUnderWay,
    start_run,
    stop_in_force,
)
from retention.services.purge_steering import (
    allow_table,
    end_run,
    pause_run,
    release_stop,
    resume_run,
    stop_purges,
)
from retention.views.purges_shown import shown_run
from retention.views.shown import staff_names

READERS = (Role.DPO, Role.ENGINEER, Role.AUDITOR)
STEERERS = (Role.DPO, Role.ENGINEER)
_PER_PAGE = 50
_LIST = "retention/purge_list.html"


@require_role(*READERS)
@require_safe
def purge_list(request: StaffRequest) -> HttpResponse:
    return _list(request, StopForm())


def _list(request: StaffRequest, form: StopForm, status: int = 200) -> HttpResponse:
    page = Paginator(PurgeRun.objects.prefetch_related("tables"), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    people = staff_names()
    context = {
        "page": page,
        "rows": [shown_run(run, people=people) for run in page],
        "stop": stop_in_force(),
        "people": people,
        "form": form,
        "under_way": PurgeRun.objects.filter(finished_at__isnull=True).exists(),
        "may_steer": request.user.has_role(*STEERERS),
    }
    return render(request, _LIST, context, status=status)


@require_role(*READERS)
@require_safe
def purge_detail(request: StaffRequest, pk: UUID) -> HttpResponse:
    run = get_object_or_404(PurgeRun.objects.prefetch_related("tables"), pk=pk)
    context = {
        "row": shown_run(run, people=staff_names()),
        "may_steer": request.user.has_role(*STEERERS),
        "may_allow": request.user.has_role(Role.DPO),
    }
    return render(request, "retention/purge_detail.html", context)


@require_role(*STEERERS)
@require_POST
def purge_start(request: StaffRequest) -> HttpResponse:
    try:
        run = start_run(by=Actor.staff(request.user.pk), at=timezone.now())
    except RunUnderWay:
        messages.error(request, _("A run is under way already."))
    except PurgesStopped:
        messages.error(request, _("Purges are stopped. Release the stop first."))
    except (PurgeRefused, NoSuchResource):
        messages.error(request, _("The clock of this machine shows a time before the last run."))
    except NoMap:
        messages.error(request, _("There is no data map yet."))
    else:
        messages.success(request, _("The run has begun. First it counts what is due."))
        return redirect("purges:purge-detail", pk=run.pk)
    return redirect("purges:purge-list")


@require_role(*STEERERS)
@require_POST
def purge_pause(request: StaffRequest, pk: UUID) -> HttpResponse:
    done = _("The run pauses after the step under way.")
    return _attempt(request, pk, lambda run, by, at: pause_run(run=run, by=by, at=at), done)


@require_role(*STEERERS)
@require_POST
def purge_resume(request: StaffRequest, pk: UUID) -> HttpResponse:
    done = _("The run goes on.")
    return _attempt(request, pk, lambda run, by, at: resume_run(run=run, by=by, at=at), done)


@require_role(*STEERERS)
@require_POST
def purge_end(request: StaffRequest, pk: UUID) -> HttpResponse:
    done = _("The run has ended. What is due stays due for the next one.")
    return _attempt(request, pk, lambda run, by, at: end_run(run=run, by=by, at=at), done)


@require_role(Role.DPO)
@require_POST
def table_allow(request: StaffRequest, pk: UUID, table_id: int) -> HttpResponse:
    table = get_object_or_404(PurgeTable, pk=table_id, run_id=pk)
    done = _("This table is erased now, too.")
    return _attempt(request, pk, lambda _run, by, at: allow_table(table=table, by=by, at=at), done)


@require_role(*STEERERS)
@require_POST
def stop_set(request: StaffRequest) -> HttpResponse:
    form = StopForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        stop_purges(
            reason=form.cleaned_data["reason"],
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
        )
    except PurgesStopped:
        messages.error(request, _("Purges are stopped already."))
    else:
        messages.success(request, _("All purges are stopped."))
    return redirect("purges:purge-list")


@require_role(*STEERERS)
@require_POST
def stop_release(request: StaffRequest, pk: int) -> HttpResponse:
    stop = get_object_or_404(PurgeStop, pk=pk)
    try:
        release_stop(stop=stop, by=Actor.staff(request.user.pk), at=timezone.now())
    except PurgeRefused:
        messages.error(request, _("The stop was released already."))
    else:
        messages.success(request, _("Purges run again."))
    return redirect("purges:purge-list")


def _attempt(
    request: StaffRequest,
    pk: UUID,
    step: Callable[[PurgeRun, Actor, datetime], object],
    done: str,
) -> HttpResponse:
    """Run one step as this member of staff, now; when it does not fit, say so instead."""
    run = get_object_or_404(PurgeRun, pk=pk)
    try:
        step(run, Actor.staff(request.user.pk), timezone.now())
    except PurgeRefused:
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, done)
    return redirect("purges:purge-detail", pk=pk)
