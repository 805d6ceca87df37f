"""Refusing to serve while what was erased may be there again."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from ledger.domain.standing import Standing
from ledger.services.booking import standing

Respond = Callable[[HttpRequest], HttpResponseBase]

_SECONDS = "600"


def closed_until_replayed(respond: Respond) -> Respond:
    """Answer 503 to everybody while database and erasure ledger do not agree.

    The health page alone answers by itself and says why.
    """

    def guarded(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == reverse("health") or standing() is Standing.IN_STEP:
            return respond(request)
        answer = render(request, "503.html", status=503)
        answer["Retry-After"] = _SECONDS
        answer["Cache-Control"] = "no-store"
        return answer

    return guarded
