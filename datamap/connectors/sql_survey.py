"""What a scope does to a table, counted in one statement by the conditions that erase it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.sql_anchors import anchored
from datamap.connectors.sql_conditions import (
    Conditions,
    all_of,
    any_of,
    as_sql,
    negated,
)
from datamap.connectors.sql_days import AnchorDays, anchor_days, types_in
from datamap.connectors.sql_matching import table_clause
from datamap.connectors.sql_partitions import rows_under_way
from datamap.connectors.sql_tally import lanes, sums, tally
from datamap.domain.erasing import KeyRange, Scope, Survey, Tally
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnClass

#: The parts of a survey whose rows are told apart by their day.
_DATED = ("kept", "going")
_PART, _ANCHOR, _SPAN, _THIRD, _LANE = "part", "anchor", "span", "third", "lane{}"
#: What lies later is no day.
_NO_LATER = date(9999, 1, 1)
#: From the number of a span and from what a day is in the source to the day.
_ReadDay = Callable[[int | None, Any], date | None]


def survey_of(connection: Connection, resource: Resource, table: Table, scope: Scope) -> Survey:
    """Return in which part of a survey each row of the scope's keys falls; one statement.

    A row that is anonymised already is `done`. Then the treatment decides, then exclusions (they
    are the law's word), then what hangs on the row.
    """
    types = types_in(connection, resource)
    conditions = Conditions(resource, scope, types)
    here = table_clause(table)
    if conditions.mine(table, here) is False:
        return Survey()
    query, read_day = _query(conditions, table, here)
    tallies: dict[str, Tally] = {}
    kept: dict[date | None, int] = {}
    oldest: date | None = None
    third = 0
    for part, span, day, third_rows, rows, first, second in connection.execute(query):
        counted = tally(rows, first, second)
        tallies[part] = tallies.get(part, Tally()) + counted
        third += int(third_rows or 0)
        local = read_day(span, day)
        if part == "kept":
            kept[local] = kept.get(local, 0) + counted.rows
        elif part == "going" and local is not None:
            oldest = min(oldest or local, local)
    begun = rows_under_way(connection, table) if scope.keys is None else 0
    return Survey(
        going=tallies.get("going", Tally()) + Tally(begun),
        kept=kept,
        kept_tally=tallies.get("kept", Tally()),
        needed=tallies.get("needed", Tally()),
        held=tallies.get("held", Tally()),
        done=tallies.get("done", Tally()),
        third_party_rows=third,
        oldest=oldest,
    )


def _query(
    conditions: Conditions, table: Table, here: NamedFromClause
) -> tuple[sa.Select[Any], _ReadDay]:
    resource, types = conditions.resource, conditions.types
    anchor, source = anchored(resource, table, here)
    days = None if anchor is None else anchor_days(resource, table, types)
    everybody = conditions.scope.keys is None
    # A purge only counts: hashing every key of a large table would take longer than its scan.
    key = () if everybody else lanes(types, table, here)
    hashed = [one.label(_LANE.format(place)) for place, one in enumerate(key)]
    rows = (
        sa.select(
            _part(conditions, table, here).label(_PART),
            (sa.null() if anchor is None else anchor).label(_ANCHOR),
            _third(table, here).label(_THIRD),
            *hashed,
        )
        .select_from(source)
        .where(as_sql(conditions.mine(table, here)))
        .subquery()
    )
    totals = sums(types.backend, [rows.c[one.name] for one in hashed])
    counted = (sa.func.sum(rows.c[_THIRD]), *totals)
    if days is None:
        query = sa.select(rows.c[_PART], sa.null(), sa.null(), *counted)
        return query.group_by(rows.c[_PART]), _no_day
    if everybody and conditions.scope.told_apart:
        return _by_span(rows, days, conditions.scope.told_apart)
    dated = rows.c[_PART].in_(_DATED)
    day = sa.case((dated, days.day(rows.c[_ANCHOR]))).label("day")
    query = sa.select(rows.c[_PART], sa.null(), day, *counted).group_by(rows.c[_PART], day)
    return query, lambda _span, value: days.read(value)


def _by_span(
    rows: sa.Subquery, days: AnchorDays, told_apart: Sequence[date]
) -> tuple[sa.Select[Any], _ReadDay]:
    """Tell rows apart by the span of their day: to compare is quicker than to convert.

    What lies before no day (NULL, infinity, what is no date) is no anchor.
    """
    anchor = rows.c[_ANCHOR]
    bounds = (*told_apart, _NO_LATER)
    numbered: list[tuple[ColumnElement[Any], date]] = [
        (sa.literal_column(str(n)), bound) for n, bound in enumerate(bounds)
    ]
    told = sa.case(*((days.before(anchor, bound), n) for n, bound in numbered)).label(_SPAN)
    spans = sa.select(*rows.c, told).subquery()
    span = spans.c[_SPAN]
    # Alone the days between the bounds are asked for: what is outside may be no day of a calendar.
    within = [n for n, _bound in numbered[1:-1]]
    oldest = sa.case((span.in_(within), days.least(spans.c[_ANCHOR])))

    def read(place: int | None, value: object) -> date | None:
        if place is None:
            return None
        if place == 0:
            return told_apart[0] - timedelta(days=1)
        return told_apart[-1] if place == len(told_apart) else days.read(value)

    part = spans.c[_PART]
    totals = (sa.func.sum(spans.c[_THIRD]), *sums("", ()))
    return sa.select(part, span, oldest, *totals).group_by(part, span), read


def _no_day(_span: int | None, _day: object) -> None:
    return None


def _part(conditions: Conditions, table: Table, of: NamedFromClause) -> ColumnElement[str]:
    needed = any_of(*conditions.needs(table, of))
    return sa.case(
        (as_sql(conditions.done(table, of)), sa.literal_column("'done'")),
        (as_sql(negated(conditions.treated(table, of))), sa.literal_column("'kept'")),
        (as_sql(conditions.excluded(table, of)), sa.literal_column("'held'")),
        (as_sql(needed), sa.literal_column("'needed'")),
        else_=sa.literal_column("'going'"),
    )


def _third(table: Table, of: NamedFromClause) -> ColumnElement[int]:
    others = [
        of.c[column.name].is_not(None)
        for column in table.columns
        if column.column_class is ColumnClass.THIRD_PARTY
    ]
    return sa.case((sa.or_(*others), 1), else_=0) if others else sa.literal_column("0")


def steps_of(
    connection: Connection, resource: Resource, table: Table, scope: Scope, size: int
) -> Iterator[KeyRange]:
    """Yield the ranges, their bounds found by one statement over the ordered keys."""
    conditions = Conditions(resource, scope, types_in(connection, resource))
    here = table_clause(table)
    going = conditions.going(table, here)
    if going is False:
        return
    key = [here.c[name] for name in table.primary_key]
    ordered = (
        sa.select(
            *key,
            sa.func.row_number().over(order_by=key).label("place"),
            sa.func.count().over().label("all"),
        )
        .where(as_sql(all_of(going)))
        .subquery()
    )
    last = sa.or_(ordered.c.place % size == 0, ordered.c.place == ordered.c.all)
    columns = [ordered.c[name] for name in table.primary_key]
    bounds = connection.execute(sa.select(*columns).where(last).order_by(ordered.c.place)).all()
    after: tuple[object, ...] | None = None
    for place, bound in enumerate(bounds, 1):
        up_to = tuple(bound)
        yield KeyRange(after, None if place == len(bounds) else up_to)
        after = up_to
