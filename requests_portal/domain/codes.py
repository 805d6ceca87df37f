"""One-time codes that one person writes down and another types."""

import re

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0/O, 1/I/L and U
_GROUPS, _IN_GROUP = 4, 4
LENGTH = _GROUPS * _IN_GROUP
_FORM = re.compile(rf"[{_ALPHABET}]{{{LENGTH}}}")
#: How many codes there are: some 2**78, so that nobody guesses one.
COUNT = len(_ALPHABET) ** LENGTH


def code_from(random_number: int) -> str:
    """Return a code such as ``7K3M-Q9XD-2BCF-HJ4N`` from a random number below COUNT."""
    letters = []
    for _ in range(LENGTH):
        random_number, index = divmod(random_number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    text = "".join(letters)
    return "-".join(text[at : at + _IN_GROUP] for at in range(0, LENGTH, _IN_GROUP))


def clean_code(text: str) -> str | None:
    """Return what somebody typed in the code's proper form, or None if it cannot be one."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not _FORM.fullmatch(compact):
        return None
    return "-".join(compact[at : at + _IN_GROUP] for at in range(0, LENGTH, _IN_GROUP))
