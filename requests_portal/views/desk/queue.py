"""The queue: every open case, the nearest safe date first."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from lib.entities import ENTITIES
from requests_portal.domain.lifecycle import State
from requests_portal.domain.references import clean_reference
from requests_portal.domain.rights import Right
from requests_portal.queries import case_by_reference
from requests_portal.services.clock import clock_state
from requests_portal.services.queue import queue, queue_counts
from requests_portal.services.signs import signs_of
from requests_portal.texts.cases import STATES
from requests_portal.texts.rights import RIGHT_NAMES
from requests_portal.texts.signs import SIGNS, TONES
from requests_portal.views.desk.fetch import READERS, WORKERS

FILTERS = {
    "open": _("Open"),
    "mine": _("Mine"),
    "unassigned": _("Unassigned"),
    "soon": _("Due soon"),
    "overdue": _("Overdue"),
    "waiting": _("Waiting"),
    "problems": _("Failures"),
    "messages": _("New messages"),
    "outside": _("To tell others"),
    "post": _("To be posted"),
    "closed": _("Answered"),
}
_PER_PAGE = 50


@require_role(*READERS)
@require_safe
def case_list(request: StaffRequest) -> HttpResponse:
    wanted = clean_reference(request.GET.get("q", ""))
    if wanted and (found := case_by_reference(wanted)):
        return redirect("desk:case-detail", reference=found.reference)
    name = request.GET.get("show", "open")
    now = timezone.now()
    scope, narrowed = _narrowed(request.GET)
    cases = queue(name=name, user=request.user, at=now, scope=scope)
    page = Paginator(cases, _PER_PAGE).get_page(request.GET.get("page"))
    signs = signs_of([case.id for case in page])
    counts = queue_counts(user=request.user, at=now, scope=scope)
    context = {
        "page": page,
        "show": name if name in FILTERS else "open",
        "filters": [(key, label, getattr(counts, key)) for key, label in FILTERS.items()],
        "rows": [
            (
                case,
                clock_state(case, at=now),
                RIGHT_NAMES[Right(case.right)],
                STATES[State(case.state)],
                [(SIGNS[sign], TONES[sign]) for sign in signs.get(case.id, ())],
            )
            for case in page
        ],
        "rights": [(right.value, label) for right, label in RIGHT_NAMES.items()],
        "companies": [(code, one.legal_name) for code, one in ENTITIES.items()],
        "narrowed": narrowed,
        "may_work": request.user.has_role(*WORKERS),
        "not_found": request.GET.get("q", ""),
    }
    return render(request, "requests_portal/desk/queue.html", context)


def _narrowed(given: QueryDict) -> tuple[Q, dict[str, str]]:
    """Read the right and the company that were chosen; what is none of them narrows nothing."""
    known = {"right": [right.value for right in Right], "entity_code": list(ENTITIES)}
    chosen = {
        name: value for name, values in known.items() if (value := given.get(name, "")) in values
    }
    return Q(**chosen), chosen
