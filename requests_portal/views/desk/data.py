"""Looking through what was found. Every look at personal data is on record."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from requests_portal.queries import table_of
from requests_portal.services.corrections import may_correct
from requests_portal.services.findings import rows_page
from requests_portal.services.trail import record_on_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404


@require_role(*WORKERS)
@never_cache
@require_safe
def table_rows(request: StaffRequest, reference: str, table_id: int) -> HttpResponse:
    case = case_or_404(reference)
    table = table_of(case, table_id)
    if table is None or table.blob is None:
        raise Http404
    number = request.GET.get("page", "1")
    page = rows_page(table, number=int(number[:9]) if number.isdecimal() else 1)
    with transaction.atomic():
        record_on_case(
            "data.viewed",
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
            case_id=case.id,
            data={"table": table.table_name, "page": page.number},
        )
    return render(
        request,
        "requests_portal/desk/table_rows.html",
        {"case": case, "table": table, "page": page, "may_correct": may_correct(case)},
    )
