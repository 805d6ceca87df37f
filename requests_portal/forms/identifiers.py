"""By what a person is known beside their e-mail address, as staff enter and correct it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.identifiers import InvalidPhone, normalise_phone
from requests_portal.models import Case
from requests_portal.services.identifiers import Identifiers


def postal_address_field() -> forms.CharField:
    return forms.CharField(
        label=_("Postal address"),
        help_text=_(
            "Where there is no e-mail address every letter is printed here and posted to it."
        ),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def cleaned_lines(given: str) -> str:
    """Return the lines of an address without blank ones and blanks around them."""
    lines = (" ".join(line.split()) for line in given.splitlines())
    return "\n".join(line for line in lines if line)


def cleaned_phone(given: str, *, region: str | None) -> str:
    """Return a number as it is compared; ValidationError for what is none."""
    if not given:
        return ""
    try:
        return normalise_phone(given, region=region)
    except InvalidPhone as error:
        raise forms.ValidationError(
            _("Enter the number with its country code, for example +372 5123 4567.")
        ) from error


class IdentifiersForm(forms.Form):
    """What is to be searched for, and why it is changed."""

    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    customer_number = forms.CharField(label=_("Customer number"), max_length=40, required=False)
    postal_address = postal_address_field()
    reason = forms.CharField(
        label=_("Why it is corrected"),
        help_text=_("For example: the person named another number in their answer of 3 March."),
        max_length=1000,
        error_messages={"required": _("Say why it is corrected.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        kwargs["initial"] = {name: getattr(case, name) for name in _NAMES}
        super().__init__(*args, **kwargs)
        self._case = case

    def clean_phone(self) -> str:
        return cleaned_phone(self.cleaned_data["phone"], region=self._case.entity_code)

    def clean_customer_number(self) -> str:
        return str(self.cleaned_data["customer_number"]).upper()

    def clean_postal_address(self) -> str:
        address = cleaned_lines(self.cleaned_data["postal_address"])
        if not address and self._case.is_by_post:
            raise forms.ValidationError(
                _("Enter the postal address: there is no other way to reach the person.")
            )
        return address

    def identifiers(self) -> Identifiers:
        """Return them as the services take them."""
        return Identifiers(**{name: self.cleaned_data[name] for name in _NAMES})


_NAMES = ("phone", "customer_number", "postal_address")
