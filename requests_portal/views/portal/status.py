"""The way back to a request: the link, its button, and the status page."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erasure.services.overview import overview
from lib.throttle import client_address, may_pass
from requests_portal.domain.deciding import Ground
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.references import clean_reference
from requests_portal.domain.rights import Outcome, Right
from requests_portal.forms.portal import NewLinkForm, ReplyForm
from requests_portal.forms.reopening import ReopenForm
from requests_portal.models import Case, Package
from requests_portal.queries import answer_of, decision_of, letters_to_person
from requests_portal.services.asking import open_question, take_answer
from requests_portal.services.clock import clock_state, date_lines, last_day
from requests_portal.services.corrections_shown import applied_corrections
from requests_portal.services.erasure import live_plan
from requests_portal.services.links import LinkNotUsable, link_is_usable, redeem_link
from requests_portal.services.mails import send_new_link_if_known
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.reopening import may_reopen, reopen
from requests_portal.services.story import person_timeline
from requests_portal.services.withdrawing import may_withdraw, withdraw_request
from requests_portal.texts.deciding import EXPLAINED
from requests_portal.texts.letters import LETTERS
from requests_portal.texts.rights import RIGHTS
from requests_portal.texts.rulings import DECIDED
from requests_portal.views.portal import session
from requests_portal.views.portal.porting_shown import porting_shown

_LINKS_AN_HOUR = 10


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_open(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; only pressing it (POST) uses the link. Mail scanners only follow links."""
    at = timezone.now()
    if request.method == "POST":
        try:
            case = redeem_link(token=token, at=at)
        except LinkNotUsable:
            return render(request, "requests_portal/portal/link_gone.html", status=410)
        session.open_visit(request, case, at=at)
        return redirect("portal:request-status")
    if not link_is_usable(token=token, at=at):
        return render(request, "requests_portal/portal/link_gone.html", status=410)
    return render(request, "requests_portal/portal/link_open.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_request(request: HttpRequest) -> HttpResponse:
    form = NewLinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "requests_portal/portal/link_request.html", {"form": form})
    if not may_pass(
        what="new-link",
        who=client_address(request),
        limit=_LINKS_AN_HOUR,
        window=timedelta(hours=1),
    ):
        return render(request, "429.html", status=429)
    send_new_link_if_known(
        reference=clean_reference(form.cleaned_data["reference"]) or "",
        email=form.cleaned_data["email"],
        at=timezone.now(),
    )
    return render(request, "requests_portal/portal/link_sent.html")


@never_cache
@require_safe
def request_status(request: HttpRequest) -> HttpResponse:
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    return _status(request, case)


def _status(
    request: HttpRequest,
    case: Case,
    *,
    reply_form: ReplyForm | None = None,
    reopen_form: ReopenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "case": case,
        "right": RIGHTS[Right(case.right)],
        "clock": clock_state(case, at=now, until=last_day(case)),
        "dates": date_lines(case),
        "timeline": person_timeline(case),
        "answer": answer_of(case, at=now),
        "may_withdraw": may_withdraw(case),
        "question": open_question(case),
        "letters": [(one, LETTERS[LetterKind(one.kind)]) for one in letters_to_person(case)],
        "form": reply_form or ReplyForm(),
        "may_reopen": may_reopen(case),
        "reopen_form": reopen_form or ReopenForm(),
    }
    if case.right == Right.PORTABILITY:
        context["porting"] = porting_shown(case, at=now)
    with timezone.override(case.entity.tz):
        context |= _result(case)
        return render(request, "requests_portal/portal/status.html", context, status=status)


def _result(case: Case) -> dict[str, Any]:
    """Return what was decided and done, once it is answered otherwise than by a package."""
    decision = None if case.is_open else decision_of(case)
    if decision is None or Package.objects.filter(case=case).exists():
        return {}
    plan = live_plan(case)
    return {
        "decision": decision,
        "decided": DECIDED[Outcome(decision.outcome)][Right(case.right)],
        "grounds": [EXPLAINED[Ground(code)] for code in decision.grounds],
        "overview": overview(plan, get_language() or "en") if plan else None,
        "corrections": applied_corrections(case),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask once more; only the button (POST) takes the request back."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    if not may_withdraw(case):
        return redirect("portal:request-status")
    if request.method != "POST":
        return render(request, "requests_portal/portal/withdraw.html", {"case": case})
    with suppress(CaseMovedOn):  # decided meanwhile: the status page says how it stands
        withdraw_request(case=case, at=timezone.now())
    return redirect("portal:request-status")


@never_cache
@require_POST
def reply(request: HttpRequest) -> HttpResponse:
    """Take the answer to what we asked."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _status(request, case, reply_form=form, status=422)
    with suppress(CaseMovedOn):  # answered meanwhile: the page says how it stands
        take_answer(case=case, answer=form.cleaned_data["answer"], at=timezone.now())
    return redirect("portal:request-status")


@never_cache
@require_POST
def reopen_request(request: HttpRequest) -> HttpResponse:
    """Open an ended request again on the person's word."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return _status(request, case, reopen_form=form, status=422)
    with suppress(CaseMovedOn):  # opened again meanwhile: the page says how it stands
        reopen(case=case, words=form.cleaned_data["words"], by=None, at=timezone.now())
    return redirect("portal:request-status")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    session.end_visit(request)
    return redirect("portal:home")
