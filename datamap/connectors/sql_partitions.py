"""How a table of PostgreSQL lies on disk, and partitions that go as a whole.

Safety principle: a partition is dropped only if its bounds prove that all that can be in it is due,
no exclusion covers a row of it, and nothing in the database or the map hangs on its rows. Whatever
cannot be told from the catalogue goes row by row. A partition under way is marked by a comment, so
that whoever comes next finishes what was begun or puts it back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.sql_conditions import Conditions, as_sql
from datamap.connectors.sql_days import anchor_days, types_in
from datamap.connectors.sql_transactions import begin, begin_alone
from datamap.domain.erasing import BlockRange, Part, PartKind, Permit, Scope, Treatment
from datamap.domain.hanging import bound_together, companions
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Erasing

#: A part of fewer blocks (128 MB) is not worth a worker of its own.
_LEAST_BLOCKS = 16_384
_MARK = "apifonica-privacy: all is due; detached from "
_BOUNDS = re.compile(r"FOR VALUES FROM \(('[^']*'|\w+)\) TO \(('[^']*'|\w+)\)")
_LEAVES = sa.text("""
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           c.relkind = 'r' AND a.amname = 'heap' AND NOT c.relhassubclass AS heap,
           pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
           pg_get_expr(c.relpartbound, c.oid) AS bounds,
           CASE WHEN p.partstrat = 'r' AND p.partnatts = 1 THEN k.attname END AS divided_by,
           pg_has_role(c.relowner, 'USAGE') AND pg_has_role(top.relowner, 'USAGE') AS ours,
           EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid
                   AND NOT g.tgisinternal AND g.tgtype & 8 <> 0)
           OR EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f'
                      AND f.confrelid IN (c.oid, top.oid, t.parentrelid)) AS looked_at
    FROM pg_class top
    CROSS JOIN LATERAL (
        SELECT relid::oid, parentrelid::oid FROM pg_partition_tree(top.oid::regclass) WHERE isleaf
        UNION ALL SELECT top.oid, NULL WHERE top.relkind <> 'p' AND NOT top.relispartition
    ) t
    JOIN pg_class c ON c.oid = t.relid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_am a ON a.oid = c.relam
    LEFT JOIN pg_partitioned_table p ON p.partrelid = t.parentrelid
    LEFT JOIN pg_attribute k ON k.attrelid = p.partrelid AND k.attnum = p.partattrs[0]
    WHERE top.oid = CAST(:table AS regclass)
    ORDER BY name
""")
_UNDER_WAY = sa.text("""
    SELECT format('%I.%I', n.nspname, c.relname) AS name, d.description AS mark,
           coalesce(i.inhdetachpending, false) AS pending,
           format('%I.%I', pn.nspname, pc.relname) AS parent
    FROM pg_description d
    JOIN pg_class c ON c.oid = d.objoid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    LEFT JOIN pg_class pc ON pc.oid = i.inhparent
    LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
    WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = 0
      AND starts_with(d.description, :mark) AND (i.inhrelid IS NULL OR i.inhdetachpending)
    ORDER BY name
""")
_FAMILY = sa.text("""
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_partition_tree(CAST(:table AS regclass)) t
    JOIN pg_class c ON c.oid = t.relid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.isleaf
""")
_PARENT = sa.text("""
    SELECT format('%I.%I', n.nspname, c.relname), p.partdefid <> 0
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhparent
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_partitioned_table p ON p.partrelid = c.oid
    WHERE i.inhrelid = CAST(:leaf AS regclass)
""")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A heap that holds rows of a table: the table itself, or a partition; names are quoted."""

    name: str
    heap: bool
    blocks: int
    bounds: str | None
    divided_by: str | None
    ours: bool
    looked_at: bool


def quoted(connection: Connection, table: Table) -> str:
    """Return the name of a table as a statement has it."""
    prepared = connection.dialect.identifier_preparer
    return ".".join(prepared.quote_identifier(part) for part in table.name.split("."))


def leaves_of(connection: Connection, table: Table) -> list[Leaf]:
    """Return where the rows of a table lie; nothing for a view, or where tables inherit."""
    found = connection.execute(_LEAVES, {"table": quoted(connection, table)})
    leaves = [Leaf(**row) for row in found.mappings()]
    return leaves if all(leaf.heap for leaf in leaves) else []


