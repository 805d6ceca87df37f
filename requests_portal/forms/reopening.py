"""Merging two requests, and opening one again."""

from django import forms
from django.utils.translation import gettext_lazy as _


class MergeForm(forms.Form):
    """Into which request, and whether it answers both."""

    into = forms.CharField(max_length=20, widget=forms.HiddenInput)
    covers_both = forms.BooleanField(
        label=_("The request that goes on answers both"), required=False
    )


class ReopenForm(forms.Form):
    """Why a request that had ended is opened again."""

    words = forms.CharField(
        label=_("What is missing or wrong"),
        max_length=4000,
        error_messages={"required": _("Say what is missing or wrong.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
