"""Who the person is, as the case page shows it."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.identity import PROOF_LIFETIME, Way
from requests_portal.domain.lifecycle import State
from requests_portal.forms.identity import NumberForm, OutcomeForm
from requests_portal.models import Case, PhoneCheck
from requests_portal.services.identity import identity_questions, numbers_on_record, ways_open
from requests_portal.services.phone_codes import can_send_codes, open_check
from requests_portal.services.proofs import may_see_proof
from requests_portal.texts.identity import WAYS


def identity_panel(case: Case, user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return what came of asking, the proof there is, and the forms for what can be done now."""
    questions = identity_questions(case)
    ways = ways_open(case, questions)
    outcomes = case.identity_outcomes.select_related("recorded_by")
    is_asked = case.state == State.AWAITING_IDENTITY
    check = open_check(case) if is_asked else None
    return {
        "outcomes_of_identity": [(one, WAYS[Way(one.way)]) for one in outcomes],
        "proof_files": [
            (file, file.uploaded_at + PROOF_LIFETIME)
            for one in questions
            for file in one.proof_files.all()
        ],
        "may_see_proof": may_see_proof(case, user),
        "phone_check": check,
        "last_code": _last_code(check),
        "is_identity_asked": is_asked,
        "can_send_codes": can_send_codes(),
        "number_form": NumberForm(numbers=numbers_on_record(case)) if is_asked else None,
        "outcome_form": OutcomeForm(ways=ways) if ways else None,
    }


def _last_code(check: PhoneCheck | None) -> object:
    codes = list(check.codes.all()) if check else []
    return codes[-1] if codes else None
