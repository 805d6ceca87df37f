"""Who tried to sign in."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain.roles import STAFF_READERS
from accounts.domain.sign_in import KEPT_DAYS, Outcome
from accounts.http import StaffRequest
from accounts.queries import sign_in_attempts
from accounts.texts import OUTCOMES
from accounts.views.access import require_role
from accounts.views.people import attempt_rows

_PER_PAGE = 50


@require_role(*STAFF_READERS)
@require_safe
def sign_in_list(request: StaffRequest) -> HttpResponse:
    shown = request.GET.get("outcome", "")
    outcome = Outcome(shown) if shown in OUTCOMES else None
    page = Paginator(sign_in_attempts(outcome=outcome), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": attempt_rows(list(page)),
        "outcomes": [(key.value, label) for key, label in OUTCOMES.items()],
        "outcome": outcome.value if outcome else "",
        "kept_days": KEPT_DAYS,
    }
    return render(request, "accounts/sign_in_list.html", context)
