"""Taking more time: the notice is previewed, adjusted and sent."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.extending import (
    ExtensionGround,
    ExtensionTooLate,
    ExtensionUnwarned,
    MayExtend,
)
from requests_portal.forms.extending import ExtensionForm
from requests_portal.services.extending import extend, extension_letter
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.extending_shown import may_extend_today
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.work import back


@require_role(*WORKERS)
@require_POST
def extension_tell(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    late = may_extend_today(case, at=timezone.now()) is MayExtend.LATE
    form = ExtensionForm(request.POST, late=late)
    if not form.is_valid():
        return render_case(request, case, extension_form=form, status=422)
    ground = ExtensionGround(form.cleaned_data["ground"])
    try:
        return letter_step(
            request,
            case,
            extension_letter(case=case, ground=ground, reasons=form.cleaned_data["reasons"]),
            lambda draft, at: extend(
                case=case,
                ground=ground,
                draft=draft,
                warning_read=form.cleaned_data.get("warning_read", False),
                by=request.user,
                at=at,
            ),
            _("The notice is on its way. The dates move when the mail has been sent."),
        )
    except ExtensionTooLate:
        messages.error(
            request, _("The last day by law is over: the time cannot be extended any more.")
        )
    except ExtensionUnwarned:
        messages.error(request, _("The safe date is over meanwhile. Read the warning first."))
    return back(case)
