"""Rulings: proposing or deciding one, approving what a colleague proposed, sending it back."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import StaffRequest
from accounts.views.access import require_role
from requests_portal.domain.deciding import (
    DecisionNotPossible,
    NothingToWeigh,
    SamePersonDecides,
    needs_second_person,
)
from requests_portal.domain.representing import MandateNotChecked
from requests_portal.domain.rights import Right
from requests_portal.forms.rulings import RulingForm, SendBackForm
from requests_portal.models import Case, Proposal
from requests_portal.services.decision_letters import decision_letter
from requests_portal.services.decisions import (
    DecisionRefused,
    OutcomeContradictsFindings,
    SearchIncomplete,
)
from requests_portal.services.rulings import (
    AlreadyProposed,
    CorrectionsOpen,
    approve,
    open_proposal,
    propose,
    proposed_letter,
    rule,
    send_back,
)
from requests_portal.texts.entering import MANDATE_FIRST
from requests_portal.views.desk.case import render_case
from requests_portal.views.desk.fetch import WORKERS, case_or_404
from requests_portal.views.desk.letters import letter_step
from requests_portal.views.desk.work import attempt, back

_WHY: Mapping[type[Exception], str | Promise] = {
    SearchIncomplete: gettext_lazy(
        "Not every source has been searched yet. Wait or retry it first."
    ),
    OutcomeContradictsFindings: gettext_lazy(
        "This does not fit what was found or done. Choose another one."
    ),
    MandateNotChecked: MANDATE_FIRST,
    CorrectionsOpen: gettext_lazy("Apply or withdraw every proposed correction first."),
    AlreadyProposed: gettext_lazy("A proposal waits for a second person already."),
    NothingToWeigh: gettext_lazy(
        "The person objects to advertising: it stops without any weighing (Article 21(3)). This "
        "ground cannot refuse it."
    ),
    SamePersonDecides: gettext_lazy("You proposed this. Another person has to approve it."),
}


def _why(refusal: Exception) -> str:
    return str(_WHY.get(type(refusal), _("This decision does not hold together. Check it.")))


@require_role(*WORKERS)
@require_POST
def ruling_decide(request: StaffRequest, reference: str) -> HttpResponse:
    """Propose what needs a second person; otherwise show the letter, and decide by sending it."""
    case = case_or_404(reference)
    form = RulingForm(request.POST, right=Right(case.right))
    if form.is_valid():
        try:
            if needs_second_person(form.judgement.outcome):
                return _propose(request, case, form)
            return _decide(request, case, form)
        except (DecisionNotPossible, DecisionRefused) as refusal:
            form.add_error(None, _why(refusal))
    return render_case(request, case_or_404(reference), ruling_form=form, status=422)


def _propose(request: StaffRequest, case: Case, form: RulingForm) -> HttpResponse:
    return attempt(
        request,
        case,
        lambda _by, at: propose(
            case=case,
            judgement=form.judgement,
            identity_checked=form.cleaned_data["identity_checked"],
            fee_cents=form.fee_cents,
            by=request.user,
            at=at,
        ),
        _("Your proposal waits for a second person. Nothing has been sent."),
    )


def _decide(request: StaffRequest, case: Case, form: RulingForm) -> HttpResponse:
    judgement = form.judgement
    return letter_step(
        request,
        case,
        decision_letter(case=case, judgement=judgement, by=request.user),
        lambda draft, at: rule(
            case=case,
            judgement=judgement,
            draft=draft,
            identity_checked=form.cleaned_data["identity_checked"],
            by=request.user,
            at=at,
        ),
        _("Your decision is recorded and the letter is on its way."),
    )


@require_role(*WORKERS)
@require_POST
def ruling_approve(request: StaffRequest, reference: str, proposal_id: int) -> HttpResponse:
    """Show the letter of a colleague's proposal; sending it is the approval."""
    case = case_or_404(reference)
    proposal = _proposal_or_404(case, proposal_id)
    try:
        if proposal.proposed_by_id == request.user.pk:
            raise SamePersonDecides
        return letter_step(
            request,
            case,
            proposed_letter(proposal, by=request.user),
            lambda draft, at: approve(proposal=proposal, draft=draft, by=request.user, at=at),
            _("You decided as proposed. The letter is on its way."),
        )
    except (DecisionNotPossible, DecisionRefused) as refusal:
        messages.error(request, _why(refusal))
    return back(case)


@require_role(*WORKERS)
@require_POST
def ruling_send_back(request: StaffRequest, reference: str, proposal_id: int) -> HttpResponse:
    case = case_or_404(reference)
    proposal = _proposal_or_404(case, proposal_id)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, send_back_form=form, status=422)
    return attempt(
        request,
        case,
        lambda _by, at: send_back(
            proposal=proposal, remark=form.cleaned_data["remark"], by=request.user, at=at
        ),
        _("The proposal is sent back. Nothing was decided."),
    )


def _proposal_or_404(case: Case, proposal_id: int) -> Proposal:
    proposal = open_proposal(case)
    if proposal is None or proposal.pk != proposal_id:
        raise Http404
    return proposal
