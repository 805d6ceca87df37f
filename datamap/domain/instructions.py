"""What a person is told to do with single records: the difference between two states of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnClass

#: The rows of one table as they are stored: JSON values by column.
Rows = Sequence[Mapping[str, Any]]
#: The rows of a resource by table.
Holding = Mapping[str, Rows]
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Instruction:
    """Remove a record (`column` empty), or change one of its fields.

    `row` holds the columns of the primary key. `old` is what stands there now: of a record that
    is removed, all its fields.
    """

    table: str
    row: Mapping[str, Any]
    column: str = ""
    old: Any = None
    new: Any = None

    @property
    def removes(self) -> bool:
        return not self.column

    def about(self, *, with_value: bool) -> tuple[str, ...]:
        """Return by what two instructions are the same; without the value for an erasure.

        There any new value will do that says nothing: a hash is drawn anew at each attempt.
        """
        value = repr(self.new) if with_value else ""
        return (self.table, self.column, value, *(f"{k}={v!r}" for k, v in self.row.items()))

    def as_json(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "row": dict(self.row),
            "column": self.column,
            "old": self.old,
            "new": self.new,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Instruction":
        return cls(**given)


def instructions(
    resource: Resource, before: Holding, after: Holding, *, erasing: bool = False
) -> tuple[Instruction, ...]:
    """Return how to get from `before` to `after`, table by table in the map's order.

    Secret fields are in neither: of a record that is anonymised (`erasing`) they are emptied.
    """
    return tuple(
        one
        for table in resource.tables
        for one in _of_table(
            table, before.get(table.name, ()), after.get(table.name, ()), erasing=erasing
        )
    )


def _of_table(table: Table, before: Rows, after: Rows, *, erasing: bool) -> Iterator[Instruction]:
    left = {key_of(table, row): row for row in after}
    for row in before:
        key = {name: row[name] for name in table.primary_key}
        now = left.get(key_of(table, row))
        if now is None:
            yield Instruction(table.name, key, old=dict(row))
        elif now != row:
            changed = [(name, old, now[name]) for name, old in row.items() if now[name] != old]
            changed += [(name, None, None) for name in _emptied(table) if erasing]
            yield from (Instruction(table.name, key, *change) for change in changed)


def _emptied(table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.column_class is ColumnClass.SECRET and column.erase is not None:
            yield column.name


def carried_out(
    resource: Resource, holding: Holding, done: Sequence[Instruction]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows as they are once all of `done` was done; rows that are gone stay gone."""
    removed: set[tuple[str, _Key]] = set()
    changed: dict[tuple[str, _Key], dict[str, Any]] = {}
    for one in done:
        place = (one.table, key_of(resource.table(one.table), one.row))
        if one.removes:
            removed.add(place)
        else:
            changed.setdefault(place, {})[one.column] = one.new
    left: dict[str, list[dict[str, Any]]] = {}
    for name, rows in holding.items():
        keyed = [((name, key_of(resource.table(name), row)), row) for row in rows]
        left[name] = [
            {**row, **changed.get(place, {})} for place, row in keyed if place not in removed
        ]
    return left


def key_of(table: Table, row: Mapping[str, Any]) -> _Key:
    """Return the primary key of a row."""
    return tuple(row[name] for name in table.primary_key)
