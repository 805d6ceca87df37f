"""A ruling on a request, as staff enter it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.deciding import (
    ADVERSE,
    GROUNDS,
    Ground,
    Judgement,
    grounds_for,
    may_cost,
    outcomes_for,
)
from requests_portal.domain.rights import Outcome, Right
from requests_portal.texts.deciding import GROUNDS as GROUND_LABELS
from requests_portal.texts.rulings import CHOICES

_MOST_EURO = Decimal(1000)


class RulingForm(forms.Form):
    """Outcome, grounds, reasons, and the statement whose data it is."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    grounds = forms.MultipleChoiceField(
        label=_("Grounds"),
        help_text=_("Needed where something is denied. The letter explains each with its article."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    message = forms.CharField(
        label=_("The reasons, in the person’s language"),
        help_text=_("Needed where something is denied: why, in this case. Printed in the letter."),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    fee = forms.DecimalField(
        label=_("Fee in euro"),
        help_text=_("Only where a fee is asked: no more than the administrative costs."),
        required=False,
        min_value=Decimal(1),
        max_value=_MOST_EURO,
        decimal_places=2,
    )
    identity_checked = forms.BooleanField(
        label=_("I have checked that the data belongs to this person"),
        help_text=_("Not needed for a refusal."),
        required=False,
    )

    def __init__(self, *args: Any, right: Right, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self._right = right
        self._choose("outcome", [(one.value, CHOICES[one]) for one in outcomes_for(right)])
        offered = dict.fromkeys((*GROUNDS[right], *self._beyond(right)))
        self._choose("grounds", [(one.value, GROUND_LABELS[one]) for one in offered])
        if not may_cost(right):
            del self.fields["fee"]

    @staticmethod
    def _beyond(right: Right) -> tuple[Ground, ...]:
        return grounds_for(right, Outcome.CANNOT_IDENTIFY) if right is not Right.COMPLAINT else ()

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "outcome" not in cleaned:
            return cleaned
        outcome = Outcome(cleaned["outcome"])
        if outcome is Outcome.FEE and not cleaned.get("fee") and "fee" not in self.errors:
            self.add_error("fee", _("Enter the fee."))
        if outcome is not Outcome.FEE and cleaned.get("fee"):
            self.add_error("fee", _("Leave it empty: no fee is asked."))
        self._clean_denial(cleaned, outcome)
        if outcome not in {Outcome.REFUSED, Outcome.CANNOT_IDENTIFY, Outcome.FEE} and not (
            cleaned.get("identity_checked")
        ):
            self.add_error("identity_checked", _("Confirm that you have checked whose data it is."))
        return cleaned

    def _clean_denial(self, cleaned: dict[str, Any], outcome: Outcome) -> None:
        grounds = cleaned.get("grounds", [])
        allowed = grounds_for(self._right, outcome)
        if outcome not in ADVERSE and outcome is not Outcome.FEE:
            if grounds:
                self.add_error("grounds", _("Leave them empty: nothing is denied."))
            return
        if not grounds:
            self.add_error("grounds", _("Choose the ground. The law does not allow one without."))
        elif any(Ground(code) not in allowed for code in grounds):
            self.add_error("grounds", _("A ground you chose does not carry this decision."))
        if not cleaned.get("message", "").strip():
            self.add_error("message", _("Say why, in this case."))

    @property
    def judgement(self) -> Judgement:
        """Return what was entered."""
        return Judgement(
            right=self._right,
            outcome=Outcome(self.cleaned_data["outcome"]),
            grounds=tuple(Ground(code) for code in self.cleaned_data["grounds"]),
            reasons=self.cleaned_data["message"],
        )

    @property
    def fee_cents(self) -> int | None:
        fee = self.cleaned_data.get("fee")
        return int(fee * 100) if fee else None


class SendBackForm(forms.Form):
    """Why a proposal is not approved."""

    remark = forms.CharField(
        label=_("Why it is sent back"),
        max_length=2000,
        error_messages={"required": _("Say what should be changed.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
