from http import HTTPStatus

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ledger.services.booking import LedgerRefused, require_in_step


@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """Answer 200 when the web process can reach its database and may serve.

    The load balancer asks this. 503 with the reason while erasures have to be done again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    try:
        require_in_step()
    except LedgerRefused as refused:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return HttpResponse(f"{refused.code}: {refused}", content_type="text/plain", status=status)
    return HttpResponse("ok", content_type="text/plain")
