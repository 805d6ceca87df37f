"""Joins across databases: which values of one resource rows of another are found by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datamap.domain.finding import Link
from datamap.domain.schema import DataMap, Table

#: No person's rows join more rows elsewhere than this; beyond it the map joins what is not theirs.
MOST_VALUES = 100_000

Tables = Mapping[str, Mapping[str, Table]]  # by resource id and table name
Finding = tuple[tuple[str | int, ...], str]


@dataclass(frozen=True, slots=True)
class LinkedColumn:
    """A column whose values in a person's rows are looked for in other resources."""

    table: str
    column: str


def links_of(tables: Mapping[str, Table]) -> Iterator[tuple[str, int, Link]]:
    """Yield each link with its table and its place in `find`."""
    for name, table in tables.items():
        for place, one in enumerate(table.find):
            if isinstance(one, Link):
                yield name, place, one


def linked_columns(data_map: DataMap, resource: str) -> tuple[LinkedColumn, ...]:
    """Return the columns of `resource` that rows of other resources join, each once."""
    found = {
        LinkedColumn(link.through, link.their_column)
        for other in data_map.resources
        for _, _, link in links_of({table.name: table for table in other.tables})
        if link.resource == resource
    }
    return tuple(sorted(found, key=lambda one: (one.table, one.column)))


def link_findings(
    resource: str, tables: Tables, *, complete: bool
) -> Iterator[tuple[str, Finding]]:
    """Yield (table, finding) for what is wrong with the links of one resource.

    Without `complete` nothing is called missing, for it may be a part that could not be read.
    """
    for name, place, link in links_of(tables[resource]):
        path = ("find", place)
        for rest, message in _faults(resource, tables, name, link, complete=complete):
            yield name, ((*path, *rest), message)
        if resource in _ahead(tables, link.resource):
            message = "leads back to this resource through the joins of others; break the circle"
            yield name, ((*path, "resource"), message)


def _faults(
    resource: str, tables: Tables, name: str, link: Link, *, complete: bool
) -> Iterator[Finding]:
    if link.resource == resource:
        yield ("resource",), "is this resource itself; leave `resource` out"
        return
    if link.column not in {column.name for column in tables[resource][name].columns}:
        yield ("on", link.column), f"`{link.column}` is not a column of `{name}`"
    if link.resource not in tables:
        if complete:
            yield ("resource",), f"names `{link.resource}`, which no file describes"
        return
    other = tables[link.resource].get(link.through)
    if other is None:
        if complete:
            message = f"names the table `{link.through}`, which `{link.resource}` does not have"
            yield ("through",), message
    elif link.their_column not in {column.name for column in other.columns}:
        message = f"`{link.their_column}` is not a column of `{link.resource}.{link.through}`"
        yield ("on", link.column), message


def _ahead(tables: Tables, start: str) -> set[str]:
    """Return the resources that the links of `start` lead to, one after the other."""
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        here = ahead.pop()
        nearer = {link.resource for _, _, link in links_of(tables.get(here, {}))} - {here}
        ahead |= nearer - seen
        seen |= nearer
    return seen
