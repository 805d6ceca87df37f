"""Lines of JSON from rows, for every source that cannot write them itself."""

import json
from collections.abc import Iterable

from datamap.connectors.base import ExtractedRow
from datamap.domain.lines import (
    BLOCK_BYTES,
    MOST_ROWS,
    Anchors,
    Lines,
    Sink,
    anchor_place,
    is_countable,
    shown_columns,
)
from datamap.domain.schema import Table


def write_lines(rows: Iterable[ExtractedRow], table: Table, into: Sink) -> None:
    """Hand the rows over as blocks of lines, see `Reader.lines`."""
    names = [column.name for column in shown_columns(table)]
    repeats = anchor_place(table) == len(names)
    buffer: list[bytes] = []
    anchors: set[str | None] = set()
    size = 0
    for row in rows:
        values: list[object] = [row.values[name] for name in names]
        if repeats:
            values.append(row.anchor)
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        buffer.append(line)
        anchors.add(row.anchor)
        size += len(line)
        if len(buffer) == MOST_ROWS or size >= BLOCK_BYTES:
            into(Lines(b"".join(buffer), len(buffer), anchors_in(anchors)))
            buffer, anchors, size = [], set(), 0
    if buffer:
        into(Lines(b"".join(buffer), len(buffer), anchors_in(anchors)))


def anchors_in(anchors: Iterable[str | None]) -> Anchors:
    """Return the span of `anchors`, all of one column and so of one zone."""
    countable: list[str] = []
    some_without = False
    for anchor in anchors:
        if anchor is not None and is_countable(anchor):
            countable.append(anchor)
        else:
            some_without = True
    # Texts of one zone sort as their days do; the hour that a clock goes back is none of midnight.
    return Anchors(min(countable, default=None), max(countable, default=None), some_without)
