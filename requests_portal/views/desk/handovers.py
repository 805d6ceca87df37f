"""Passing a request on to a controller: its letter is previewed, adjusted and sent."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.forms.outside import LetterLanguageForm
from requests_portal.models import Handover, HandoverFile
from requests_portal.services.decisions import SearchIncomplete
from requests_portal.services.forwarding import (
    NothingEntrusted,
    hand_over,
    letter_for,
    part_of,
    send_handover_again,
)
from requests_portal.services.handover_files import retry_file
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.work import attempt, back


@require_role(*WORKERS)
@require_POST
def handover_send(request: StaffRequest, reference: str, controller_id: str) -> HttpResponse:
    """Show the letter to the controller; sending it passes the request on."""
    case = case_or_404(reference)
    form = LetterLanguageForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, language_form=form, status=422)
    try:
        part = part_of(case, controller_id)
        return letter_step(
            request,
            case,
            letter_for(case, part, language=form.cleaned_data["language"]),
            lambda draft, at: hand_over(
                case=case, controller_id=controller_id, draft=draft, by=request.user, at=at
            ),
            _("The request is passed on. The person is told who decides."),
        )
    except NothingEntrusted:
        raise Http404 from None
    except SearchIncomplete:
        messages.error(
            request, _("Not every source has been searched yet. Wait or retry it first.")
        )
    return back(case)


@require_role(*WORKERS)
@require_POST
def handover_again(request: StaffRequest, reference: str, handover_id: int) -> HttpResponse:
    case = case_or_404(reference)
    handover = get_object_or_404(Handover, pk=handover_id, case=case)
    return attempt(
        request,
        case,
        lambda _by, at: send_handover_again(handover=handover, by=request.user, at=at),
        _("The controller is sent a new link. The former one no longer works."),
    )


@require_role(*WORKERS)
@require_POST
def handover_file_again(request: StaffRequest, reference: str, handover_id: int) -> HttpResponse:
    case = case_or_404(reference)
    file = get_object_or_404(HandoverFile, handover=handover_id, handover__case=case)
    return attempt(
        request,
        case,
        lambda by, at: retry_file(file=file, by=by, at=at),
        _("The file is built again."),
    )
