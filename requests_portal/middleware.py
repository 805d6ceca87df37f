"""Refusing a request that is too large before a byte of it is read."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_MEGABYTE = 1024 * 1024
_STAFF = ("/desk/", "/staff/")

Respond = Callable[[HttpRequest], HttpResponse]


def upload_limit(respond: Respond) -> Respond:
    """Answer 413, in a sentence, to a body larger than the portal or the desk takes."""

    def limited(request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        size = int(declared) if declared.isdecimal() else 0
        most = most_megabytes(request.path)
        if size > most * _MEGABYTE:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return render(request, "413.html", {"most": most}, status=status)
        return respond(request)

    return limited


def most_megabytes(path: str) -> int:
    """Return how many megabytes a request to `path` may have."""
    if path.startswith(_STAFF):
        return int(settings.UPLOAD_MOST_MEGABYTES_STAFF)
    return int(settings.UPLOAD_MOST_MEGABYTES)