def leaf_clause(table: Table, leaf: str) -> sa.TableClause:
    """Return a partition with the map's columns; `leaf` is quoted already."""
    name = sa.sql.quoted_name(leaf, quote=False)
    return sa.table(name, *(sa.column(column.name) for column in table.columns))


# --- dividing ----------------------------------------------------------------------------------
def parts_of(
    connection: Connection, resource: Resource, table: Table, scope: Scope, *, at_most: int
) -> tuple[Part, ...]:
    """See `Connector.parts`."""
    together = frozenset[str]().union(*bound_together(resource))
    if connection.dialect.name != "postgresql" or table.name in together:
        return (Part(PartKind.KEYS),)
    begun = tuple(Part(PartKind.PARTITION, one) for one in _under_way(connection, table))
    leaves = leaves_of(connection, table)
    if not leaves:
        return (*begun, Part(PartKind.KEYS))
    whole: list[Part] = []
    rest: list[Leaf] = []
    for leaf in leaves:
        place = _place(connection, resource, table, scope.treatment(table.name), leaf)
        if place.all_due and not _anything_stays(connection, resource, table, scope, leaf):
            whole.append(Part(PartKind.PARTITION, leaf.name))
        elif place.some_due and leaf.blocks:
            rest.append(leaf)
    return (*begun, *whole, *_sliced(rest, at_most))


