"""What a controller or a recipient sees behind the link we mailed them."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lib.blobs import open_blob
from lib.throttle import client_address, may_pass
from lib.units import Status
from requests_portal.models import Handover, OutsideLink
from requests_portal.queries import outside_link
from requests_portal.services.handover_files import count_fetch
from requests_portal.services.letters import letter_pdf
from requests_portal.services.outside import (
    OutsideLinkNotUsable,
    confirm_receipt,
    outside_link_is_usable,
    redeem_outside_link,
    told_by,
)

_LINK = "portal_outside"
_UNTIL = "portal_outside_until"
_VISIT = timedelta(hours=1)
_TRIES_AN_HOUR = 30
_GONE = "requests_portal/portal/outside_gone.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def outside_open(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; only pressing it (POST) uses the link. Mail scanners only follow links."""
    at = timezone.now()
    if not may_pass(
        what="outside-link",
        who=client_address(request),
        limit=_TRIES_AN_HOUR,
        window=timedelta(hours=1),
    ):
        return render(request, "429.html", status=429)
    if request.method == "POST":
        try:
            link = redeem_outside_link(token=token, at=at)
        except OutsideLinkNotUsable:
            return render(request, _GONE, status=410)
        _open_visit(request, link, at=at)
        return redirect("portal:outside-page")
    if not outside_link_is_usable(token=token, at=at):
        return render(request, _GONE, status=410)
    return render(request, "requests_portal/portal/outside_open.html")


@never_cache
@require_safe
def outside_page(request: HttpRequest) -> HttpResponse:
    link = _visited(request)
    told = told_by(link) if link else None
    if link is None or told is None:
        return render(request, _GONE, status=410)
    context: dict[str, Any] = {"link": link, "told": told, "letter": link.letter}
    if isinstance(told, Handover):
        context["file"] = told.file
    with timezone.override(told.case.entity.tz):
        return render(request, "requests_portal/portal/outside.html", context)


@never_cache
@require_safe
def outside_letter(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    link = _visited(request)
    if link is None:
        return render(request, _GONE, status=410)
    response = StreamingHttpResponse(
        open_blob(letter_pdf(link.letter)), content_type="application/pdf"
    )
    name = link.letter.case.reference
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


@never_cache
@require_safe
def outside_file(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    link = _visited(request)
    if link is None:
        return render(request, _GONE, status=410)
    told = told_by(link)
    file = told.file if isinstance(told, Handover) else None
    if file is None or file.status != Status.DONE or file.blob is None:
        raise Http404
    if request.method == "GET":
        count_fetch(file=file, at=timezone.now())
    response = StreamingHttpResponse(open_blob(file.blob), content_type="application/zip")
    response["Content-Length"] = str(file.size)
    name = link.letter.case.reference
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


@never_cache
@require_POST
def outside_confirm(request: HttpRequest) -> HttpResponse:
    link = _visited(request)
    if link is None:
        return render(request, _GONE, status=410)
    confirm_receipt(link=link, at=timezone.now())
    return redirect("portal:outside-page")


@require_POST
def outside_leave(request: HttpRequest) -> HttpResponse:
    for key in (_LINK, _UNTIL):
        request.session.pop(key, None)
    return redirect("portal:home")


def _open_visit(request: HttpRequest, link: OutsideLink, *, at: datetime) -> None:
    """Let this browser see the letter for an hour."""
    request.session.cycle_key()
    request.session[_LINK] = link.pk
    request.session[_UNTIL] = (at + _VISIT).timestamp()


def _visited(request: HttpRequest) -> OutsideLink | None:
    now = timezone.now()
    if request.session.get(_UNTIL, 0) < now.timestamp():
        return None
    return outside_link(request.session.get(_LINK), at=now)
