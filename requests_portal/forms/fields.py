"""Form fields of this app."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.addresses import LONGEST_URL, UnusableAddress, web_address
from requests_portal.texts.porting import ADDRESS_FAULTS


class HttpsAddressField(forms.CharField):
    """An https address that something can be sent to."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 (Django's field options)
        super().__init__(
            max_length=LONGEST_URL,
            error_messages={"required": _("Enter the address.")},
            widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:  # noqa: ANN401 (Django's signature)
        text = str(super().clean(value))
        if not text:
            return text
        try:
            web_address(text, known_hosts=settings.TRANSFER_PRIVATE_HOSTS)
        except UnusableAddress as error:
            raise forms.ValidationError(str(ADDRESS_FAULTS[error.fault])) from error
        return text
