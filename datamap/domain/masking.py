"""How somebody else's data is shown in a person's answer (GDPR Art. 15(4))."""

import phonenumbers

from datamap.domain.vocabulary import Mask

_DOTS = "•••"
_SHOWN_DIGITS = 2
_LEAST_DIGITS = 6  # a shorter number would be told by what is left of it


def masked(value: object, mask: Mask, *, region: str | None = None) -> str | None:
    """Return what may be shown of a third party's value; None stays None.

    phone: country code (where it can be read) and the last two digits. email: first letter and
    domain. name: initials. What does not look like its kind is not shown at all.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    if mask is Mask.PHONE:
        return _phone(text, region)
    if mask is Mask.EMAIL:
        local, at, domain = text.rpartition("@")
        return f"{local[0]}{_DOTS}@{domain}" if at and local and domain else _DOTS
    if mask is Mask.NAME:
        return " ".join(f"{word[0].upper()}." for word in text.split()) or _DOTS
    return _DOTS


def _phone(text: str, region: str | None) -> str:
    digits = "".join(letter for letter in text if letter.isdecimal())
    if len(digits) < _LEAST_DIGITS:
        return _DOTS
    end = digits[-_SHOWN_DIGITS:]
    written = "+" + text[2:] if text.startswith("00") else text
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return f"{_DOTS}{end}"
    return f"+{number.country_code}{_DOTS}{end}"
