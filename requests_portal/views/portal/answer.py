"""Handing over the answer."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lib.blobs import open_blob
from requests_portal.models import Case, Letter
from requests_portal.queries import answer_of, letter_of, letters_to_person
from requests_portal.services.letters import letter_pdf
from requests_portal.services.packages import count_download
from requests_portal.views.portal import session


@never_cache
@require_safe
def package_download(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    now = timezone.now()
    package = answer_of(case, at=now)
    if package is None or package.blob is None:
        raise Http404
    if request.method == "GET":
        count_download(package=package, at=now)
    response = StreamingHttpResponse(open_blob(package.blob), content_type="application/zip")
    response["Content-Length"] = str(package.size)
    response["Content-Disposition"] = f'attachment; filename="{case.reference}.zip"'
    return response


@never_cache
@require_safe
def answer_letter(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    letter = letter_of(case)
    if letter is None:
        raise Http404
    return _pdf(case, letter)


@never_cache
@require_safe
def letter_download(request: HttpRequest, letter_id: int) -> HttpResponse | StreamingHttpResponse:
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    letter = next((one for one in letters_to_person(case) if one.pk == letter_id), None)
    if letter is None:
        raise Http404
    return _pdf(case, letter)


def _pdf(case: Case, letter: Letter) -> StreamingHttpResponse:
    response = StreamingHttpResponse(open_blob(letter_pdf(letter)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{case.reference}.pdf"'
    return response
