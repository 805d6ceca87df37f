"""What may stand in a mail's header: one address, one line."""

import re
import unicodedata

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


class UnsafeHeader(ValueError):
    """A header value would break out of its line or its list. The value is not repeated here."""


def checked_address(to: str) -> str:
    """Return `to` if it is exactly one plain address, else raise UnsafeHeader."""
    if len(to) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(to) or _has_control(to):
        raise UnsafeHeader("The recipient is not one plain e-mail address.")
    return to


def checked_subject(subject: str) -> str:
    """Return `subject` if it is one line with something in it, else raise UnsafeHeader."""
    if not subject.strip() or _has_control(subject):
        raise UnsafeHeader("The subject is empty or not a single line.")
    return subject


def _has_control(text: str) -> bool:
    """Control characters, and Unicode's own line and paragraph separators."""
    return any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text)
