"""Which fields of a person's rows can be corrected (Art. 16)."""

from datamap.domain.schema import Link, Resource, Table, Through
from datamap.domain.vocabulary import ColumnClass

_SENTENCES = {
    "unknown": "{column} is not a column of {table}.",
    "key": "{column} is the key of {table}; a correction would make it another row.",
    "join": "{column} joins {table} to another table; a correction would give the row away.",
    "secret": "{column} of {table} is secret.",
    "value": "The value given for {column} of {table} is not of its type.",
}


class NotCorrectable(Exception):
    """A field cannot be corrected; `reason` is unknown, key, join, secret or value."""

    def __init__(self, reason: str, *, table: str, column: str) -> None:
        self.reason = reason
        self.table = table
        self.column = column
        super().__init__(_SENTENCES[reason].format(table=table, column=column))


def correctable_column(resource: Resource, table: Table, name: str) -> None:
    """Return if the column may be corrected; raise NotCorrectable otherwise."""
    reason = _obstacle(resource, table, name)
    if reason:
        raise NotCorrectable(reason, table=table.name, column=name)


def correctable_columns(resource: Resource, table: Table) -> tuple[str, ...]:
    """Return the columns of `table` that may be corrected, in the map's order."""
    return tuple(one.name for one in table.columns if not _obstacle(resource, table, one.name))


def _obstacle(resource: Resource, table: Table, name: str) -> str:
    column = next((one for one in table.columns if one.name == name), None)
    if column is None:
        return "unknown"
    if name in table.primary_key:
        return "key"
    if column.column_class is ColumnClass.SECRET:
        return "secret"
    return "join" if name in _joining(resource, table) else ""


def _joining(resource: Resource, table: Table) -> set[str]:
    """Return the columns of `table` by which rows join, from here or from there."""
    names: set[str] = set()
    for one in resource.tables:
        joins = [(part.through, part.on) for part in one.find if isinstance(part, Through)]
        if one.name == table.name:
            names |= {part.column for part in one.find if isinstance(part, Link)}
        anchor = one.retention.anchor
        if anchor is not None and anchor.through is not None and anchor.on is not None:
            joins.append((anchor.through, anchor.on))
        for through, on in joins:
            if one.name == table.name:
                names |= set(on)
            if through == table.name:
                names |= set(on.values())
    return names
