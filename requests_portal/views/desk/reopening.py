"""Merging duplicates, opening an ended request again, and closing it again by letter."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.merging import (
    AnotherRight,
    EarlierClock,
    MergeRefused,
    NotTheSamePerson,
    SameRequest,
)
from requests_portal.domain.references import clean_reference
from requests_portal.forms.reopening import MergeForm, ReopenForm
from requests_portal.queries import case_by_reference
from requests_portal.services.merging import merge
from requests_portal.services.reopening import closing_letter, conclude, may_conclude, reopen
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.work import attempt, back

_WHY: dict[type[MergeRefused], str | Promise] = {
    SameRequest: gettext_lazy("A request cannot be merged into itself."),
    NotTheSamePerson: gettext_lazy(
        "The two requests came from different addresses or are made for different people. Only "
        "requests of one person are merged."
    ),
    EarlierClock: gettext_lazy("The older request goes on: merge the newer one into it."),
    AnotherRight: gettext_lazy(
        "The two are about different rights or companies. Confirm that one answer covers both."
    ),
}


@require_role(*WORKERS)
@require_POST
def case_merge(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = MergeForm(request.POST)
    into = form.is_valid() and case_by_reference(clean_reference(form.cleaned_data["into"]) or "")
    if not into:
        raise Http404
    try:
        return attempt(
            request,
            case,
            lambda _by, at: merge(
                case=case,
                into=into,
                covers_both=form.cleaned_data["covers_both"],
                by=request.user,
                at=at,
            ),
            _("The request is merged. The person is told which one goes on."),
        )
    except MergeRefused as refusal:
        messages.error(request, str(_WHY[type(refusal)]))
    return back(case)


@require_role(*WORKERS)
@require_POST
def case_reopen(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, reopen_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: reopen(case=case, words=form.cleaned_data["words"], by=request.user, at=at),
        _("The request is open again. Its dates are those of the day it reached us."),
    )


@require_role(*WORKERS)
@require_POST
def case_conclude(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    if not may_conclude(case):
        messages.error(request, _("Somebody has already moved this on. This is how it stands now."))
        return back(case)
    return letter_step(
        request,
        case,
        closing_letter(case),
        lambda draft, at: conclude(case=case, draft=draft, by=request.user, at=at),
        _("The request is closed again and the letter is on its way."),
    )
