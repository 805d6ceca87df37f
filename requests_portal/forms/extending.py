"""An extension, as staff enter it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.extending import ExtensionGround
from requests_portal.texts.extending import GROUNDS


class ExtensionForm(forms.Form):
    """The ground and the reasons; after the safe date also that the warning was read."""

    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=[(ground.value, GROUNDS[ground]) for ground in ExtensionGround],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the ground. The law knows no other.")},
    )
    reasons = forms.CharField(
        label=_("The reasons, in the person’s language"),
        max_length=8000,
        error_messages={"required": _("Say why it takes longer. The letter tells it.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    warning_read = forms.BooleanField(
        label=_("I know that the month is over and that this notice comes late"), required=False
    )

    def __init__(self, *args: Any, late: bool, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        if not late:
            del self.fields["warning_read"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "warning_read" in self.fields and not cleaned.get("warning_read"):
            self.add_error("warning_read", _("Read the warning above and confirm it."))
        return cleaned
