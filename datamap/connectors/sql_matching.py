"""Which rows are a person's: the map's `find` as one SQL condition.

Safety principle: a row is taken only if an alternative of `find` holds for it. No identifier, no
row; a national phone number counts only in its own country.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.connectors.sql_comparing import (
    Condition,
    Value,
    compared,
    is_one_of,
    match_expression,
)
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import (
    Alternative,
    ByKey,
    Column,
    PlainTable,
    Resource,
    Table,
    Through,
)
from datamap.domain.vocabulary import ColumnType, KeyKind
from lib.identifiers import (
    email_spellings,
    normalise_customer_number,
    phone_region,
    phone_spellings,
)

_DIGITS = 18  # of a whole number that every database holds

__all__ = ["Condition", "compared", "match_expression", "matching", "table_clause"]


def table_clause(table: Table | PlainTable) -> NamedFromClause:
    """Return the table, with the map's columns, under an alias of its own."""
    schema, _, name = table.name.rpartition(".")
    names = (one if isinstance(one, str) else one.name for one in table.columns)
    return sa.table(name, *(sa.column(one) for one in names), schema=schema or None).alias()


def matching(
    resource: Resource,
    table: Table,
    of: NamedFromClause,
    keys: SubjectKeys,
    *,
    backend: str = "",
) -> Condition | None:
    """Return the condition for the person's rows of `table`, seen under the alias `of`.

    None when no alternative can hold with these identifiers: then there is nothing to ask. With
    several alternatives each is a query of its own for the primary key, so that each can use its
    own index; PostgreSQL (`backend`) can use them all at once where each asks for few values.
    """
    alternatives = [one for one in table.find if _possible(resource, table, one, keys)]
    if len(alternatives) <= 1:
        if not alternatives:
            return None
        return _holds(resource, table, alternatives[0], of, keys, backend=backend)
    if backend == "postgresql" and all(_asks_for_few(resource, one) for one in alternatives):
        several = (_holds_at_once(resource, table, one, of, keys) for one in alternatives)
        return sa.or_(*several)
    branches = []
    for alternative in alternatives:
        inner = table_clause(table)
        condition = _holds(resource, table, alternative, inner, keys, backend=backend)
        branches.append(sa.select(*(inner.c[name] for name in table.primary_key)).where(condition))
    return _within(of, table.primary_key, sa.union(*branches), backend=backend)


def _possible(
    resource: Resource, table: Table, alternative: Alternative, keys: SubjectKeys
) -> bool:
    if not isinstance(alternative, Through):
        return bool(_values(table.column(alternative.column), alternative.kind, keys, ""))
    parent = resource.table(alternative.through)
    return any(_possible(resource, parent, one, keys) for one in parent.find)


def _holds(
    resource: Resource,
    table: Table,
    alternative: Alternative,
    of: NamedFromClause,
    keys: SubjectKeys,
    *,
    backend: str,
) -> Condition:
    if isinstance(alternative, Through):
        wanted = _wanted(resource, alternative, keys, backend)
        return _within(of, tuple(alternative.on), wanted, backend=backend)
    column = table.column(alternative.column)
    expression = compared(alternative.kind, column, of.c[column.name])
    if alternative.kind == KeyKind.PHONE and column.region_column is not None:
        country = of.c[column.region_column]
        return _phone_equals(expression, country, keys.phones, backend)
    return is_one_of(expression, _values(column, alternative.kind, keys, backend), backend)


def _wanted(
    resource: Resource, alternative: Through, keys: SubjectKeys, backend: str
) -> sa.Select[Any]:
    """Return the query for the values by which rows join the person's rows of another table."""
    parent = resource.table(alternative.through)
    theirs = table_clause(parent)
    condition = matching(resource, parent, theirs, keys, backend=backend)
    wanted = sa.select(*(theirs.c[name] for name in alternative.on.values()))
    return wanted.where(sa.false() if condition is None else condition)


