"""Erasure on a case: ordering the plan, approving it, and trying again what failed."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from erasure.models import Plan
from erasure.services.approval import NotReady, PlanMovedOn, SamePerson
from erasure.services.work import retry
from requests_portal.domain.representing import MandateNotChecked
from requests_portal.forms.desk import PlanForm
from requests_portal.models import Case
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.erasure import (
    approve_erasure,
    live_plan,
    plan_erasure,
)
from requests_portal.services.findings import claimable, findings_of
from requests_portal.services.rulings import answer_nothing_held
from requests_portal.texts.entering import MANDATE_FIRST
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import attempt, back


@require_role(*WORKERS)
@require_POST
def erasure_plan(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = PlanForm(request.POST, tables=claimable(findings_of(case)))
    if form.is_valid():
        try:
            return attempt(
                request,
                case,
                lambda _by, at: plan_erasure(
                    case=case, claims=form.stated_claims, by=request.user, at=at
                ),
                _("The plan is being computed. Nothing is erased before a second person approves."),
            )
        except (SearchIncomplete, OutcomeContradictsFindings):
            form.add_error(
                None, _("Not every source has been searched yet. Wait or retry it first.")
            )
    return render_case(request, case_or_404(reference), plan_form=form, status=422)


@require_role(Role.DPO, Role.HANDLER)
@require_POST
def erasure_approve(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    plan = _plan_or_404(case)
    try:
        return attempt(
            request,
            case,
            lambda _by, at: approve_erasure(
                case=case,
                plan=plan,
                seen_hash=request.POST.get("seen_hash", ""),
                by=request.user,
                at=at,
            ),
            _("You approved the plan. It is being carried out."),
        )
    except SamePerson:
        messages.error(request, _("You prepared this plan. Another person has to approve it."))
    except MandateNotChecked:
        messages.error(request, MANDATE_FIRST)
    except (NotReady, PlanMovedOn):
        messages.error(request, _("The plan has changed since you saw it. Look at it again."))
    return back(case)


@require_role(*WORKERS)
@require_POST
def erasure_retry(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    plan = _plan_or_404(case)
    return attempt(
        request,
        case,
        lambda by, at: retry(plan=plan, by=by, at=at),
        _("What failed is tried again."),
    )


@require_role(*WORKERS)
@require_POST
def nothing_held(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    try:
        return attempt(
            request,
            case,
            lambda _by, at: answer_nothing_held(case=case, by=request.user, at=at),
            _("The case is answered. The person is told by e-mail."),
        )
    except MandateNotChecked:
        messages.error(request, MANDATE_FIRST)
    except (SearchIncomplete, OutcomeContradictsFindings):
        messages.error(request, _("This does not fit what was found. Look at the case again."))
    return back(case)


def _plan_or_404(case: Case) -> Plan:
    plan = live_plan(case)
    if plan is None:
        raise Http404
    return plan
