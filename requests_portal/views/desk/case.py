"""One case: the clock, what was asked, what was found, what was decided, what happened."""

from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.http import StaffRequest
from accounts.models import User
from accounts.views.access import require_role
from audit.models import Event
from datamap.domain.keys import SubjectKeys
from erasure.queries import unit_of
from erasure.services.overview import overview
from lib.units import Status
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Right
from requests_portal.forms.desk import (
    DecisionForm,
    PlanForm,
)
from requests_portal.models import Case
from requests_portal.queries import decision_of, found_rows, mails_of, timeline
from requests_portal.services.clock import clock_state, date_lines
from requests_portal.services.erasure import live_plan, may_plan
from requests_portal.services.findings import Finding, claimable, findings_of
from requests_portal.services.identification import keys_from, keys_given
from requests_portal.texts.cases import STATES, outcomes_of
from requests_portal.texts.rights import RIGHT_NAMES
from requests_portal.texts.trail import AUDIT_VERBS
from requests_portal.views.desk.fetch import READERS, WORKERS, case_or_404
from requests_portal.views.desk.panels import PANELS
from retention.queries import holds_on, restriction_of
from retention.views.holds_shown import ShownHold, controller_names, shown_hold
from retention.views.shown import ShownRestriction, shown, staff_names, titles_of_map

PAGE = "requests_portal/desk/case.html"
_WORK = "requests_portal/desk/_work.html"


def render_case(
    request: StaffRequest,
    case: Case,
    *,
    template: str = PAGE,
    status: int = 200,
    **forms: Form,
) -> HttpResponse:
    """Render a case, or its working part, with the times of the company that answers.

    `forms` are forms that were filled in and refused, by the name under which a panel shows them.
    """
    context = _context(case, request.user)
    for panel in PANELS:
        context |= panel(case, request.user, forms)
    if case.right == Right.ERASURE:
        context |= _erasure_context(case, context["findings"])
    if case.right == Right.RECTIFICATION:
        context["corrections"] = case.corrections.count()
        context["open_corrections"] = case.corrections.exclude(status=Status.DONE).count()
    context |= {"form": DecisionForm(right=Right(case.right))} | forms
    context["refused_form"] = next(iter(forms.values()), None)
    if template == _WORK and not context["working"]:
        status = 286  # htmx stops asking
    with timezone.override(case.entity.tz):
        return render(request, template, context, status=status)


def _erasure_context(case: Case, findings: list[Finding]) -> dict[str, Any]:
    """Gather what the erasure part of the page shows; the page asks again while it is worked on."""
    plan = live_plan(case)
    unit = unit_of(plan) if plan else None
    working = unit is not None and unit.status in {Status.QUEUED, Status.RUNNING}
    searching = any(f.unit.status in {Status.QUEUED, Status.RUNNING} for f in findings)
    return {
        "plan": plan,
        "plan_unit": unit,
        "overview": overview(plan, get_language() or "en") if plan else None,
        "plan_form": PlanForm(tables=claimable(findings)),
        "may_plan": may_plan(case, plan) and not working,
        "working": working or (case.state == State.IN_PROGRESS and searching),
    }


def _context(case: Case, user: User) -> dict[str, Any]:
    """Gather everything the page of a case shows."""
    findings = findings_of(case)
    known_by_now = _keys_by_now(case, findings)
    searched = bool(findings) and all(f.unit.status == Status.DONE for f in findings)
    return {
        "case": case,
        "right": RIGHT_NAMES[Right(case.right)],
        "state": STATES[State(case.state)],
        "clock": clock_state(case, at=timezone.now()),
        "dates": date_lines(case),
        "findings": findings,
        "found_rows": found_rows(case),
        "doubtful": any(finding.is_doubtful for finding in findings),
        "mails": mails_of(case),
        "searched": searched,
        "working": _is_working(case, findings),
        "restrictions": _restrictions(known_by_now),
        "holds": _holds(known_by_now),
        "may_work": user.has_role(*WORKERS),
        "decision": decision_of(case),
        "outcomes": outcomes_of(Right(case.right)),
        "package": getattr(case, "package", None),
        "timeline": [
            (event, AUDIT_VERBS.get(event.verb, event.verb), _about(event, findings))
            for event in timeline(case)
        ],
        "people": dict(User.objects.values_list("pk", "name")),
    }


def _keys_by_now(case: Case, findings: list[Finding]) -> SubjectKeys:
    """Return all identifiers of this person that are known by now."""
    searched = (pair for one in findings for pair in keys_from(one.unit.searched_with))
    return SubjectKeys.of_pairs([*keys_given(case), *searched])


def _holds(keys: SubjectKeys) -> list[ShownHold]:
    """Gather the legal holds in force that name this person."""
    found = holds_on(keys)
    if not found:
        return []
    titles, people, controllers = titles_of_map(), staff_names(), controller_names()
    return [shown_hold(one, titles=titles, people=people, controllers=controllers) for one in found]


def _restrictions(keys: SubjectKeys) -> list[ShownRestriction]:
    """Gather the restrictions in force on this person."""
    found = restriction_of(keys)
    if not found:
        return []
    titles, people = titles_of_map(), staff_names()
    return [shown(one, titles=titles, people=people) for one in found]


def _about(event: Event, findings: list[Finding]) -> str:
    """Name what an event is about: the source or the table, by its title."""
    titles = {finding.unit.resource_id: finding.title for finding in findings} | {
        item.table.table_name: item.title for finding in findings for item in finding.tables
    }
    code = event.data.get("resource") or event.data.get("table") or ""
    return titles.get(code, code)


def _is_working(case: Case, findings: list[Finding]) -> bool:
    """True while workers are busy, so that the page asks again by itself."""
    if case.state == State.IN_PROGRESS:
        return any(f.unit.status in {Status.QUEUED, Status.RUNNING} for f in findings)
    return case.state in {State.DECIDED, State.FULFILLING}


@require_role(*READERS)
@require_safe
def case_detail(request: StaffRequest, reference: str) -> HttpResponse:
    return render_case(request, case_or_404(reference))


@require_role(*READERS)
@require_safe
def case_progress(request: StaffRequest, reference: str) -> HttpResponse:
    """Answer the page's own question how far the work is."""
    return render_case(request, case_or_404(reference), template=_WORK)
