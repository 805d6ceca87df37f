"""The acknowledgement: a mail at once, and a letter beside it that says the dates and why."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.letter_parts import authority_part, dates_part
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import send_acknowledgement
from requests_portal.texts.rights import ARTICLE_LABELS, REQUEST_RECEIVED, RIGHT_NAMES


def acknowledge(*, case: Case, at: datetime) -> None:
    """Tell the person that the request has reached us. Call it in the transaction that files it."""
    message = send_acknowledgement(case=case, at=at)
    send_letter(case=case, draft=acknowledgement(case), by=None, at=at, message=message)


def acknowledgement(case: Case) -> LetterDraft:
    """Compose the acknowledgement in the case's language."""
    right = Right(case.right)
    with translation.override(case.language):
        return LetterDraft(
            kind=LetterKind.ACKNOWLEDGEMENT,
            title=_("We have received your request %(reference)s") % {"reference": case.reference},
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(
                    part=Part.DECIDED,
                    text=REQUEST_RECEIVED[right] % {"reference": case.reference},
                ),
                Passage(
                    part=Part.WORDS,
                    text=_free_and_by_a_person(case),
                ),
                dates_part(case),
                authority_part(case),
            ),
        )


def _free_and_by_a_person(case: Case) -> str:
    if case.is_by_post:
        return _(
            "It costs you nothing. A person, not a machine, decides on it. We write to you by "
            "post; write to us at any time to ask how it stands."
        )
    return _(
        "It costs you nothing. A person, not a machine, decides on it. You see how it stands at "
        "any time behind the link in our e-mail."
    )
