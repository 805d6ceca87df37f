"""Setting a restriction by hand, and asking for the record of processing as a file."""

from contextlib import suppress
from typing import Any

from django import forms
from django.conf import settings
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
from retention.domain.restricting import Reason
from retention.services.records_files import FileKind
from retention.texts import CATEGORIES, REASONS


class RestrictionForm(forms.Form):
    """Who, why and how far. `resources` are pairs of id and title."""

    email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("With its country code, for example +372 5123 4567."),
        max_length=40,
        required=False,
    )
    customer_number = forms.CharField(label=_("Customer number"), max_length=40, required=False)
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

    def clean(self) -> None:
        named = ("email", "phone", "customer_number")
        if not any(self.cleaned_data.get(name) or name in self.errors for name in named):
            self.add_error("email", _("Enter at least one: address, phone or customer number."))

    def keys(self) -> SubjectKeys:
        """Return the identifiers that were entered."""
        given = self.cleaned_data
        return SubjectKeys.of_pairs(
            (kind, given[kind]) for kind in ("email", "phone", "customer_number") if given[kind]
        )

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
