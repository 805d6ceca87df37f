"""A guard, not a proof: what looks like an address or a phone number stays out of the log."""

import re

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
#: Seven digits or more, alone or with the usual separators, are taken for a phone number.
_PHONE = re.compile(r"(?<![\w])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}(?!\w)")
#: What holds many digits and is no phone number: ISO dates and instants, UUIDs.
_HARMLESS = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w.-])"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b",
    re.IGNORECASE,
)


class PersonalDataInAudit(ValueError):
    """A value looks like an e-mail address or a phone number. The value is not repeated here."""


def looks_like_email(text: str) -> bool:
    return _EMAIL.search(text) is not None


def looks_like_phone(text: str) -> bool:
    return _PHONE.search(_HARMLESS.sub("", text)) is not None


def refuse_personal_data(name: str, text: str) -> None:
    """Raise PersonalDataInAudit, naming only `name`, if `text` looks like an address or number."""
    if looks_like_email(text):
        raise PersonalDataInAudit(f"{name} looks like an e-mail address.")
    if looks_like_phone(text):
        raise PersonalDataInAudit(f"{name} looks like a phone number.")
