"""The map beside the live schema: every difference that would make an answer wrong or slow."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from datamap.domain.anonymising import LiveColumn, live_obstacles
from datamap.domain.live_references import LiveReference, reference_findings
from datamap.domain.schema import Alternative, ByKey, Column, Link, Resource, Table, Through
from datamap.domain.vocabulary import ColumnType, KeyKind

_INSTANTS = (ColumnType.DATE, ColumnType.DATETIME)
Expressions = Mapping[tuple[str, str, str], str]
_TEXTUAL = (KeyKind.EMAIL, KeyKind.PHONE, KeyKind.CUSTOMER_NUMBER)


@dataclass(frozen=True)
class LiveTable:
    """A table as the database has it.

    `columns` maps names to their type, None where the map has no word for it. `indexed` holds the
    first column of each index of all rows, or its expression; `generated` what the database itself
    computes in a column. `facts` is for columns of which there is more to say; `references` are
    the foreign keys.
    """

    columns: Mapping[str, ColumnType | None]
    primary_key: tuple[str, ...]
    indexed: frozenset[str]
    generated: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, LiveColumn] = field(default_factory=dict)
    references: tuple[LiveReference, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One finding, in words; `where` is resource, table and column."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def differences(
    resource: Resource,
    live: Mapping[str, LiveTable],
    expressions: Expressions,
    generated: Mapping[tuple[str, str, str], AbstractSet[str]] | None = None,
) -> Iterator[Difference]:
    """Yield how the database differs from the map.

    `expressions` gives, for (table, column, kind), the text by which an index that serves the
    comparison is known in `LiveTable.indexed`; `generated` the texts that a generated column which
    is searched may have in `LiveTable.generated`.
    """
    mapped = {table.name for table in resource.tables}
    plain = {table.name for table in resource.plain_tables}
    for name in sorted(set(live) - mapped - plain):
        message = "is not in the map; describe it, or list it under `plain_tables` with a reason"
        yield Difference(f"{resource.id}.{name}", message)
    for one in resource.plain_tables:
        if one.name not in live:
            yield Difference(f"{resource.id}.{one.name}", "is not in the database; take it out")
        else:
            for column in sorted(set(one.columns) - set(live[one.name].columns)):
                yield _no_column(f"{resource.id}.{one.name}", column)
    for table in resource.tables:
        here = f"{resource.id}.{table.name}"
        if table.name not in live:
            yield Difference(here, "is not in the database; take it out of the map or create it")
        else:
            yield from _columns(here, table, live[table.name])
            yield from _anchor(here, table, live)
            own = live[table.name]
            for name, message in live_obstacles(table, own.columns, own.facts):
                yield Difference(f"{here}.{name}", message)
            yield from _indexes(here, table, live[table.name], expressions)
            yield from _generated(here, table, live[table.name], generated or {})
    for name, message in reference_findings(
        resource, {name: one.references for name, one in live.items()}
    ):
        yield Difference(f"{resource.id}.{name}", message)


def _no_column(where: str, name: str) -> Difference:
    return Difference(f"{where}.{name}", "is not in the database; take it out of the map")


def _columns(here: str, table: Table, live: LiveTable) -> Iterator[Difference]:
    mapped = [column.name for column in table.columns]
    for name in mapped:
        if name not in live.columns:
            yield _no_column(here, name)
    for name in live.columns:
        if name not in mapped:
            message = "is not classified; list it under `columns` with its class"
            yield Difference(f"{here}.{name}", message)
    if table.primary_key != live.primary_key:
        wanted, found = ", ".join(table.primary_key), ", ".join(live.primary_key) or "none"
        message = f"its primary key is ({found}) in the database and ({wanted}) in the map"
        yield Difference(here, message)
    for column in table.columns:
        actual = live.columns.get(column.name)
        if column.type is not None and actual not in (None, column.type):
            message = f"is {actual} in the database and {column.type} in the map"
            yield Difference(f"{here}.{column.name}", message)
    yield from _key_types(here, table, live)


def _key_types(here: str, table: Table, live: LiveTable) -> Iterator[Difference]:
    """Yield identifiers that are compared as text and stored as something else."""
    for alternative in table.find:
        if isinstance(alternative, ByKey) and alternative.key in _TEXTUAL:
            column = table.column(alternative.column)
            actual = live.columns.get(column.name)
            if actual in (None, ColumnType.TEXT) or _is_number(alternative, column, actual):
                continue
            message = f"is {actual}, and is searched by {alternative.key}, which is text"
            if alternative.key == KeyKind.CUSTOMER_NUMBER and actual is ColumnType.INTEGER:
                message += "; add `type: integer`"
            yield Difference(f"{here}.{column.name}", message)


def _is_number(alternative: ByKey, column: Column, actual: ColumnType | None) -> bool:
    numeric = alternative.key == KeyKind.CUSTOMER_NUMBER and column.type is ColumnType.INTEGER
    return numeric and actual is ColumnType.INTEGER


def _anchor(here: str, table: Table, live: Mapping[str, LiveTable]) -> Iterator[Difference]:
    anchor = table.retention.anchor
    if anchor is None or anchor.column is None:
        return
    owner = anchor.through or table.name
    if owner not in live or anchor.column not in live[owner].columns:
        return  # told as a missing table or column
    actual = live[owner].columns[anchor.column]
    declared = next((one.type for one in table.columns if one.name == anchor.column), None)
    if actual not in _INSTANTS and (anchor.through is not None or declared not in _INSTANTS):
        message = f"retention counts from {owner}.{anchor.column}, which is no date or timestamp"
        yield Difference(here, message)


def _indexes(
    here: str, table: Table, live: LiveTable, expressions: Expressions
) -> Iterator[Difference]:
    for alternative in table.find:
        if isinstance(alternative, ByKey):
            column, purpose = alternative.column, f"search by {alternative.key}"
        else:
            other = alternative.through
            if isinstance(alternative, Link):
                other = f"{alternative.resource}.{other}"
            column, purpose = next(iter(alternative.on)), f"join to {other}"
        serving = _serving(table, alternative, expressions)
        if serving and not live.indexed & serving:
            message = f"has no index for the {purpose}; `manage.py datamap indexes` shows it"
            yield Difference(f"{here}.{column}", message)


def _serving(table: Table, alternative: Alternative, expressions: Expressions) -> AbstractSet[str]:
    """Return with what an index may begin to serve the search or join."""
    if isinstance(alternative, Through):
        return set(alternative.on)
    wanted = expressions.get((table.name, alternative.column, alternative.kind))
    return set() if wanted is None else {wanted}


def _generated(
    here: str,
    table: Table,
    live: LiveTable,
    wanted: Mapping[tuple[str, str, str], AbstractSet[str]],
) -> Iterator[Difference]:
    for column in table.columns:
        if column.generated and column.name in live.columns and column.name not in live.generated:
            message = "is not generated by the database; take `generated` out of the map"
            yield Difference(f"{here}.{column.name}", message)
    for one in table.find:
        if isinstance(one, ByKey) and one.column in live.generated:
            texts = wanted.get((table.name, one.column, one.kind))
            if texts is not None and live.generated[one.column] not in texts:
                message = f"is not generated as the search by {one.kind} needs it"
                advice = "`manage.py datamap indexes` shows it for the column itself"
                yield Difference(f"{here}.{one.column}", f"{message}; {advice}")
