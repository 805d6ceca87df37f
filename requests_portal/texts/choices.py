"""What a person can choose when they file, in plain words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.choices import Choice

Text = str | Promise

CHOICES: dict[Choice, Text] = {
    Choice.ACCURACY: _("The data is wrong, and you should not use it while you check"),
    Choice.UNLAWFUL: _("You should not have the data, but I do not want it erased"),
    Choice.CLAIM: _("You no longer need the data, but I need it for a legal claim"),
    Choice.MARKETING: _("Advertising and marketing"),
    Choice.OTHER_USE: _("Another use that rests on your own interest"),
}
