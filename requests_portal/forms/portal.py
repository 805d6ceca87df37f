"""What people can enter at the portal, cleaned before any service sees it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.identifiers import InvalidPhone, normalise_phone
from requests_portal.domain.choices import CHOICES
from requests_portal.domain.porting import Target
from requests_portal.domain.rights import Right
from requests_portal.forms.fields import HttpsAddressField
from requests_portal.forms.on_behalf import (
    ForWhomForm,
    PersonEmailForm,
    PersonNameForm,
    StatementForm,
    speaks_for_another,
)
from requests_portal.forms.question import QuestionForm, cleaned_email, cleaned_name
from requests_portal.texts.choices import CHOICES as CHOICE_TEXTS
from requests_portal.texts.porting import TARGETS

_REGION = {"pl": "PL", "et": "EE", "lv": "LV"}


class NameForm(QuestionForm):
    heading = _("What is your name?")
    hint = _("As you gave it to us, so that we recognise you.")
    name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        if speaks_for_another(self.initial):
            self.hint = _("We write to you, and not to the person you ask for.")

    def clean_name(self) -> str:
        return cleaned_name(self.cleaned_data["name"], otherwise=_("Enter your name."))


class EmailForm(QuestionForm):
    heading = _("What is your e-mail address?")
    hint = _("We answer to this address and search for data stored under it.")
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"required": _("Enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        if speaks_for_another(self.initial):
            self.hint = _("We answer to this address.")

    def clean_email(self) -> str:
        return cleaned_email(self.cleaned_data["email"])


class PhoneForm(QuestionForm):
    heading = _("Do you want us to search for a phone number too?")
    hint = _("Optional. Calls and messages are stored by number. Leave it empty to go on.")
    phone = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if not phone.strip():
            return ""
        try:
            return normalise_phone(phone, region=_REGION.get(self.language))
        except InvalidPhone as error:
            raise forms.ValidationError(
                _("Enter the number with its country code, for example +372 5123 4567.")
            ) from error


class CustomerNumberForm(QuestionForm):
    heading = _("Do you have a customer number?")
    hint = _("Optional. It stands on every invoice. Leave it empty to go on.")
    customer_number = forms.CharField(label=_("Customer number"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        if speaks_for_another(self.initial):
            self.heading = _("Is there a customer number?")

    def clean_customer_number(self) -> str:
        return str(self.cleaned_data["customer_number"]).strip().upper()


class CountryForm(QuestionForm):
    heading = _("Which country do you live in?")
    hint = _("It tells us which of our companies answers and which authority protects your rights.")
    country = forms.ChoiceField(
        label=_("Country"),
        choices=[
            ("EE", _("Estonia")),
            ("LV", _("Latvia")),
            ("PL", _("Poland")),
            ("other", _("Another country")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a country.")},
    )


class AboutForm(QuestionForm):
    heading = _("What is it about?")
    hint = _(
        "Optional. You need not give a reason. Tell us if you look for something in particular."
    )
    about = forms.CharField(
        label=_("In your own words"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class CorrectionForm(AboutForm):
    heading = _("What is wrong, and what should it be?")
    hint = _("For example: my surname is spelt Kask, not Kaks. You need not prove it now.")
    about = forms.CharField(
        label=_("In your own words"),
        max_length=4000,
        error_messages={"required": _("Tell us what is wrong and what it should be.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class ErasureForm(AboutForm):
    heading = _("Which data should be erased?")
    hint = _("Leave it empty for everything. You need not give a reason.")


class RestrictionChoiceForm(QuestionForm):
    heading = _("Why should we stop using the data?")
    hint = _("The law knows these cases. We keep the data and do nothing else with it.")
    restriction_choice = forms.ChoiceField(
        label=_("Reason"),
        choices=[(one.value, CHOICE_TEXTS[one]) for one in CHOICES[Right.RESTRICTION]],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the case that fits best.")},
    )


class RestrictionForm(AboutForm):
    heading = _("Which data is it about?")
    hint = _("Leave it empty for everything. Tell us what helps us to understand.")


class ObjectionChoiceForm(QuestionForm):
    heading = _("Which use do you object to?")
    hint = _("Advertising stops at once, without any weighing.")
    objection_choice = forms.ChoiceField(
        label=_("Use"),
        choices=[(one.value, CHOICE_TEXTS[one]) for one in CHOICES[Right.OBJECTION]],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the use you object to.")},
    )


class ObjectionForm(AboutForm):
    heading = _("Why do you object?")
    hint = _(
        "For advertising you need no reason. Otherwise tell us what is particular about your "
        "situation: we stop while we weigh it."
    )


class WithdrawalForm(AboutForm):
    heading = _("Which consent do you withdraw?")
    hint = _("Leave it empty for every consent you gave us. You need not give a reason.")


class ComplaintForm(AboutForm):
    heading = _("What happened?")
    hint = _("Our data protection officer reads it and answers you by letter.")
    about = forms.CharField(
        label=_("In your own words"),
        max_length=4000,
        error_messages={"required": _("Tell us what happened.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class PortabilityForm(AboutForm):
    heading = _("Is it about something in particular?")
    hint = _("Leave it empty for all data you gave us. You receive it as JSON and CSV files.")


class TellWhenGoneForm(QuestionForm):
    heading = _("Should we write to you when the rest is gone?")
    hint = _(
        "The law obliges us to keep some data for years, such as invoices. We erase it when its "
        "time is over, whether you choose to be told or not."
    )
    tell_when_gone = forms.ChoiceField(
        label=_("When data that had to be kept is erased later"),
        choices=[("yes", _("Yes, send me an e-mail")), ("no", _("No, that is not needed"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )


class TargetForm(QuestionForm):
    heading = _("Where should your data go?")
    hint = _("You can have it sent to another company. You receive a copy in any case.")
    target = forms.ChoiceField(
        label=_("Where it goes"),
        choices=[(one.value, TARGETS[one]) for one in Target],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where your data should go.")},
    )


class CompanyForm(QuestionForm):
    heading = _("What is the company called?")
    hint = _("The company that is to receive your data.")
    company = forms.CharField(
        label=_("Name of the company"),
        max_length=120,
        error_messages={"required": _("Enter the name of the company.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @classmethod
    def is_asked(cls, answers: Mapping[str, str]) -> bool:
        return answers.get("target") in {Target.URL.value, Target.CODE.value}


class CompanyAddressForm(QuestionForm):
    heading = _("To which address should we send it?")
    hint = _(
        "The company tells you the address. It begins with https:// and takes a file from us. If "
        "they have none, choose the code instead."
    )
    company_url = HttpsAddressField(label=_("Address of the company"))

    @classmethod
    def is_asked(cls, answers: Mapping[str, str]) -> bool:
        return answers.get("target") == Target.URL.value


_WHO: Mapping[str, type[QuestionForm]] = {
    "for-whom": ForWhomForm,
    "whose": PersonNameForm,
    "whose-email": PersonEmailForm,
    "mandate": StatementForm,
    "name": NameForm,
    "email": EmailForm,
    "phone": PhoneForm,
    "customer-number": CustomerNumberForm,
    "country": CountryForm,
}
#: The questions of each right in their order, each under the name that stands in its address.
QUESTIONS: Mapping[Right, Mapping[str, type[QuestionForm]]] = {
    Right.ACCESS: {**_WHO, "about": AboutForm},
    Right.RECTIFICATION: {**_WHO, "about": CorrectionForm},
    Right.ERASURE: {**_WHO, "about": ErasureForm, "later": TellWhenGoneForm},
    Right.RESTRICTION: {**_WHO, "why": RestrictionChoiceForm, "about": RestrictionForm},
    Right.OBJECTION: {**_WHO, "which": ObjectionChoiceForm, "about": ObjectionForm},
    Right.PORTABILITY: {
        **_WHO,
        "about": PortabilityForm,
        "where": TargetForm,
        "company": CompanyForm,
        "address": CompanyAddressForm,
    },
    Right.WITHDRAWAL: {**_WHO, "about": WithdrawalForm},
    Right.COMPLAINT: {**_WHO, "about": ComplaintForm},
}


def questions_for(right: Right, answers: Mapping[str, str]) -> Mapping[str, type[QuestionForm]]:
    """Return the questions of a right that make sense after the answers so far, in their order."""
    return {step: form for step, form in QUESTIONS.get(right, {}).items() if form.is_asked(answers)}


class NewLinkForm(forms.Form):
    """Ask for a new link; the answer never tells whether such a request exists."""

    reference = forms.CharField(
        label=_("Reference"),
        max_length=20,
        error_messages={"required": _("Enter the reference, for example AP-7K3M-Q9XD.")},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"required": _("Enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ReplyForm(forms.Form):
    """The person's answer to what we asked."""

    answer = forms.CharField(
        label=_("Your answer"),
        max_length=4000,
        error_messages={"required": _("Write your answer.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
