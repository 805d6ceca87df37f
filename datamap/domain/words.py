"""The words in the name of a table or column, whatever its spelling."""

import re
import unicodedata
from functools import lru_cache

_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+|(?<=\D)(?=\d)")
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "đ": "d"})
_LONG_ENOUGH = 6  # letters of words written as one that may end another, as in "userphoneno"
_ENDINGS = {"email", "epost", "phone", "telefon", "telefons"}  # as in "useremail"


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in plain small letters: `BillingE-mail` is billing, e, mail."""
    folded = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return tuple(word.lower() for word in _BOUNDARY.split(plain) if word)


def names(words: tuple[str, ...], patterns: str) -> bool:
    """Tell whether the words hold one of the patterns: words in a row, or written as one.

    Patterns are divided by `|`; one is words with blanks between them, as `words_of` gives them.
    """
    spaced = f" {' '.join(words)} "
    return any(f" {one} " in spaced or _ends_a_word(words, one) for one in patterns.split("|"))


def _ends_a_word(words: tuple[str, ...], pattern: str) -> bool:
    joined = pattern.replace(" ", "")
    if pattern not in _ENDINGS and (joined == pattern or len(joined) < _LONG_ENOUGH):
        return False
    return any(word.endswith(joined) for word in words)


def readable(name: str) -> str:
    """Return a name as a title: `support_messages` is "Support messages"."""
    spaced = " ".join(part for part in re.split(r"[_.\s]+", name) if part)
    return spaced[:1].upper() + spaced[1:]
