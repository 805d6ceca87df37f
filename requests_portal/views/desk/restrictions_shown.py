"""What a request restricted, as the case page shows it."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.choices import AT_ONCE, Choice
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.restricting import restrictions_of
from requests_portal.services.restriction_ends import end_announced
from requests_portal.texts.choices import CHOICES
from retention.domain.restricting import Reason
from retention.texts import REASONS

_RIGHTS = frozenset({Right.RESTRICTION, *AT_ONCE})


def restrictions_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return what the person chose, and what is restricted because of this request."""
    if Right(case.right) not in _RIGHTS:
        return {}
    held = restrictions_of(case)
    return {
        "chosen": CHOICES[Choice(case.choice)] if case.choice else "",
        "held": [(one, REASONS[Reason(one.reason)]) for one in held],
        "takes_effect_at_once": Right(case.right) in AT_ONCE,
        "may_end": bool(held) and not case.is_open and not end_announced(case, held),
        "end_announced": bool(held) and end_announced(case, held),
        "shows_restrictions": True,
    }
