"""One question of the request form, and how names and addresses are cleaned in it."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.identifiers import InvalidEmail, normalise_email
from requests_portal.texts.rights import Text

_NOT_IN_A_NAME = re.compile(r"[<>@:/\\]|www\.", re.IGNORECASE)


class QuestionForm(forms.Form):
    """One question of the request form."""

    heading: Text
    hint: Text = ""
    #: Whether a request can be sent only when this has been answered.
    is_needed: ClassVar[bool] = True

    def __init__(self, *args: Any, language: str = "en", **kwargs: Any) -> None:  # noqa: ANN401 (Django's form signature)
        super().__init__(*args, **kwargs)
        self.language = language

    @classmethod
    def is_asked(cls, answers: Mapping[str, str]) -> bool:
        """Tell whether the question makes sense after what was answered so far."""
        del answers
        return True


def cleaned_email(given: str) -> str:
    """Return an address as it is compared; ValidationError for what is none."""
    try:
        return normalise_email(given)
    except InvalidEmail as error:
        raise forms.ValidationError(
            _("Check the address. It should look like name@example.com.")
        ) from error


def cleaned_name(given: str, *, otherwise: Text) -> str:
    """Refuse what no name holds: our mails greet by it and must carry no stranger's link."""
    if _NOT_IN_A_NAME.search(given):
        raise forms.ValidationError(str(otherwise))
    return given
