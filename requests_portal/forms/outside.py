"""What staff enter about people outside: the language of a letter, how a recipient was told."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class LetterLanguageForm(forms.Form):
    """In which language a controller or a recipient is written to."""

    language = forms.ChoiceField(
        label=_("Language of the letter"),
        choices=settings.LANGUAGES,
        error_messages={"required": _("Choose a language.")},
    )


class ToldForm(forms.Form):
    """A recipient was told by other means. `today` is the company's local day."""

    told_on = forms.DateField(
        label=_("Told on"),
        error_messages={
            "required": _("Enter the day on which it was told."),
            "invalid": _("Enter the day as 2026-01-31."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=_("How it was told"),
        help_text=_("By which means, and whom there: kept with the case as evidence."),
        max_length=2000,
        error_messages={"required": _("Say how it was told.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, notice_id: int, today: date, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self.prefix = f"told-{notice_id}"
        self.notice_id = notice_id
        self._today = today

    def clean_told_on(self) -> date:
        day: date = self.cleaned_data["told_on"]
        if day > self._today:
            raise forms.ValidationError(_("This day has not come yet."))
        return day


class ImpossibleForm(forms.Form):
    """Telling a recipient is impossible or a disproportionate effort (Art. 19)."""

    reason = forms.CharField(
        label=_("Why it is impossible, or the effort disproportionate"),
        help_text=_("The law allows it only then. Kept with the case."),
        max_length=2000,
        error_messages={"required": _("Say why. Without a reason every recipient is told.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, notice_id: int, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self.prefix = f"impossible-{notice_id}"
        self.notice_id = notice_id
