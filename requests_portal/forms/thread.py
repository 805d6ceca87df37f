"""What is written in the correspondence about a request."""

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_WORDS = 4000


class PostForm(forms.Form):
    """One message. `upto` is the newest message the page showed, 0 where there was none."""

    words = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_WORDS,
        error_messages={"required": _("Write your message.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    upto = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


class ReadForm(forms.Form):
    """The messages that somebody has read: all up to the newest that the page showed."""

    upto = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
