"""The end of a restriction that a case brought about: the notice, then the lifting (18(3))."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.services.restriction_ends import NothingRestricted, announce_end, end_letter
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.work import back


@require_role(*WORKERS)
@require_POST
def restriction_end(request: StaffRequest, reference: str) -> HttpResponse:
    """Show the notice; sending it ends the restriction as soon as the mail has left the house."""
    case = case_or_404(reference)
    try:
        return letter_step(
            request,
            case,
            end_letter(case),
            lambda draft, at: announce_end(case=case, draft=draft, by=request.user, at=at),
            _("The notice is on its way. The restriction is lifted when the mail has been sent."),
        )
    except NothingRestricted:
        messages.error(request, _("Nothing of this case is restricted, or its end is announced."))
    return back(case)
