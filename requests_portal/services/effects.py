"""What a ruling carries out, for each right, in the transaction of the decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from accounts.models import User
from datamap.queries import current_map
from requests_portal.domain.deciding import Judgement
from requests_portal.domain.letters import Part, Passage
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.corrections_shown import applied_corrections
from requests_portal.services.restricting import restrict_as_decided, restrictions_of
from requests_portal.texts.rulings import RESTRICTED


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


def _restricted(*, case: Case, judgement: Judgement, by: User, at: datetime) -> tuple[Passage, ...]:
    """Restrict what the search found, and say what that means (Arts. 18(2)-(3), 21, 7(3))."""
    restriction = restrict_as_decided(case=case, by=by, at=at)
    lines = tuple(
        resource.title.in_language(case.language)
        for resource in current_map().resources
        if resource.id in restriction.resources
    )
    return (
        Passage(part=Part.WORDS, text=str(RESTRICTED[judgement.right])),
        *((Passage(part=Part.WORDS, heading=_("In these systems"), lines=lines),) if lines else ()),
    )


def _ends(*, case: Case, judgement: Judgement, by: User, at: datetime) -> tuple[Passage, ...]:
    """Say that what was restricted at once is used again; this letter is the notice (18(3))."""
    del judgement, by, at
    if not restrictions_of(case):
        return ()
    text = _(
        "While we looked at your request the data was only stored. That ends now: with this "
        "letter we tell you so before the data is used again (Article 18(3) GDPR)."
    )
    return (Passage(part=Part.WORDS, text=text),)


#: Where something was granted, wholly or in part.
EFFECTS: Mapping[Right, Effect] = {
    Right.RECTIFICATION: _corrected,
    Right.RESTRICTION: _restricted,
    Right.OBJECTION: _restricted,
    Right.WITHDRAWAL: _restricted,
}
#: Where nothing was granted: refused, nothing held, cannot identify.
REFUSED_EFFECTS: Mapping[Right, Effect] = {
    Right.OBJECTION: _ends,
    Right.WITHDRAWAL: _ends,
}
