"""For whom somebody asks, and what is asked of those who ask for another."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.representing import Authority
from requests_portal.forms.question import QuestionForm, cleaned_email, cleaned_name

FOR_MYSELF = "self"


def speaks_for_another(answers: Mapping[str, Any]) -> bool:
    """Tell whether the one who writes asks for somebody else."""
    return answers.get("for_whom") in {one.value for one in Authority}


class ForWhomForm(QuestionForm):
    heading = _("For whom do you ask?")
    hint = _("You can ask for yourself, for your child, or for somebody who gave you a mandate.")
    is_needed = False
    for_whom = forms.ChoiceField(
        label=_("For whom"),
        choices=[
            (FOR_MYSELF, _("For myself")),
            (Authority.PARENTAL.value, _("For my child")),
            (Authority.MANDATE.value, _("For somebody who gave me a mandate")),
        ],
        initial=FOR_MYSELF,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose for whom you ask.")},
    )


class _OnBehalfForm(QuestionForm):
    """A question that is asked only of somebody who speaks for another."""

    @classmethod
    def is_asked(cls, answers: Mapping[str, str]) -> bool:
        return speaks_for_another(answers)


class PersonNameForm(_OnBehalfForm):
    heading = _("What is the name of the person you ask for?")
    hint = _("Your own name comes later.")
    person_name = forms.CharField(
        label=_("Full name of the person"),
        max_length=120,
        error_messages={"required": _("Enter the name of the person.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_person_name(self) -> str:
        return cleaned_name(
            self.cleaned_data["person_name"], otherwise=_("Enter the name of the person.")
        )


class PersonEmailForm(_OnBehalfForm):
    heading = _("Under which e-mail address may we know this person?")
    hint = _("Optional. We search for data stored under it and send nothing there.")
    person_email = forms.CharField(
        label=_("E-mail address of the person"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_person_email(self) -> str:
        given = self.cleaned_data["person_email"]
        return cleaned_email(given) if given else ""


class StatementForm(_OnBehalfForm):
    heading = _("How can you show that you may ask for this person?")
    hint = _(
        "For a child: how you hold parental responsibility. Otherwise: who gave you the mandate, "
        "when, and how we can check it. Send no document now; we ask if we need one."
    )
    statement = forms.CharField(
        label=_("How you can show that you may ask"),
        max_length=2000,
        error_messages={"required": _("Tell us how we can see that you may ask.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
