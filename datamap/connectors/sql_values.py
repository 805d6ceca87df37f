"""From a driver's values to what JSON can hold, with every instant carrying its offset.

Whole numbers stay numbers; decimals become text, for no digit of an amount may change; bytes
become {"base64": …}.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from zoneinfo import ZoneInfo

from datamap.connectors.base import JSONValue
from datamap.domain.keys import SubjectKeys
from datamap.domain.masking import masked
from datamap.domain.schema import Column, Resource, Table
from datamap.domain.vocabulary import ColumnClass, ColumnType, Mask
from lib.identifiers import PHONE_SEPARATORS, email_spellings, phone_spellings

Shown = Callable[[Mapping[str, object]], JSONValue]
_WITHOUT_SEPARATORS = str.maketrans("", "", "".join(PHONE_SEPARATORS))


def json_value(value: object, zone: ZoneInfo) -> JSONValue:
    """Return the value as JSON can hold it; a timestamp without offset is local to `zone`."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [json_value(entry, zone) for entry in value]
    if isinstance(value, dict):
        return {str(name): json_value(entry, zone) for name, entry in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(value).decode()}
    return _text(value, zone)


def _text(value: object, zone: ZoneInfo) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")  # never 1E-7
    if isinstance(value, datetime):
        return _iso(value if value.tzinfo else value.replace(tzinfo=zone))
    if isinstance(value, time):
        return _iso(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _iso(value: datetime | time) -> str:
    """Return the ISO 8601 text, as databases write it: no zeros at the end of a fraction."""
    text = value.isoformat()
    if not value.microsecond:
        return text
    fraction = f".{value.microsecond:06d}"
    return text.replace(fraction, fraction.rstrip("0"))


def typed(value: object, column_type: ColumnType | None) -> object:
    """Return a date or time that a source holds as text (SQLite) as such, where the map says so.

    A text that is none stays as it is.
    """
    try:
        if isinstance(value, str) and column_type is ColumnType.DATETIME:
            return datetime.fromisoformat(value)
        if isinstance(value, str) and column_type is ColumnType.DATE:
            return date.fromisoformat(value)
    except ValueError:
        return value
    return value


def shown_by(resource: Resource, table: Table, keys: SubjectKeys) -> dict[str, Shown]:
    """Return, for each column that may be shown, how its value is read from a row."""
    return {
        column.name: _shown(resource, table, column, keys)
        for column in table.columns
        if column.column_class is not ColumnClass.SECRET
    }


def _shown(resource: Resource, table: Table, column: Column, keys: SubjectKeys) -> Shown:
    zone = resource.zone(table, column)
    name, kind = column.name, column.type

    def plain(row: Mapping[str, object]) -> JSONValue:
        return json_value(typed(row[name], kind), zone)

    if column.column_class is not ColumnClass.THIRD_PARTY:
        return plain
    own = own_spellings(column, keys)

    def third_party(row: Mapping[str, object]) -> JSONValue:
        value, region = row[name], _region(column, row)
        if isinstance(value, str) and _compared(value, column.mask) in own(region):
            return value
        return masked(value, column.mask, region=region)

    return third_party


def own_spellings(column: Column, keys: SubjectKeys) -> Callable[[str | None], frozenset[str]]:
    """Return a function from a region to the spellings of the person's own identifiers."""
    cache: dict[str | None, frozenset[str]] = {}

    def own(region: str | None) -> frozenset[str]:
        if region not in cache:
            cache[region] = frozenset(
                form
                for phone in (keys.phones if column.mask is Mask.PHONE else ())
                for form in phone_spellings(phone, region=region)
            ) | frozenset(
                form
                for email in (keys.emails if column.mask is Mask.EMAIL else ())
                for form in email_spellings(email)
            )
        return cache[region]

    return own


def _compared(value: str, mask: Mask) -> str:
    return value.translate(_WITHOUT_SEPARATORS) if mask is Mask.PHONE else value.lower()


def _region(column: Column, row: Mapping[str, object]) -> str | None:
    if column.region_column is None:
        return column.region
    value = row[column.region_column]
    return value.strip().upper() if isinstance(value, str) and value.strip() else None
