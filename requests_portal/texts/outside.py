"""The words for what people outside are told."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.outside import Occasion, Telling

Text = str | Promise

STATES: dict[Telling, Text] = {
    Telling.TO_SEND: _("To be sent"),
    Telling.SENT: _("Sent"),
    Telling.ACKNOWLEDGED: _("Receipt confirmed"),
    Telling.FAILED: _("Mail failed"),
    Telling.TOLD_OTHERWISE: _("Told otherwise"),
    Telling.IMPOSSIBLE: _("Impossible or disproportionate"),
}

#: The tone of a badge.
TONES: dict[Telling, str] = {
    Telling.TO_SEND: "warning",
    Telling.SENT: "info",
    Telling.ACKNOWLEDGED: "success",
    Telling.FAILED: "danger",
    Telling.TOLD_OTHERWISE: "success",
    Telling.IMPOSSIBLE: "info",
}

OCCASIONS: dict[Occasion, Text] = {
    Occasion.RECTIFICATION: _("Data was corrected"),
    Occasion.ERASURE: _("Data was erased"),
    Occasion.RESTRICTION: _("The use of data was restricted"),
}
