"""Letters as the case page shows them."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.domain.letters import LetterKind
from requests_portal.models import Case
from requests_portal.queries import letters_of
from requests_portal.texts.letters import LETTERS


def letters_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the letters that were sent, each with its name."""
    return {"letters": [(one, LETTERS[LetterKind(one.kind)]) for one in letters_of(case)]}
