"""In which order tables are erased: children first, rows that identify a person last.

A child is found through its parent or counts its retention from it; once the parent is gone,
nobody could tell whose the child was. Pure and deterministic: the same map gives the same order.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from datamap.domain.hanging import bound_together, hangings
from datamap.domain.schema import DataMap, Link, Resource


class TableId(NamedTuple):
    """A table of the map."""

    resource: str
    table: str


Children = Mapping[TableId, frozenset[TableId]]


@dataclass(frozen=True, slots=True)
class Block:
    """Tables of one resource, in order, that are erased in one transaction or not at all."""

    tables: tuple[TableId, ...]
    identifies: bool

    @property
    def resource(self) -> str:
        return self.tables[0].resource


def children_of(data_map: DataMap) -> Children:
    """Return for each table those whose rows hang directly on its rows, over all resources."""
    children: dict[TableId, set[TableId]] = {
        TableId(resource.id, table.name): set()
        for resource in data_map.resources
        for table in resource.tables
    }
    for resource in data_map.resources:
        for one in hangings(resource):
            children[TableId(resource.id, one.parent)].add(TableId(resource.id, one.child))
        for table in resource.tables:
            for link in (one for one in table.find if isinstance(one, Link)):
                parent = TableId(link.resource, link.through)
                children[parent].add(TableId(resource.id, table.name))
    return {table: frozenset(found - {table}) for table, found in children.items()}


def erasure_order(data_map: DataMap) -> tuple[Block, ...]:
    """Return all tables of the map as blocks, in the order in which they are erased.

    Blocks that identify come last, after every block that need not wait for one. Filled from the
    end, so that of those whose parents are all placed, one that identifies goes as late as it
    can; blocks of one resource stay together.
    """
    children = children_of(data_map)
    rank = {resource.id: place for place, resource in enumerate(data_map.resources)}
    waiting = [block for resource in data_map.resources for block in _blocks(resource, children)]
    late = _late(waiting, children)
    placed: list[Block] = []
    while waiting:
        after = placed[-1].resource if placed else ""
        chosen = max(
            _without_parents(waiting, children),
            key=lambda one: (
                one in late,
                one.identifies,
                one.resource == after,
                rank[one.resource],
                one.tables,
            ),
        )
        waiting.remove(chosen)
        placed.append(chosen)
    return tuple(reversed(placed))


def _late(blocks: Collection[Block], children: Children) -> set[Block]:
    """Return the blocks that identify, and those that wait for one of them."""
    late = {block for block in blocks if block.identifies}
    ahead = set(late)
    while ahead:
        ahead = {
            block
            for block in blocks
            if block not in late and any(_hangs(below, block, children) for below in ahead)
        }
        late |= ahead
    return late


def _without_parents(waiting: Collection[Block], children: Children) -> list[Block]:
    """Return the blocks that may come after all others.

    Resources that join each other in a circle have none: then only what hangs within a resource
    counts, which makes no circle between blocks. The identifiers kept with a plan find the rest.
    """

    def free(*, across: bool) -> list[Block]:
        return [
            block
            for block in waiting
            if not any(
                _hangs(block, other, children)
                for other in waiting
                if other is not block and (across or other.resource == block.resource)
            )
        ]

    return free(across=True) or free(across=False)


def _hangs(child: Block, parent: Block, children: Children) -> bool:
    return any(children[table] & set(child.tables) for table in parent.tables)


def _blocks(resource: Resource, children: Children) -> Iterable[Block]:
    """Yield the tables of a resource, those together that must go in one transaction.

    These are the circles: a customer's retention counts from contracts found through it.
    """
    own = [TableId(resource.id, table.name) for table in resource.tables]
    below = _below(resource, own, children)
    identifying = {TableId(resource.id, one.name) for one in resource.tables if one.identifies}
    seen: set[TableId] = set()
    for table in own:
        if table not in seen:
            circle = {table} | {one for one in below[table] if table in below[one]}
            seen |= circle
            yield Block(_inside(resource, circle), identifies=bool(circle & identifying))


def _below(
    resource: Resource, own: Iterable[TableId], children: Children
) -> Mapping[TableId, set[TableId]]:
    """Return for each table all that hang on it, directly or through others.

    Tables that are bound together hang on each other.
    """
    steps = {
        table: {one for one in children[table] if one.resource == resource.id} for table in own
    }
    for group in bound_together(resource):
        members = {TableId(resource.id, name) for name in group}
        for member in members:
            steps[member] |= members - {member}
    below = {}
    for table, directly in steps.items():
        reached: set[TableId] = set()
        ahead = set(directly)
        while ahead:
            one = ahead.pop()
            if one not in reached:
                reached.add(one)
                ahead |= steps[one]
        below[table] = reached
    return below


def _inside(resource: Resource, circle: Collection[TableId]) -> tuple[TableId, ...]:
    """Return the tables of a block in order: what is found through a table goes before it.

    Where a retention counts from a row that goes first, the writer remembers what was due.
    """
    found_through = {
        (TableId(resource.id, one.child), TableId(resource.id, one.parent))
        for one in hangings(resource)
        if one.found and one.child != one.parent
    }
    identifying = {one.name for one in resource.tables if one.identifies}
    waiting, placed = set(circle), list[TableId]()
    while waiting:
        # The loader refuses a circle of `find`, so that one is always free.
        free = [
            parent
            for parent in waiting
            if not any((child, parent) in found_through for child in waiting)
        ]
        chosen = min(free, key=lambda one: (one.table in identifying, one))
        waiting.remove(chosen)
        placed.append(chosen)
    return tuple(placed)
