"""The words for how a case stands and how it ended."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Channel, Outcome, Right

Text = str | Promise

STATES: dict[State, Text] = {
    State.CONFIRMING: pgettext_lazy(
        "state of a request", "Waiting for the address to be confirmed"
    ),
    State.RECEIVED: pgettext_lazy("state of a request", "Received"),
    State.IN_PROGRESS: pgettext_lazy("state of a request", "In progress"),
    State.DECIDED: pgettext_lazy("state of a request", "Decided"),
    State.FULFILLING: pgettext_lazy("state of a request", "Preparing the answer"),
    State.ANSWERED: pgettext_lazy("state of a request", "Answered"),
    State.CLOSED: pgettext_lazy("state of a request", "Closed"),
    State.AWAITING_IDENTITY: pgettext_lazy("state of a request", "Waiting for proof of identity"),
    State.AWAITING_CLARIFICATION: pgettext_lazy("state of a request", "Waiting for an answer"),
    State.WITHDRAWN: pgettext_lazy("state of a request", "Withdrawn"),
    State.FORWARDED: pgettext_lazy("state of a request", "Forwarded to the controller"),
}

OUTCOMES: dict[Outcome, Text] = {
    Outcome.GRANTED: _("Granted: the person receives a copy of everything found"),
    Outcome.PARTLY: _(
        "Partly: something has to be kept, on a stated ground and until a stated day"
    ),
    Outcome.REFUSED: _("Refused, on a stated ground"),
    Outcome.NOTHING_HELD: _("Nothing held: we searched everywhere and found no data"),
    Outcome.CANNOT_IDENTIFY: _("Cannot identify: we cannot tell which data is this person’s"),
    Outcome.FEE: _("A fee is asked: the request is manifestly unfounded or excessive"),
}

_OUTCOMES_OF_PORTING: dict[Outcome, Text] = {
    **OUTCOMES,
    Outcome.GRANTED: _("Granted: what the person provided on consent or contract is handed over"),
}


def outcomes_of(right: Right) -> dict[Outcome, Text]:
    """Return the words for how a request of this kind can end."""
    return _OUTCOMES_OF_PORTING if right is Right.PORTABILITY else OUTCOMES


QUESTION_KINDS: dict[Kind, Text] = {
    Kind.IDENTITY: _("Who they are: there is reasonable doubt"),
    Kind.CLARIFICATION: _("Which data is meant: very much is held"),
}

CHANNELS: dict[Channel, Text] = {
    Channel.PORTAL: pgettext_lazy("how a request came", "Portal"),
    Channel.EMAIL: pgettext_lazy("how a request came", "E-mail"),
    Channel.LETTER: pgettext_lazy("how a request came", "Letter"),
    Channel.PHONE: pgettext_lazy("how a request came", "Phone"),
}

#: On what a question rests, as its letter says it.
ASKED_BECAUSE: dict[Kind, Text] = {
    Kind.IDENTITY: _(
        "Where there are reasonable doubts about who asks, the law lets us ask for what is needed "
        "to be sure (Article 12(6) GDPR). We delete it when we have decided."
    ),
    Kind.CLARIFICATION: _(
        "Where very much data is held, the law lets us ask which data or which use is meant "
        "(recital 63 GDPR)."
    ),
}
