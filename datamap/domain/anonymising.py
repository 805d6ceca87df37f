"""Whether what the map says of anonymising and marking rows can work at all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from datamap.domain.schema import Column, Table, Through
from datamap.domain.vocabulary import Anonymising, ColumnType

HASH_PREFIX = "erased:"
HASH_DIGITS = 24
HASH_LENGTH = len(HASH_PREFIX) + HASH_DIGITS
_NEEDS_TEXT = (Anonymising.HASH, Anonymising.MASK, Anonymising.TEXT)
_MARKS = (ColumnType.BOOLEAN, ColumnType.INTEGER)  # MariaDB's booleans are integers


@dataclass(frozen=True)
class LiveColumn:
    """What a database says of a column beside its type; `length` None: as long as one likes."""

    required: bool = False
    unique: bool = False
    length: int | None = None


def planned_obstacles(tables: Iterable[Table], table: Table) -> Iterator[tuple[str, str]]:
    """Yield (column, message) for what cannot work in one of the `tables` of a resource, as far
    as the map itself tells.
    """
    joined = {
        name
        for one in tables
        for part in one.find
        if isinstance(part, Through) and part.through == table.name
        for name in part.on.values()
    }
    for column in table.columns:
        if column.erase is not None and column.name in joined:
            message = "other tables are found through it, so it must not have `erase`"
            yield column.name, message
        yield from _by_type(table, column, column.type)


def live_obstacles(
    table: Table,
    types: Mapping[str, ColumnType | None],
    facts: Mapping[str, LiveColumn],
) -> Iterator[tuple[str, str]]:
    """Yield (column, message) for what cannot work, as the database is."""
    for column in table.columns:
        if column.name not in types:
            continue
        yield from _by_type(table, column, types[column.name])
        yield from _by_facts(column, facts.get(column.name, LiveColumn()))


def _by_type(table: Table, column: Column, kind: ColumnType | None) -> Iterator[tuple[str, str]]:
    if kind is None:
        return
    if column.erase in _NEEDS_TEXT and kind is not ColumnType.TEXT:
        yield column.name, f"`erase: {column.erase}` is for text, and this is {kind}; use null"
    if column.name == table.restriction_column and kind not in _MARKS:
        yield column.name, f"is the `restriction_column`, which is boolean, and this is {kind}"


def _by_facts(column: Column, fact: LiveColumn) -> Iterator[tuple[str, str]]:
    if column.erase is Anonymising.NULL and fact.required:
        yield column.name, "`erase: null` cannot work, for the column is required; use a text"
    if column.erase in (Anonymising.TEXT, Anonymising.MASK) and fact.unique:
        message = "would give several rows the same value, and the column is unique; use hash"
        yield column.name, f"`erase: {column.erase}` {message}"
    longest = _longest(column)
    if fact.length is not None and longest > fact.length:
        message = f"needs {longest} characters, and the column holds {fact.length}"
        yield column.name, f"`erase: {column.erase}` {message}"


def _longest(column: Column) -> int:
    if column.erase is Anonymising.HASH:
        return HASH_LENGTH
    return len(column.erase_text or "") if column.erase is Anonymising.TEXT else 0
