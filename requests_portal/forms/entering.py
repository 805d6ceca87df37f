"""A request that reached the house otherwise than by the portal, as staff enter it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lib.entities import ENTITIES, entity
from requests_portal.domain.choices import CHOICES
from requests_portal.domain.files import FileRefused
from requests_portal.domain.intake import Intake
from requests_portal.domain.received import ReceiptRefused, received_at
from requests_portal.domain.representing import Authority, Representation
from requests_portal.domain.rights import Channel, Right
from requests_portal.forms.identifiers import cleaned_lines, cleaned_phone, postal_address_field
from requests_portal.forms.on_behalf import FOR_MYSELF
from requests_portal.forms.question import cleaned_email, cleaned_name
from requests_portal.services.entering import SCAN_MEGABYTES, Scan
from requests_portal.services.files import SCANS, check_upload
from requests_portal.texts.cases import CHANNELS
from requests_portal.texts.choices import CHOICES as CHOICE_TEXTS
from requests_portal.texts.entering import WHY_NO_SCAN, WHY_NOT_RECEIVED
from requests_portal.texts.rights import RIGHT_NAMES

_ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
_BY_STAFF = (Channel.EMAIL, Channel.LETTER, Channel.PHONE)


class EntryForm(forms.Form):
    """The request, the person and the day. `now` is when the form is looked at."""

    submission = forms.UUIDField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[(one.value, CHANNELS[one]) for one in _BY_STAFF],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the request came.")},
    )
    received_on = forms.DateField(
        label=_("Day on which it reached us"),
        help_text=_("The true day, in any mailbox or at any desk of the house. The clock starts."),
        error_messages={
            "required": _("Enter the day on which it reached us."),
            "invalid": _("Enter the day as 2026-01-31."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    received_time = forms.TimeField(
        label=_("Time"),
        required=False,
        error_messages={"invalid": _("Enter the time as 14:30.")},
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    entity_code = forms.ChoiceField(
        label=_("Company that answers"),
        choices=[(code, f"{one.legal_name} ({code})") for code, one in ENTITIES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the company that answers.")},
    )
    right = forms.ChoiceField(
        label=_("Right"),
        choices=[("", "–"), *((one.value, RIGHT_NAMES[one]) for one in Right)],
        error_messages={"required": _("Choose the right.")},
    )
    choice = forms.ChoiceField(
        label=_("Which case of it"),
        help_text=_("For a restriction and an objection alone, if the person says so."),
        choices=[
            ("", "–"),
            *(
                (str(RIGHT_NAMES[right]), [(one.value, CHOICE_TEXTS[one]) for one in choices])
                for right, choices in CHOICES.items()
            ),
        ],
        required=False,
    )
    about = forms.CharField(
        label=_("What they wrote or said"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    tell_when_gone = forms.BooleanField(
        label=_("Erasure: tell the person when what had to be kept is erased too"), required=False
    )
    scan = forms.FileField(
        label=_("Scan"),
        help_text=_(
            "PDF, JPEG or PNG, at most 20 MB. It is kept sealed, shown to handlers alone and "
            "deleted with the case."
        ),
        required=False,
        error_messages={"empty": _("The file is empty. Choose another one.")},
        widget=forms.FileInput(attrs={"accept": _ACCEPT}),
    )
    language = forms.ChoiceField(label=_("Language of the person"), choices=settings.LANGUAGES)
    name = forms.CharField(
        label=_("Name of the one who writes"),
        max_length=120,
        error_messages={"required": _("Enter the name of the one who writes.")},
    )
    email = forms.CharField(
        label=_("E-mail address"),
        help_text=_("We answer to it, and search for data stored under it."),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"spellcheck": "false"}),
    )
    postal_address = postal_address_field()
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    customer_number = forms.CharField(label=_("Customer number"), max_length=40, required=False)
    for_whom = forms.ChoiceField(
        label=_("For whom"),
        choices=[
            (FOR_MYSELF, _("For themselves")),
            (Authority.PARENTAL.value, _("For their child")),
            (Authority.MANDATE.value, _("For somebody who gave them a mandate")),
        ],
        initial=FOR_MYSELF,
        widget=forms.RadioSelect,
    )
    person_name = forms.CharField(
        label=_("Name of the person they speak for"), max_length=120, required=False
    )
    person_email = forms.CharField(
        label=_("E-mail address of that person"),
        help_text=_("We search for data stored under it and send nothing there."),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"spellcheck": "false"}),
    )
    statement = forms.CharField(
        label=_("How they show that they may"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self._now = now

    def clean_name(self) -> str:
        return cleaned_name(self.cleaned_data["name"], otherwise=_("Enter a name alone."))

    def clean_email(self) -> str:
        given = self.cleaned_data["email"]
        return cleaned_email(given) if given else ""

    def clean_postal_address(self) -> str:
        return cleaned_lines(self.cleaned_data["postal_address"])

    def clean_person_name(self) -> str:
        return cleaned_name(self.cleaned_data["person_name"], otherwise=_("Enter a name alone."))

    def clean_person_email(self) -> str:
        given = self.cleaned_data["person_email"]
        return cleaned_email(given) if given else ""

    def clean_phone(self) -> str:
        return cleaned_phone(
            self.cleaned_data["phone"], region=self.cleaned_data.get("entity_code")
        )

    def clean_customer_number(self) -> str:
        return str(self.cleaned_data["customer_number"]).upper()

    def clean_choice(self) -> str:
        """Refuse a case of another right."""
        choice: str = self.cleaned_data["choice"]
        fitting = CHOICES.get(self.cleaned_data.get("right", ""), ())
        if choice and choice not in {one.value for one in fitting}:
            raise forms.ValidationError(_("This does not belong to the right above."))
        return choice

    def clean_scan(self) -> Scan | None:
        upload = self.cleaned_data["scan"]
        if not upload:
            return None
        try:
            checked = check_upload(upload, accepted=SCANS, most_megabytes=SCAN_MEGABYTES)
        except FileRefused as refusal:
            raise forms.ValidationError(str(WHY_NO_SCAN[type(refusal)])) from refusal
        return Scan(upload=upload, checked=checked)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._require(cleaned, self._is_for_another(cleaned), "person_name", _SAY_FOR_WHOM)
        self._require(cleaned, self._is_for_another(cleaned), "statement", _SAY_HOW)
        unreached = not cleaned.get("email") and not cleaned.get("postal_address")
        self._require(cleaned, unreached, "email", _SAY_WHERE)
        if cleaned.get("received_on") and cleaned.get("entity_code"):
            try:
                cleaned["received_at"] = received_at(
                    on=cleaned["received_on"],
                    at=cleaned.get("received_time"),
                    zone=entity(cleaned["entity_code"]).tz,
                    now=self._now,
                )
            except ReceiptRefused as refusal:
                self.add_error("received_on", str(WHY_NOT_RECEIVED[type(refusal)]))
        return cleaned

    def intake(self) -> Intake:
        """Return the request as the services take it."""
        given = self.cleaned_data
        return Intake(
            right=Right(given["right"]),
            channel=Channel(given["channel"]),
            received_at=given["received_at"],
            tell_when_gone=given["tell_when_gone"] and given["right"] == Right.ERASURE,
            representation=self._representation(),
            **{name: given[name] for name in _AS_GIVEN},
        )

    def _representation(self) -> Representation | None:
        given = self.cleaned_data
        if not self._is_for_another(given):
            return None
        return Representation(
            authority=Authority(given["for_whom"]),
            name=given["person_name"],
            email=given["person_email"],
            statement=given["statement"],
        )

    def _is_for_another(self, given: Mapping[str, Any]) -> bool:
        return given.get("for_whom") in {one.value for one in Authority}

    def _require(self, cleaned: Mapping[str, Any], needed: bool, name: str, why: object) -> None:  # noqa: FBT001 (a condition)
        if needed and not cleaned.get(name) and name not in self.errors:
            self.add_error(name, str(why))


_SAY_FOR_WHOM = _("Enter the name of the person they speak for.")
_SAY_WHERE = _("Enter an e-mail address, or a postal address: the answer has to reach somebody.")
_SAY_HOW = _("Write how they show that they may, or that they have not shown it yet.")
_AS_GIVEN = (
    "language",
    "entity_code",
    "name",
    "email",
    "postal_address",
    "phone",
    "customer_number",
    "about",
    "choice",
)


class MandateForm(forms.Form):
    """How staff made sure that somebody may speak for another."""

    how_checked = forms.CharField(
        label=_("I have checked the mandate: how"),
        help_text=_("For example: looked at the signed mandate, and called the number on it."),
        max_length=2000,
        error_messages={"required": _("Say what you looked at and what you found.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
