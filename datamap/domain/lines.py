"""Rows as lines of JSON: how a person's rows travel from a source to where they are kept.

A line is an array: the values of the shown columns in the map's order, then the anchor of
retention where it is none of them. Arrays, because the names of the columns would be most of a
line, and the map knows them.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from datamap.domain.schema import Column, Table
from datamap.domain.vocabulary import ColumnClass

#: A block holds no more rows than this, and is closed once it holds so many bytes.
MOST_ROWS = 8192
BLOCK_BYTES = 256 * 1024
_READ_AT_ONCE = 500
# Anchors from which an end date can be counted: years 2 to 9989, as `retention` reckons.
_COUNTABLE = re.compile(r"(?!000[01]|999)[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?")


@dataclass(frozen=True, slots=True)
class Anchors:
    """What retention counts from in some rows: ISO dates, or ISO instants with offset."""

    earliest: str | None = None
    latest: str | None = None
    #: A row has no anchor (yet), or one that nothing can be counted from (year 9999 as "never").
    some_without: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A block of whole lines (UTF-8, each with its line end)."""

    payload: bytes
    rows: int
    anchors: Anchors


Sink = Callable[[Lines], None]


def shown_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns whose values leave the source, in the map's order."""
    return tuple(one for one in table.columns if one.column_class is not ColumnClass.SECRET)


def anchor_place(table: Table) -> int | None:
    """Return where in a line of `table` its anchor stands; None where the map names none.

    A shown column that is the anchor itself is not repeated. A third party's is, for it is masked.
    """
    anchor = table.retention.anchor
    if anchor is None:
        return None
    columns = shown_columns(table)
    for place, column in enumerate(columns):
        own = anchor.through is None and column.name == anchor.column
        if own and column.column_class is not ColumnClass.THIRD_PARTY:
            return place
    return len(columns)


def is_countable(anchor: str) -> bool:
    """Tell whether an end date can be counted from this anchor."""
    return _COUNTABLE.fullmatch(anchor) is not None


class LineReader:
    """Reads lines of one table: gives the values by column, and the anchor."""

    def __init__(self, table: Table) -> None:
        self._names = tuple(column.name for column in shown_columns(table))
        self._anchor = anchor_place(table)
        # A source may hold 1e999 as JSON, which is no number to Python.
        self._decode = json.JSONDecoder(parse_float=_number).decode

    def read(self, lines: Sequence[bytes]) -> Iterator[tuple[dict[str, Any], str | None]]:
        """Yield what each line holds; few of them are in memory at a time."""
        for begin in range(0, len(lines), _READ_AT_ONCE):
            several = b",".join(lines[begin : begin + _READ_AT_ONCE])
            for items in self._decode(f"[{several.decode()}]"):
                anchor = None if self._anchor is None else items[self._anchor]
                values = dict(zip(self._names, items, strict=False))
                yield values, None if anchor is None else str(anchor)


def _number(text: str) -> float | str:
    number = float(text)
    return number if isfinite(number) else str(number)
