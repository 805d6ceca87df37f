"""Which rows hang on which: a child is found through its parent, or its retention counts from it.

A row stays while a row that stays hangs on it, so children go before their parents. A circle of
two is usual: a customer's retention counts from its contracts, which are found through it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from datamap.domain.schema import Resource, Table, Through


@dataclass(frozen=True, slots=True)
class Hanging:
    """Rows of `child` hang on the rows of `parent` that they join.

    `on` pairs the child's columns with the parent's. `found`: a child of a person's row is the
    person's; otherwise the child only counts its retention from the parent.
    """

    child: str
    parent: str
    on: tuple[tuple[str, str], ...]
    found: bool

    def returns_from(self, other: "Hanging", child: Table) -> bool:
        """Tell whether this goes back to the very row from which `other` came."""
        there_and_back = {(theirs, ours) for ours, theirs in other.on} == set(self.on)
        same_tables = (self.child, self.parent) == (other.parent, other.child)
        unique = {ours for ours, _ in self.on} >= set(child.primary_key)
        return same_tables and there_and_back and unique


def hangings(resource: Resource) -> tuple[Hanging, ...]:
    """Return every way in which rows of one table hang on rows of another, each once."""
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], bool] = {}
    for table in resource.tables:
        for one in table.find:
            if isinstance(one, Through):
                found[table.name, one.through, tuple(sorted(one.on.items()))] = True
    for table in resource.tables:
        anchor = table.retention.anchor
        if anchor is not None and anchor.through is not None and anchor.on is not None:
            key = (table.name, anchor.through, tuple(sorted(anchor.on.items())))
            found.setdefault(key, False)
    mapped = {table.name for table in resource.tables}
    return tuple(Hanging(*key, found=by) for key, by in found.items() if key[1] in mapped)


def paths_to(resource: Resource, table: Table) -> Iterator[tuple[Hanging, ...]]:
    """Yield the ways down from `table`: to its children, their children and so on.

    The first step of a way hangs on `table`. No way uses a step twice, which ends all circles.
    """
    steps = hangings(resource)

    def below(path: tuple[Hanging, ...], parent: str) -> Iterator[tuple[Hanging, ...]]:
        for step in steps:
            if step.parent != parent or step in path:
                continue
            if path and step.returns_from(path[-1], resource.table(step.child)):
                continue
            yield (*path, step)
            yield from below((*path, step), step.child)

    yield from below((), table.name)


def anchor_tables(resource: Resource, table: Table) -> frozenset[str]:
    """Return the other tables through which the anchor of `table` is counted."""
    found: set[str] = set()
    anchor = table.retention.anchor
    while anchor is not None and anchor.through is not None and anchor.through not in found:
        found.add(anchor.through)
        named = [one for one in resource.tables if one.name == anchor.through]
        anchor = named[0].retention.anchor if named and anchor.column is None else None
    return frozenset(found)


def counted_from_below(resource: Resource, table: Table) -> frozenset[str]:
    """Return the tables from which the anchor of `table` is counted and that hang on it.

    They go before it, and nobody could tell afterwards that it was due.
    """
    below = {path[-1].child for path in paths_to(resource, table)}
    return (anchor_tables(resource, table) & below) - {table.name}


def companions(resource: Resource, table: Table) -> tuple[tuple[Hanging, ...], ...]:
    """Return the ways down to the rows that go together with a row of `table`, lowest first."""
    counted = counted_from_below(resource, table)
    ways = [path for path in paths_to(resource, table) if all(step.found for step in path)]
    ends = [path for path in ways if path[-1].child in counted]
    with_it = [path for path in ways if any(end[: len(path)] == path for end in ends)]
    return tuple(sorted(with_it, key=len, reverse=True))


def bound_together(resource: Resource) -> tuple[frozenset[str], ...]:
    """Return groups of tables that must be erased in one transaction.

    Children go first, and where a parent's retention counts from them the writer remembers that
    it was due, for as long as its transaction lasts.
    """
    groups: list[frozenset[str]] = []
    for table in resource.tables:
        bound = counted_from_below(resource, table)
        if bound:
            joined = bound | {table.name}
            for group in [one for one in groups if one & joined]:
                groups.remove(group)
                joined |= group
            groups.append(joined)
    return tuple(groups)
