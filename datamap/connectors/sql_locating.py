"""Finding a person's further identifiers, and the values by which rows elsewhere join theirs."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from ipaddress import ip_interface
from uuid import UUID

import sqlalchemy as sa

from datamap.connectors.sql_engine import give_time_to_read, streamed
from datamap.connectors.sql_errors import source_error, told_as_source_error
from datamap.connectors.sql_extracting import SqlExtracting
from datamap.connectors.sql_matching import table_clause
from datamap.domain.finding import Through, is_link_kind, link_kind
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.links import MOST_VALUES, LinkedColumn
from datamap.domain.schema import Column, Table
from datamap.domain.vocabulary import KeyKind
from lib.identifiers import (
    InvalidEmail,
    InvalidPhone,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
)

Identifier = tuple[str, str]  # kind and value
_VALUES_AT_ONCE = 10_000


class SqlLocating(SqlExtracting):
    """The part of a reader that finds the person."""

    def locate(self, keys: SubjectKeys) -> Resolved:
        """Look once, by the given keys, at the tables that identify; values that are no proper
        identifier are passed over.
        """
        known = set(keys)
        found: dict[Identifier, FoundKey] = {}
        for table in self._resource.tables:
            if table.identifies:
                for kind, value in self._identifiers_in(table, keys):
                    if (kind, value) not in known:
                        found.setdefault((kind, value), FoundKey(kind, value, table.name))
        widened = SubjectKeys.of_pairs([*keys, *found]) if found else keys
        return Resolved(widened, tuple(found.values()))

    def links(self, columns: Collection[LinkedColumn], keys: SubjectKeys) -> tuple[FoundKey, ...]:
        """See `Reader.links`."""
        known = set(keys)
        found: list[FoundKey] = []
        for one in columns:
            kind = link_kind(self._resource.id, one.table, one.column)
            values = self._values_of(self._resource.table(one.table), one.column, keys)
            found += [
                FoundKey(kind, value, one.table) for value in values if (kind, value) not in known
            ]
        return tuple(found)

    def identifiers(self, kinds: Collection[str]) -> Iterator[Identifier]:
        """See `Reader.identifiers`."""
        give_time_to_read(self._connection)
        for table in self._resource.tables:
            for name, kind in _identifying(table):
                if kind in kinds:
                    yield from self._everybodys(table, table.column(name), kind)

    def _everybodys(self, table: Table, column: Column, kind: str) -> Iterator[Identifier]:
        here = table_clause(table)
        region = column.region_column if kind == KeyKind.PHONE else None
        names = dict.fromkeys(name for name in (column.name, region) if name)
        query = sa.select(*(here.c[name] for name in names)).where(here.c[column.name].is_not(None))
        with (
            told_as_source_error(self._resource, table.name),
            streamed(self._connection, query.distinct(), rows_at_once=_VALUES_AT_ONCE) as result,
        ):
            for row in result.mappings():
                values = {str(name): row[name] for name in names}
                value = (
                    _as_key(values[column.name])
                    if is_link_kind(kind)
                    else _identifier(column, kind, values)
                )
                if value is not None:
                    yield kind, value

    def _values_of(self, table: Table, column: str, keys: SubjectKeys) -> list[str]:
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None:
            return []
        query = sa.select(here.c[column]).where(condition, here.c[column].is_not(None)).distinct()
        with told_as_source_error(self._resource, table.name):
            values = self._connection.execute(query.limit(MOST_VALUES + 1)).scalars().all()
        if len(values) > MOST_VALUES:
            raise source_error("too_many", self._resource, table.name)
        texts = [_as_key(value) for value in values]
        if None in texts:  # a value that cannot be compared in another database
            raise source_error("mismatch", self._resource, f"{table.name}.{column}")
        return sorted(text for text in texts if text is not None)

    def _identifiers_in(self, table: Table, keys: SubjectKeys) -> Iterator[Identifier]:
        columns = [column for column in table.columns if column.identifier is not None]
        here = table_clause(table)
        condition = self._mine(table, here, keys)
        if condition is None or not columns:
            return
        names = dict.fromkeys(
            name for column in columns for name in (column.name, column.region_column) if name
        )
        query = sa.select(*(here.c[name] for name in names)).where(condition).distinct()
        with told_as_source_error(self._resource, table.name):
            for row in self._connection.execute(query).mappings():
                for column in columns:
                    kind = str(column.identifier)
                    value = _identifier(column, kind, {str(name): row[name] for name in names})
                    if value is not None:
                        yield kind, value


def _as_key(value: object) -> str | None:
    """Return a value as it is looked for in another database; None where it has no such form."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | UUID):
        return None
    return str(value)


def _identifying(table: Table) -> list[tuple[str, str]]:
    """Return the columns of a table by which people are found or known, with their kinds."""
    found = [(one.column, one.kind) for one in table.find if not isinstance(one, Through)]
    known = [(one.name, str(one.identifier)) for one in table.columns if one.identifier is not None]
    return list(dict.fromkeys([*found, *known]))


def _identifier(column: Column, kind: str, row: Mapping[str, object]) -> str | None:
    """Return the normalised identifier of a row; None where it is none."""
    given = row[column.name]
    text = "" if given is None else str(given)
    if not text.strip():
        return None
    try:
        if kind == KeyKind.EMAIL:
            return normalise_email(text)
        if kind == KeyKind.PHONE:
            region = row[column.region_column] if column.region_column else column.region
            return normalise_phone(text.strip(), region=str(region).strip() if region else None)
        if kind == KeyKind.IP:
            return str(ip_interface(text.strip()).ip)
    except (InvalidEmail, InvalidPhone, ValueError):
        return None
    return normalise_customer_number(text) if kind == KeyKind.CUSTOMER_NUMBER else text
