"""The instant a row's retention counts from, as a column of the query that reads the row."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from datamap.connectors.sql_matching import table_clause
from datamap.domain.schema import Anchor, Column, PlainTable, Resource, Table

AnchorColumn = tuple[Table, Column]
AnchorTest = Callable[[ColumnElement[Any]], ColumnElement[bool]]


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


def anchor_holds(
    resource: Resource, anchor: Anchor, of: FromClause, test: AnchorTest
) -> ColumnElement[bool]:
    """Return the condition that `test` holds for the anchor of a row seen under `of`.

    The same rows as with `anchored`, but as a condition alone, so that it can stand in a DELETE.
    """
    if anchor.through is None or anchor.on is None:
        return test(of.c[str(anchor.column)])
    other = _other(resource, anchor.through)
    there = table_clause(other)
    own = Anchor(column=anchor.column) if anchor.column else _own_anchor(other)
    if set(anchor.on.values()) >= set(_key(other)):
        joined = (of.c[ours] == there.c[theirs] for ours, theirs in anchor.on.items())
        inside = anchor_holds(resource, own, there, test)
        return sa.exists(sa.select(1).select_from(there).where(*joined, inside))
    latest, _ = _expression(resource, anchor, of, of)
    return test(latest)


def anchor_column(resource: Resource, table: Table, anchor: Anchor) -> AnchorColumn | None:
    """Return the table and column that an anchor of `table` is in the end.

    None where that is a table without personal data, of which the map knows the names alone.
    """
    other = table if anchor.through is None else _other(resource, anchor.through)
    if isinstance(other, PlainTable):
        return None
    if anchor.column is not None:
        return other, other.column(anchor.column)
    return anchor_column(resource, other, _own_anchor(other))


def _expression(
    resource: Resource, anchor: Anchor, of: FromClause, source: FromClause
) -> tuple[ColumnElement[Any], FromClause]:
    if anchor.through is None or anchor.on is None:
        return of.c[str(anchor.column)], source
    other = _other(resource, anchor.through)
    there = table_clause(other)
    joined = sa.and_(*(of.c[ours] == there.c[theirs] for ours, theirs in anchor.on.items()))
    own = Anchor(column=anchor.column) if anchor.column else _own_anchor(other)
    if set(anchor.on.values()) >= set(_key(other)):
        return _expression(resource, own, there, source.outerjoin(there, joined))
    value, inside = _expression(resource, own, there, there)
    # max() alone would pass over the open ones.
    latest = sa.case((sa.func.count() == sa.func.count(value), sa.func.max(value)))
    query = sa.select(latest).select_from(inside).where(joined).correlate(of)
    return query.scalar_subquery(), source


def _own_anchor(table: Table | PlainTable) -> Anchor:
    own = None if isinstance(table, PlainTable) else table.retention.anchor
    if own is None:
        raise LookupError(f"{table.name} has no anchor of its own")  # the map was checked for it
    return own


def _other(resource: Resource, name: str) -> Table | PlainTable:
    for plain in resource.plain_tables:
        if plain.name == name:
            return plain
    return resource.table(name)


def _key(table: Table | PlainTable) -> Sequence[str]:
    """Return the primary key; the map does not know that of a plain table, so it has none here."""
    return ("\0",) if isinstance(table, PlainTable) else table.primary_key
