"""The one-time code: made by the person, used by the company. Only a POST does either."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lib.blobs import open_blob
from lib.throttle import client_address, forgive, may_pass
from requests_portal.forms.porting import CollectForm
from requests_portal.models import Package
from requests_portal.queries import wish_of
from requests_portal.services.collecting import CodeNotUsable, collect, make_code
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.transfers import repr_digest
from requests_portal.views.portal import session

_PAGE = "requests_portal/portal/collect.html"
_WRONG = "collect"
_WRONG_TRIES_AN_HOUR = 5


@never_cache
@require_POST
def code_make(request: HttpRequest) -> HttpResponse:
    """Make a code and show it, this once."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    try:
        code = make_code(case=case, at=timezone.now())
    except CaseMovedOn:  # its time is over: the status page says how it stands
        return redirect("portal:request-status")
    context = {
        "case": case,
        "code": code,
        "company": wish_of(case).company,
        "address": f"{settings.PUBLIC_URL}/collect/",
        "until": case.package.expires_at,
    }
    with timezone.override(case.entity.tz):
        return render(request, "requests_portal/portal/code.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def collect_package(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Ask for a code; the right one downloads the package, once."""
    form = CollectForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, _PAGE, {"form": form}, status=422 if form.errors else 200)
    who = client_address(request)
    if not may_pass(what=_WRONG, who=who, limit=_WRONG_TRIES_AN_HOUR, window=timedelta(hours=1)):
        return render(request, "429.html", status=429)
    try:
        package = collect(code=form.cleaned_data["code"], at=timezone.now())
    except CodeNotUsable:
        form.add_error("code", _("This code cannot be used. Check it, or ask for a new one."))
        return render(request, _PAGE, {"form": form}, status=422)
    forgive(what=_WRONG, who=who)  # only wrong codes count
    return _download(package)


def _download(package: Package) -> StreamingHttpResponse:
    content = open_blob(package.blob) if package.blob else iter(())
    response = StreamingHttpResponse(content, content_type="application/zip")
    response["Content-Length"] = str(package.size)
    response["Content-Disposition"] = f'attachment; filename="{package.case.reference}.zip"'
    response["Repr-Digest"] = repr_digest(package)
    return response
