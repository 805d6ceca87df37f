r"""Fields of many rows at once, from the text PostgreSQL's COPY writes to JSON, as bytes.

A field is a JSON text already, but for what a function here changes: `null`, or a string in its
quotes (COPY … ESCAPE '\\' writes what JSON reads). A Python loop over single fields is what costs
time, so each function works on the column of a block, with bytes' own methods where it can.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from datamap.connectors.base import JSONValue
from datamap.domain.masking import masked
from datamap.domain.vocabulary import Mask

Fields = list[bytes]
Change = Callable[[Fields], Fields]
NULL = b"null"
_BETWEEN = b"\0"  # never in a text of PostgreSQL
_REMEMBERED = 20_000
_DIGITS = b"0123456789"
_SHORTEST = len(b'"+000000"')  # fewer digits are not shown at all
_MOMENT = re.compile(rb'"([0-9]{4}-[0-9]{2}-[0-9]{2}T)?[0-9:]{8}(\.[0-9]+)?(\+00:00)?"')


def _all(fields: Fields, *replacements: tuple[bytes, bytes]) -> Fields:
    text = _BETWEEN.join(fields)
    for old, new in replacements:
        text = text.replace(old, new)
    return text.split(_BETWEEN)


def numbers(fields: Fields) -> Fields:
    """Floating point: what is no number to JSON becomes a text, as Python writes it."""
    return _all(fields, (b"NaN", b'"nan"'), (b"-Infinity", b'"-inf"'), (b"Infinity", b'"inf"'))


def documents(fields: Fields) -> Fields:
    """JSON that was written as a string becomes what it says."""
    bare = [field if field == NULL else field[1:-1] for field in fields]
    # Every backslash of the document is doubled; a single one is COPY's, before quotes or, for a
    # line end between the parts of a document, a letter.
    return _all(
        bare,
        (b"\\\\", b"\1"),
        (b"\\n", b" "),
        (b"\\r", b" "),
        (b"\\t", b" "),
        (b'\\"', b'"'),
        (b"\1", b"\\"),
    )


def times(fields: Fields) -> Fields:
    """Times of day: six digits after the point, or none."""
    return _padded(fields, usual=frozenset((len(NULL), 10, 17)))


def instants(fields: Fields) -> Fields:
    """Instants that PostgreSQL wrote in UTC."""
    changed = _all(fields, (b" ", b"T"), (b'+00"', b'+00:00"'))
    return _padded(changed, usual=frozenset((len(NULL), 27, 34)))


def local_times(zone: ZoneInfo) -> Change:
    """Return the change of timestamps without offset, which are local to `zone`."""
    offsets = _Offsets(zone)
    whole = frozenset((21, 28))

    def change(fields: Fields) -> Fields:
        moments = _padded(_all(fields, (b" ", b"T")), usual=whole | {len(NULL)})
        return [
            moment[:-1] + (offsets[moment[1:11]] or offsets.at(moment))
            if len(moment) in whole
            else moment
            for moment in moments
        ]

    return change


class _Offsets(dict[bytes, bytes]):
    """The offset of each day with its closing quote; empty for a day on which the clock changes."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: bytes) -> bytes:
        try:
            begin = datetime.combine(date.fromisoformat(day.decode()), time(), self._zone)
        except ValueError:  # "infinity", a year of five digits: `at` leaves it as it is
            return b""
        end = datetime.combine(begin, time.max, self._zone)
        seen = {one.replace(fold=fold).utcoffset() for one in (begin, end) for fold in (0, 1)}
        self[day] = _offset(begin) if len(seen) == 1 else b""
        return self[day]

    def at(self, moment: bytes) -> bytes:
        try:
            local = datetime.fromisoformat(moment[1:-1].decode())
        except ValueError:
            return b'"'
        return _offset(local.replace(tzinfo=self._zone))


def _offset(moment: datetime) -> bytes:
    bare = moment.replace(tzinfo=None).isoformat()
    return moment.isoformat().removeprefix(bare).encode() + b'"'


def _padded(fields: Fields, *, usual: frozenset[int]) -> Fields:
    """Write six digits after the point, as Python does; PostgreSQL leaves out zeros at the end."""
    if usual.issuperset(map(len, fields)):
        return fields
    return [field if len(field) in usual else _with_six_digits(field) for field in fields]


def _with_six_digits(field: bytes) -> bytes:
    match = _MOMENT.fullmatch(field)
    if match is None or match[2] is None:  # before year 1, "infinity": in the source's words
        return field.replace(b"T", b" ")
    return field.replace(match[2], match[2].ljust(7, b"0"))


def third_parties(show: Callable[[str], JSONValue], mask: Mask, own: Iterable[str]) -> Change:
    """Return the change of a third party's column; `show` says what is shown of one value.

    `own` are the spellings of the person's own identifiers, which are shown as they are. Phone
    numbers that are all written plainly (+, digits) are masked together; other values one by one,
    each spelling once.
    """
    memo = _Memo(lambda field: _encoded(show(json.loads(field))))
    phones = _Phones(own) if mask is Mask.PHONE else None

    def change(fields: Fields) -> Fields:
        if phones is not None and phones.are_plain(fields):
            return [field if field == NULL else phones[field[:5]] + field[-3:] for field in fields]
        return memo.of(fields)

    return change


def third_parties_by_region(
    show: Callable[[str, str | None], JSONValue],
) -> Callable[[Fields, Fields], Fields]:
    """Return the change of a third party's column and the column of the country it is read in."""

    def shown(both: tuple[bytes, bytes]) -> bytes:
        value, region = both
        return _encoded(show(json.loads(value), json.loads(region)))

    memo: dict[tuple[bytes, bytes], bytes] = {}

    def change(fields: Fields, regions: Fields) -> Fields:
        if len(memo) > _REMEMBERED:
            memo.clear()
        changed = []
        for both in zip(fields, regions, strict=True):
            if both not in memo:
                memo[both] = NULL if both[0] == NULL else shown(both)
            changed.append(memo[both])
        return changed

    return change


class _Memo(dict[bytes, bytes]):
    def __init__(self, make: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._make = make
        self[NULL] = NULL

    def __missing__(self, field: bytes) -> bytes:
        made = self[field] = self._make(field)
        return made

    def of(self, fields: Fields) -> Fields:
        if len(self) > _REMEMBERED:
            self.clear()
            self[NULL] = NULL
        return [self[field] for field in fields]


class _Phones(dict[bytes, bytes]):
    """From how a number begins (quotes, +, three digits) to what is shown before its end."""

    def __init__(self, own: Iterable[str]) -> None:
        super().__init__()
        self._own = [json.dumps(one, ensure_ascii=False).encode() for one in own]

    def __missing__(self, begin: bytes) -> bytes:
        sample = masked(f"{begin[1:].decode()}000000", Mask.PHONE)
        made = self[begin] = f'"{sample}'.encode()[:-2]
        return made

    def are_plain(self, fields: Fields) -> bool:
        """Tell whether each field is NULL or somebody else's number: +, no zero, enough digits."""
        given = [field for field in fields if field != NULL] if NULL in fields else fields
        text = b"".join(given)
        return (
            text.translate(None, _DIGITS) == b'"+"' * len(given)
            and min(map(len, given), default=_SHORTEST) >= _SHORTEST
            and b'"+0' not in text
            and not any(one in text for one in self._own)
        )


def _encoded(value: JSONValue) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
