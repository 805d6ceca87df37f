"""The form of one row: its fields with the present values, as plain inputs."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.field_values import FieldKind, MalformedValue, as_text, from_text
from requests_portal.services.corrections import CorrectableField

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MALFORMED: dict[FieldKind, str | Promise] = {
    FieldKind.INTEGER: _("Enter a whole number."),
    FieldKind.DECIMAL: _("Enter a number, such as 12.50."),
    FieldKind.BOOLEAN: _("Choose yes or no."),
    FieldKind.DATE: _("Enter a day, such as 2026-03-05."),
    FieldKind.DATETIME: _("Enter day and time, such as 2026-03-05T10:00:00."),
    FieldKind.UUID: _("Enter an identifier such as f47ac10b-58cc-4372-a567-0e02b2c3d479."),
    FieldKind.JSON: _("Enter valid JSON."),
}


class CorrectionForm(forms.Form):
    """One input for each field; what is left as it is changes nothing."""

    prefix = "field"

    def __init__(self, *args: Any, correctable: Sequence[CorrectableField], **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self.correctable = correctable
        for one in correctable:
            self.fields[one.name] = _field(one)

    def clean(self) -> None:
        self.changes: dict[str, Any] = {}
        for one in self.correctable:
            if one.name not in self.cleaned_data:
                continue
            entered = self.cleaned_data[one.name]
            try:
                value = from_text(entered, one.kind, one.zone, present=one.present)
            except MalformedValue:
                self.add_error(one.name, str(_MALFORMED[one.kind]))
                continue
            if value != one.present:
                self.changes[one.name] = value
        if not self.changes and not self.errors:
            self.add_error(None, _("Change at least one value."))


def _field(one: CorrectableField) -> forms.CharField:
    title = one.column.title
    return forms.CharField(
        label=title.in_language(get_language() or "en") if title else one.name,
        initial=as_text(one.present, one.kind, one.zone),
        required=False,
        strip=False,
        widget=_widget(one),
    )


def _widget(one: CorrectableField) -> forms.Widget:
    match one.kind:
        case FieldKind.BOOLEAN:
            return forms.Select(choices=[("", "–"), ("true", _("yes")), ("false", _("no"))])
        case FieldKind.LONG_TEXT | FieldKind.JSON:
            return forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})
        case FieldKind.INTEGER:
            return forms.TextInput(attrs={"inputmode": "numeric"})
        case FieldKind.DECIMAL:
            return forms.TextInput(attrs={"inputmode": "decimal"})
        case FieldKind.DATE if one.present is None or _DAY.fullmatch(str(one.present)):
            # A browser empties what it cannot show, such as a day before year 1.
            return forms.TextInput(attrs={"type": "date"})
        case _:
            return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
