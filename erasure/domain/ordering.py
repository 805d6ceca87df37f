"""The order in which tables are erased, over all resources of a map. Pure.

Children go before the parents they are found or dated through, also across databases; the tables
that identify a person go last, so that a person can be found again until the very end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datamap.domain.finding import Link
from datamap.domain.hanging import bound_together, hangings
from datamap.domain.schema import DataMap, Resource

Name = tuple[str, str]  # resource id, table name


class CircularMap(Exception):
    """Tables of the map hang on each other in a circle that no order can keep."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tables of one resource that are erased in one transaction, in this order."""

    resource: str
    tables: tuple[str, ...]


def execution_order(data_map: DataMap) -> tuple[Group, ...]:
    """Return all tables of the map in groups, in the order in which they are erased.

    Of groups that may come next, one of the same resource is preferred, so that a resource needs
    few transactions; otherwise the map's order decides. Raises CircularMap.
    """
    groups = [group for resource in data_map.resources for group in _groups(resource)]
    of = {(group.resource, name): group for group in groups for name in group.tables}
    waits_for = _waits_for(data_map, of)
    identifying = {
        of[resource.id, table.name]
        for resource in data_map.resources
        for table in resource.tables
        if table.identifies
    }
    placed: list[Group] = []
    left = dict.fromkeys(groups)
    while left:
        ready = [group for group in left if not waits_for[group] - set(placed)]
        if not ready:
            raise CircularMap("Tables of the map hang on each other in a circle.")
        here = placed[-1].resource if placed else ""
        chosen = min(ready, key=lambda one: (one in identifying, one.resource != here))
        placed.append(chosen)
        del left[chosen]
    return tuple(placed)


def _groups(resource: Resource) -> list[Group]:
    bound = bound_together(resource)
    single = [
        frozenset({table.name})
        for table in resource.tables
        if not any(table.name in group for group in bound)
    ]
    groups = [Group(resource.id, _inside(resource, names)) for names in (*bound, *single)]
    positions = {table.name: place for place, table in enumerate(resource.tables)}
    return sorted(groups, key=lambda one: min(positions[name] for name in one.tables))


def _inside(resource: Resource, names: Iterable[str]) -> tuple[str, ...]:
    """Return the tables of a group with children before the parents they are found through."""
    left = [table.name for table in resource.tables if table.name in set(names)]
    parents: dict[str, set[str]] = {name: set() for name in left}
    for one in hangings(resource):
        if one.found and one.child in parents and one.parent in parents:
            parents[one.child].add(one.parent)
    placed: list[str] = []
    while left:
        ready = [
            name
            for name in left
            if not any(name in parents[child] for child in left if child != name)
        ]
        if not ready:
            raise CircularMap(f"Tables of {resource.id} hang on each other in a circle.")
        placed.append(ready[0])
        left.remove(ready[0])
    return tuple(placed)


def _waits_for(data_map: DataMap, of: Mapping[Name, Group]) -> dict[Group, set[Group]]:
    """Return for each group those that have to go before it."""
    before: dict[Group, set[Group]] = {group: set() for group in of.values()}
    for resource in data_map.resources:
        for one in hangings(resource):
            before[of[resource.id, one.parent]].add(of[resource.id, one.child])
        for table in resource.tables:
            for link in table.find:
                if isinstance(link, Link):
                    before[of[link.resource, link.through]].add(of[resource.id, table.name])
    return {group: others - {group} for group, others in before.items()}
