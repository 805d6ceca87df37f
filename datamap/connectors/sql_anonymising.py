"""What becomes of a column when its row is anonymised, as SQL.

Each strategy leaves what it has already made as it is, so that a second run finds nothing to do.
NULL stays NULL. `hash` is keyed with random bytes that live as long as the statement: within it
equal values stay equal, and nobody can try out telephone numbers against it afterwards.
"""

import hashlib
import re
import sqlite3
from typing import Any

import sqlalchemy as sa
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from sqlalchemy.sql import ColumnElement

from datamap.domain.anonymising import HASH_DIGITS, HASH_LENGTH, HASH_PREFIX
from datamap.domain.masking import masked
from datamap.domain.schema import Column, Table
from datamap.domain.vocabulary import Anonymising, Mask

_DOTS = "•••"
_SQLITE_HASH, _SQLITE_MASK = "privacy_hash", "privacy_mask"
_LEAST_DIGITS = 6
_MASKED_PHONE = r"^(\+[0-9]{1,3})?•••([0-9][0-9])?$"
Text = ColumnElement[Any]


def anonymised_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns that are overwritten when a row of `table` is anonymised."""
    return tuple(column for column in table.columns if column.erase is not None)


def replaced(backend: str, column: Column, of: Text, key: str) -> Text:
    """Return what is written in place of a value; `key` (hex) is for `hash` alone."""
    if column.erase is Anonymising.NULL:
        return sa.null()
    if column.erase is Anonymising.TEXT:
        return sa.case((of.is_not(None), sa.literal(column.erase_text)))
    if column.erase is Anonymising.MASK:
        return _mask(backend, column.mask, of)
    new = sa.literal(HASH_PREFIX).concat(sa.func.substr(_digest(backend, of, key), 1, HASH_DIGITS))
    return sa.case((of.is_(None), sa.null()), (_is_hash(of), of), else_=new)


def untouched(backend: str, column: Column, of: Text) -> ColumnElement[bool]:
    """Return the condition that a value has yet to be replaced; never NULL."""
    if column.erase is Anonymising.NULL:
        return of.is_not(None)
    if column.erase is Anonymising.TEXT:
        left: ColumnElement[bool] = of != column.erase_text
    elif column.erase is Anonymising.MASK:
        left = of != _mask(backend, column.mask, of)
    else:
        left = sa.not_(_is_hash(of))
    return sa.and_(of.is_not(None), left)


def _is_hash(of: Text) -> ColumnElement[bool]:
    prefixed = sa.func.substr(of, 1, len(HASH_PREFIX)) == HASH_PREFIX
    return sa.and_(prefixed, sa.func.length(of) == HASH_LENGTH)


def _digest(backend: str, of: Text, key: str) -> Text:
    if backend == "postgresql":
        digest = sa.func.sha256(sa.func.convert_to(sa.literal(key).concat(of), "UTF8"))
        return sa.func.encode(digest, "hex")
    if backend == "mysql":
        return sa.func.sha2(sa.func.concat(key, of), 256)
    return sa.Function(_SQLITE_HASH, key, of, type_=sa.String())


def _mask(backend: str, mask: Mask, of: Text) -> Text:
    """Return the SQL of `masking.masked`; a number without + or 00 loses its country."""
    if backend == "sqlite":
        return sa.Function(_SQLITE_MASK, of, mask.value, type_=sa.String())
    whole = sa.func.trim(of)
    if mask is Mask.EMAIL:
        return _regexp(backend, whole, r"^(.).*(@[^@]+)$", rf"\1{_DOTS}\2", else_dots=True)
    if mask is Mask.NAME:
        initials = _regexp(backend, whole, r"(\S)\S*\s*", r"\1. ")
        shown = sa.func.coalesce(sa.func.nullif(sa.func.trim(sa.func.upper(initials)), ""), _DOTS)
        return sa.case((of.is_(None), sa.null()), (of == _DOTS, of), else_=shown)
    if mask is Mask.PHONE:
        return _masked_phone(backend, whole)
    return sa.case((of.is_not(None), sa.literal(_DOTS)))


def _regexp(
    backend: str, of: Text, pattern: str, by: str, *, else_dots: bool = False
) -> ColumnElement[Any]:
    flags = ("g",) if backend == "postgresql" else ()
    new = sa.func.regexp_replace(of, pattern, by, *flags)
    matches = of.regexp_match(pattern)
    return sa.case((matches, new), else_=_DOTS) if else_dots else new


def _masked_phone(backend: str, whole: Text) -> Text:
    digits = _regexp(backend, whole, r"[^0-9]", "")
    international = sa.or_(whole.like("+%"), digits.like("00%"))
    number = _regexp(backend, digits, r"^00", "")
    tail = sa.func.right(digits, 2)
    coded = [
        (
            sa.func.substr(number, 1, length).in_(_codes(length)),
            sa.literal("+").concat(sa.func.substr(number, 1, length)).concat(_DOTS).concat(tail),
        )
        for length in (1, 2, 3)
    ]
    return sa.case(
        (whole.is_(None), sa.null()),
        (whole.regexp_match(_MASKED_PHONE), whole),
        (sa.func.length(digits) < _LEAST_DIGITS, _DOTS),
        (sa.not_(international), sa.literal(_DOTS).concat(tail)),
        *coded,
        else_=sa.literal(_DOTS).concat(tail),
    )


def _codes(length: int) -> list[str]:
    return [str(code) for code in COUNTRY_CODE_TO_REGION_CODE if len(str(code)) == length]


def register_anonymising(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that the expressions above call."""
    connection.create_function(_SQLITE_HASH, 2, _sqlite_hash, deterministic=True)
    connection.create_function(_SQLITE_MASK, 2, _sqlite_mask, deterministic=True)


def _sqlite_hash(key: str, value: object) -> str:
    return hashlib.sha256((key + str(value)).encode()).hexdigest()


def _sqlite_mask(value: object, mask: str) -> str | None:
    text = str(value).strip()
    if text == _DOTS or (mask == Mask.PHONE and re.search(_MASKED_PHONE, text)):
        return text
    return masked(value, Mask(mask))
