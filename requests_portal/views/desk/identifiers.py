"""Correcting under which identifiers a person is searched for."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.lifecycle import State
from requests_portal.forms.identifiers import IdentifiersForm
from requests_portal.models import Case
from requests_portal.services.identification import NothingToSearchBy
from requests_portal.services.identifiers import (
    CORRECTABLE,
    NothingCorrected,
    correct_identifiers,
)
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import attempt

_PAGE = "requests_portal/desk/identifiers.html"


@require_role(*WORKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def identifiers_correct(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    if State(case.state) not in CORRECTABLE:
        return redirect("desk:case-detail", reference=case.reference)
    form = IdentifiersForm(request.POST or None, case=case)
    if request.method != "POST" or not form.is_valid():
        return _page(request, case, form)
    try:
        return attempt(
            request,
            case,
            lambda _by, at: correct_identifiers(
                case=case,
                to=form.identifiers(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=at,
            ),
            _("The identifiers are corrected."),
        )
    except NothingCorrected:
        form.add_error(None, _("Nothing was changed: all of it is as it was."))
    except NothingToSearchBy:
        form.add_error(None, _("Leave something to search by: a phone or a customer number."))
    return _page(request, case, form)


def _page(request: StaffRequest, case: Case, form: IdentifiersForm) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "searched": case.state == State.IN_PROGRESS,
        "changes": case.identifier_changes.select_related("changed_by"),
    }
    return render(request, _PAGE, context, status=422 if form.errors else 200)
