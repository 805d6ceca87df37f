"""How far somebody outside was told, in words: by the state, and by the mail itself."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lib.units import Status
from requests_portal.domain.outside import Telling
from requests_portal.models import Handover, RecipientNotice
from requests_portal.texts.outside import STATES, TONES


@dataclass(frozen=True, kw_only=True)
class ShownState:
    """A badge, when the mail left the house, and whether it can be sent once more."""

    label: str | Promise
    tone: str
    left_at: datetime | None = None
    may_send_again: bool = False


def shown_state(told: Handover | RecipientNotice) -> ShownState:
    """Describe it; a mail that waits or was given up is seen at once."""
    state = Telling(told.state)
    message = told.link.message if told.link else None
    if message is not None and state is Telling.SENT:
        if message.status == Status.FAILED:
            state = Telling.FAILED
        elif message.sent_at is None:
            return ShownState(label=_("Waiting to be sent"), tone="warning")
    settled = message is not None and message.status in {Status.DONE, Status.FAILED}
    by_link = state in {Telling.SENT, Telling.FAILED, Telling.ACKNOWLEDGED}
    return ShownState(
        label=STATES[state],
        tone=TONES[state],
        left_at=message.sent_at if message else None,
        may_send_again=settled and by_link,
    )
