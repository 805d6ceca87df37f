"""Setting restrictions and legal holds by hand, and asking for records of processing as files."""

from contextlib import suppress
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.identifiers import (
    InvalidEmail,
    InvalidPhone,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
)
from retention.domain.holding import HoldKind
from retention.domain.restricting import Reason
from retention.services.holds import HoldScope, Order
from retention.services.records_files import FileKind
from retention.texts import CATEGORIES, HOLD_KINDS, REASONS


class _Day(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 (Django's signature)
        super().__init__(format="%Y-%m-%d", **kwargs)


class PersonForm(forms.Form):
    """Whose data it is, by what is known of them."""

    email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("With its country code, for example +372 5123 4567."),
        max_length=40,
        required=False,
    )
    customer_number = forms.CharField(label=_("Customer number"), max_length=40, required=False)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            return normalise_email(email) if email else ""
        except InvalidEmail as error:
            raise forms.ValidationError(
                _("Enter an e-mail address like name@example.com.")
            ) from error

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        try:
            return normalise_phone(phone, region=None) if phone else ""
        except InvalidPhone as error:
            raise forms.ValidationError(
                _("Enter the number with its country code, for example +372 5123 4567.")
            ) from error

    def clean_customer_number(self) -> str:
        return normalise_customer_number(self.cleaned_data["customer_number"])

    def keys(self) -> SubjectKeys:
        """Return the identifiers that were entered."""
        given = self.cleaned_data
        return SubjectKeys.of_pairs(
            (kind, given[kind]) for kind in ("email", "phone", "customer_number") if given[kind]
        )


class RestrictionForm(PersonForm):
    """Who, why and how far. `resources` are pairs of id and title."""

    reason = forms.ChoiceField(
        label=_("Why the data may only be stored"),
        choices=[(reason.value, label) for reason, label in REASONS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    resources = forms.MultipleChoiceField(
        label=_("Only in these systems"),
        help_text=_("Choose none for all of them."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    categories = forms.MultipleChoiceField(
        label=_("Only this data"),
        help_text=_("Choose none for all of it."),
        choices=[(category.value, label) for category, label in CATEGORIES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("Note for colleagues"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, resources: list[tuple[str, str]], **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        chosen = self.fields["resources"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101 (for the type alone)
        chosen.choices = resources

    def clean(self) -> None:
        named = ("email", "phone", "customer_number")
        if not any(self.cleaned_data.get(name) or name in self.errors for name in named):
            self.add_error("email", _("Enter at least one: address, phone or customer number."))

    def chosen_reason(self) -> Reason:
        return Reason(self.cleaned_data["reason"])

    def chosen_categories(self) -> list[Category]:
        return [Category(value) for value in self.cleaned_data["categories"]]


class FindForm(forms.Form):
    """Is this person's data restricted? Sent by POST: an identifier has no place in an address."""

    identifier = forms.CharField(max_length=254)

    def keys(self) -> SubjectKeys:
        """Return every reading of what was entered."""
        text: str = self.cleaned_data["identifier"]
        pairs = [("customer_number", normalise_customer_number(text)), ("ip", text.strip())]
        with suppress(InvalidEmail):
            pairs.append(("email", normalise_email(text)))
        with suppress(InvalidPhone):
            pairs.append(("phone", normalise_phone(text, region=None)))
        return SubjectKeys.of_pairs(pairs)


class RecordFileForm(forms.Form):
    """In which language and form; each button says its own `kind`."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in FileKind])

    def chosen_kind(self) -> FileKind:
        return FileKind(self.cleaned_data["kind"])


class StopForm(forms.Form):
    """Why every purge is stopped."""

    reason = forms.CharField(
        label=_("Why purges are stopped"),
        help_text=_("For example: a backup is being restored. No names of people."),
        max_length=500,
        error_messages={"required": _("Say why purges are stopped.")},
    )


class HoldForm(PersonForm):
    """What is held, and on whose word. `resources` and `controllers` are pairs of id and name."""

    resources = forms.MultipleChoiceField(
        label=_("Only in these systems"),
        help_text=_("Choose none for all of them."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    categories = forms.MultipleChoiceField(
        label=_("Only this data"),
        help_text=_("Choose none for all of it."),
        choices=[(category.value, label) for category, label in CATEGORIES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    controllers = forms.MultipleChoiceField(
        label=_("Only what we process for these companies"),
        help_text=_("Choose none to hold it whosever data it is."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    anchored_from = forms.DateField(label=_("Only from this day on"), required=False, widget=_Day)
    anchored_until = forms.DateField(
        label=_("Only up to this day"),
        help_text=_("By the date that the time limit counts from. Records without one are held."),
        required=False,
        widget=_Day,
    )
    kind = forms.ChoiceField(
        label=_("Who orders it"),
        choices=[(kind.value, label) for kind, label in HOLD_KINDS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who orders it.")},
    )
    authority = forms.CharField(
        label=_("Name of the court, authority or party"),
        max_length=200,
        error_messages={"required": _("Enter who orders it.")},
    )
    reference = forms.CharField(label=_("Their reference"), max_length=200, required=False)
    reason = forms.CharField(
        label=_("Why the data is needed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the data is needed.")},
    )
    review_on = forms.DateField(
        label=_("Look at it again on"),
        help_text=_("You are reminded two weeks before."),
        widget=_Day,
        error_messages={"required": _("Enter a day.")},
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 (Django's form signature)
        resources: list[tuple[str, str]],
        controllers: list[tuple[str, str]],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("resources", resources), ("controllers", controllers)):
            chosen = self.fields[name]
            assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101 (for the type alone)
            chosen.choices = choices
        if not controllers:
            del self.fields["controllers"]

    def clean_review_on(self) -> date:
        return _not_past(self.cleaned_data["review_on"])

    def clean(self) -> None:
        first, last = (self.cleaned_data.get(name) for name in ("anchored_from", "anchored_until"))
        if first and last and last < first:
            self.add_error("anchored_until", _("It lies before the first day."))
        if not self.errors and not self.scope():
            self.add_error("email", _("Say what is held: a person, systems, data or days."))

    def scope(self) -> HoldScope:
        """Return what is to be held."""
        given = self.cleaned_data
        return HoldScope(
            keys=self.keys(),
            resources=given["resources"],
            categories=[Category(value) for value in given["categories"]],
            controllers=given.get("controllers", ()),
            anchored_from=given["anchored_from"],
            anchored_until=given["anchored_until"],
        )

    def order(self) -> Order:
        """Return on whose word."""
        given = self.cleaned_data
        return Order(
            kind=HoldKind(given["kind"]),
            authority=given["authority"],
            reference=given["reference"],
            reason=given["reason"],
            review_on=given["review_on"],
        )


class ReviewForm(forms.Form):
    """When a hold that still has to stand is looked at again."""

    review_on = forms.DateField(
        label=_("Look at it again on"),
        widget=_Day,
        error_messages={"required": _("Enter a day.")},
    )

    def clean_review_on(self) -> date:
        return _not_past(self.cleaned_data["review_on"])


class ProposalForm(forms.Form):
    """Why a hold can end."""

    reason = forms.CharField(
        label=_("Why it can end"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why it can end.")},
    )


def _not_past(day: date) -> date:
    if day < timezone.localdate():
        raise forms.ValidationError(_("Enter a day that is still to come."))
    return day
