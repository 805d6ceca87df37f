"""What is written in the correspondence about a request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.forms.attachments import FilesField

LONGEST_WORDS = 4000


class PostForm(forms.Form):
    """One message. `upto` is the newest message the page showed, 0 where there was none."""

    words = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    attachments = FilesField(label=_("Files"))
    upto = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["words"] and not cleaned["attachments"]:
            self.add_error("words", _("Write your message."))
        return cleaned


class ReadForm(forms.Form):
    """The messages that somebody has read: all up to the newest that the page showed."""

    upto = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
