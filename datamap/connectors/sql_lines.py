r"""A person's rows as JSON lines, written by PostgreSQL itself and read by COPY.

COPY … (FORMAT csv, QUOTE '"', ESCAPE '\') writes strings as JSON does, save control characters
within them, and NULL as we ask it. So the text that comes is nearly the lines; what is not (an
offset to add, somebody else's number to mask) stands between marks and is changed column by
column, a block of rows at a time.

Safety principle: nothing a row holds can be taken for a mark or a line's end. COPY hands over row
by row, and a mark is a control character: where a block holds more of them than we put there, all
within strings are written as JSON escapes first.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from datamap.connectors.lines import anchors_in
from datamap.connectors.sql_driver import driver_cursor
from datamap.connectors.sql_engine import give_time_to_read
from datamap.connectors.sql_fields import Fields
from datamap.connectors.sql_line_columns import LineColumn
from datamap.domain.lines import BLOCK_BYTES, MOST_ROWS, Anchors, Lines, Sink, is_countable

_MARK = "\x1f"
_MARK_BYTES = _MARK.encode()
_CONTROLS = bytes(range(1, 0x20))
_ROW_END = b"\0"  # never in a text of PostgreSQL
_LEAST_ROW = BLOCK_BYTES // MOST_ROWS  # counted for each row, so that they cannot be too many
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CONTROL = re.compile(rb"[\x01-\x1f]")
_USUAL = ((b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))
_COPY = (
    b"COPY (%b) TO STDOUT (FORMAT csv, ENCODING 'UTF8', DELIMITER ',', NULL 'null', "
    b"QUOTE '\"', ESCAPE E'\\\\'%b)"
)


def lines_by_copy(
    connection: Connection, query: sa.Select[Any], columns: Sequence[LineColumn], into: Sink
) -> None:
    """Run `query` with `columns` as its columns and hand its rows over as lines.

    Raises DBAPIError as SQLAlchemy does; what `into` raises passes through in FromSink.
    """
    layout = _Layout.of(columns)
    block = _Block(layout, columns, into)
    statement = query.with_only_columns(*layout.selected, maintain_column_froms=True)
    compiled = statement.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    give_time_to_read(connection)
    with driver_cursor(connection) as cursor:
        text = cursor.mogrify(str(compiled), compiled.params)
        force = b", FORCE_QUOTE (%b)" % ",".join(layout.quoted).encode() if layout.quoted else b""
        cursor.copy_expert(_COPY % (text, force), block)
    block.flush()


class FromSink(Exception):
    """Whoever takes the lines raised the cause: nothing is wrong with the source."""


@dataclass(frozen=True)
class _Layout:
    """What is selected: the columns, a mark before and after each that is to be changed."""

    selected: Sequence[ColumnElement[Any]]
    quoted: Sequence[str]
    #: For each column to be changed, the number of the mark before it (from 1).
    places: dict[int, int]
    marks: int

    @classmethod
    def of(cls, columns: Sequence[LineColumn]) -> "_Layout":
        selected: list[ColumnElement[Any]] = []
        quoted: list[str] = []
        places: dict[int, int] = {}
        marks = 0
        marked = False  # the last thing selected is a mark

        def mark() -> None:
            nonlocal marks, marked
            marks, marked = marks + 1, True
            selected.append(sa.literal(_MARK).label(f"m{marks}"))

        for number, column in enumerate(columns):
            if column.change is not None:
                if not marked:
                    mark()
                places[number] = marks
            name = f"c{number}"
            selected.append(column.expression.label(name))
            marked = False
            if column.quoted:
                quoted.append(name)
            if column.region is not None:
                mark()
                selected.append(column.region.label(f"r{number}"))
                quoted.append(f"r{number}")
            if column.change is not None:
                mark()
        return cls(selected, quoted, places, marks)


class _Block:
    """Where COPY writes its rows to; full, they become a block of lines."""

    def __init__(self, layout: _Layout, columns: Sequence[LineColumn], into: Sink) -> None:
        self._layout = layout
        self._columns = columns
        self._into = into
        self._rows: list[bytes] = []
        self._size = 0
        self._has_controls = False

    def write(self, row: bytes) -> None:
        """Take one row with its line end: that is how COPY's rows arrive."""
        self._rows.append(row)
        self._size += len(row) + _LEAST_ROW
        if self._size >= BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        rows, self._rows, self._size = self._rows, [], 0
        if rows:
            payload, anchors = self._lines(rows)
            try:
                self._into(Lines(payload, len(rows), anchors))
            except Exception as error:
                raise FromSink from error

    def _text(self, rows: list[bytes]) -> bytes:
        """Return the rows as one text whose only control characters are marks and line ends."""
        if not self._has_controls:
            text = b"".join(rows)
            if _controls_in(text) == len(rows) * (self._layout.marks + 1):
                return text
            self._has_controls = True  # and so have further blocks of the table, in all likelihood
        text = _ROW_END.join([row[:-1] for row in rows]) + _ROW_END
        return _without_raw_controls(text, wanted=len(rows) * self._layout.marks).replace(
            _ROW_END, b"\n"
        )

    def _lines(self, rows: list[bytes]) -> tuple[bytes, Anchors]:
        every = self._layout.marks
        parts = self._text(rows).split(_MARK_BYTES)
        anchors = Anchors(some_without=True)
        for number, place in self._layout.places.items():
            column = self._columns[number]
            fields = parts[place::every]
            if column.region is not None:
                fields = column.change(fields, parts[place + 1 :: every])
                parts[place + 1 :: every] = [b""] * len(rows)
            else:
                fields = column.change(fields)
            if column.is_anchor:
                anchors = _anchors(fields)
            if number + 1 in self._layout.places:
                fields = [field + b"," for field in fields]
            parts[place::every] = fields
        body = b"".join(parts).replace(b"\n", b"]\n[")
        return b"[" + body[:-1], anchors


def _anchors(fields: Fields) -> Anchors:
    ends = {min(fields), max(fields)}
    few = [_value(end) for end in ends]
    if all(end is not None and is_countable(end) for end in few):
        return anchors_in(few)
    return anchors_in(map(_value, set(fields)))


def _value(field: bytes) -> str | None:
    value = json.loads(field)
    return None if value is None else str(value)


def _without_raw_controls(text: bytes, *, wanted: int) -> bytes:
    """Return the text with `wanted` control characters besides the row ends: all of our making."""
    if _controls_in(text) != wanted:
        for control, escape in _USUAL:
            if control in text:
                text = text.replace(control, escape)
        if _controls_in(text) != wanted:
            text = _STRING.sub(_escaped, text)
    return text


def _controls_in(text: bytes) -> int:
    return len(text) - len(text.translate(None, _CONTROLS))


def _escaped(string: re.Match[bytes]) -> bytes:
    return _CONTROL.sub(lambda found: b"\\u%04x" % found[0][0], string[0])
