"""Filing a request: one question a page, then a look at the answers, then it is sent."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.domain.actor import Actor
from lib.throttle import client_address, may_pass
from requests_portal.domain.rights import Right
from requests_portal.forms import QUESTIONS, QuestionForm
from requests_portal.models import IntakeDraft
from requests_portal.services.cases import AlreadyFiled, receive_case
from requests_portal.services.clock import date_lines
from requests_portal.services.drafts import intake_of, save_answer
from requests_portal.views.portal import session

_STEPS = list(QUESTIONS)
_FILINGS_AN_HOUR = 10


def _answers(draft: IntakeDraft | None) -> dict[str, str]:
    return draft.answers if draft else {}


def _first_unanswered(draft: IntakeDraft | None) -> str | None:
    """Return the first question whose answer is missing."""
    answers = _answers(draft)
    for step, form_class in QUESTIONS.items():
        names = form_class.base_fields
        if not all(name in answers for name in names):
            return step
    return None


def _next_step(step: str, draft: IntakeDraft) -> str:
    following = _STEPS[_STEPS.index(step) + 1 :]
    missing = _first_unanswered(draft)
    return missing if missing in following else "review"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, step: str) -> HttpResponse:
    if step not in QUESTIONS:
        raise Http404
    draft = session.current_draft(request)
    form: QuestionForm = QUESTIONS[step](
        request.POST or None, initial=_answers(draft), language=get_language() or "en"
    )
    if request.method == "POST" and form.is_valid():
        draft = save_answer(
            draft_id=session.draft_id(request),
            right=Right.ACCESS,
            answers=form.cleaned_data,
            at=timezone.now(),
        )
        session.remember_draft(request, draft)
        following = _next_step(step, draft)
        if following == "review":
            return redirect("portal:intake-review")
        return redirect("portal:intake-question", step=following)
    return render(request, "requests_portal/portal/question.html", _question_context(step, form))


def _question_context(step: str, form: QuestionForm) -> dict[str, object]:
    number = _STEPS.index(step) + 1
    return {
        "form": form,
        "field": form[next(iter(form.fields))],
        "number": number,
        "total": len(_STEPS),
        "previous": _STEPS[number - 2] if number > 1 else None,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    draft = session.current_draft(request)
    missing = _first_unanswered(draft)
    if draft is None or missing:
        return redirect("portal:intake-question", step=missing or _STEPS[0])
    if request.method == "POST":
        return _send(request, draft)
    answers = [
        (step, form, form[next(iter(form.fields))])
        for step, form in (
            (step, form_class(initial=draft.answers)) for step, form_class in QUESTIONS.items()
        )
    ]
    return render(request, "requests_portal/portal/review.html", {"answers": answers})


def _send(request: HttpRequest, draft: IntakeDraft) -> HttpResponse:
    at = timezone.now()
    if not may_pass(
        what="intake",
        who=client_address(request),
        limit=_FILINGS_AN_HOUR,
        window=timedelta(hours=1),
    ):
        return render(request, "429.html", status=429)
    try:
        case = receive_case(
            intake=intake_of(draft, language=get_language() or "en", at=at),
            by=Actor.person(),
            at=at,
            draft=draft,
        )
    except AlreadyFiled:  # a second tap: the first one's answer shows the reference
        return redirect("portal:intake-received")
    session.remember_filed(request, case)
    return redirect("portal:intake-received")


@never_cache
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    case = session.filed_case(request)
    if case is None:
        return redirect("portal:home")
    context = {"case": case, "dates": date_lines(case)}
    return render(request, "requests_portal/portal/received.html", context)
