"""Which rows are a person's: the map's `find` as one SQL condition.

Safety principle: a row is taken only if an alternative of `find` holds for it. No identifier, no
row; a national phone number counts only in its own country.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause

from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import ByKey, Column, PlainTable, Resource, Table, Through
from datamap.domain.vocabulary import ColumnType, KeyKind
from lib.identifiers import (
    PHONE_SEPARATORS,
    email_spellings,
    normalise_customer_number,
    phone_region,
    phone_spellings,
)

Condition = ColumnElement[bool]


def table_clause(table: Table | PlainTable) -> NamedFromClause:
    """Return the table, with the map's columns, under an alias of its own."""
    schema, _, name = table.name.rpartition(".")
    names = (one if isinstance(one, str) else one.name for one in table.columns)
    return sa.table(name, *(sa.column(one) for one in names), schema=schema or None).alias()


def compared(kind: str, column: Column, of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the expression of a column that is compared with identifiers of `kind`.

    Its text matches expression indexes made from `match_expression`, so its constants are
    written out and not bound.
    """
    if kind == KeyKind.EMAIL:
        return sa.func.lower(of)
    if kind == KeyKind.PHONE:
        stripped: ColumnElement[Any] = of
        for separator in PHONE_SEPARATORS:
            constant: ColumnElement[Any] = sa.literal_column(f"'{separator}'")
            stripped = sa.func.replace(stripped, constant, sa.literal_column("''"))
        return stripped
    if kind == KeyKind.CUSTOMER_NUMBER and column.type is not ColumnType.INTEGER:
        return sa.func.upper(sa.func.trim(of))
    if kind == KeyKind.IP:
        return sa.cast(of, sa.String)
    return of


def match_expression(kind: str, column: Column, dialect: sa.Dialect) -> str:
    """Return the SQL of `compared` for an index on that expression."""
    expression = compared(kind, column, sa.column(column.name))
    return str(expression.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


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
    return _within(of, table.primary_key, sa.union(*branches))


def _possible(
    resource: Resource, table: Table, alternative: ByKey | Through, keys: SubjectKeys
) -> bool:
    if isinstance(alternative, ByKey):
        return bool(_values(table.column(alternative.column), alternative.key, keys))
    parent = resource.table(alternative.through)
    return any(_possible(resource, parent, one, keys) for one in parent.find)


def _holds(
    resource: Resource,
    table: Table,
    alternative: ByKey | Through,
    of: NamedFromClause,
    keys: SubjectKeys,
    *,
    backend: str,
) -> Condition:
    if isinstance(alternative, ByKey):
        column = table.column(alternative.column)
        expression = compared(alternative.key, column, of.c[column.name])
        if alternative.key == KeyKind.PHONE and column.region_column is not None:
            return _phone_equals(expression, of.c[column.region_column], keys.phones)
        return expression.in_(_values(column, alternative.key, keys))
    return _within(of, tuple(alternative.on), _wanted(resource, alternative, keys, backend))


def _wanted(
    resource: Resource, alternative: Through, keys: SubjectKeys, backend: str
) -> sa.Select[Any]:
    """Return the query for the values by which rows join the person's rows of another table."""
    parent = resource.table(alternative.through)
    theirs = table_clause(parent)
    condition = matching(resource, parent, theirs, keys, backend=backend)
    wanted = sa.select(*(theirs.c[name] for name in alternative.on.values()))
    return wanted.where(sa.false() if condition is None else condition)


def _asks_for_few(resource: Resource, alternative: ByKey | Through) -> bool:
    """Tell whether a row is compared with few values: identifiers, or a person's own rows."""
    if isinstance(alternative, ByKey):
        return True
    return resource.table(alternative.through).identifies and len(alternative.on) == 1


def _holds_at_once(
    resource: Resource,
    table: Table,
    alternative: ByKey | Through,
    of: NamedFromClause,
    keys: SubjectKeys,
) -> Condition:
    """Return the condition so that PostgreSQL can combine the indexes of several (BitmapOr).

    It takes an array for that; with a subquery it would read the table from end to end.
    """
    if isinstance(alternative, ByKey):
        return _holds(resource, table, alternative, of, keys, backend="postgresql")
    [(ours, _)] = alternative.on.items()
    wanted = _wanted(resource, alternative, keys, "postgresql").scalar_subquery()
    return of.c[ours] == sa.any_(sa.func.array(wanted))


def _within(
    of: NamedFromClause, names: Sequence[str], wanted: sa.Select[Any] | sa.CompoundSelect[Any]
) -> Condition:
    if len(names) == 1:
        return of.c[names[0]].in_(wanted)
    return sa.tuple_(*(of.c[name] for name in names)).in_(wanted)


def _values(column: Column, kind: str, keys: SubjectKeys) -> Sequence[str | int]:
    """Return the spellings of the person's identifiers that a column may hold."""
    values = keys.of(kind)
    if kind == KeyKind.EMAIL:
        return [form for value in values for form in email_spellings(value)]
    if kind == KeyKind.PHONE:
        return [form for one in values for form in phone_spellings(one, region=column.region)]
    if kind == KeyKind.CUSTOMER_NUMBER:
        numbers = [normalise_customer_number(value) for value in values]
        if column.type is ColumnType.INTEGER:
            return [int(number) for number in numbers if number.isascii() and number.isdecimal()]
        return numbers
    if kind == KeyKind.IP:  # PostgreSQL writes the network's length after an address
        return [value + end for value in values for end in ("", "/32", "/128")]
    return values


def _phone_equals(
    expression: ColumnElement[Any], region_column: ColumnElement[Any], phones: Sequence[str]
) -> Condition:
    everywhere = [form for one in phones for form in phone_spellings(one, region=None)]
    conditions: list[Condition] = [expression.in_(everywhere)]
    country = sa.func.upper(sa.func.trim(region_column))
    for phone in phones:
        region = phone_region(phone)
        national = set(phone_spellings(phone, region=region)) - set(everywhere)
        if region is not None and national:
            conditions.append(sa.and_(expression.in_(sorted(national)), country == region))
    return sa.or_(*conditions)
