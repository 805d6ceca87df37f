"""What the owner of a task enters: files, and a signature."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datamap.domain.tasks import Outcome
from datamap.domain.uploads import MOST_BYTES


class RowsForm(forms.Form):
    """The rows of one table."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or JSON, in UTF-8, at most 20 MB."),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )

    def clean_file(self) -> bytes:
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        content: bytes = given.read()
        return content


class SignForm(forms.Form):
    """The confirmation of one sentence. `seen` is the task's key when the page was shown."""

    outcome = forms.ChoiceField(
        choices=[(outcome.value, outcome.value) for outcome in Outcome], widget=forms.HiddenInput
    )
    seen = forms.RegexField(regex=r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    confirmed = forms.BooleanField(error_messages={"required": _("Tick this to sign.")})

    def __init__(self, *args: Any, sentence: str, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].label = sentence

    def chosen_outcome(self) -> Outcome:
        return Outcome(self.cleaned_data["outcome"])

    def seen_key(self) -> bytes:
        return bytes.fromhex(self.cleaned_data["seen"])


class ConfirmForm(forms.Form):
    """The confirmation of a proposed map, beside the one in force when the page was shown."""

    seen_against = forms.RegexField(regex=r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class RejectForm(forms.Form):
    """Turning a proposed map down."""

    reason = forms.CharField(
        label=_("Why it is rejected"),
        help_text=_("Whoever proposed it reads this."),
        max_length=2000,
        error_messages={"required": _("Say why, so that it can be done better.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
