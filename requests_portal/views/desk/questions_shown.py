"""Questions as the case page shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.forms import Form
from django.utils import timezone

from accounts.models import User
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.forms.desk import AskForm, NoteAnswerForm
from requests_portal.models import Case, Question
from requests_portal.texts.cases import QUESTION_KINDS


def note_form(
    case: Case,
    question: Question,
    *,
    at: datetime,
    data: Any = None,  # noqa: ANN401 (a QueryDict)
) -> NoteAnswerForm:
    """Return the form for an answer that came otherwise, in local days of the company."""
    zone = case.entity.tz
    today = at.astimezone(zone).date()
    asked_on = question.asked_at.astimezone(zone).date()
    return NoteAnswerForm(data, asked_on=asked_on, today=today, initial={"arrived_on": today})


def questions_panel(case: Case, _user: User, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return what the page shows of questions: those answered, the open one, a form for either."""
    questions = list(case.questions.select_related("message", "asked_by", "noted_by"))
    waiting = next((one for one in questions if one.is_open), None)
    noting = forms.get("note_form")
    if noting is None and waiting is not None:
        noting = note_form(case, waiting, at=timezone.now())
    return {
        "questions": [(one, QUESTION_KINDS[Kind(one.kind)]) for one in questions],
        "open_question": waiting,
        "may_ask": case.state == State.IN_PROGRESS,
        "ask_form": AskForm(),
        "note_form": noting,
    }
