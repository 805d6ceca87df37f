"""Portability: what the collecting company and staff enter."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.porting import Target, Wish
from requests_portal.forms.fields import HttpsAddressField
from requests_portal.texts.porting import TARGETS_AT_THE_DESK


class CollectForm(forms.Form):
    """The one-time code that a person gave to the company."""

    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        error_messages={"required": _("Enter the code, for example 7K3M-Q9XD-2BCF-HJ4N.")},
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "characters",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )


class WishForm(forms.Form):
    """Where the person wants the data to go, as they wrote or said it."""

    target = forms.ChoiceField(
        label=_("Where the data goes"),
        choices=[(one.value, TARGETS_AT_THE_DESK[one]) for one in Target],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where the data goes.")},
    )
    company = forms.CharField(
        label=_("Name of the company"),
        help_text=_("Only where it goes to another company."),
        max_length=120,
        required=False,
    )
    url = HttpsAddressField(
        label=_("Address of the company"),
        help_text=_("Only where it is sent: it begins with https://."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        target = cleaned.get("target")
        if target in {Target.URL.value, Target.CODE.value} and not cleaned.get("company"):
            self.add_error("company", _("Enter the name of the company."))
        if target == Target.URL.value and "url" in cleaned and not cleaned["url"]:
            self.add_error("url", _("Enter the address."))
        return cleaned

    @property
    def wish(self) -> Wish:
        """Return what was entered."""
        return Wish(
            target=Target(self.cleaned_data["target"]),
            company=self.cleaned_data["company"],
            url=self.cleaned_data["url"],
        )


class ReturnForm(forms.Form):
    """Why the data is given to the person and not to the company."""

    reason = forms.CharField(
        label=_("Why it could not be handed to the company, in the person’s language"),
        help_text=_("Printed in the letter (Article 20(2))."),
        max_length=2000,
        error_messages={"required": _("Say why.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
