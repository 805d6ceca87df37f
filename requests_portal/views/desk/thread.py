"""The correspondence on the case page: writing to the person, noting what was read, files."""

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.forms.thread import PostForm, ReadForm
from requests_portal.services.thread import (
    attachment_of,
    note_look,
    note_read_by_staff,
    post_by_staff,
)
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import back
from requests_portal.views.handing_out import handed_out


@require_role(*WORKERS)
@require_POST
def post_write(request: StaffRequest, reference: str) -> HttpResponse:
    """Send a message; what the page showed of the person's counts as read."""
    case = case_or_404(reference)
    form = PostForm(request.POST, request.FILES, auto_id="id_post_%s")
    if not form.is_valid():
        return render_case(request, case, post_form=form, status=422)
    at = timezone.now()
    post_by_staff(
        case=case,
        words=form.cleaned_data["words"],
        files=form.cleaned_data["attachments"],
        by=request.user,
        at=at,
    )
    note_read_by_staff(case=case, upto=form.cleaned_data["upto"] or 0, by=request.user, at=at)
    messages.success(request, _("The person is told by e-mail that a message waits."))
    return back(case)


@require_role(*WORKERS)
@require_POST
def post_read(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = ReadForm(request.POST)
    if form.is_valid():
        note_read_by_staff(
            case=case, upto=form.cleaned_data["upto"], by=request.user, at=timezone.now()
        )
        messages.success(request, _("Marked as read."))
    return back(case)


@require_role(*WORKERS)
@never_cache
@require_GET
def attachment_download(
    request: StaffRequest, reference: str, attachment_id: int
) -> StreamingHttpResponse:
    """Hand out a file of the thread; a look at the person's is on record."""
    case = case_or_404(reference)
    attachment = attachment_of(case, attachment_id)
    if attachment is None:
        raise Http404
    note_look(case=case, attachment=attachment, by=request.user, at=timezone.now())
    return handed_out(attachment)
