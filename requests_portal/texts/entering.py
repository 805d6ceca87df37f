"""Words for requests that staff enter, and for those who speak for another."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.files import (
    FileEmpty,
    FileNameLies,
    FileNotAccepted,
    FileRefused,
    FileTooLarge,
)
from requests_portal.domain.received import ReceiptRefused, ReceivedInFuture, ReceivedTooEarly
from requests_portal.domain.representing import Authority

Text = str | Promise

WHY_NO_SCAN: dict[type[FileRefused], Text] = {
    FileEmpty: _("The file is empty. Choose another one."),
    FileTooLarge: _("The file is larger than 20 MB. Choose a smaller one."),
    FileNotAccepted: _("The file is neither PDF nor JPEG nor PNG, or it is damaged."),
    FileNameLies: _(
        "The file is not what its name says, or it is damaged. Scan it again and choose it anew."
    ),
}

WHY_NOT_RECEIVED: dict[type[ReceiptRefused], Text] = {
    ReceivedInFuture: _("This lies in the future. Enter when the request reached us."),
    ReceivedTooEarly: _("No request is that old. Check the year."),
}

#: How staff read it.
AUTHORITIES: dict[Authority, Text] = {
    Authority.PARENTAL: _("Holder of parental responsibility"),
    Authority.MANDATE: _("Mandate"),
}

MANDATE_FIRST = _(
    "Somebody else writes for this person. Note first how you made sure that they may."
)
