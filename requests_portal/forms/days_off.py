"""One-off public holidays, as the DPO enters them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.entities import ENTITIES

_COMPANIES = [(code, f"{company.legal_name} ({code})") for code, company in ENTITIES.items()]


class DayOffForm(forms.Form):
    """A day that was declared free in the country of one company."""

    entity_code = forms.ChoiceField(
        label=_("Company"),
        choices=_COMPANIES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the company.")},
    )
    on = forms.DateField(
        label=_("Day"),
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Enter the day as 2026-01-31."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    name = forms.CharField(
        label=_("Name of the day"),
        help_text=_("As the country calls it. People read it in the reason of a date."),
        max_length=120,
        error_messages={"required": _("Enter the name of the day.")},
    )
    reason = forms.CharField(
        label=_("Where it is declared"),
        help_text=_("The law or order with its number and date. It stays on record."),
        max_length=1000,
        error_messages={"required": _("Say where it is declared.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TakeOutForm(forms.Form):
    """Why a day is a working day after all."""

    reason = forms.CharField(
        label=_("Why it is taken out"),
        help_text=_("It stays on record."),
        max_length=1000,
        error_messages={"required": _("Say why the day is taken out.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
