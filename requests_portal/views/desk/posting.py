"""Letters by post: printing what goes out, and noting on which day it was posted."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from lib.blobs import open_blob
from outbox.models import Message
from outbox.services import NotToBePosted
from requests_portal.domain.received import ReceivedInFuture
from requests_portal.forms.posting import PostedForm
from requests_portal.models import Case
from requests_portal.services.posting import (
    PostedTooEarly,
    mark_posted,
    message_of,
    package_to_post,
    paper_of,
    take_package,
)
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import READERS, WORKERS, case_or_404
from requests_portal.views.desk.work import attempt, back


@require_role(*READERS)
@never_cache
@require_safe
def paper_download(request: StaffRequest, reference: str, message_id: int) -> HttpResponse:
    """Show what is to be printed."""
    case = case_or_404(reference)
    pdf = paper_of(case=case, message=_message_or_404(case, message_id))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{case.reference}.pdf"'
    return response


@require_role(*WORKERS)
@require_POST
def paper_posted(request: StaffRequest, reference: str, message_id: int) -> HttpResponse:
    case = case_or_404(reference)
    message = _message_or_404(case, message_id)
    form = PostedForm(request.POST)
    if form.is_valid():
        on = form.cleaned_data["posted_on"]
        try:
            return attempt(
                request,
                case,
                lambda _by, at: mark_posted(
                    case=case, message=message, on=on, by=request.user, at=at
                ),
                _("Noted: the letter was posted."),
            )
        except NotToBePosted:  # a second click, or somebody was quicker
            return back(case)
        except ReceivedInFuture:
            form.add_error("posted_on", _("This day is still to come."))
        except PostedTooEarly:
            form.add_error("posted_on", _("The letter was written after this day."))
    return render_case(request, case, posted_form=form, status=422)


@require_role(*WORKERS)
@never_cache
@require_safe
def package_take(request: StaffRequest, reference: str) -> StreamingHttpResponse:
    """Hand out the files of an answer that goes by post. Each time is on record."""
    case = case_or_404(reference)
    now = timezone.now()
    package = package_to_post(case, at=now)
    if package is None:
        raise Http404
    blob = take_package(case=case, package=package, by=request.user, at=now)
    if blob is None:
        raise Http404
    response = StreamingHttpResponse(open_blob(blob), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{case.reference}.zip"'
    return response


def _message_or_404(case: Case, message_id: int) -> Message:
    message = message_of(case, message_id)
    if message is None:
        raise Http404
    return message
