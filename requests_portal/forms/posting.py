"""The day on which a letter was posted."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PostedForm(forms.Form):
    """Somebody took the letter to the post."""

    posted_on = forms.DateField(
        label=_("Posted on"),
        error_messages={
            "required": _("Enter the day on which the letter was posted."),
            "invalid": _("Enter the day as 2026-01-31."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
