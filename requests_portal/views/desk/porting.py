"""Portability at the desk: the wish, the approval, the code, and the way back to the person."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.forms.porting import ReturnForm, WishForm
from requests_portal.models import Transfer
from requests_portal.services.handing_over import (
    approve_transfer,
    release_code,
    retry_transfer,
    return_to_person,
)
from requests_portal.services.porting import note_wish
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import attempt


@require_role(*WORKERS)
@require_POST
def wish_note(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = WishForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, wish_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: note_wish(case=case, wish=form.wish, by=request.user, at=at),
        _("Where the data goes is noted."),
    )


@require_role(Role.DPO)
@require_POST
def transfer_approve(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    return attempt(
        request,
        case,
        lambda _by, at: approve_transfer(case=case, by=request.user, at=at),
        _("The transfer is approved. The package is being sent."),
    )


@require_role(*WORKERS)
@require_POST
def transfer_retry(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    transfer = get_object_or_404(Transfer.objects.select_related("case"), case=case)
    return attempt(
        request,
        case,
        lambda by, at: retry_transfer(transfer=transfer, by=by, at=at),
        _("The package is sent again."),
    )


@require_role(*WORKERS)
@require_POST
def code_release(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    return attempt(
        request,
        case,
        lambda _by, at: release_code(case=case, by=request.user, at=at),
        _("Released. The person is told by e-mail and makes the code behind their link."),
    )


@require_role(*WORKERS)
@require_POST
def package_return(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, return_form=form, status=422)
    reason = form.cleaned_data["reason"]
    return attempt(
        request,
        case,
        lambda _by, at: return_to_person(case=case, reason=reason, by=request.user, at=at),
        _("The person is given the package, and told why it was not handed to the company."),
    )
