"""What staff can enter on a case, cleaned before any service sees it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Outcome, Right
from requests_portal.texts.cases import QUESTION_KINDS, outcomes_of


class PlanForm(forms.Form):
    """What an erasure is planned with: whose data it is, and what is needed for a legal claim."""

    claims = forms.MultipleChoiceField(
        label=_("Needed for a legal claim"),
        help_text=_(
            "Optional, Article 17(3)(e): data marked here stays until its retention period is over."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    claim_reason = forms.CharField(
        label=_("Which claim, and why the data is needed"),
        help_text=_("Only where something is marked above. It is kept with the plan."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    identity_checked = forms.BooleanField(
        label=_("I have checked that the data found belongs to this person"),
        error_messages={
            "required": _("Confirm that you have checked whose data this is before it is erased."),
        },
    )

    def __init__(self, *args: Any, tables: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        field = self.fields["claims"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = list(tables)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("claims") and not cleaned.get("claim_reason", "").strip():
            self.add_error("claim_reason", _("Say which claim the data is needed for."))
        return cleaned

    @property
    def stated_claims(self) -> dict[str, str]:
        """Return the reason for each table marked."""
        reason = self.cleaned_data["claim_reason"].strip()
        return dict.fromkeys(self.cleaned_data["claims"], reason)


class DecisionForm(forms.Form):
    """The handler's decision on a request for a copy of data: access or portability."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    message = forms.CharField(
        label=_("Words to the person"),
        help_text=_("Optional. Printed in the letter, in the person's language."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    identity_checked = forms.BooleanField(
        label=_("I have checked that the data found belongs to this person"),
        error_messages={
            "required": _("Confirm that you have checked whose data this is before it is sent."),
        },
    )

    def __init__(self, *args: Any, right: Right = Right.ACCESS, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        field = self.fields["outcome"]
        words = outcomes_of(right)
        if isinstance(field, forms.ChoiceField):
            field.choices = [(o.value, words[o]) for o in (Outcome.GRANTED, Outcome.NOTHING_HELD)]


class AskForm(forms.Form):
    """Something is asked of the person before the request can be worked on."""

    kind = forms.ChoiceField(
        label=_("What is asked"),
        choices=[(kind.value, QUESTION_KINDS[kind]) for kind in Kind],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is asked.")},
    )
    reason = forms.CharField(
        label=_("Why it has to be asked"),
        help_text=_(
            "In the person’s language: it is told in the letter. Identity is asked for on "
            "reasonable doubt alone (Article 12(6)); no identity paper by default."
        ),
        max_length=2000,
        error_messages={"required": _("Say why. Without a reason the clock cannot pause.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    words = forms.CharField(
        label=_("Your question, in the person’s language"),
        max_length=4000,
        error_messages={"required": _("Write what you ask the person.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class NoteAnswerForm(forms.Form):
    """An answer that came by letter, phone or mail. `today` is the company's local day."""

    answer = forms.CharField(
        label=_("What the person answered"),
        max_length=4000,
        error_messages={"required": _("Write what the person answered.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    arrived_on = forms.DateField(
        label=_("Day on which it arrived"),
        error_messages={
            "required": _("Enter the day on which it arrived."),
            "invalid": _("Enter the day as 2026-01-31."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, asked_on: date, today: date, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self._asked_on, self._today = asked_on, today

    def clean_arrived_on(self) -> date:
        day: date = self.cleaned_data["arrived_on"]
        if not self._asked_on <= day <= self._today:
            raise forms.ValidationError(_("The day lies between the question and today."))
        return day
