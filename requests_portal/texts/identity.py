"""The words for how somebody showed who they are."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.identity import Verdict, Way

Text = str | Promise

WAYS: dict[Way, Text] = {
    Way.PHONE_CODE: _("Code to a phone number on record"),
    Way.CALL: _("Call to a phone number on record"),
    Way.ANSWER: _("Answer that only they can know"),
    Way.DOCUMENT: _("Document that they sent"),
}
#: Why an entered code was not taken, for the person.
VERDICTS: dict[Verdict, Text] = {
    Verdict.WRONG: _("This is not the code. Look at the newest message and try again."),
    Verdict.EXPIRED: _("This code is no longer valid. Ask for a new one."),
    Verdict.LOCKED: _(
        "Too many wrong codes: this way is closed for your protection. Answer in words instead."
    ),
}
