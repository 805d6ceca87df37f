"""What the owner of a resource uploads: the rows of one table, as CSV or JSON.

A mistake is told by its line and column, never by the value: it is personal data.
"""

import base64
import binascii
import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from datamap.domain.lines import shown_columns
from datamap.domain.schema import Column, Resource, Table
from datamap.domain.vocabulary import ColumnType

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
_MOST_MISTAKES = 20
_LONGEST_FIELD = 1_000_000
#: As written in Estonia, Latvia and Poland; spreadsheets turn dates into this by themselves.
_LOCAL_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)", re.DOTALL)
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong: `code`, where (`line` counted from 1; 0: the whole file), which column.

    unreadable, empty, too_many, fields (more or fewer than the header), unknown_column,
    missing_column, repeated_column, no_object, no_key, repeated_key, value (of a type other than
    `expected`), not_theirs (no identifier leads to the row).
    """

    code: str
    line: int = 0
    column: str = ""
    expected: str = ""
    table: str = ""  # where several files are spoken of


class NotReadable(ValueError):
    """A file is not what the map says; `mistakes` are the first twenty."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(mistakes[:_MOST_MISTAKES])
        super().__init__(", ".join(f"{one.code} in line {one.line}" for one in self.mistakes))


@dataclass(frozen=True, slots=True)
class UploadedRow:
    """One row in the form in which it is held, and the line it began on."""

    line: int
    values: Mapping[str, Any]


def template_of(table: Table) -> str:
    """Return an empty CSV file for the rows of `table`: its header alone."""
    text = StringIO()
    csv.writer(text).writerow([column.name for column in shown_columns(table)])
    return text.getvalue()


