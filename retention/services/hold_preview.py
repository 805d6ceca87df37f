"""What a hold would keep, before it is placed: counted where that is soon done."""

from collections.abc import Iterator
from dataclasses import dataclass

from datamap.connectors import SourceError, connector_for
from datamap.domain.by_hand import is_by_hand
from datamap.domain.erasing import Exclusion, Scope, Treatment
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Erasing
from datamap.queries import current_map
from retention.services.holds import HoldScope


@dataclass(frozen=True, kw_only=True)
class HeldTable:
    """A table that a hold speaks of; `rows` None: not counted."""

    resource: Resource
    table: Table
    rows: int | None


def preview(scope: HoldScope) -> list[HeldTable]:
    """Return the tables of which a hold of `scope` keeps rows, in the order of the map.

    Rows are counted where it names people. All of a table is not: that may take hours.
    """
    found = _covered(scope.as_hold().exclusion)
    counted = [
        HeldTable(resource=resource, table=table, rows=_rows(resource, table, scope))
        for resource, table in found
    ]
    return [one for one in counted if one.rows != 0]


def _covered(exclusion: Exclusion) -> Iterator[tuple[Resource, Table]]:
    for resource in current_map().resources:
        for table in resource.tables:
            is_meant = exclusion.covers(resource.id, table.name, table.category.value)
            is_others = (
                exclusion.controllers
                and table.controller_column is None
                and table.controller not in exclusion.controllers
            )
            if is_meant and not is_others:
                yield resource, table


def _rows(resource: Resource, table: Table, scope: HoldScope) -> int | None:
    if not scope.keys or is_by_hand(resource):
        return None
    going = {table.name: Treatment(Erasing.DELETE)}
    counting = Scope(scope.keys, going, (scope.as_hold().exclusion,))
    try:
        return connector_for(resource).survey(table, counting).held.rows
    except SourceError:
        return None
