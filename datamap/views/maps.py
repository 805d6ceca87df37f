"""The data map for staff: what it says, whether the sources agree, and who confirms a wider one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from datamap.domain.loads import LoadState
from datamap.forms import ConfirmForm, RejectForm
from datamap.models import MapLoad
from datamap.queries import NoMap, changes_of, current_map, current_version, loads, proposed_load
from datamap.services import check_sources
from datamap.services.confirming import ProposalMovedOn, SamePerson, confirm, reject
from datamap.views.maps_shown import (
    shown_changes,
    shown_columns,
    shown_load,
    shown_resources,
    shown_table,
)

READERS = (Role.DPO, Role.ENGINEER, Role.HANDLER, Role.AUDITOR)
CHECKERS = (Role.DPO, Role.ENGINEER)
_PER_PAGE = 50


def _overview(request: StaffRequest, **more: object) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()
    try:
        version, datamap = current_version(), current_map()
    except NoMap:
        return render(request, "datamap/map_overview.html", {"version": None})
    context = {
        "version": version,
        "resources": shown_resources(datamap, wanted=wanted),
        "wanted": wanted,
        "proposed": proposed_load(),
        "may_check": request.user.has_role(*CHECKERS),
        **more,
    }
    return render(request, "datamap/map_overview.html", context)


@require_role(*READERS)
@require_safe
def map_overview(request: StaffRequest) -> HttpResponse:
    return _overview(request)


@require_role(*CHECKERS)
@require_POST
def map_check(request: StaffRequest) -> HttpResponse:
    """Compare the map in force with the live sources, each within its own limit of time."""
    try:
        findings = list(check_sources(current_map()))
    except NoMap:
        return redirect("datamap:map-overview")
    return _overview(request, checked=True, findings=findings)


@require_role(*READERS)
@require_safe
def table_detail(request: StaffRequest, resource: str, name: str) -> HttpResponse:
    try:
        datamap = current_map()
        source = datamap.resource(resource)
        table = source.table(name)
    except (NoMap, KeyError):
        raise Http404 from None
    context = {
        "line": shown_table(datamap, source, table),
        "columns": list(shown_columns(table)),
    }
    return render(request, "datamap/map_table.html", context)


@require_role(*READERS)
@require_safe
def load_list(request: StaffRequest) -> HttpResponse:
    page = Paginator(loads(), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [shown_load(one) for one in page]}
    return render(request, "datamap/map_loads.html", context)


def _detail(
    request: StaffRequest, load: MapLoad, *, form: Form | None = None, status: int = 200
) -> HttpResponse:
    changes = shown_changes(changes_of(load))
    is_open = LoadState(load.state) is LoadState.PROPOSED
    in_force = current_version().hash
    context = {
        "row": shown_load(load),
        "load": load,
        "changes": changes,
        "widening": sum(one.widens for one in changes),
        "is_open": is_open,
        "is_own": load.loaded_by_id == request.user.pk,
        "may_decide": is_open and request.user.has_role(Role.DPO),
        "confirm_form": ConfirmForm(initial={"seen_against": in_force}),
        "form": form or RejectForm(),
    }
    return render(request, "datamap/map_load.html", context, status=status)


def _load_or_404(pk: int) -> MapLoad:
    return get_object_or_404(loads(), pk=pk)


@require_role(*READERS)
@require_safe
def load_detail(request: StaffRequest, pk: int) -> HttpResponse:
    return _detail(request, _load_or_404(pk))


@require_role(Role.DPO)
@require_POST
def load_confirm(request: StaffRequest, pk: int) -> HttpResponse:
    load = _load_or_404(pk)
    form = ConfirmForm(request.POST)
    seen = form.cleaned_data["seen_against"] if form.is_valid() else ""
    try:
        confirm(load=load, seen_against=seen, by=request.user, at=timezone.now())
    except SamePerson:
        messages.error(request, _("You proposed this map. Somebody else has to confirm it."))
    except ProposalMovedOn:
        messages.error(
            request, _("The map has moved on since this page was shown. Look at it again.")
        )
    else:
        messages.success(request, _("The map is in force now."))
    return redirect("datamap:load-detail", pk=pk)


@require_role(Role.DPO)
@require_POST
def load_reject(request: StaffRequest, pk: int) -> HttpResponse:
    load = _load_or_404(pk)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _detail(request, load, form=form, status=422)
    try:
        reject(load=load, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
    except ProposalMovedOn:
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, _("The map is rejected. The one in force stays."))
    return redirect("datamap:load-detail", pk=pk)
