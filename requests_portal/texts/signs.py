"""The words for the signs of a case, and how pressing each is."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.signs import Sign

Text = str | Promise

SIGNS: dict[Sign, Text] = {
    Sign.SEARCH_FAILED: _("A source could not be searched"),
    Sign.WORK_FAILED: _("A step failed"),
    Sign.MAIL_FAILED: _("A mail did not arrive"),
    Sign.POST_WAITING: _("A letter has to be posted"),
    Sign.OUTSIDE_WAITING: _("Another company has to be told"),
    Sign.QUESTION_UNSENT: _("Question not sent yet"),
    Sign.QUESTION_SENT: _("Question sent"),
    Sign.EXTENSION_LATE: _("Extension not in force, told too late"),
    Sign.EXTENSION_UNSENT: _("Extension not sent yet"),
    Sign.EXTENDED: _("Extended"),
}

#: The tone of a badge.
TONES: dict[Sign, str] = {
    Sign.SEARCH_FAILED: "danger",
    Sign.WORK_FAILED: "danger",
    Sign.MAIL_FAILED: "danger",
    Sign.POST_WAITING: "warning",
    Sign.OUTSIDE_WAITING: "warning",
    Sign.QUESTION_UNSENT: "warning",
    Sign.QUESTION_SENT: "info",
    Sign.EXTENSION_LATE: "warning",
    Sign.EXTENSION_UNSENT: "warning",
    Sign.EXTENDED: "info",
}
