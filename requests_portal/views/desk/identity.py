"""Who the person is: offering a code, looking at proof, recording what came of it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.identity import Way
from requests_portal.forms.identity import NumberForm, OutcomeForm
from requests_portal.services.identity import (
    WayNotOpen,
    identity_questions,
    numbers_on_record,
    record_outcome,
    ways_open,
)
from requests_portal.services.phone_codes import NoGateway, NotOnRecord, offer_code
from requests_portal.services.proofs import NotForYou, look_at_proof
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import attempt
from requests_portal.views.handing_out import handed_out


@require_role(*WORKERS)
@require_POST
def code_offer(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = NumberForm(request.POST, numbers=numbers_on_record(case))
    if form.is_valid():
        try:
            return attempt(
                request,
                case,
                lambda _by, at: offer_code(
                    case=case, number=form.cleaned_data["number"], by=request.user, at=at
                ),
                _("The person can have a code sent to this number, on the page of the request."),
            )
        except NoGateway:
            form.add_error("number", _("No gateway for text messages is configured."))
        except NotOnRecord:
            form.add_error("number", _("This number is not on record any more."))
    return render_case(request, case, number_form=form, status=422)


@require_role(*WORKERS)
@require_POST
def outcome_record(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = OutcomeForm(request.POST, ways=ways_open(case, identity_questions(case)))
    if form.is_valid():
        try:
            return attempt(
                request,
                case,
                lambda _by, at: record_outcome(
                    case=case,
                    way=Way(form.cleaned_data["way"]),
                    is_confirmed=form.cleaned_data["is_confirmed"],
                    note=form.cleaned_data["note"],
                    by=request.user,
                    at=at,
                ),
                _("The outcome is recorded."),
            )
        except WayNotOpen:
            form.add_error("way", _("Nothing has come from the person in this way."))
    return render_case(request, case_or_404(reference), outcome_form=form, status=422)


@require_role(*WORKERS)
@never_cache
@require_GET
def proof_download(request: StaffRequest, reference: str, file_id: int) -> StreamingHttpResponse:
    """Hand out a document that shows who the person is; the look is on record."""
    case = case_or_404(reference)
    try:
        file = look_at_proof(case=case, file_id=file_id, by=request.user, at=timezone.now())
    except NotForYou as refusal:
        raise PermissionDenied from refusal
    if file is None:
        raise Http404
    return handed_out(file)
