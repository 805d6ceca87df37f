"""What a value looks like, judged by its form alone, and counts of it over a sample.

A value is looked at and forgotten: only counts leave this module.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from ipaddress import ip_address

#: From which share of a sample on a column is taken to hold a kind of value.
MOST = 0.5
#: Below this many values a share says nothing.
ENOUGH = 3


class ValueKind(StrEnum):
    """A form by which a value is known."""

    EMAIL = "email"
    EMAIL_INSIDE = "email_inside"  # somewhere in a longer text
    PHONE = "phone"  # with + or 00
    IP = "ip"
    IBAN = "iban"
    CARD = "card"
    PERSONAL_CODE = "personal_code"  # PESEL, isikukood, personas kods
    DATE = "date"
    DATETIME = "datetime"


_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?:\+|00)[1-9][\d\s().-]{5,20}\d")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
_LATVIAN = re.compile(r"(?:\d{6}|3[2-9]\d{4})-?\d{5}")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_ELEVEN = re.compile(r"\d{11}")


@dataclass
class Sample:
    """How many values were seen that are not empty, and how many of them looked like what."""

    seen: int = 0
    kinds: Counter[ValueKind] = field(default_factory=Counter)

    def add(self, value: str) -> None:
        """Count one value."""
        text = value.strip()
        if text:
            self.seen += 1
            self.kinds.update(kinds_of(text))

    def share(self, kind: ValueKind) -> float:
        """Return the share of the values that look like `kind`, 0 to 1; 0 when too few."""
        return self.kinds[kind] / self.seen if self.seen >= ENOUGH else 0.0

    def main_kind(self) -> ValueKind | None:
        """Return what most of the values look like."""
        if not self.kinds:
            return None
        kind, _count = self.kinds.most_common(1)[0]
        return kind if self.share(kind) >= MOST else None


def kinds_of(text: str) -> frozenset[ValueKind]:
    """Return what a value looks like; empty for most values."""
    found = {kind for kind, is_so in _TESTS.items() if is_so(text)}
    if ValueKind.EMAIL not in found and _EMAIL.search(text):
        found.add(ValueKind.EMAIL_INSIDE)
    return frozenset(found)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text.partition("/")[0])
    except ValueError:
        return False
    return "." in text or ":" in text


def _is_iban(text: str) -> bool:
    squeezed = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(squeezed):
        return False
    return int("".join(str(int(c, 36)) for c in squeezed[4:] + squeezed[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    if not _CARD.fullmatch(text):
        return False
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [2 * d - 9 * (d > 4) for d in digits[-2::-2]]  # noqa: PLR2004 (Luhn: 2 x 5 = 1 + 0)
    return digits[0] in (3, 4, 5, 6) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_personal_code(text: str) -> bool:
    if _ELEVEN.fullmatch(text):
        digits = [int(c) for c in text]
        return _is_pesel(digits) or _is_isikukood(digits)
    return "-" in text and _LATVIAN.fullmatch(text) is not None


def _is_pesel(digits: list[int]) -> bool:
    """Poland: YYMMDD, the month raised by 20 in the 2000s, and a check digit."""
    month = (digits[2] * 10 + digits[3]) % 20
    weighed = sum(a * b for a, b in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True))
    return weighed % 10 == 0 and _is_day(month, digits[4] * 10 + digits[5])


def _is_isikukood(digits: list[int]) -> bool:
    """Estonia: century and sex, YYMMDD, number, check digit."""
    if not 1 <= digits[0] <= 8:  # noqa: PLR2004 (18th to 22nd century)
        return False
    check = _weighed(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1))
    if check == 10:  # noqa: PLR2004 (no digit: the second weights decide)
        check = _weighed(digits, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 10
    month, day = digits[3] * 10 + digits[4], digits[5] * 10 + digits[6]
    return check == digits[10] and _is_day(month, day)


def _weighed(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(a * b for a, b in zip(digits, weights, strict=False)) % 11


def _is_day(month: int, day: int) -> bool:
    try:
        date(2000, month, day)
    except ValueError:
        return False
    return True


def _is_instant(text: str, *, with_time: bool) -> bool:
    found = _INSTANT.fullmatch(text)
    if found is None or (found[2] is not None) is not with_time:
        return False
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return False
    return True


_TESTS: Mapping[ValueKind, Callable[[str], bool]] = {
    ValueKind.EMAIL: lambda text: _EMAIL.fullmatch(text) is not None,
    ValueKind.PHONE: lambda text: _PHONE.fullmatch(text) is not None,
    ValueKind.IP: _is_ip,
    ValueKind.IBAN: _is_iban,
    ValueKind.CARD: _is_card,
    ValueKind.PERSONAL_CODE: _is_personal_code,
    ValueKind.DATE: lambda text: _is_instant(text, with_time=False),
    ValueKind.DATETIME: lambda text: _is_instant(text, with_time=True),
}