def _sliced(leaves: list[Leaf], at_most: int) -> Iterator[Part]:
    size = max(_LEAST_BLOCKS, -(-sum(leaf.blocks for leaf in leaves) // at_most))
    for leaf in leaves:
        name = "" if leaf.bounds is None else leaf.name
        for first in range(0, leaf.blocks, size):
            end = min(first + size, leaf.blocks)
            yield Part(PartKind.BLOCKS, name, BlockRange(first, end))


@dataclass(frozen=True, slots=True)
class _Place:
    all_due: bool
    some_due: bool


def _place(
    connection: Connection, resource: Resource, table: Table, treatment: Treatment, leaf: Leaf
) -> _Place:
    """Tell what the bounds of a partition say of the days of its rows."""
    unknown = _Place(all_due=False, some_due=True)
    anchor, day = table.retention.anchor, treatment.due_before
    found = _BOUNDS.fullmatch(leaf.bounds or "")
    if anchor is None or anchor.through is not None or day is None or found is None:
        return unknown
    if leaf.divided_by is None or leaf.divided_by != anchor.column:
        return unknown
    types = types_in(connection, resource)
    kind = types.of(table.name, leaf.divided_by)
    if not isinstance(kind, sa.Date | sa.DateTime):
        return unknown
    days = anchor_days(resource, table, types)
    least: sa.ColumnElement[Any] = sa.literal_column(
        "1" if isinstance(kind, sa.Date) else "interval '1 microsecond'"
    )
    lower, upper = (_bound(text, kind) for text in found.groups())
    before = sa.false() if upper is None else days.before(upper - least, day)
    begins = sa.true() if lower is None else days.before(lower, day)
    early: sa.ColumnElement[bool] = sa.false()
    if treatment.due_from is not None:
        early = sa.true() if lower is None else days.before(lower, treatment.due_from)
    row = connection.execute(sa.select(sa.and_(before, sa.not_(early)), begins)).one()
    return _Place(all_due=row[0], some_due=row[1])


def _bound(text: str, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any] | None:
    """Return a bound as a value; None for MINVALUE and MAXVALUE."""
    return sa.cast(sa.literal_column(text), kind) if text.startswith("'") else None


def _anything_stays(
    connection: Connection, resource: Resource, table: Table, scope: Scope, leaf: Leaf
) -> bool:
    """Tell whether the rows of a partition are looked at one by one, or some must not go."""
    treatment = scope.treatment(table.name)
    is_plain = treatment.action is Erasing.DELETE and treatment.controllers is None
    if not is_plain or scope.keys is not None or leaf.looked_at or not leaf.ours:
        return True
    here = leaf_clause(table, leaf.name)
    conditions = Conditions(resource, scope, types_in(connection, resource))
    if companions(resource, table) or conditions.needs(table, here):
        return True
    return _is_covered(connection, conditions, table, here)


def _is_covered(
    connection: Connection, conditions: Conditions, table: Table, here: NamedFromClause
) -> bool:
    """Tell whether an exclusion covers a row."""
    excluded = conditions.excluded(table, here)
    if isinstance(excluded, bool):
        return excluded
    query = sa.select(1).select_from(here).where(as_sql(excluded)).limit(1)
    return connection.execute(query).first() is not None


# --- dropping ----------------------------------------------------------------------------------
def drop_leaf(
    connection: Connection, resource: Resource, table: Table, permit: Permit, leaf: str
) -> None:
    """Drop a partition in which all is due, or finish what was begun; else leave it as it is.

    `DETACH ... CONCURRENTLY` lets readers and writers of the table go on. A partition that was
    detached before, and holds what has to stay since, is put back.
    """
    begin(connection, one_statement=True)
    begun = _under_way(connection, table).get(leaf)
    known = {one.name: one for one in leaves_of(connection, table)}.get(leaf)
    if begun is None and known is None:
        return  # it is gone
    conditions = Conditions(resource, permit.scope, types_in(connection, resource))
    here = leaf_clause(table, leaf)
    if begun is None and known is not None:
        treatment = permit.scope.treatment(table.name)
        goes = _place(connection, resource, table, treatment, known).all_due
        if not goes or _anything_stays(connection, resource, table, permit.scope, known):
            return
        parent, has_default = connection.execute(_PARENT, {"leaf": leaf}).one()
        connection.rollback()
        _detach(connection, leaf, parent, known.bounds or "", at_once=not has_default)
    else:
        stays = _is_covered(connection, conditions, table, here)
        connection.rollback()
        _finish(connection, leaf, stays=stays, begun=begun)
        if stays:
            return
    _alone(connection, f"DROP TABLE {leaf}")


def _detach(connection: Connection, leaf: str, parent: str, bounds: str, *, at_once: bool) -> None:
    if not at_once:  # beside a default partition the table has to be locked for a moment
        return
    mark = f"{_MARK}{parent} {bounds}"
    _alone(connection, f"COMMENT ON TABLE {leaf} IS {_literal(mark)}")
    _alone(connection, f"ALTER TABLE {parent} DETACH PARTITION {leaf} CONCURRENTLY")


def _finish(connection: Connection, leaf: str, *, stays: bool, begun: "_Begun | None") -> None:
    if begun is None:
        return
    if begun.pending:
        _alone(connection, f"ALTER TABLE {begun.parent} DETACH PARTITION {leaf} FINALIZE")
    if stays:
        _alone(connection, f"ALTER TABLE {begun.parent} ATTACH PARTITION {leaf} {begun.bounds}")
        _alone(connection, f"COMMENT ON TABLE {leaf} IS NULL")


@dataclass(frozen=True, slots=True)
class _Begun:
    parent: str
    bounds: str
    pending: bool


def _under_way(connection: Connection, table: Table) -> dict[str, _Begun]:
    """Return the partitions of a table whose end was begun and not finished, by name."""
    family = set(connection.scalars(_FAMILY, {"table": quoted(connection, table)}))
    found: dict[str, _Begun] = {}
    for row in connection.execute(_UNDER_WAY, {"mark": _MARK}).mappings():
        parent, _, bounds = row["mark"].removeprefix(_MARK).partition(" FOR VALUES ")
        if parent in family:
            found[row["name"]] = _Begun(parent, f"FOR VALUES {bounds}", row["pending"])
    return found


def rows_under_way(connection: Connection, table: Table) -> int:
    """Return how many rows lie in partitions that are detached and not dropped yet."""
    if connection.dialect.name != "postgresql":
        return 0
    return sum(
        int(connection.scalar(sa.text(f"SELECT count(*) FROM {leaf}")) or 0)  # noqa: S608 (quoted)
        for leaf in _under_way(connection, table)
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _alone(connection: Connection, statement: str) -> None:
    """Run a statement in a transaction of its own, with limits on its time and its locks."""
    begin_alone(connection)
    connection.execute(sa.text(statement.replace(":", r"\:")))
    connection.rollback()
