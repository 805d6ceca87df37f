"""How somebody else's data is shown in a person's answer (GDPR Art. 15(4))."""

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

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
    code = _country_code(text, digits, region)
    return f"{'+' + code if code else ''}{_DOTS}{digits[-_SHOWN_DIGITS:]}"


def _country_code(text: str, digits: str, region: str | None) -> str:
    """Return the country code by its prefix alone: a full reading of each row would be slow."""
    if text.startswith("+") or digits.startswith("00"):
        international = digits.removeprefix("00")
        prefixes = (international[:length] for length in (1, 2, 3))
        return next((one for one in prefixes if int(one) in COUNTRY_CODE_TO_REGION_CODE), "")
    code = phonenumbers.country_code_for_region(region or "ZZ")
    return str(code) if code else ""
