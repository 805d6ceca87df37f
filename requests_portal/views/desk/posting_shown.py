"""What the case page shows of letters by post and of identifiers."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form
from django.utils import timezone

from accounts.models import User
from requests_portal.domain.lifecycle import State
from requests_portal.forms.posting import PostedForm
from requests_portal.models import Case
from requests_portal.services.identifiers import CORRECTABLE
from requests_portal.services.posting import package_to_post


def posting_panel(case: Case, _user: User, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return what the posting of letters needs, where the person has no e-mail address."""
    may_correct = State(case.state) in CORRECTABLE
    if not case.is_by_post:
        return {"may_correct": may_correct}
    now = timezone.now()
    today = now.astimezone(case.entity.tz).date()
    return {
        "may_correct": may_correct,
        "posted_form": forms.get("posted_form") or PostedForm(initial={"posted_on": today}),
        "package_to_post": package_to_post(case, at=now),
    }
