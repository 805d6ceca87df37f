"""How a column is compared with identifiers, in each database's own terms.

Equal means the same characters, whatever the collation of a column: "andre" is not "andré".
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler

from datamap.domain.schema import Column
from datamap.domain.vocabulary import ColumnType, KeyKind
from lib.identifiers import PHONE_SEPARATORS

Condition = ColumnElement[bool]
Value = str | int
#: More values than this travel as one parameter, where the database can take them so.
_MANY = 100


class _Text(sa.sql.functions.GenericFunction[str]):
    """A text column. MariaDB does not compare other character sets with what has none of theirs."""

    type = sa.String()
    inherit_cache = True
    name = "privacy_text"


class _Address(sa.sql.functions.GenericFunction[str]):
    """An address as text: PostgreSQL has a type of its own for it."""

    type = sa.String()
    inherit_cache = True
    name = "privacy_address"


@compiles(_Text)
@compiles(_Address)
def _as_it_is(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return compiler.process(next(iter(element.clauses)), **options)


@compiles(_Text, "mysql")
@compiles(_Text, "mariadb")
def _in_unicode(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"convert({_as_it_is(element, compiler, **options)} using utf8mb4)"


@compiles(_Address, "postgresql")
def _as_varchar(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"CAST({_as_it_is(element, compiler, **options)} AS VARCHAR)"


def compared(kind: str, column: Column, of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the expression of a column that is compared with identifiers of `kind`.

    Its text matches expression indexes made from `match_expression`, so its constants are
    written out and not bound. A generated column holds the expression's value already.
    """
    if column.generated:
        return of
    if kind == KeyKind.EMAIL:
        return sa.func.lower(sa.func.trim(_Text(of)))
    if kind == KeyKind.PHONE:
        stripped: ColumnElement[Any] = _Text(of)
        for separator in PHONE_SEPARATORS:
            constant: ColumnElement[Any] = sa.literal_column(f"'{separator}'")
            stripped = sa.func.replace(stripped, constant, sa.literal_column("''"))
        return stripped
    if kind == KeyKind.CUSTOMER_NUMBER and column.type is not ColumnType.INTEGER:
        return sa.func.upper(sa.func.trim(_Text(of)))
    return _Address(of) if kind == KeyKind.IP else of


def match_expression(kind: str, column: Column, dialect: sa.Dialect) -> str:
    """Return the SQL of `compared` for an index on that expression."""
    expression = compared(kind, column, sa.column(column.name))
    return str(expression.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def is_one_of(of: ColumnElement[Any], values: Sequence[Value], backend: str) -> Condition:
    """Return the condition that an expression has one of `values`: all texts, or all numbers.

    A list may be as long as the identifiers of everybody who is restricted.
    """
    if backend in {"mysql", "mariadb"}:
        return _same_characters(of, values)
    if len(values) > _MANY and backend == "postgresql":
        # A text takes the type of the array that the column asks for.
        return of == sa.any_(sa.literal(_array(values), sa.String()))
    if len(values) > _MANY and backend == "sqlite":
        texts = sa.literal(json.dumps(values), sa.String())
        return of.in_(sa.select(sa.func.json_each(texts).table_valued("value").c.value))
    return of.in_(values)


def _same_characters(of: ColumnElement[Any], values: Sequence[Value]) -> Condition:
    """Character by character; before that, where a column stands bare, by the index it may have."""
    if all(isinstance(value, int) for value in values):
        return of.in_(values)
    wanted = sa.bindparam(None, list(values), expanding=True, type_=sa.String())
    same = sa.cast(_Text(of), sa.BINARY()).in_(wanted)
    # Of other characters the column's own set may have none, and would refuse the comparison.
    is_bare = isinstance(of, sa.ColumnClause | _Address)
    if is_bare and all(str(value).isascii() for value in values):
        return sa.and_(of.in_(values), same)
    return same


def _array(values: Sequence[Value]) -> str:
    """Return the values as PostgreSQL writes an array."""
    quoted = (
        str(value).replace("\\", "\\\\").replace('"', '\\"') if isinstance(value, str) else value
        for value in values
    )
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
