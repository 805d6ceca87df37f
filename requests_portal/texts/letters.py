"""What the kinds of letters, and the parts no letter may lack, are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.letters import LetterKind, Part

Text = str | Promise

LETTERS: dict[LetterKind, Text] = {
    LetterKind.ACKNOWLEDGEMENT: _("Acknowledgement"),
    LetterKind.IDENTITY: _("Request for proof of identity"),
    LetterKind.CLARIFICATION: _("Request for clarification"),
    LetterKind.EXTENSION: _("Notice of extension"),
    LetterKind.FEE: _("Notice of a fee"),
    LetterKind.DECISION: _("Decision"),
    LetterKind.ANSWER: _("Answer with the data"),
    LetterKind.FORWARDING: _("Notice of forwarding"),
    LetterKind.HANDOVER: _("Letter to the controller"),
    LetterKind.RECIPIENT_NOTICE: _("Notice to a recipient"),
    LetterKind.RESTRICTION_LIFT: _("Notice that a restriction ends"),
    LetterKind.CLOSING: _("Closing letter"),
}

PARTS: dict[Part, Text] = {
    Part.WORDS: _("words"),
    Part.DECIDED: _("what was decided"),
    Part.GROUND: _("the ground with its article"),
    Part.REASONS: _("the reasons"),
    Part.DATES: _("the dates"),
    Part.REMEDIES: _("the remedies"),
    Part.AUTHORITY: _("the supervisory authority"),
}
