"""Showing who one is, at the portal: a code to the phone, an answer, a document."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from requests_portal.domain.identity import Verdict
from requests_portal.forms.identity import CodeForm, ProofForm
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.phone_codes import CodeUnderWay, NoMoreCodes, enter_code, request_code
from requests_portal.services.proofs import answer_with_proof
from requests_portal.texts.identity import VERDICTS
from requests_portal.views.portal import session
from requests_portal.views.portal.status import render_status


@never_cache
@require_POST
def proof_send(request: HttpRequest) -> HttpResponse:
    """Take the answer to who the person is."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_status(request, case, proof_form=form, status=422)
    with suppress(CaseMovedOn):  # answered meanwhile: the page says how it stands
        answer_with_proof(
            case=case,
            words=form.cleaned_data["answer"],
            files=form.cleaned_data["documents"],
            at=timezone.now(),
        )
        messages.success(request, _("Your answer has arrived. Thank you."))
    return redirect("portal:request-status")


@never_cache
@require_POST
def code_request(request: HttpRequest) -> HttpResponse:
    """Order a code to the number that staff chose."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    try:
        request_code(case=case, at=timezone.now())
    except CodeUnderWay:
        messages.info(request, _("We have just sent you a code. It can take a minute to arrive."))
    except NoMoreCodes:
        messages.error(request, _("We cannot send a further code. Answer in words instead."))
    except CaseMovedOn:
        pass  # answered meanwhile: the page says how it stands
    else:
        messages.success(request, _("The code is on its way to your phone."))
    return redirect("portal:request-status")


@never_cache
@require_POST
def code_enter(request: HttpRequest) -> HttpResponse:
    """Take a code; the right one answers the question."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            verdict = enter_code(case=case, code=form.cleaned_data["code"], at=timezone.now())
        except CaseMovedOn:  # answered meanwhile: the page says how it stands
            return redirect("portal:request-status")
        if verdict is Verdict.RIGHT:
            messages.success(request, _("Thank you. You have shown who you are."))
            return redirect("portal:request-status")
        form.add_error("code", str(VERDICTS[verdict]))
    return render_status(request, case, code_form=form, status=422)
