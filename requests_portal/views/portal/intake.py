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
from requests_portal.domain.rights import FILED_HERE, Right
from requests_portal.forms.portal import questions_for
from requests_portal.forms.question import QuestionForm
from requests_portal.models import IntakeDraft
from requests_portal.services.cases import AlreadyFiled, receive_case
from requests_portal.services.clock import date_lines
from requests_portal.services.drafts import intake_of, save_answer
from requests_portal.texts.rights import RIGHTS
from requests_portal.views.portal import session

_FILINGS_AN_HOUR = 10


def _right_or_404(right: str) -> Right:
    try:
        chosen = Right(right)
    except ValueError:
        raise Http404 from None
    if chosen not in FILED_HERE:
        raise Http404
    return chosen


def _answers(draft: IntakeDraft | None) -> dict[str, str]:
    return draft.answers if draft else {}


def _first_unanswered(right: Right, draft: IntakeDraft | None) -> str | None:
    """Return the first question whose answer is missing."""
    answers = _answers(draft)
    for step, form_class in questions_for(right, answers).items():
        for name, field in form_class.base_fields.items():
            missing = name not in answers or (field.required and not answers[name])
            if missing and form_class.is_needed:
                return step
    return None


def _next_step(right: Right, step: str, draft: IntakeDraft) -> str:
    steps = list(questions_for(right, draft.answers))
    following = steps[steps.index(step) + 1 :]
    missing = _first_unanswered(right, draft)
    return missing if missing in following else "review"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, right: str, step: str) -> HttpResponse:
    chosen = _right_or_404(right)
    draft = session.current_draft(request)
    questions = questions_for(chosen, _answers(draft))
    if step not in questions:
        raise Http404
    form: QuestionForm = questions[step](
        request.POST or None, initial=_answers(draft), language=get_language() or "en"
    )
    if request.method == "POST" and form.is_valid():
        draft = save_answer(
            draft_id=session.draft_id(request),
            right=chosen,
            answers=form.cleaned_data,
            at=timezone.now(),
        )
        session.remember_draft(request, draft)
        following = _next_step(chosen, step, draft)
        if following == "review":
            return redirect("portal:intake-review", right=right)
        return redirect("portal:intake-question", right=right, step=following)
    context = _question_context(chosen, step, form, list(questions))
    return render(request, "requests_portal/portal/question.html", context)


def _question_context(
    right: Right, step: str, form: QuestionForm, steps: list[str]
) -> dict[str, object]:
    number = steps.index(step) + 1
    return {
        "right": right,
        "form": form,
        "field": form[next(iter(form.fields))],
        "number": number,
        "total": len(steps),
        "previous": steps[number - 2] if number > 1 else None,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, right: str) -> HttpResponse:
    chosen = _right_or_404(right)
    draft = session.current_draft(request)
    missing = _first_unanswered(chosen, draft)
    if draft is None or missing:
        return redirect("portal:intake-question", right=right, step=missing or "name")
    if draft.right != chosen:
        draft = save_answer(draft_id=draft.id, right=chosen, answers={}, at=timezone.now())
    if request.method == "POST":
        return _send(request, draft)
    answers = [
        (step, form, form[next(iter(form.fields))])
        for step, form in (
            (step, form_class(initial=draft.answers))
            for step, form_class in questions_for(chosen, draft.answers).items()
        )
    ]
    context = {"answers": answers, "right": chosen, "text": RIGHTS[chosen]}
    return render(request, "requests_portal/portal/review.html", context)


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
        return redirect("portal:intake-received", right=draft.right)
    session.remember_filed(request, case)
    return redirect("portal:intake-received", right=draft.right)


@never_cache
@require_safe
def received(request: HttpRequest, right: str) -> HttpResponse:
    case = session.filed_case(request)
    if case is None:
        return redirect("portal:home")
    context = {"case": case, "dates": date_lines(case)}
    return render(request, "requests_portal/portal/received.html", context)
