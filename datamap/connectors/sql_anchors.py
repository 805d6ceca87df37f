"""The instant a row's retention counts from, as a column of the query that reads the row."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from datamap.connectors.sql_matching import table_clause
from datamap.domain.schema import Anchor, Column, PlainTable, Resource, Table

AnchorColumn = tuple[Table | None, Column | None]


def anchored(
    resource: Resource, table: Table, of: NamedFromClause
) -> tuple[ColumnElement[Any] | None, FromClause]:
    """Return the anchor's expression (None: the map has none) and what to select from.

    A joined table is a LEFT JOIN where the join names one row of it by its primary key.
    Otherwise several rows may join: the latest anchor counts, and none while one of them has none
    (a person with one running contract is still a customer).
    """
    anchor = table.retention.anchor
    if anchor is None:
        return None, of
    return _expression(resource, anchor, of, of)


def anchor_column(resource: Resource, table: Table) -> AnchorColumn:
    """Return the table and column that the anchor of `table` is in the end."""
    anchor = table.retention.anchor
    if anchor is None:
        return None, None
    if anchor.through is None:
        return table, table.column(str(anchor.column))
    other = _other(resource, anchor.through)
    if isinstance(other, PlainTable):
        return None, None
    return (other, other.column(anchor.column)) if anchor.column else anchor_column(resource, other)


def _expression(
    resource: Resource, anchor: Anchor, of: FromClause, source: FromClause
) -> tuple[ColumnElement[Any], FromClause]:
    if anchor.through is None or anchor.on is None:
        return of.c[str(anchor.column)], source
    other = _other(resource, anchor.through)
    there = table_clause(other)
    joined = sa.and_(*(of.c[ours] == there.c[theirs] for ours, theirs in anchor.on.items()))
    further = anchor if anchor.column else other_anchor(other)
    own = Anchor(column=anchor.column) if anchor.column else further
    if set(anchor.on.values()) >= set(_key(other)):
        return _expression(resource, own, there, source.outerjoin(there, joined))
    value, inside = _expression(resource, own, there, there)
    # max() alone would pass over the open ones.
    latest = sa.case((sa.func.count() == sa.func.count(value), sa.func.max(value)))
    query = sa.select(latest).select_from(inside).where(joined).correlate(of)
    return query.scalar_subquery(), source


def other_anchor(table: Table | PlainTable) -> Anchor:
    """Return the anchor of a joined table; the map was checked to have it."""
    if isinstance(table, PlainTable) or table.retention.anchor is None:
        raise ValueError(f"{table.name} has no anchor of its own")
    return table.retention.anchor


def _other(resource: Resource, name: str) -> Table | PlainTable:
    for plain in resource.plain_tables:
        if plain.name == name:
            return plain
    return resource.table(name)


def _key(table: Table | PlainTable) -> Sequence[str]:
    """Return the primary key; the map does not know that of a plain table, so it has none here."""
    return ("\0",) if isinstance(table, PlainTable) else table.primary_key
