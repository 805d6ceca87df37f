"""Questions to the person: asking one, and noting an answer that came by letter or phone."""

from datetime import datetime, time

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.questions import Kind
from requests_portal.forms.desk import AskForm, NoteAnswerForm
from requests_portal.models import Case, Question
from requests_portal.services.asking import ask, open_question, take_answer
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.questions_shown import note_form
from requests_portal.views.desk.work import attempt


@require_role(*WORKERS)
@require_POST
def question_ask(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    form = AskForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, ask_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: ask(
            case=case,
            kind=Kind(form.cleaned_data["kind"]),
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            by=request.user,
            at=at,
        ),
        _("The person is asked by e-mail. The clock stands still from the day it is sent."),
    )


@require_role(*WORKERS)
@require_POST
def answer_note(request: StaffRequest, reference: str) -> HttpResponse:
    case = case_or_404(reference)
    question = open_question(case)
    if question is None:
        raise Http404
    form = note_form(case, question, at=timezone.now(), data=request.POST)
    if not form.is_valid():
        return render_case(request, case, note_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: take_answer(
            case=case,
            answer=form.cleaned_data["answer"],
            at=at,
            arrived_at=_arrived_at(form, case, question, at=at),
            noted_by=request.user,
        ),
        _("The answer is noted, and the clock runs on."),
    )


def _arrived_at(form: NoteAnswerForm, case: Case, question: Question, *, at: datetime) -> datetime:
    """Return the end of the day of arrival, after the question and not after now."""
    day = form.cleaned_data["arrived_on"]
    end = datetime.combine(day, time(23, 59), tzinfo=case.entity.tz)
    return min(max(end, question.asked_at), at)
