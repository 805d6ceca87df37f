"""The record of processing activities (Art. 30): shown, and handed out as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.domain.roles import CASE_READERS
from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from datamap.domain.vocabulary import Role
from datamap.queries import NoMap
from retention.forms import RecordFileForm
from retention.services.records import record_of_processing
from retention.services.records_files import record_file as make_file


@require_role(*CASE_READERS)
@require_safe
def record_page(request: StaffRequest) -> HttpResponse:
    """Show the record; `role` shows only what is done as controller, or as processor."""
    wanted = request.GET.get("role", "")
    form = RecordFileForm(initial={"language": get_language()})
    context: dict[str, object] = {
        "form": form,
        "role": wanted if wanted in list(Role) else "",
    }
    try:
        context["record"] = record_of_processing(at=timezone.now())
    except NoMap:
        context["record"] = None
    return render(request, "retention/records/page.html", context)


@require_role(*CASE_READERS)
@require_safe
def record_file(request: StaffRequest) -> HttpResponse:
    """Hand out the whole record in the language and form asked for."""
    form = RecordFileForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        made = make_file(
            kind=form.chosen_kind(),
            language=form.cleaned_data["language"],
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
        )
    except NoMap:
        raise Http404 from None
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response
