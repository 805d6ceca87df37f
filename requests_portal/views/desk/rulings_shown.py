"""Rulings as the case page shows them."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.deciding import Ground
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.forms.rulings import RulingForm, SendBackForm
from requests_portal.models import Case, Proposal
from requests_portal.texts.deciding import GROUNDS
from requests_portal.texts.rulings import CHOICES

#: Rights that are carried out by an engine of their own: a ruling on them only denies.
_BY_ENGINE = frozenset({Right.ACCESS, Right.ERASURE, Right.PORTABILITY})


def ruling_panel(case: Case, user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the proposal that waits, those that were settled, and the form for a new one."""
    proposals = list(case.proposals.select_related("proposed_by", "settled_by"))
    waiting = next((one for one in proposals if one.settled_at is None), None)
    return {
        "proposal": waiting,
        "proposal_words": _words(waiting) if waiting else None,
        "settled_proposals": [(one, _words(one)) for one in proposals if one.settled_at],
        "may_approve": waiting is not None and waiting.proposed_by_id != user.pk,
        "may_rule": case.state == State.IN_PROGRESS and waiting is None,
        "only_denies": Right(case.right) in _BY_ENGINE,
        "ruling_form": RulingForm(right=Right(case.right)),
        "send_back_form": SendBackForm(),
    }


def _words(proposal: Proposal) -> dict[str, Any]:
    return {
        "outcome": CHOICES[Outcome(proposal.outcome)],
        "grounds": [GROUNDS[Ground(code)] for code in proposal.grounds],
        "fee": proposal.fee_cents / 100 if proposal.fee_cents else None,
    }
