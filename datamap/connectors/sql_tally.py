"""Tallies counted by the source: how many rows, and the sums of two hashes of each key.

The keys themselves never leave the source. Each hash has 64 bits; sums are taken modulo 2**64.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from datamap.connectors.sql_days import ColumnTypes
from datamap.domain.erasing import Tally
from datamap.domain.schema import Table

_LANES = (1, 2)
_SQLITE_DIGEST = "privacy_key_digest"
_MODULUS = 1 << 64


def lanes(types: ColumnTypes, table: Table, of: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Return the two hashes of a row's key as integers; for SQLite the values that are hashed."""
    key = [of.c[name] for name in table.primary_key]
    if types.backend == "sqlite":
        return tuple(key)
    if types.backend == "postgresql":
        kinds = [types.of(table.name, name) for name in table.primary_key]
        return tuple(_of_postgres(kinds, key, lane) for lane in _LANES)
    # Each part with its length before it, so that ("1", "11") and ("11", "1") differ.
    parts = [part for one in key for part in (sa.func.char_length(one), one)]
    digest = sa.func.md5(sa.func.concat_ws(sa.literal_column("':'"), *parts))
    halves = (sa.func.substr(digest, start, 16) for start in (1, 17))
    unsigned = mysql.BIGINT(unsigned=True)
    return tuple(sa.cast(sa.func.conv(half, 16, 10), unsigned) for half in halves)


def _of_postgres(
    kinds: Sequence[sa.types.TypeEngine[Any]], key: Sequence[ColumnElement[Any]], lane: int
) -> ColumnElement[int]:
    """Return the hash of a key: that of each column is the seed of the next one's.

    A type's own hash is quicker than that of its text, and the same in every session.
    """
    hashed: ColumnElement[int] = sa.literal_column(str(lane), sa.BigInteger())
    for kind, column in zip(kinds, key, strict=True):
        if isinstance(kind, sa.Integer):
            hashed = sa.func.hashint8extended(column, hashed, type_=sa.BigInteger())
        elif isinstance(kind, sa.String):
            text = sa.cast(column, sa.Text)
            hashed = sa.func.hashtextextended(text, hashed, type_=sa.BigInteger())
        else:
            row = sa.func.row(column)
            hashed = sa.func.hash_record_extended(row, hashed, type_=sa.BigInteger())
    return hashed


def sums(backend: str, of: Sequence[ColumnElement[Any]]) -> tuple[ColumnElement[Any], ...]:
    """Return the aggregates of `lanes`: `rows`, `first` and `second`, for `tally`.

    Without lanes rows are counted and no digest is taken.
    """
    if not of:
        totals: list[ColumnElement[Any]] = [sa.null(), sa.null()]
    elif backend == "sqlite":
        totals = [
            sa.Function[Any](_SQLITE_DIGEST, sa.literal_column(str(lane)), *of) for lane in _LANES
        ]
    else:
        totals = [sa.func.sum(lane) for lane in of]
    first, second = totals
    return sa.func.count().label("rows"), first.label("first"), second.label("second")


def tally(rows: object, first: object, second: object) -> Tally:
    """Return what `sums` gave; sums over no rows are NULL."""
    return Tally(int(str(rows)), (_lane(first), _lane(second)))


def _lane(value: Any) -> int:  # noqa: ANN401 (a driver's number: int, Decimal or text)
    return int(value or 0) % _MODULUS


class _KeyDigest:
    """SQLite has no such hash and no such sum: integers beyond 64 bits are refused by its own."""

    def __init__(self) -> None:
        self._total = 0

    def step(self, lane: int, *key: object) -> None:
        data = repr(key).encode()
        digest = hashlib.blake2b(data, digest_size=8, salt=bytes([lane]))
        self._total += int.from_bytes(digest.digest(), "big")

    def finalize(self) -> str:
        return str(self._total % _MODULUS)


def register_digest(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the aggregate that `sums` calls."""
    connection.create_aggregate(_SQLITE_DIGEST, -1, _KeyDigest)  # type: ignore[arg-type]
