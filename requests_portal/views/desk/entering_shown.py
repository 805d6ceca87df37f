"""How a request came and who speaks for whom, as the case page shows it."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.lifecycle import UNDECIDED, State
from requests_portal.domain.representing import Authority
from requests_portal.domain.rights import Channel
from requests_portal.forms.entering import MandateForm
from requests_portal.models import Case, Entry
from requests_portal.queries import representative_of
from requests_portal.texts.cases import CHANNELS
from requests_portal.texts.entering import AUTHORITIES


def entering_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return how the request came, its scan, and the one who speaks for the person."""
    spoken_for = representative_of(case)
    unchecked = spoken_for is not None and spoken_for.checked_at is None
    return {
        "channel": CHANNELS[Channel(case.channel)],
        "entry": Entry.objects.select_related("entered_by").filter(case=case).first(),
        "representative": spoken_for,
        "authority": AUTHORITIES[Authority(spoken_for.authority)] if spoken_for else "",
        "may_check_mandate": unchecked and State(case.state) in UNDECIDED,
        "mandate_form": MandateForm(),
    }
