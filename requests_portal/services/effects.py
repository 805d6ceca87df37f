"""What a ruling carries out, for each right, and how its letter says so.

The words come first: they are read and adjusted before the letter is sent. What they announce is
carried out in the transaction of the decision.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from accounts.models import User
from requests_portal.domain.deciding import Judgement
from requests_portal.domain.letters import Part, Passage
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case
from requests_portal.services.corrections_shown import applied_corrections
from requests_portal.services.restricting import (
    places_of,
    restrict_as_decided,
    restrictions_of,
)
from requests_portal.texts.rulings import RESTRICTED


class Effect(Protocol):
    """Carry out a ruling; return what its letter has to say beyond what `announced` said."""

    def __call__(
        self, *, case: Case, judgement: Judgement, by: User, at: datetime
    ) -> tuple[Passage, ...]: ...


class Words(Protocol):
    """Say what a ruling carries out, in the active language: the letter's."""

    def __call__(self, *, case: Case, judgement: Judgement) -> tuple[Passage, ...]: ...


def announced(*, case: Case, judgement: Judgement) -> tuple[Passage, ...]:
    """Return the passages of a letter that say what is carried out, so that staff read them first.

    Call it in the language of the letter, and in the times of the company that answers.
    """
    is_granted = judgement.outcome in {Outcome.GRANTED, Outcome.PARTLY}
    words = (_GRANTED if is_granted else _DENIED).get(judgement.right)
    return words(case=case, judgement=judgement) if words else ()


def _corrected(*, case: Case, judgement: Judgement) -> tuple[Passage, ...]:
    """Say which fields were corrected, with old and new value (Art. 16); it is done already."""
    del judgement
    rows = tuple((one.column, one.new, one.old) for one in applied_corrections(case))
    heading = _("What was corrected: now, and before")
    return (Passage(part=Part.WORDS, heading=heading, rows=rows),) if rows else ()


def _restricted(*, case: Case, judgement: Judgement) -> tuple[Passage, ...]:
    """Say what a restriction means (Arts. 18(2)-(3), 21, 7(3)), and for which data."""
    means = Passage(part=Part.WORDS, text=str(RESTRICTED[judgement.right]))
    lines = tuple(
        f"{table.title.in_language(case.language)} ({resource.title.in_language(case.language)})"
        for resource, table in places_of(case)
    )
    if not lines:
        return (means,)
    return means, Passage(part=Part.WORDS, heading=_("Which data this is"), lines=lines)


def _ends(*, case: Case, judgement: Judgement) -> tuple[Passage, ...]:
    """Say that what was restricted at once is used again; this letter is the notice (18(3)).

    Where nothing is held, nothing is used again: the address stays barred.
    """
    if judgement.outcome is Outcome.NOTHING_HELD or not restrictions_of(case):
        return ()
    text = _(
        "While we looked at your request the data was only stored. That ends now: with this "
        "letter we tell you so before the data is used again (Article 18(3) GDPR)."
    )
    return (Passage(part=Part.WORDS, text=text),)


def _restrict(*, case: Case, judgement: Judgement, by: User, at: datetime) -> tuple[Passage, ...]:
    """Restrict what the search found."""
    del judgement
    restrict_as_decided(case=case, by=by, at=at)
    return ()


_GRANTED: Mapping[Right, Words] = {
    Right.RECTIFICATION: _corrected,
    Right.RESTRICTION: _restricted,
    Right.OBJECTION: _restricted,
    Right.WITHDRAWAL: _restricted,
}
_DENIED: Mapping[Right, Words] = {Right.OBJECTION: _ends, Right.WITHDRAWAL: _ends}
#: What is carried out where something was granted, wholly or in part.
EFFECTS: Mapping[Right, Effect] = {
    Right.RESTRICTION: _restrict,
    Right.OBJECTION: _restrict,
    Right.WITHDRAWAL: _restrict,
}
#: And where nothing was granted: refused, nothing held, cannot identify. What ends then ends when
#: its letter has left the house, see `restriction_ends`.
REFUSED_EFFECTS: Mapping[Right, Effect] = {}
