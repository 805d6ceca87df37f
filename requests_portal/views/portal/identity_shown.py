"""The question who somebody is, as the status page shows it."""

from datetime import datetime
from typing import Any

from requests_portal.domain.questions import Kind
from requests_portal.forms.identity import CodeForm, ProofForm
from requests_portal.models import Question
from requests_portal.services.phone_codes import open_check, stand_of


def identity_context(question: Question | None, *, at: datetime) -> dict[str, Any]:
    """Return the ways in which an open question about identity can be answered; else nothing."""
    if question is None or question.kind != Kind.IDENTITY.value:
        return {}
    check = open_check(question.case)
    return {
        "phone": stand_of(check, at=at) if check else None,
        "code_form": CodeForm(),
        "proof_form": ProofForm(),
    }
