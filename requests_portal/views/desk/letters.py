"""Letters at the desk: reading what was sent, and the page on which one is adjusted and sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from lib.blobs import open_blob
from requests_portal.domain.letters import LetterDraft, PartsMissing
from requests_portal.models import Case, Letter
from requests_portal.queries import letter_of
from requests_portal.services.letters import letter_pdf, preview_pdf
from requests_portal.texts.letters import LETTERS, PARTS
from requests_portal.views.desk.fetch import READERS, case_or_404
from requests_portal.views.desk.work import attempt

_PREVIEW = "requests_portal/desk/letter_preview.html"
_PASSAGE = "passage-"
_OWN = frozenset({"csrfmiddlewaretoken", "letter_step"})

Sending = Callable[[LetterDraft, datetime], object]


def letter_step(
    request: StaffRequest, case: Case, draft: LetterDraft, send: Sending, done: str
) -> HttpResponse:
    """Lead a letter from its draft to its sending: preview, PDF, send.

    The page posts back to the same address with the caller's own fields, so that the caller
    composes the same draft again; `letter_step` says which button was pressed. `send` gets the
    adjusted draft and the time, and does whatever goes with the letter in one transaction.
    """
    step = request.POST.get("letter_step", "preview")
    adjusted = draft.adjusted(_passages(request))
    if step == "pdf":
        pdf = preview_pdf(case=case, draft=adjusted, by=request.user, at=timezone.now())
        return HttpResponse(pdf, content_type="application/pdf")
    if step == "send":
        try:
            return attempt(request, case, lambda _by, at: send(adjusted, at), done)
        except PartsMissing as missing:
            lacking = ", ".join(str(PARTS[part]) for part in missing.parts)
            messages.error(
                request,
                _("The letter was not sent: it lacks %(parts)s.") % {"parts": lacking},
            )
    status = 422 if step == "send" else 200
    return render(request, _PREVIEW, _preview(request, case, adjusted), status=status)


def _passages(request: StaffRequest) -> dict[int, str]:
    return {
        int(name.removeprefix(_PASSAGE)): str(text)
        for name, text in request.POST.items()
        if name.startswith(_PASSAGE) and name.removeprefix(_PASSAGE).isdecimal()
    }


def _preview(request: StaffRequest, case: Case, draft: LetterDraft) -> dict[str, Any]:
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _OWN and not name.startswith(_PASSAGE)
        for value in values
    ]
    return {"case": case, "draft": draft, "name": LETTERS[draft.kind], "carried": carried}


@require_role(*READERS)
@never_cache
@require_safe
def answer_letter(request: StaffRequest, reference: str) -> HttpResponse | StreamingHttpResponse:
    """Show the letter that answered an access request, the newest if there are several."""
    sent = letter_of(case_or_404(reference))
    if sent is None:
        raise Http404
    return pdf_of(sent, reference)


@require_role(*READERS)
@never_cache
@require_safe
def letter_download(
    request: StaffRequest, reference: str, letter_id: int
) -> HttpResponse | StreamingHttpResponse:
    sent = case_or_404(reference).letters.filter(pk=letter_id).first()
    if sent is None:
        raise Http404
    return pdf_of(sent, reference)


def pdf_of(letter: Letter, reference: str) -> StreamingHttpResponse:
    """Return a letter as it was sent."""
    response = StreamingHttpResponse(open_blob(letter_pdf(letter)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{reference}.pdf"'
    return response
