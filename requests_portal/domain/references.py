"""References that people read out on the phone: no look-alike letters, nothing to count."""

import re

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0/O, 1/I/L and U
_FORM = re.compile(rf"^AP-[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}$")
LENGTH = 8


def reference_from(random_number: int) -> str:
    """Return an opaque reference such as ``AP-7K3M-Q9XD`` from at least 39 random bits."""
    letters = []
    for _ in range(LENGTH):
        random_number, index = divmod(random_number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return f"AP-{''.join(letters[:4])}-{''.join(letters[4:])}"


def clean_reference(text: str) -> str | None:
    """Return the reference a person typed in its proper form, or None if it is not one."""
    compact = re.sub(r"[^0-9A-Za-z]", "", text).upper().removeprefix("AP")
    reference = f"AP-{compact[:4]}-{compact[4:]}"
    return reference if _FORM.match(reference) else None
