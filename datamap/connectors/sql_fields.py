r"""Fields of many rows at once, from the text PostgreSQL's COPY writes to JSON, as bytes.

A field comes between its two commas and is given back without. It is a JSON text already, but for
what a function here changes: `null`, or a string in its quotes (COPY … ESCAPE '\' writes what JSON
reads). A Python loop over single fields is what costs time, so each function works on the column of
a block, with bytes' own methods where it can.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from datamap.connectors.base import JSONValue
from datamap.domain.masking import masked
from datamap.domain.vocabulary import Mask

Fields = list[bytes]
Change = Callable[[Fields], Fields]
NULL = b",null,"
_BETWEEN = b"\0"  # never in a text of PostgreSQL
_REMEMBERED = 20_000
_DIGITS = b"0123456789"
_SHORTEST = len(b',"+000000",')  # fewer digits are not shown at all


def bare(fields: Fields) -> Fields:
    """Give the fields back as they are."""
    return [field[1:-1] for field in fields]


def numbers(fields: Fields) -> Fields:
    """Floating point: what is no number to JSON becomes a text, as Python writes it."""
    text = _BETWEEN.join(fields)
    if b"N" in text or b"I" in text:
        text = text.replace(b"NaN", b'"nan"')
        text = text.replace(b"-Infinity", b'"-inf"').replace(b"Infinity", b'"inf"')
    return bare(text.split(_BETWEEN))


def documents(fields: Fields) -> Fields:
    """JSON that was written as a string becomes what it says."""
    text = _BETWEEN.join([b"null" if field == NULL else field[2:-2] for field in fields])
    if b"\\\\" in text:  # every backslash of a document is doubled, and one stands before a quote
        text = text.replace(b"\\\\", b"\1").replace(b'\\"', b'"').replace(b"\1", b"\\")
    else:
        text = text.replace(b'\\"', b'"')
    return text.split(_BETWEEN)


def free_documents(fields: Fields) -> Fields:
    """The same for documents with line ends between their parts, which are a letter by now."""
    text = _BETWEEN.join([b"null" if field == NULL else field[2:-2] for field in fields])
    text = text.replace(b"\\\\", b"\1")
    for letter in (b"n", b"r", b"t"):
        text = text.replace(b"\\" + letter, b" ")
    return text.replace(b'\\"', b'"').replace(b"\1", b"\\").split(_BETWEEN)


def instants(fields: Fields) -> Fields:
    """Instants that PostgreSQL wrote in UTC."""
    text = _BETWEEN.join(fields)
    if b"B" in text:
        return _told(fields, instants)
    changed = text.replace(b" ", b"T").replace(b'+00"', b'+00:00"').split(_BETWEEN)
    return [field[1:-1] for field in changed]


def local_times(zone: ZoneInfo) -> Change:
    """Return the change of timestamps without offset, which are local to `zone`."""
    endings = _Endings(zone)

    def change(fields: Fields) -> Fields:
        text = _BETWEEN.join(fields)
        if b"B" in text:
            return _told(fields, change)
        return [
            field[1:-2] + (endings[field[2:12]] or endings.at(field))
            for field in text.replace(b" ", b"T").split(_BETWEEN)
        ]

    return change


def _told(fields: Fields, change: Change) -> Fields:
    """Change what can be told in ISO form; a moment before year 1 stays in the source's words."""
    return [field[1:-1] if b"BC" in field else change([field])[0] for field in fields]


class _Endings(dict[bytes, bytes]):
    """What replaces the last letter of a moment, by its day: the offset and the closing quote.

    Empty for a day on which the clock changes. What has no day (NULL, "infinity") keeps its last
    letter, and so does a year that Python cannot hold: it stays in the source's words.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self[NULL[2:]] = NULL[-2:-1]

    def __missing__(self, day: bytes) -> bytes:
        try:
            begin = datetime.combine(date.fromisoformat(day.decode()), time(), self._zone)
        except ValueError:
            return b'"'
        end = datetime.combine(begin, time.max, self._zone)
        seen = {one.replace(fold=fold).utcoffset() for one in (begin, end) for fold in (0, 1)}
        self[day] = _offset(begin) if len(seen) == 1 else b""
        return self[day]

    def at(self, moment: bytes) -> bytes:
        local = datetime.fromisoformat(moment[2:-2].decode())
        return _offset(local.replace(tzinfo=self._zone))


def _offset(moment: datetime) -> bytes:
    bare = moment.replace(tzinfo=None).isoformat()
    return moment.isoformat().removeprefix(bare).encode() + b'"'


def third_parties(show: Callable[[str], JSONValue], mask: Mask, own: Iterable[str]) -> Change:
    """Return the change of a third party's column; `show` says what is shown of one value.

    `own` are the spellings of the person's own identifiers, which are shown as they are. Phone
    numbers that are all written plainly (+, digits) are masked together; other values one by one,
    each spelling once.
    """
    memo = _Memo(lambda field: _encoded(show(json.loads(field[1:-1]))))
    phones = _Phones(own) if mask is Mask.PHONE else None

    def change(fields: Fields) -> Fields:
        if phones is not None and phones.are_plain(fields):
            return [
                field[1:-1] if field == NULL else phones[field[:6]] + field[-4:-1]
                for field in fields
            ]
        return memo.of(fields)

    return change


def third_parties_by_region(
    show: Callable[[str, str | None], JSONValue],
) -> Callable[[Fields, Fields], Fields]:
    """Return the change of a third party's column and the column of the country it is read in."""

    def shown(both: tuple[bytes, bytes]) -> bytes:
        value, region = both
        return _encoded(show(json.loads(value[1:-1]), json.loads(region[1:-1])))

    memo: dict[tuple[bytes, bytes], bytes] = {}

    def change(fields: Fields, regions: Fields) -> Fields:
        if len(memo) > _REMEMBERED:
            memo.clear()
        changed = []
        for both in zip(fields, regions, strict=True):
            if both not in memo:
                memo[both] = shown(both)
            changed.append(memo[both])
        return changed

    return change


class _Memo(dict[bytes, bytes]):
    def __init__(self, make: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._make = make
        self[NULL] = NULL[1:-1]

    def __missing__(self, field: bytes) -> bytes:
        made = self[field] = self._make(field)
        return made

    def of(self, fields: Fields) -> Fields:
        if len(self) > _REMEMBERED:
            self.clear()
            self[NULL] = NULL[1:-1]
        return [self[field] for field in fields]


class _Phones(dict[bytes, bytes]):
    """From how a number begins (quotes, +, three digits) to what is shown before its end."""

    def __init__(self, own: Iterable[str]) -> None:
        super().__init__()
        self._own = [b",%b," % _encoded(one) for one in own]

    def __missing__(self, begin: bytes) -> bytes:
        sample = masked(f"{begin[2:].decode()}000000", Mask.PHONE)
        made = self[begin] = f'"{sample}'.encode()[:-2]
        return made

    def are_plain(self, fields: Fields) -> bool:
        """Tell whether each field is NULL or somebody else's number: +, no zero, enough digits."""
        text = b"".join(fields)
        if b"n" in text:
            fields = [field for field in fields if field != NULL]
            text = b"".join(fields)
        return (
            text.translate(None, _DIGITS) == b',"+",' * len(fields)
            and min(map(len, fields), default=_SHORTEST) >= _SHORTEST
            and b'"+0' not in text
            and not any(one in text for one in self._own)
        )


def _encoded(value: JSONValue) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
