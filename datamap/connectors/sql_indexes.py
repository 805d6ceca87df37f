"""Indexes that serve the searches and joins of a map, in each database's own way.

PostgreSQL and SQLite index the compared expression. MariaDB and MySQL (its expression indexes
included, for their optimiser is particular) use a generated column with an index, which the map
then names.
"""

import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from datamap.connectors.sql_comparing import match_expression
from datamap.connectors.sql_engine import engine_for
from datamap.domain.schema import ByKey, Column, Resource, Table, Through

_NAME_LENGTH = 60  # of an index; PostgreSQL takes 63, MySQL 64
_LONGEST_KEY = 768  # characters of four bytes in an index of InnoDB
_WORDS = (
    ("trim", "btrim"),
    ("lcase|lower", "lower"),
    ("ucase|upper", "upper"),
    ("replace", "replace"),
    ("using", "using"),
)
# The catalogue's own spelling of expressions.
_OF_POSTGRES = sa.text("""
    SELECT n.nspname, t.relname, pg_get_indexdef(i.indexrelid, 1, true)
    FROM pg_index i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = 0
""")
_OF_SQLITE = sa.text("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''")


def indexed_expressions(connection: Connection) -> Mapping[tuple[str, str], set[str]]:
    """Return for (schema, table) what its indexes begin with, where that is an expression."""
    found: dict[tuple[str, str], set[str]] = {}
    if connection.dialect.name == "postgresql":
        for schema, table, expression in connection.execute(_OF_POSTGRES):
            found.setdefault((schema, table), set()).add(canonical(expression))
    elif connection.dialect.name == "sqlite":
        for table, statement in connection.execute(_OF_SQLITE):
            found.setdefault(("", table), set()).update(_first_part(statement))
    return found


def _first_part(statement: str) -> Iterator[str]:
    """Yield the first expression of a CREATE INDEX; none where the index is partial."""
    depth = start = end = 0
    for place, sign in _signs(statement):
        depth += {"(": 1, ")": -1, ",": 0}[sign]
        if not start:
            start = place + 1
        elif not end and (depth == 0 or (depth == 1 and sign == ",")):
            end = place
        if depth == 0:
            is_partial = statement[place + 1 :].strip()
            yield from () if is_partial else (canonical(statement[start:end]),)
            return


def _signs(statement: str) -> Iterator[tuple[int, str]]:
    """Yield brackets and commas outside quotes, with their places."""
    quote = ""
    for place, sign in enumerate(statement):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "(),":
            yield place, sign


def compared_expressions(resource: Resource) -> Mapping[tuple[str, str, str], str]:
    """Return for (table, column, kind) of each search the expression an index has to have."""
    dialect = engine_for(resource).dialect
    return {
        (table.name, one.column, one.kind): canonical(
            match_expression(one.kind, table.column(one.column), dialect)
        )
        for table in resource.tables
        for one in table.find
        if not isinstance(one, Through)
    }


def generated_expressions(resource: Resource) -> Mapping[tuple[str, str, str], frozenset[str]]:
    """Return for each search of a generated column from which expressions it may be made."""
    dialect = engine_for(resource).dialect
    return {
        (table.name, one.column, one.kind): frozenset(
            canonical(match_expression(one.kind, other, dialect))
            for other in table.columns
            if not other.generated
        )
        for table in resource.tables
        for one in table.find
        if isinstance(one, ByKey) and table.column(one.column).generated
    }


def index_statements(resource: Resource) -> list[str]:
    """Return the SQL for every search and join of the map, each once.

    Where a column has to be generated, a comment says what the map has to say of it.
    """
    dialect = engine_for(resource).dialect
    statements: list[str] = []
    for table in resource.tables:
        for alternative in table.find:
            if isinstance(alternative, Through):
                columns = list(alternative.on)
                statements.append(_plain_index(table, columns, dialect))
            else:
                column = table.column(alternative.column)
                statements += _search_index(table, column, alternative.kind, dialect)
    return list(dict.fromkeys(statements))


def _search_index(table: Table, column: Column, kind: str, dialect: sa.Dialect) -> list[str]:
    expression = match_expression(kind, column, dialect)
    if expression == _quoted(column.name, dialect):
        return [_plain_index(table, [column.name], dialect)]
    if dialect.name in {"mysql", "mariadb"}:
        return _generated_column(table, column, kind, dialect)
    named = _index_name(table, [column.name, kind], dialect)
    return [f"CREATE INDEX {named}ON {_quoted(table.name, dialect)} (({expression}));"]


def _plain_index(table: Table, columns: list[str], dialect: sa.Dialect) -> str:
    named = _index_name(table, columns, dialect)
    listed = ", ".join(_quoted(name, dialect) for name in columns)
    return f"CREATE INDEX {named}ON {_quoted(table.name, dialect)} ({listed});"


def _generated_column(table: Table, column: Column, kind: str, dialect: sa.Dialect) -> list[str]:
    """Return the statement that adds the column, hidden from what the source's own code reads."""
    name = f"{column.name}_search"
    region = f", region_column: {column.region_column}" if column.region_column else ""
    region = f", region: {column.region}" if column.region else region
    quoted = _quoted(name, dialect)
    index = _index_name(table, [column.name, kind], dialect).strip()
    added = (
        f"ALTER TABLE {_quoted(table.name, dialect)} ADD COLUMN {quoted} VARCHAR({_LONGEST_KEY}) "
        f"CHARACTER SET utf8mb4 COLLATE utf8mb4_bin "
        f"GENERATED ALWAYS AS ({match_expression(kind, column, dialect)}) VIRTUAL INVISIBLE, "
        f"ADD INDEX {index} ({quoted});"
    )
    told = (
        f"-- In the map, {table.name}: columns: {name}: {{class: secret, generated: true{region}}}"
        f"; find: {{key: {kind}, column: {name}}} instead of {column.name}."
    )
    return [added, told]


def _quoted(name: str, dialect: sa.Dialect) -> str:
    return ".".join(dialect.identifier_preparer.quote(part) for part in name.split("."))


def _index_name(table: Table, parts: list[str], dialect: sa.Dialect) -> str:
    """Return the name and a blank; nothing for PostgreSQL, which finds one itself."""
    if dialect.name == "postgresql":
        return ""
    name = "_".join((table.name.replace(".", "_"), *parts))
    return _quoted(name[:_NAME_LENGTH], dialect) + " "


def canonical(expression: str) -> str:
    """Return an expression without what the catalogue adds to it or names otherwise: casts to
    text, brackets, blanks, quotes around names, other words for trim, lower and upper.
    """
    # Quotes stay as they are: they hold what a phone number is stripped of.
    parts = re.split(r"('[^']*')", expression)
    plain = "\0".join(parts[::2])
    plain = re.sub(r"::(text|character varying|bpchar)(\(\d+\))?", "", plain)
    plain = re.sub(r"\btrim\(\s*both from\b", "btrim(", plain, flags=re.IGNORECASE)
    for words, ours in _WORDS:
        plain = re.sub(rf"\b({words})\b", ours, plain, flags=re.IGNORECASE)
    outside = re.sub(r'[\s()"`]', "", plain).split("\0")
    return "".join(part for both in zip(outside, [*parts[1::2], ""], strict=True) for part in both)
