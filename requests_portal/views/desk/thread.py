"""The correspondence on the case page: writing to the person, and noting what was read."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.forms.thread import PostForm, ReadForm
from requests_portal.services.thread import note_read_by_staff, post_by_staff
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.work import back


@require_role(*WORKERS)
@require_POST
def post_write(request: StaffRequest, reference: str) -> HttpResponse:
    """Send a message; what the page showed of the person's counts as read."""
    case = case_or_404(reference)
    form = PostForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, post_form=form, status=422)
    at = timezone.now()
    post_by_staff(case=case, words=form.cleaned_data["words"], by=request.user, at=at)
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