def read_upload(content: bytes, resource: Resource, table: Table) -> list[UploadedRow]:
    """Return the rows of a file; raise NotReadable with what is wrong.

    CSV (comma, semicolon or tab, with a header), a JSON array of objects, or one JSON object a
    line. An empty field is no value. Every column of the map is there, save secret ones.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable([Mistake("unreadable")]) from error
    if not text.strip():
        raise NotReadable([Mistake("empty")])
    reader = _Reader(resource, table)
    entries = _json_entries(text) if text.lstrip()[0] in "[{" else _csv_entries(text, reader)
    rows = [row for line, entry in entries if (row := reader.row(line, entry)) is not None]
    if len(rows) > MOST_ROWS:
        reader.mistakes.insert(0, Mistake("too_many"))
    if reader.mistakes:
        raise NotReadable(reader.mistakes)
    return rows


def _json_entries(text: str) -> Iterator[tuple[int, Any]]:
    try:
        if text.lstrip()[0] == "[":
            yield from enumerate(json.loads(text), 1)
            return
    except ValueError as error:
        raise NotReadable([Mistake("unreadable", getattr(error, "lineno", 0))]) from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                entry = json.loads(line)
            except ValueError:
                raise NotReadable([Mistake("unreadable", number)]) from None
            yield number, entry


def _csv_entries(text: str, reader: "_Reader") -> Iterator[tuple[int, Any]]:
    first = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LONGEST_FIELD)
    lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    began = 1
    try:
        for fields in lines:
            line, began = began, lines.line_num + 1
            if not any(field.strip() for field in fields):
                continue
            if not header:
                header = [field.strip() for field in fields]
                reader.check_names(header, line)
            elif len(fields) != len(header):
                reader.mistakes.append(Mistake("fields", line))
            else:
                yield line, dict(zip(header, fields, strict=True))
    except csv.Error:
        reader.mistakes.append(Mistake("unreadable", began))


class _Reader:
    """Reads rows of one table and notes every mistake."""

    def __init__(self, resource: Resource, table: Table) -> None:
        self._table = table
        self._columns = {one.name: one for one in shown_columns(table)}
        self._zones = {name: resource.zone(table, one) for name, one in self._columns.items()}
        anchor = table.retention.anchor
        self._anchor = anchor.column if anchor is not None and anchor.through is None else None
        self._keys: set[tuple[Any, ...]] = set()
        self._names: tuple[str, ...] = ()
        self.mistakes: list[Mistake] = []

    def check_names(self, names: list[str], line: int) -> None:
        """Note what the names of a header or of an object lack or have too many."""
        if tuple(names) == self._names:
            return
        self._names = tuple(names)
        for name in dict.fromkeys(names):
            if name not in self._columns:
                self.mistakes.append(Mistake("unknown_column", line, name[:64]))
            elif names.count(name) > 1:
                self.mistakes.append(Mistake("repeated_column", line, name))
        for name in self._columns:
            if name not in names:
                self.mistakes.append(Mistake("missing_column", line, name))

    def row(self, line: int, entry: object) -> UploadedRow | None:
        if not isinstance(entry, dict):
            self.mistakes.append(Mistake("no_object", line))
            return None
        self.check_names(list(entry), line)
        values = {
            name: self._value(line, column, entry.get(name))
            for name, column in self._columns.items()
        }
        key = tuple(values[name] for name in self._table.primary_key)
        for name in self._table.primary_key:
            if values[name] is None and entry.get(name) in (None, ""):
                self.mistakes.append(Mistake("no_key", line, name))
        if key in self._keys:
            self.mistakes.append(Mistake("repeated_key", line, self._table.primary_key[0]))
        self._keys.add(key)
        return UploadedRow(line, values)

    def _value(self, line: int, column: Column, given: object) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(given, str) and not given.strip():
            given = None
        if given is None:
            return None
        kind = column.type
        if kind is None and column.name == self._anchor:
            kind = ColumnType.DATETIME
        convert = _CONVERTERS.get(kind, _plain)
        try:
            return convert(given, self._zones[column.name])
        except (ValueError, TypeError, ArithmeticError, InvalidOperation):
            expected = "" if kind is None else kind.value
            self.mistakes.append(Mistake("value", line, column.name, expected))
            return None


def _plain(given: object, _zone: ZoneInfo) -> object:
    if isinstance(given, list | dict):
        return json.dumps(given, ensure_ascii=False)
    return given


def _text(given: object, _zone: ZoneInfo) -> str:
    if not isinstance(given, str | int | float):
        raise TypeError
    return str(given)


def _integer(given: object, _zone: ZoneInfo) -> int:
    number = int(str(given).strip())
    if abs(number) >= 1 << 63:
        raise ValueError
    return number


def _decimal(given: object, _zone: ZoneInfo) -> str:
    """Return a decimal as text: no digit of an amount may change."""
    text = "".join(str(given).split())
    number = Decimal(text if "." in text else text.replace(",", "."))
    if not number.is_finite():
        raise ValueError
    return format(number, "f")


def _boolean(given: object, _zone: ZoneInfo) -> bool:
    text = str(given).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _date(given: object, _zone: ZoneInfo) -> str:
    return date.fromisoformat(_iso(given)).isoformat()


def _datetime(given: object, zone: ZoneInfo) -> str:
    """Return an instant as ISO text: with its offset in the column's zone, or without as given."""
    text = _iso(given)
    if len(text) == len("2026-01-31"):
        return date.fromisoformat(text).isoformat()
    instant = datetime.fromisoformat(text)
    local = instant.astimezone(zone) if instant.tzinfo else instant
    return local.isoformat(sep=" ")


def _iso(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError
    text = given.strip()
    local = _LOCAL_DAY.fullmatch(text)
    if local is None:
        return text
    day, month, year, rest = local.groups()
    return f"{year}-{int(month):02d}-{int(day):02d}{rest}"


def _json(given: object, _zone: ZoneInfo) -> str:
    value = json.loads(given) if isinstance(given, str) else given
    return json.dumps(value, ensure_ascii=False)


def _uuid(given: object, _zone: ZoneInfo) -> str:
    return str(UUID(str(given).strip()))


def _binary(given: object, _zone: ZoneInfo) -> dict[str, str]:
    text = given["base64"] if isinstance(given, dict) else given
    try:
        content = base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise ValueError from None
    return {"base64": base64.b64encode(content).decode()}


_CONVERTERS: Mapping[ColumnType | None, Callable[[object, ZoneInfo], Any]] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.DECIMAL: _decimal,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.DATETIME: _datetime,
    ColumnType.JSON: _json,
    ColumnType.UUID: _uuid,
    ColumnType.BINARY: _binary,
}
