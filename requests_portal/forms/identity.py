"""What people and staff enter where it is asked who somebody is."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.identity import CODE_DIGITS, Way
from requests_portal.forms.attachments import FilesField
from requests_portal.texts.identity import WAYS

_NO_DIGIT = re.compile(r"[\s.-]")


class CodeForm(forms.Form):
    """The code from the text message, however it is typed."""

    code = forms.CharField(
        label=_("Code from the text message"),
        max_length=20,
        error_messages={"required": _("Enter the code.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        code = _NO_DIGIT.sub("", self.cleaned_data["code"])
        if not (code.isascii() and code.isdigit() and len(code) == CODE_DIGITS):
            raise forms.ValidationError(_("The code has six digits."))
        return code


class ProofForm(forms.Form):
    """The person's answer to who they are: in words, by a document, or both."""

    answer = forms.CharField(
        label=_("Your answer"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    documents = FilesField(label=_("Documents"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["answer"] and not cleaned["documents"]:
            self.add_error("answer", _("Write your answer, or choose a document."))
        return cleaned


class NumberForm(forms.Form):
    """To which of the numbers that we hold the person may have a code sent."""

    number = forms.ChoiceField(
        label=_("Phone number on record"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a number."),
            "invalid_choice": _("This number is not on record any more."),
        },
    )

    def __init__(self, *args: Any, numbers: Iterable[str], **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        field = self.fields["number"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(number, number) for number in numbers]


class OutcomeForm(forms.Form):
    """What came of it, as a member of staff judges it."""

    way = forms.ChoiceField(
        label=_("How it was shown"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how it was shown."),
            "invalid_choice": _("Nothing has come from the person in this way."),
        },
    )
    is_confirmed = forms.TypedChoiceField(
        label=_("Outcome"),
        choices=[("yes", _("Confirmed")), ("no", _("Not confirmed"))],
        coerce=lambda given: given == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the outcome.")},
    )
    note = forms.CharField(
        label=_("What convinced you, or did not"),
        help_text=_(
            "One or two sentences. They stay when the proof is deleted, so copy nothing from a "
            "document. A call goes to the number in our records, never to one in the request."
        ),
        max_length=1000,
        error_messages={"required": _("Say in a sentence what convinced you, or did not.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, ways: Iterable[Way], **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        field = self.fields["way"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(way.value, WAYS[way]) for way in ways]
