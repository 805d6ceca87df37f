"""What staff do with a case. Each is one POST, one service call, and back to the case."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from erasure.services.planning import PlanUnderWay
from lib.units import NotFailed
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import IllegalTransition
from requests_portal.domain.representing import MandateNotChecked
from requests_portal.domain.rights import Outcome, Right
from requests_portal.forms.desk import DecisionForm
from requests_portal.models import Case, CollectionUnit, Package
from requests_portal.services.cases import assign, close_answered
from requests_portal.services.collection import (
    StillSearching,
    retry_unit,
    search_only_proven,
    start_collection,
)
from requests_portal.services.decisions import (
    NothingToPort,
    OutcomeContradictsFindings,
    SearchIncomplete,
    decide,
)
from requests_portal.services.identification import NothingToSearchBy, own_keys
from requests_portal.services.mails import send_again
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.packages import retry_package
from requests_portal.texts.entering import MANDATE_FIRST
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404


def back(case: Case) -> HttpResponse:
    return redirect("desk:case-detail", reference=case.reference)


def attempt(
    request: StaffRequest, case: Case, step: Callable[[Actor, datetime], object], done: str
) -> HttpResponse:
    """Run one step as this member of staff, now; when somebody was quicker, say so instead."""
    try:
        step(Actor.staff(request.user.pk), timezone.now())
    except (IllegalTransition, CaseMovedOn, NotFailed, PlanUnderWay, StillSearching):
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
    else:
        messages.success(request, done)
    return back(case)


@require_role(*WORKERS)
@require_POST
def case_assign(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    return attempt(
        request,
        case,
        lambda by, at: assign(case=case, to=request.user, by=by, at=at),
        _("The case is yours now."),
    )


@require_role(*WORKERS)
@require_POST
def case_start(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    try:
        return attempt(
            request,
            case,
            lambda by, at: start_collection(case=case, by=by, at=at),
            _("Work on it has begun.")
            if Right(case.right) is Right.COMPLAINT
            else _("The search has begun in every source."),
        )
    except NothingToSearchBy:
        messages.error(
            request,
            _(
                "Nobody can be searched for by a name alone. Correct the identifiers first: a "
                "phone or a customer number."
            ),
        )
        return back(case)


@require_role(*WORKERS)
@require_POST
def case_narrow(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    if not own_keys(case):  # nothing is proven for somebody who is spoken for
        raise Http404
    return attempt(
        request,
        case,
        lambda by, at: search_only_proven(case=case, by=by, at=at),
        _("What was found is thrown away. The search begins anew without the marked numbers."),
    )


@require_role(*WORKERS)
@require_POST
def mail_send_again(request: StaffRequest, reference: str, message_id: int) -> HttpResponse:
    case = case_or_404(reference)
    message = get_object_or_404(messages_for(f"case:{case.id}:"), pk=message_id)
    return attempt(
        request,
        case,
        lambda by, at: send_again(case=case, message=message, by=by, at=at),
        _("The mail is sent again."),
    )


@require_role(*WORKERS)
@require_POST
def unit_retry(request: StaffRequest, reference: str, unit_id: int) -> HttpResponse:
    case = case_or_404(reference)
    unit = get_object_or_404(CollectionUnit, pk=unit_id, case=case)
    return attempt(
        request,
        case,
        lambda by, at: retry_unit(unit=unit, by=by, at=at),
        _("The source is searched again."),
    )


@require_role(*WORKERS)
@require_POST
def package_retry(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    package = get_object_or_404(Package, case=case)
    return attempt(
        request,
        case,
        lambda by, at: retry_package(package=package, by=by, at=at),
        _("The package is built again."),
    )


@require_role(*WORKERS)
@require_POST
def case_decide(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = DecisionForm(request.POST, right=Right(case.right))
    if form.is_valid():
        try:
            return attempt(
                request,
                case,
                lambda _by, at: decide(
                    case=case,
                    outcome=Outcome(form.cleaned_data["outcome"]),
                    message=form.cleaned_data["message"],
                    identity_checked=form.cleaned_data["identity_checked"],
                    by=request.user,
                    at=at,
                ),
                _("Your decision is recorded. The answer is being prepared."),
            )
        except SearchIncomplete:
            form.add_error(
                None, _("Not every source has been searched yet. Wait or retry it first.")
            )
        except MandateNotChecked:
            form.add_error(None, str(MANDATE_FIRST))
        except NothingToPort:
            form.add_error(
                "outcome",
                _(
                    "None of what was found can be taken elsewhere: refuse the request on that "
                    "ground, Article 20(1)."
                ),
            )
        except OutcomeContradictsFindings:
            form.add_error("outcome", _("This does not fit what was found. Choose the other one."))
    return render_case(request, case_or_404(reference), form=form, status=422)


@require_role(*WORKERS)
@require_POST
def case_close(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    return attempt(
        request,
        case,
        lambda by, at: close_answered(case=case, by=by, at=at),
        _("The case is closed."),
    )