def _asks_for_few(resource: Resource, alternative: Alternative) -> bool:
    """Tell whether a row is compared with few values: identifiers, or a person's own rows."""
    if not isinstance(alternative, Through):
        return isinstance(alternative, ByKey)
    return resource.table(alternative.through).identifies and len(alternative.on) == 1


def _holds_at_once(
    resource: Resource,
    table: Table,
    alternative: Alternative,
    of: NamedFromClause,
    keys: SubjectKeys,
) -> Condition:
    """Return the condition so that PostgreSQL can combine the indexes of several (BitmapOr).

    It takes an array for that; with a subquery it would read the table from end to end.
    """
    if not isinstance(alternative, Through):
        return _holds(resource, table, alternative, of, keys, backend="postgresql")
    [(ours, _)] = alternative.on.items()
    wanted = _wanted(resource, alternative, keys, "postgresql").scalar_subquery()
    return of.c[ours] == sa.any_(sa.func.array(wanted))


def _within(
    of: NamedFromClause,
    names: Sequence[str],
    wanted: sa.Select[Any] | sa.CompoundSelect[Any],
    *,
    backend: str,
) -> Condition:
    if isinstance(wanted, sa.CompoundSelect) and backend in {"mysql", "mariadb"}:
        # As it stands, MariaDB would run the union anew for every row.
        wanted = sa.select(wanted.subquery())
    elif backend == "sqlite":  # its parser goes only so deep; a CTE stands at the top
        wanted = sa.select(wanted.cte())
    if len(names) == 1:
        return of.c[names[0]].in_(wanted)
    return sa.tuple_(*(of.c[name] for name in names)).in_(wanted)


def _values(column: Column, kind: str, keys: SubjectKeys, backend: str) -> Sequence[Value]:
    """Return the spellings of the person's identifiers that a column may hold."""
    values = keys.of(kind)
    if kind == KeyKind.CUSTOMER_NUMBER:
        values = tuple(normalise_customer_number(value) for value in values)
    if column.type is ColumnType.INTEGER and kind not in {KeyKind.EMAIL, KeyKind.PHONE}:
        return [int(number) for number in values if _is_whole(number)]
    if kind == KeyKind.IP and backend == "postgresql":  # it writes the network's length behind
        return [value + end for value in values for end in ("", "/32", "/128")]
    return _spelled(kind, column.region, values)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


@lru_cache(maxsize=32)
def _spelled(kind: str, region: str | None, values: tuple[str, ...]) -> tuple[str, ...]:
    # Many people's identifiers are spelled once, not for every statement.
    if kind == KeyKind.EMAIL:
        return tuple(form for value in values for form in email_spellings(value))
    if kind == KeyKind.PHONE:
        return tuple(form for one in values for form in phone_spellings(one, region=region))
    return values


def _phone_equals(
    expression: ColumnElement[Any],
    region_column: ColumnElement[Any],
    phones: tuple[str, ...],
    backend: str,
) -> Condition:
    everywhere = _spelled(KeyKind.PHONE, None, phones)
    conditions = [is_one_of(expression, everywhere, backend)]
    country = sa.func.upper(sa.func.trim(region_column))
    for region, national in _national(phones):
        inside = is_one_of(expression, national, backend)
        conditions.append(sa.and_(inside, country == region))
    return sa.or_(*conditions)


@lru_cache(maxsize=32)
def _national(phones: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return for each country the spellings that mean one of `phones` there and only there."""
    found: dict[str, dict[str, None]] = {}
    everywhere = set(_spelled(KeyKind.PHONE, None, phones))
    for phone in phones:
        region = phone_region(phone)
        if region is not None:
            forms = phone_spellings(phone, region=region)
            found.setdefault(region, {}).update(dict.fromkeys(forms))
    by_region = {
        region: tuple(form for form in forms if form not in everywhere)
        for region, forms in found.items()
    }
    return tuple((region, forms) for region, forms in by_region.items() if forms)
