"""The words for files that were not taken."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.files import (
    FileEmpty,
    FileNameLies,
    FileNotAccepted,
    FileRefused,
    FileTooLarge,
)

Text = str | Promise

FILES_HINT: Text = _("Up to 5 files of at most 10 MB each: PDF, JPEG, PNG or plain text.")
TOO_MANY: Text = _("Send no more than 5 files at once.")
REFUSED: dict[type[FileRefused], Text] = {
    FileEmpty: _("A file is empty. Choose it again."),
    FileTooLarge: _("A file is larger than 10 MB. Choose a smaller one."),
    FileNotAccepted: _("A file is neither PDF, JPEG, PNG nor plain text. Choose another one."),
    FileNameLies: _("A file is not what its name says. Save it anew and choose it again."),
}
