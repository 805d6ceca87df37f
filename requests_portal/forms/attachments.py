"""A field for the files that come with a message, checked by what they are."""

from typing import Any

from django import forms

from requests_portal.domain.files import FileRefused
from requests_portal.services.attaching import Upload, check_uploads
from requests_portal.texts.attachments import FILES_HINT, REFUSED, TOO_MANY

_ACCEPT = ".pdf,.jpg,.jpeg,.png,.txt"


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.Field):
    """None to five files; the value is a tuple of `Upload`."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 (Django's field options)
        widget = FilesInput(attrs={"multiple": True, "accept": _ACCEPT})
        defaults = {"required": False, "help_text": FILES_HINT, "widget": widget}
        super().__init__(**(defaults | kwargs))

    def clean(self, value: Any) -> tuple[Upload, ...]:  # noqa: ANN401 (what the widget read)
        try:
            return check_uploads(value or [])
        except FileRefused as refusal:
            raise forms.ValidationError(str(REFUSED.get(type(refusal), TOO_MANY))) from refusal
