"""Values that MariaDB, MySQL and SQLite keep in a type of another name, as the map names them."""

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from datamap.domain.schema import Table
from datamap.domain.vocabulary import ColumnType

Row = Mapping[str, object]
_UUID_BYTES = 16


def as_declared(table: Table, backend: str) -> Callable[[Row], Row]:
    """Return a function that gives a row its values as the map declares their types.

    PostgreSQL has the types themselves, so its rows stay as they are. So does a value that is
    not of the declared type.
    """
    changes = {
        column.name: _CHANGES[column.type]
        for column in table.columns
        if column.type in _CHANGES and backend != "postgresql"
    }
    if not changes:
        return lambda row: row

    def changed(row: Row) -> Row:
        return {
            name: changes[name](value) if name in changes else value for name, value in row.items()
        }

    return changed


def _boolean(value: object) -> object:
    return bool(value) if value in (0, 1) else value


def _document(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _uuid(value: object) -> object:
    is_binary = isinstance(value, bytes) and len(value) == _UUID_BYTES
    return UUID(bytes=value) if is_binary else value  # type: ignore[arg-type] # is_binary


def _decimal(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


_CHANGES: Mapping[ColumnType | None, Callable[[object], object]] = {
    ColumnType.BOOLEAN: _boolean,
    ColumnType.JSON: _document,
    ColumnType.UUID: _uuid,
    ColumnType.DECIMAL: _decimal,
}
