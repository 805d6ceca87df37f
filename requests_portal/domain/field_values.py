"""Values of records as a form shows and reads them. Pure.

Read back unchanged, a value is what it was: nothing is corrected by opening a form and sending it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from datamap.domain.vocabulary import ColumnType

_LONG = 80


class FieldKind(StrEnum):
    """How a value is entered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    UUID = "uuid"
    JSON = "json"


class MalformedValue(ValueError):
    """The text is no value of the field's kind. It is not repeated: it may be personal data."""


_KINDS = {
    ColumnType.INTEGER: FieldKind.INTEGER,
    ColumnType.DECIMAL: FieldKind.DECIMAL,
    ColumnType.BOOLEAN: FieldKind.BOOLEAN,
    ColumnType.DATE: FieldKind.DATE,
    ColumnType.DATETIME: FieldKind.DATETIME,
    ColumnType.UUID: FieldKind.UUID,
    ColumnType.JSON: FieldKind.JSON,
}
_KINDS_OF_VALUES: tuple[tuple[type, FieldKind], ...] = (
    (bool, FieldKind.BOOLEAN),  # before int, which a bool is too
    (int, FieldKind.INTEGER),
    (float, FieldKind.DECIMAL),
    (dict, FieldKind.JSON),
    (list, FieldKind.JSON),
)


def kind_of(column_type: ColumnType | None, present: object) -> FieldKind | None:
    """Return how a column is entered; None where it cannot be, such as a recording.

    Where the map does not say the type, the present value does; the source has the last word.
    """
    if column_type is ColumnType.BINARY or _is_binary(present):
        return None
    if column_type in _KINDS:
        return _KINDS[column_type]
    for python_type, kind in _KINDS_OF_VALUES:
        if isinstance(present, python_type):
            return kind
    text = present if isinstance(present, str) else ""
    return FieldKind.LONG_TEXT if len(text) > _LONG or not _is_line(text) else FieldKind.TEXT


def _is_line(text: str) -> bool:
    return "\n" not in text and "\r" not in text


def _is_binary(present: object) -> bool:
    return isinstance(present, dict) and set(present) == {"base64"}


def as_text(value: object, kind: FieldKind, zone: ZoneInfo) -> str:
    """Return what a form shows of a value; instants in `zone`, without its offset."""
    if value is None:
        return ""
    if kind is FieldKind.BOOLEAN:
        return "true" if value else "false"
    if kind is FieldKind.JSON:
        return json.dumps(value, ensure_ascii=False)
    if kind is FieldKind.DATETIME:
        return _local_text(str(value), zone)
    return _lines(str(value))


def _lines(text: str) -> str:
    """Return the text with line ends as browsers read them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _local_text(value: str, zone: ZoneInfo) -> str:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return aware.astimezone(zone).replace(tzinfo=None).isoformat()


def from_text(text: str, kind: FieldKind, zone: ZoneInfo, *, present: object) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the JSON-ready value of what was entered; nothing entered is None.

    What reads as `present` is shown is `present` itself. Raises MalformedValue.
    """
    entered = _lines(text).strip()
    if entered == as_text(present, kind, zone).strip():
        return present
    if not entered:
        return None
    try:
        return _READERS[kind](entered, zone)
    except (ValueError, OverflowError, InvalidOperation, RecursionError):
        raise MalformedValue(f"This is not of the kind {kind.value}.") from None


def _decimal(entered: str, _zone: ZoneInfo) -> str:
    number = Decimal(entered.replace(",", "."))
    return format(number, "f") if number.is_finite() else _refuse()


def _boolean(entered: str, _zone: ZoneInfo) -> bool:
    return entered == "true" if entered in {"true", "false"} else _refuse()


def _instant(entered: str, zone: ZoneInfo) -> str:
    instant = datetime.fromisoformat(entered)
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).isoformat()


def _refuse(_text: str = "") -> Any:  # noqa: ANN401 (never returns)
    raise ValueError


_READERS: Mapping[FieldKind, Callable[[str, ZoneInfo], object]] = {
    FieldKind.TEXT: lambda text, _: text,
    FieldKind.LONG_TEXT: lambda text, _: text,
    FieldKind.INTEGER: lambda text, _: int(text),
    FieldKind.DECIMAL: _decimal,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.DATE: lambda text, _: date.fromisoformat(text).isoformat(),
    FieldKind.DATETIME: _instant,
    FieldKind.UUID: lambda text, _: str(UUID(text)),
    FieldKind.JSON: lambda text, _: json.loads(text, parse_constant=_refuse),
}
