"""Telling recipients: by a letter behind a link, or by a note how else, or why not (Art. 19)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.forms.outside import ImpossibleForm, LetterLanguageForm
from requests_portal.models import Case, RecipientNotice
from requests_portal.services.notice_letters import notice_letter
from requests_portal.services.recipients import (
    NoContact,
    note_impossible,
    note_told,
    send_notice,
    send_notice_again,
)
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.recipients_shown import told_form
from requests_portal.views.desk.work import attempt, back


def _notice(case: Case, notice_id: int) -> RecipientNotice:
    return get_object_or_404(
        RecipientNotice.objects.select_related("case", "map_version", "link"),
        pk=notice_id,
        case=case,
    )


@require_role(*WORKERS)
@require_POST
def notice_send(request: StaffRequest, reference: str, notice_id: int) -> HttpResponse:
    """Show the letter to the recipient, then send it."""
    case = case_or_404(reference)
    notice = _notice(case, notice_id)
    form = LetterLanguageForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, language_form=form, status=422)
    try:
        return letter_step(
            request,
            case,
            notice_letter(notice=notice, language=form.cleaned_data["language"]),
            lambda draft, at: send_notice(notice=notice, draft=draft, by=request.user, at=at),
            _("The letter to the recipient is on its way."),
        )
    except NoContact:
        messages.error(
            request,
            _("The data map names no address of this recipient. Tell it otherwise, and note that."),
        )
    return back(case)


@require_role(*WORKERS)
@require_POST
def notice_again(request: StaffRequest, reference: str, notice_id: int) -> HttpResponse:
    case = case_or_404(reference)
    notice = _notice(case, notice_id)
    return attempt(
        request,
        case,
        lambda _by, at: send_notice_again(notice=notice, by=request.user, at=at),
        _("The recipient is sent a new link. The former one no longer works."),
    )


@require_role(*WORKERS)
@require_POST
def notice_told(request: StaffRequest, reference: str, notice_id: int) -> HttpResponse:
    case = case_or_404(reference)
    notice = _notice(case, notice_id)
    form = told_form(notice, at=timezone.now(), data=request.POST)
    if not form.is_valid():
        return render_case(request, case, told_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: note_told(
            notice=notice,
            told_on=form.cleaned_data["told_on"],
            how=form.cleaned_data["reason"],
            by=request.user,
            at=at,
        ),
        _("It is noted that the recipient was told."),
    )


@require_role(*WORKERS)
@require_POST
def notice_impossible(request: StaffRequest, reference: str, notice_id: int) -> HttpResponse:
    case = case_or_404(reference)
    notice = _notice(case, notice_id)
    form = ImpossibleForm(request.POST, notice_id=notice.pk)
    if not form.is_valid():
        return render_case(request, case, impossible_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: note_impossible(
            notice=notice, reason=form.cleaned_data["reason"], by=request.user, at=at
        ),
        _("The reason is noted. The recipient is not told."),
    )
