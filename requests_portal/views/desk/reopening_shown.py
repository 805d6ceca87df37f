"""Duplicates and reopenings as the case page shows them."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.lifecycle import UNDECIDED, State
from requests_portal.domain.rights import Right
from requests_portal.forms.reopening import ReopenForm
from requests_portal.models import Case
from requests_portal.services.merging import duplicates_of
from requests_portal.services.reopening import may_conclude, may_reopen
from requests_portal.texts.rights import RIGHT_NAMES


def reopening_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return other open requests of the person, and how work on this one began anew."""
    undecided = State(case.state) in UNDECIDED
    return {
        "duplicates": [
            (one, RIGHT_NAMES[Right(one.right)], one.safe_on <= case.safe_on)
            for one in (duplicates_of(case) if undecided else ())
        ],
        "reopenings": list(case.reopenings.select_related("by")),
        "may_reopen": may_reopen(case),
        "may_conclude": may_conclude(case),
        "reopen_form": ReopenForm(),
    }
