"""What a ruling carries out, for each right, in the transaction of the decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from accounts.models import User
from requests_portal.domain.deciding import Judgement
from requests_portal.domain.letters import Part, Passage
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.corrections_shown import applied_corrections


class Effect(Protocol):
    """Carry out a ruling; return the passages of its letter that say what was done.

    It is called in the language of the letter, and in the times of the company that answers.
    """

    def __call__(
        self, *, case: Case, judgement: Judgement, by: User, at: datetime
    ) -> tuple[Passage, ...]: ...


def _corrected(*, case: Case, judgement: Judgement, by: User, at: datetime) -> tuple[Passage, ...]:
    """Say which fields were corrected, with old and new value (Art. 16); it is done already."""
    del judgement, by, at
    rows = tuple((one.column, one.new, one.old) for one in applied_corrections(case))
    heading = _("What was corrected: now, and before")
    return (Passage(part=Part.WORDS, heading=heading, rows=rows),) if rows else ()


#: Where something was granted, wholly or in part.
EFFECTS: Mapping[Right, Effect] = {Right.RECTIFICATION: _corrected}
#: Where nothing was granted: refused, nothing held, cannot identify.
REFUSED_EFFECTS: Mapping[Right, Effect] = {}
