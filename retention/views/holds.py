"""Legal holds: which are in force, placing one, looking at it again, releasing it by two people."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.roles import CASE_READERS, Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from audit.services import record
from retention.forms import HoldForm, ProposalForm, ReviewForm
from retention.models import LegalHold
from retention.queries import hold_by_id, holds
from retention.services.hold_preview import preview
from retention.services.holds import (
    HoldRefused,
    SecondPersonNeeded,
    place_hold,
    propose_release,
    release_hold,
    review_hold,
)
from retention.views.holds_shown import controller_names, shown_hold, shown_preview
from retention.views.shown import resource_titles, staff_names, titles_of_map

READERS = (*CASE_READERS, Role.SECURITY)
RELEASERS = (Role.DPO, Role.SECURITY)
_PER_PAGE = 50


@require_role(*READERS)
@require_safe
def hold_list(request: StaffRequest) -> HttpResponse:
    """Show those in force, whose review comes first first, or those that were released."""
    in_force = request.GET.get("show") != "released"
    page = Paginator(holds(in_force=in_force), _PER_PAGE).get_page(request.GET.get("page"))
    titles, people, controllers = titles_of_map(), staff_names(), controller_names()
    context = {
        "page": page,
        "rows": [
            shown_hold(one, titles=titles, people=people, controllers=controllers) for one in page
        ],
        "in_force": in_force,
        "may_place": request.user.has_role(Role.DPO),
    }
    return render(request, "retention/hold_list.html", context)


@require_role(Role.DPO)
@require_http_methods(["GET", "HEAD", "POST"])
def hold_new(request: StaffRequest) -> HttpResponse:
    """Show what would be held, then hold it."""
    form = HoldForm(
        request.POST or None,
        resources=list(resource_titles().items()),
        controllers=list(controller_names().items()),
    )
    context = {"form": form}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "retention/hold_new.html", context, status=status)
    if request.POST.get("step") != "place":
        tables = shown_preview(preview(form.scope()))
        return render(request, "retention/hold_new.html", {**context, "tables": tables})
    by = Actor.staff(request.user.pk)
    hold = place_hold(scope=form.scope(), order=form.order(), by=by, at=timezone.now())
    messages.success(request, _("The data is held from now on."))
    return redirect("holds:hold-detail", pk=hold.pk)


@require_role(*READERS)
@require_safe
def hold_detail(request: StaffRequest, pk: UUID) -> HttpResponse:
    hold = _hold_or_404(pk)
    with transaction.atomic():  # every look at personal data is on record
        record(
            "hold.viewed",
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
            object_kind="hold",
            object_id=str(pk),
        )
    return _detail(request, hold)


@require_role(Role.DPO)
@require_POST
def hold_review(request: StaffRequest, pk: UUID) -> HttpResponse:
    hold, form = _hold_or_404(pk), ReviewForm(request.POST)
    if not form.is_valid():
        return _detail(request, hold, review=form)
    day = form.cleaned_data["review_on"]
    return _attempt(
        request,
        pk,
        lambda by, at: review_hold(hold=hold, review_on=day, by=by, at=at),
        _("It is recorded that the hold still has to stand."),
    )


@require_role(Role.DPO)
@require_POST
def hold_propose(request: StaffRequest, pk: UUID) -> HttpResponse:
    hold, form = _hold_or_404(pk), ProposalForm(request.POST)
    if not form.is_valid():
        return _detail(request, hold, proposal=form)
    reason = form.cleaned_data["reason"]
    return _attempt(
        request,
        pk,
        lambda by, at: propose_release(hold=hold, reason=reason, by=by, at=at),
        _("The release is proposed. The hold stands until a second person releases it."),
    )


@require_role(*RELEASERS)
@require_POST
def hold_release(request: StaffRequest, pk: UUID) -> HttpResponse:
    hold = _hold_or_404(pk)
    return _attempt(
        request,
        pk,
        lambda by, at: release_hold(hold=hold, by=by, at=at),
        _("The hold is released. What it held back is erased when its time has come."),
    )


def _detail(
    request: StaffRequest,
    hold: LegalHold,
    *,
    review: ReviewForm | None = None,
    proposal: ProposalForm | None = None,
) -> HttpResponse:
    is_mine = hold.proposed_by == f"staff:{request.user.pk}"
    context = {
        "row": shown_hold(
            hold,
            titles=titles_of_map(),
            people=staff_names(),
            controllers=controller_names(),
            with_people=True,
        ),
        "review": review or ReviewForm(),
        "proposal": proposal or ProposalForm(),
        "may_propose": request.user.has_role(Role.DPO),
        "may_release": request.user.has_role(*RELEASERS) and not is_mine,
        "is_mine": is_mine,
    }
    status = 422 if review or proposal else 200
    return render(request, "retention/hold_detail.html", context, status=status)


def _hold_or_404(pk: UUID) -> LegalHold:
    hold = hold_by_id(pk)
    if hold is None:
        raise Http404
    return hold


def _attempt(
    request: StaffRequest, pk: UUID, step: Callable[[Actor, datetime], object], done: str
) -> HttpResponse:
    """Run one step as this member of staff, now; when it does not fit, say so instead."""
    try:
        step(Actor.staff(request.user.pk), timezone.now())
    except SecondPersonNeeded:
        messages.error(request, _("You proposed the release. Somebody else has to release it."))
    except HoldRefused:
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, done)
    return redirect("holds:hold-detail", pk=pk)
