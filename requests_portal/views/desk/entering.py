"""Entering a request that came by e-mail, letter or phone, and looking at its scan."""

from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from lib.blobs import open_blob
from requests_portal.domain.files import CONTENT_TYPES, FileKind
from requests_portal.forms.entering import EntryForm, MandateForm
from requests_portal.models import Case, Entry
from requests_portal.services.cases import AlreadyFiled
from requests_portal.services.entering import case_entered, enter_request, note_scan_viewed
from requests_portal.services.representing import check_mandate
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import attempt, back

_PAGE = "requests_portal/desk/case_new.html"


@require_role(*WORKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        return render(request, _PAGE, {"form": EntryForm(now=now, initial=_blank())})
    form = EntryForm(request.POST, request.FILES, now=now)
    if not form.is_valid():
        return render(request, _PAGE, {"form": form}, status=422)
    return _entered(request, form)


def _entered(request: StaffRequest, form: EntryForm) -> HttpResponse:
    submission = form.cleaned_data["submission"]
    try:
        case = enter_request(
            intake=form.intake(),
            submission=submission,
            scan=form.cleaned_data["scan"],
            by=request.user,
            at=timezone.now(),
        )
    except AlreadyFiled:  # a second click: the first one made the case
        found: Case | None = case_entered(submission)
        if found is None:
            raise Http404 from None
        return back(found)
    messages.success(request, _("The request is entered. The clock runs from the day it came."))
    return back(case)


def _blank() -> dict[str, object]:
    return {"submission": uuid4()}


@require_role(*WORKERS)
@never_cache
@require_safe
def scan_download(request: StaffRequest, reference: str) -> StreamingHttpResponse:
    """Show the scan under the type that was found in it. Every look is on record."""
    case = case_or_404(reference)
    entry = Entry.objects.select_related("scan").filter(case=case).first()
    if entry is None or entry.scan is None:
        raise Http404
    note_scan_viewed(case=case, by=request.user, at=timezone.now())
    kind = FileKind(entry.scan_kind)
    response = StreamingHttpResponse(open_blob(entry.scan), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'inline; filename="{case.reference}-scan.{kind.value}"'
    return response


@require_role(*WORKERS)
@require_POST
def mandate_check(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = MandateForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, mandate_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: check_mandate(
            case=case, how=form.cleaned_data["how_checked"], by=request.user, at=at
        ),
        _("Noted. The request can be decided now."),
    )
